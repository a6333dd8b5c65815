"""What the tables must say, event by event: the second half of the proof.

Rounds, deposits, withdrawals and seeds are many, so each event is held against the row that it made
when it is read, and the rows are counted at the end: a row that no event made, or an event that
made none, cannot hide. Grants, limits and holds are few and are compared whole with the replayed
state. Nothing here grows with the number of rounds.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from shared.kernel.errors import InvariantBroken
from shared.kernel.times import SAO_PAULO_OFFSET_MS, local_day
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.gate_model import Exclusion
from shared.wallet.limits import active_ms
from shared.wallet.model import DayUsage, Deposit, Event, Grant, Round
from shared.wallet.opening import check_opening, check_told, opening_of
from shared.wallet.page_rows import Rows, rows_of
from shared.wallet.replay import State
from shared.wallet.replay_gate import Facts, check_rows
from shared.wallet.told import (
    check_closed_hold,
    check_frozen,
    check_hold,
    check_holds,
    check_seed,
    check_seeds,
)
from shared.wallet.upcast import newest_data

_ROUNDS: Final = """
SELECT r.n + a.n, r.settled + a.settled, r.rolled_back + a.rolled_back
FROM (SELECT count(*) AS n, count(settled_seq) AS settled, count(rolled_back_seq) AS rolled_back
      FROM rounds) AS r,
     (SELECT count(*) AS n, coalesce(sum(settled), 0) AS settled,
             coalesce(sum(rolled_back), 0) AS rolled_back FROM closed_rounds) AS a
