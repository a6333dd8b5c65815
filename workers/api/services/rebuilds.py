"""The desk's side of rebuilding the projection: asked for here, done by the cron Worker's ticks."""

from typing import Final, Literal

from services.audit import Action
from services.container import House
from services.desk_requests import DeskRequest, once
from services.rows import integer
from shared.audit.errors import REBUILD_NOT_FOUND, REBUILD_RUNNING
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import rfc3339
from shared.platform.ports import Statement

DIFFERENCES_SHOWN: Final = 100

_BEGIN: Final = """
INSERT INTO rebuilds (rebuild_id, source, swap, stage, status, cursor, wallets, events, differences,
                      unavailable, detail, asked_by, created_at, updated_at)
VALUES (?, ?, ?, 'clear', 'running', '', 0, 0, 0, 0, NULL, ?, ?, ?)
"""


async def ask_rebuild(
    house: House,
    actor: Principal,
    key: str,
    source: Literal["wallets", "archive"],
    now_ms: int,
    *,
    swap: bool,
) -> tuple[str, bool]:
    """Begin a rebuild; its id, and True when this request began it before.

    Raises:
        Rejected: REBUILD_RUNNING, IDEMPOTENCY_KEY_CONFLICT.
    """
    rebuild_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))

    async def plan() -> Action:
        if await house.db.first("SELECT 1 AS one FROM rebuilds WHERE status = 'running'"):
            raise Rejected(REBUILD_RUNNING, "Another rebuild is running: wait until it has ended.")
        row = (rebuild_id, source, int(swap), actor.subject_id, now_ms, now_ms)
        told = {"source": source, "swap": swap}
        return Action("projection.rebuild", rebuild_id, told, (Statement(_BEGIN, row),))

    request = DeskRequest(actor, key, f"projection.rebuild {source} {int(swap)}")
    return await once(house, request, now_ms, plan)


async def rebuild_report(house: House, rebuild_id: str) -> dict[str, object]:
    """How far a rebuild is, and what it found.

    Raises:
        Rejected: REBUILD_NOT_FOUND.
    """
    row = await house.db.first("SELECT * FROM rebuilds WHERE rebuild_id = ?", rebuild_id)
    if row is None:
        raise Rejected(REBUILD_NOT_FOUND, "There is no such rebuild.")
    differences = await house.db.query(
        "SELECT player_id, seq, side FROM rebuild_differences WHERE rebuild_id = ? "
        "ORDER BY player_id, seq LIMIT ?",
        rebuild_id,
        DIFFERENCES_SHOWN,
    )
    kept = ("rebuild_id", "source", "stage", "status", "wallets", "events", "unavailable", "detail")
    return {
        **{name: row[name] for name in kept},
        "swap": row["swap"] == 1,
        "difference_count": row["differences"],
        "created_at": rfc3339(integer(row["created_at"])),
        "updated_at": rfc3339(integer(row["updated_at"])),
        "differences": differences,
    }
