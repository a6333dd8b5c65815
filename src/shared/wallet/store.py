"""The wallet's SQLite, read into values: one statement for each thing that a command must know.

Nothing is decided here. Reads on the path of a bet are few and each is one index look-up: the
command, the head with the caller's session, the game session with the seed in use, the limits with
what the calendar windows have used of them.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from shared.kernel.errors import InvariantBroken
from shared.kernel.times import SAO_PAULO_OFFSET_MS, local_day
from shared.kernel.values import value
from shared.wallet import tables
from shared.wallet.gate_model import FOREVER, NEVER
from shared.wallet.gate_store import GateStore
from shared.wallet.gates import IDLE_SESSION_MS, PLACE_VALID_MS
from shared.wallet.limits import Totals, Usage, windows_at
from shared.wallet.marks import mark
from shared.wallet.model import (
    GENESIS_HASH,
    DayUsage,
    Deposit,
    Event,
    Grant,
    Head,
    Limit,
    Round,
    Seed,
    Withdrawal,
)
from shared.wallet.verify import (
    WHOLE,
    forget_full_proof,
    fully_proved_seq,
    own_length,
    verify,
)

_ACTIVE_AT: Final = "max(l.last_active_at, coalesce(s.last_active_at, 0))"
_HEAD: Final = f"""
SELECT m.player_id, m.currency, m.jurisdiction, m.clock_offset_ms, m.frozen_law,
       e.seq, e.hash, e.cash_after, e.bonus_after, e.held_after, e.recorded_at, m.closed_seq,
       m.day_offset_ms,
       max(g.excluded_until, g.paused_until),
       CASE WHEN g.intervention IS NULL THEN g.facts_until ELSE {NEVER} END,
       CASE WHEN ?1 = '' THEN {FOREVER}
            WHEN l.revoked_at IS NOT NULL THEN {NEVER}
            ELSE min(
              g.reality_due_at,
              CASE WHEN g.asks_session = 0 THEN {FOREVER}
                   ELSE coalesce({_ACTIVE_AT} + {IDLE_SESSION_MS + 1}, {NEVER}) END,
              CASE WHEN g.asks_place = 0 THEN {FOREVER}
                   WHEN l.place_verdict = 'inside' THEN l.place_checked_at + {PLACE_VALID_MS + 1}
                   ELSE {NEVER} END) END,
       CASE WHEN g.asks_place = 1 THEN l.place_address END,
       CASE WHEN l.session_id IS NOT NULL THEN coalesce(l.game_session_id, '') END,
       l.revoked_at IS NOT NULL
FROM meta m, gate g, events e
LEFT JOIN login_sessions l ON l.session_id = ?1
LEFT JOIN game_sessions s ON s.session_id = l.game_session_id
WHERE m.id = 1 AND g.id = 1 ORDER BY e.seq DESC LIMIT 1
"""  # noqa: S608 - numbers of ours

_LAST: Final = f"""
SELECT m.player_id, m.currency, m.jurisdiction, m.clock_offset_ms, m.frozen_law,
       coalesce(e.seq, 0), coalesce(e.hash, '{GENESIS_HASH}'), coalesce(e.cash_after, 0),
       coalesce(e.bonus_after, 0), coalesce(e.held_after, 0), coalesce(e.recorded_at, 0),
       m.closed_seq
FROM meta m LEFT JOIN events e ON true WHERE m.id = 1 ORDER BY e.seq DESC LIMIT 1
"""  # noqa: S608 - a constant of ours
_STANDING: Final = """
SELECT EXISTS (SELECT 1 FROM events), EXISTS (SELECT 1 FROM gate) FROM meta
"""

_SUMS: Final = ", ".join(
    f"coalesce(sum({column}) FILTER (WHERE day >= {first}), 0)"
    for first in ("?1", "?2", "?3")
    for column in ("wagered_minor", "won_minor", "deposited_minor", "bets", "play_ms")
)
_PROTECTION: Final = f"""
SELECT (SELECT json_group_array(json_array(kind, period, value, source)) FROM limits),
       coalesce(max(last_bet_at), 0), {_SUMS}
