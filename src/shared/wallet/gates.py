"""What stands before a command of the player: the wallet's state, the facts about the player, the
caller's session and place, and what waits for a reaction.

The gate fails closed: what the rules require and nobody has said, or said too long ago, refuses.
Wins, refunds, and what settles or releases a withdrawal pass none of it, and a withdrawal only the
session's: a player is never kept from money that is already theirs. For most commands the head has
digested that nothing stands in the way; `View` is read, and looked at in the contract's order, only
when it has not. Sources: Lei 14.790/2023 art. 26 (impediments); Portaria SPA/MF 1.231/2024 arts. 4,
31 (alerts and pauses, identity); Portaria SPA/MF 722/2024 Annex I items 14 (idle), 27-34 (place).
"""

from collections.abc import Callable, Sequence
from typing import Final

from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS, SECOND_MS, rfc3339
from shared.kernel.values import value
from shared.wallet import errors
from shared.wallet.gate_model import Fact, Gate, LoginSession, Rules, moment_or_none
from shared.wallet.model import GameSession, Head, Round

IDLE_SESSION_MS: Final = 30 * MINUTE_MS
"""A session without activity for longer than this is over."""
PLACE_VALID_MS: Final = 30 * MINUTE_MS
"""A look at the place counts for so long."""
CHECK_RETRY_S: Final = 60
"""When to ask again while a register gives no answer: the API repeats its question by then."""


@value
class View:
    """Everything that the gate looks at, for one caller at one moment.

    `session_id` and `address` are the caller's; a house's call has neither, and a question may come
    without an address, which then is not looked at. `active_at` is the last
    activity of the login session, its bets included. `wagered_minor` and `won_minor` are those of
    the wallet's whole life.
    """

    gate: Gate
    rules: Rules
    facts: dict[str, Fact]
    session_id: str
    address: str | None
    login: LoginSession | None
    active_at: int
    wagered_minor: int
    won_minor: int


def is_open(head: Head, address: str, now_ms: int) -> bool:
    """True when the head's digest lets a bet pass; a false answer only means: look at each."""
    return (
        head.open_from <= now_ms < head.open_until
        and now_ms < head.caller_until
        and (head.caller_address is None or head.caller_address == address)
    )


def refuse_frozen(head: Head) -> None:
    """Raises `Rejected(wallet_frozen)` when a broken invariant has frozen the wallet."""
    if head.frozen_law is not None:
        raise Rejected(errors.WALLET_FROZEN, "the wallet is frozen until two people release it")


def refuse_revoked(head: Head) -> None:
    """Raises `Rejected(session_expired)` when the caller's login session was revoked."""
    if head.caller_revoked:
        raise Rejected(errors.SESSION_EXPIRED, "the login session was ended")


def refuse_archived(found: Round) -> None:
    """Raises `Rejected(round_archived)` when nothing but its end is known of the round any more."""
    if found.status == "archived":
        raise Rejected(
            errors.ROUND_ARCHIVED, "the books of this round are closed: the desk can correct it"
        )


def refuse_barred(view: View | None, now_ms: int) -> None:
    """Refuse who may not put money at risk; None is a view that need not be read.

    Raises:
        Rejected: `excluded`, `paused`, `impediment_check_pending`, `impeded`, `kyc_required`, in
            this order.
    """
    _refuse_first(_BARRING, view, now_ms)


def refuse_idle(head: Head, view: View | None, now_ms: int) -> None:
    """Refuse a login session that is over: revoked, and where the rules ask for a session, one that
    the wallet does not know or that was idle for too long. The house has no session.

    Raises:
        Rejected: `session_expired`.
    """
    refuse_revoked(head)
    _refuse_first((_session_over,), view, now_ms)


def refuse_elsewhere(view: View | None, now_ms: int) -> None:
    """Refuse a caller whose place is not known to be inside the licence.

    Raises:
        Rejected: `geo_blocked` with a `reason`: "unknown", "outside" or the provider's own, "stale"
            after 30 minutes, "address_changed".
    """
    _refuse_first((_elsewhere,), view, now_ms)


def refuse_unanswered(view: View | None, now_ms: int) -> None:
    """Refuse a bet while the player has not answered a reality check or a message.

    Raises:
        Rejected: `reality_check_due` with the time and the net position, `intervention_due`.
    """
    _refuse_first(_UNANSWERED, view, now_ms)


def refuse_reality_due(view: View, now_ms: int) -> None:
    """Raises `Rejected(reality_check_due)` while a check waits for the player who asks."""
    _refuse_first((_reality_due,), view, now_ms)


def refuse_pace(session: GameSession | None, last_bet_at: int, now_ms: int) -> None:
    """Refuse a bet of a game session with a pace that follows the player's last bet too soon,
    wherever that was placed: opening another session is no way round the rule.

    Raises:
        Rejected: `round_too_fast`.
    """
    if session is None or not session.min_round_ms or not last_bet_at:
        return
    free_at = last_bet_at + session.min_round_ms
    if now_ms < free_at:
        raise Rejected(
            errors.ROUND_TOO_FAST,
            f"a round takes {session.min_round_ms} ms",
            retry_after=_seconds_until(free_at, now_ms),
        )


