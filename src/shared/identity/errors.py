"""The ways identity says no.

    Rejected
    ├── registration  ALREADY_REGISTERED · UNDERAGE · CONSENT_REQUIRED · LIMITS_REQUIRED ·
    │                 CURRENCY_NOT_ALLOWED · PASSWORD_TOO_WEAK · WALLET_PENDING
    ├── login         INVALID_CREDENTIALS · ACCOUNT_LOCKED · ACCOUNT_CLOSED · OTP_REQUIRED ·
    │                 SECOND_FACTOR_REQUIRED
    ├── second factor SECOND_FACTOR_ENROLMENT_REQUIRED · SECOND_FACTOR_EXISTS ·
    │                 SECOND_FACTOR_NOT_FOUND · SECOND_FACTOR_INVALID · STEP_UP_REQUIRED ·
    │                 RECOVERY_NEEDS_ANOTHER
    ├── access token  TOKEN_MISSING · TOKEN_INVALID · TOKEN_EXPIRED · SESSION_REVOKED · FORBIDDEN
    ├── desk          PLAYER_NOT_FOUND · STAFF_NOT_FOUND · PERSONAL_DATA_ERASED
    └── session       REFRESH_INVALID · REFRESH_REUSED · REAUTH_REQUIRED · LOGIN_SESSION_NOT_FOUND

No answer tells whether an e-mail address or a CPF has an account: registration has one code for
both, and login refuses and locks unknown addresses exactly as it does known ones.
"""

from typing import Final

from shared.kernel.errors import Problem

ALREADY_REGISTERED: Final = Problem(
    "already_registered", 409, "An account exists for this person", "never"
)
UNDERAGE: Final = Problem("underage", 403, "Players must be of legal age", "never")
CONSENT_REQUIRED: Final = Problem(
    "consent_required", 422, "Terms and privacy notice must be accepted", "never"
)
LIMITS_REQUIRED: Final = Problem(
    "limits_required", 422, "A loss limit and a time limit are mandatory", "never"
)
CURRENCY_NOT_ALLOWED: Final = Problem(
    "currency_not_allowed", 403, "Wallets are kept in another currency here", "never"
)
PASSWORD_TOO_WEAK: Final = Problem("password_too_weak", 422, "The password is too weak", "never")
WALLET_PENDING: Final = Problem(
    "wallet_pending", 503, "The wallet could not be opened yet", "same_key"
)
INVALID_CREDENTIALS: Final = Problem(
    "invalid_credentials", 401, "E-mail or password is wrong", "never"
)
ACCOUNT_LOCKED: Final = Problem("account_locked", 423, "Too many failed logins", "after")
ACCOUNT_CLOSED: Final = Problem("account_closed", 403, "The account is not open", "never")
OTP_REQUIRED: Final = Problem("otp_required", 401, "A one-time password is required", "never")
SECOND_FACTOR_REQUIRED: Final = Problem(
    "second_factor_required", 401, "A code of the second factor is required", "never"
)
SECOND_FACTOR_ENROLMENT_REQUIRED: Final = Problem(
    "second_factor_enrolment_required", 403, "A second factor must be set up first", "never"
)
SECOND_FACTOR_EXISTS: Final = Problem(
    "second_factor_exists", 409, "A second factor is in use already", "never"
)
SECOND_FACTOR_NOT_FOUND: Final = Problem(
    "second_factor_not_found", 404, "No second factor has been set up", "never"
)
SECOND_FACTOR_INVALID: Final = Problem(
    "second_factor_invalid", 403, "The code is not valid", "never"
)
STEP_UP_REQUIRED: Final = Problem(
    "step_up_required", 403, "A code given in the last ten minutes is required", "same_key"
)
RECOVERY_NEEDS_ANOTHER: Final = Problem(
    "recovery_needs_another", 409, "Another administrator must recover the account", "never"
)
TOKEN_MISSING: Final = Problem("token_missing", 401, "A bearer token is required", "never")
TOKEN_INVALID: Final = Problem("token_invalid", 401, "The token is not valid", "never")
TOKEN_EXPIRED: Final = Problem("token_expired", 401, "The token has expired", "never")
SESSION_REVOKED: Final = Problem("session_revoked", 401, "The session has been ended", "never")
PERSONAL_DATA_ERASED: Final = Problem(
    "personal_data_erased", 410, "The personal data were erased", "never"
)
PLAYER_NOT_FOUND: Final = Problem("player_not_found", 404, "No such player", "never")
STAFF_NOT_FOUND: Final = Problem("staff_not_found", 404, "No such member of staff", "never")
FORBIDDEN: Final = Problem("forbidden", 403, "Not allowed for this role", "never")
REFRESH_INVALID: Final = Problem("refresh_invalid", 401, "The refresh token is not valid", "never")
REFRESH_REUSED: Final = Problem(
    "refresh_reused", 401, "The refresh token was used before; the session is ended", "never"
)
REAUTH_REQUIRED: Final = Problem(
    "reauth_required", 401, "The session was idle for too long", "never"
)
LOGIN_SESSION_NOT_FOUND: Final = Problem(
    "login_session_not_found", 404, "No such session of yours", "never"
)

ALL_PROBLEMS: Final = (
    ALREADY_REGISTERED,
    UNDERAGE,
    CONSENT_REQUIRED,
    LIMITS_REQUIRED,
    CURRENCY_NOT_ALLOWED,
    PASSWORD_TOO_WEAK,
    WALLET_PENDING,
    INVALID_CREDENTIALS,
    ACCOUNT_LOCKED,
    ACCOUNT_CLOSED,
    OTP_REQUIRED,
    SECOND_FACTOR_REQUIRED,
    SECOND_FACTOR_ENROLMENT_REQUIRED,
    SECOND_FACTOR_EXISTS,
    SECOND_FACTOR_NOT_FOUND,
    SECOND_FACTOR_INVALID,
    STEP_UP_REQUIRED,
    RECOVERY_NEEDS_ANOTHER,
    TOKEN_MISSING,
    TOKEN_INVALID,
    TOKEN_EXPIRED,
    SESSION_REVOKED,
    PLAYER_NOT_FOUND,
    PERSONAL_DATA_ERASED,
    STAFF_NOT_FOUND,
    FORBIDDEN,
    REFRESH_INVALID,
    REFRESH_REUSED,
    REAUTH_REQUIRED,
    LOGIN_SESSION_NOT_FOUND,
)
