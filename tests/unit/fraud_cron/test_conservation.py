"""Money is conserved: accounts add up to zero, players' accounts are their wallets' balances."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.conservation import reconcile
from jobs.ports import Ports
from jobs.projection import project
from unit.fraud_cron.houses import PLAYERS, House
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.platform.ports import Record


def verdicts(world: World) -> dict[str, Record]:
    world.run(reconcile)
    return {str(row["currency"]): row for row in world.rows("SELECT * FROM conservation")}


def arrive(world: World, *streams: Stream) -> None:
    async def job(ports: Ports) -> None:
        for stream in streams:
            await project(deliveries(stream.texts()), ports)

    world.run(job)


def two_currencies() -> World:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 1_000).add("BET", 300).add("WIN", 50)
    bob = world.stream("bob", currency="EUR").add("DEPOSIT", 700)
    arrive(world, ana, bob)
    return world


def test_accounts_of_each_currency_add_up_to_zero() -> None:
    found = verdicts(two_currencies())
    assert {row["drift_minor"] for row in found.values()} == {0}
    assert {row["difference_minor"] for row in found.values()} == {0}
    assert json.loads(str(found["BRL"]["accounts"])) == {
        "house:payouts": -50,
        "house:stakes": 300,
        "player:cash": 750,
        "psp:clearing": -1_000,
    }
    assert json.loads(str(found["EUR"]["accounts"])) == {"player:cash": 700, "psp:clearing": -700}


def test_a_repeated_event_moves_no_account_twice() -> None:
    world = two_currencies()
    before = verdicts(world)["BRL"]["accounts"]
    arrive(world, world.wallets.streams["ana"])
    assert verdicts(world)["BRL"]["accounts"] == before


def test_a_changed_balance_in_the_projection_is_a_difference_and_an_alert() -> None:
    world = two_currencies()
    world.change("UPDATE wallet_events SET cash_after = 7750 WHERE player_id = 'ana' AND seq = 3")
    found = verdicts(world)["BRL"]
    assert (found["drift_minor"], found["difference_minor"]) == (0, 7_000)
    (alert,) = world.alerts()
    assert (alert["rule_id"], alert["band"], alert["player_id"]) == (
        "conservation.BRL",
        "critical",
        "house",
    )
    assert alert["observed"] == 7_000


def test_a_removed_wallet_is_a_difference() -> None:
    world = two_currencies()
    world.change("DELETE FROM projection_heads WHERE player_id = 'bob'")
    assert verdicts(world)["EUR"]["difference_minor"] == 700


def test_a_changed_account_is_a_drift() -> None:
    world = two_currencies()
    world.change("UPDATE account_totals SET amount_minor = 299 WHERE account = 'house:stakes'")
    found = verdicts(world)["BRL"]
    assert (found["drift_minor"], found["difference_minor"]) == (-1, 0)
    assert [alert["rule_id"] for alert in world.alerts()] == ["conservation.BRL"]


def test_money_by_a_type_that_no_rule_explains_is_projected_and_shows_as_drift() -> None:
    world = World()
    stream = world.stream("ana").add("DEPOSIT", 1_000)
    stream.add("OPENED")
    unexplained = stream.forged(2, type="GIFT", cash_delta=5, cash_after=1_005, amount_minor=5)

    async def job(ports: Ports) -> None:
        await project(deliveries([stream.text(1), unexplained]), ports)

    world.run(job)
    assert world.projected("ana") == [1, 2]
    found = verdicts(world)["BRL"]
    assert (found["drift_minor"], found["difference_minor"]) == (5, 0)


def test_finding_the_same_again_writes_no_second_alert() -> None:
    world = two_currencies()
    world.change("UPDATE account_totals SET amount_minor = 299 WHERE account = 'house:stakes'")
    verdicts(world)
    verdicts(world)
    assert len(world.alerts()) == 1


@pytest.mark.slow
@given(st.integers(0, 2**32))
def test_whatever_is_delivered_however_often_the_accounts_are_the_wallets(seed: int) -> None:
    """Law: deposits, bets and wins in any order of delivery conserve money in the projection."""
    chance = random.Random(seed)
    house = House()
    for player_id in PLAYERS:
        house.deposit(player_id, chance.randrange(1_000, 9_000))
        for _ in range(chance.randrange(3)):
            house.bet_and_win(player_id)
    texts = house.outboxes()
    for _ in range(3):
        house.deliver(chance.sample(texts, chance.randrange(len(texts))))
        assert all(
            (row["drift_minor"], row["difference_minor"]) == (0, 0)
            for row in verdicts(house.world).values()
        )
    house.deliver(texts)
    (row,) = verdicts(house.world).values()
    held = json.loads(str(row["accounts"]))
    balances = [
        json.loads(wallet.query("balance", "", "{}").split(" ", 2)[2])["cash_minor"]
        for wallet in house.wallets.values()
    ]
    assert held["player:cash"] == sum(balances)
    assert (row["drift_minor"], row["difference_minor"]) == (0, 0)
