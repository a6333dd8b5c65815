"""What `markers_of_harm` reads of D1, some players at a time, and the transaction of each of them.

Reads are one statement for the whole slice. A player's results are written together or not at all,
and only while the place from which their events were counted still stands: of two runs that counted
the same events one writes, the other starts again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.records import integer, text
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS
from shared.platform.ports import Database, Record, Statement
from shared.protection.model import Day, Hit, PlayEvent
from shared.protection.state import State, decoded_day, decoded_state

EVENTS_PER_VISIT: Final = 400
DAYS_READ: Final = 92
"""The longest window is that of the VIP rules, 90 days."""

_RARE: Final = (
    "('ROLLBACK', 'WITHDRAWAL_RELEASED', 'LIMIT_CHANGED', 'LIMIT_REQUESTED', 'EXCLUDED', 'PAUSED',"
    " 'INTERVENTION_ACKNOWLEDGED')"
)

_AHEAD: Final = """
SELECT h.player_id, h.updated_at FROM projection_heads AS h
JOIN players AS p ON p.player_id = h.player_id
LEFT JOIN harm_players AS f ON f.player_id = h.player_id
WHERE h.updated_at >= ?1 AND h.seq > coalesce(f.seq, 0)
ORDER BY h.updated_at, h.player_id LIMIT CAST(?2 AS INTEGER)
"""

_DUE: Final = """
SELECT player_id FROM harm_players WHERE look_at <= ?1
ORDER BY look_at LIMIT CAST(?2 AS INTEGER)
"""

_FAILED_DEPOSITS: Final = """
SELECT DISTINCT player_id FROM deposits
WHERE status IN ('refunded', 'expired') AND expires_at > ?1 AND expires_at <= ?2
ORDER BY player_id LIMIT CAST(?3 AS INTEGER)
"""

_STANDINGS: Final = """
SELECT p.player_id, p.birth_date, p.jurisdiction, p.currency, p.vip_tier, p.wallet_opened_at,
       coalesce(f.seq, 0) AS seq, coalesce(f.state, '{}') AS state, coalesce(f.hits, '{}') AS hits,
       coalesce(f.level, 'none') AS level, f.look_at, v.judged_on, i.monthly_minor,
       (SELECT h.seq FROM projection_heads AS h WHERE h.player_id = p.player_id) AS head_seq,
       (SELECT json_group_array(d.requested_at) FROM deposits AS d
        WHERE d.player_id = p.player_id AND d.requested_at > ?2
          AND d.status IN ('refunded', 'expired')) AS failed_deposits,
       (SELECT json_group_array(c.noted_at) FROM support_contacts AS c
        WHERE c.player_id = p.player_id AND c.noted_at > ?2
          AND json_array_length(c.flags) > 0) AS contacts,
       (SELECT json_group_array(json_object(
          'id', t.intervention_id, 'origin', t.origin, 'level', t.level, 'at', t.taken_at,
          'on', t.taken_on, 'action', t.action, 'stops_bonus', t.blocks_bonus,
          'has_7', t.outcome_7 IS NOT NULL, 'has_30', t.outcome_30 IS NOT NULL))
        FROM interventions AS t
        WHERE t.player_id = p.player_id
          AND (t.taken_at > ?2 OR (t.outcome_30 IS NULL AND t.action <> 'lift'))) AS interventions
FROM json_each(?1) AS wanted
JOIN players AS p ON p.player_id = wanted.value
LEFT JOIN harm_players AS f ON f.player_id = p.player_id
LEFT JOIN vip_standings AS v ON v.player_id = p.player_id
LEFT JOIN declared_incomes AS i ON i.player_id = p.player_id
"""

_DAYS: Final = """
SELECT d.player_id, d.day, d.facts FROM json_each(?1) AS wanted
JOIN harm_days AS d ON d.player_id = wanted.value ->> 0 AND d.day >= wanted.value ->> 1
"""

# `seq` has no gaps, so a range of it is a bounded number of events.
_EVENTS: Final = f"""
SELECT e.player_id, e.seq, e.type, e.recorded_at, e.amount_minor, e.cash_delta,
       e.cash_after + e.bonus_after AS spendable_after, e.round_id, e.data ->> 'game_id' AS game_id,
       CASE WHEN e.type IN {_RARE} THEN e.data ELSE '{{}}' END AS facts
