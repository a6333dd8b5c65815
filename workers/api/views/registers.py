"""Bodies and answers about registers, off-boardings and what was told of them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from views.common import Body, Id, PageQuery, Reason, Sha256Hex, Time, View

from shared.compliance.registers.checks import Occasion, Status
from shared.compliance.registers.notices import NoticeKind
from shared.compliance.registers.offboarding import State, Step
from shared.compliance.registers.ports import Outage, RegisterName
from shared.compliance.rules import TextLanguage
from shared.identity.cpf import normalise_cpf
from shared.identity.decide import normalise_email

ReasonCode = Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{1,63}$", examples=["PROGRAMA_SOCIAL"])]


class RunView(View):
    """What the sweep did on one day of the jurisdiction."""

    register_name: RegisterName
    day: Annotated[str, Field(examples=["2026-11-22"])]
    began_at: Time
    last_slice_at: Time
    slices: int
    asked: int
    clear: int
    listed: int
    unanswered: int


class OutageView(View):
    """A time in which a register gave no answer; `ended_at` null: it still gives none."""

    register_name: RegisterName
    outage: Outage
    began_at: Time
    ended_at: Time | None
    occurrences: Annotated[int, Field(ge=1, description="Questions without an answer")]


class RunsQuery(PageQuery):
    """The newest days."""

    cursor: Annotated[
        str | None, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    ] = None


class RunsView(View):
    """`due`: who is to be asked about now. `overdue`: whose answer is older than the law allows."""

    due: int
    waiting: Annotated[int, Field(description="Whose gate is closed for want of an answer")]
    overdue: int
    outages: list[OutageView]
    items: list[RunView]
    next_cursor: str | None


class SweepBody(Body):
    reason: Reason


class SweepView(View):
    """`due`: how many people are asked about from the next tick on."""

    due: int


class CheckView(View):
    """One question to a register. Nothing in it tells the CPF."""

    check_id: Id
    player_id: Id
    register_name: RegisterName
    occasion: Occasion
    result: Literal["clear", "listed", "unanswered"]
    reasons: list[str]
    request_id: Annotated[str | None, Field(description="The register's own id of the question")]
    outage: Outage | None
    checked_at: Annotated[Time, Field(description="By the clock of the player's wallet")]
    recorded_at: Time


class StandingView(View):
    """What is known now."""

    register_name: RegisterName
    status: Status
    reasons: list[str]
    checked_at: Time | None
    next_at: Time | None
    wallet_was_told: bool


class ImpedimentView(View):
    register_name: RegisterName
    reason: str
    found_at: Time
    ended_at: Time | None


class ChecksQuery(PageQuery):
    """Of one player, or of everybody."""

    player_id: Id | None = None


class ChecksView(View):
    """Standings and impediments are of the player who was asked for; empty without one."""

    standings: list[StandingView]
    impediments: list[ImpedimentView]
    items: list[CheckView]
    next_cursor: str | None


class DeadlinesView(View):
    """Each step's latest time, and when it may begin where that is not at once."""

    notify_by: Time
    withdraw_until: Time
    close_from: Time
    close_by: Time
    refund_from: Time
    refund_by: Time
    escheat_from: Time


class OffboardingView(View):
    """Times are of the player's wallet."""

    case_id: Id
    player_id: Id
    state: State
    reasons: list[str]
    next_steps: list[Step]
    found_at: Time
    notified_at: Time | None
    closed_at: Time | None
    refunded_at: Time | None
    refunded_minor: int
    escheated_at: Time | None
    escheat_approval_id: Id | None
    last_failure: str | None
    deadlines: DeadlinesView


class OffboardingsQuery(PageQuery):
    player_id: Id | None = None
    open_only: bool = False


class OffboardingsView(View):
    items: list[OffboardingView]
    next_cursor: str | None


class NoticeView(View):
    """What a person was told, as it was sent."""

    communication_id: Id
    kind: NoticeKind
    channel: Literal["email"]
    language: TextLanguage
    subject: str
    text: str
    sent_at: Time


class NoticesView(View):
    items: list[NoticeView]
    next_cursor: None = None


class CommunicationView(NoticeView):
    """The same for the desk, with the evidence."""

    template_version: str
    content_sha256: Sha256Hex
    reference: str
    recorded_at: Time
    keep_until: Time


class CommunicationsView(View):
    items: list[CommunicationView]
    next_cursor: None = None


Cpf = Annotated[str, AfterValidator(normalise_cpf), Field(examples=["31415926590"])]
Email = Annotated[str, AfterValidator(normalise_email), Field(min_length=3, max_length=254)]


class SigapListingBody(Body):
    """Somebody who is impeded in the sandbox; without reasons, no longer."""

    cpf: Cpf
    reasons: Annotated[list[ReasonCode], Field(max_length=8)]


class GamstopListingBody(Body):
    """Somebody who is self-excluded in the sandbox, or no longer."""

    email: Email
    is_excluded: bool


class SandboxRegistersBody(Body):
    sigap: Literal["up", "down"] | None = None
    gamstop: Literal["up", "down"] | None = None
    sigap_listing: SigapListingBody | None = None
    gamstop_listing: GamstopListingBody | None = None


class SandboxRegistersView(View):
    sigap: Literal["up", "down"]
    gamstop: Literal["up", "down"]


class SandboxBankBody(Body):
    payouts: Literal["paid", "refused"]


class SandboxBankView(View):
    payouts: Literal["paid", "refused"]
