"""Rows that somebody with the database might change, each with the law under which a proof must
name it; then the row is mended, as two people would have it before they release the wallet.
"""

from dataclasses import dataclass
from typing import Final

from simulation.sim.faults import SimulatedSql

from shared.platform.ports import Row, SqlValue

_ONE_KEY: Final = """
EXISTS (SELECT 1 FROM events e WHERE e.seq = commands.seq
  AND commands.idempotency_key IN ('house:' || e.idempotency_key, 'player:' || e.idempotency_key))
AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.idempotency_key IN (
  replace(commands.idempotency_key, 'house:', 'player:'),
  replace(commands.idempotency_key, 'player:', 'house:'))
  AND c.idempotency_key <> commands.idempotency_key)
"""
"""Answers to commands that made events, under keys that only the player or only the house used."""


@dataclass(frozen=True, slots=True)
class Damage:
    """`worse` is SQL for the new value of `column` in one of the rows of `where`."""

    law: str
    table: str
    column: str
    worse: str
    where: str = "1"
    key: str = "rowid"


CURRENCY: Final = Damage("opened", "meta", "currency", "'XXX'")
RELEASE: Final = Damage("frozen", "meta", "frozen_law", "NULL")
DAMAGES: Final = (
    CURRENCY,
    Damage("commands", "commands", "idempotency_key", "'lost'", _ONE_KEY, "idempotency_key"),
    Damage(
        "deposits",
        "deposits",
        "end_to_end_id",
        "'E-other'",
        "credited_seq IS NOT NULL",
        "deposit_id",
    ),
    Damage("holds", "withdrawals", "payment_account_id", "'thief'", key="withdrawal_id"),
    Damage("holds", "withdrawals", "end_to_end_id", "'E-other'", key="withdrawal_id"),
    Damage("seeds", "seeds", "next_server_seed", f"'{'a' * 64}'"),
    Damage("seeds", "seeds", "revealed_at", "coalesce(revealed_at, 0) + 1"),
    Damage("seeds", "seeds", "nonce", "nonce + 1"),
    Damage("days", "daily", "play_ms", "play_ms + 1"),
    Damage("days", "daily", "last_bet_at", "last_bet_at + 1"),
    Damage("rounds", "rounds", "opened_at", "opened_at + 1", "bet_event_id IS NOT NULL"),
    Damage("grants", "grants", "credited_minor", "credited_minor + 1", key="grant_id"),
    Damage("limits", "limits", "value", "value + 1", key="source || kind || period"),
    Damage("gate", "gate", "reality_won_minor", "reality_won_minor + 1"),
    Damage("gate", "exclusions", "source", "CASE source WHEN 'harm' THEN 'player' ELSE 'harm' END"),
)


type Mending = tuple[SqlValue, SqlValue]
"""The key of a damaged row, and what its column said."""


def rows_of(sql: SimulatedSql, damage: Damage) -> list[Row]:
    """Key and value of the rows that the damage can be done to."""
    return sql.query(
        f"SELECT {damage.key}, {damage.column} FROM {damage.table} WHERE {damage.where} ORDER BY 1"
    )


def do(sql: SimulatedSql, damage: Damage, row: int) -> Mending:
    """Do the damage to one of its rows; what mends it."""
    found = rows_of(sql, damage)
    key, before = found[row % len(found)]
    _change(sql, damage, damage.worse, key)
    return ("lost" if damage.column == damage.key else key), before


def mend(sql: SimulatedSql, damage: Damage, told: Mending) -> None:
    """The row is again as it was."""
    key, before = told
    _change(sql, damage, "?", before, key)


def _change(sql: SimulatedSql, damage: Damage, value: str, *params: SqlValue) -> None:
    name = f"{damage.table}_refuse_update"
    guards = sql.query("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", name)
    for _ in guards:
        sql.execute(f"DROP TRIGGER {name}")
    sql.execute(
        f"UPDATE {damage.table} SET {damage.column} = {value} WHERE {damage.key} = ?", *params
    )
    for (guard,) in guards:
        sql.execute(str(guard))
