"""Permission to play, written a second time: rules, facts, sessions, limits, terms, messages.

Plain values and dictionaries; every time is a moment of the wallet's clock. `FOREVER` ends nothing.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from simulation.sim.calendar import DAY_MS, MINUTE_MS

FOREVER: Final = 1 << 60
IDLE_MS: Final = 30 * MINUTE_MS
PLACE_MS: Final = 30 * MINUTE_MS

type LimitKey = tuple[str, str]


@dataclass(slots=True)
class ModelFact:
    """What the house established; good until `until`."""

    status: str
    version: int
    until: int = FOREVER
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class ModelLogin:
    """A login session. `game` is the game session that it played last: its bets are its activity
    too.
    """

    active_at: int
    verdict: str = "unknown"
    reason: str | None = None
    address: str = ""
    checked_at: int = 0
    is_over: bool = False
    game: str | None = None


@dataclass(slots=True)
class ModelMessage:
    """An intervention that waits, and what the player has done since it was sent."""

    message_id: str
    demands: str
    tightened: set[LimitKey] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ModelGate:
    """Who may play, and how far."""

    requires: frozenset[str] = frozenset()
    mandatory: frozenset[str] = frozenset()
    reality_minutes: int | None = None
    delay_ms: int = DAY_MS
    rules_version: int = 0
    facts: dict[str, ModelFact] = field(default_factory=dict)
    logins: dict[str, ModelLogin] = field(default_factory=dict)
    own: dict[LimitKey, int] = field(default_factory=dict)
    operators: dict[LimitKey, int] = field(default_factory=dict)
    waiting: dict[LimitKey, tuple[int | None, int, int]] = field(default_factory=dict)
    """Looser limits that wait: value, asked for at, due at."""
    ends: dict[str, int] = field(default_factory=lambda: {"excluded": 0, "paused": 0})
    sources: dict[str, str] = field(default_factory=dict)
    own_ends: dict[str, int] = field(default_factory=lambda: {"excluded": 0, "paused": 0})
    """Of the terms that the player made."""
    own_minutes: int | None = None
    period_since: int = 0
    """When the running period between two reality checks began; 0 before the first login."""
    period_began_with: tuple[int, int] = (0, 0)
    """What the wallet had wagered and won in its life by then."""
    message: ModelMessage | None = None
    blocks_bonus: bool = False
    frozen: bool = False

    def take_rules(self, rules: dict[str, Any]) -> None:
        self.requires = frozenset(rules["requires"])
        self.mandatory = frozenset(rules.get("mandatory", ()))
        self.reality_minutes = rules.get("reality_check_minutes")
        self.delay_ms = rules["loosening_delay_ms"]

    def binding(self) -> dict[LimitKey, int]:
        """What binds: the least of the player's and the operator's."""
        both = dict(self.own)
        for key, value in self.operators.items():
            both[key] = min(value, both.get(key, value))
        return both

    def stopped(self, now_ms: int) -> str | None:
        """The code of what the person, or somebody for them, has stopped."""
        return next((code for code, end in self.ends.items() if end > now_ms), None)

    def says(self, name: str, status: str) -> bool:
        fact = self.facts.get(name)
        return fact is not None and fact.status == status

    def is_good(self, name: str, status: str, now_ms: int) -> bool:
        """The house said so, and what it said still counts."""
        return self.says(name, status) and now_ms < self.facts[name].until

    def is_unknown(self, name: str, bad: str, now_ms: int) -> bool:
        """The rules ask for the fact, and nobody has said yes or no."""
        asked = name in self.requires and not self.says(name, bad)
        return asked and not self.is_good(name, "clear", now_ms)

    def rules(self) -> tuple[object, ...]:
        return self.requires, self.mandatory, self.reality_minutes, self.delay_ms

    def period_ends_at(self) -> int:
        """When a reality check is due: the shorter interval after the period began."""
        minutes = [one for one in (self.reality_minutes, self.own_minutes) if one]
        if not (minutes and self.period_since):
            return FOREVER
        return self.period_since + min(minutes) * MINUTE_MS


def reasons_barred(gate: ModelGate, now_ms: int) -> list[str]:
    """Every reason why the player may not put money at risk, in the contract's order."""
    is_unknown = gate.is_unknown("impediment", "impeded", now_ms) or gate.is_unknown(
        "register", "excluded", now_ms
    )
    reasons = (
        (gate.frozen, "wallet_frozen"),
        (gate.ends["excluded"] > now_ms or gate.says("register", "excluded"), "excluded"),
        (gate.ends["paused"] > now_ms, "paused"),
        (is_unknown, "impediment_check_pending"),
        (gate.says("impediment", "impeded"), "impeded"),
        ("kyc" in gate.requires and not gate.is_good("kyc", "verified", now_ms), "kyc_required"),
    )
    return [code for applies, code in reasons if applies]


def refuse_barred(gate: ModelGate, now_ms: int) -> str | None:
    """The first of them."""
    return next(iter(reasons_barred(gate, now_ms)), None)


def refuse_elsewhere(gate: ModelGate, session: str, address: str, now_ms: int) -> str | None:
    """A caller who is not known to be inside the licence; the house has no place."""
    if not session or "place" not in gate.requires:
        return None
    login = gate.logins.get(session)
    is_inside = (
        login is not None
        and login.verdict == "inside"
        and now_ms - login.checked_at <= PLACE_MS
        and login.address == address
    )
    return None if is_inside else "geo_blocked"


def reasons_unanswered(gate: ModelGate, session: str, now_ms: int) -> list[str]:
    """What waits for an answer of the player before the next bet."""
    reasons = (
        (bool(session) and now_ms >= gate.period_ends_at(), "reality_check_due"),
        (gate.message is not None, "intervention_due"),
    )
    return [code for applies, code in reasons if applies]


def refuse_unanswered(gate: ModelGate, session: str, now_ms: int) -> str | None:
    """The first of them."""
    return next(iter(reasons_unanswered(gate, session, now_ms)), None)