FROM json_each(?1) AS wanted
JOIN wallet_events AS e ON e.player_id = wanted.value ->> 0
 AND e.seq > wanted.value ->> 1 AND e.seq <= wanted.value ->> 1 + CAST(?2 AS INTEGER)
ORDER BY e.player_id, e.seq
"""  # noqa: S608 - built from constants of this module, at import

# Its primary key or its CHECK refuses the row, and with it the whole transaction.
_STANDS: Final = """
INSERT INTO harm_players (player_id, seq)
SELECT ?1, -1 WHERE NOT EXISTS (SELECT 1 FROM harm_players WHERE player_id = ?1 AND seq = ?2)
"""
_BEGIN: Final = "INSERT OR IGNORE INTO harm_players (player_id) VALUES (?)"
_STORE_DAYS: Final = """
INSERT INTO harm_days (player_id, day, facts)
SELECT ?1, d.value ->> 0, d.value ->> 1 FROM json_each(?2) AS d WHERE true
ON CONFLICT (player_id, day) DO UPDATE SET facts = excluded.facts
"""
_MOVE: Final = """
UPDATE harm_players
SET seq = ?2, state = ?3, look_at = CASE WHEN look_at IS ?4 THEN ?5 ELSE look_at END
WHERE player_id = ?1
"""


@dataclass(frozen=True, slots=True)
class Done:
    """An intervention of the past."""

    intervention_id: str
    origin: str
    level: str
    at_ms: int
    on: int
    action: str
    stops_bonus: bool
    has_outcome: Mapping[int, bool]


@dataclass(frozen=True, slots=True)
class Standing:
    """A player as D1 knows them before a visit."""

    player_id: str
    born: str
    jurisdiction: str
    currency: str
    vip_tier: str
    wallet_opened_at: int
    state: State
    base_seq: int
    hits: dict[str, Hit]
    level: str
    look_at: int | None
    judged_on: int | None
    income_minor: int | None
    head_seq: int
    failed_deposits: tuple[int, ...]
    contacts: tuple[int, ...]
    interventions: tuple[Done, ...]


async def players_ahead(db: Database, since_ms: int, limit: int) -> list[tuple[str, int]]:
    """Players with events that are not counted yet, and when those arrived, oldest first."""
    records = await db.query(_AHEAD, since_ms, limit)
    return [(text(record, "player_id"), integer(record, "updated_at")) for record in records]


async def players_due(db: Database, now_ms: int, limit: int) -> list[str]:
    """Players whose time has come: a contact was noted, or a score fades."""
    return [text(record, "player_id") for record in await db.query(_DUE, now_ms, limit)]


async def players_with_failed_deposits(
    db: Database, since_ms: int, until_ms: int, limit: int
) -> list[str]:
    """Players of whom a deposit failed that would have ended in this time."""
    records = await db.query(_FAILED_DEPOSITS, since_ms, until_ms, limit)
    return [text(record, "player_id") for record in records]


async def standings_of(db: Database, players: Sequence[str], now_ms: int) -> dict[str, Standing]:
    """Each player's standing; unknown ones are left out."""
    since_ms = now_ms - 60 * DAY_MS
    records = await db.query(_STANDINGS, canonical_json(list(players)), since_ms)
    return {text(record, "player_id"): _standing(record) for record in records}


