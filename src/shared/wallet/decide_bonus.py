"""Decisions about bonus money: credited as a named grant on its terms, taken back, closed.

The bonus balance is the sum of the grants at all times; a debit never takes more than its grant
still holds, so bonus never falls below zero. What becomes of a grant by play is in `grants`.
"""

from collections.abc import Sequence
from dataclasses import asdict

from shared.kernel.errors import Rejected
from shared.kernel.values import altered
from shared.wallet import errors
from shared.wallet.commands import BonusCredit, BonusDebit, BonusForfeit
from shared.wallet.gates import View, refuse_barred, refuse_frozen
from shared.wallet.grants import changed, closed, expire, refuse_torn_bonus
from shared.wallet.model import Decision, Draft, Grant, Head, Moment


def decide_bonus_credit(
    head: Head,
    grants: Sequence[Grant],
    command: BonusCredit,
    moment: Moment,
    view: View,
    *,
    may_have_bonus: bool,
) -> Decision:
    """Credit a new grant. `may_have_bonus`: the jurisdiction asks for no first bet, or there was
    one.

    Raises:
        Rejected: `wallet_frozen`, then as `refuse_barred`, `bonus_blocked`,
            `bonus_before_first_bet`, `grant_exists`, `grant_closed` when the bonus would be past
            its time already.
    """
    refuse_frozen(head)
    refuse_barred(view, moment.now_ms)
    if view.gate.bonus_blocked:
        raise Rejected(errors.BONUS_BLOCKED, "an intervention of player protection stops bonuses")
    if not may_have_bonus:
        raise Rejected(
            errors.BONUS_BEFORE_FIRST_BET,
            "the law allows a bonus only after the first bet (Lei 14.790/2023 art. 29 I)",
        )
    refuse_torn_bonus(head, grants)
    if any(grant.grant_id == command.grant_id for grant in grants):
        raise Rejected(errors.GRANT_EXISTS, "the grant was already credited")
    grant = Grant(
        command.grant_id,
        head.seq + 1,
        command.amount_minor,
        command.amount_minor,
        **asdict(command.terms),
    )
    if not grant.is_live(moment.now_ms):
        raise Rejected(errors.GRANT_CLOSED, "the bonus would be past its time already")
    credit = Draft(
        moment.new_id(),
        "BONUS_CREDIT",
        {
            "grant_id": grant.grant_id,
            "reason": command.reason,
            "terms": command.terms.as_data(),
        },
        amount_minor=command.amount_minor,
        bonus_delta=command.amount_minor,
    )
    return _moved(grant, credit)


def decide_bonus_debit(
    head: Head, grants: Sequence[Grant], command: BonusDebit, moment: Moment
) -> Decision:
    """Take an amount back from a grant.

    Raises:
        Rejected: `wallet_frozen`, `grant_not_found`, `grant_closed`, `insufficient_bonus`.
    """
    refuse_frozen(head)
    refuse_torn_bonus(head, grants)
    found = _active(grants, command.grant_id)
    if command.amount_minor > found.balance_minor:
        raise Rejected(
            errors.INSUFFICIENT_BONUS,
            "the grant does not hold the amount",
            balance={"amount_minor": found.balance_minor, "currency": head.currency},
        )
    grant = altered(found, balance_minor=found.balance_minor - command.amount_minor)
    debit = Draft(
        moment.new_id(),
        "BONUS_DEBIT",
        {"grant_id": grant.grant_id, "reason": command.reason},
        amount_minor=command.amount_minor,
        bonus_delta=-command.amount_minor,
    )
    return _moved(grant, debit)


def decide_bonus_forfeit(
    head: Head, grants: Sequence[Grant], command: BonusForfeit, moment: Moment
) -> Decision:
    """Close a grant: what it holds, and what will still come back to it, is the house's.

    Raises:
        Rejected: `wallet_frozen`, `grant_not_found`, `grant_closed`.
    """
    refuse_frozen(head)
    refuse_torn_bonus(head, grants)
    found = _active(grants, command.grant_id)
    return _moved(*closed(found, "forfeited", moment, reason=command.reason))


def decide_bonus_expire(head: Head, grants: Sequence[Grant], moment: Moment) -> Decision:
    """Close every grant that is past its time; the house calls it, and a bet does it by itself.

    Raises:
        Rejected: `wallet_frozen`.
    """
    refuse_frozen(head)
    refuse_torn_bonus(head, grants)
    judged = expire(grants, moment)
    done = changed(grants, judged.grants)
    return Decision(
        answer=lambda after: {
            "expired": [grant.grant_id for grant in done],
            "bonus_minor": after.bonus_minor,
            "seq": after.seq,
        },
        drafts=judged.drafts,
        rows=done,
    )


def _active(grants: Sequence[Grant], grant_id: str) -> Grant:
    for grant in grants:
        if grant.grant_id == grant_id:
            if grant.status != "active":
                raise Rejected(errors.GRANT_CLOSED, f"the grant is {grant.status}")
            return grant
    raise Rejected(errors.GRANT_NOT_FOUND, "there is no such grant")


def _moved(grant: Grant, draft: Draft) -> Decision:
    return Decision(
        answer=lambda after: {
            "grant_id": grant.grant_id,
            "bonus_minor": after.bonus_minor,
            "seq": after.seq,
        },
        drafts=(draft,),
        rows=(grant,),
    )
