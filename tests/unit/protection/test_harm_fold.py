"""Events are counted once, on their own day, and a fold may stop anywhere."""

import pytest
from unit.protection.streams_of_play import NOON, POLICY, TODAY, Play

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SAO_PAULO_OFFSET_MS
from shared.protection.fold import fold
from shared.protection.model import Day, PlayEvent
from shared.protection.outcomes import numbers_of, outcome_of
from shared.protection.stakes import bucket_of, median_of, percentile_of
from shared.protection.state import (
    OPEN_ROUNDS,
    State,
    decoded_day,
    decoded_state,
    encoded_day,
)


def busy() -> list[PlayEvent]:
    """Three days with a bit of everything."""
    play = Play(NOON - 2 * DAY_MS)
    play.add("LIMIT_CHANGED", facts={"kind": "loss", "period": "daily", "value": 2_000})
    for _ in range(3):
        play.deposit(5_000).rounds_of(22, 150, 140).rounds_of(6, 150).round(600)
        play.add("BET", 100, -100, round_id="open", game_id="slot")
        play.add("ROLLBACK", 100, 100, round_id="open", facts={"of": "BET"})
        play.add("LIMIT_REQUESTED", facts={"kind": "loss", "period": "daily", "value": 9_000})
        play.add("PAUSED", facts={"until": play.at_ms + HOUR_MS, "source": "player"})
        play.add("EXCLUDED", facts={"until": play.at_ms + HOUR_MS, "source": "player"})
        play.wait(20 * HOUR_MS)
    return play.events


def folded(events: list[PlayEvent], *cuts: int) -> tuple[State, dict[int, Day]]:
    """Fold in pieces, each from what the one before stored."""
    state = State()
    days: dict[int, Day] = {}
    for start, end in zip((0, *cuts), (*cuts, len(events)), strict=True):
        piece = fold(state, days, events[start:end], SAO_PAULO_OFFSET_MS, POLICY.thresholds)
        state = decoded_state(piece.state.encoded())
        days |= {day.day: decoded_day(day.day, encoded_day(day)) for day in piece.days}
    return state, days


@pytest.mark.parametrize("cuts", [(1,), (37,), (60, 61), (5, 80, 120), tuple(range(1, 150))])
def test_a_fold_in_pieces_is_the_fold_of_the_whole(cuts: tuple[int, ...]) -> None:
    events = busy()
    assert folded(events, *cuts) == folded(events)


def test_an_event_out_of_place_is_not_counted() -> None:
    events = busy()
    with pytest.raises(AssertionError):
        fold(State(), {}, events[1:], SAO_PAULO_OFFSET_MS, POLICY.thresholds)


def test_days_are_those_of_sao_paulo() -> None:
    midnight = NOON + 12 * HOUR_MS
    play = Play(midnight - 1).round(100)
    assert [day.day for day in play.folded().days] == [TODAY, TODAY + 1]
    assert play.day(TODAY).bets == 1
    assert play.day(TODAY + 1).settled_minor == 100


def test_loss_is_of_cash_and_stakes_are_whole() -> None:
    play = Play().deposit(1_000)
    play.add("BET", 300, -200, round_id="r", game_id="dice")
    play.add("WIN", 90, 50, round_id="r")
    day = play.day()
    assert (day.staked_minor, day.loss_minor, day.settled_minor) == (300, 150, 200)


def test_a_round_that_is_undone_was_not_played() -> None:
    play = Play().deposit(1_000).round(300, 100)
    play.add("ROLLBACK", 100, -100, round_id="round-1", facts={"of": "WIN"})
    play.add("ROLLBACK", 300, 300, round_id="round-1", facts={"of": "BET"})
    day = play.day()
    assert (day.bets, day.staked_minor, day.loss_minor, day.settled_minor) == (0, 0, 0, 0)


def test_an_open_round_is_not_settled_play() -> None:
    play = Play().add("BET", 300, -300, round_id="r", game_id="slot")
    assert play.day().settled_minor == 0
    assert play.add("WIN", 0, 0, round_id="r").day().settled_minor == 300


def test_rounds_that_never_end_are_forgotten_beyond_a_number() -> None:
    play = Play()
    for number in range(OPEN_ROUNDS + 1):
        play.add("BET", 100, -100, round_id=f"r{number}", game_id="slot")
    rounds = play.folded().state.open_rounds
    assert len(rounds) == OPEN_ROUNDS
    assert "r0" not in rounds


def test_gaps_of_up_to_five_minutes_are_play() -> None:
    play = Play().rounds_of(4, 100, every_ms=5 * MINUTE_MS - 2)
    assert play.day().play_ms == 15 * MINUTE_MS
    assert Play().rounds_of(4, 100, every_ms=5 * MINUTE_MS).day().play_ms == 0


def test_a_reaction_is_met_once() -> None:
    facts = {"intervention_id": "i", "reaction": "limit_set"}
    found = Play().add("INTERVENTION_ACKNOWLEDGED", facts=facts).folded()
    assert [(r.intervention_id, r.reaction, r.at_ms) for r in found.reactions] == [
        ("i", "limit_set", NOON)
    ]


def test_a_limit_that_was_removed_is_no_longer_reached() -> None:
    limit = {"kind": "wager", "period": "daily", "value": 100}
    play = Play().add("LIMIT_CHANGED", facts=limit)
    play.add("LIMIT_CHANGED", facts=limit | {"value": None}).deposit(1_000).round(100)
    assert play.day().reached == 0


def test_stakes_are_kept_to_two_significant_digits() -> None:
    assert [bucket_of(stake) for stake in (0, 7, 99, 100, 1_234, 98_765)] == [
        0,
        7,
        99,
        100,
        1_200,
        98_000,
    ]


def test_median_and_percentile_are_of_the_nearest_rank() -> None:
    assert median_of([{100: 1, 300: 1}, {200: 1}], 3) == 200
    assert median_of([{100: 1}], 2) is None
    assert percentile_of([dict.fromkeys(range(1, 101), 1)], 95) == 95
    assert percentile_of([], 95) is None


def test_an_outcome_compares_as_many_days_before_as_after() -> None:
    days = {TODAY + ago: Day(day=TODAY + ago, bets=1, loss_minor=10) for ago in range(-9, 9)}
    outcome = outcome_of(days, TODAY, 7)
    assert outcome["days"] == 7
    assert outcome["before"] == outcome["after"]
    assert outcome["after"]["loss_minor"] == 70  # type: ignore[index]


def test_a_message_tells_a_week_and_the_weekly_mean_of_the_four_before() -> None:
    days = {
        TODAY: Day(day=TODAY, bets=1, loss_minor=500, play_ms=90 * MINUTE_MS),
        TODAY - 7: Day(day=TODAY - 7, bets=1, loss_minor=800),
        TODAY - 35: Day(day=TODAY - 35, bets=1, loss_minor=90_000),
    }
    assert numbers_of(days, TODAY) == {
        "minutes": 90,
        "days": 1,
        "loss_minor": 500,
        "usual_loss_minor": 200,
    }
