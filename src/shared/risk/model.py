"""The values of a velocity scan: a rule as data, what was seen, and the alert that follows.

An alert is one per player, rule and slot. A slot is a stretch of time of the rule's window length,
aligned to the epoch, so every scan of it finds the same slot and updates the same alert.
"""

from dataclasses import dataclass
from typing import Final, Literal

from shared.kernel.money import Currency

Band = Literal["low", "medium", "high", "critical"]
BANDS: Final[tuple[Band, ...]] = ("low", "medium", "high", "critical")

Measure = Literal["count", "amount_minor"]


@dataclass(frozen=True, slots=True)
class VelocityRule:
    """How many events, or how much money, within a window is remarkable.

    `thresholds` go with BANDS, ascending; a value reaches a band at its threshold. Rules on amounts
    have a currency and see only events in it. `step_ms` divides `window_ms`: events are counted in
    buckets of this length, and every window of whole buckets is looked at.
    """

    rule_id: str
    event_type: str
    measure: Measure
    currency: Currency | None
    window_ms: int
    step_ms: int
    thresholds: tuple[int, int, int, int]
    coaf_code: str
    source: str

    def __post_init__(self) -> None:
        assert self.window_ms % self.step_ms == 0, self
        assert list(self.thresholds) == sorted(set(self.thresholds)), self
        assert (self.currency is None) == (self.measure == "count"), self


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one player did in one currency in one step of a rule.

    `started_at_ms` is a multiple of the rule's step; `amount_minor` is the sum of the amounts.
    """

    player_id: str
    currency: str
    started_at_ms: int
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of `aml_alerts` to insert, or to update when its player, rule and slot have one."""

    player_id: str
    rule_id: str
    window_started_at: int
    window_ended_at: int
    band: Band
    observed: int
    threshold: int
    evidence: dict[str, object]
