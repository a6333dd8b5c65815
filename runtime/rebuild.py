"""Rebuild the projection on a stopped edge's data: `make rebuild STATE=folder [SOURCE=archive]`.

The job that runs is the cron Worker's own (`workers/fraud_cron/jobs/rebuild.py`) over native
adapters: D1's file, the archive's files, and the wallets' ledgers, which are read from copies. On a
running edge the same is asked for by `POST /v1/ops/projection/rebuilds` and done tick by tick.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / path) for path in ("src", "runtime", "workers/fraud_cron")]

from jobs.ports import Ports  # noqa: E402
from jobs.rebuild import rebuild  # noqa: E402
from state_folder import StateFolder, copy_of  # noqa: E402

from shared.archive.books import FOLDER as BOOKS  # noqa: E402
from shared.games.catalogue import CATALOGUE  # noqa: E402
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7  # noqa: E402
from shared.platform.native.d1 import NativeD1  # noqa: E402
from shared.platform.native.r2 import NativeR2  # noqa: E402
from shared.platform.native.sql import NativeSql  # noqa: E402
from shared.platform.native.wallets import NativeWallets  # noqa: E402
from shared.platform.ports import Database, Record  # noqa: E402
from shared.wallet.service import Wallet  # noqa: E402

SHOWN = 20
EXIT = {"equal": 0, "swapped": 0, "different": 1}


class SystemClock:
    """`Clock` of this machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class SystemRandom:
    """`Entropy` of this machine."""

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


def open_wallets(state: StateFolder, folder: Path) -> NativeWallets:
    """The wallets of a state folder, over copies in `folder`."""
    files: Mapping[str, Path] = dict(state.wallets())

    def open_wallet(player_id: str) -> Wallet:
        copy = folder / f"{player_id}.sqlite"
        if player_id in files:
            copy_of(files[player_id], copy)
        sql = NativeSql(str(copy))
        return Wallet(sql, SystemClock(), SystemRandom(), CATALOGUE, sandbox=False)

    return NativeWallets(open_wallet)


async def run(db: Database, ports: Ports, source: str, *, swap: bool) -> Record:
    """Begin a rebuild and go on with it until it has ended; its row."""
    now_ms = ports.clock.now_ms()
    rebuild_id = uuid7(now_ms, secrets.token_bytes(RANDOM_BYTES_PER_ID))
    await db.execute(
        "INSERT INTO rebuilds (rebuild_id, source, swap, stage, status, cursor, wallets, events, "
        "differences, unavailable, detail, asked_by, created_at, updated_at) "
        "VALUES (?, ?, ?, 'clear', 'running', '', 0, 0, 0, 0, NULL, 'make rebuild', ?, ?)",
        *(rebuild_id, source, int(swap), now_ms, now_ms),
    )
    while True:
        await rebuild(ports)
        row = await db.first("SELECT * FROM rebuilds WHERE rebuild_id = ?", rebuild_id)
        assert row is not None
        if row["status"] != "running":
            return row


async def report(db: Database, row: Record) -> str:
    """What a person reads of it."""
    places = await db.query(
        "SELECT player_id, seq, side FROM rebuild_differences WHERE rebuild_id = ? "
        "ORDER BY player_id, seq LIMIT ?",
        row["rebuild_id"],
        SHOWN,
    )
    shown = ("source", "wallets", "events", "differences", "unavailable", "detail")
    lines = [f"{name:<12} {row[name]!s}" for name in shown]
    lines += [
        f"  {place['player_id']!s} at {place['seq']!s}: {place['side']!s}" for place in places
    ]
    return "\n".join([*lines, str(row["status"]).upper()])


async def rebuild_state(state: StateFolder, source: str, *, swap: bool) -> tuple[int, str]:
    """Exit status and report of a rebuild on a state folder."""
    db = NativeD1(str(state.database()))
    archive = NativeR2()
    for key, body in state.archive().items():
        if source == "archive" or key.startswith(f"{BOOKS}/"):
            await archive.put(key, body, content_type="")
    with tempfile.TemporaryDirectory(prefix="acmetocasino-rebuild-") as folder:
        wallets = open_wallets(state, Path(folder))
        ports = Ports(db, wallets, SystemClock(), SystemRandom(), archive)
        row = await run(db, ports, source, swap=swap)
    told = await report(db, row)
    db.close()
    return EXIT.get(str(row["status"]), 2), told


def main() -> int:
    """0 when equal or swapped, 1 when different, 2 when it failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--source", choices=("wallets", "archive"), default="wallets")
    parser.add_argument("--swap", action="store_true", help="put the new copy into use")
    wanted = parser.parse_args()
    status, told = asyncio.run(
        rebuild_state(StateFolder(wanted.state), wanted.source, swap=wanted.swap)
    )
    print(told)
    return status


if __name__ == "__main__":
    sys.exit(main())
