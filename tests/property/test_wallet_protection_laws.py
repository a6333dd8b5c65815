"""Laws of player protection over sequences of commands that hypothesis invents.

Whatever is asked, by whomever, in whichever order and at whichever time: what binds is the least of
the player's and the operator's limits; a looser one binds never before 24 hours after it was asked
for and only when confirmed; an exclusion's end never moves earlier; nothing is staked or deposited
while one is in force; and no bet is taken whose worst outcome passes a limit.
"""

from collections import Counter
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SAO_PAULO_OFFSET_MS, local_day
from shared.wallet.limits import windows_at

FOREVER: Final = 1 << 60
KINDS = st.sampled_from(["loss", "wager", "bet_count"])
PERIODS = st.sampled_from(["daily", "weekly", "monthly"])
VALUES = st.sampled_from([None, 0, 1, 2, 300, 500, 900, 3_000])
WAITS = st.one_of(
    st.sampled_from([0, 1, MINUTE_MS, HOUR_MS, DAY_MS - 1, DAY_MS, DAY_MS + 1]),
    st.integers(min_value=0, max_value=3 * DAY_MS),
)
SOURCES = st.sampled_from(["player", "operator", "harm"])
NOON: Final = 1_798_642_800_000  # 2026-12-30, a Wednesday before the turn of the year


class ProtectionMachine(RuleBasedStateMachine):
    @initialize(waits=WAITS)
    def open(self, waits: int) -> None:
        self.house = House()
        self.house.clock.set(NOON + waits)
        self.house.open(("loss", "daily", 900)).deposit(1_000_000)
        self.session = self.house.session()
        self.own: dict[tuple[str, str], int] = {("loss", "daily"): 900}
        self.operators: dict[tuple[str, str], int] = {}
        self.asked: dict[tuple[str, str], tuple[int | None, int]] = {}
        self.ends = {"exclude": 0, "pause": 0}
        self.use: dict[int, Counter[str]] = {}
        self.rounds = 0

    @property
    def now(self) -> int:
        return self.house.clock.now_ms()

    @property
    def stopped(self) -> bool:
        return max(self.ends.values()) > self.now

    def binds(self) -> dict[tuple[str, str], int]:
        both = dict(self.own)
        for key, value in self.operators.items():
            both[key] = min(value, both.get(key, value))
        return both

    @rule(waits=WAITS)
    def time_passes(self, waits: int) -> None:
        self.house.clock.advance(waits)

    @rule(kind=KINDS, period=PERIODS, value=VALUES)
    def player_sets(self, kind: str, period: str, value: int | None) -> None:
        key = (kind, period)
        current, now = self.own.get(key), self.now
        reply = self.house.do("limit_set", kind=kind, period=period, value=value)
        if current is None or (value is not None and value <= current):
            assert reply.body["status"] == "active"
            self.asked.pop(key, None)
            if value is not None:
                self.own[key] = value
            return
        if self.stopped:
            assert reply.code in ("excluded", "paused")
            return
        waits = self.asked.get(key)
        if waits is not None and waits[0] == value:
            if now >= waits[1] + DAY_MS:
                assert reply.body["status"] == "active"
                self._in_force(key)
            else:
                assert reply.body["status"] == "pending"
            return
        assert reply.body["status"] == "pending"
        self.asked[key] = (value, now)

    @rule(kind=KINDS, period=PERIODS)
    def player_confirms(self, kind: str, period: str) -> None:
        key = (kind, period)
        reply = self.house.do("limit_confirm", kind=kind, period=period)
        waits = self.asked.get(key)
        if waits is None:
            assert reply.code == "limit_change_not_found"
        elif self.now < waits[1] + DAY_MS:
            assert reply.code == "limit_change_not_due"
        else:
            assert reply.status == 200
            self._in_force(key)

    @rule(kind=KINDS, period=PERIODS)
    def player_cancels(self, kind: str, period: str) -> None:
        reply = self.house.do("limit_cancel", kind=kind, period=period)
        known = self.asked.pop((kind, period), None) is not None
        assert reply.status == (200 if known else 404)

    def _in_force(self, key: tuple[str, str]) -> None:
        value, asked_at = self.asked.pop(key)
        assert self.now >= asked_at + DAY_MS
        if value is None:
            del self.own[key]
        else:
            self.own[key] = value

    @rule(kind=KINDS, period=PERIODS, value=VALUES)
    def operator_sets(self, kind: str, period: str, value: int | None) -> None:
        named: dict[str, Any] = {"kind": kind, "period": period, "value": value}
        reply = self.house.do("operator_limit_set", login="", reason="r", actor="a", **named)
        assert reply.status == 200
        if value is None:
            self.operators.pop((kind, period), None)
        else:
            self.operators[kind, period] = value

    @rule(
        kind=st.sampled_from(["exclude", "pause"]),
        ahead=st.one_of(st.none(), st.sampled_from([-1, 0, 1, HOUR_MS, DAY_MS, 2 * DAY_MS])),
        source=SOURCES,
    )
    def somebody_stops(self, kind: str, ahead: int | None, source: str) -> None:
        if kind == "exclude" and ahead is None and self.rounds % 3:
            ahead = DAY_MS  # an exclusion without end leaves little to look at
        until = None if ahead is None else self.now + ahead
        login = "login" if source == "player" else ""
        reply = self.house.do(kind, login=login, until=until, source=source)
        if (until is None and kind == "pause") or (ahead is not None and ahead <= 0):
            assert reply.code == "invalid_payload"
            return
        end, current = until or FOREVER, self.ends[kind]
        if current > self.now and end < current:
            assert reply.code == "exclusion_not_shortened"
            return
        assert reply.status == 200
        was_same = current > self.now and end == current
        self.ends[kind] = end
        if not was_same or self.house.types[-1] in ("EXCLUDED", "PAUSED"):
            self.asked.clear()

    @precondition(lambda self: self.rounds < 40)
    @rule(stake=st.sampled_from([100, 250, 300, 500]), payout=st.sampled_from([0, 0, 100, 700]))
    def provider_bets(self, stake: int, payout: int) -> None:
        self.rounds += 1
        round_id = f"r{self.rounds}"
        reply = self.house.do("bet", round_id=round_id, game_id="slot", amount_minor=stake)
        if self.stopped:
            assert reply.code in ("excluded", "paused")
            return
        worst = self._windows()
        for (kind, period), value in self.binds().items():
            seen = worst[period]
            amount = {
                "loss": seen["wagered"] - seen["won"] + stake,
                "wager": seen["wagered"] + stake,
                "bet_count": seen["bets"] + 1,
            }[kind]
            if amount > value:
                assert reply.code.startswith("limit_"), (kind, period, value, amount)
                return
        assert reply.status == 200
        today = self.use.setdefault(local_day(self.now), Counter())
        today.update(wagered=stake, bets=1)
        assert self.house.do("win", login="", round_id=round_id, amount_minor=payout).status == 200
        today.update(won=payout)

    def _windows(self) -> dict[str, Counter[str]]:
        first = windows_at(self.now, SAO_PAULO_OFFSET_MS)
        begins = {"daily": first.day, "weekly": first.week, "monthly": first.month}
        sums: dict[str, Counter[str]] = {}
        for period, begin in begins.items():
            sums[period] = Counter()
            for day, seen in self.use.items():
                if day >= begin:
                    sums[period].update(seen)
        return sums

    @invariant()
    def what_binds_is_the_least(self) -> None:
        told = self.house.ask("protection", login="").body["limits"]
        found = {(limit["kind"], limit["period"]): limit["value"] for limit in told}
        assert found == self.binds()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            assert self.house.is_proven()
            assert_loosenings_waited(self.house.events)


