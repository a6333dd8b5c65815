"""The bank test in the shape that Jepsen gave it, against the running edge, killed at random.

Fifty clients move money between the accounts of a few wallets (cash to held and out, cash to a
stake, a stake to a win) while others read. Jepsen's checker calls an error a total that is not what
went in, a negative value, and an account that is missing (jepsen/src/jepsen/tests/bank.clj). A read
here is all accounts with the newest page of the statement, so it is checked against the events that
made it; at rest the whole statement is. Unknown outcomes are asked again under their key until they
are known, and each must then have happened once.
"""

import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Json, Player, assert_adds_up, fresh_key, join, totals

CLIENTS: Final = 50
WALLETS: Final = 8
READERS: Final = 10
FUNDS_MINOR: Final = 100_000
PATIENCE_S: Final = 90
DURATION_S: Final = int(os.environ.get("DURATION", "40"))
NAMES: Final = ("cash_minor", "bonus_minor", "held_minor")


@dataclass(slots=True)
class Findings:
    """What all clients saw; `errors` are in the words of the checker."""

    errors: list[str] = field(default_factory=list)
    reads: int = 0
    moves: int = 0
    unknown: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, *, reads: int = 0, moves: int = 0, unknown: int = 0, error: str = "") -> None:
        with self.lock:
            self.reads += reads
            self.moves += moves
            self.unknown += unknown
            if error:
                self.errors.append(error)


