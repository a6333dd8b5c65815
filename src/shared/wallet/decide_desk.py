"""Decisions that two people of the house take: an adjustment of cash, and the release of a wallet.

Both carry the approval that was given for them, which is also their idempotency key, so an approval
moves money or opens a wallet at most once. That the two are two is checked here too, whatever the
desk in front of it did.
"""

from shared.kernel.errors import Rejected
from shared.wallet import errors
from shared.wallet.commands import Adjustment, TwoPeople, Unfreeze
from shared.wallet.gates import refuse_frozen
from shared.wallet.model import Decision, Draft, Head, Moment


def decide_adjustment(head: Head, command: Adjustment, moment: Moment) -> Decision:
    """Correct cash against `house:adjustments`; a debit never leaves less than nothing.

    Raises:
        Rejected: `maker_is_checker`, `wallet_frozen`, `insufficient_funds`.
    """
    _refuse_one_person(command.approved)
    refuse_frozen(head)
    if command.amount_minor < 0 and -command.amount_minor > head.cash_minor:
        raise Rejected(
            errors.INSUFFICIENT_FUNDS,
            "the cash balance does not cover the debit",
            balance={"amount_minor": head.cash_minor, "currency": head.currency},
        )
    draft = Draft(
        moment.new_id(),
        "ADJUSTMENT",
        {
            "direction": "credit" if command.amount_minor > 0 else "debit",
            **_told(command.approved),
        },
        amount_minor=abs(command.amount_minor),
        cash_delta=command.amount_minor,
    )
    return Decision(
        answer=lambda after: {
            "approval_id": command.approved.approval_id,
            "cash_minor": after.cash_minor,
            "seq": after.seq,
        },
        drafts=(draft,),
    )


def decide_unfreeze(
    head: Head, broken_law: str | None, command: Unfreeze, moment: Moment
) -> Decision:
    """Release a frozen wallet. `broken_law` is the first law that does not hold now.

    Raises:
        Rejected: `maker_is_checker`, `wallet_not_frozen`, `wallet_not_proven`.
    """
    _refuse_one_person(command.approved)
    if head.frozen_law is None:
        raise Rejected(errors.WALLET_NOT_FROZEN, "the wallet is not frozen")
    if broken_law is not None:
        raise Rejected(
            errors.WALLET_NOT_PROVEN,
            "the wallet stays frozen until its proof holds",
            law=broken_law,
        )
    draft = Draft(moment.new_id(), "RELEASED", {"law": head.frozen_law, **_told(command.approved)})
    return Decision(
        answer=lambda after: {
            "approval_id": command.approved.approval_id,
            "released_law": head.frozen_law,
            "seq": after.seq,
        },
        drafts=(draft,),
    )


def _refuse_one_person(approved: TwoPeople) -> None:
    if approved.maker_id == approved.checker_id:
        raise Rejected(errors.MAKER_IS_CHECKER, "who proposed it may not approve it")


def _told(approved: TwoPeople) -> dict[str, object]:
    return {
        "approval_id": approved.approval_id,
        "maker_id": approved.maker_id,
        "checker_id": approved.checker_id,
        "reason": approved.reason,
    }