FROM daily WHERE day >= min(CAST(?1 AS INTEGER) - 1, ?2, ?3)
"""  # noqa: S608 - names of ours


@value
class StoredAnswer:
    """What was answered under an idempotency key, and to which request."""

    request_hash: str
    status: int
    body: str


class Store(GateStore):
    """Reads and writes of one wallet; every method belongs into a transaction of its caller."""

    __slots__ = ()

    # Answers that were given

    def answer_to(self, key: str) -> StoredAnswer | None:
        rows = self._sql.query(
            "SELECT request_hash, status, response FROM commands WHERE idempotency_key = ?", key
        )
        return StoredAnswer(*cast("tuple[Any, ...]", rows[0])) if rows else None

    def archived_answer(self, key: str) -> tuple[str, int] | None:
        """Of a command in closed books: the first half of its request's hash, and its book."""
        rows = self._sql.query(
            "SELECT lower(hex(request)), book FROM closed_keys WHERE slot = ?", mark(key)
        )
        return cast("tuple[str, int]", rows[0]) if rows else None

    def remember(self, key: str, request_hash: str, status: int, body: str, seq: int) -> None:
        self._sql.execute(
            "INSERT INTO commands (idempotency_key, request_hash, status, response, seq) "
            "VALUES (?, ?, ?, ?, ?)",
            key,
            request_hash,
            status,
            body,
            seq,
        )

    # The wallet itself

    def opening(self) -> tuple[str, str] | None:
        """Hash of the request that opened the wallet, and the body that answered it."""
        rows = self._sql.query("SELECT opening_hash, opening_body FROM meta WHERE id = 1")
        return cast("tuple[str, str]", rows[0]) if rows else None

    def open(self, head: Head, opening_hash: str, opening_body: str) -> None:
        self._sql.execute(
            "INSERT INTO meta (id, player_id, currency, jurisdiction, day_offset_ms, opening_hash, "
            "opening_body) VALUES (1, ?, ?, ?, ?, ?, ?)",
            head.player_id,
            head.currency,
            head.jurisdiction,
            head.day_offset_ms,
            opening_hash,
            opening_body,
        )

    def head(self, session_id: str) -> Head | None:
        """The head as a caller of the login session `session_id` finds it; None before `open`.

        Raises:
            InvariantBroken: `gapless` or `gate`, when an open wallet has lost its log or its gate.
        """
        rows = self._sql.query(_HEAD, session_id)
        if not rows:
            self._refuse_torn()
            return None
        *columns, revoked = rows[0]
        values: tuple[Any, ...] = (*columns, revoked == 1)
        return Head(*values)

    def last_head(self) -> Head | None:
        """The head as `meta` and the log alone tell it, which is what a torn wallet still has: its
        `seq` is 0 when the log is gone, and nothing in it is a permission. None before `open`.
        """
        rows = self._sql.query(_LAST)
        return Head(*cast("tuple[Any, ...]", rows[0])) if rows else None

    def _refuse_torn(self) -> None:
        rows = self._sql.query(_STANDING)
        if rows:
            missing = "gate" if rows[0][0] else "gapless"
            raise InvariantBroken(missing, "an open wallet has lost its gate or its log")

    def freeze(self, law: str) -> None:
        """Freeze under the name of a law. What was proved before is no proof for a release."""
        self._sql.execute("UPDATE meta SET frozen_law = ? WHERE id = 1", law)
        forget_full_proof(self._sql)

    def release(self) -> None:
        self._sql.execute("UPDATE meta SET frozen_law = NULL WHERE id = 1")

    def advance_clock(self, offset_ms: int) -> None:
        self._sql.execute("UPDATE meta SET clock_offset_ms = ? WHERE id = 1", offset_ms)

    def broken_law(self) -> str | None:
        """The first law that does not hold now. A long wallet must have had a full proof that ended
        after it was frozen; until then the law is `unproven`.
        """
        # A freeze that the log did not take left no event, only no proof.
        frozen = self._sql.query("SELECT coalesce(max(seq), 1) FROM events WHERE type = 'FROZEN'")
        is_proved = fully_proved_seq(self._sql) >= cast("int", frozen[0][0])
        if own_length(self._sql) > WHOLE and not is_proved:
            return "unproven"
        verdict = verify(self._sql)
        return verdict.law if verdict.is_complete else "unproven"

    # What commands are decided on

    def seed(self) -> Seed:
        """The seed in use."""
        found = tables.find(self._sql, Seed, "FROM seeds ORDER BY number DESC LIMIT 1")
        if not found:
            raise InvariantBroken("seeds", "an open wallet has no seed")
        return found[0]

    def revealed_seeds(self, limit: int) -> list[Seed]:
        return tables.find(
            self._sql,
            Seed,
            "FROM seeds WHERE revealed_at IS NOT NULL ORDER BY number DESC "
            "LIMIT CAST(? AS INTEGER)",
            limit,
        )

    def protection(self, now_ms: int, day_offset_ms: int) -> tuple[tuple[Limit, ...], Usage]:
        """The limits, and what today, this week and this month have used of them."""
        windows = windows_at(now_ms, day_offset_ms)
        row = self._sql.query(_PROTECTION, windows.day, windows.week, windows.month)[0]
        limits, last_bet_at, *sums = cast("tuple[Any, ...]", row)
        daily, weekly, monthly = (Totals(*sums[start : start + 5]) for start in (0, 5, 10))
        today = DayUsage(
            windows.day,
            daily.wagered_minor,
            daily.won_minor,
            daily.deposited_minor,
            daily.bets,
            daily.play_ms,
            last_bet_at if local_day(last_bet_at, day_offset_ms) == windows.day else 0,
        )
        return (
            tuple(Limit(*limit) for limit in json.loads(limits)),
            Usage(today, daily, weekly, monthly, last_bet_at),
        )

    def day(self, at_ms: int, day_offset_ms: int) -> DayUsage:
        """The row of the wallet's day that holds `at_ms`."""
        day = local_day(at_ms, day_offset_ms)
        found = tables.find(self._sql, DayUsage, "FROM daily WHERE day = ?", day)
        return found[0] if found else DayUsage(day)

    def grants(self) -> list[Grant]:
        """All grants, oldest first."""
        return tables.find(self._sql, Grant, "FROM grants ORDER BY credited_seq")

    def active_grants(self) -> list[Grant]:
        """The grants that a stake may use, oldest first; every other one holds nothing."""
        return tables.find(
            self._sql, Grant, "FROM grants WHERE status = 'active' ORDER BY credited_seq"
        )

    def has_staked_cash(self) -> bool:
        """True when a bet with cash was placed and stands."""
        return bool(
            self._sql.query(
                "SELECT 1 FROM rounds WHERE bet_event_id IS NOT NULL AND rolled_back_seq IS NULL "
                "AND stake_cash > 0 UNION ALL SELECT 1 FROM closed_books WHERE staked_cash = 1 "
                "LIMIT 1"
            )
        )

    def round(self, round_id: str, closed_seq: int) -> Round | None:
        """A round; of one that is over in closed books (up to `closed_seq`) only that it is."""
        found = tables.find(self._sql, Round, "FROM rounds WHERE round_id = ?", round_id)
        if found and not (closed_seq and found[0].is_over_at(closed_seq)):
            return found[0]
        is_archived = found or (
            closed_seq
            and self._sql.query("SELECT 1 FROM closed_rounds WHERE round = ?", mark(round_id))
        )
        return archived_round(round_id) if is_archived else None

    def rounds_before(self, opened_seq: int, limit: int, closed_seq: int) -> list[Round]:
        """Rounds that had a bet, newest first, but for those that are over in closed books."""
        return tables.find(
            self._sql,
            Round,
            "FROM rounds WHERE opened_seq < ?1 AND bet_event_id IS NOT NULL AND (opened_seq > ?2 "
            "OR coalesce(rolled_back_seq, settled_seq) IS NULL "
            "OR max(coalesce(settled_seq, 0), coalesce(rolled_back_seq, 0)) > ?2) "
            "ORDER BY opened_seq DESC LIMIT CAST(?3 AS INTEGER)",
            opened_seq,
            closed_seq,
            limit,
        )

    def deposit(self, deposit_id: str) -> Deposit | None:
        found = tables.find(self._sql, Deposit, "FROM deposits WHERE deposit_id = ?", deposit_id)
        return found[0] if found else None

    def is_credited(self, end_to_end_id: str) -> bool:
        """True when the payment has credited a deposit."""
        return bool(
            self._sql.query("SELECT 1 FROM deposits WHERE end_to_end_id = ?", end_to_end_id)
        )

    def pending_deposits_minor(self, expired_ms: int) -> int:
        """What requests still expect that were not credited and whose codes expire after
        `expired_ms`.
        """
        rows = self._sql.query(
            "SELECT coalesce(sum(amount_minor), 0) FROM deposits "
            "WHERE credited_seq IS NULL AND expires_at > ?",
            expired_ms,
        )
        return cast("int", rows[0][0])

    def withdrawal(self, withdrawal_id: str) -> Withdrawal | None:
        found = tables.find(
            self._sql, Withdrawal, "FROM withdrawals WHERE withdrawal_id = ?", withdrawal_id
        )
        return found[0] if found else None

    # The log

    def event(self, seq: int) -> Event:
        found = tables.events(self._sql, "WHERE seq = ?", seq)
        if not found:
            raise InvariantBroken("gapless", f"there is no event {seq}")
        return found[0]

    def events_at(self, seqs: Sequence[int]) -> dict[int, Event]:
        """The events at these places, at most 100 of them."""
        if not seqs:
            return {}
        places = ", ".join("?" * len(seqs))
        return {
            event.seq: event
            for event in tables.events(self._sql, f"WHERE seq IN ({places})", *seqs)
        }

    def events_before(self, seq: int, limit: int, closed_seq: int) -> list[Event]:
        return tables.events(
            self._sql,
            "WHERE seq < ? AND seq > ? ORDER BY seq DESC LIMIT CAST(? AS INTEGER)",
            seq,
            closed_seq,
            limit,
        )

    def events_from(self, seq: int, limit: int) -> list[Event]:
        return tables.events(
            self._sql, "WHERE seq >= ? ORDER BY seq LIMIT CAST(? AS INTEGER)", seq, limit
        )


def head_before_opening(
    player_id: str, currency: str, jurisdiction: str, day_offset_ms: int = SAO_PAULO_OFFSET_MS
) -> Head:
    """The head that the first event follows."""
    return Head(
        player_id=player_id,
        currency=currency,
        jurisdiction=jurisdiction,
        clock_offset_ms=0,
        frozen_law=None,
        seq=0,
        hash=GENESIS_HASH,
        cash_minor=0,
        bonus_minor=0,
        held_minor=0,
        recorded_at=0,
        day_offset_ms=day_offset_ms,
    )


def archived_round(round_id: str) -> Round:
    """What is left of a round in closed books."""
    return Round(
        round_id=round_id,
        opened_seq=0,
        settled_seq=None,
        rolled_back_seq=None,
        stake_cash=0,
        stake_bonus=0,
        stake_grants="[]",
        payout_cash=0,
        payout_bonus=0,
        payout_grants="[]",
        bet_event_id=None,
        win_event_id=None,
        opened_at=0,
        settled_at=None,
        rolled_back_at=None,
    )
