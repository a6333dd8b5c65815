"""From the commands of `decide_gate` to their decisions: load what they must know."""

from typing import Final

from shared.kernel.times import local_day
from shared.wallet.choices import looked_at_since, would_have_held
from shared.wallet.commands import (
    FactRecord,
    InterventionAck,
    InterventionSet,
    RealityCheckAck,
    RealityCheckSet,
    RulesSet,
    SessionBegin,
    SessionRevoke,
)
from shared.wallet.decide_exclusion import EXCLUDED, PAUSED
from shared.wallet.decide_gate import (
    Presence,
    decide_fact_record,
    decide_intervention_ack,
    decide_intervention_set,
    decide_reality_check_ack,
    decide_reality_check_set,
    decide_rules_set,
    decide_session_begin,
    decide_session_revoke,
)
from shared.wallet.gate_model import CHOICES, Gate, Intervention
from shared.wallet.model import Decision
from shared.wallet.situation import Handlers, Situation


def _session_begin(command: SessionBegin, at: Situation) -> Decision:
    view = at.store.view(command.session_id, command.address)
    return decide_session_begin(Presence(view, at.store.last_activity_at()), command, at.moment)


def _intervention_ack(command: InterventionAck, at: Situation) -> Decision:
    gate = at.store.gate()
    return decide_intervention_ack(at.head, gate, command, at.moment, _done(gate, command, at))


def _done(gate: Gate, command: InterventionAck, at: Situation) -> str | None:
    """What the player has done of what the command says; who only says to have read a message that
    asks for a choice has made any of them. None when that is nothing.
    """
    waiting, reaction = gate.read_intervention(), command.reaction
    if waiting is None:
        return None
    if reaction != "acknowledged":
        return reaction if _has_chosen(waiting, reaction, at) else None
    if waiting.demands != "choose":
        return reaction
    return next((one for one in CHOICES if _has_chosen(waiting, one, at)), None)


def _has_chosen(waiting: Intervention, reaction: str, at: Situation) -> bool:
    """True when the player has done what the reaction says since the message was sent: set a limit
    that would have held (`choices`), or made a term. A term of the player's own that was in force
    before counts too: nobody is asked for a second one. What the house did, a pause for the
    player's protection above all, is no choice of the player's.
    """
    match reaction:
        case "limit_set":
            today = local_day(at.moment.now_ms, at.head.day_offset_ms)
            days = at.store.days_since(looked_at_since(today))
            limits = at.store.tightened_after(waiting.set_seq)
            return any(would_have_held(limit, days, today) for limit in limits)
        case "paused":
            return at.store.has_stopped(PAUSED, waiting.set_seq, at.moment.now_ms)
        case _:
            return at.store.has_stopped(EXCLUDED, waiting.set_seq, at.moment.now_ms)


GATE_HANDLERS: Final[Handlers] = {
    SessionBegin: _session_begin,
    SessionRevoke: lambda c, at: decide_session_revoke(at.store.login(c.session_id), c, at.moment),
    RulesSet: lambda c, at: decide_rules_set(at.store.gate(), c, at.moment),
    FactRecord: lambda c, at: decide_fact_record(at.store.gate(), c, at.moment),
    RealityCheckSet: lambda c, at: decide_reality_check_set(at.head, at.view(), c, at.moment),
    RealityCheckAck: lambda _, at: decide_reality_check_ack(at.head, at.view(), at.moment),
    InterventionSet: lambda c, at: decide_intervention_set(at.head, at.store.gate(), c, at.moment),
    InterventionAck: _intervention_ack,
}
