"""Laws of VIP tiers (RG-E2): losing more never raises one, and at medium or more none rises."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.times import DAY_MS, SAO_PAULO_OFFSET_MS, local_day
from shared.protection.fold import fold
from shared.protection.model import LEVELS, TIERS, Day, Level, PlayEvent, VipTier
from shared.protection.policy import POLICIES
from shared.protection.state import State
from shared.protection.vip import VIP_RULES, SettledPlay, settled_play, verdict

BEGAN: int = 20_779 * DAY_MS
RULES = VIP_RULES[-1]

Round = tuple[int, int, int]
"""Day, stake and payout."""

ROUNDS = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 40) | st.just(60), st.integers(0, 90)),
    min_size=1,
    max_size=60,
)
LOST = st.lists(st.integers(0, 100), min_size=60, max_size=60)
"""Per cent of each payout that is left."""
TENURES = st.integers(0, 400)
LEVEL = st.sampled_from(LEVELS)
TIER = st.sampled_from(TIERS)


def played(rounds: Sequence[Round]) -> dict[int, Day]:
    """The days of these rounds; a stake of 1 is R$ 500."""
    events: list[PlayEvent] = []
    for number, (day, stake, payout) in enumerate(sorted(rounds, key=lambda played: played[0])):
        at_ms = BEGAN + day * DAY_MS + number
        amounts = (("BET", stake * 50_000, -1), ("WIN", payout * 50_000, 1))
        for type_, amount, sign in amounts:
            events.append(
                PlayEvent(
                    seq=len(events) + 1,
                    type=type_,
                    at_ms=at_ms,
                    amount_minor=amount,
                    cash_delta=sign * amount,
                    round_id=f"r{number}",
                    game_id="dice",
                )
            )
    folded = fold(State(), {}, events, SAO_PAULO_OFFSET_MS, POLICIES[-1].thresholds)
    return {day.day: day for day in folded.days}


def tier_of(rounds: Sequence[Round], tenure: int, level: Level, current: VipTier) -> VipTier:
    today = local_day(BEGAN + 80 * DAY_MS)
    play = settled_play(played(rounds), today, "BRL", tenure)
    return verdict(current, play, level, RULES).tier


@given(ROUNDS, LOST, TENURES, LEVEL, TIER)
def test_raising_only_losses_never_raises_a_tier(
    rounds: list[Round], left: list[int], tenure: int, level: Level, current: VipTier
) -> None:
    lost_more = [
        (day, stake, payout * left[number] // 100)
        for number, (day, stake, payout) in enumerate(rounds)
    ]
    before = tier_of(rounds, tenure, level, current)
    after = tier_of(lost_more, tenure, level, current)
    assert TIERS.index(after) <= TIERS.index(before)


@given(ROUNDS, LOST, TENURES)
def test_what_a_tier_is_judged_by_does_not_know_who_won(
    rounds: list[Round], left: list[int], tenure: int
) -> None:
    today = local_day(BEGAN + 80 * DAY_MS)
    changed = [(day, stake, left[number]) for number, (day, stake, _) in enumerate(rounds)]
    assert settled_play(played(changed), today, "BRL", tenure) == settled_play(
        played(rounds), today, "BRL", tenure
    )


@given(
    st.integers(0, 50_000_000),
    st.integers(0, 90),
    TENURES,
    st.sampled_from(["medium", "high", "critical"]),
    TIER,
)
def test_no_tier_rises_while_the_level_is_medium_or_more(
    settled: int, days: int, tenure: int, level: Level, current: VipTier
) -> None:
    play = SettledPlay("BRL", settled, days, tenure)
    assert TIERS.index(verdict(current, play, level, RULES).tier) <= TIERS.index(current)


@given(st.integers(0, 50_000_000), st.integers(0, 90), TENURES, LEVEL, TIER)
def test_a_second_look_changes_nothing_and_a_change_has_a_reason(
    settled: int, days: int, tenure: int, level: Level, current: VipTier
) -> None:
    play = SettledPlay("BRL", settled, days, tenure)
    first = verdict(current, play, level, RULES)
    assert bool(first.reasons) == (first.tier != current or first.earned != current)
    assert verdict(first.tier, play, level, RULES).tier == first.tier
