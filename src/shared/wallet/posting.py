"""Double entry: every money event expands into postings between named accounts that sum to zero.

The player's accounts move by the event's deltas; the other side moves by the event's amount. The
two are recorded apart, so the sum being zero is a check and not a tautology. Signs are the
player's view: a posting adds to the account that it names.

    event                 player                    counter account
    BET                   cash, bonus  −            house:stakes   +amount
    WIN                   cash, bonus  +            house:payouts  −amount
    DEPOSIT               cash         +            psp:clearing   −amount
    WITHDRAWAL_HELD       cash − held +
    WITHDRAWAL_RELEASED   cash + held −
    WITHDRAWAL            held         −            psp:clearing   +amount
    BONUS_CREDIT          bonus        +            house:bonus    −amount
    BONUS_DEBIT           bonus        −            house:bonus    +amount
    BONUS_FORFEITED       bonus        −            house:bonus    +amount
    BONUS_CONVERTED       bonus − cash +
    ADJUSTMENT, credit    cash         +            house:adjustments −amount
    ADJUSTMENT, debit     cash         −            house:adjustments +amount
    ROLLBACK of a BET     cash, bonus  +            house:stakes   −amount
    ROLLBACK of a WIN     cash, bonus  −            house:payouts  +amount
    every other type      nothing
"""

import json
from typing import Final, Literal

from shared.kernel.errors import InvariantBroken
from shared.kernel.values import value
from shared.wallet.model import Event

Account = Literal[
    "player:cash",
    "player:bonus",
    "player:held",
    "house:stakes",
    "house:payouts",
    "house:bonus",
    "house:adjustments",
    "psp:clearing",
]


@value
class Posting:
    account: Account
    amount_minor: int


@value
class _Rule:
    """Signs that the deltas may have, and where the other side of the amount goes."""

    cash: int
    bonus: int
    held: int
    counter: Account | None
    counter_sign: int


_NOTHING: Final = _Rule(0, 0, 0, None, 0)
_RULES: Final[dict[str, _Rule]] = {
    "BET": _Rule(-1, -1, 0, "house:stakes", +1),
    "WIN": _Rule(+1, +1, 0, "house:payouts", -1),
    "DEPOSIT": _Rule(+1, 0, 0, "psp:clearing", -1),
    "WITHDRAWAL_HELD": _Rule(-1, 0, +1, None, 0),
    "WITHDRAWAL_RELEASED": _Rule(+1, 0, -1, None, 0),
    "WITHDRAWAL": _Rule(0, 0, -1, "psp:clearing", +1),
    "BONUS_CREDIT": _Rule(0, +1, 0, "house:bonus", -1),
    "BONUS_DEBIT": _Rule(0, -1, 0, "house:bonus", +1),
    "BONUS_FORFEITED": _Rule(0, -1, 0, "house:bonus", +1),
    "BONUS_CONVERTED": _Rule(+1, -1, 0, None, 0),
}
_ROLLBACK_RULES: Final[dict[str, _Rule]] = {
    "BET": _Rule(+1, +1, 0, "house:stakes", -1),
    "WIN": _Rule(-1, -1, 0, "house:payouts", +1),
    "NONE": _NOTHING,
}
_ADJUSTMENT_RULES: Final[dict[str, _Rule]] = {
    "credit": _Rule(+1, 0, 0, "house:adjustments", -1),
    "debit": _Rule(-1, 0, 0, "house:adjustments", +1),
}


def postings(event: Event) -> tuple[Posting, ...]:
    """The postings of an event that are not zero; their sum is zero.

    Raises:
        InvariantBroken: `postings`, when a delta has a sign that its type does not allow, when the
            amount is not what moved, or when the postings do not sum to zero.
    """
    rule = _rule(event)
    deltas = (event.cash_delta, event.bonus_delta, event.held_delta)
    signs = (rule.cash, rule.bonus, rule.held)
    if any(
        delta * sign < 0 or (delta and not sign) for delta, sign in zip(deltas, signs, strict=True)
    ):
        raise InvariantBroken("postings", f"a delta of {event.type} at seq {event.seq}")
    moved = max(sum(d for d in deltas if d > 0), -sum(d for d in deltas if d < 0))
    if moved != event.amount_minor:
        raise InvariantBroken("postings", f"the amount of {event.type} at seq {event.seq}")
    lines = [
        Posting("player:cash", event.cash_delta),
        Posting("player:bonus", event.bonus_delta),
        Posting("player:held", event.held_delta),
    ]
    if rule.counter is not None:
        lines.append(Posting(rule.counter, rule.counter_sign * event.amount_minor))
    if sum(line.amount_minor for line in lines) != 0:
        raise InvariantBroken("postings", f"the sum of {event.type} at seq {event.seq}")
    return tuple(line for line in lines if line.amount_minor != 0)


def _rule(event: Event) -> _Rule:
    if event.type == "ROLLBACK":
        return _ROLLBACK_RULES.get(json.loads(event.data).get("of"), _NOTHING)
    if event.type == "ADJUSTMENT":
        return _ADJUSTMENT_RULES.get(json.loads(event.data).get("direction"), _NOTHING)
    return _RULES.get(event.type, _NOTHING)