def assert_loosenings_waited(events: list[dict[str, Any]]) -> None:
    """The same law read from the log alone, by somebody who has nothing else."""
    own: dict[tuple[str, str], int | None] = {}
    asked: dict[tuple[str, str], tuple[int | None, int]] = {}
    for event in events:
        data, kind = event["data"], event["type"]
        if kind in ("EXCLUDED", "PAUSED"):
            asked.clear()
            continue
        if not kind.startswith("LIMIT_"):
            continue
        key = (data["kind"], data["period"])
        if kind == "LIMIT_REQUESTED":
            asked[key] = (data["value"], event["recorded_at"])
        elif kind == "LIMIT_CANCELLED":
            del asked[key]
        elif data.get("source", "player") == "player":
            current, value = own.get(key), data["value"]
            if current is not None and (value is None or value > current):
                wanted, asked_at = asked[key]
                assert wanted == value
                assert event["recorded_at"] >= asked_at + DAY_MS
            own[key] = value
            asked.pop(key, None)


ProtectionMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None
)
TestProtection = ProtectionMachine.TestCase


@given(
    waits=st.one_of(
        st.sampled_from([DAY_MS - 1, DAY_MS, DAY_MS + 1]),
        st.integers(min_value=0, max_value=2 * DAY_MS),
    ),
    by_asking_again=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_looser_limit_is_never_in_force_before_24_hours(
    waits: int, by_asking_again: bool
) -> None:
    house = House()
    house.clock.set(NOON)
    house.open(("wager", "daily", 100)).deposit(10_000)
    named: dict[str, Any] = {"kind": "wager", "period": "daily"}
    house.do("limit_set", value=500, **named)
    house.clock.advance(waits)
    if by_asking_again:
        house.do("limit_set", value=500, **named)
    else:
        house.do("limit_confirm", **named)
    accepted = house.do("bet", round_id="r", game_id="slot", amount_minor=500).status == 200
    assert accepted == (waits >= DAY_MS)
