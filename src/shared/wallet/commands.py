"""The commands of a wallet as values; `read_commands` reads them from their payloads.

The table in docs/architecture.md shows payloads and answers side by side. Amounts are minor units
of the wallet's currency; a command of the desk names the approval that two people gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.wallet.model import GrantTerms, Limit


@dataclass(frozen=True, slots=True)
class Open:
    player_id: str
    currency: str
    jurisdiction: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class DepositRequest:
    amount_minor: int
    method: str


@dataclass(frozen=True, slots=True)
class DepositCredit:
    deposit_id: str
    amount_minor: int
    end_to_end_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalHold:
    amount_minor: int
    payment_account_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalSettle:
    withdrawal_id: str
    end_to_end_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalRelease:
    withdrawal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GameSessionOpen:
    game_id: str
    version: int
    rtp_bps: int
    min_stake_minor: int
    max_stake_minor: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Play:
    session_id: str
    stake_minor: int
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class GameInForce:
    """What the game configuration says now."""

    version: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Bet:
    round_id: str
    game_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Win:
    round_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Rollback:
    """`takes_win_back`: undo a round that had its win too. `may_owe`: take the win back even when
    it was spent; cash is below zero until deposits or wins have filled the gap.
    """

    round_id: str
    reason: str
    takes_win_back: bool
    may_owe: bool


@dataclass(frozen=True, slots=True)
class BonusCredit:
    grant_id: str
    amount_minor: int
    reason: str
    terms: GrantTerms


@dataclass(frozen=True, slots=True)
class BonusDebit:
    grant_id: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class BonusForfeit:
    grant_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BonusExpire:
    """Close the grants that are past their time."""


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """What one person proposed and another approved; the approval is the idempotency key."""

    approval_id: str
    maker_id: str
    checker_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`amount_minor` is positive for a credit and negative for a debit of cash."""

    approved: TwoPeople
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Unfreeze:
    approved: TwoPeople


@dataclass(frozen=True, slots=True)
class SeedRotate:
    client_seed: str | None


@dataclass(frozen=True, slots=True)
class SessionRevoke:
    session_id: str


@dataclass(frozen=True, slots=True)
class ClockAdvance:
    advance_ms: int


type Command = (
    Open
    | DepositRequest
    | DepositCredit
    | WithdrawalHold
    | WithdrawalSettle
    | WithdrawalRelease
    | GameSessionOpen
    | Play
    | Bet
    | Win
    | Rollback
    | BonusCredit
    | BonusDebit
    | BonusForfeit
    | BonusExpire
    | Adjustment
    | Unfreeze
    | SeedRotate
    | SessionRevoke
    | ClockAdvance
)
