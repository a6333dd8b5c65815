"""Bodies and answers about second factors, sessions, passwords, places and the history of
access.
"""

from typing import Annotated, Literal

from pydantic import Field
from views.common import Body, Id, Reason, Time, View

from shared.identity.model import Role
from shared.identity.schemas import Password

Otp = Annotated[
    str,
    Field(
        min_length=6,
        max_length=24,
        pattern="^[0-9A-Za-z -]{6,24}$",
        examples=["492039"],
        description="Six digits of the authenticator app, or a recovery code",
    ),
]


class OtpBody(Body):
    """A code, and nothing else."""

    otp: Otp


class PasswordProofBody(Body):
    """The password once more, so that a session left open enrols nobody else's phone."""

    password: Password


class PasswordChangeBody(Body):
    """`otp` may stand here, or have been given in this session in the last ten minutes."""

    current_password: Password
    new_password: Password
    otp: Otp | None = None


class SecondFactorView(View):
    """The state of the second factor."""

    status: Literal["none", "pending", "active"]
    enrolled_at: Time | None
    recovery_codes_left: int
    recovery_codes_to_renew: Annotated[
        int,
        Field(
            description="How many of those left open only until the house takes an old key out:"
            " ask for new ones"
        ),
    ]
    required: Annotated[bool, Field(description="Whether this profile lets nobody play without")]


class EnrolmentView(View):
    """The secret, shown now and never again."""

    secret: Annotated[
        str, Field(description="Base32", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    ]
    otpauth_uri: Annotated[
        str,
        Field(
            description="What an authenticator app reads from a QR code",
            examples=["otpauth://totp/AcmeToCasino:ana@example.com?secret=…"],
        ),
    ]


class RecoveryCodesView(View):
    """Single-use codes, shown now and never again."""

    recovery_codes: Annotated[list[str], Field(examples=[["K3QF-7ZLM-2XWA-PD5C"]])]


class StepUpView(View):
    """Until when sensitive changes need no further code, by the player's clock."""

    valid_until: Time


class ResetView(View):
    """What the other administrator hands over in person."""

    staff_id: Id
    reset_code: Annotated[str, Field(examples=["K3QF-7ZLM-2XWA-PD5C"])]
    expires_at: Time


class SessionView(View):
    """A device that is logged in."""

    session_id: Id
    device: Annotated[str, Field(examples=["Chrome · Android"])]
    country: Annotated[str | None, Field(examples=["BR"])]
    address: Annotated[str, Field(description="Masked", examples=["192.0.*.*"])]
    first_seen_at: Time
    last_seen_at: Time
    current: bool


class SessionsView(View):
    """Devices that are logged in, the last seen first."""

    items: list[SessionView]


class EndedView(View):
    """How many sessions were ended."""

    ended: int


class LoginView(View):
    """An entry of the history of access."""

    event: Annotated[str, Field(examples=["login", "login_failed", "password_changed"])]
    ok: bool
    happened_at: Time
    device: str
    country: str | None
    address: Annotated[str, Field(description="Masked", examples=["192.0.*.*"])]
    session_id: str | None


class LoginsView(View):
    """The history of access, newest first."""

    items: list[LoginView]
    next_cursor: str | None


class LocationView(View):
    """What was found about the place, and until when bets may rely on it."""

    verdict: Literal["inside", "outside", "unknown"]
    reason: str | None
    checked_at: Time
    valid_until: Time | None


class ResetBody(Body):
    """Why, for the audit log."""

    reason: Reason


class StaffMemberView(View):
    """An account of staff."""

    staff_id: Id
    email: str
    role: Role
    status: Literal["active", "suspended"]
    has_second_factor: bool


class StaffListView(View):
    """Accounts of staff, the oldest first."""

    items: list[StaffMemberView]
    next_cursor: str | None