@dataclass(slots=True)
class BankClient:
    """One of the fifty: it reads, or it moves money and insists on an answer."""

    player: Player
    session_id: str
    findings: Findings
    stop: threading.Event
    chance: random.Random
    seen_seq: int = 0
    answers: dict[str, tuple[str, Json, bytes]] = field(default_factory=dict)
    """Key → path, body and the success it was answered with."""

    def run(self, *, reads: bool) -> None:
        while not self.stop.is_set():
            if reads:
                self._read()
            else:
                self._move()

    def _read(self) -> None:
        """A snapshot of all accounts, and the history that must explain it."""
        answer = self._insist(lambda: self.player.get("/v1/me/wallet"))
        page = self._insist(lambda: self.player.get("/v1/me/wallet/events", limit=50))
        if answer is None or page is None:
            return
        balance, events = answer.json(), page.json()["items"]
        if missing := [name for name in NAMES if not isinstance(balance.get(name), int)]:
            self.findings.note(error=f"nil-balance {missing}")
        elif min(balance[name] for name in NAMES) < 0:
            self.findings.note(error=f"negative-value {balance}")
        if balance["seq"] < self.seen_seq:
            self.findings.note(error=f"a read went back from {self.seen_seq} to {balance['seq']}")
        self.seen_seq = balance["seq"]
        self._check_page(balance, events)
        self.findings.note(reads=1)

    def _check_page(self, balance: Json, events: list[Json]) -> None:
        """Newest first: each event leaves what it found and its deltas, and the balance that was
        read is the one after its seq.
        """
        for newer, older in itertools.pairwise(events):
            if newer["seq"] != older["seq"] + 1:
                self.findings.note(error=f"a gap below {newer['seq']}")
            for name in ("cash", "bonus", "held"):
                if newer[f"{name}_after"] != older[f"{name}_after"] + newer[f"{name}_delta"]:
                    self.findings.note(error=f"wrong-total at {newer['seq']}: {name}")
                if newer[f"{name}_after"] < 0:
                    self.findings.note(error=f"negative-value at {newer['seq']}")
        told = next((event for event in events if event["seq"] == balance["seq"]), None)
        if told is not None and told["hash"] != balance["head_hash"]:
            self.findings.note(error=f"two histories at {balance['seq']}")
        if told is not None:
            after = {f"{name}_minor": told[f"{name}_after"] for name in ("cash", "bonus", "held")}
            if any(balance[name] != value for name, value in after.items()):
                self.findings.note(error=f"wrong-total: {balance} is not {after}")

    def _move(self) -> None:
        key = fresh_key()
        path: str
        body: Json
        if self.chance.random() < 0.2:
            path, body = "/v1/me/withdrawals", {"amount_minor": self.chance.randint(1, 300)}
        else:
            params = {"target": self.chance.choice((2, 50, 90)), "over": False}
            stake = self.chance.randint(100, 900)
            path = "/v1/me/rounds"
            body = {"session_id": self.session_id, "stake_minor": stake, "params": params}
        answer = self._insist(lambda: self.player.post(path, body, key=key))
        if answer is None:
            return
        if answer.status_code == 201:
            self.answers[key] = (path, body, answer.content)
            self.findings.note(moves=1)
        elif answer.json()["code"] != "insufficient_funds":
            self.findings.note(error=f"refused: {answer.text}")

    def _insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        """The answer, however often the process dies meanwhile; None after long patience."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = ask()
            except httpx.HTTPError:
                self.findings.note(unknown=1)
                time.sleep(0.05)
                continue
            if answer.status_code < 500:
                return answer
            self.findings.note(unknown=1)
            time.sleep(0.05)
        self.findings.note(error=f"no answer in {PATIENCE_S} s")
        return None


def _kill_until(edge: Edge, ends_at: float, chance: random.Random) -> int:
    kills = 0
    while (left := ends_at - time.monotonic()) > 0:
        time.sleep(min(left, chance.uniform(2, 10)))
        if time.monotonic() < ends_at:
            edge.kill9()
            kills += 1
    return kills


def _check_at_rest(player: Player, clients: list[BankClient]) -> None:
    """The laws of the statement; the keys that were answered, one event each; and the same answer,
    byte for byte, for whoever asks again.
    """
    events = assert_adds_up(player)
    sums = totals(events)
    wallet = player.wallet()
    house = sums.get("BET", 0) - sums.get("WIN", 0)
    went = wallet["cash_minor"] + wallet["held_minor"] + sums.get("WITHDRAWAL", 0) + house
    assert went == FUNDS_MINOR, "wrong-total"
    answered = {key: answer for client in clients for key, answer in client.answers.items()}
    rounds = [key for key, (path, _, _) in answered.items() if path.endswith("rounds")]
    assert len([e for e in events if e["type"] == "BET"]) == len(rounds)
    assert len([e for e in events if e["type"] == "WITHDRAWAL_HELD"]) == len(answered) - len(rounds)
    for key, (path, body, content) in list(answered.items())[-20:]:
        again = player.post(path, body, key=key)
        assert (again.status_code, again.content) == (201, content)


@pytest.mark.slow
def test_totals_are_right_in_every_read_while_the_process_is_killed(
    fresh_edge: Callable[..., Edge], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    edge = fresh_edge(state=tmp_path / "state")
    findings, stop = Findings(), threading.Event()
    limits = httpx.Limits(max_connections=CLIENTS + 2)
    with edge.client(limits=limits) as http:
        players = [join(http, funds_minor=FUNDS_MINOR) for _ in range(WALLETS)]
        sessions = [str(player.open_game()["session_id"]) for player in players]
        clients = [
            BankClient(
                players[n % WALLETS],
                sessions[n % WALLETS],
                findings,
                stop,
                random.Random(f"{seed} {n}"),
            )
            for n in range(CLIENTS)
        ]
        with ThreadPoolExecutor(CLIENTS) as pool:
            work = [
                pool.submit(client.run, reads=number < READERS)
                for number, client in enumerate(clients)
            ]
            try:
                kills = _kill_until(edge, time.monotonic() + DURATION_S, chance)
            finally:
                stop.set()
            for done in work:
                done.result()
        for player in players:
            _check_at_rest(player, [c for c in clients if c.player is player])
    with capsys.disabled():
        sys.stdout.write(
            f"\nbank: seed {seed}, {DURATION_S} s, {CLIENTS} clients, {WALLETS} wallets, {kills} "
            f"kills, {findings.moves} moves, {findings.reads} reads, {findings.unknown} unknown "
            f"outcomes resolved, {len(findings.errors)} errors\n"
        )
    assert findings.errors == []
    assert kills >= 1
    assert findings.reads > kills
    assert findings.moves > kills
    assert findings.unknown > 0, "nobody noticed the kills"
