"""Bodies and answers of what a person may ask about their data, and the house about theirs."""

from typing import Annotated, Any, Literal

from pydantic import Field
from views.common import Body, Id, PageQuery, Reason, Time, View

FieldName = Literal["full_name", "email", "phone", "cpf", "birth_date", "address"]
PurposeName = Literal[
    "customer_request", "identity_check", "payment", "aml_duty", "authority_request", "legal_claim"
]
RequestStatus = Literal["open", "refused", "granted", "completed"]


class KeptView(View):
    """A class of records that law keeps of an account that is over."""

    record_class: str
    keep_until: Time
    rule_id: str
    source: str


class ErasureView(View):
    """A request of erasure. While it is open, `kept` is what would stay if it were granted now."""

    request_id: Id
    status: RequestStatus
    requested_at: Time
    decided_at: Time | None
    explanation: str
    kept: list[KeptView]


class ErasureDeskView(View):
    """A request of erasure as the desk sees it."""

    request_id: Id
    player_id: Id
    status: RequestStatus
    requested_at: Time
    decided_at: Time | None
    decided_by: str | None
    decision_reason: str | None
    completed_at: Time | None


class ErasuresView(View):
    items: list[ErasureDeskView]
    next_cursor: str | None


class ErasuresQuery(PageQuery):
    status: RequestStatus | None = None


class ErasureDecisionBody(Body):
    decision: Literal["grant", "refuse"]
    reason: Reason


class DataExportView(View):
    """An export; its parts are numbered from 1, and there until `expires_at`."""

    export_id: Id
    status: Literal["building", "ready", "expired"]
    parts: int
    requested_at: Time
    ready_at: Time | None
    expires_at: Time


class DataExportPartView(View):
    """A page of one section: rows as they are held, times in UTC milliseconds."""

    section: str
    part: int
    items: list[dict[str, Any]]


class DisclosureBody(Body):
    fields: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=6)]
    purpose: PurposeName
    note: Annotated[
        str, Field(min_length=3, max_length=500, description="The case, or the request it is for")
    ]


class DisclosureView(View):
    """Full values; that they were opened, by whom and what for is in the log."""

    player_id: Id
    fields: dict[FieldName, Any]


class AccessView(View):
    """One look at somebody's data."""

    access_id: Id
    player_id: Id
    actor_id: str
    actor_role: str
    fields: list[str]
    form: Literal["masked", "full"]
    purpose: str
    note: str
    accessed_at: Time


class AccessesView(View):
    items: list[AccessView]
    next_cursor: str | None


class KeysView(View):
    """How many things need which key of the house, by its id; an old key goes when none does."""

    active_key: str
    active_index_key: str
    standing: dict[str, dict[str, int]]
