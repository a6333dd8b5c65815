"""Decisions about permission to play: rules, facts, login sessions, reality checks, messages.

The house says what it knows; the wallet keeps the newest of it, whatever the order in which it
comes. Nothing here is refused to a frozen wallet, because nothing here moves money, and all of it
can close the gate. A change is an event; hearing the same again is none.
"""

from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.kernel.values import altered, value
from shared.wallet import errors
from shared.wallet.commands import (
    FactRecord,
    InterventionAck,
    InterventionSet,
    RealityCheckSet,
    RulesSet,
    SessionBegin,
    SessionRevoke,
)
from shared.wallet.gate_model import (
    DEMANDS,
    Gate,
    Intervention,
    LoginSession,
    due_at,
    moment_or_none,
)
from shared.wallet.gates import (
    IDLE_SESSION_MS,
    View,
    reality_position,
    refuse_reality_due,
    refuse_revoked,
)
from shared.wallet.model import Decision, Draft, Head, Moment


def decide_rules_set(gate: Gate, command: RulesSet, moment: Moment) -> Decision:
    """Take the rules of a newer profile; an older version, or the same again, changes nothing."""
    after = gate.with_rules(command.rules, command.version)
    if command.version <= gate.rules_version:
        return Decision(answer=lambda _: {"applied": False})
    if after.rules == gate.rules:
        return Decision(answer=lambda _: {"applied": True}, rows=(after,))
    told = {"rules": command.rules.as_data(), "version": command.version}
    draft = Draft(moment.new_id(), "RULES_CHANGED", told)
    return Decision(answer=lambda _: {"applied": True}, drafts=(draft,), rows=(after,))


def decide_fact_record(gate: Gate, command: FactRecord, moment: Moment) -> Decision:
    """Take what the house established; what is older is ignored, and so is the same again but for
    its version. The answer tells whether the wallet's rules ask for this fact: where the profile of
    the day does and they do not, the house tells the rules anew.
    """
    known = gate.read_facts().get(command.name)
    is_applied = not command.fact.is_older(known, command.name)
    is_asked = command.name in gate.read_rules().requires
    answer: dict[str, object] = {"applied": is_applied, "asked": is_asked}
    if not is_applied:
        return Decision(answer=lambda _: answer)
    after = gate.with_fact(command.name, command.fact)
    if command.fact.says_the_same(known):
        return Decision(answer=lambda _: answer, rows=(after,))
    told = {"name": command.name, **command.fact.as_data()}
    draft = Draft(moment.new_id(), "FACT_RECORDED", told)
    return Decision(answer=lambda _: answer, drafts=(draft,), rows=(after,))


@value
class Presence:
    """What is known when a login session speaks up. `last_activity_at` is that of any session of
    the player; 0 is never.
    """

    view: View
    last_activity_at: int


def decide_session_begin(presence: Presence, command: SessionBegin, moment: Moment) -> Decision:
    """A login, or another look at the place of a session that goes on. A session that is over, also
    by 30 idle minutes, is not revived by a look at its place: that takes a login, which is another
    session (Portaria SPA/MF 722/2024 Annex I item 14). The first login after 30 minutes without any
    activity starts a new period between reality checks.

    Raises:
        Rejected: `session_expired`.
    """
    view, now_ms = presence.view, moment.now_ms
    known = view.login
    if known is not None:
        is_idle = view.gate.asks_session and now_ms - view.active_at > IDLE_SESSION_MS
        if known.revoked_at is not None or is_idle:
            raise Rejected(errors.SESSION_EXPIRED, "the login session is over")
    before = known or LoginSession(command.session_id, now_ms, now_ms)
    session = altered(
        before,
        last_active_at=max(before.last_active_at, now_ms),
        place_verdict=command.verdict,
        place_reason=command.reason,
        place_address=command.address,
        place_checked_at=now_ms,
    )
    place = {
        "session_id": session.session_id,
        "verdict": session.place_verdict,
        "reason": session.place_reason,
    }
    body: dict[str, object] = {
        "session_id": session.session_id,
        "began_at": rfc3339(session.began_at),
        "place": session.place_verdict,
    }
    if known is not None:
        is_same = (known.place_verdict, known.place_reason) == (
            session.place_verdict,
            session.place_reason,
        )
        drafts = () if is_same else (Draft(moment.new_id(), "PLACE_CHECKED", place),)
        return Decision(answer=lambda _: body, drafts=drafts, rows=(session,))
    began = Draft(moment.new_id(), "SESSION_BEGAN", place)
    if view.gate.reality_since and now_ms - presence.last_activity_at <= IDLE_SESSION_MS:
        return Decision(answer=lambda _: body, drafts=(began,), rows=(session,))
    gate, started = _new_period(view, moment)
    return Decision(answer=lambda _: body, drafts=(began, started), rows=(session, gate))


def decide_session_revoke(
    known: LoginSession | None, command: SessionRevoke, moment: Moment
) -> Decision:
    """End a login session: from the next command on it may do nothing. Never refused."""
    session = known or LoginSession(command.session_id, moment.now_ms, moment.now_ms)
    ended = session if session.revoked_at else altered(session, revoked_at=moment.now_ms)
    return Decision(answer=lambda _: {}, rows=(ended,))


