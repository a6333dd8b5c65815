"""Bonus money that is past its time leaves the wallet of a player who does not come back."""

import asyncio
import json

import pytest
from jobs import bonus_expiry, sweep
from jobs.ports import Ports
from jobs.runs import Outcome, run_once
from unit.fraud_cron.houses import PLAYERS, House
from unit.fraud_cron.streams import World

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS

ANA, BEA, CAIO = PLAYERS


class Asked:
    """`Wallets` that note who is asked to expire, and refuse some."""

    def __init__(self, house: House) -> None:
        self._wallets = house.world.ports.wallets
        self.players: list[str] = []
        self.refusing: set[str] = set()

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str:
        assert (kind, key, session_id, payload) == ("bonus_expire", "", "", "{}")
        self.players.append(player_id)
        if player_id in self.refusing:
            return '423 0 {"code":"wallet_frozen","detail":""}'
        return await self._wallets.execute(player_id, kind, key, session_id, payload, context)

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        return await self._wallets.query(player_id, kind, session_id, payload)


def with_grant(house: House, player_id: str, name: str, *, lasts_ms: int | None) -> None:
    """A bonus that the player has after a bet with cash, as the law of Brazil wants it."""
    house.deposit(player_id, 1_000)
    house.bet_and_win(player_id)
    ends = {} if lasts_ms is None else {"expires_at_ms": house.world.clock.now_ms() + lasts_ms}
    grant = {"grant_id": name, "amount_minor": 500, "reason": "welcome", "terms": ends}
    house.command(player_id, "bonus_credit", grant)


def watched(house: House) -> Asked:
    asked = Asked(house)
    world = house.world
    world.ports = Ports(world.db, asked, world.clock, world.ports.entropy, world.archive)
    return asked


def tick(world: World) -> Outcome:
    slot = world.clock.advance(5 * MINUTE_MS)

    async def job(ports: Ports) -> Outcome:
        outcome = await run_once(ports, sweep.JOB, slot, lambda: sweep.sweep(ports))
        assert outcome is not None
        return outcome

    return world.run(job)


def bonus_minor(house: House, player_id: str) -> int:
    body = json.loads(house.wallets[player_id].query("balance", "", "{}").split(" ", 2)[2])
    return int(body["bonus_minor"])


def test_only_the_wallets_with_a_grant_past_its_time_are_asked_and_once() -> None:
    house = House()
    with_grant(house, ANA, "short", lasts_ms=HOUR_MS)
    with_grant(house, BEA, "long", lasts_ms=DAY_MS)
    with_grant(house, CAIO, "endless", lasts_ms=None)
    house.deliver(house.outboxes())
    asked = watched(house)
    assert tick(house.world)["bonus_wallets"] == 0
    house.world.clock.advance(HOUR_MS)
    assert tick(house.world)["bonus_wallets"] == 1
    assert [bonus_minor(house, player_id) for player_id in PLAYERS] == [0, 500, 500]
    house.deliver(house.outboxes())
    tick(house.world)
    assert asked.players == [ANA]


def test_a_grant_that_ended_before_its_time_asks_nobody() -> None:
    house = House()
    with_grant(house, ANA, "g", lasts_ms=HOUR_MS)
    house.command(ANA, "bonus_forfeit", {"grant_id": "g", "reason": "asked for"})
    house.deliver(house.outboxes())
    asked = watched(house)
    house.world.clock.advance(HOUR_MS)
    tick(house.world)
    assert asked.players == []


def test_a_wallet_that_refuses_is_counted_asked_again_and_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bonus_expiry, "WALLETS_PER_TICK", 1)
    house = House()
    for number, player_id in enumerate(PLAYERS):
        with_grant(house, player_id, "g", lasts_ms=HOUR_MS + number)
    house.deliver(house.outboxes())
    asked = watched(house)
    asked.refusing.add(ANA)
    house.world.clock.advance(HOUR_MS)
    assert tick(house.world)["bonus_wallets_failed"] == 1
    for _ in range(4):
        tick(house.world)
        house.deliver(house.outboxes())
    assert asked.players[:3] == [ANA, BEA, CAIO]
    assert asked.players.count(ANA) > 1
    assert [bonus_minor(house, player_id) for player_id in PLAYERS] == [500, 0, 0]


def test_the_round_over_a_long_history_goes_on_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bonus_expiry, "GRANTS_PER_TICK", 2)
    house = House()
    for number in range(5):
        with_grant(house, ANA, f"done-{number}", lasts_ms=HOUR_MS)
        house.command(ANA, "bonus_forfeit", {"grant_id": f"done-{number}", "reason": "asked for"})
    with_grant(house, BEA, "g", lasts_ms=HOUR_MS)
    house.deliver(house.outboxes())
    asked = watched(house)
    house.world.clock.advance(HOUR_MS)
    found = [tick(house.world)["bonus_wallets"] for _ in range(3)]
    assert found == [0, 0, 1]
    assert asked.players == [BEA]


def test_the_search_reads_indexes_alone() -> None:
    world = World()
    statement = bonus_expiry._PAST
    plan = asyncio.run(world.db.query(f"EXPLAIN QUERY PLAN {statement}", 1, 0, "", 0, 1))
    steps = [str(row["detail"]) for row in plan]
    past = "SEARCH wallet_events USING INDEX wallet_events_grants (<expr>>? AND <expr><?)"
    assert past in steps
    assert any("INDEX wallet_events_grant_ends (<expr>=?)" in s for s in steps)
