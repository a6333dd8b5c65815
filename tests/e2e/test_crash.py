"""kill -9 of workerd under load, ten times: what was acknowledged stays, what is asked again
happens once, and the projection learns of all of it.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Final

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Player, assert_adds_up, expect, fresh_key, join, until

KILLS: Final = 10
PLAYERS: Final = 3
CLIENTS_PER_PLAYER: Final = 2
COMMANDS_BETWEEN_KILLS: Final = 24
WITHDRAW_EVERY: Final = 8
FUNDS_MINOR: Final = 2_000_000
STAKE_MINOR: Final = 100
PATIENCE_S: Final = 60
CRON: Final = "*/5 * * * *"


@dataclass(slots=True)
class Client:
    """Somebody who asks until there is an answer, always with the key of the first time."""

    player: Player
    session_id: str
    stop: Event
    rounds: dict[str, bytes] = field(default_factory=dict)
    withdrawals: dict[str, bytes] = field(default_factory=dict)
    asked_again: int = 0

    @property
    def acknowledged(self) -> int:
        return len(self.rounds) + len(self.withdrawals)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            key = fresh_key()
            if number % WITHDRAW_EVERY == 0:
                self.withdrawals[key] = self._insist(self.withdraw, key)
            else:
                self.rounds[key] = self._insist(self.bet, key)

    def bet(self, key: str) -> httpx.Response:
        return self.player.bet(self.session_id, STAKE_MINOR, key=key)

    def withdraw(self, key: str) -> httpx.Response:
        return self.player.post("/v1/me/withdrawals", {"amount_minor": STAKE_MINOR}, key=key)

    def _insist(self, ask: Callable[[str], httpx.Response], key: str) -> bytes:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = ask(key)
            except httpx.HTTPError:
                self.asked_again += 1
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                return answer.content
            assert answer.status_code >= 500, answer.text
            self.asked_again += 1
        raise AssertionError(f"no answer in {PATIENCE_S} s")


def _acknowledged(clients: list[Client]) -> int:
    return sum(client.acknowledged for client in clients)


def _wait_for_work(clients: list[Client]) -> None:
    least = _acknowledged(clients) + COMMANDS_BETWEEN_KILLS
    until(lambda: _acknowledged(clients), lambda now: now >= least, PATIENCE_S)


def _kill_under_load(edge: Edge, clients: list[Client]) -> None:
    """Each kill finds the clients at work: they got some answers since the last one."""
    for _ in range(KILLS):
        _wait_for_work(clients)
        edge.kill9()


def _answers_again_what_it_answered(client: Client) -> None:
    for answers, ask in ((client.rounds, client.bet), (client.withdrawals, client.withdraw)):
        for key, content in answers.items():
            again = ask(key)
            assert (again.status_code, again.content) == (201, content)
            assert again.headers["idempotency-replayed"] == "true"


def _holds_what_was_acknowledged(player: Player, clients: list[Client]) -> None:
    """One BET, one WIN and one hold for each key that was ever used, and nothing else."""
    events = assert_adds_up(player)
    keys = {key for client in clients for key in client.rounds}
    payouts = {key for client in clients for key in client.withdrawals}
    by_type = {
        kind: [event for event in events if event["type"] == kind]
        for kind in ("BET", "WIN", "WITHDRAWAL_HELD")
    }
    assert len(by_type["BET"]) == len(by_type["WIN"]) == len(keys)
    assert len(by_type["WITHDRAWAL_HELD"]) == len(payouts)
    told = [httpx.Response(200, content=c).json() for x in clients for c in x.rounds.values()]
    rounds = [answer["round_id"] for answer in told]
    assert len(set(rounds)) == len(rounds)
    assert sorted(rounds) == sorted(event["round_id"] for event in by_type["BET"])
    assert sorted(rounds) == sorted(event["round_id"] for event in by_type["WIN"])
    draws = {(a["fairness"]["server_seed_hash"], a["fairness"]["nonce"]) for a in told}
    assert len(draws) == len(rounds), "a nonce was drawn with twice"


@pytest.mark.slow
def test_ten_kills_lose_nothing_and_double_nothing(
    fresh_edge: Callable[..., Edge], tmp_path: Path
) -> None:
    edge = fresh_edge(state=tmp_path / "state")
    with edge.client() as http:
        players = [join(http, funds_minor=FUNDS_MINOR) for _ in range(PLAYERS)]
        stop = Event()
        clients = [
            Client(player, player.open_game()["session_id"], stop)
            for player in players
            for _ in range(CLIENTS_PER_PLAYER)
        ]
        with ThreadPoolExecutor(len(clients)) as pool:
            work = [pool.submit(client.run) for client in clients]
            try:
                _kill_under_load(edge, clients)
            finally:
                stop.set()
            for done in work:
                done.result()
        assert sum(client.asked_again for client in clients) >= KILLS, "nobody noticed the kills"

        for client in clients:
            _answers_again_what_it_answered(client)
        for player in players:
            own = [client for client in clients if client.player is player]
            _holds_what_was_acknowledged(player, own)

        rounds = sum(len(client.rounds) for client in clients)
        events = sum(player.wallet()["seq"] for player in players)

        def projected() -> dict[str, object]:
            assert edge.scheduled("fraud_cron", CRON) == "ok"
            return expect(http.get("/v1/stats"), 200)

        stats = until(projected, lambda now: bool(now["rounds"] == rounds), PATIENCE_S)
        assert stats["stakes_minor"] == rounds * STAKE_MINOR
        # The demonstration player of the sandbox has a wallet too, which never played.
        assert 0 <= int(str(stats["events_projected"])) - events <= 10
