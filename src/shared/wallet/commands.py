"""The commands of a wallet as values; `read_commands` reads them from their payloads.

The table in docs/architecture.md shows payloads and answers side by side. Amounts are minor units
of the wallet's currency; a command of the desk names the approval that two people gave.
"""

from collections.abc import Mapping

from shared.kernel.values import value
from shared.wallet.gate_model import Fact, Rules
from shared.wallet.model import GrantTerms, Limit


@value
class Open:
    """`day_offset_ms` is how far the jurisdiction's days are ahead of UTC's."""

    player_id: str
    currency: str
    jurisdiction: str
    day_offset_ms: int
    limits: tuple[Limit, ...]
    rules: Rules


@value
class DepositRequest:
    amount_minor: int
    method: str


@value
class DepositCredit:
    deposit_id: str
    amount_minor: int
    end_to_end_id: str


@value
class WithdrawalHold:
    amount_minor: int
    payment_account_id: str


@value
class WithdrawalSettle:
    withdrawal_id: str
    end_to_end_id: str


@value
class WithdrawalRelease:
    withdrawal_id: str
    reason: str


@value
class GameSessionOpen:
    game_id: str
    version: int
    rtp_bps: int
    min_stake_minor: int
    max_stake_minor: int
    enabled: bool
    min_round_ms: int


@value
class Play:
    session_id: str
    stake_minor: int
    params: Mapping[str, object]


@value
class GameInForce:
    """What the game configuration says now."""

    version: int
    enabled: bool


@value
class Context:
    """What the house says beside a command: the games in force by id, and the address from which
    the caller asks (empty when the house does not know it).
    """

    games: Mapping[str, GameInForce]
    address: str


@value
class Bet:
    round_id: str
    game_id: str
    amount_minor: int


@value
class Win:
    round_id: str
    amount_minor: int


@value
class Rollback:
    """`takes_win_back`: undo a round that had its win too. `may_owe`: take the win back even when
    it was spent; cash is below zero until deposits or wins have filled the gap.
    """

    round_id: str
    reason: str
    takes_win_back: bool
    may_owe: bool


@value
class BonusCredit:
    grant_id: str
    amount_minor: int
    reason: str
    terms: GrantTerms


@value
class BonusDebit:
    grant_id: str
    amount_minor: int
    reason: str


@value
class BonusForfeit:
    grant_id: str
    reason: str


@value
class BonusExpire:
    """Close the grants that are past their time."""


@value
class TwoPeople:
    """What one person proposed and another approved; the approval is the idempotency key."""

    approval_id: str
    maker_id: str
    checker_id: str
    reason: str


@value
class Adjustment:
    """`amount_minor` is positive for a credit and negative for a debit of cash."""

    approved: TwoPeople
    amount_minor: int


@value
class Unfreeze:
    approved: TwoPeople


@value
class SeedRotate:
    client_seed: str | None


@value
class SessionRevoke:
    session_id: str


@value
class SessionBegin:
    """A login, or another look at where a login session is."""

    session_id: str
    verdict: str
    reason: str | None
    address: str


@value
class RulesSet:
    rules: Rules
    version: int


@value
class FactRecord:
    name: str
    fact: Fact


@value
class LimitSet:
    """`value` None removes the limit."""

    kind: str
    period: str
    value: int | None


@value
class LimitConfirm:
    kind: str
    period: str


@value
class LimitCancel:
    kind: str
    period: str


@value
class OperatorLimitSet:
    """With `only_tighter` a looser value than the one in force changes nothing."""

    kind: str
    period: str
    value: int | None
    reason: str
    actor: str
    only_tighter: bool = False


@value
class Exclude:
    """`until` None has no end."""

    until: int | None
    source: str


@value
class Pause:
    until: int
    source: str


@value
class RealityCheckSet:
    minutes: int


@value
class RealityCheckAck:
    """The player has seen the time and the net position."""


@value
class InterventionSet:
    """`demands` "none" asks for no reaction: it sets or lifts the block of bonuses alone."""

    intervention_id: str
    level: str
    template: str
    demands: str
    blocks_bonus: bool


@value
class InterventionAck:
    intervention_id: str
    reaction: str


@value
class ClockAdvance:
    advance_ms: int


@value
class BooksPrepare:
    """Choose and prove the next book to close, of events recorded before `before_ms`; a book of
    fewer than `least_events` is not worth it.
    """

    before_ms: int
    least_events: int


@value
class BooksCommit:
    """Close a book that the archive holds: `manifest_sha256` is the hash of its list of files,
    `answers` how many it has.
    """

    book: int
    to_seq: int
    hash: str
    answers: int
    manifest_sha256: str


@value
class BooksDrop:
    """Remove a share of what is in closed books."""


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
    | SessionBegin
    | SessionRevoke
    | RulesSet
    | FactRecord
    | LimitSet
    | LimitConfirm
    | LimitCancel
    | OperatorLimitSet
    | Exclude
    | Pause
    | RealityCheckSet
    | RealityCheckAck
    | InterventionSet
    | InterventionAck
    | ClockAdvance
    | BooksPrepare
    | BooksCommit
    | BooksDrop
)
