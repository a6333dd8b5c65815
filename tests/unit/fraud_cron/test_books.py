"""Closing the books of real wallets: written, read back, committed, removed; and what dies between.

The wallets are the wallet's own code over SQLite files, D1 is SQLite, R2 is a dictionary.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from book import BookUnsoundError, state_in_books
from drill import drill
from jobs import book_files as book_files_module
from jobs import books as books_module
from jobs.archive import archive
from jobs.book_files import archived_events, books_of
from jobs.books import close_books
from jobs.ports import Ports
from jobs.refill import event_range
from jobs.runs import Outcome, run_once
from jobs.sweep import sweep
from unit.fraud_cron.houses import PLAYERS, House
from unit.fraud_cron.streams import Stream
from unit.fraud_cron.test_rebuild import ask as ask_rebuild
from unit.fraud_cron.test_rebuild import finish

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.r2 import NativeR2
from shared.platform.native.sql import NativeSql
from shared.platform.native.wallets import NativeWallets
from shared.wallet import dropping as dropping_module
from shared.wallet.closed_book import KEPT_ONLINE_MS
from shared.wallet.history import state_body
from shared.wallet.service import Wallet

ANA, BOB, _ = PLAYERS
LATER = TEST_EPOCH_MS + KEPT_ONLINE_MS + 3 * DAY_MS


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books_module, "LEAST_EVENTS", 5)
    monkeypatch.setattr(book_files_module, "ROWS_PER_PART", 6)
    monkeypatch.setattr(dropping_module, "ROWS_PER_DROP", 7)


class Mortal:
    """Counts calls to the world; the n-th dies, before or after it has done its work."""

    left = 0
    after = False

    def die_at(self, call: int, *, after: bool) -> None:
        self.left, self.after = call, after

    def before_call(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise ConnectionError("died before")

    def after_call(self) -> None:
        if self.left == 0 and self.after:
            raise ConnectionError("died after")


@dataclass
class MortalWallets:
    inner: NativeWallets
    life: Mortal

    async def execute(self, player_id: str, kind: str, *rest: str) -> str:
        self.life.before_call()
        answer = await self.inner.execute(player_id, kind, *rest)
        self.inner.evict(player_id)
        self.life.after_call()
        return answer

    async def query(self, player_id: str, *rest: str) -> str:
        self.life.before_call()
        answer = await self.inner.query(player_id, *rest)
        self.life.after_call()
        return answer


class MortalR2(NativeR2):
    def __init__(self, life: Mortal) -> None:
        super().__init__()
        self.life = life
        self.lies: dict[str, bytes] = {}

    async def put(
        self, key: str, body: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        self.life.before_call()
        await super().put(key, body, content_type=content_type, metadata=metadata)
        self.life.after_call()

    async def get(self, key: str) -> bytes | None:
        self.life.before_call()
        found = self.lies.get(key) or await super().get(key)
        self.life.after_call()
        return found


class Old(House):
    """Three wallets with a past of more than a year, archived and level."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.life = Mortal()
        super().__init__()
        self.archive = MortalR2(self.life)
        wallets = MortalWallets(NativeWallets(self._wallet), self.life)
        self.world.ports = replace(self.world.ports, wallets=wallets, archive=self.archive)
        self.keys: list[tuple[str, dict[str, object]]] = []
        for player_id in PLAYERS:
            self.deposit(player_id, 10_000)
        self.told("bet", "first", {"round_id": "open", "game_id": "slot:x", "amount_minor": 50})
        for _ in range(8):
            self.bet_and_win(ANA)
        self.level()
        self.archive_until(TEST_EPOCH_MS + 2 * DAY_MS)
        self.world.clock.advance(LATER - self.world.clock.now_ms())
        self.bet_and_win(ANA)
        self.level()

    def _wallet(self, player_id: str) -> Wallet:
        entropy = SeededEntropy(f"{player_id}{self.world.clock.now_ms()}")
        sql = NativeSql(str(self.folder / f"{player_id}.sqlite"))
        return Wallet(sql, self.world.clock, entropy, CATALOGUE, sandbox=True)

    def told(self, kind: str, key: str, payload: dict[str, object]) -> dict[str, Any]:
        answer = self._wallet(ANA).execute(kind, key, "", json.dumps(payload))
        body: dict[str, Any] = json.loads(answer.split(" ", 2)[2])
        return body

    def asked(self, kind: str, player_id: str = ANA, **payload: object) -> dict[str, Any]:
        answer = self._wallet(player_id).query(kind, "", json.dumps(payload))
        body: dict[str, Any] = json.loads(answer.split(" ", 2)[2])
        return body

    def level(self) -> None:
        self.wallets = {player_id: self._wallet(player_id) for player_id in PLAYERS}
        while texts := self.outboxes():
            assert set(self.deliver(texts)) == {"ack"}
            for text in texts:
                event = json.loads(text)
                self.wallets[event["player_id"]].delivered(event["seq"])

    def archive_until(self, slot: int) -> None:
        async def job(ports: Ports) -> None:
            await archive(ports, slot)

        self.world.run(job)

    def tick(self, slot: int = LATER) -> Outcome:
        async def job(ports: Ports) -> Outcome:
            return await close_books(ports, slot)

        return self.world.run(job)

    def rows(self, table: str, player_id: str = ANA) -> int:
        sql = NativeSql(str(self.folder / f"{player_id}.sqlite"))
        try:
            return int(str(sql.query(f"SELECT count(*) FROM {table}")[0][0]))
        finally:
            sql.close()


