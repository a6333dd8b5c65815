"""The rows that a page of events speaks of, read for all of them at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.model import Deposit, Event, Round, Withdrawal
from shared.wallet.replay_gate import Facts


@dataclass(slots=True)
class Rows:
    """The rows that one page of events speaks of, by id. `answers` has the places of the answers
    that were given under a key, in order; a player and the house may have used the same.
    """

    rounds: dict[str, Round]
    deposits: dict[str, Deposit]
    withdrawals: dict[str, Withdrawal]
    answers: dict[str, list[int]]


def rows_of(sql: Sql, events: Sequence[Event], data: Sequence[Facts]) -> Rows:
    """The rows that a page of events speaks of, in four statements at most."""
    rounds = sorted({event.round_id for event in events if event.round_id is not None})
    deposits = _ids(events, data, "deposit_id")
    withdrawals = _ids(events, data, "withdrawal_id")
    return Rows(
        {row.round_id: row for row in _found(sql, Round, "rounds", "round_id", rounds)},
        {row.deposit_id: row for row in _found(sql, Deposit, "deposits", "deposit_id", deposits)},
        {
            row.withdrawal_id: row
            for row in _found(sql, Withdrawal, "withdrawals", "withdrawal_id", withdrawals)
        },
        _answers(sql, events),
    )


def _answers(sql: Sql, events: Sequence[Event]) -> dict[str, list[int]]:
    keys = {event.idempotency_key for event in events if event.idempotency_key is not None}
    places: dict[str, list[int]] = {}
    if keys:
        # An event says the key alone; whose it was stands before it (`_Request.slot`).
        found = sql.query(
            "SELECT substr(idempotency_key, instr(idempotency_key, ':') + 1), seq FROM commands "
            "WHERE idempotency_key IN (SELECT value FROM json_each(?)) ORDER BY seq",
            json.dumps([f"{whose}:{key}" for key in sorted(keys) for whose in ("player", "house")]),
        )
        for key, seq in cast("list[tuple[str, int]]", found):
            places.setdefault(key, []).append(seq)
    return places


def _ids(events: Sequence[Event], data: Sequence[Facts], name: str) -> list[str]:
    found = {
        told[name]
        for event, told in zip(events, data, strict=True)
        if event.type in ("DEPOSIT", "WITHDRAWAL_HELD", "WITHDRAWAL", "WITHDRAWAL_RELEASED")
        and isinstance(told.get(name), str)
    }
    return sorted(found)


def _found[T](sql: Sql, row: type[T], table: str, key: str, ids: Sequence[str]) -> list[T]:
    if not ids:
        return []
    where = f"FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))"  # noqa: S608 - names of ours
    return tables.find(sql, row, where, json.dumps(ids))
