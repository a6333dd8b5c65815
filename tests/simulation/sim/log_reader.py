"""The laws of the log, checked on every new event as it is appended, by code of our own.

Gapless, chained (the hash is computed here again), time not running backwards, balances are folds
of the deltas, never below zero, and each event moves between accounts so that the sum is zero.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any, Final

from simulation.sim.broken import require
from simulation.sim.model_state import ModelState

from shared.games.catalogue import CATALOGUE
from shared.platform.ports import Sql

_NEW: Final = (
    "SELECT seq, event_id, type, schema_version, amount_minor, cash_delta, bonus_delta, "
    "held_delta, round_id, game_version, idempotency_key, causation_id, recorded_at, data, "
    "cash_after, bonus_after, held_after, prev_hash, hash FROM events WHERE seq > ? ORDER BY seq"
)
_DECIDED: Final = 14
"""The columns that the hash covers come first."""

_COUNTER: Final = {
    "BET": ("house:stakes", 1),
    "WIN": ("house:payouts", -1),
    "DEPOSIT": ("psp:clearing", -1),
    "WITHDRAWAL": ("psp:clearing", 1),
    "BONUS_CREDIT": ("house:bonus", -1),
    "BONUS_DEBIT": ("house:bonus", 1),
    "BONUS_FORFEITED": ("house:bonus", 1),
    "ADJUSTMENT credit": ("house:adjustments", -1),
    "ADJUSTMENT debit": ("house:adjustments", 1),
    "ROLLBACK BET": ("house:stakes", -1),
    "ROLLBACK WIN": ("house:payouts", 1),
}
"""Where the other side of an event's amount goes, and its sign."""

_NAMED_BY: Final = {"ROLLBACK": "of", "ADJUSTMENT": "direction"}

_encode = json.JSONEncoder(separators=(",", ":")).encode


class LogReader:
    """Follows the log of one wallet and holds its accounts."""

    __slots__ = ("accounts", "balances", "event_ids", "hashes", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self.hashes = ["0" * 64]
        self.balances = [(0, 0, 0)]
        self.accounts: Counter[str] = Counter()
        self.event_ids: set[str] = set()

    def has_grown(self, sql: Sql) -> bool:
        """True when the log holds events that were not read."""
        return bool(sql.query("SELECT 1 FROM events WHERE seq > ?", self.seq))

    def read(self, sql: Sql, model: ModelState, now_ms: int, key: str | None) -> tuple[str, ...]:
        """Types of the events that are new; each is held against the laws and the model."""
        rows: list[Any] = sql.query(_NEW, self.seq)
        if not rows:
            return ()
        for row in rows:
            self._follow(row, model, now_ms, key)
        *_, cash, bonus, held, _, _ = rows[-1]
        require(
            (cash, bonus, held) == (model.cash, model.bonus, model.held),
            "balances are those of an independent fold",
            f"{(cash, bonus, held)} in the log, {(model.cash, model.bonus, model.held)} expected",
        )
        return tuple(row[2] for row in rows)

    def _follow(self, row: Any, model: ModelState, now_ms: int, key: str | None) -> None:
        seq, event_id, kind, _, amount, cash, bonus, held = row[:8]
        cash_after, bonus_after, held_after, prev_hash, found_hash = row[_DECIDED:]
        require(seq == self.seq + 1, "the log has no gap", seq)
        require(prev_hash == self.hashes[-1], "the chain is intact", f"prev_hash of {seq}")
        digest = sha256((prev_hash + _encode(row[:_DECIDED])).encode()).hexdigest()
        require(digest == found_hash, "the chain is intact", f"hash of {seq}")
        require(event_id not in self.event_ids, "ids are new", event_id)
        require(row[10] == key, "an event names the command that caused it", row[10])
        require(row[12] == now_ms, "an event is recorded at the wallet's time", row[12])
        accounts = self.accounts
        accounts["player:cash"] += cash
        accounts["player:bonus"] += bonus
        accounts["player:held"] += held
        balances = (
            accounts["player:cash"],
            accounts["player:bonus"],
            accounts["player:held"],
        )
        require(
            balances == (cash_after, bonus_after, held_after), "balances are folds", f"seq {seq}"
        )
        data = json.loads(row[13])
        # Only the return of a win that was spent may leave a debt, and it says so; what is paid in
        # afterwards may leave some of it.
        owes = cash >= 0 or (kind == "ROLLBACK" and data.get("negative") is True)
        sound = min(balances[1:]) >= 0 and (balances[0] >= 0 or owes)
        require(sound, "no balance is below zero", balances)
        self._balance(kind, data, amount, cash + bonus + held, seq)
        if kind.startswith("SEED_"):
            self._seed(kind, data, model)
        model.recorded_at = now_ms
        self.event_ids.add(event_id)
        self.hashes.append(found_hash)
        self.balances.append(balances)
        self.seq = seq

    def _balance(self, kind: str, data: dict[str, Any], amount: int, moved: int, seq: int) -> None:
        name = kind
        if kind in _NAMED_BY:
            name = f"{kind} {data[_NAMED_BY[kind]]}"
        account, sign = _COUNTER.get(name, ("", 0))
        require(moved + sign * amount == 0, "postings sum to zero", f"{name} at seq {seq}")
        if sign:
            self.accounts[account] += sign * amount

    def _seed(self, kind: str, data: dict[str, Any], model: ModelState) -> None:
        """The first commitment is learnt; later ones must be the hash that was committed next."""
        if kind == "SEED_COMMITTED":
            if not model.seed_hash:
                model.seed_hash, model.client_seed = data["server_seed_hash"], data["client_seed"]
            require(data["server_seed_hash"] == model.seed_hash, "seeds are committed ahead", data)
            model.next_hash = data["next_server_seed_hash"]
            return
        digest = sha256(data["server_seed"].encode()).hexdigest()
        require(digest == data["server_seed_hash"], "the committed seed is revealed", data)
        for nonce, stake, params, payout, outcome in model.revealing:
            drawn = CATALOGUE.outcome(
                "dice", 9600, stake, params, data["server_seed"], data["client_seed"], nonce
            )
            require(drawn == (payout, outcome), "a revealed seed explains every draw", nonce)
        model.revealing.clear()
