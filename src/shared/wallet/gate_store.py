"""The rows of player protection, read into values.

While the gate is open a bet reads its game session of them, and the rest with the head.
"""

from typing import cast

from shared.kernel.errors import InvariantBroken
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.gate_model import Exclusion, Gate, LimitChange, LoginSession
from shared.wallet.gates import View
from shared.wallet.model import DayUsage, GameSession, Limit


class GateStore:
    """Reads of player protection; every method belongs into a transaction of its caller."""

    __slots__ = ("_sql",)

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def gate(self) -> Gate:
        """The gate of an open wallet."""
        found = tables.find(self._sql, Gate, "FROM gate")
        if not found:
            raise InvariantBroken("gate", "there is no gate")
        return found[0]

    def login(self, session_id: str) -> LoginSession | None:
        found = tables.find(
            self._sql, LoginSession, "FROM login_sessions WHERE session_id = ?", session_id
        )
        return found[0] if found else None

    def game_session(self, session_id: str) -> GameSession | None:
        found = tables.find(
            self._sql, GameSession, "FROM game_sessions WHERE session_id = ?", session_id
        )
        return found[0] if found else None

    def view(self, session_id: str, address: str | None) -> View:
        """Everything that the gate looks at, for the caller of this login session and address."""
        gate = self.gate()
        login = self.login(session_id) if session_id else None
        played = self.game_session(login.game_session_id or "") if login is not None else None
        wagered_minor, won_minor = self.lifetime()
        return View(
            gate=gate,
            rules=gate.read_rules(),
            facts=gate.read_facts(),
            session_id=session_id,
            address=address,
            login=login,
            active_at=max(
                login.last_active_at if login is not None else 0,
                played.last_active_at if played is not None else 0,
            ),
            wagered_minor=wagered_minor,
            won_minor=won_minor,
        )

    def lifetime(self) -> tuple[int, int]:
        """What the wallet has wagered and won since it was opened, less what was undone."""
        rows = self._sql.query(
            "SELECT coalesce(sum(wagered_minor), 0), coalesce(sum(won_minor), 0) FROM daily"
        )
        return cast("tuple[int, int]", rows[0])

    def last_activity_at(self) -> int:
        """When anybody was last active with this wallet; 0 for never."""
        rows = self._sql.query(
            "SELECT max(coalesce((SELECT max(last_active_at) FROM login_sessions), 0), "
            "coalesce((SELECT max(last_bet_at) FROM daily), 0))"
        )
        return cast("int", rows[0][0])

    def limit_change(self, kind: str, period: str) -> LimitChange | None:
        """The looser limit of this kind and period that waits."""
        found = tables.find(
            self._sql,
            LimitChange,
            "FROM limit_changes WHERE kind = ? AND period = ?",
            kind,
            period,
        )
        return found[0] if found else None

    def limits(self) -> list[Limit]:
        """The limits of both sources."""
        return tables.find(self._sql, Limit, "FROM limits ORDER BY source, kind, period")

    def limit_changes(self) -> list[LimitChange]:
        return tables.find(self._sql, LimitChange, "FROM limit_changes ORDER BY kind, period")

    def exclusions(self, limit: int) -> list[Exclusion]:
        """Pauses and exclusions, newest first."""
        return tables.find(
            self._sql,
            Exclusion,
            "FROM exclusions ORDER BY seq DESC LIMIT CAST(? AS INTEGER)",
            limit,
        )

    def last_exclusion(self, kind: str) -> Exclusion | None:
        """The newest exclusion or pause."""
        found = tables.find(
            self._sql, Exclusion, "FROM exclusions WHERE kind = ? ORDER BY seq DESC LIMIT 1", kind
        )
        return found[0] if found else None

    def has_stopped(self, kind: str, seq: int, now_ms: int) -> bool:
        """True when the player, and not the house, made a term of this kind after the event `seq`,
        or one that still runs.
        """
        found = (
            "SELECT 1 FROM exclusions WHERE kind = ? AND source = 'player' "
            "AND (seq > ? OR until IS NULL OR until > ?) LIMIT 1"
        )
        return bool(self._sql.query(found, kind, seq, now_ms))

    def tightened_after(self, seq: int) -> list[Limit]:
        """The player's limits as they are now that were made tighter after the event `seq`."""
        return tables.find(
            self._sql,
            Limit,
            "FROM limits WHERE source = 'player' AND EXISTS (SELECT 1 FROM events WHERE seq > ? "
            "AND type = 'LIMIT_CHANGED' AND data ->> 'source' = 'player' AND data ->> 'tighter' = 1"
            " AND data ->> 'kind' = limits.kind AND data ->> 'period' = limits.period)",
            seq,
        )

    def days_since(self, day: int) -> list[DayUsage]:
        """What each regulatory day from `day` on has seen."""
        return tables.find(self._sql, DayUsage, "FROM daily WHERE day >= ? ORDER BY day", day)
