"""The consumer behind the real wallet: what its outbox sends is what the projection holds."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from jobs.chain import EMPTY
from jobs.ports import Ports
from jobs.projection import project
from jobs.sweep import level
from jobs.velocity_scan import velocity_scan
from unit.fraud_cron.streams import World, deliveries

from shared.games.catalogue import CATALOGUE
from shared.kernel.ids import uuid7
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.native.wallets import NativeWallets
from shared.wallet.service import Wallet

PLAYERS = tuple(uuid7(1_795_356_900_000, bytes([number] * 10)) for number in range(3))


class House:
    """Three players whose wallets are the real ones."""

    def __init__(self) -> None:
        self.world = World()
        self.wallets = {player_id: self._wallet(player_id) for player_id in PLAYERS}
        self.world.ports = replace(
            self.world.ports, wallets=NativeWallets(self.wallets.__getitem__)
        )
        for player_id in PLAYERS:
            self.open(player_id)

    def _wallet(self, player_id: str) -> Wallet:
        entropy = SeededEntropy(player_id)
        return Wallet(NativeSql(), self.world.clock, entropy, CATALOGUE, sandbox=True)

    def open(self, player_id: str) -> None:
        told = {"player_id": player_id, "currency": "BRL", "jurisdiction": "br", "limits": []}
        self.command(player_id, "open", told)

    def command(self, player_id: str, kind: str, payload: Mapping[str, object]) -> dict[str, str]:
        key = f"{kind}-{self.world.clock.advance(1_000)}"
        answer = self.wallets[player_id].execute(kind, key, "", json.dumps(payload))
        status, _, body = answer.split(" ", 2)
        assert status in ("200", "201"), answer
        told: dict[str, str] = json.loads(body)
        return told

    def deposit(self, player_id: str, amount_minor: int) -> None:
        asked = self.command(
            player_id, "deposit_request", {"amount_minor": amount_minor, "method": "pix"}
        )
        credit = {
            "deposit_id": asked["deposit_id"],
            "amount_minor": amount_minor,
            "end_to_end_id": f"E{self.world.clock.now_ms():031d}",
        }
        self.command(player_id, "deposit_credit", credit)

    def bet_and_win(self, player_id: str) -> None:
        round_id = uuid7(self.world.clock.now_ms(), bytes(10))
        bet = {"round_id": round_id, "game_id": "slot:x", "amount_minor": 300}
        self.command(player_id, "bet", bet)
        self.command(player_id, "win", {"round_id": round_id, "amount_minor": 200})

    def outboxes(self) -> list[str]:
        return [text for wallet in self.wallets.values() for text in wallet.undelivered(100)]

    def deliver(self, texts: list[str]) -> list[str]:
        messages = deliveries(texts)

        async def job(ports: Ports) -> None:
            await project(messages, ports)

        self.world.run(job)
        return [said for message in messages for said in message.said]

    def heads(self) -> dict[str, tuple[object, object]]:
        found = {}
        for player_id, wallet in self.wallets.items():
            body = json.loads(wallet.query("head", "", "{}").split(" ", 2)[2])
            found[player_id] = (body["seq"], body["head_hash"])
        return found

    def projected_heads(self) -> dict[str, tuple[object, object] | None]:
        return {player_id: self.world.head(player_id) for player_id in PLAYERS}


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


def test_a_frozen_wallet_raises_a_critical_alert_through_the_projection() -> None:
    house = House()
    ana = PLAYERS[0]
    broken = NativeSql()
    wallet = Wallet(broken, house.world.clock, SeededEntropy(1), CATALOGUE, sandbox=True)
    house.wallets[ana] = wallet
    house.open(ana)
    house.deposit(ana, 10_000)
    broken.execute(
        "CREATE TRIGGER sabotage BEFORE INSERT ON rounds BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    refused = wallet.execute(
        "bet", "k", "", '{"round_id": "r", "game_id": "slot:x", "amount_minor": 1}'
    )
    assert '"wallet_frozen"' in refused
    house.deliver(wallet.undelivered(100))
    for _ in range(2):
        house.world.run(velocity_scan)
    (alert,) = house.world.alerts()
    assert (alert["rule_id"], alert["band"]) == ("wallet.frozen", "critical")
    assert json.loads(str(alert["evidence"]))["law"] == "constraint"
