"""What age costs a wallet: `make bench-wallet` prints the tables of docs/scaling.md.

    PYTHONPATH=.:src:tests python -m bench.long_wallet [--events 1000000] [--workerd]

One run plays wallets to their lengths with real bets, copies the longest, closes the copy's books,
and measures the same bet on each in turns; then replay, proof and paging of the one of 100,000
events. Times are the least of several repetitions, because other work shares the machine: read
ratios. A million events take about ten minutes to play. With `--workerd` the same wallets bet over
HTTP on the real runtime too (`bench.long_wallet_edge`).
"""

import argparse
import json
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.long_wallet_edge import edge_bets, table
from shared.games.catalogue import CATALOGUE
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.native.clock import ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.wallet.answer import decode_answer
from shared.wallet.closed_book import KEPT_ONLINE_MS
from shared.wallet.service import Wallet

BETS: Final = 50
REPETITIONS: Final = 30
LONG: Final = 100_000
FAR: Final = 10**13
ROUND_MS: Final = 15_000
"""A bet every fifteen seconds: 5,760 a day."""

type Payload = dict[str, Any]


@dataclass
class Subject:
    """A wallet in a file of its own."""

    name: str
    path: Path
    clock: ManualClock
    wallet: Wallet
    entropy: SeededEntropy
    session: str = ""

    @classmethod
    def over(cls, name: str, path: Path, clock: ManualClock) -> "Subject":
        entropy = SeededEntropy(name)
        wallet = Wallet(NativeSql(str(path)), clock, entropy, CATALOGUE, sandbox=True)
        return cls(name, path, clock, wallet, entropy)

    @classmethod
    def opened(cls, name: str, folder: Path) -> "Subject":
        subject = cls.over(name, folder / f"{name}.sqlite", ManualClock())
        terms = {"player_id": name, "currency": "BRL", "jurisdiction": "none", "limits": []}
        subject.tell("open", {**terms, "rules": RULES}, session="", key="")
        asked = subject.tell("deposit_request", {"amount_minor": 10**10, "method": "pix"})
        paid = {"amount_minor": 10**10, "end_to_end_id": "E" + "0" * 31}
        subject.tell("deposit_credit", {"deposit_id": asked["deposit_id"], **paid}, session="")
        return subject

    def tell(
        self, kind: str, payload: Payload, *, session: str = "login", key: str | None = None
    ) -> Payload:
        if key is None:
            key = uuid7(self.clock.now_ms(), self.entropy.token(RANDOM_BYTES_PER_ID))
        text = self.wallet.execute(kind, key, session, json.dumps(payload), IN_FORCE)
        answer = decode_answer(text)
        assert answer.status < 300, text
        body: Payload = json.loads(answer.body)
        return body

    def ask(self, kind: str, **payload: object) -> Payload:
        answer = decode_answer(self.wallet.query(kind, "", json.dumps(payload)))
        assert answer.status == 200, answer
        body: Payload = json.loads(answer.body)
        return body

    def sit_down(self) -> None:
        """A game session of its own, so that no idle time matters."""
        self.session = self.tell("game_session_open", {"game": GAME}, key="")["session_id"]

    def bet(self) -> None:
        self.clock.advance(ROUND_MS)
        self.tell("play", {"session_id": self.session, "stake_minor": 100, "params": DICE})

    def play_until(self, events: int) -> None:
        """Real bets until the log has so many events."""
        self.sit_down()
        while self.ask("head")["seq"] < events:
            for _ in range(100):
                self.bet()

    def close_books(self) -> int:
        """Close everything that may be closed; the number of books."""
        self.clock.advance(KEPT_ONLINE_MS + DAY_MS)
        self.wallet.delivered(self.ask("head")["seq"])
        books = 0
        while True:
            told = self.house("books_prepare", before_ms=FAR, least_events=1)
            match told["stage"]:
                case "nothing":
                    return books
                case "ready":
                    names = ("book", "to_seq", "hash", "answers")
                    named = {name: told[name] for name in names}
                    self.house("books_commit", manifest_sha256="0" * 64, **named)
                    books += 1
                case "dropping":
                    self.house("books_drop")

    def house(self, kind: str, **payload: object) -> Payload:
        return self.tell(kind, payload, session="", key="")


GAME: Final[Payload] = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 100,
    "max_stake_minor": 1_000_000,
    "enabled": True,
}
RULES: Final[Payload] = {"requires": [], "reality_check_minutes": None, "loosening_delay_ms": 1}
DICE: Final[Payload] = {"target": 50, "over": False}
IN_FORCE: Final = '{"games":{"dice":[1,1]},"address":""}'


