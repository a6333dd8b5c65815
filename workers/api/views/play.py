"""Bodies and answers of play and fairness."""

from typing import Annotated, Literal

from pydantic import Field
from views.common import (
    AmountMinor,
    BalanceMinor,
    Body,
    CashMinor,
    Id,
    Sha256Hex,
    Time,
    View,
)

GameId = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{1,31}$", examples=["dice"])]
ClientSeed = Annotated[
    str,
    Field(
        pattern=r"^[!-9;-~]{1,64}$",
        description="1 to 64 visible ASCII characters without a colon",
        examples=["my-lucky-seed"],
    ),
]
ServerSeed = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="32 bytes, hexadecimal")]


class GameSessionBody(Body):
    game_id: GameId


class CommitmentView(View):
    """What is promised before the first bet: the seed behind `server_seed_hash` cannot change."""

    server_seed_hash: Sha256Hex
    client_seed: str
    nonce: int


class GameSessionView(View):
    session_id: Id
    game_id: GameId
    game_version: int
    fairness: CommitmentView


class RoundBody(Body):
    session_id: Id
    stake_minor: AmountMinor
    params: Annotated[
        dict[str, object],
        Field(
            max_length=16,
            description="By the game's params_schema",
            examples=[{"target": 50, "over": False}],
        ),
    ]


class RoundWalletView(View):
    cash_minor: BalanceMinor
    bonus_minor: BalanceMinor
    seq: int


class WarningView(View):
    kind: str
    period: str
    used: int
    value: int


class RoundView(View):
    round_id: Id
    status: Literal["settled"]
    game_id: GameId
    game_version: int
    stake_minor: AmountMinor
    payout_minor: BalanceMinor
    outcome: dict[str, object]
    fairness: CommitmentView
    wallet: RoundWalletView
    warnings: list[WarningView]


class RecallView(View):
    """A round as it was played (GLI-19 §4.14)."""

    round_id: Id
    status: str
    session_id: str | None
    game_id: GameId
    game_version: int | None
    stake_minor: BalanceMinor
    payout_minor: BalanceMinor
    params: dict[str, object] | None
    outcome: dict[str, object] | None
    fairness: CommitmentView | None
    cash_before_minor: BalanceMinor | None
    cash_after_minor: CashMinor | None
    opened_at: Time
    closed_at: Time | None


class RoundsView(View):
    items: list[RecallView]
    next_cursor: str | None


class RevealedView(View):
    server_seed: ServerSeed
    server_seed_hash: Sha256Hex
    client_seed: str
    last_nonce: int


class FairnessView(View):
    current: CommitmentView
    revealed: list[RevealedView]


class RotateBody(Body):
    client_seed: ClientSeed | None = None


class RotationView(View):
    revealed: RevealedView
    current: CommitmentView


class VerifyRoundBody(Body):
    server_seed: ServerSeed
    client_seed: ClientSeed
    nonce: Annotated[int, Field(ge=0, le=2**31)]
    game_id: GameId
    game_version: Annotated[int, Field(ge=1, le=2**31)] = 1
    params: Annotated[
        dict[str, object], Field(max_length=16, examples=[{"target": 50, "over": False}])
    ]
    stake_minor: AmountMinor | None = None


class VerifiedRoundView(View):
    """The recomputed round: compare hash and outcome with what the round showed."""

    server_seed_hash: Sha256Hex
    outcome: dict[str, object]
    multiplier_numerator: int
    multiplier_denominator: int
    multiplier: Annotated[str, Field(description="Decimal, truncated to four places")]
    payout_minor: Annotated[int | None, Field(description="When stake_minor was given")]


class BetLevelView(View):
    stake_minor: AmountMinor
    params: dict[str, object]


class GameView(View):
    game_id: GameId
    name: str
    kind: str
    version: int
    enabled: bool
    rtp_target: Annotated[str, Field(description="Percent, two decimals", examples=["96.00"])]
    rtp_theoretical: Annotated[str, Field(description="Percent at the worst legal bet and stake")]
    rtp_theoretical_at: BetLevelView
    rtp_how_determined: Annotated[dict[str, str], Field(description="By language (GLI-19 §4.7.2)")]
    min_stake_minor: AmountMinor
    max_stake_minor: AmountMinor
    params_schema: dict[str, object]
    paytable: dict[str, object]
    paytable_hash: Sha256Hex


class GamesView(View):
    items: list[GameView]
    next_cursor: str | None