@pytest.fixture
def house(tmp_path: Path) -> Old:
    return Old(tmp_path)


def test_old_events_and_answers_are_in_the_book_and_no_longer_in_the_wallet(house: Old) -> None:
    before = house.asked("event_range")["events"]
    money = house.asked("balance")
    answers, rounds = house.rows("commands"), house.rows("rounds")
    outcome = house.tick()
    assert (outcome["books_closed"], outcome["wallets_failed"]) == (1, 0), outcome
    closed = house.asked("head")["closed_seq"]
    assert closed == len(before) - 2

    keys = sorted(house.archive.objects)
    lines = [
        json.loads(line)
        for key in keys
        if "books/v1" in key and "/events-" in key
        for line in gzip.decompress(house.archive.objects[key].body).decode().splitlines()
    ]
    assert lines == before[:closed]
    told = house.asked("event_range")
    manifest = house.archive.objects[f"books/v1/player={ANA}/book=0001/manifest.json"].body
    assert told["opening"]["manifest_sha256"] == sha256(manifest).hexdigest()
    kept = [answer for key in keys if "/answers-" in key for answer in unpacked(house, key)]
    assert len(kept) + house.rows("commands") == answers
    assert house.rows("closed_keys") == len(kept)
    assert house.rows("rounds") == rounds - 8
    assert {**house.asked("balance"), "seq": 0, "head_hash": ""} == {
        **money,
        "seq": 0,
        "head_hash": "",
    }
    assert house.asked("verify")["ok"]
    assert house.tick()["books_closed"] == 0


def unpacked(house: Old, key: str) -> list[dict[str, Any]]:
    text = gzip.decompress(house.archive.objects[key].body).decode()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_a_tick_that_dies_anywhere_closes_nothing_by_halves(tmp_path: Path, *, after: bool) -> None:
    for deadly in range(1, 200):
        folder = tmp_path / f"{deadly}"
        folder.mkdir()
        house = Old(folder)
        payload: dict[str, object] = {
            "round_id": "open",
            "game_id": "slot:x",
            "amount_minor": 50,
        }
        before = house.asked("event_range")["events"]
        house.life.die_at(deadly, after=after)
        outcome = house.tick()
        house.life.die_at(0, after=False)
        assert house.asked("verify")["ok"], deadly
        again = house.told("bet", "first", payload)
        assert again.get("code", "answer_archived") == "answer_archived", (deadly, again)
        house.tick()
        assert house.tick()["books_closed"] == 0
        assert house.asked("verify")["ok"], deadly
        assert house.told("bet", "first", payload)["code"] == "answer_archived"

        async def archived(ports: Ports) -> list[dict[str, Any]]:
            found = await archived_events(ports.archive, ANA, 1, 500)
            return [{"seq": event.seq, "hash": event.hash} for event in found]

        expected = [{"seq": e["seq"], "hash": e["hash"]} for e in before[:-2]]
        assert house.world.run(archived) == expected, deadly
        if not outcome["wallets_failed"]:
            assert deadly > 15
            return
    pytest.fail("no run ended within 200 calls")


def test_a_copy_that_reads_otherwise_than_written_removes_nothing(house: Old) -> None:
    events = house.rows("events")
    key = f"books/v1/player={ANA}/book=0001/events-00002.ndjson.gz"
    house.archive.lies[key] = gzip.compress(b"{}\n")
    outcome = house.tick()
    assert (outcome["books_closed"], outcome["first_failure"]) == (0, f"{ANA} BookFailedError")
    assert house.asked("head")["closed_seq"] == 0
    assert house.rows("events") == events
    house.archive.lies.clear()
    assert house.tick()["books_closed"] == 1


def test_a_wallet_that_the_daily_archive_does_not_have_stays_open(house: Old) -> None:
    house.world.change("DELETE FROM archive_heads")
    assert house.tick()["wallets"] == 0
    house.world.change(f"INSERT INTO archive_heads VALUES ('{ANA}', 6, '{'0' * 64}')")
    assert house.tick()["books_closed"] == 0
    house.world.change("DELETE FROM archive_heads")
    house.world.change("UPDATE wallet_events SET hash = 'x'")
    house.world.change(f"INSERT INTO archive_heads VALUES ('{ANA}', 90, '{'0' * 64}')")
    assert house.tick()["books_closed"] == 0


