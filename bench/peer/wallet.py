"""The decision of a bet, pure: a row that was read, a command, the time; out comes what to write.

The same rules as the wallet object's: idempotency by key and request hash, the session idle for at
most 30 minutes, the game version in force, stake bounds, daily limits judged at the whole stake
lost, HMAC-SHA256 dice, BET and WIN chained by SHA-256.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Any, Final

import orjson  # type: ignore[import-not-found, unused-ignore]  # lives in the peer's own environment

IDLE_SESSION_MS: Final = 30 * 60_000
ACTIVE_GAP_MS: Final = 5 * 60_000
MAX_NONCES: Final = 1_000
SAO_PAULO_OFFSET_MS: Final = -3 * 3_600_000
DAY_MS: Final = 86_400_000
_MASK_62: Final = (1 << 62) - 1


class Refused(Exception):
    """A rejection of the bet: status and code of the problem document."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Bet:
    """What a player asks for."""

    player_id: str
    login_session_id: str
    key: str
    session_id: str
    stake_minor: int
    target: int
    over: bool

    def request_hash(self) -> bytes:
        """What the idempotency key stands for."""
        params = {"over": self.over, "target": self.target}
        asked = ["play", {"params": params, "session_id": self.session_id, "s": self.stake_minor}]
        return sha256(orjson.dumps(asked)).digest()


def uuid7(now_ms: int) -> str:
    """RFC 9562 §5.7."""
    tail = int.from_bytes(secrets.token_bytes(10)) & ((1 << 74) - 1)
    number = now_ms << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & _MASK_62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def local_day(now_ms: int) -> int:
    """Days since 1970-01-01 on the calendar of São Paulo."""
    return (now_ms + SAO_PAULO_OFFSET_MS) // DAY_MS


def roll(server_seed: str, client_seed: str, nonce: int) -> int:
    """0 … 9999, uniform: words of the HMAC stream, those that would bias it skipped."""
    fair = (1 << 32) - (1 << 32) % 10_000
    number = 0
    while True:
        block = digest(server_seed.encode(), f"{client_seed}:{nonce}:{number}".encode(), "sha256")
        for start in range(0, 32, 4):
            word = int.from_bytes(block[start : start + 4])
            if word < fair:
                return word % 10_000
        number += 1


def decide(row: Any, bet: Bet, game_version: int, now_ms: int) -> tuple[tuple[Any, ...], bytes]:
    """The parameters of the write, and the answer's JSON.

    Raises:
        Refused: in the order of the documented precedence.
    """
    if row["frozen_law"] is not None:
        raise Refused(409, "wallet_frozen")
    if row["revoked"]:
        raise Refused(401, "session_expired")
    if row["game_id"] is None:
        raise Refused(404, "game_session_not_found")
    now_ms = max(now_ms, row["recorded_at"])
    if now_ms - row["last_active_at"] > IDLE_SESSION_MS:
        raise Refused(409, "session_expired")
    if game_version == 0:
        raise Refused(409, "game_disabled")
    if row["game_version"] != game_version:
        raise Refused(409, "game_version_retired")
    stake = bet.stake_minor
    rolled = roll(row["server_seed"], row["client_seed"], row["nonce"])
    winning = bet.target * 100
    won = rolled >= 10_000 - winning if bet.over else rolled < winning
    payout = stake * row["rtp_bps"] // winning if won else 0
    if stake < row["min_stake_minor"]:
        raise Refused(409, "stake_below_min")
    if stake > row["max_stake_minor"]:
        raise Refused(409, "stake_above_max")

    gap = now_ms - row["last_bet_at"]
    play_ms = row["play_ms"] + (gap if row["last_bet_at"] and 0 <= gap <= ACTIVE_GAP_MS else 0)
    wagered = row["wagered_minor"] + stake
    _refuse_over(row["limit_time_daily_ms"], play_ms, "limit_time")
    _refuse_over(row["limit_wager_daily"], wagered, "limit_wager")
    _refuse_over(row["limit_loss_daily"], wagered - row["won_minor"], "limit_loss")
    cash = row["cash_minor"]
    if stake > cash:
        raise Refused(409, "insufficient_funds")

    seq = row["seq"]
    game_id = row["game_id"]
    fairness = {
        "server_seed_hash": row["server_seed_hash"],
        "client_seed": row["client_seed"],
        "nonce": row["nonce"],
    }
    outcome = {"roll": rolled, "win": won}
    told = {"game_id": game_id, "session_id": bet.session_id}
    params = {"over": bet.over, "target": bet.target}
    round_id, bet_id, win_id = uuid7(now_ms), uuid7(now_ms), uuid7(now_ms)
    bet_data = orjson.dumps({"fairness": fairness, **told, "params": params}).decode()
    win_data = orjson.dumps({**told, "outcome": outcome}).decode()
    prev = row["head_hash"]
    bet_hash = _chained(
        prev, seq + 1, bet_id, "BET", stake, -stake, round_id, bet.key, None, now_ms, bet_data
    )
    win_hash = _chained(
        bet_hash, seq + 2, win_id, "WIN", payout, payout, round_id, bet.key, bet_id, now_ms,
        win_data,
    )  # fmt: skip
    after = cash - stake + payout
    answer = orjson.dumps(
        {
            "round_id": round_id,
            "status": "settled",
            "game_id": game_id,
            "game_version": game_version,
            "stake_minor": stake,
            "payout_minor": payout,
            "outcome": outcome,
            "fairness": fairness,
            "wallet": {"cash_minor": after, "bonus_minor": 0, "seq": seq + 2},
            "warnings": [],
        }
    )
    write = (
        bet.player_id, row["version"], after, seq + 2, win_hash, now_ms,
        bet_id, stake, bet_data, prev, bet_hash,
        win_id, payout, win_data,
        round_id, game_version, bet.key, cash - stake,
        bet.session_id, local_day(now_ms), wagered, row["won_minor"] + payout, row["bets"] + 1,
        play_ms, bet.request_hash(), answer.decode(),
    )  # fmt: skip
    return write, answer


def _refuse_over(limit: int | None, after: int, code: str) -> None:
    if limit is not None and after > limit:
        raise Refused(409, code)


def _chained(prev_hash: bytes, *decided: object) -> bytes:
    return sha256(prev_hash + orjson.dumps(decided)).digest()


def rotation(row: Any, player_id: str, now_ms: int) -> tuple[Any, ...]:
    """The parameters of a seed's replacement by the one that was committed beside it."""
    seq = row["seq"] + 1
    event_id = uuid7(now_ms)
    next_seed = secrets.token_bytes(32).hex()
    next_hash = sha256(next_seed.encode()).hexdigest()
    data = orjson.dumps({"revealed": row["server_seed"], "next_server_seed_hash": next_hash})
    prev = row["head_hash"]
    chained = _chained(
        prev, seq, event_id, "SEED_ROTATED", 0, 0, None, None, None, now_ms, data.decode()
    )
    cash = row["cash_minor"]
    return (
        player_id, row["version"], seq, chained, next_seed, next_hash, event_id, cash, now_ms,
        data.decode(), prev,
    )  # fmt: skip
