"""Rules, facts, login sessions and messages, judged and done a second time: see `model_judge`."""

from collections.abc import Mapping
from typing import Final

from simulation.sim.broken import require
from simulation.sim.calendar import windows_of
from simulation.sim.model_gate import FOREVER, IDLE_MS, ModelFact, ModelLogin, ModelMessage
from simulation.sim.model_limits import is_over, judge_never
from simulation.sim.model_state import (
    Body,
    Effect,
    Judge,
    ModelState,
    Payload,
    Types,
    sum_of,
    used_of,
)

WORSE: Final = {
    "verified": 0,
    "clear": 0,
    "missing": 1,
    "pending": 1,
    "impeded": 2,
    "excluded": 2,
}
"""Of two facts of one moment the worse one stays."""

# What the house establishes


def do_rules_set(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    gate = model.gate
    is_newer = payload["version"] > gate.rules_version
    require(body["applied"] == is_newer, "older rules are ignored", body)
    if not is_newer:
        return ()
    gate.rules_version = payload["version"]
    before = gate.rules()
    gate.take_rules(payload["rules"])
    return ("RULES_CHANGED",) if gate.rules() != before else ()


def do_fact_record(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    facts, name, until = model.gate.facts, payload["name"], payload.get("valid_until")
    known = facts.get(name)
    is_newer = known is None or (payload["version"], WORSE[payload["status"]]) >= (
        known.version,
        WORSE[known.status],
    )
    require(body["applied"] == is_newer, "an older fact is ignored", body)
    require(body["asked"] == (name in model.gate.requires), "a fact tells who asks for it", body)
    if not is_newer:
        return ()
    fact = ModelFact(
        payload["status"],
        payload["version"],
        FOREVER if until is None else until,
        tuple(payload.get("reasons", ())),
    )
    facts[name] = fact
    is_news = known is None or (known.status, known.until, known.reasons) != (
        fact.status,
        fact.until,
        fact.reasons,
    )
    return ("FACT_RECORDED",) if is_news else ()


# Login sessions


def last_active_at(model: ModelState, login: ModelLogin) -> int:
    """A login session's bets are its activity too."""
    played = model.sessions.get(login.game or "")
    return max(login.active_at, played.active_at if played is not None else 0)


def touch(model: ModelState, now_ms: int, game: str | None = None) -> None:
    """The caller's login session is active now."""
    login = model.gate.logins.get(model.caller)
    if login is not None:
        login.active_at = max(login.active_at, now_ms)
        login.game = game or login.game


def judge_session_begin(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    """A session that is over, also by idleness, is not revived."""
    gate = model.gate
    login = gate.logins.get(payload["session_id"])
    if login is None:
        return None
    is_idle = "session" in gate.requires and now_ms - last_active_at(model, login) > IDLE_MS
    return "session_expired" if login.is_over or is_idle else None


def do_session_begin(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    gate, place = model.gate, payload["place"]
    login = gate.logins.get(payload["session_id"])
    said = (place["verdict"], place.get("reason"))
    require(body["place"] == said[0], "an answer tells the place", body)
    if login is None:
        everybody = [one.active_at for one in gate.logins.values()]
        active_at = max(model.last_bet_at, *everybody) if everybody else model.last_bet_at
        types = ["SESSION_BEGAN"]
        if not gate.period_since or now_ms - active_at > IDLE_MS:
            begin_period(model, now_ms)
            types.append("REALITY_CHECK_STARTED")
        login = gate.logins[payload["session_id"]] = ModelLogin(now_ms)
    else:
        types = ["PLACE_CHECKED"] if (login.verdict, login.reason) != said else []
    login.active_at = max(login.active_at, now_ms)
    login.verdict, login.reason = said
    login.address, login.checked_at = place["address"], now_ms
    return tuple(types)


def do_session_revoke(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    logins, session = model.gate.logins, payload["session_id"]
    logins.setdefault(session, ModelLogin(now_ms)).is_over = True
    return ()


# Reality checks and messages


def begin_period(model: ModelState, now_ms: int) -> None:
    model.gate.period_since = now_ms
    model.gate.period_began_with = _lifetime(model)


def _lifetime(model: ModelState) -> tuple[int, int]:
    days = model.days.values()
    return sum(day.wagered for day in days), sum(day.won for day in days)


def position(model: ModelState) -> tuple[int, int]:
    """What a reality check shows: wagered, and won less wagered, since the period began."""
    before, now = model.gate.period_began_with, _lifetime(model)
    wagered, won = now[0] - before[0], now[1] - before[1]
    return wagered, won - wagered


def judge_of_player(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    return is_over(model.gate, session)


def judge_reality_check_set(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    """A check that is due is answered before its interval is changed."""
    over = is_over(model.gate, session)
    if over is None and session and now_ms >= model.gate.period_ends_at():
        return "reality_check_due"
    return over


def do_reality_check_set(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    gate, minutes = model.gate, payload["minutes"]
    is_new = minutes != gate.own_minutes
    gate.own_minutes = minutes
    return ("REALITY_CHECK_SET",) if is_new else ()


def do_reality_check_ack(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    told = (body["wagered_minor"], body["net_minor"])
    require(told == position(model), "a reality check tells what was played", body)
    is_due = now_ms >= model.gate.period_ends_at()
    require(body["acknowledged"] == is_due, "a reality check is due at its time", body)
    if not is_due:
        return ()
    begin_period(model, now_ms)
    return ("REALITY_CHECK_ACKNOWLEDGED", "REALITY_CHECK_STARTED")


def do_intervention_set(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    gate = model.gate
    demands, blocks = payload["demands"], payload.get("bonus_block", False)
    if demands == "none":
        gate.blocks_bonus = blocks
        return ("INTERVENTION_SET",)
    gate.blocks_bonus = gate.blocks_bonus or blocks
    if gate.message is None or demands == "choose" or gate.message.demands == "acknowledge":
        gate.message = ModelMessage(payload["intervention_id"], demands)
    return ("INTERVENTION_SET",)


def judge_intervention_ack(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    gate, message, reaction = model.gate, model.gate.message, payload["reaction"]
    if (refused := is_over(gate, session)) is not None:
        return refused
    if message is None or message.message_id != payload["intervention_id"]:
        return "intervention_not_found"
    did = {
        "limit_set": has_chosen_a_limit(model, message, now_ms),
        **{code: code in message.stopped or end > now_ms for code, end in gate.own_ends.items()},
    }
    did["acknowledged"] = message.demands != "choose" or any(did.values())
    return None if did[reaction] else "intervention_choice_required"


def has_chosen_a_limit(model: ModelState, message: ModelMessage, now_ms: int) -> bool:
    """A limit that was made tighter since the message, and that some window of the last thirty days
    would have used up; any, where nothing was used in those windows' days.
    """
    limits = [(key, model.gate.own[key]) for key in message.tightened if key in model.gate.own]
    today = model.day_of(now_ms)
    last = [dict(windows_of(day)) for day in range(today - 29, today + 1)]
    oldest = min(last[0].values())
    seen = {number: day for number, day in model.days.items() if number >= oldest}
    if not any(day.bets or day.deposited or day.play_ms for day in seen.values()):
        return bool(limits)
    for (kind, period), value in limits:
        span = "daily" if period == "session" else period
        for first in {windows[span] for windows in last}:
            inside = [day for n, day in seen.items() if dict(windows_of(n))[span] == first]
            if used_of(kind, sum_of(inside)) >= value:
                return True
    return False


def do_intervention_ack(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    model.gate.message = None
    return ("INTERVENTION_ACKNOWLEDGED",)


PRESENCE_JUDGES: Final[Mapping[str, Judge]] = {
    "rules_set": judge_never,
    "fact_record": judge_never,
    "session_begin": judge_session_begin,
    "session_revoke": judge_never,
    "reality_check_set": judge_reality_check_set,
    "reality_check_ack": judge_of_player,
    "intervention_set": judge_never,
    "intervention_ack": judge_intervention_ack,
}
PRESENCE_EFFECTS: Final[Mapping[str, Effect]] = {
    "rules_set": do_rules_set,
    "fact_record": do_fact_record,
    "session_begin": do_session_begin,
    "session_revoke": do_session_revoke,
    "reality_check_set": do_reality_check_set,
    "reality_check_ack": do_reality_check_ack,
    "intervention_set": do_intervention_set,
    "intervention_ack": do_intervention_ack,
}