def _standing(record: Record) -> Standing:
    hits = json.loads(text(record, "hits"))
    opened = record["wallet_opened_at"]
    return Standing(
        player_id=text(record, "player_id"),
        born=text(record, "birth_date"),
        jurisdiction=text(record, "jurisdiction"),
        currency=text(record, "currency"),
        vip_tier=text(record, "vip_tier"),
        wallet_opened_at=opened if isinstance(opened, int) else 0,
        state=decoded_state(text(record, "state")),
        base_seq=integer(record, "seq"),
        hits={marker: Hit(at_ms=at_ms, values=values) for marker, (at_ms, values) in hits.items()},
        level=text(record, "level"),
        look_at=_optional(record, "look_at"),
        judged_on=_optional(record, "judged_on"),
        income_minor=_optional(record, "monthly_minor"),
        head_seq=_optional(record, "head_seq") or 0,
        failed_deposits=tuple(json.loads(text(record, "failed_deposits"))),
        contacts=tuple(json.loads(text(record, "contacts"))),
        interventions=tuple(
            Done(
                done["id"],
                done["origin"],
                done["level"],
                done["at"],
                done["on"],
                done["action"],
                bool(done["stops_bonus"]),
                {days: bool(done[f"has_{days}"]) or done["action"] == "lift" for days in (7, 30)},
            )
            for done in json.loads(text(record, "interventions"))
        ),
    )


def _optional(record: Record, column: str) -> int | None:
    return None if record[column] is None else integer(record, column)


async def days_of(db: Database, since: Mapping[str, int]) -> dict[str, dict[int, Day]]:
    """The days of each player from the given one on."""
    found: dict[str, dict[int, Day]] = {player_id: {} for player_id in since}
    wanted = canonical_json([[player_id, day] for player_id, day in since.items()])
    for record in await db.query(_DAYS, wanted):
        day = integer(record, "day")
        found[text(record, "player_id")][day] = decoded_day(day, text(record, "facts"))
    return found


async def events_of(db: Database, after: Mapping[str, int]) -> dict[str, list[PlayEvent]]:
    """The next events of each player, in order, at most EVENTS_PER_VISIT."""
    found: dict[str, list[PlayEvent]] = {player_id: [] for player_id in after}
    wanted = canonical_json([[player_id, seq] for player_id, seq in after.items()])
    for record in await db.query(_EVENTS, wanted, EVENTS_PER_VISIT):
        found[text(record, "player_id")].append(
            PlayEvent(
                seq=integer(record, "seq"),
                type=text(record, "type"),
                at_ms=integer(record, "recorded_at"),
                amount_minor=integer(record, "amount_minor"),
                cash_delta=integer(record, "cash_delta"),
                spendable_after_minor=integer(record, "spendable_after"),
                round_id=None if record["round_id"] is None else text(record, "round_id"),
                game_id=None if record["game_id"] is None else text(record, "game_id"),
                facts=json.loads(text(record, "facts")),
            )
        )
    return found


async def store_visit(
    db: Database,
    standing: Standing,
    state_text: str,
    seq: int,
    days: Iterable[tuple[int, str]],
    look_at: int | None,
    statements: Sequence[Statement],
) -> None:
    """Write the visit of one player.

    Raises:
        SqlConstraintError: somebody else counted these events meanwhile; nothing was written.
    """
    player_id = standing.player_id
    await db.batch(
        [
            Statement(_BEGIN, (player_id,)),
            Statement(_STANDS, (player_id, standing.base_seq)),
            Statement(_STORE_DAYS, (player_id, canonical_json([list(day) for day in days]))),
            Statement(_MOVE, (player_id, seq, state_text, standing.look_at, look_at)),
            *statements,
        ]
    )


async def has_moved(db: Database, standing: Standing) -> bool:
    """True when events of this player were counted since the standing was read."""
    row = await db.first("SELECT seq FROM harm_players WHERE player_id = ?", standing.player_id)
    return (integer(row, "seq") if row else 0) != standing.base_seq


async def look_later(db: Database, player_id: str, at_ms: int) -> None:
    """A visit failed: come back at `at_ms`, wherever the cursor is by then."""
    await db.batch(
        [
            Statement(_BEGIN, (player_id,)),
            Statement(
                "UPDATE harm_players SET look_at = ? WHERE player_id = ?", (at_ms, player_id)
            ),
        ]
    )
