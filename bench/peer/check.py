"""Checks the peer's books after a benchmark: a figure of a wallet that lost a bet is worth nothing.

Prints one JSON line: bets, and how many wallets break which law.
"""

import asyncio
import json
import os

import asyncpg  # type: ignore[import-not-found, unused-ignore]

LAWS = {
    "gapless": "SELECT player_id FROM events GROUP BY 1 HAVING count(*) <> max(seq)",
    "chained": """
        SELECT DISTINCT player_id FROM (
          SELECT player_id, prev_hash, lag(hash) OVER one AS hash_before FROM events
          WINDOW one AS (PARTITION BY player_id ORDER BY seq)
        ) AS links WHERE hash_before IS NOT NULL AND prev_hash <> hash_before""",
    "folded": """
        SELECT w.player_id FROM wallets w JOIN events e USING (player_id)
        GROUP BY w.player_id, w.cash_minor
        HAVING w.cash_minor - sum(e.cash_delta)
          <> (array_agg(e.cash_after - e.cash_delta ORDER BY e.seq))[1]""",
    "head": """
        SELECT w.player_id FROM wallets w
        JOIN events e ON e.player_id = w.player_id AND e.seq = w.seq
        WHERE w.head_hash <> e.hash OR w.cash_minor <> e.cash_after""",
    "two events a bet": """
        SELECT e.player_id FROM (
          SELECT player_id, count(*) AS n FROM events WHERE type IN ('BET', 'WIN') GROUP BY 1
        ) AS e JOIN (
          SELECT player_id, count(*) AS n FROM commands GROUP BY 1
        ) AS c USING (player_id) WHERE e.n <> 2 * c.n""",
}


async def main() -> None:
    connection = await asyncpg.connect(os.environ["PEER_DSN"])
    broken = {name: len(await connection.fetch(query)) for name, query in LAWS.items()}
    bets = await connection.fetchval("SELECT count(*) FROM rounds")
    await connection.close()
    print(json.dumps({"bets": bets, "broken": broken}))


if __name__ == "__main__":
    asyncio.run(main())
