"""The wallet's two round trips: everything a bet is decided on, and everything it writes.

Each is one prepared statement. The second is the transaction: it moves `wallets.version` from the
value that was read, and every other row hangs on that, so a bet that was decided on stale facts
writes nothing and is decided again. Measured against BEGIN, SELECT … FOR UPDATE, SELECT, write and
COMMIT this saves three round trips of five; inside one process bets on one wallet queue up before
they read, so that they do not race each other in vain.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

READ: Final = """
SELECT w.version, w.frozen_law, w.cash_minor, w.seq, w.head_hash, w.recorded_at,
       w.server_seed, w.server_seed_hash, w.client_seed, w.nonce,
       w.limit_loss_daily, w.limit_wager_daily, w.limit_time_daily_ms,
       s.game_id, s.game_version, s.rtp_bps, s.min_stake_minor, s.max_stake_minor, s.last_active_at,
       coalesce(d.wagered_minor, 0) AS wagered_minor, coalesce(d.won_minor, 0) AS won_minor,
       coalesce(d.bets, 0) AS bets, coalesce(d.play_ms, 0) AS play_ms,
       coalesce(d.last_bet_at, 0) AS last_bet_at,
       c.request_hash, c.status, c.response,
       EXISTS (SELECT 1 FROM revoked_sessions r WHERE r.session_id = $4) AS revoked
FROM wallets w
LEFT JOIN game_sessions s ON s.session_id = $2 AND s.player_id = w.player_id
LEFT JOIN daily d ON d.player_id = w.player_id AND d.day = $3
LEFT JOIN commands c ON c.player_id = w.player_id AND c.idempotency_key = $5
WHERE w.player_id = $1
"""

WRITE: Final = """
WITH w AS (
  UPDATE wallets SET version = version + 1, cash_minor = $3, seq = $4, head_hash = $5,
    recorded_at = $6, nonce = nonce + 1
  WHERE player_id = $1 AND version = $2 RETURNING player_id, seq
), e AS (
  INSERT INTO events (player_id, seq, event_id, type, amount_minor, cash_delta, cash_after,
    round_id, game_version, idempotency_key, causation_id, recorded_at, data, prev_hash, hash)
  SELECT w.player_id, v.seq, v.event_id, v.type, v.amount, v.delta, v.after, $15::uuid,
    $16::integer, $17::text, v.causation, $6::bigint, v.data, v.prev_hash, v.hash
  FROM w, (VALUES
    ($4::bigint - 1, $7::uuid, 'BET', $8::bigint, -$8::bigint, $18::bigint, NULL::uuid, $9::text,
     $10::bytea, $11::bytea),
    ($4::bigint, $12::uuid, 'WIN', $13::bigint, $13::bigint, $3::bigint, $7::uuid, $14::text,
     $11::bytea, $5::bytea)
  ) AS v (seq, event_id, type, amount, delta, after, causation, data, prev_hash, hash)
), r AS (
  INSERT INTO rounds (player_id, opened_seq, round_id, settled_seq, stake_minor, payout_minor,
    opened_at, settled_at)
  SELECT w.player_id, $4::bigint - 1, $15::uuid, $4::bigint, $8::bigint, $13::bigint, $6::bigint,
    $6::bigint FROM w
), s AS (
  UPDATE game_sessions SET last_active_at = $6 FROM w WHERE session_id = $19
), d AS (
  INSERT INTO daily (player_id, day, wagered_minor, won_minor, bets, play_ms, last_bet_at)
  SELECT w.player_id, $20::integer, $21::bigint, $22::bigint, $23::integer, $24::bigint,
    $6::bigint FROM w
  ON CONFLICT (player_id, day) DO UPDATE SET wagered_minor = excluded.wagered_minor,
    won_minor = excluded.won_minor, bets = excluded.bets, play_ms = excluded.play_ms,
    last_bet_at = excluded.last_bet_at
), c AS (
  INSERT INTO commands (player_id, idempotency_key, request_hash, status, response, seq)
  SELECT w.player_id, $17::text, $25::bytea, 201, $26::text, $4::bigint FROM w
)
SELECT seq FROM w
"""

ROTATE: Final = """
WITH w AS (
  UPDATE wallets SET version = version + 1, seq = $3, head_hash = $4, nonce = 0,
    server_seed = next_server_seed, server_seed_hash = next_server_seed_hash,
    next_server_seed = $5, next_server_seed_hash = $6
  WHERE player_id = $1 AND version = $2 RETURNING player_id
)
INSERT INTO events (player_id, seq, event_id, type, amount_minor, cash_delta, cash_after,
  recorded_at, data, prev_hash, hash)
SELECT w.player_id, $3::bigint, $7::uuid, 'SEED_ROTATED', 0, 0, $8::bigint, $9::bigint, $10::text,
  $11::bytea, $4::bytea FROM w
"""


async def keep_session(_connection: Any) -> None:
    """No statement here leaves state in a session, so nothing is reset on release."""


class Turns:
    """One bet at a time on a wallet within this process; a lock lives while someone wants it."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, player_id: str) -> AsyncIterator[None]:
        lock, waiting = self._turns.get(player_id) or (asyncio.Lock(), 0)
        self._turns[player_id] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[player_id]
            if waiting == 1:
                del self._turns[player_id]
            else:
                self._turns[player_id] = (lock, waiting - 1)
