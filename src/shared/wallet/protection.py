"""The panel of player protection: time, net position, limits with their use, terms, what waits.

It shows what decides: the same limits, windows, gate and clock as a bet. Of a message it shows what
the player is asked, not how the house rates a risk. Times are RFC 3339, money is minor units, and a
net position is positive for a gain. Sources: Portaria SPA/MF 1.231/2024 art. 4 X (a panel with
time, losses and balance, always in sight), GLI-19 §2.5.5.
"""

from collections.abc import Sequence

from shared.kernel.times import MINUTE_MS, rfc3339
from shared.kernel.values import value
from shared.wallet.eligibility import terms_body
from shared.wallet.gate_model import Exclusion, LimitChange, moment_or_none
from shared.wallet.gates import View, reality_position
from shared.wallet.limits import SESSION, Totals, Usage, strictest, used, window_ends_at
from shared.wallet.model import PERIODS, Limit

SHOWN_TERMS = 20
"""So many pauses and exclusions, newest first."""

type Body = dict[str, object]


@value
class Panel:
    """What the panel is made of. `terms` are pauses and exclusions, newest first; `usage` holds the
    game session that the caller played last, when there is one.
    """

    view: View
    limits: Sequence[Limit]
    changes: Sequence[LimitChange]
    terms: Sequence[Exclusion]
    usage: Usage
    day_offset_ms: int


def panel_body(panel: Panel, now_ms: int) -> Body:
    """The answer of the query."""
    gate = panel.view.gate
    waiting = gate.read_intervention()
    return {
        "now": rfc3339(now_ms),
        "session": _session_body(panel.view, now_ms),
        "use": {
            period: {
                **_use_body(panel.usage.window(period)),
                "resets_at": _resets_at(panel, period, now_ms),
            }
            for period in PERIODS
        },
        "game_session": None
        if panel.usage.session is None
        else _use_body(panel.usage.session.totals),
        "limits": _limit_bodies(panel, now_ms),
        **terms_body(gate),
        "terms": [
            {
                "kind": term.kind,
                "until": None if term.until is None else rfc3339(term.until),
                "source": term.source,
                "made_at": rfc3339(term.made_at),
            }
            for term in panel.terms
        ],
        "reality_check": {
            "minutes": gate.reality_minutes,
            "due_at": moment_or_none(gate.reality_due_at),
            **reality_position(panel.view, now_ms),
        },
        "intervention": None
        if waiting is None
        else {
            "intervention_id": waiting.intervention_id,
            "template": waiting.template,
            "demands": waiting.demands,
        },
    }


def _use_body(seen: Totals) -> Body:
    return {
        "wagered_minor": seen.wagered_minor,
        "won_minor": seen.won_minor,
        "net_minor": -seen.loss_minor,
        "deposited_minor": seen.deposited_minor,
        "bets": seen.bets,
        "play_minutes": used("time", seen),
    }


def _limit_bodies(panel: Panel, now_ms: int) -> list[Body]:
    """What binds, by whom it was set, and what waits to replace the player's own."""
    values = {(limit.source, limit.kind, limit.period): limit.value for limit in panel.limits}
    waiting = {(change.kind, change.period): change for change in panel.changes}
    bodies: list[Body] = []
    for (kind, period), binding in sorted(strictest(panel.limits).items()):
        amount = used(kind, panel.usage.window(period))
        change = waiting.get((kind, period))
        bodies.append(
            {
                "kind": kind,
                "period": period,
                "value": binding,
                "used": amount,
                "remaining": max(0, binding - amount),
                "resets_at": None if period == SESSION else _resets_at(panel, period, now_ms),
                "player": values.get(("player", kind, period)),
                "operator": values.get(("operator", kind, period)),
                "pending": None
                if change is None
                else {
                    "value": change.value,
                    "requested_at": rfc3339(change.requested_at),
                    "due_at": rfc3339(change.due_at),
                    "can_confirm": now_ms >= change.due_at,
                },
            }
        )
    return bodies


def _resets_at(panel: Panel, period: str, now_ms: int) -> str:
    return rfc3339(window_ends_at(period, now_ms, panel.day_offset_ms))


def _session_body(view: View, now_ms: int) -> Body | None:
    login = view.login
    if login is None:
        return None
    return {
        "session_id": login.session_id,
        "began_at": rfc3339(login.began_at),
        "minutes": max(0, now_ms - login.began_at) // MINUTE_MS,
    }