def reality_position(view: View, now_ms: int) -> dict[str, object]:
    """What a reality check shows: the time of the period, and what it cost. Positive is a gain."""
    gate = view.gate
    wagered = view.wagered_minor - gate.reality_wagered_minor
    won = view.won_minor - gate.reality_won_minor
    return {
        "session_minutes": (now_ms - gate.reality_since) // MINUTE_MS if gate.reality_since else 0,
        "wagered_minor": wagered,
        "net_minor": won - wagered,
        "since": rfc3339(gate.reality_since) if gate.reality_since else None,
    }


def barring(view: View, now_ms: int) -> list[str]:
    """Every code of `refuse_barred` that applies, in its order."""
    return _codes(_BARRING, view, now_ms)


def holding_bets(view: View, now_ms: int) -> list[str]:
    """Every further code that applies to a bet of this caller, in the contract's order."""
    return _codes((_session_over, _elsewhere, *_UNANSWERED), view, now_ms)


type _Check = Callable[[View, int], Rejected | None]


def _refuse_first(checks: Sequence[_Check], view: View | None, now_ms: int) -> None:
    if view is None:
        return
    for check in checks:
        refused = check(view, now_ms)
        if refused is not None:
            raise refused


def _codes(checks: Sequence[_Check], view: View, now_ms: int) -> list[str]:
    refused = [check(view, now_ms) for check in checks]
    return [one.rejection.problem.code for one in refused if one is not None]


def _excluded(view: View, now_ms: int) -> Rejected | None:
    until, register = view.gate.excluded_until, view.facts.get("register")
    if now_ms < until:
        return Rejected(
            errors.EXCLUDED,
            "the player is self-excluded",
            source="wallet",
            until=moment_or_none(until),
        )
    if register is not None and register.status == "excluded":
        return Rejected(
            errors.EXCLUDED,
            "the player is in a register of exclusions",
            source="register",
            reasons=list(register.reasons),
        )
    return None


def _paused(view: View, now_ms: int) -> Rejected | None:
    until = view.gate.paused_until
    if now_ms >= until:
        return None
    return Rejected(
        errors.PAUSED,
        "the pause runs",
        until=moment_or_none(until),
        retry_after=_seconds_until(until, now_ms),
    )


def _pending(view: View, now_ms: int) -> Rejected | None:
    for name, bad in (("impediment", "impeded"), ("register", "excluded")):
        fact = view.facts.get(name)
        is_known_bad = fact is not None and fact.status == bad
        if name in view.rules.requires and not is_known_bad and not _is_good(fact, "clear", now_ms):
            return Rejected(
                errors.IMPEDIMENT_CHECK_PENDING,
                "it is not known yet whether the player may bet",
                fact=name,
                retry_after=CHECK_RETRY_S,
            )
    return None


def _impeded(view: View, _: int) -> Rejected | None:
    fact = view.facts.get("impediment")
    if fact is None or fact.status != "impeded":
        return None
    return Rejected(
        errors.IMPEDED, "the law forbids this person to bet", reasons=list(fact.reasons)
    )


def _unverified(view: View, now_ms: int) -> Rejected | None:
    if "kyc" not in view.rules.requires or _is_good(view.facts.get("kyc"), "verified", now_ms):
        return None
    return Rejected(errors.KYC_REQUIRED, "the identity is not verified")


def _session_over(view: View, now_ms: int) -> Rejected | None:
    """Why the login session that asks is over, revocation aside; None when it is not."""
    if not view.session_id or not view.gate.asks_session:
        return None
    if view.login is None:
        return Rejected(errors.SESSION_EXPIRED, "the login session is not known")
    if now_ms - view.active_at > IDLE_SESSION_MS:
        return Rejected(errors.SESSION_EXPIRED, "the login session was idle for over 30 minutes")
    return None


def _elsewhere(view: View, now_ms: int) -> Rejected | None:
    """Why the caller's place does not do; None when it does."""
    if not view.session_id or not view.gate.asks_place:
        return None
    login = view.login
    if login is None or login.place_verdict != "inside":
        reason = "unknown" if login is None else login.place_reason or login.place_verdict
    elif now_ms - login.place_checked_at > PLACE_VALID_MS:
        reason = "stale"
    elif view.address not in (None, login.place_address):
        reason = "address_changed"
    else:
        return None
    return Rejected(errors.GEO_BLOCKED, "not from this place", reason=reason)


def _reality_due(view: View, now_ms: int) -> Rejected | None:
    if not view.session_id or now_ms < view.gate.reality_due_at:
        return None
    return Rejected(
        errors.REALITY_CHECK_DUE, "a reality check waits", **reality_position(view, now_ms)
    )


def _intervention_due(view: View, _: int) -> Rejected | None:
    waiting = view.gate.read_intervention()
    if waiting is None:
        return None
    return Rejected(
        errors.INTERVENTION_DUE,
        "a message of player protection waits",
        intervention_id=waiting.intervention_id,
        template=waiting.template,
        demands=waiting.demands,
    )


_BARRING: Final = (_excluded, _paused, _pending, _impeded, _unverified)
_UNANSWERED: Final = (_reality_due, _intervention_due)


def _is_good(fact: Fact | None, good: str, now_ms: int) -> bool:
    if fact is None or fact.status != good:
        return False
    return fact.valid_until is None or now_ms < fact.valid_until


def _seconds_until(at_ms: int, now_ms: int) -> int:
    return -(-(at_ms - now_ms) // SECOND_MS)
