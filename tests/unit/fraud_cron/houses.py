"""Real wallets behind the jobs: what they tell is what a queue would carry."""

import json
from collections.abc import Mapping
from dataclasses import replace

from jobs.ports import Ports
from jobs.projection import project
from unit.fraud_cron.streams import World, deliveries
from unit.wallet.wallet_house import NO_DEMANDS

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
        self.command(player_id, "open", {**told, "rules": NO_DEMANDS})

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
