"""The values of the wallet: events, the rows they fold into, and what a decision is.

An event is what was decided; `cash_after`, `bonus_after` and `held_after` are a cache of the fold
and stand outside the hash. Rows (`Round`, `Grant`, …) are whole values: a decision returns the new
one and the store writes it, so nothing is ever incremented behind a decision's back. Every field of
a row is a value SQLite can hold; columns have the names and the order of the fields.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, Literal

from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import MINUTE_MS, SAO_PAULO_OFFSET_MS
from shared.kernel.values import value
from shared.platform.ports import Entropy
from shared.wallet.gate_model import (
    FOREVER,
    NEVER,
    Exclusion,
    Gate,
    LimitChange,
    LoginSession,
)

EventType = Literal[
    "OPENED",
    "RULES_CHANGED",
    "FACT_RECORDED",
    "SESSION_BEGAN",
    "PLACE_CHECKED",
    "LIMIT_CHANGED",
    "LIMIT_REQUESTED",
    "LIMIT_CANCELLED",
    "EXCLUDED",
    "PAUSED",
    "REALITY_CHECK_SET",
    "REALITY_CHECK_STARTED",
    "REALITY_CHECK_ACKNOWLEDGED",
    "INTERVENTION_SET",
    "INTERVENTION_ACKNOWLEDGED",
    "SEED_COMMITTED",
    "SEED_REVEALED",
    "FROZEN",
    "RELEASED",
    "DEPOSIT",
    "WITHDRAWAL_HELD",
    "WITHDRAWAL",
    "WITHDRAWAL_RELEASED",
    "BET",
    "WIN",
    "ROLLBACK",
    "BONUS_CREDIT",
    "BONUS_DEBIT",
    "BONUS_CONVERTED",
    "BONUS_FORFEITED",
    "ADJUSTMENT",
    "BOOKS_CLOSED",
]
LimitKind = Literal["deposit", "loss", "wager", "time", "bet_count"]
Period = Literal["session", "daily", "weekly", "monthly"]
RoundStatus = Literal["open", "settled", "rolled_back", "archived"]
GrantStatus = Literal["active", "converted", "forfeited", "expired"]

EVENT_SCHEMA_VERSION: Final = 5
"""What this release writes; `upcast` reads what earlier ones wrote."""

GENESIS_HASH: Final = "0" * 64
DEPOSIT_GRACE_MS: Final = 10 * MINUTE_MS
"""The notice of a payment may be later than the payment: so long after its code expired a deposit
is still expected.
"""
LIMIT_KINDS: Final[tuple[LimitKind, ...]] = ("deposit", "loss", "wager", "time", "bet_count")
PERIODS: Final[tuple[Period, ...]] = ("daily", "weekly", "monthly")
"""The periods of the calendar, shortest first; `session` is one game session."""


@value
class Draft:
    """A decided event before it has its place in the chain. Deltas and amount are minor units."""

    event_id: str
    type: EventType
    data: Mapping[str, object]
    amount_minor: int = 0
    cash_delta: int = 0
    bonus_delta: int = 0
    held_delta: int = 0
    round_id: str | None = None
    game_version: str | None = None
    causation_id: str | None = None


@value
class Event:
    """A row of `events`, columns in this order. `data` is canonical JSON text."""

    seq: int
    event_id: str
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
    recorded_at: int
    data: str
    prev_hash: str
    hash: str


@value
class Head:
    """The wallet as of its last event: who it is, where the chain ends, what it holds, and what
    the gate digests for a bet.

    `closed_seq` is the last event that went into the archive; the wallet's own log begins behind
    it. `day_offset_ms` is how far the wallet's days are ahead of UTC's, fixed at its opening. No
    fact, exclusion, pause or intervention stands in the way from `open_from` on and before
    `open_until`; the login session that asks, its place and the reality check do not before
    `caller_until`, as long as it asks from `caller_address` (None: from anywhere). Outside of them
    `gates` looks at each. `caller_game_session` is None for a session that the wallet does not
    know, and empty for one that has not played.
    """

    player_id: str
    currency: str
    jurisdiction: str
    clock_offset_ms: int
    frozen_law: str | None
    seq: int
    hash: str
    cash_minor: int
    bonus_minor: int
    held_minor: int
    recorded_at: int
    closed_seq: int = 0
    day_offset_ms: int = SAO_PAULO_OFFSET_MS
    open_from: int = NEVER
    open_until: int = FOREVER
    caller_until: int = FOREVER
    caller_address: str | None = None
    caller_game_session: str | None = None
    caller_revoked: bool = False

    @property
    def spendable_minor(self) -> int:
        return self.cash_minor + self.bonus_minor


@value
class Round:
    """One round: how its stake was funded, how its payout was paid, and the events that tell it.

    `stake_grants` and `payout_grants` are JSON texts `[[grant_id, amount_minor], …]`.
    A round rolled back before its bet has `bet_event_id` None: the tombstone that a late bet meets.
    Of a round in closed books nothing is known but that it is over: its `opened_seq` is 0.
    """

    round_id: str
    opened_seq: int
    settled_seq: int | None
    rolled_back_seq: int | None
    stake_cash: int
    stake_bonus: int
    stake_grants: str
    payout_cash: int
    payout_bonus: int
    payout_grants: str
    bet_event_id: str | None
    win_event_id: str | None
    opened_at: int
    settled_at: int | None
    rolled_back_at: int | None

    def is_over_at(self, seq: int) -> bool:
        """True when its every event is `seq` or earlier, and none is expected any more."""
        ends = [end for end in (self.settled_seq, self.rolled_back_seq) if end is not None]
        return bool(ends) and max(self.opened_seq, *ends) <= seq

    @property
    def status(self) -> RoundStatus:
        if self.opened_seq == 0:
            return "archived"
        if self.rolled_back_seq is not None:
            return "rolled_back"
        return "open" if self.settled_seq is None else "settled"

    @property
    def stake_minor(self) -> int:
        return self.stake_cash + self.stake_bonus

    @property
    def payout_minor(self) -> int:
        return self.payout_cash + self.payout_bonus


@value
class GameSession:
    """A game session with the version of the game that it was opened on, and what was played in
    it. `min_round_ms` is how long the law makes a bet wait for the one before it, 0 not at all.
    """

    session_id: str
    game_id: str
    game_version: int
    rtp_bps: int
    min_stake_minor: int
    max_stake_minor: int
    opened_at: int
    last_active_at: int
    login_session_id: str = ""
    min_round_ms: int = 0
    wagered_minor: int = 0
    won_minor: int = 0
    bets: int = 0
    play_ms: int = 0


@value
class Seed:
    """A pair of seeds. `nonce` is the next one to draw with; the next server seed already exists,
    because its hash is committed before the player can be made to bet on it.
    """

    number: int
    server_seed: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    next_server_seed: str
    next_server_seed_hash: str
    committed_at: int
    revealed_at: int | None


@value
class Deposit:
    deposit_id: str
    txid: str
    amount_minor: int
    requested_at: int
    expires_at: int
    credited_seq: int | None
    end_to_end_id: str | None


@value
class Withdrawal:
    """`status` is held, paid or released."""

    withdrawal_id: str
    amount_minor: int
    payment_account_id: str
    end_to_end_id: str
    status: str
    held_event_id: str
    requested_at: int
    due_at: int
    closed_seq: int | None


@value
class GrantTerms:
    """On which terms a bonus is given.

    `required_minor` is what must be staked before what is left becomes cash; 0 asks for nothing and
    never converts, such a bonus is there to be played. `contributions` is a JSON text
    `{game_id: basis points of a stake that count}`; a game that it does not name counts in full.
    """

    required_minor: int = 0
    contributions: str = "{}"
    max_stake_minor: int | None = None
    expires_at: int | None = None
    on_withdrawal: str = "keep"

    def as_data(self) -> dict[str, object]:
        """The form that an event carries."""
        return {
            "required_minor": self.required_minor,
            "contributions": json.loads(self.contributions),
            "max_stake_minor": self.max_stake_minor,
            "expires_at": self.expires_at,
            "on_withdrawal": self.on_withdrawal,
        }


@value
class Grant:
    """A bonus grant; grants are spent in the order of `credited_seq`.

    `wagered_minor` is the progress towards `required_minor`. Only an active grant is spent, counts
    stakes and keeps a balance; `status` says what became of the others.
    """

    grant_id: str
    credited_seq: int
    credited_minor: int
    balance_minor: int
    status: str = "active"
    required_minor: int = 0
    wagered_minor: int = 0
    contributions: str = "{}"
    max_stake_minor: int | None = None
    expires_at: int | None = None
    on_withdrawal: str = "keep"

    @property
    def is_wagered(self) -> bool:
        """True when the requirement is met; never for a grant that has none."""
        return 0 < self.required_minor <= self.wagered_minor

    def is_live(self, now_ms: int) -> bool:
        """True when the grant can be spent and counts stakes."""
        return self.status == "active" and (self.expires_at is None or now_ms < self.expires_at)


@value
class Limit:
    """`value` is minor units (deposit, loss, wager), minutes (time) or bets (bet_count). The player
    and the operator each have one for a kind and period; both are checked.
    """

    kind: str
    period: str
    value: int
    source: str = "player"


@value
class DayUsage:
    """What one day of the wallet saw; `day` is the number of `shared.kernel.times.local_day`."""

    day: int
    wagered_minor: int = 0
    won_minor: int = 0
    deposited_minor: int = 0
    bets: int = 0
    play_ms: int = 0
    last_bet_at: int = 0


type Row = (
    Round
    | GameSession
    | Seed
    | Deposit
    | Withdrawal
    | Grant
    | Limit
    | LimitChange
    | Exclusion
    | DayUsage
    | Gate
    | LoginSession
)


@value
class Decision:
    """What a command does: events to append, rows to write, rows that are no more (`gone`), and the
    answer, which may name the head that the events lead to.
    """

    answer: Callable[[Head], dict[str, object]]
    drafts: tuple[Draft, ...] = ()
    rows: tuple[Row, ...] = ()
    status: int = 200
    gone: tuple[Row, ...] = ()


@value
class Moment:
    """When a command is decided, and the randomness it may draw."""

    now_ms: int
    entropy: Entropy

    def new_id(self) -> str:
        """A fresh UUIDv7 of this moment."""
        return uuid7(self.now_ms, self.entropy.token(RANDOM_BYTES_PER_ID))