def test_nobody_is_visited_before_their_time(house: Old) -> None:
    assert house.tick(TEST_EPOCH_MS + KEPT_ONLINE_MS - MINUTE_MS)["wallets"] == 0


def test_a_tick_out_of_time_goes_on_where_it_was(
    house: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books_module, "TICK_BUDGET_MS", -1)
    assert (house.tick()["wallets"], house.tick()["cursor"]) == (0, "")
    monkeypatch.setattr(books_module, "TICK_BUDGET_MS", MINUTE_MS)
    monkeypatch.setattr(books_module, "WALLETS_PER_TICK", 1)

    async def job(ports: Ports) -> Outcome | None:
        return await run_once(ports, "books", LATER, lambda: close_books(ports, LATER))

    outcome = house.world.run(job)
    assert outcome is not None
    assert outcome["cursor"] == ANA
    assert house.tick()["cursor"] != ANA


def test_events_of_closed_books_are_asked_for_as_ever(house: Old) -> None:
    before = house.asked("event_range")["events"]
    house.tick()

    async def job(ports: Ports) -> list[str]:
        return [event.hash for event in await event_range(ports, ANA, 1, 500)]

    now = house.asked("event_range")["events"]
    assert house.world.run(job) == [e["hash"] for e in before] + [now[-1]["hash"]]


def test_a_projection_that_was_lost_is_refilled_from_books_and_wallet(house: Old) -> None:
    for player_id in PLAYERS:
        house.world.register(Stream(player_id))
    house.tick()
    for table in ("wallet_events", "projection_heads"):
        house.world.change(f"DELETE FROM {table}")

    async def job(ports: Ports) -> Outcome:
        return await sweep(ports)

    assert house.world.run(job)["wallets_failed"] == 0
    assert house.projected_heads() == house.heads()
    assert house.world.alerts() == []


def test_a_rebuild_from_wallets_with_closed_books_is_equal(house: Old) -> None:
    for player_id in PLAYERS:
        house.world.register(Stream(player_id))
    house.tick()
    house.level()
    ask_rebuild(house.world)
    report = finish(house.world)
    assert (report["status"], report["differences"]) == ("equal", 0), report


class Live:
    """What `StateFolder` shows of the wallets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def wallets(self) -> list[tuple[str, Path]]:
        return [(player_id, self._folder / f"{player_id}.sqlite") for player_id in PLAYERS]


def drilled(house: Old, folder: Path) -> Any:
    target = folder / "restored"
    target.mkdir()
    objects = {key: stored.body for key, stored in house.archive.objects.items()}
    return drill(objects, Live(house.folder), target)  # type: ignore[arg-type]


def test_the_drill_finds_wallets_with_closed_books_equal(house: Old, tmp_path: Path) -> None:
    house.tick()
    house.archive_until(LATER + 2 * DAY_MS)
    report = drilled(house, tmp_path)
    assert report.findings == []
    assert (report.books, report.closed_events) == (1, house.asked("head")["closed_seq"] - 1)


@pytest.mark.parametrize("what", ["manifest.json", "events-00001.ndjson.gz"])
def test_the_drill_names_a_book_that_is_not_the_one_that_was_closed(
    house: Old, tmp_path: Path, what: str
) -> None:
    house.tick()
    key = f"books/v1/player={ANA}/book=0001/{what}"
    house.archive.objects[key] = replace(house.archive.objects[key], body=b"{}")
    assert drilled(house, tmp_path).findings


def test_books_name_the_book_before(house: Old) -> None:
    house.tick()
    for _ in range(3):
        house.bet_and_win(ANA)
    house.level()
    house.world.clock.advance(KEPT_ONLINE_MS + 3 * DAY_MS)
    house.archive_until(house.world.clock.now_ms())
    assert house.tick(house.world.clock.now_ms())["books_closed"] == 1

    async def job(ports: Ports) -> list[tuple[int, str, str]]:
        return [
            (book.number, book.previous_sha256, sha256(book.text.encode()).hexdigest())
            for book in await books_of(ports.archive, ANA)
        ]

    first, second = house.world.run(job)
    assert (first[0], first[1], second[0]) == (1, "0" * 64, 2)
    assert second[1] == first[2]
    assert house.asked("verify")["ok"]


def test_the_state_at_an_archived_event_is_replayed_from_the_books(house: Old) -> None:
    cut = house.asked("event_range")["events"][-3]["seq"]
    before = [house.asked("state_at", seq=seq) for seq in range(1, cut + 1)]
    house.tick()
    objects = {key: stored.body for key, stored in house.archive.objects.items()}
    for seq, told in enumerate(before, start=1):
        assert state_body(state_in_books(objects, ANA, seq)) == told
    with pytest.raises(BookUnsoundError, match="no book"):
        state_in_books(objects, ANA, cut + 1)
    key = f"books/v1/player={ANA}/book=0001/events-00001.ndjson.gz"
    with pytest.raises(BookUnsoundError, match="not as its manifest says"):
        state_in_books({**objects, key: b""}, ANA, 1)