"""
_USES: Final = ("wagered", "won", "deposited", "bets")
_PLAY: Final = ("play_ms", "last_bet_at")
_ONCE: Final = (
    "BET",
    "WIN",
    "DEPOSIT",
    "WITHDRAWAL_HELD",
    "WITHDRAWAL",
    "WITHDRAWAL_RELEASED",
    "BONUS_CREDIT",
    "BONUS_DEBIT",
    "ADJUSTMENT",
    "RELEASED",
)
"""Types of which no command makes two: a second one belongs to another command."""


@dataclass(slots=True)
class Books:
    """Counters of events, made of JSON values. `days` is by day and use. `undoing` is the round of
    an unfinished rollback and the event that ends it, `answering` an unfinished command: its key
    and moment, the event that ends it, and the types that it may not make again. `last_bet_at` is
    None when the events do not tell: the fold that they follow was made before play was counted,
    and neither do its days say it. `day_offset_ms` is that of the state.
    """

    bets: int = 0
    tombstones: int = 0
    wins: int = 0
    undone: int = 0
    deposits: int = 0
    holds: int = 0
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    undoing: list[Any] | None = None
    day_offset_ms: int = SAO_PAULO_OFFSET_MS
    answering: list[Any] | None = None
    last_bet_at: int | None = 0

    @classmethod
    def of(cls, counters: Facts) -> "Books":
        """Counters that were put away, by this release or an earlier one."""
        return cls(**{"last_bet_at": None, **counters})

    def check(self, sql: Sql, event: Event, data: Facts, rows: Rows, state: State) -> None:
        """Hold an event, already folded into `state`, against the row that it made.

        Raises:
            InvariantBroken: `commands`, `rounds`, `holds`, `deposits`, `gate`, `seeds`, `books` or
                `answered`.
            LookupError, TypeError: when the event does not say what its type must say.
        """
        self.day_offset_ms = state.day_offset_ms
        self._answer(event, rows)
        match event.type:
            case "BET" | "WIN" | "ROLLBACK":
                self._round(event, data, rows)
            case "DEPOSIT":
                self._deposit(event, data, rows.deposits.get(data["deposit_id"]))
            case "WITHDRAWAL_HELD":
                self.holds += 1
                check_hold(event, data, rows.withdrawals.get(data["withdrawal_id"]))
            case "WITHDRAWAL" | "WITHDRAWAL_RELEASED":
                check_closed_hold(event, data, rows.withdrawals.get(data["withdrawal_id"]))
            case "EXCLUDED" | "PAUSED":
                _term(sql, event, data)
            case "SEED_COMMITTED" | "SEED_REVEALED":
                check_seed(sql, event, data, state.seeds_committed)
            case "BOOKS_CLOSED":
                check_told(sql, event, data)
            case "FROZEN" if data["law"] == "answered":
                # The end of the log was cut off once: what was acknowledged there stays lost.
                raise InvariantBroken("answered", "the log was cut")
        if self.undoing is not None and event.seq >= self.undoing[1]:
            self.undoing = None

    def _answer(self, event: Event, rows: Rows) -> None:
        """Every command that came under a key has its answer, at the place of its last event: a
        command whose answer is gone would be carried out again.
        """
        key = event.idempotency_key
        if self.answering is None and key is not None:
            ends_at = next((at for at in rows.answers.get(key, ()) if at >= event.seq), None)
            if ends_at is None:
                raise InvariantBroken("commands", f"the answer to the command {key}")
            self.answering = [key, event.recorded_at, ends_at, []]
        if self.answering is None:
            return
        *command, ends_at, seen = self.answering
        if command != [key, event.recorded_at] or event.type in seen:
            raise InvariantBroken("commands", f"the answer to the command {command[0]}")
        if event.type in _ONCE:
            seen.append(event.type)
        if ends_at == event.seq:
            self.answering = None

    def _round(self, event: Event, data: Facts, rows: Rows) -> None:
        assert event.round_id is not None
        row = rows.rounds.get(event.round_id)
        of = data["of"] if event.type == "ROLLBACK" else ""
        if row is None or not _is_told_by(row, event, data, of):
            raise InvariantBroken("rounds", f"the row of round {event.round_id}")
        match event.type, of:
            case "BET", _:
                self.bets += 1
                self._use(row.opened_at, wagered=event.amount_minor, bets=1)
                self._play(row.opened_at)
            case "WIN", _:
                self.wins += 1
                self._use(event.recorded_at, won=event.amount_minor)
            case _, "BET":
                if self.undoing is not None:
                    raise InvariantBroken("rounds", "two rollbacks at once")
                self.undone += 1
                self.undoing = [row.round_id, row.rolled_back_seq]
                self._use(row.opened_at, wagered=-event.amount_minor, bets=-1)
                if row.settled_at is not None:
                    self._use(row.settled_at, won=-row.payout_minor)
            case _, "WIN":
                if self.undoing is None or self.undoing[0] != row.round_id:
                    raise InvariantBroken("rounds", "a win was taken back without its bet")
            case _:
                self.tombstones += 1

    def _deposit(self, event: Event, data: Facts, row: Deposit | None) -> None:
        made = (event.seq, event.amount_minor, data["end_to_end_id"])
        if row is None or (row.credited_seq, row.amount_minor, row.end_to_end_id) != made:
            raise InvariantBroken("deposits", "the row of a deposit")
        self.deposits += 1
        self._use(event.recorded_at, deposited=event.amount_minor)

    def _use(self, at_ms: int, **uses: int) -> None:
        day = self._day(at_ms)
        for use, amount in uses.items():
            day[use] += amount

    def _play(self, at_ms: int) -> None:
        """A bet: the time since the one before it was play, as `Usage.with_bet` counts it."""
        day = self._day(at_ms)
        if "play_ms" in day:
            day["play_ms"] += active_ms(self.last_bet_at, at_ms) if self.last_bet_at else 0
            day["last_bet_at"] = at_ms
        self.last_bet_at = at_ms

    def _day(self, at_ms: int) -> dict[str, int]:
        """The day that holds `at_ms`; without its play when that cannot be told."""
        told = _USES if self.last_bet_at is None else (*_USES, *_PLAY)
        number = str(local_day(at_ms, self.day_offset_ms))
        return self.days.setdefault(number, dict.fromkeys(told, 0))

    def close(self, sql: Sql, state: State) -> None:
        """Compare the tables with everything that the events up to the last one add up to.

        Raises:
            InvariantBroken: `rounds`, `holds`, `deposits`, `grants`, `gate`, `limits`, `days`,
                `seeds`, `opened`, `frozen`, `books` or `answered`.
        """
        _counted(
            sql,
            "rounds",
            _ROUNDS,
            (self.bets + self.tombstones, self.wins, self.undone + self.tombstones),
        )
        check_holds(sql, state)
        _counted(sql, "holds", "SELECT count(*) FROM withdrawals", (self.holds,))
        _counted(sql, "deposits", "SELECT count(credited_seq) FROM deposits", (self.deposits,))
        _grants(sql, state)
        check_rows(sql, state)
        self._check_days(sql)
        check_seeds(sql, state)
        opened = (state.player_id, state.currency, state.jurisdiction, state.day_offset_ms)
        told = "SELECT player_id, currency, jurisdiction, day_offset_ms FROM meta"
        _counted(sql, "opened", told, opened)
        check_frozen(sql, state)
        self._check_closed(sql, state)
        # Whoever cuts the end of the log off must also forge the answers that point beyond it.
        if sql.query("SELECT 1 FROM commands WHERE seq > ? LIMIT 1", state.seq):
            raise InvariantBroken("answered", "an answer points beyond the end of the log")

    def _check_closed(self, sql: Sql, state: State) -> None:
        books = (state.books_closed, state.closed_seq, state.books_closed)
        statement = "SELECT count(*), coalesce(max(closed_seq), 0), coalesce(max(number), 0) "
        _counted(sql, "books", f"{statement} FROM closed_books", books)
        _counted(sql, "books", "SELECT closed_seq FROM meta", (state.closed_seq,))
        opening = opening_of(sql)
        if opening is None:
            return
        events = check_opening(sql, opening)
        data = [newest_data(event) for event in events]
        rows = rows_of(sql, events, data)
        for event, told in zip(events, data, strict=True):
            row = rows.rounds.get(str(event.round_id))
            if row is None or not _is_told_by(row, event, told, told.get("of", "")):
                raise InvariantBroken("books", f"the row of round {event.round_id}")

    def _check_days(self, sql: Sql) -> None:
        nothing = dict.fromkeys((*_USES, *_PLAY), 0)
        stored = {
            str(row.day): {
                "wagered": row.wagered_minor,
                "won": row.won_minor,
                "deposited": row.deposited_minor,
                "bets": row.bets,
                "play_ms": row.play_ms,
                "last_bet_at": row.last_bet_at,
            }
            for row in tables.find(sql, DayUsage, "FROM daily")
        }
        for day in stored.keys() | self.days.keys():
            row, told = stored.get(day, nothing), self.days.get(day, nothing)
            if {use: row[use] for use in told} != told:
                raise InvariantBroken("days", f"the use of day {day}")


def _is_told_by(row: Round, event: Event, data: Facts, of: str) -> bool:
    """True when the row says what its event says; `of` is what a ROLLBACK undoes."""
    if of == "NONE":
        return (
            row.bet_event_id is None
            and row.opened_seq == row.rolled_back_seq == event.seq
            and row.rolled_back_at == event.recorded_at
        )
    moved = (event.cash_delta, event.bonus_delta, data.get("grants", []))
    stake = (row.stake_cash, row.stake_bonus, json.loads(row.stake_grants))
    payout = (row.payout_cash, row.payout_bonus, json.loads(row.payout_grants))
    match event.type, of:
        case "BET", _:
            made = (row.opened_seq, row.bet_event_id, row.opened_at)
            return made == _made(event) and stake == (-moved[0], -moved[1], moved[2])
        case "WIN", _:
            made_win = (row.settled_seq, row.win_event_id, row.settled_at)
            return made_win == _made(event) and payout == moved
    if row.rolled_back_seq is None or row.rolled_back_at != event.recorded_at:
        return False
    if of == "BET":
        return row.rolled_back_seq >= event.seq and moved == stake
    converted = sum(amount for _, amount in data.get("converted", ()))
    waived = sum(amount for _, amount in data.get("waived", ()))
    return (
        row.rolled_back_seq == event.seq
        and -event.cash_delta == row.payout_cash + converted
        and -event.bonus_delta == row.payout_bonus - converted - waived
    )


def _made(event: Event) -> tuple[int, str, int]:
    return event.seq, event.event_id, event.recorded_at


def _counted(sql: Sql, law: str, statement: str, expected: tuple[object, ...]) -> None:
    if sql.query(statement) != [expected]:
        raise InvariantBroken(law, f"the rows are not {expected}")


def _grants(sql: Sql, state: State) -> None:
    stored = {row.grant_id: grant_facts(row) for row in tables.find(sql, Grant, "FROM grants")}
    balances = sum(grant["balance_minor"] for grant in state.grants.values())
    if stored != state.grants or balances != state.bonus_minor:
        raise InvariantBroken("grants", "the grants")


def _term(sql: Sql, event: Event, data: Facts) -> None:
    made = Exclusion(
        event.seq, event.type.lower(), data["until"], data["source"], event.recorded_at
    )
    if tables.find(sql, Exclusion, "FROM exclusions WHERE seq = ?", event.seq) != [made]:
        raise InvariantBroken("gate", "a pause or an exclusion")


def grant_facts(row: Grant) -> Facts:
    """A row as the replayed state describes it."""
    return {
        "credited_seq": row.credited_seq,
        "credited_minor": row.credited_minor,
        "balance_minor": row.balance_minor,
        "status": row.status,
        "wagered_minor": row.wagered_minor,
        "required_minor": row.required_minor,
        "contributions": json.loads(row.contributions),
        "max_stake_minor": row.max_stake_minor,
        "expires_at": row.expires_at,
        "on_withdrawal": row.on_withdrawal,
    }
