"""Bonus grants past their time are closed although nobody plays.

A wallet closes them itself with the next bet, win or rollback; a player who stays away would keep
seeing money that is no longer theirs. The projection knows which grants have an end and none yet,
so only their wallets are asked, a bounded number a tick. What is past its time is gone through
round and round, a slice at a time: a wallet that refuses (frozen), cannot be reached, or keeps the
grant for a round still open does not stand in the way of the others, and is asked again.

The command bears no key: to expire twice is to expire once.
"""

from dataclasses import dataclass
from typing import Final

from jobs.ports import Ports
from jobs.records import integer, text
from jobs.refill import WalletUnavailableError
from jobs.runs import Outcome
from shared.platform.ports import Database
from shared.wallet.answer import decode_answer

GRANTS_PER_TICK: Final = 500
"""Looked at in the projection: 144,000 a day."""

WALLETS_PER_TICK: Final = 40

_CURSOR: Final = """
SELECT outcome ->> 'bonus_cursor' AS cursor FROM job_runs
WHERE job = ? AND outcome ->> 'bonus_cursor' IS NOT NULL ORDER BY slot DESC LIMIT 1
"""

# What is past its time is read in the order of an index, and each end is one step into another, so
# the work is that of the limit whatever the history. A CAST of a parameter would lend its affinity
# to the indexed expression and cost the index; numbers compare the same as INTEGER or REAL.
_PAST: Final = """
SELECT g.player_id, g.expires_at || ' ' || g.player_id || ' ' || g.seq AS place,
       NOT EXISTS (SELECT 1 FROM wallet_events AS e
                   WHERE e.player_id || ' ' || (e.data ->> 'grant_id')
                         = g.player_id || ' ' || g.grant_id
                     AND e.type IN ('BONUS_CONVERTED', 'BONUS_FORFEITED')) AS is_open
FROM (SELECT player_id, seq, data ->> 'grant_id' AS grant_id,
             data ->> '$.terms.expires_at' AS expires_at
      FROM wallet_events
      WHERE type = 'BONUS_CREDIT' AND data ->> '$.terms.expires_at' BETWEEN ?2 AND ?1
        AND (data ->> '$.terms.expires_at', player_id, seq) > (?2, ?3, ?4)
      ORDER BY data ->> '$.terms.expires_at', player_id, seq
      LIMIT CAST(?5 AS INTEGER)) AS g
ORDER BY g.expires_at, g.player_id, g.seq
"""


@dataclass(frozen=True, slots=True)
class _Slice:
    """Whose wallets to ask, each once, and where the next slice begins (`""`: at the beginning)."""

    players: tuple[str, ...]
    cursor: str


async def expire_bonuses(ports: Ports, job: str) -> Outcome:
    """Have the next slice of grants past their time closed; `job` is whose outcomes keep the
    cursor.
    """
    found = await _slice(ports.db, job, ports.clock.now_ms())
    failed = 0
    for player_id in found.players:
        try:
            await _expire(ports, player_id)
        except Exception:  # noqa: BLE001 - one unreachable wallet must not stop the round
            failed += 1
    return {
        "bonus_cursor": found.cursor,
        "bonus_wallets": len(found.players),
        "bonus_wallets_failed": failed,
    }


async def _expire(ports: Ports, player_id: str) -> None:
    """Raises `WalletUnavailableError` when the wallet refused or did not answer as agreed."""
    answer = decode_answer(await ports.wallets.execute(player_id, "bonus_expire", "", "", "{}"))
    if answer.status != 200:
        raise WalletUnavailableError(f"bonus_expire was answered with status {answer.status}")


async def _slice(db: Database, job: str, now_ms: int) -> _Slice:
    last = await db.first(_CURSOR, job)
    expires_at, player_id, seq = (text(last, "cursor") if last else "").split() or ("0", "", "0")
    records = await db.query(_PAST, now_ms, int(expires_at), player_id, int(seq), GRANTS_PER_TICK)
    players: dict[str, None] = {}
    for record in records:
        if not integer(record, "is_open"):
            continue
        players[text(record, "player_id")] = None
        if len(players) == WALLETS_PER_TICK:
            return _Slice(tuple(players), text(record, "place"))
    is_end = len(records) < GRANTS_PER_TICK
    return _Slice(tuple(players), "" if is_end else text(records[-1], "place"))
