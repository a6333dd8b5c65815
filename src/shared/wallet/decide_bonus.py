"""Decisions about bonus money: credited as a named grant, taken back from that grant only.

The bonus balance is the sum of the grants at all times; a debit never takes more than its grant
still holds, so bonus never falls below zero.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.kernel.errors import InvariantBroken, Rejected
from shared.wallet import errors
from shared.wallet.commands import BonusCredit, BonusDebit
from shared.wallet.gates import refuse_frozen
from shared.wallet.model import Decision, Draft, Grant, Head, Moment


def decide_bonus_credit(
    head: Head, grants: Sequence[Grant], command: BonusCredit, moment: Moment
) -> Decision:
    """Credit a new grant.

    Raises:
        Rejected: `wallet_frozen`, `grant_exists`.
    """
    refuse_frozen(head)
    refuse_torn_bonus(head, grants)
    if any(grant.grant_id == command.grant_id for grant in grants):
        raise Rejected(errors.GRANT_EXISTS, "the grant was already credited")
    grant = Grant(command.grant_id, head.seq + 1, command.amount_minor, command.amount_minor)
    credit = Draft(
        moment.new_id(),
        "BONUS_CREDIT",
        {"grant_id": grant.grant_id, "reason": command.reason},
        amount_minor=command.amount_minor,
        bonus_delta=command.amount_minor,
    )
    return _moved(grant, credit)


def decide_bonus_debit(
    head: Head, grants: Sequence[Grant], command: BonusDebit, moment: Moment
) -> Decision:
    """Take an amount back from a grant.

    Raises:
        Rejected: `wallet_frozen`, `grant_not_found`, `insufficient_bonus`.
    """
    refuse_frozen(head)
    refuse_torn_bonus(head, grants)
    found = [grant for grant in grants if grant.grant_id == command.grant_id]
    if not found:
        raise Rejected(errors.GRANT_NOT_FOUND, "there is no such grant")
    if command.amount_minor > found[0].balance_minor:
        raise Rejected(
            errors.INSUFFICIENT_BONUS,
            "the grant does not hold the amount",
            balance={"amount_minor": found[0].balance_minor, "currency": head.currency},
        )
    grant = replace(found[0], balance_minor=found[0].balance_minor - command.amount_minor)
    debit = Draft(
        moment.new_id(),
        "BONUS_DEBIT",
        {"grant_id": grant.grant_id, "reason": command.reason},
        amount_minor=command.amount_minor,
        bonus_delta=-command.amount_minor,
    )
    return _moved(grant, debit)


def refuse_torn_bonus(head: Head, grants: Sequence[Grant]) -> None:
    """Raises `InvariantBroken(grants)` unless all grants together are the bonus balance."""
    if sum(grant.balance_minor for grant in grants) != head.bonus_minor:
        raise InvariantBroken("grants", "the grants do not add up to the bonus balance")


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
