"""Proof: everything the wallet claims, recomputed from its first event.

The log is read once, in pages. Each event must follow the one before it (no gap, its hash, time not
running backwards), be what its hash says, move what its type may move, and fold to the balances it
caches. Then the rows that commands rely on (rounds, holds, deposits, grants, days, seeds) must be
what the same events add up to. The first law that does not hold is named, with the place of the
event where there is one.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import InvariantBroken
from shared.kernel.times import local_day
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.chain import event_hash
from shared.wallet.model import (
    GENESIS_HASH,
    DayUsage,
    Deposit,
    Event,
    Grant,
    Round,
    Seed,
    Withdrawal,
)
from shared.wallet.posting import postings

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """`law` is None when every law holds; `broken_at` is the place of the event that breaks it."""

    events: int
    law: str | None = None
    broken_at: int | None = None


class _LawBroken(Exception):
    def __init__(self, law: str, seq: int | None) -> None:
        super().__init__(law)
        self.law = law
        self.seq = seq


@dataclass(slots=True)
class _Fold:
    """What the events read so far add up to."""

    seq: int = 0
    hash: str = GENESIS_HASH
    recorded_at: int = 0
    cash: int = 0
    bonus: int = 0
    held: int = 0
    rounds: "Counter[tuple[str, str, str]]" = field(default_factory=Counter)
    holds: "Counter[str]" = field(default_factory=Counter)
    deposits: "Counter[str]" = field(default_factory=Counter)
    grants: "Counter[str]" = field(default_factory=Counter)
    days: "Counter[tuple[int, str]]" = field(default_factory=Counter)
    bet_days: dict[str, int] = field(default_factory=dict)
    win_days: dict[str, int] = field(default_factory=dict)
    commitments: list[tuple[str, str]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        self._follow(event)
        try:
            postings(event)
            self._account(event, json.loads(event.data))
        except InvariantBroken as broken:
            raise _LawBroken(broken.law, event.seq) from broken
        except (LookupError, TypeError, ValueError, AttributeError) as unreadable:
            raise _LawBroken("data", event.seq) from unreadable
        self.cash += event.cash_delta
        self.bonus += event.bonus_delta
        self.held += event.held_delta
        if (self.cash, self.bonus, self.held) != (
            event.cash_after,
            event.bonus_after,
            event.held_after,
        ):
            raise _LawBroken("fold", event.seq)
        if min(self.cash, self.bonus, self.held) < 0:
            raise _LawBroken("never_negative", event.seq)

    def _follow(self, event: Event) -> None:
        if event.seq != self.seq + 1:
            raise _LawBroken("gapless", self.seq + 1)
        if event.prev_hash != self.hash:
            raise _LawBroken("linked", event.seq)
        if event_hash(event) != event.hash:
            raise _LawBroken("hash", event.seq)
        if event.recorded_at < self.recorded_at:
            raise _LawBroken("time", event.seq)
        self.seq, self.hash, self.recorded_at = event.seq, event.hash, event.recorded_at

    def _account(self, event: Event, data: dict[str, Any]) -> None:
        match event.type:
            case "BET" | "WIN" | "ROLLBACK" if event.round_id is not None:
                self._round(event, event.round_id, data)
            case "WITHDRAWAL_HELD" | "WITHDRAWAL" | "WITHDRAWAL_RELEASED":
                self.holds[data["withdrawal_id"]] += event.held_delta
            case "DEPOSIT":
                self.deposits[data["deposit_id"]] += event.amount_minor
                self.days[local_day(event.recorded_at), "deposited"] += event.amount_minor
            case "BONUS_CREDIT" | "BONUS_DEBIT":
                self.grants[data["grant_id"]] += event.bonus_delta
            case "SEED_COMMITTED":
                self.commitments.append((data["server_seed_hash"], data["next_server_seed_hash"]))

    def _round(self, event: Event, round_id: str, data: dict[str, Any]) -> None:
        kind = event.type if event.type != "ROLLBACK" else f"ROLLBACK {data['of']}"
        self.rounds[round_id, kind, "cash"] += event.cash_delta
        self.rounds[round_id, kind, "bonus"] += event.bonus_delta
        self.rounds[round_id, kind, "count"] += 1
        sign = -1 if event.bonus_delta < 0 else 1
        for grant_id, amount in data.get("grants", ()):
            self.grants[grant_id] += sign * amount
        day = local_day(event.recorded_at)
        match kind:
            case "BET":
                self.bet_days[round_id] = day
                self.days[day, "wagered"] += event.amount_minor
                self.days[day, "bets"] += 1
            case "WIN":
                self.win_days[round_id] = day
                self.days[day, "won"] += event.amount_minor
            case "ROLLBACK BET":
                self.days[self.bet_days[round_id], "wagered"] -= event.amount_minor
                self.days[self.bet_days[round_id], "bets"] -= 1
            case "ROLLBACK WIN":
                self.days[self.win_days[round_id], "won"] -= event.amount_minor


def verify(sql: Sql) -> Verdict:
    """Recompute the whole wallet; reads only."""
    fold = _Fold()
    try:
        for event in _log(sql):
            fold.add(event)
        _check_rounds(sql, fold)
        _check_money(sql, fold)
        _check_days(sql, fold)
        _check_seeds(sql, fold)
        _check_answers(sql, fold)
    except _LawBroken as broken:
        return Verdict(fold.seq, broken.law, broken.seq)
    return Verdict(fold.seq)


def _log(sql: Sql) -> Iterator[Event]:
    after = 0
    while page := tables.events(
        sql, "WHERE seq > ? ORDER BY seq LIMIT CAST(? AS INTEGER)", after, _PAGE
    ):
        yield from page
        after = page[-1].seq


def _check_rounds(sql: Sql, fold: _Fold) -> None:
    known: set[str] = set()
    for row in tables.find(sql, Round, "FROM rounds"):
        known.add(row.round_id)
        stake, payout = (row.stake_cash, row.stake_bonus), (row.payout_cash, row.payout_bonus)
        undone = row.rolled_back_seq is not None and row.bet_event_id is not None
        expected = {
            "BET": (-stake[0], -stake[1], int(row.bet_event_id is not None)),
            "WIN": (*payout, int(row.settled_seq is not None)),
            "ROLLBACK BET": (*stake, 1) if undone else (0, 0, 0),
            "ROLLBACK WIN": (-payout[0], -payout[1], 1)
            if undone and row.payout_minor
            else (0, 0, 0),
        }
        for kind, sums in expected.items():
            if tuple(fold.rounds[row.round_id, kind, what] for what in _PARTS) != sums:
                raise _LawBroken("rounds", row.opened_seq)
    if any(round_id not in known for round_id, _, _ in fold.rounds):
        raise _LawBroken("rounds", None)


_PARTS: Final = ("cash", "bonus", "count")


def _check_money(sql: Sql, fold: _Fold) -> None:
    held = {
        row.withdrawal_id: row.amount_minor if row.status == "held" else 0
        for row in tables.find(sql, Withdrawal, "FROM withdrawals")
    }
    if held != dict(fold.holds) or sum(held.values()) != fold.held:
        raise _LawBroken("holds", None)
    credited = {
        row.deposit_id: row.amount_minor
        for row in tables.find(sql, Deposit, "FROM deposits WHERE credited_seq IS NOT NULL")
    }
    if credited != dict(fold.deposits):
        raise _LawBroken("deposits", None)
    grants = {row.grant_id: row.balance_minor for row in tables.find(sql, Grant, "FROM grants")}
    if grants != dict(fold.grants) or sum(grants.values()) != fold.bonus:
        raise _LawBroken("grants", None)


def _check_days(sql: Sql, fold: _Fold) -> None:
    days: Counter[tuple[int, str]] = Counter()
    for row in tables.find(sql, DayUsage, "FROM daily"):
        days[row.day, "wagered"] = row.wagered_minor
        days[row.day, "won"] = row.won_minor
        days[row.day, "deposited"] = row.deposited_minor
        days[row.day, "bets"] = row.bets
    if days != fold.days:
        raise _LawBroken("days", None)


def _check_seeds(sql: Sql, fold: _Fold) -> None:
    rows = tables.find(sql, Seed, "FROM seeds ORDER BY number")
    committed = [(row.server_seed_hash, row.next_server_seed_hash) for row in rows]
    if committed != fold.commitments:
        raise _LawBroken("seeds", None)
    for row in rows:
        if sha256_hex(row.server_seed) != row.server_seed_hash:
            raise _LawBroken("seeds", None)


def _check_answers(sql: Sql, fold: _Fold) -> None:
    """Whoever cuts the end of the log off must also forge the answers that point beyond it."""
    beyond = sql.query("SELECT 1 FROM commands WHERE seq > ? LIMIT 1", fold.seq)
    if beyond:
        raise _LawBroken("answered", fold.seq + 1)
