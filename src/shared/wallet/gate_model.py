"""The values of player protection: rules, facts, the gate's row, sessions, limits that wait, terms.

The gate is one row, so that a bet learns with the head whether anything may stand in its way: every
time in it is a moment of the wallet's clock from which, or until which, bets are closed. The row is
written by commands only, each change is an event, and the proof compares the two. Times are UTC
milliseconds; `NEVER` and `FOREVER` are the ends of time.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from shared.kernel.canonical import canonical_json
from shared.kernel.times import rfc3339
from shared.kernel.values import altered, value

FactName = Literal["kyc", "impediment", "register"]
Requirement = Literal["kyc", "impediment", "register", "session", "place"]
Source = Literal["player", "operator"]

FACT_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "kyc": ("verified", "missing"),
    "impediment": ("clear", "pending", "impeded"),
    "register": ("clear", "pending", "excluded"),
}
"""The statuses of each fact, each worse than the one before; the first is the good one."""

REQUIREMENTS: Final[tuple[Requirement, ...]] = ("kyc", "impediment", "register", "session", "place")
SOURCES: Final[tuple[Source, ...]] = ("player", "operator")
VERDICTS: Final = ("inside", "outside", "unknown")
DEMANDS: Final = ("none", "acknowledge", "choose")
"""What a message asks of the player, each more than the one before."""
CHOICES: Final = ("limit_set", "paused", "excluded")
"""What a player can do about a message that asks to choose."""
EXCLUSION_SOURCES: Final = ("player", "operator", "harm")

NEVER: Final = 0
FOREVER: Final = (1 << 53) - 2
"""The largest whole number that survives the crossing to the object's storage."""


