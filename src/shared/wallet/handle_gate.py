"""From the commands of `decide_gate` to their decisions: load what they must know."""

from typing import Final

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
from shared.wallet.gate_model import Gate
from shared.wallet.model import Decision
from shared.wallet.situation import Handlers, Situation


def _session_begin(command: SessionBegin, at: Situation) -> Decision:
    view = at.store.view(command.session_id, command.address)
    return decide_session_begin(Presence(view, at.store.last_activity_at()), command, at.moment)


def _intervention_ack(command: InterventionAck, at: Situation) -> Decision:
    gate = at.store.gate()
    has_chosen = _has_chosen(gate, command.reaction, at)
    return decide_intervention_ack(at.head, gate, command, at.moment, has_chosen=has_chosen)


def _has_chosen(gate: Gate, reaction: str, at: Situation) -> bool:
    """True when the player has done what the reaction says since the message was sent. A term of
    the player's own that was in force before counts too: nobody is asked for a second one. What the
    house did, a pause for the player's protection above all, is no choice of the player's.
    """
    waiting = gate.read_intervention()
    if waiting is None or reaction == "acknowledged":
        return waiting is not None and waiting.demands != "choose"
    match reaction:
        case "limit_set":
            return at.store.has_tightened_after(waiting.set_seq)
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
