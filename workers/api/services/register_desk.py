"""What the desk sees of the registers: runs, questions, standings, cases; and its one order."""

from typing import Final

from services.audit import Action, carry_out
from services.container import House
from services.register_sweep import overdue
from services.rows import AFTER_EVERY_ID, integer
from shared.identity.model import Principal
from shared.platform.ports import Record, Statement

_AFTER_EVERY_DAY: Final = "9999-99-99"
_OUTAGES_SHOWN: Final = 20

_RUNS: Final = """
SELECT * FROM register_runs WHERE day IN (
  SELECT DISTINCT day FROM register_runs WHERE day < ? ORDER BY day DESC LIMIT CAST(? AS INTEGER))
ORDER BY day DESC, register
"""
_LENGTHS: Final = """
SELECT coalesce(sum(next_at <= ?), 0) AS due, coalesce(sum(status = 'pending'), 0) AS waiting
FROM register_standings WHERE next_at IS NOT NULL
"""
_EVERYBODY: Final = """
UPDATE register_standings SET next_at = min(next_at, ?) WHERE next_at IS NOT NULL
"""


async def runs_before(house: House, day: str | None, limit: int) -> list[Record]:
    """The runs of the last `limit` days before `day`, newest first."""
    return await house.db.query(_RUNS, day or _AFTER_EVERY_DAY, limit)


async def queue_lengths(house: House, now_ms: int) -> dict[str, int]:
    """How many people are due, wait for an answer, and have one that is too old."""
    row = await house.db.first(_LENGTHS, now_ms)
    assert row is not None
    lengths = {name: integer(row[name]) for name in ("due", "waiting")}
    return {**lengths, "overdue": await overdue(house, now_ms)}


async def outages(house: House) -> list[Record]:
    """The last outages of registers, those that go on first."""
    return await house.db.query(
        "SELECT * FROM control_outages WHERE control GLOB 'register:*'"
        " ORDER BY ended_at IS NOT NULL, began_at DESC LIMIT CAST(? AS INTEGER)",
        _OUTAGES_SHOWN,
    )


async def ask_everybody(house: House, actor: Principal, reason: str, now_ms: int) -> int:
    """Make everybody due; how many are. The order stands in the log of actions."""

    async def plan() -> Action:
        everybody = Statement(_EVERYBODY, (now_ms,))
        return Action("registers.ask_everybody", "registers", {"reason": reason}, (everybody,))

    await carry_out(house, actor, now_ms, plan)
    return (await queue_lengths(house, now_ms))["due"]


async def checks_before(
    house: House, player_id: str | None, check_id: str | None, limit: int
) -> list[Record]:
    """Questions about a player, or about everybody, newest first."""
    before = check_id or AFTER_EVERY_ID
    if player_id is None:
        return await house.db.query(
            "SELECT * FROM register_checks WHERE check_id < ?"
            " ORDER BY check_id DESC LIMIT CAST(? AS INTEGER)",
            before,
            limit,
        )
    return await house.db.query(
        "SELECT * FROM register_checks WHERE player_id = ? AND check_id < ?"
        " ORDER BY check_id DESC LIMIT CAST(? AS INTEGER)",
        player_id,
        before,
        limit,
    )


async def standings_of(house: House, player_id: str) -> list[Record]:
    """What is known of a player at each register."""
    return await house.db.query(
        "SELECT * FROM register_standings WHERE player_id = ? ORDER BY register", player_id
    )


async def impediments_of(house: House, player_id: str) -> list[Record]:
    """Every impediment that was ever found, those in force first."""
    return await house.db.query(
        "SELECT * FROM impediments WHERE player_id = ?"
        " ORDER BY ended_at IS NOT NULL, found_at DESC, reason",
        player_id,
    )


async def cases_before(
    house: House, player_id: str | None, case_id: str | None, limit: int, *, open_only: bool
) -> list[Record]:
    """Off-boardings, newest first; with `open_only` those in which something is left to do."""
    return await house.db.query(
        "SELECT o.*, p.jurisdiction, p.kyc_status"
        " FROM offboardings o JOIN players p USING (player_id)"
        " WHERE o.case_id < ?1 AND (?2 IS NULL OR o.player_id = ?2)"
        " AND (?3 = 0 OR o.next_at IS NOT NULL)"
        " ORDER BY o.case_id DESC LIMIT CAST(?4 AS INTEGER)",
        case_id or AFTER_EVERY_ID,
        player_id,
        int(open_only),
        limit,
    )