def copied(subject: Subject, name: str) -> Subject:
    """The same wallet in another file."""
    path = subject.path.with_name(f"{name}.sqlite")
    sql = NativeSql(str(subject.path))
    sql.query("SELECT count(*) FROM events")
    sql.close()
    for suffix in ("", "-wal", "-shm"):
        source = Path(f"{subject.path}{suffix}")
        if source.exists():
            shutil.copy(source, f"{path}{suffix}")
    clock = ManualClock(subject.clock.now_ms())
    return Subject.over(name, path, clock)


def least(what: Callable[[], object], repetitions: int = 3) -> float:
    """The least of several times, in seconds."""
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return min(times)


def bets(subjects: list[Subject]) -> dict[str, float]:
    """Microseconds of a bet on each wallet, in turns, the least of the repetitions."""
    found: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for subject in subjects:
        subject.sit_down()
    for _ in range(REPETITIONS):
        for subject in subjects:
            began = time.perf_counter()
            for _ in range(BETS):
                subject.bet()
            found[subject.name].append((time.perf_counter() - began) / BETS * 1e6)
    return {name: min(times) for name, times in found.items()}


def read(subject: Subject) -> list[tuple[str, float]]:
    """Seconds of what grows with the log: proof, replay, and a page of it anywhere."""
    seq = subject.ask("head")["seq"]

    def full() -> None:
        while not subject.ask("verify", full=True)["is_complete"]:
            pass

    # Replay reads from the newest proof, so an old place is replayed from the first event.
    past = seq - 30_000
    replay = least(lambda: subject.ask("state_at", seq=past), 2)
    explain = least(lambda: subject.ask("explain"), 2)
    whole = least(full, 2)
    subject.ask("verify")
    subject.bet()
    return [
        (f"`state_at` of event {past:,}, by replay from the first", replay),
        ("`explain`", explain),
        (f"`verify` full, {-(-seq // 20_000)} calls", whole),
        ("`verify` of what came since the last one", least(lambda: subject.ask("verify"))),
        ("a page of 100 events, the newest", least(lambda: subject.ask("events", limit=100))),
        (
            "a page of 100 events, the oldest",
            least(lambda: subject.ask("events", limit=100, before_seq=101)),
        ),
        (
            "500 events for the projection or the export, from the middle",
            least(lambda: subject.ask("event_range", from_seq=seq // 2, to_seq=seq // 2 + 499)),
        ),
    ]


def compacted(subject: Subject) -> Path:
    """A copy of a wallet without the pages that a removal freed; the queue has its every event."""
    subject.wallet.delivered(subject.ask("head")["seq"])
    copy = subject.path.with_name(f"{subject.name}-compacted.sqlite")
    connection = sqlite3.connect(subject.path)
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--workerd", action="store_true", help="bet on the real runtime too")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acmetocasino-long-wallet-") as folder:
        _measure(Path(folder), wanted.events, on_workerd=wanted.workerd)


def _measure(folder: Path, length: int, *, on_workerd: bool) -> None:
    new = Subject.opened("new", folder)
    middle = Subject.opened("middle", folder)
    middle.play_until(LONG)
    old = copied(middle, "old")
    old.play_until(length)
    closed = copied(old, "closed")
    began = time.perf_counter()
    books = closed.close_books()
    took = time.perf_counter() - began
    names = {
        "new": "new",
        "middle": f"{LONG:,} events",
        "old": f"{length:,} events",
        "closed": f"{length:,} events, of which {closed.ask('head')['closed_seq']:,} in "
        f"{books} closed books",
    }
    subjects = [new, middle, old, closed]
    times = bets(subjects)
    print("| a bet on a wallet that is | µs | ÷ new |")
    print("|---|--:|--:|")
    for subject in subjects:
        ratio = times[subject.name] / times["new"]
        print(f"| {names[subject.name]} | {times[subject.name]:.0f} | {ratio:.2f} |")
    print(f"\n| of {LONG:,} events | ms | bets |")
    print("|---|--:|--:|")
    for what, seconds in read(middle):
        print(f"| {what} | {1e3 * seconds:,.1f} | {1e6 * seconds / times['new']:,.1f} |")
    files = [compacted(subject) for subject in (old, closed)]
    before, after = (2 * file.stat().st_size / length for file in files)
    print(
        f"\nclosing: {took:.0f} s for {books} books; bytes a bet: {before:,.0f}, then {after:,.0f}"
    )
    print(f"greatest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    if on_workerd:
        print(f"\n{table(['new', names['old'], names['closed']], edge_bets(files))}")


if __name__ == "__main__":
    main()
