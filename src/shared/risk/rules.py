"""Velocity rules against money laundering, as data, and the pure scan that applies them.

Thresholds are the operator's own: the law names suspicious situations (Portaria SPA/MF 1.143/2024
arts. 24-25, Comunicado Siscoaf 97) and no amounts, so each rule says where its numbers come from.
A slot's value is the highest total of a window that ends in it with an event in its last step: a
burst across a slot's edge counts whole, and one that is over raises no second alert. Equal events
give the same alerts, and a value never falls as more arrive: a repeated scan only raises a band.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from shared.kernel.money import Currency
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from shared.risk.model import BANDS, Alert, Band, Bucket, VelocityRule

_SOURCE: Final = (
    "medium and high: companion code of the book The Backend of Luck, chapter 10; "
    "low and critical: house, around half of medium and at least twice high"
)


def _deposited_in_a_day(currency: Currency) -> VelocityRule:
    return VelocityRule(
        rule_id=f"deposit_amount_per_day_{currency.lower()}",
        event_type="DEPOSIT",
        measure="amount_minor",
        currency=currency,
        window_ms=DAY_MS,
        step_ms=HOUR_MS,
        thresholds=(250_000, 500_000, 1_000_000, 5_000_000),
        coaf_code="1418",
        source=_SOURCE,
    )


RULES: Final[tuple[VelocityRule, ...]] = (
    VelocityRule(
        rule_id="deposits_per_hour",
        event_type="DEPOSIT",
        measure="count",
        currency=None,
        window_ms=HOUR_MS,
        step_ms=5 * MINUTE_MS,
        thresholds=(3, 5, 10, 20),
        coaf_code="1424",
        source=_SOURCE,
    ),
    VelocityRule(
        rule_id="bets_per_minute",
        event_type="BET",
        measure="count",
        currency=None,
        window_ms=MINUTE_MS,
        step_ms=10 * SECOND_MS,
        thresholds=(8, 15, 30, 60),
        coaf_code="1419",
        source=_SOURCE,
    ),
    _deposited_in_a_day("BRL"),
    _deposited_in_a_day("EUR"),
    _deposited_in_a_day("GBP"),
    _deposited_in_a_day("USD"),
)


def evaluate(rule: VelocityRule, observed: int) -> Band | None:
    """The band that the value reaches, or None below the lowest."""
    reached = [
        band
        for band, threshold in zip(BANDS, rule.thresholds, strict=True)
        if observed >= threshold
    ]
    return reached[-1] if reached else None


def reads_from_ms(rule: VelocityRule, since_ms: int) -> int:
    """Start of the first bucket that `scan` needs to judge the slots from `since_ms` on."""
    return _slot_start(rule, since_ms) - rule.window_ms + rule.step_ms


def scan(rule: VelocityRule, since_ms: int, buckets: Iterable[Bucket]) -> list[Alert]:
    """The alerts of every slot from the one of `since_ms` on, by player and time.

    `buckets` are all of the rule's event type from `reads_from_ms`, at most one for each player,
    currency and step. `since_ms` is the earliest event that was not there at the last scan.
    """
    values: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for bucket in buckets:
        assert bucket.started_at_ms % rule.step_ms == 0, bucket
        if rule.currency is None or bucket.currency == rule.currency:
            value = bucket.count if rule.measure == "count" else bucket.amount_minor
            values[bucket.player_id][bucket.started_at_ms] += value
    alerts = []
    for player_id, steps in sorted(values.items()):
        for slot_start, (observed, ended_at) in _peaks(rule, since_ms, steps).items():
            band = evaluate(rule, observed)
            if band is not None:
                alerts.append(_alert(rule, player_id, slot_start, band, observed, ended_at))
    return alerts


def _slot_start(rule: VelocityRule, at_ms: int) -> int:
    return at_ms - at_ms % rule.window_ms


def _peaks(
    rule: VelocityRule, since_ms: int, steps: Mapping[int, int]
) -> dict[int, tuple[int, int]]:
    """By start of slot: the highest total of a window that ends in it, and when that one ends."""
    peaks: dict[int, tuple[int, int]] = {}
    starts = sorted(steps)
    oldest = total = 0
    for started_at in starts:
        ended_at = started_at + rule.step_ms
        total += steps[started_at]
        while starts[oldest] < ended_at - rule.window_ms:
            total -= steps[starts[oldest]]
            oldest += 1
        slot_start = _slot_start(rule, started_at)
        if slot_start >= _slot_start(rule, since_ms) and total > peaks.get(slot_start, (0, 0))[0]:
            peaks[slot_start] = (total, ended_at)
    return peaks


def _alert(
    rule: VelocityRule, player_id: str, slot_start: int, band: Band, observed: int, ended_at: int
) -> Alert:
    return Alert(
        player_id=player_id,
        rule_id=rule.rule_id,
        window_started_at=slot_start,
        window_ended_at=slot_start + rule.window_ms,
        band=band,
        observed=observed,
        threshold=rule.thresholds[BANDS.index(band)],
        evidence={
            "event_type": rule.event_type,
            "measure": rule.measure,
            "currency": rule.currency,
            "window_ms": rule.window_ms,
            "peak_started_at": ended_at - rule.window_ms,
            "peak_ended_at": ended_at,
            "thresholds": dict(zip(BANDS, rule.thresholds, strict=True)),
            "coaf_code": rule.coaf_code,
            "source": rule.source,
        },
    )
