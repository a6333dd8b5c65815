"""Opens wallets for the benchmark: prints one JSON line with player and game session of each."""

import asyncio
import json
import os
import secrets
import sys
import time
from hashlib import sha256
from pathlib import Path

import asyncpg  # type: ignore[import-not-found, unused-ignore]

from bench.peer.wallet import uuid7

CASH_MINOR = 100_000_000
LOSS_LIMIT_MINOR = 100_000_000
WAGER_LIMIT_MINOR = 10_000_000_000
DAY_MS = 86_400_000


async def main(count: int) -> None:
    connection = await asyncpg.connect(os.environ["PEER_DSN"])
    await connection.execute((Path(__file__).parent / "schema.sql").read_text())
    opened = []
    now_ms = time.time_ns() // 1_000_000
    for _ in range(count):
        player_id, session_id = uuid7(now_ms), uuid7(now_ms)
        seed, next_seed = secrets.token_hex(32), secrets.token_hex(32)
        await connection.execute(
            "INSERT INTO wallets (player_id, currency, cash_minor, head_hash, server_seed,"
            " server_seed_hash, client_seed, next_server_seed, next_server_seed_hash,"
            " limit_loss_daily, limit_wager_daily, limit_time_daily_ms)"
            " VALUES ($1, 'BRL', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            player_id, CASH_MINOR, bytes(32), seed, sha256(seed.encode()).hexdigest(),
            secrets.token_hex(8), next_seed, sha256(next_seed.encode()).hexdigest(),
            LOSS_LIMIT_MINOR, WAGER_LIMIT_MINOR, DAY_MS,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO game_sessions (session_id, player_id, game_id, game_version, rtp_bps,"
            " min_stake_minor, max_stake_minor, last_active_at)"
            " VALUES ($1, $2, 'dice', 1, 9600, 10, 1000000, $3)",
            session_id, player_id, now_ms,
        )  # fmt: skip
        opened.append({"player_id": player_id, "session_id": session_id})
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    print(json.dumps(opened))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
