"""The consumer behind the real wallet: what its outbox sends is what the projection holds."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.chain import EMPTY
from jobs.ports import Ports
from jobs.sweep import level
from jobs.velocity_scan import velocity_scan
from unit.fraud_cron.houses import PLAYERS, House


def test_the_story_of_a_player_is_projected_and_adds_up() -> None:
    house = House()
    ana = PLAYERS[0]
    house.deposit(ana, 10_000)
    for _ in range(4):
        house.bet_and_win(ana)
    texts = house.outboxes()
    assert house.deliver(texts) == ["ack"] * len(texts)
    assert house.projected_heads() == house.heads()
    (totals,) = house.world.rows("SELECT * FROM projection_totals")
    assert (totals["rounds"], totals["stakes_minor"], totals["wins_minor"]) == (4, 1_200, 800)
    assert totals["deposits_minor"] == 10_000
    (folded,) = house.world.rows("SELECT sum(cash_delta) AS cash FROM wallet_events")
    assert folded == {"cash": 9_600}


def test_a_wallet_whose_messages_were_all_lost_is_levelled_from_its_own_events() -> None:
    house = House()
    ana = PLAYERS[0]
    house.deposit(ana, 10_000)
    house.bet_and_win(ana)

    async def job(ports: Ports) -> int:
        return await level(ports, ana, EMPTY)

    assert house.world.run(job) == len(house.wallets[ana].undelivered(100))
    assert house.world.head(ana) == house.heads()[ana]


def test_deposits_of_a_real_wallet_raise_the_velocity_alert() -> None:
    house = House()
    for _ in range(5):
        house.deposit(PLAYERS[1], 1_000)
    house.deliver(house.outboxes())
    house.world.run(velocity_scan)
    (alert,) = house.world.alerts()
    assert (alert["player_id"], alert["rule_id"]) == (PLAYERS[1], "deposits_per_hour")
    assert (alert["band"], alert["observed"]) == ("medium", 5)


@pytest.mark.slow
@given(st.integers(0, 2**32))
def test_any_delivery_of_real_outboxes_converges_to_the_wallets_heads(seed: int) -> None:
    """Law: messages lost, repeated and shuffled; the last one of each wallet arrives in the end."""
    chance = random.Random(seed)
    house = House()
    for player_id in PLAYERS:
        house.deposit(player_id, 10_000)
        house.bet_and_win(player_id)
    texts = house.outboxes()
    noise = chance.choices(texts, k=chance.randrange(2 * len(texts)))
    last = {json.loads(text)["player_id"]: text for text in texts}
    said = house.deliver(noise + list(last.values()))
    assert set(said) == {"ack"}
    assert house.projected_heads() == house.heads()
    assert house.world.alerts() == []
