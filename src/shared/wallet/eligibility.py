"""The query `gate`: what the player may do now, and every reason why not, in the contract's order.

A reason is the code that a command would be refused with, found by the same checks that refuse, so
the answer and the refusal cannot disagree. Asked by a login session, its own session and place
count too; asked by the house, only what belongs to the player.
"""

from shared.kernel.times import rfc3339
from shared.wallet import errors
from shared.wallet.gate_model import FOREVER, Gate, LoginSession, moment_or_none
from shared.wallet.gates import View, barring, holding_bets, reality_position
from shared.wallet.model import Head


def gate_body(head: Head, view: View, now_ms: int) -> dict[str, object]:
    """The answer of the query; times are RFC 3339 but for `now_ms`, which is the wallet's clock,
    and the columns of `facts`, which are as they were recorded.

    `can_withdraw`: no rule of player protection stands before money that is the player's, only a
    session that is over.
    """
    gate = view.gate
    frozen = [] if head.frozen_law is None else [errors.WALLET_FROZEN.code]
    barred = barring(view, now_ms)
    held = holding_bets(view, now_ms)
    is_over = errors.SESSION_EXPIRED.code in held
    waiting = gate.read_intervention()
    return {
        "now_ms": now_ms,
        "can_bet": not (frozen or barred or held),
        "can_deposit": not (frozen or barred or is_over),
        "can_use_bonus": not (frozen or barred or gate.bonus_blocked),
        "can_withdraw": not (frozen or is_over),
        "reasons": [*frozen, *barred, *held],
        "rules": view.rules.as_data(),
        "facts": {name: fact.as_data() for name, fact in view.facts.items()},
        **terms_body(gate),
        "bonus_blocked": gate.bonus_blocked == 1,
        "reality_check": {
            "minutes": gate.reality_minutes,
            "due_at": moment_or_none(gate.reality_due_at),
            **reality_position(view, now_ms),
        },
        "intervention": None if waiting is None else waiting.as_data(),
        "session": _session_body(view.login, view.active_at),
    }


def terms_body(gate: Gate) -> dict[str, object]:
    """The ends of exclusion and pause: null where there never was one, or where there is no end."""
    return {
        "excluded_until": moment_or_none(gate.excluded_until),
        "is_excluded_for_ever": gate.excluded_until == FOREVER,
        "paused_until": moment_or_none(gate.paused_until),
    }


def _session_body(login: LoginSession | None, active_at: int) -> dict[str, object] | None:
    if login is None:
        return None
    return {
        "session_id": login.session_id,
        "began_at": rfc3339(login.began_at),
        "active_at": rfc3339(active_at),
        "place": login.place_verdict,
        "place_checked_at": moment_or_none(login.place_checked_at),
    }
