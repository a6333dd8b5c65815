"""Bodies and answers of the desk about a player's wallet."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from views.common import AmountMinor, Body, CurrencyCode, Id, Reason, Sha256Hex, Time, View
from views.wallet import VerifyView

Seq = Annotated[int, Field(ge=1, le=2**53 - 2, description="Number of an event of the wallet")]


class AdjustmentBody(Body):
    player_id: Id
    amount_minor: AmountMinor
    direction: Literal["credit", "debit"]
    reason: Reason


class ReleaseBody(Body):
    reason: Reason


class WalletProofView(VerifyView):
    """The next slice of a proof that begins at the first event; after a complete one it begins
    anew.
    """

    frozen_law: Annotated[
        str | None, Field(description="Under which law the wallet is frozen; null when it is not")
    ]


class BonusTermsBody(Body):
    """Without a multiplier a bonus is played and never becomes cash."""

    wagering_multiplier: Annotated[int | None, Field(ge=1, le=100)] = None
    contributions: Annotated[
        dict[
            Annotated[str, Field(pattern="^[!-~]{1,128}$")],
            Annotated[int, Field(ge=0, le=10_000)],
        ],
        Field(
            max_length=200,
            description="Basis points of a stake that count, by game; other games count in full",
        ),
    ] = Field(default_factory=dict)
    max_stake_minor: Annotated[int | None, Field(gt=0, le=10**12 - 1)] = None
    expires_at_ms: Annotated[int | None, Field(gt=0, le=253_402_300_799_999)] = None
    on_withdrawal: Literal["keep", "forfeit"] = "keep"


class BonusBody(Body):
    player_id: Id
    amount_minor: AmountMinor
    reason: Reason
    terms: BonusTermsBody = BonusTermsBody()


class PlayersQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[
        str,
        Field(min_length=3, max_length=254, description="An exact e-mail, CPF or player id"),
    ]


class AtSeqQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at_seq: Seq | None = None


class SeqQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seq: Seq | None = None


class PlayerSummaryView(View):
    player_id: Id
    status: str
    kyc_status: str
    vip_tier: str
    jurisdiction: str
    currency: CurrencyCode
    name_masked: str
    email_masked: str
    phone_masked: str
    cpf_masked: str
    created_at: Time


class PlayersView(View):
    items: list[PlayerSummaryView]
    next_cursor: str | None


class WalletStateView(View):
    """The wallet right after one of its events, by replay of the events up to it."""

    seq: int
    head_hash: Sha256Hex
    recorded_at: Time
    currency: CurrencyCode
    jurisdiction: str
    cash_minor: int
    bonus_minor: int
    held_minor: int
    frozen_law: str | None
    gate: dict[str, object]
    limits: list[dict[str, object]]
    limit_changes: list[dict[str, object]]
    grants: list[dict[str, object]]
    open_rounds: list[dict[str, object]]
    held_withdrawals: list[dict[str, object]]
    seed: dict[str, object] | None


class Player360View(View):
    player: PlayerSummaryView
    wallet: WalletStateView


class MovesView(View):
    """Everything that events of one type moved; `of` is what a ROLLBACK undid, or the direction of
    an ADJUSTMENT.
    """

    type: str
    of: str | None
    events: int
    cash_minor: int
    bonus_minor: int
    held_minor: int


class GrantMoveView(View):
    type: str
    bonus_minor: int


class GrantMovesView(View):
    grant_id: str
    balance_minor: int
    by_type: list[GrantMoveView]


class MovingEventView(View):
    seq: int
    event_id: str
    type: str
    cash_delta: int
    bonus_delta: int
    held_delta: int
    round_id: str | None
    recorded_at: Time


class ExplanationView(View):
    """What makes the balances at an event: the lines of `by_type` add up to them."""

    seq: int
    cash_minor: int
    bonus_minor: int
    held_minor: int
    by_type: list[MovesView]
    grants: list[GrantMovesView]
    latest: list[MovingEventView]
