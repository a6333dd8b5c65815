"""What the events of player protection do to a replayed state, and what the proof asks of the rows.

The gate is rebuilt as the row that the commands wrote, by the same functions, so that an edited row
is found. Only the version of a fact may be newer than its event: hearing the same again is none.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, Protocol

from shared.kernel.canonical import canonical_json
from shared.kernel.errors import InvariantBroken
from shared.kernel.values import altered
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.gate_model import (
    Exclusion,
    Fact,
    Gate,
    Intervention,
    LimitChange,
    Rules,
    due_at,
    new_gate,
)
from shared.wallet.model import Event, Limit
from shared.wallet.protection_events import ends_at

type Facts = dict[str, Any]


class GateState(Protocol):
    """The part of a replayed state that is player protection; `replay.State` says what it means."""

    gate: Facts
    limits: dict[str, dict[str, dict[str, int]]]
    limit_changes: dict[str, dict[str, Facts]]
    terms: int


def opened(state: GateState, data: Facts) -> None:
    """A wallet opens under its rules, without any fact."""
    state.gate = asdict(new_gate(Rules.of(data["rules"])))


def _gate(state: GateState) -> Gate:
    return Gate(**state.gate)


def _rules_changed(state: GateState, _: Event, data: Facts) -> None:
    state.gate = asdict(_gate(state).with_rules(Rules.of(data["rules"]), data["version"]))


def _fact_recorded(state: GateState, _: Event, data: Facts) -> None:
    state.gate = asdict(_gate(state).with_fact(data["name"], Fact.of(data)))


def _limit_changed(state: GateState, _: Event, data: Facts) -> None:
    periods = state.limits.setdefault(data["source"], {}).setdefault(data["kind"], {})
    if data["value"] is None:
        del periods[data["period"]]
    else:
        periods[data["period"]] = data["value"]
    if data["source"] == "player":
        state.limit_changes.get(data["kind"], {}).pop(data["period"], None)


def _limit_requested(state: GateState, event: Event, data: Facts) -> None:
    state.limit_changes.setdefault(data["kind"], {})[data["period"]] = {
        "value": data["value"],
        "requested_at": event.recorded_at,
        "due_at": data["due_at"],
    }


def _limit_cancelled(state: GateState, _: Event, data: Facts) -> None:
    del state.limit_changes[data["kind"]][data["period"]]


def _term(column: str) -> Callable[[GateState, Event, Facts], None]:
    def begun(state: GateState, _: Event, data: Facts) -> None:
        state.gate[column] = ends_at(data["until"])
        state.limit_changes = {}
        state.terms += 1

    return begun


def _reality_set(state: GateState, _: Event, data: Facts) -> None:
    gate = _gate(state)
    state.gate = asdict(
        altered(
            gate,
            reality_minutes=data["minutes"],
            reality_due_at=due_at(gate.read_rules(), data["minutes"], gate.reality_since),
        )
    )


def _reality_started(state: GateState, event: Event, data: Facts) -> None:
    gate = _gate(state)
    state.gate = asdict(
        altered(
            gate,
            reality_since=event.recorded_at,
            reality_due_at=due_at(gate.read_rules(), gate.reality_minutes, event.recorded_at),
            reality_wagered_minor=data["wagered_minor"],
            reality_won_minor=data["won_minor"],
        )
    )


def _intervention_set(state: GateState, event: Event, data: Facts) -> None:
    if data["waits"]:
        waiting = Intervention(
            data["intervention_id"], data["level"], data["template"], data["demands"], event.seq
        )
        state.gate["intervention"] = canonical_json(waiting.as_data())
    state.gate["bonus_blocked"] = int(data["bonus_block"])


def _intervention_acknowledged(state: GateState, _: Event, __: Facts) -> None:
    state.gate["intervention"] = None


EFFECTS: Final[Mapping[str, Callable[[GateState, Event, Facts], None]]] = {
    "RULES_CHANGED": _rules_changed,
    "FACT_RECORDED": _fact_recorded,
    "LIMIT_CHANGED": _limit_changed,
    "LIMIT_REQUESTED": _limit_requested,
    "LIMIT_CANCELLED": _limit_cancelled,
    "EXCLUDED": _term("excluded_until"),
    "PAUSED": _term("paused_until"),
    "REALITY_CHECK_SET": _reality_set,
    "REALITY_CHECK_STARTED": _reality_started,
    "INTERVENTION_SET": _intervention_set,
    "INTERVENTION_ACKNOWLEDGED": _intervention_acknowledged,
}
"""Logins, looks at a place and acknowledged reality checks are records: no fold depends on them."""


def check_rows(sql: Sql, state: GateState) -> None:
    """Compare the rows of player protection with what the events add up to.

    Raises:
        InvariantBroken: `gate`, `limits`.
    """
    rows = tables.find(sql, Gate, "FROM gate")
    if not rows or _without_versions(asdict(rows[0])) != _without_versions(state.gate):
        raise InvariantBroken("gate", "the row of the gate")
    if len(tables.find(sql, Exclusion, "FROM exclusions")) != state.terms:
        raise InvariantBroken("gate", "the pauses and exclusions")
    limits: dict[str, dict[str, dict[str, int]]] = {}
    for row in tables.find(sql, Limit, "FROM limits"):
        limits.setdefault(row.source, {}).setdefault(row.kind, {})[row.period] = row.value
    if limits != _filled(state.limits):
        raise InvariantBroken("limits", "the limits")
    changes: dict[str, dict[str, Facts]] = {}
    for change in tables.find(sql, LimitChange, "FROM limit_changes"):
        told = {name: value for name, value in asdict(change).items() if name not in _KEYS}
        changes.setdefault(change.kind, {})[change.period] = told
    if changes != {kind: periods for kind, periods in state.limit_changes.items() if periods}:
        raise InvariantBroken("limits", "the limits that wait")


_KEYS: Final = ("kind", "period")


def _filled(limits: dict[str, dict[str, dict[str, int]]]) -> dict[str, dict[str, dict[str, int]]]:
    """Without the kinds and sources whose last limit was removed."""
    kinds = {
        source: {kind: periods for kind, periods in kinds.items() if periods}
        for source, kinds in limits.items()
    }
    return {source: periods for source, periods in kinds.items() if periods}


def _without_versions(gate: Facts) -> Facts:
    """The row without what hearing the same again changes."""
    facts = {name: {**fact, "version": None} for name, fact in json.loads(gate["facts"]).items()}
    return {**gate, "facts": facts, "rules_version": None}
