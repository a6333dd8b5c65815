"""How far behind the wallets the projection, the archive and the proofs are, in one answer.

Everything is read from what the jobs leave in D1; nothing asks a wallet. What no table can know,
how many heads are behind at this moment, is answered by what the last sweep had to make up for.
"""

import json
from collections.abc import Mapping
from typing import Final

from shared.kernel.times import rfc3339
from shared.platform.ports import Database, Record, SqlValue
from shared.reporting.stats import conservation_by_currency, projection_lag_ms

WATCHED: Final = (
    "sweep",
    "velocity_scan",
    "conservation",
    "anchors",
    "anchors.nightly",
    "archive",
    "wallet_proofs",
    "dead_letters",
    "rebuild",
)

_COUNTS: Final = """
SELECT (SELECT count(*) FROM projection_heads) AS wallets,
       (SELECT count(*) FROM players AS p WHERE wallet_opened_at IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM projection_heads AS h WHERE h.player_id = p.player_id)) AS heads_missing
"""

_ARCHIVE: Final = """
SELECT (SELECT count(*) FROM archive_queue) AS waiting,
       (SELECT count(*) FROM archive_queue WHERE held = 1) AS held,
       (SELECT min(day) FROM archive_queue WHERE held = 0) AS oldest_waiting_day,
       (SELECT max(day) FROM archive_parts) AS newest_day,
       (SELECT coalesce(sum(rows), 0) FROM archive_parts) AS rows,
       (SELECT count(*) FROM archive_manifests) AS manifests
"""

_ANCHORS: Final = """
SELECT (SELECT max(day) FROM anchors) AS newest_day,
       (SELECT day FROM anchor_runs WHERE stage <> 'done') AS open_day,
       (SELECT stage FROM anchor_runs WHERE stage <> 'done') AS open_stage,
       (SELECT missing FROM anchors ORDER BY day DESC LIMIT 1) AS missing
"""

_RUN: Final = """
SELECT slot, finished_at, outcome FROM job_runs WHERE job = ? ORDER BY slot DESC LIMIT 1
"""


async def projection_health(db: Database, now_ms: int) -> dict[str, object]:
    """The body of `GET /v1/ops/projection`."""
    counts = await _row(db, _COUNTS)
    letters = await db.query("SELECT status, count(*) AS n FROM dead_letters GROUP BY status")
    jobs = [job for name in WATCHED if (job := await _job(db, name))]
    drill = await db.first(
        "SELECT drilled_at, wallets, events, differences FROM drills ORDER BY drill_id DESC LIMIT 1"
    )
    rebuild = await db.first(
        "SELECT rebuild_id, source, status, wallets, events, differences, updated_at "
        "FROM rebuilds ORDER BY rebuild_id DESC LIMIT 1"
    )
    return {
        "lag_ms": await projection_lag_ms(db),
        "wallets": counts["wallets"],
        "heads_missing": counts["heads_missing"],
        "heads_behind": _behind(jobs),
        "dead_letters": {str(letter["status"]): letter["n"] for letter in letters},
        "archive": await _row(db, _ARCHIVE),
        "anchors": await _row(db, _ANCHORS),
        "conservation": await conservation_by_currency(db),
        "last_drill": None if drill is None else _timed(drill, "drilled_at"),
        "last_rebuild": None if rebuild is None else _timed(rebuild, "updated_at"),
        "jobs": jobs,
        "as_of": rfc3339(now_ms),
    }


def _behind(jobs: list[dict[str, object]]) -> object:
    outcome = next((job["outcome"] for job in jobs if job["job"] == "sweep"), None)
    return outcome.get("wallets_behind", 0) if isinstance(outcome, dict) else 0


async def _job(db: Database, name: str) -> dict[str, object] | None:
    row = await db.first(_RUN, name)
    if row is None:
        return None
    return {
        "job": name,
        "slot": _time(row["slot"]),
        "finished_at": _time(row["finished_at"]),
        "outcome": None if row["outcome"] is None else json.loads(str(row["outcome"])),
    }


async def _row(db: Database, statement: str) -> Record:
    row = await db.first(statement)
    assert row is not None
    return row


def _timed(row: Mapping[str, SqlValue], column: str) -> dict[str, object]:
    return {**row, column: _time(row[column])}


def _time(at_ms: SqlValue) -> str | None:
    return rfc3339(at_ms) if isinstance(at_ms, int) else None