def decide_reality_check_set(
    head: Head, view: View, command: RealityCheckSet, moment: Moment
) -> Decision:
    """The player's own interval; the jurisdiction's counts where it is shorter. A check that is due
    is answered first: a longer interval would make it go away.

    Raises:
        Rejected: `session_expired`, `reality_check_due`.
    """
    refuse_revoked(head)
    refuse_reality_due(view, moment.now_ms)
    gate = view.gate
    after = altered(
        gate,
        reality_minutes=command.minutes,
        reality_due_at=due_at(gate.read_rules(), command.minutes, gate.reality_since),
    )
    changed = command.minutes != gate.reality_minutes
    draft = Draft(moment.new_id(), "REALITY_CHECK_SET", {"minutes": command.minutes})
    return Decision(
        answer=lambda _: {"minutes": command.minutes},
        drafts=(draft,) if changed else (),
        rows=(after,) if changed else (),
    )


def decide_reality_check_ack(head: Head, view: View, moment: Moment) -> Decision:
    """The player has seen time and net position; the next period begins. Before it is due there is
    nothing to see, and nothing changes.

    Raises:
        Rejected: `session_expired`.
    """
    refuse_revoked(head)
    seen = reality_position(view, moment.now_ms)
    if moment.now_ms < view.gate.reality_due_at:
        body = {**seen, "acknowledged": False, "due_at": moment_or_none(view.gate.reality_due_at)}
        return Decision(answer=lambda _: body)
    acknowledged = Draft(moment.new_id(), "REALITY_CHECK_ACKNOWLEDGED", seen)
    gate, started = _new_period(view, moment)
    body = {**seen, "acknowledged": True, "due_at": moment_or_none(gate.reality_due_at)}
    return Decision(answer=lambda _: body, drafts=(acknowledged, started), rows=(gate,))


def decide_intervention_set(
    head: Head, gate: Gate, command: InterventionSet, moment: Moment
) -> Decision:
    """Send a message that bets wait for, in place of one that waits already and demands no more;
    one that demands less leaves what waits as it is. It may stop bonuses; only a word that demands
    nothing allows them again.
    """
    before = gate.read_intervention()
    is_milder = before is not None and _strictness(command.demands) < _strictness(before.demands)
    waits = command.demands != "none" and not is_milder
    message = Intervention(
        command.intervention_id, command.level, command.template, command.demands, head.seq + 1
    )
    stays_blocked = command.demands != "none" and gate.bonus_blocked == 1
    blocks_bonus = command.blocks_bonus or stays_blocked
    after = altered(
        gate,
        intervention=canonical_json(message.as_data()) if waits else gate.intervention,
        bonus_blocked=int(blocks_bonus),
    )
    draft = Draft(
        moment.new_id(),
        "INTERVENTION_SET",
        {
            "intervention_id": command.intervention_id,
            "level": command.level,
            "template": command.template,
            "demands": command.demands,
            "waits": waits,
            "bonus_block": blocks_bonus,
        },
    )
    return Decision(
        answer=lambda after: {"intervention_id": command.intervention_id, "seq": after.seq},
        drafts=(draft,),
        rows=(after,),
    )


def decide_intervention_ack(
    head: Head, gate: Gate, command: InterventionAck, moment: Moment, done: str | None
) -> Decision:
    """Take the player's reaction. `done` is what the player has done since the message was sent of
    what the command says and the message demands; None when that is nothing.

    Raises:
        Rejected: `session_expired`, `intervention_not_found`, `intervention_choice_required`.
    """
    refuse_revoked(head)
    waiting = gate.read_intervention()
    if waiting is None or waiting.intervention_id != command.intervention_id:
        raise Rejected(errors.INTERVENTION_NOT_FOUND, "no such message waits")
    if done is None:
        raise Rejected(
            errors.INTERVENTION_CHOICE_REQUIRED,
            "set a limit that you reached in the last 30 days, or take a pause",
            demands=waiting.demands,
        )
    told: dict[str, object] = {
        "intervention_id": waiting.intervention_id,
        "reaction": done,
    }
    return Decision(
        answer=lambda _: told,
        drafts=(Draft(moment.new_id(), "INTERVENTION_ACKNOWLEDGED", told),),
        rows=(altered(gate, intervention=None),),
    )


def _strictness(demands: str) -> int:
    return DEMANDS.index(demands)


def _new_period(view: View, moment: Moment) -> tuple[Gate, Draft]:
    """The gate with a period between reality checks that begins now, and its event."""
    gate = altered(
        view.gate,
        reality_since=moment.now_ms,
        reality_due_at=due_at(view.rules, view.gate.reality_minutes, moment.now_ms),
        reality_wagered_minor=view.wagered_minor,
        reality_won_minor=view.won_minor,
    )
    told = {"wagered_minor": view.wagered_minor, "won_minor": view.won_minor}
    return gate, Draft(moment.new_id(), "REALITY_CHECK_STARTED", told)
