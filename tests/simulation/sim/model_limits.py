"""Limits and terms, judged and done a second time: see `model_judge`.

A judge gives the code of the refusal that a command must meet, or None; an effect changes the model
as the wallet must have changed, gives the types of the events that the log must have grown by, and
holds the answer against what it must say.
"""

from collections.abc import Mapping
from typing import Final

from simulation.sim.broken import require
from simulation.sim.model_gate import FOREVER, ModelGate
from simulation.sim.model_state import Body, Effect, Judge, ModelState, Payload, Types

WINDOWS: Final = ("daily", "weekly", "monthly")
STOPS: Final = {"exclude": "excluded", "pause": "paused"}


def is_over(gate: ModelGate, session: str) -> str | None:
    """A login session that was ended does nothing; the house has none."""
    login = gate.logins.get(session)
    return "session_expired" if session and login is not None and login.is_over else None


# Limits


def _key(payload: Payload) -> tuple[str, str]:
    return payload["kind"], payload["period"]


def _allows_more(value: int | None, current: int | None) -> bool:
    return current is not None and (value is None or value > current)


def _refuse_more(gate: ModelGate, payload: Payload, value: int | None, now_ms: int) -> str | None:
    kind, period = _key(payload)
    if value is None and kind in gate.mandatory and period in WINDOWS:
        others = [one for one in WINDOWS if one != period and (kind, one) in gate.own]
        if not others:
            return "limit_mandatory"
    return gate.stopped(now_ms)


def judge_limit_set(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    gate, value = model.gate, payload["value"]
    if (refused := is_over(gate, session)) is not None:
        return refused
    if _allows_more(value, gate.own.get(_key(payload))):
        return _refuse_more(gate, payload, value, now_ms)
    return None


def do_limit_set(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    gate, key, value = model.gate, _key(payload), payload["value"]
    current, waits = gate.own.get(key), gate.waiting.get(key)
    if not _allows_more(value, current):
        gate.waiting.pop(key, None)
        _require_limit(body, "active", value, None)
        if value == current:
            return ("LIMIT_CANCELLED",) if waits else ()
        _in_force(gate, key, value)
        return ("LIMIT_CHANGED",)
    if waits is not None and waits[0] == value:
        if now_ms >= waits[2]:
            return _confirmed(gate, key, now_ms, body)
        _require_limit(body, "pending", current, waits)
        return ()
    gate.waiting[key] = (value, now_ms, now_ms + gate.delay_ms)
    _require_limit(body, "pending", current, gate.waiting[key])
    return ("LIMIT_REQUESTED",)


def _in_force(gate: ModelGate, key: tuple[str, str], value: int | None) -> None:
    """The player's limit is `value`; a tighter one may answer a message that asks to choose."""
    current = gate.own.pop(key, None)
    if value is not None:
        gate.own[key] = value
        if gate.message is not None and (current is None or value < current):
            gate.message.tightened.add(key)


def _confirmed(gate: ModelGate, key: tuple[str, str], now_ms: int, body: Body) -> Types:
    value, asked_at, _ = gate.waiting.pop(key)
    require(now_ms >= asked_at + gate.delay_ms, "a looser limit waits", (key, body))
    _in_force(gate, key, value)
    _require_limit(body, "active", value, None)
    return ("LIMIT_CHANGED",)


def _require_limit(
    body: Body, status: str, value: int | None, waits: tuple[int | None, int, int] | None
) -> None:
    pending = None
    if waits is not None:
        pending = {"value": waits[0], "requested_at": waits[1], "due_at": waits[2]}
    told = (body["status"], body["value"], body["pending"])
    require(told == (status, value, pending), "an answer tells what binds and what waits", body)


def judge_limit_confirm(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    gate = model.gate
    if (refused := judge_limit_cancel(model, payload, session, now_ms, context)) is not None:
        return refused
    value, _, due_at = gate.waiting[_key(payload)]
    if now_ms < due_at:
        return "limit_change_not_due"
    return _refuse_more(gate, payload, value, now_ms)


def do_limit_confirm(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    return _confirmed(model.gate, _key(payload), now_ms, body)


def judge_limit_cancel(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    refused = is_over(model.gate, session)
    unknown = _key(payload) not in model.gate.waiting
    return refused or ("limit_change_not_found" if unknown else None)


def do_limit_cancel(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    key = _key(payload)
    del model.gate.waiting[key]
    _require_limit(body, "active", model.gate.own.get(key), None)
    return ("LIMIT_CANCELLED",)


def do_operator_limit_set(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    operators, key, value = model.gate.operators, _key(payload), payload["value"]
    if payload.get("only_tighter") and key in operators:
        least = operators[key]
        value = least if value is None else min(value, least)
    _require_limit(body, "active", value, None)
    if operators.get(key) == value:
        return ()
    if value is None:
        del operators[key]
    else:
        operators[key] = value
    return ("LIMIT_CHANGED",)


# Exclusions and pauses


def judge_stop(kind: str) -> Judge:
    code = STOPS[kind]

    def judge(
        model: ModelState, payload: Payload, session: str, now_ms: int, context: str
    ) -> str | None:
        gate, until = model.gate, payload["until"]
        if (refused := is_over(gate, session)) is not None:
            return refused
        end = FOREVER if until is None else until
        if end <= now_ms:
            return "invalid_payload"
        running = gate.ends[code] > now_ms
        return "exclusion_not_shortened" if running and end < gate.ends[code] else None

    return judge


def do_stop(kind: str) -> Effect:
    code = STOPS[kind]

    def do(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
        gate, until, source = model.gate, payload["until"], payload["source"]
        end = FOREVER if until is None else until
        told = (body["kind"], body["until"], body["source"])
        require(told == (code, until, source), "an answer tells the term", body)
        running = gate.ends[code] > now_ms
        if running and (gate.ends[code], gate.sources[code]) == (end, source):
            return ()
        require(end >= gate.ends[code] or not running, "a term is never shortened", body)
        gate.ends[code], gate.sources[code] = end, source
        gate.waiting.clear()
        if source == "player":
            gate.own_ends[code] = end
            if gate.message is not None:
                gate.message.stopped.add(code)
        return (code.upper(),)

    return do


def judge_never(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    return None


LIMIT_JUDGES: Final[Mapping[str, Judge]] = {
    "limit_set": judge_limit_set,
    "limit_confirm": judge_limit_confirm,
    "limit_cancel": judge_limit_cancel,
    "operator_limit_set": judge_never,
    "exclude": judge_stop("exclude"),
    "pause": judge_stop("pause"),
}
LIMIT_EFFECTS: Final[Mapping[str, Effect]] = {
    "limit_set": do_limit_set,
    "limit_confirm": do_limit_confirm,
    "limit_cancel": do_limit_cancel,
    "operator_limit_set": do_operator_limit_set,
    "exclude": do_stop("exclude"),
    "pause": do_stop("pause"),
}
