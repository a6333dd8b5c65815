"""Velocity rules: every band can be reached, windows cross slot edges, scans repeat harmlessly."""

from collections import Counter
from dataclasses import asdict
from random import Random

import pytest

from shared.kernel.money import CURRENCIES
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.risk.model import BANDS, Bucket, VelocityRule
from shared.risk.rules import RULES, evaluate, reads_from_ms, scan

RULE = {rule.rule_id: rule for rule in RULES}
DEPOSITS = RULE["deposits_per_hour"]
BETS = RULE["bets_per_minute"]
AMOUNT = RULE["deposit_amount_per_day_brl"]
NINE = 9 * HOUR_MS


def events(rule: VelocityRule, *times_ms: int, player: str = "p1", amount: int = 1) -> list[Bucket]:
    """Buckets as the projection's GROUP BY makes them."""
    steps = Counter(at - at % rule.step_ms for at in times_ms)
    return [Bucket(player, "BRL", at, count, count * amount) for at, count in steps.items()]


def test_rule_ids_are_unique_and_every_currency_has_its_amount_rule() -> None:
    assert len(RULE) == len(RULES)
    assert {rule.currency for rule in RULES if rule.measure == "amount_minor"} == set(CURRENCIES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_every_band_of_every_rule_can_be_produced(rule: VelocityRule) -> None:
    produced = []
    for threshold in rule.thresholds:
        currency = rule.currency or "BRL"
        [alert] = scan(rule, 0, [Bucket("p1", currency, 0, threshold, threshold)])
        produced.append(alert.band)
        assert (alert.observed, alert.threshold) == (threshold, threshold)
    assert tuple(produced) == BANDS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_one_below_a_threshold_is_the_band_below(rule: VelocityRule) -> None:
    below = [evaluate(rule, threshold - 1) for threshold in rule.thresholds]
    assert below == [None, *BANDS[:-1]]


@pytest.mark.parametrize(
    ("rule", "medium", "high"),
    [(DEPOSITS, 5, 10), (BETS, 15, 30), (AMOUNT, 500_000, 1_000_000)],
)
def test_the_customary_thresholds_are_medium_and_high(
    rule: VelocityRule, medium: int, high: int
) -> None:
    assert rule.thresholds[1:3] == (medium, high)


def test_a_burst_inside_a_slot_is_one_alert_of_that_slot() -> None:
    [alert] = scan(DEPOSITS, NINE, events(DEPOSITS, *range(NINE, NINE + 10 * MINUTE_MS, MINUTE_MS)))
    assert (alert.window_started_at, alert.window_ended_at) == (NINE, NINE + HOUR_MS)
    assert (alert.band, alert.observed) == ("high", 10)


def test_a_burst_across_the_edge_of_two_slots_counts_whole() -> None:
    """Five deposits before nine and five after it: tumbling hours would see five and five."""
    start = NINE - 5 * MINUTE_MS
    burst = events(DEPOSITS, *range(start, start + 10 * MINUTE_MS, MINUTE_MS))
    before, after = scan(DEPOSITS, start, burst)
    assert (before.window_started_at, before.observed) == (NINE - HOUR_MS, 5)
    assert (after.window_started_at, after.band, after.observed) == (NINE, "high", 10)
    assert after.evidence["peak_ended_at"] == NINE + 5 * MINUTE_MS


def test_a_burst_that_is_over_raises_no_alert_in_the_next_slot() -> None:
    burst = events(DEPOSITS, *[NINE - MINUTE_MS] * 10)
    assert [alert.window_started_at for alert in scan(DEPOSITS, 0, burst)] == [NINE - HOUR_MS]


def test_events_further_apart_than_the_window_do_not_add_up() -> None:
    spread = events(DEPOSITS, *range(NINE, NINE + 40 * HOUR_MS, HOUR_MS))
    assert scan(DEPOSITS, NINE, spread) == []


def test_a_scan_repeated_on_the_same_events_gives_the_same_alerts() -> None:
    burst = events(BETS, *range(NINE, NINE + MINUTE_MS, 1_000))
    assert scan(BETS, NINE, burst) == scan(BETS, NINE, list(reversed(burst)))


def test_slots_before_the_one_scanned_give_no_alert_but_their_events_count() -> None:
    start = NINE - 5 * MINUTE_MS
    burst = events(DEPOSITS, *range(start, start + 10 * MINUTE_MS, MINUTE_MS))
    since = NINE + 20 * MINUTE_MS
    needed = [bucket for bucket in burst if bucket.started_at_ms >= reads_from_ms(DEPOSITS, since)]
    [alert] = scan(DEPOSITS, since, needed)
    assert (alert.window_started_at, alert.observed) == (NINE, 10)


def test_what_a_scan_reads_is_all_that_its_slots_need() -> None:
    assert reads_from_ms(DEPOSITS, NINE) == NINE - HOUR_MS + 5 * MINUTE_MS
    assert reads_from_ms(DEPOSITS, NINE + 1) == reads_from_ms(DEPOSITS, NINE)


def test_players_are_not_added_up() -> None:
    crowd = [events(DEPOSITS, NINE, NINE, player=f"p{number}")[0] for number in range(50)]
    assert scan(DEPOSITS, NINE, crowd) == []


def test_amounts_of_different_currencies_are_never_added_up() -> None:
    noon = DAY_MS // 2
    mixed = [
        Bucket("p1", "BRL", noon, 1, 400_000),
        Bucket("p1", "USD", noon, 1, 400_000),
        Bucket("p1", "EUR", noon, 1, 499_999),
    ]
    assert [alert.band for alert in scan(AMOUNT, noon, mixed)] == ["low"]
    assert [alert.observed for alert in scan(AMOUNT, noon, mixed)] == [400_000]


def test_counts_are_of_events_in_any_currency() -> None:
    mixed = [Bucket("p1", "BRL", NINE, 3, 1), Bucket("p1", "USD", NINE, 2, 1)]
    [alert] = scan(DEPOSITS, NINE, mixed)
    assert (alert.band, alert.observed) == ("medium", 5)


def test_later_events_only_ever_raise_the_value_of_a_slot() -> None:
    times = [NINE + 7 * MINUTE_MS * number % HOUR_MS for number in range(30)]
    seen = 0
    for count in range(1, 31):
        alerts = scan(DEPOSITS, NINE, events(DEPOSITS, *times[:count]))
        observed = alerts[0].observed if alerts else 0
        assert observed >= seen
        seen = observed
    assert seen == 30


def test_an_alert_carries_the_evidence_to_explain_it() -> None:
    [alert] = scan(AMOUNT, 0, [Bucket("p1", "BRL", 0, 2, 5_000_000)])
    assert alert.band == "critical"
    assert alert.evidence["currency"] == "BRL"
    assert alert.evidence["coaf_code"] == "1418"
    assert alert.evidence["thresholds"] == dict(zip(BANDS, AMOUNT.thresholds, strict=True))


def test_a_bucket_off_the_rules_grid_is_a_defect() -> None:
    with pytest.raises(AssertionError):
        scan(DEPOSITS, 0, [Bucket("p1", "BRL", 1, 1, 1)])


@pytest.mark.parametrize(
    "changes",
    [
        {"step_ms": 7 * MINUTE_MS},
        {"thresholds": (5, 3, 10, 20)},
        {"thresholds": (3, 3, 10, 20)},
        {"currency": "BRL"},
        {"measure": "amount_minor"},
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        VelocityRule(**(asdict(DEPOSITS) | changes))


def test_an_event_a_whole_window_older_no_longer_counts() -> None:
    """Three deposits an hour apart from end to end: no hour of whole steps holds all of them."""
    three = events(DEPOSITS, NINE, NINE + HOUR_MS // 2, NINE + HOUR_MS)
    assert scan(DEPOSITS, NINE, three) == []
    closer = events(DEPOSITS, NINE, NINE + HOUR_MS // 2, NINE + HOUR_MS - 1)
    assert [alert.observed for alert in scan(DEPOSITS, NINE, closer)] == [3]


@pytest.mark.parametrize("seed", range(20))
def test_the_value_of_a_slot_is_the_best_window_that_ends_in_it(seed: int) -> None:
    """Against a scan of every window of every slot, over random histories of six hours."""
    random = Random(seed)
    times = [random.randrange(6 * HOUR_MS) for _ in range(random.randrange(1, 80))]
    step, window = DEPOSITS.step_ms, DEPOSITS.window_ms
    expected = {}
    for slot in range(0, 6 * HOUR_MS, window):
        totals = [
            sum(end - window <= at < end for at in times)
            for end in range(slot + step, slot + window + 1, step)
            if any(end - step <= at < end for at in times)
        ]
        if totals and evaluate(DEPOSITS, max(totals)):
            expected[slot] = max(totals)
    alerts = scan(DEPOSITS, 0, events(DEPOSITS, *times))
    assert {alert.window_started_at: alert.observed for alert in alerts} == expected
