"""Answers that let somebody outside the house check it: anchors, proofs, exported statements."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from views.common import Body, CurrencyCode, Id, PageQuery, Sha256Hex, Time, View

Day = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="A day in São Paulo",
        examples=["2026-11-22"],
    ),
]


class AnchorView(View):
    """One day's commitment to the head of every wallet; `hash` covers all the other fields."""

    day: Day
    root: Sha256Hex
    leaves: int
    missing: Annotated[int, Field(ge=0, description="Wallets that did not answer: in no leaf")]
    previous: Annotated[Sha256Hex, Field(description="Root of the anchor before; zeros at first")]
    audit_seq: Annotated[int, Field(ge=0, description="Newest entry of the operators' log")]
    audit_hash: Sha256Hex
    made_at: Time
    previous_hash: Annotated[Sha256Hex, Field(description="Hash of the anchor before")]
    hash: Sha256Hex


class AnchorsView(View):
    items: list[AnchorView]
    next_cursor: str | None


class ProofView(View):
    """That this wallet's head is under the day's root: RFC 6962 §2.1.1."""

    day: Day
    leaf: Annotated[
        str,
        Field(description="Canonical JSON of [player_id, seq, head_hash]; in UTF-8 the leaf"),
    ]
    player_id: Id
    seq: int
    head_hash: Sha256Hex
    index: int
    leaves: int
    path: Annotated[list[Sha256Hex], Field(description="Siblings from the bottom up")]
    root: Sha256Hex


class ExportedEventView(View):
    """Every column of an event as the wallet stores it; `data` is the text that was hashed."""

    player_id: Id
    currency: CurrencyCode
    seq: int
    event_id: Id
    type: str
    schema_version: int
    amount_minor: int
    cash_delta: int
    bonus_delta: int
    held_delta: int
    cash_after: int
    bonus_after: int
    held_after: int
    round_id: str | None
    game_version: str | None
    idempotency_key: str | None
    causation_id: str | None
    recorded_at: Annotated[int, Field(description="UTC milliseconds, as it was hashed")]
    data: str
    prev_hash: Sha256Hex
    hash: Sha256Hex


class OpeningView(View):
    """What closed books brought: the BOOKS_CLOSED event of book `book` tells the same."""

    book: int
    from_seq: int
    closed_seq: Annotated[int, Field(description="The statement begins behind this event")]
    closed_hash: Sha256Hex
    closed_through: Annotated[int, Field(description="UTC milliseconds of that event")]
    cash_minor: int
    bonus_minor: int
    held_minor: int
    answers: int
    opening_sha256: Sha256Hex
    manifest_sha256: Annotated[Sha256Hex, Field(description="Of the archive's list of the book")]


class ExportView(View):
    """A piece of a wallet's ledger from which anybody can recompute the chain and the balances."""

    format: Literal["acme.statement/1"]
    player_id: Id
    opening: Annotated[
        OpeningView | None, Field(description="Given with the first piece of closed books only")
    ]
    events: list[ExportedEventView]
    next_cursor: str | None


class ExportQuery(BaseModel):
    """`?cursor=`: the `next_cursor` of the piece before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str | None, Field(pattern="^[1-9][0-9]{0,14}$")] = None


class AnchorsQuery(PageQuery):
    """Days, newest first."""

    cursor: Annotated[
        str | None, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    ] = None


class DeadLettersQuery(PageQuery):
    status: Literal["dead", "replay_asked", "replayed", "refused"] | None = None


class DeadLetterView(View):
    """A message that the queue gave up. `player_id` and `seq` are those of the event that it is."""

    dead_letter_id: Id
    message_id: str
    player_id: str | None
    seq: int | None
    reason: str
    body: str
    attempts: int
    status: Literal["dead", "replay_asked", "replayed", "refused"]
    outcome: str | None
    created_at: Time
    updated_at: Time


class DeadLettersView(View):
    items: list[DeadLetterView]
    next_cursor: str | None


class ReplayView(View):
    """The next tick refills the projection from the wallet up to this event."""

    dead_letter_id: Id
    status: Literal["replay_asked"]


class JobView(View):
    """The newest run of a job."""

    job: str
    slot: Time
    finished_at: Time | None
    outcome: dict[str, object] | None


class ProjectionHealthView(View):
    """How far the projection, the archive and the proofs are behind the wallets."""

    lag_ms: int | None
    wallets: int
    heads_missing: Annotated[int, Field(description="Open wallets with no event projected")]
    heads_behind: Annotated[int, Field(description="Wallets that the last sweep had to refill")]
    dead_letters: dict[str, int]
    archive: dict[str, object]
    anchors: dict[str, object]
    conservation: dict[str, dict[str, object]]
    last_drill: dict[str, object] | None
    last_rebuild: dict[str, object] | None
    jobs: list[JobView]
    as_of: Time


class RebuildBody(Body):
    source: Annotated[
        Literal["wallets", "archive"], Field(description="What the projection is made anew from")
    ]
    swap: Annotated[bool, Field(description="Put the new copy into use when it is complete")] = (
        False
    )


class DifferenceView(View):
    """A place where the copies differ: a row that only one of them has, or that both have."""

    player_id: str
    seq: int
    side: Literal["projection", "rebuilt", "both"]


class RebuildView(View):
    """A rebuild of the projection. `differences` shows the first hundred of `difference_count`."""

    rebuild_id: Id
    source: Literal["wallets", "archive"]
    swap: bool
    stage: Literal["clear", "fill", "compare", "swap", "end"]
    status: Literal["running", "equal", "different", "swapped", "failed"]
    wallets: int
    events: int
    difference_count: int
    unavailable: int
    detail: str | None
    created_at: Time
    updated_at: Time
    differences: list[DifferenceView]


class RebuildAskedView(View):
    rebuild_id: Id
    status: Literal["running"]