@value
class Rules:
    """What the jurisdiction asks of a wallet; the API builds it from the profile of the day.

    `requires`: what must be known before money moves towards risk. `mandatory`: the kinds of limit
    that a player may change but not be without. `reality_check_minutes`: None for no reality check
    unless the player asks for one. `loosening_delay_ms`: how long a looser limit waits.
    """

    requires: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()
    reality_check_minutes: int | None = None
    loosening_delay_ms: int = 86_400_000

    def as_data(self) -> dict[str, object]:
        """The form that a row and an event carry."""
        return {
            "requires": list(self.requires),
            "mandatory": list(self.mandatory),
            "reality_check_minutes": self.reality_check_minutes,
            "loosening_delay_ms": self.loosening_delay_ms,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """The rules that `as_data` gave."""
        return cls(
            tuple(data["requires"]),
            tuple(data["mandatory"]),
            data["reality_check_minutes"],
            data["loosening_delay_ms"],
        )


@value
class Fact:
    """What the API established about the player. `version` is the moment at which it did (UTC
    milliseconds); after `valid_until` a good fact is stale. `reasons` are codes.
    """

    status: str
    version: int
    valid_until: int | None = None
    reasons: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        return {
            "status": self.status,
            "version": self.version,
            "valid_until": self.valid_until,
            "reasons": list(self.reasons),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["status"], data["version"], data["valid_until"], tuple(data["reasons"]))

    def is_older(self, known: "Fact | None", name: str) -> bool:
        """True when `known` says something newer of the fact `name`, or something worse of the same
        moment: of two answers that cannot be put in order the one counts that protects.
        """
        if known is None or self.version != known.version:
            return known is not None and self.version < known.version
        worse = FACT_STATUSES[name].index
        return worse(self.status) < worse(known.status)

    def says_the_same(self, other: "Fact | None") -> bool:
        """True when only the moment of the check is another."""
        return other is not None and altered(other, version=self.version) == self


@value
class Intervention:
    """A message of player protection that waits for the player's reaction. `set_seq` is the event
    that sent it.
    """

    intervention_id: str
    level: str
    template: str
    demands: str
    set_seq: int

    def as_data(self) -> dict[str, object]:
        return {
            "intervention_id": self.intervention_id,
            "level": self.level,
            "template": self.template,
            "demands": self.demands,
            "set_seq": self.set_seq,
        }


@value
class Gate:
    """The one row of `gate`.

    `facts_until` digests rules and facts: until then none of them closes the gate. The columns
    `reality_…` are the running period between two reality checks: when it began, when it is due,
    and what the wallet had wagered and won in its life when it began; `reality_minutes` is the
    player's own interval. `rules`, `facts` and `intervention` are JSON texts.
    """

    id: int
    rules: str
    rules_version: int
    facts: str = "{}"
    facts_until: int = NEVER
    asks_session: int = 0
    asks_place: int = 0
    excluded_until: int = NEVER
    paused_until: int = NEVER
    reality_minutes: int | None = None
    reality_since: int = NEVER
    reality_due_at: int = FOREVER
    reality_wagered_minor: int = 0
    reality_won_minor: int = 0
    intervention: str | None = None
    bonus_blocked: int = 0

    def read_rules(self) -> Rules:
        return Rules.of(json.loads(self.rules))

    def read_facts(self) -> dict[str, Fact]:
        return {name: Fact.of(data) for name, data in json.loads(self.facts).items()}

    def read_intervention(self) -> Intervention | None:
        return None if self.intervention is None else Intervention(**json.loads(self.intervention))

    def with_rules(self, rules: Rules, version: int) -> "Gate":
        """The row under other rules; the digests follow."""
        return altered(
            self,
            rules=canonical_json(rules.as_data()),
            rules_version=version,
            facts_until=facts_until(rules, self.read_facts()),
            asks_session=int("session" in rules.requires),
            asks_place=int("place" in rules.requires),
            reality_due_at=due_at(rules, self.reality_minutes, self.reality_since),
        )

    def with_fact(self, name: str, fact: Fact) -> "Gate":
        """The row with one more fact; the digest follows."""
        facts = {**self.read_facts(), name: fact}
        return altered(
            self,
            facts=canonical_json({name: fact.as_data() for name, fact in facts.items()}),
            facts_until=facts_until(self.read_rules(), facts),
        )


def new_gate(rules: Rules) -> Gate:
    """The gate of a wallet that is being opened: under its rules, without any fact."""
    return Gate(1, "{}", 0).with_rules(rules, 0)


def facts_until(rules: Rules, facts: Mapping[str, Fact]) -> int:
    """Until when no fact closes the gate: bad news closes it whatever the rules, missing or stale
    news where the rules ask for the fact.
    """
    until = FOREVER
    for name, statuses in FACT_STATUSES.items():
        fact = facts.get(name)
        if fact is not None and fact.status in ("impeded", "excluded"):
            return NEVER
        if name in rules.requires:
            if fact is None or fact.status != statuses[0]:
                return NEVER
            until = min(until, FOREVER if fact.valid_until is None else fact.valid_until)
    return until


def due_at(rules: Rules, own_minutes: int | None, since: int) -> int:
    """When the reality check of a period that began at `since` is due; the shorter interval wins.
    `NEVER` as `since` is no period.
    """
    asked = [minutes for minutes in (rules.reality_check_minutes, own_minutes) if minutes]
    return since + min(asked) * 60_000 if asked and since else FOREVER


def moment_or_none(at_ms: int) -> str | None:
    """An RFC 3339 time; None for the ends of time."""
    return None if at_ms in (NEVER, FOREVER) else rfc3339(at_ms)


@value
class LoginSession:
    """A login session as the wallet knows it: when it was active, from where, whether it is over.

    `game_session_id` is the game session that it played last: its bets are the session's activity
    too. `place_address` stands for the network address of the check and says nothing else.
    """

    session_id: str
    began_at: int
    last_active_at: int
    revoked_at: int | None = None
    place_verdict: str = "unknown"
    place_reason: str | None = None
    place_address: str = ""
    place_checked_at: int = NEVER
    game_session_id: str | None = None


@value
class LimitChange:
    """A looser limit that waits; `value` None is its removal."""

    kind: str
    period: str
    value: int | None
    requested_at: int
    due_at: int


@value
class Exclusion:
    """A self-exclusion or a pause that was made; `until` None has no end. The longest counts."""

    seq: int
    kind: str
    until: int | None
    source: str
    made_at: int
