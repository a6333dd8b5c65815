"""Alerts come of what arrived, whenever it arrived, once for each player, rule and window."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.alerts import raise_alerts
from jobs.ports import Ports
from jobs.projection import project
from jobs.velocity_scan import SLICES_PER_ROUND, Stretch, stretches, velocity_scan
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import Record
from shared.risk.model import BANDS, Alert, Band
from shared.risk.rules import RULES, evaluate

NOON = TEST_EPOCH_MS // DAY_MS * DAY_MS + 12 * HOUR_MS
DEPOSITS_PER_HOUR = next(rule for rule in RULES if rule.rule_id == "deposits_per_hour")
LOW, MEDIUM, HIGH, CRITICAL = DEPOSITS_PER_HOUR.thresholds


def arrive(world: World, stream: Stream, *, from_seq: int = 1) -> None:
    async def job(ports: Ports) -> None:
        await project(deliveries(stream.texts()[from_seq - 1 :]), ports)

    world.run(job)


def alert_of(world: World, rule_id: str) -> Record:
    (alert,) = [row for row in world.alerts() if row["rule_id"] == rule_id]
    return alert


def waiting(world: World) -> int:
    return len(world.rows("SELECT 1 AS one FROM job_runs WHERE job = 'velocity_scan.slice'"))


def test_one_deposit_fewer_than_the_lowest_threshold_is_ordinary() -> None:
    world = World()
    arrive(world, world.stream().deposits(LOW - 1, at_ms=NOON))
    world.run(velocity_scan)
    assert world.alerts() == []


@pytest.mark.parametrize(
    ("deposits", "band"), list(zip(DEPOSITS_PER_HOUR.thresholds, BANDS, strict=True))
)
def test_each_threshold_of_deposits_per_hour_has_its_band(deposits: int, band: Band) -> None:
    world = World()
    arrive(world, world.stream().deposits(deposits, at_ms=NOON + MINUTE_MS))
    world.run(velocity_scan)
    alert = alert_of(world, "deposits_per_hour")
    assert (alert["band"], alert["observed"], alert["threshold"]) == (band, deposits, deposits)
    assert (alert["window_started_at"], alert["window_ended_at"]) == (NOON, NOON + HOUR_MS)
    assert alert["status"] == "open"


def test_bets_per_minute_are_seen_across_the_edge_of_a_minute_and_of_a_slice() -> None:
    world = World()
    stream = world.stream().add("DEPOSIT", 100_000, at_ms=NOON - HOUR_MS)
    for number in range(16):
        stream.add("BET", 100, at_ms=NOON - 24 * SECOND_MS + number * 3 * SECOND_MS)
    arrive(world, stream)
    world.run(velocity_scan)
    alerts = [row for row in world.alerts() if row["rule_id"] == "bets_per_minute"]
    assert max(int(str(alert["observed"])) for alert in alerts) == 16


def test_the_amount_of_a_day_counts_only_its_own_currency() -> None:
    world = World()
    arrive(world, world.stream("ana").deposits(2, at_ms=NOON, amount_minor=249_999))
    arrive(world, world.stream("bob", currency="EUR").deposits(1, at_ms=NOON, amount_minor=250_000))
    arrive(world, world.stream("cy").deposits(1, at_ms=NOON, amount_minor=249_999))
    world.run(velocity_scan)
    assert {(row["player_id"], row["rule_id"], row["observed"]) for row in world.alerts()} == {
        ("ana", "deposit_amount_per_day_brl", 499_998),
        ("bob", "deposit_amount_per_day_eur", 250_000),
    }


def test_a_second_scan_of_the_same_events_changes_no_row() -> None:
    world = World()
    stream = world.stream().deposits(MEDIUM, at_ms=NOON)
    arrive(world, stream)
    world.run(velocity_scan)
    before = world.alerts()
    assert before
    assert waiting(world) == 0
    world.change("DELETE FROM wallet_events")
    world.change("DELETE FROM projection_heads")
    world.clock.advance(HOUR_MS)
    arrive(world, stream)
    world.run(velocity_scan)
    assert world.alerts() == before


def test_more_of_the_same_window_raises_the_band_of_the_same_alert_and_opens_it_again() -> None:
    world = World()
    stream = world.stream().deposits(LOW, at_ms=NOON)
    arrive(world, stream)
    world.run(velocity_scan)
    first = alert_of(world, "deposits_per_hour")
    world.change("UPDATE aml_alerts SET status = 'reviewed'")
    world.clock.advance(MINUTE_MS)
    stream.deposits(HIGH - LOW, at_ms=NOON + 30 * MINUTE_MS)
    arrive(world, stream, from_seq=LOW + 1)
    world.run(velocity_scan)
    second = alert_of(world, "deposits_per_hour")
    assert (first["band"], second["band"]) == ("low", "high")
    assert second["alert_id"] == first["alert_id"]
    assert second["created_at"] == first["created_at"]
    assert second["updated_at"] == first["updated_at"] + MINUTE_MS  # type: ignore[operator]
    assert second["status"] == "open"
    assert json.loads(str(second["evidence"]))["coaf_code"] == "1424"


def test_more_within_the_band_updates_what_was_seen_and_leaves_a_review_in_peace() -> None:
    world = World()
    stream = world.stream().deposits(LOW, at_ms=NOON)
    arrive(world, stream)
    world.run(velocity_scan)
    world.change("UPDATE aml_alerts SET status = 'reviewed'")
    stream.add("DEPOSIT", 1_000, at_ms=NOON + MINUTE_MS)
    arrive(world, stream, from_seq=LOW + 1)
    world.run(velocity_scan)
    alert = alert_of(world, "deposits_per_hour")
    assert (alert["observed"], alert["status"]) == (LOW + 1, "reviewed")


def test_events_that_arrive_hours_late_are_judged_in_their_own_window() -> None:
    world = World()
    stream = world.stream().deposits(MEDIUM, at_ms=NOON)
    world.clock.set(NOON + 2 * DAY_MS)
    arrive(world, world.stream("other").deposits(1, at_ms=NOON + 2 * DAY_MS))
    world.run(velocity_scan)
    assert world.alerts() == []
    arrive(world, stream)
    world.run(velocity_scan)
    assert alert_of(world, "deposits_per_hour")["window_started_at"] == NOON


def test_a_late_event_completes_a_window_that_ends_in_the_next_slot() -> None:
    world = World()
    stream = world.stream().deposits(LOW - 1, at_ms=NOON - 10 * MINUTE_MS)
    stream.add("DEPOSIT", 1_000, at_ms=NOON + 20 * MINUTE_MS)
    arrive(world, stream)
    world.change("DELETE FROM job_runs")
    # Only the earlier slice is on the list, as if the later one had been scanned before it came.
    world.change(
        "INSERT INTO job_runs (job, slot, started_at, outcome) "
        f"VALUES ('velocity_scan.slice', {NOON - 10 * MINUTE_MS}, 0, 'late')"
    )
    world.run(velocity_scan)
    alert = alert_of(world, "deposits_per_hour")
    assert (alert["window_started_at"], alert["observed"]) == (NOON, LOW)


def test_a_slice_that_received_events_during_the_scan_stays_on_the_list() -> None:
    world = World()
    stream = world.stream().deposits(LOW, at_ms=NOON)
    arrive(world, stream)
    inner = world.db
    arrived: list[bool] = []

    class Busy:
        """A database in which events arrive while the scan writes its alerts."""

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        async def batch(self, statements: object) -> object:
            if not arrived:
                arrived.append(True)
                stream.deposits(CRITICAL, at_ms=NOON)
                await project(deliveries(stream.texts()), world.ports)
            return await inner.batch(statements)  # type: ignore[arg-type]

    ports = replace(world.ports, db=Busy())  # type: ignore[arg-type]

    async def job(_: Ports) -> object:
        return await velocity_scan(ports)

    world.run(job)
    assert waiting(world) == 1
    assert alert_of(world, "deposits_per_hour")["band"] == "low"
    world.run(velocity_scan)
    assert waiting(world) == 0
    assert alert_of(world, "deposits_per_hour")["band"] == "critical"


def test_a_scan_that_dies_before_its_alerts_are_written_leaves_its_work_on_the_list() -> None:
    world = World()
    arrive(world, world.stream().deposits(LOW, at_ms=NOON))
    inner = world.db

    class Dying:
        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

        async def batch(self, statements: object) -> object:
            raise ConnectionError

    ports = replace(world.ports, db=Dying())  # type: ignore[arg-type]

    async def job(_: Ports) -> object:
        return await velocity_scan(ports)

    with pytest.raises(ConnectionError):
        world.run(job)
    world.run(velocity_scan)
    assert alert_of(world, "deposits_per_hour")["observed"] == LOW


def test_a_backlog_is_worked_off_from_both_ends_within_the_budget_of_a_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.velocity_scan.ROUNDS_PER_TICK", 1)
    world = World()
    stream = world.stream()
    hours = SLICES_PER_ROUND + 5
    for hour in range(hours):
        stream.deposits(LOW, at_ms=NOON + hour * HOUR_MS, amount_minor=1)
    arrive(world, stream)
    assert waiting(world) == hours
    world.run(velocity_scan)
    starts = {row["window_started_at"] for row in world.alerts()}
    assert waiting(world) == 5
    assert {NOON, NOON + (hours - 1) * HOUR_MS} <= starts
    world.run(velocity_scan)
    assert waiting(world) == 0
    assert len({row["window_started_at"] for row in world.alerts()}) == hours


def test_slices_are_joined_only_where_a_window_of_the_rule_spans_them() -> None:
    far = NOON + 65 * MINUTE_MS + 1
    assert stretches(DEPOSITS_PER_HOUR, [NOON, NOON + 5 * MINUTE_MS]) == [
        Stretch(NOON, NOON + 70 * MINUTE_MS)
    ]
    assert stretches(DEPOSITS_PER_HOUR, [NOON, far]) == [
        Stretch(NOON, NOON + 65 * MINUTE_MS),
        Stretch(far, far + 65 * MINUTE_MS),
    ]


@pytest.mark.slow
@given(st.permutations([LOW, LOW, LOW + 1, MEDIUM, HIGH, CRITICAL]), st.integers(1, 6))
def test_no_order_of_findings_lowers_a_band_or_an_observation(
    order: list[int], findings: int
) -> None:
    """Law: an alert shows the largest observation of its window, and the band of that one."""
    world = World()
    for observed in order[:findings]:
        band = evaluate(DEPOSITS_PER_HOUR, observed)
        assert band is not None
        alert = Alert("p", "r", 0, 1, band, observed, 1, {"observed": observed})

        async def job(ports: Ports, alert: Alert = alert) -> int:
            return await raise_alerts(ports, [alert])

        world.run(job)
    (row,) = world.alerts()
    largest = max(order[:findings])
    assert (row["band"], row["observed"]) == (evaluate(DEPOSITS_PER_HOUR, largest), largest)
    assert json.loads(str(row["evidence"])) == {"observed": largest}


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 3 * 3_600), min_size=1, max_size=40),
    st.lists(st.integers(1, 40), max_size=4),
)
def test_scanning_as_events_arrive_finds_what_one_scan_at_the_end_finds(
    seconds: list[int], ticks: list[int]
) -> None:
    """Law: the alerts do not depend on how the arrivals were cut into ticks."""
    at_once, in_parts = World(), World()
    deposits = Stream("player-1")
    for second in sorted(seconds):
        deposits.add("DEPOSIT", 60_000, at_ms=NOON + second * SECOND_MS)
    arrive(at_once, deposits)
    at_once.run(velocity_scan)
    cuts = [0, *sorted(min(cut, len(seconds)) for cut in ticks), len(seconds)]
    for begin, end in pairwise(cuts):

        async def job(ports: Ports, begin: int = begin, end: int = end) -> None:
            await project(deliveries(deposits.texts()[begin:end]), ports)
            await velocity_scan(ports)

        in_parts.run(job)

    def findings(world: World) -> list[object]:
        names = ("rule_id", "window_started_at", "band", "observed", "evidence")
        return [[row[name] for name in names] for row in world.alerts()]

    assert findings(in_parts) == findings(at_once)
