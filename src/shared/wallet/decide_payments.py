"""Decisions about deposits and withdrawals: what comes in once, what leaves at most once.

A deposit credits once, whatever the PSP repeats, and also after its code expired, because the money
has arrived; however late, it counts in full in the windows of its credit. A withdrawal takes the
money out of reach at once (cash to held) and is then either paid or released, never both.
Deadlines: Portaria SPA/MF 615/2024 pays a withdrawal within 120 minutes. Identifiers: BCB, Manual
de Padrões para Iniciação do Pix (txid of 26 to 35 letters and digits; EndToEndId "E", ISPB,
yyyyMMddHHmm in UTC, 11 letters and digits, 32 characters).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Final

from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.times import HOUR_MS, MINUTE_MS
from shared.kernel.values import altered
from shared.wallet import errors
from shared.wallet.commands import (
    DepositCredit,
    DepositRequest,
    WithdrawalHold,
    WithdrawalRelease,
    WithdrawalSettle,
)
from shared.wallet.gates import View, refuse_barred, refuse_frozen, refuse_idle
from shared.wallet.grants import closed
from shared.wallet.limits import Usage, deposit_warnings, refuse_deposit_over_limit
from shared.wallet.model import (
    Decision,
    Deposit,
    Draft,
    Grant,
    Head,
    Limit,
    Moment,
    Withdrawal,
)

DEPOSIT_EXPIRES_MS: Final = HOUR_MS
WITHDRAWAL_DUE_MS: Final = 120 * MINUTE_MS
PAYER_ISPB: Final = "00000000"
"""The paying institution in the EndToEndId; zeros until a payment provider gives its own."""

_LETTERS_AND_DIGITS: Final = ascii_letters + digits
_UNIQUE_CHARS: Final = 11


def decide_deposit_request(
    head: Head,
    limits: Sequence[Limit],
    usage: Usage,
    pending_minor: int,
    command: DepositRequest,
    moment: Moment,
    *,
    view: View | None,
) -> Decision:
    """Announce a deposit. `pending_minor` is what earlier requests still expect, until
    DEPOSIT_GRACE_MS after their codes expired: it counts against the limit as if it were paid, so
    that no number of requests passes it.

    Raises:
        Rejected: `wallet_frozen`, then as `refuse_barred`, `session_expired`, `limit_deposit`.
    """
    refuse_frozen(head)
    refuse_barred(view, moment.now_ms)
    refuse_idle(head, view, moment.now_ms)
    expected = pending_minor + command.amount_minor
    refuse_deposit_over_limit(limits, usage, expected, moment.now_ms, head.day_offset_ms)
    deposit_id = moment.new_id()
    deposit = Deposit(
        deposit_id=deposit_id,
        txid=deposit_id.replace("-", ""),
        amount_minor=command.amount_minor,
        requested_at=moment.now_ms,
        expires_at=moment.now_ms + DEPOSIT_EXPIRES_MS,
        credited_seq=None,
        end_to_end_id=None,
    )
    body: dict[str, object] = {
        "deposit_id": deposit.deposit_id,
        "txid": deposit.txid,
        "amount_minor": deposit.amount_minor,
        "currency": head.currency,
        "requested_at_ms": deposit.requested_at,
        "expires_at_ms": deposit.expires_at,
        "warnings": deposit_warnings(limits, usage, expected),
    }
    return Decision(answer=lambda _: body, rows=(deposit,), status=201)


def decide_deposit_credit(
    head: Head,
    deposit: Deposit | None,
    usage: Usage,
    command: DepositCredit,
    moment: Moment,
    *,
    payment_used: bool,
) -> Decision:
    """Credit a deposit that was paid. `payment_used`: the payment credited another already.

    Raises:
        Rejected: `wallet_frozen`, `deposit_not_found`, `deposit_already_credited`,
            `payment_already_used`, `deposit_amount_mismatch`.
    """
    refuse_frozen(head)
    if deposit is None:
        raise Rejected(errors.DEPOSIT_NOT_FOUND, "there is no such deposit")
    if deposit.credited_seq is not None:
        raise Rejected(errors.DEPOSIT_ALREADY_CREDITED, "the deposit was already credited")
    if payment_used:
        raise Rejected(errors.PAYMENT_ALREADY_USED, "the payment credited another deposit")
    if deposit.amount_minor != command.amount_minor:
        raise Rejected(
            errors.DEPOSIT_AMOUNT_MISMATCH,
            f"{command.amount_minor} was paid, {deposit.amount_minor} was requested",
        )
    credit = Draft(
        moment.new_id(),
        "DEPOSIT",
        {"deposit_id": deposit.deposit_id, "end_to_end_id": command.end_to_end_id},
        amount_minor=deposit.amount_minor,
        cash_delta=deposit.amount_minor,
    )
    credited = altered(deposit, credited_seq=head.seq + 1, end_to_end_id=command.end_to_end_id)
    return Decision(
        answer=lambda after: {
            "deposit_id": credited.deposit_id,
            "cash_minor": after.cash_minor,
            "seq": after.seq,
        },
        drafts=(credit,),
        rows=(credited, usage.plus(deposited=deposit.amount_minor).today),
    )


def decide_withdrawal_hold(
    head: Head,
    grants: Sequence[Grant],
    command: WithdrawalHold,
    moment: Moment,
    *,
    view: View | None,
) -> Decision:
    """Reserve cash for a withdrawal. Only cash can be withdrawn; of the gate, the session alone
    stands here.
    Of the active `grants`, those given on the term that a withdrawal forfeits them are closed.

    Raises:
        Rejected: `wallet_frozen`, `session_expired`, `insufficient_funds`.
    """
    refuse_frozen(head)
    refuse_idle(head, view, moment.now_ms)
    if command.amount_minor > head.cash_minor:
        raise Rejected(
            errors.INSUFFICIENT_FUNDS,
            "the withdrawable balance does not cover the amount",
            balance={"amount_minor": head.cash_minor, "currency": head.currency},
        )
    withdrawal = Withdrawal(
        withdrawal_id=moment.new_id(),
        amount_minor=command.amount_minor,
        payment_account_id=command.payment_account_id,
        end_to_end_id=end_to_end_id(moment),
        status="held",
        held_event_id=moment.new_id(),
        requested_at=moment.now_ms,
        due_at=moment.now_ms + WITHDRAWAL_DUE_MS,
        closed_seq=None,
    )
    hold = Draft(
        withdrawal.held_event_id,
        "WITHDRAWAL_HELD",
        {
            "withdrawal_id": withdrawal.withdrawal_id,
            "payment_account_id": withdrawal.payment_account_id,
            "end_to_end_id": withdrawal.end_to_end_id,
            "due_at": withdrawal.due_at,
        },
        amount_minor=withdrawal.amount_minor,
        cash_delta=-withdrawal.amount_minor,
        held_delta=withdrawal.amount_minor,
    )
    forfeits = [
        closed(grant, "forfeited", moment, hold.event_id, reason="withdrawal")
        for grant in grants
        if grant.on_withdrawal == "forfeit"
    ]
    body: dict[str, object] = {
        "withdrawal_id": withdrawal.withdrawal_id,
        "amount_minor": withdrawal.amount_minor,
        "currency": head.currency,
        "payment_account_id": withdrawal.payment_account_id,
        "end_to_end_id": withdrawal.end_to_end_id,
        "requested_at_ms": withdrawal.requested_at,
        "due_at_ms": withdrawal.due_at,
    }
    return Decision(
        answer=lambda _: body,
        drafts=(hold, *(draft for _, draft in forfeits)),
        rows=(withdrawal, *(grant for grant, _ in forfeits)),
        status=201,
    )


def decide_withdrawal_settle(
    head: Head, withdrawal: Withdrawal | None, command: WithdrawalSettle, moment: Moment
) -> Decision:
    """Record that the held amount was paid out, by the payment that the hold named.

    Raises:
        Rejected: `withdrawal_not_found`, `withdrawal_not_pending`, `payment_mismatch`.
    """
    held = _held(head, withdrawal)
    if command.end_to_end_id != held.end_to_end_id:
        raise Rejected(errors.PAYMENT_MISMATCH, "the payment belongs to no hold of this withdrawal")
    paid = Draft(
        moment.new_id(),
        "WITHDRAWAL",
        {"withdrawal_id": held.withdrawal_id, "end_to_end_id": held.end_to_end_id},
        amount_minor=held.amount_minor,
        held_delta=-held.amount_minor,
        causation_id=held.held_event_id,
    )
    return _closed(head, held, "paid", paid)


def decide_withdrawal_release(
    head: Head, withdrawal: Withdrawal | None, command: WithdrawalRelease, moment: Moment
) -> Decision:
    """Give the held amount back to cash, with the reason.

    Raises:
        Rejected: `withdrawal_not_found`, `withdrawal_not_pending`.
    """
    held = _held(head, withdrawal)
    released = Draft(
        moment.new_id(),
        "WITHDRAWAL_RELEASED",
        {"withdrawal_id": held.withdrawal_id, "reason": command.reason},
        amount_minor=held.amount_minor,
        cash_delta=held.amount_minor,
        held_delta=-held.amount_minor,
        causation_id=held.held_event_id,
    )
    return _closed(head, held, "released", released)


def end_to_end_id(moment: Moment) -> str:
    """A fresh EndToEndId of a payment that this house starts now."""
    minute = datetime.fromtimestamp(moment.now_ms // 1000, UTC).strftime("%Y%m%d%H%M")
    # 6 bits a character, the two values beyond 62 drawn again: every character equally likely.
    unique = ""
    while len(unique) < _UNIQUE_CHARS:
        drawn = [byte & 63 for byte in moment.entropy.token(_UNIQUE_CHARS)]
        unique += "".join(_LETTERS_AND_DIGITS[value] for value in drawn if value < 62)
    return f"E{PAYER_ISPB}{minute}{unique[:_UNIQUE_CHARS]}"


def _held(head: Head, withdrawal: Withdrawal | None) -> Withdrawal:
    if withdrawal is None:
        raise Rejected(errors.WITHDRAWAL_NOT_FOUND, "there is no such withdrawal")
    if withdrawal.status != "held":
        raise Rejected(
            errors.WITHDRAWAL_NOT_PENDING, f"the withdrawal is already {withdrawal.status}"
        )
    if withdrawal.amount_minor > head.held_minor:
        raise InvariantBroken("holds", "a hold is larger than everything that is held")
    return withdrawal


def _closed(head: Head, held: Withdrawal, status: str, draft: Draft) -> Decision:
    closed = altered(held, status=status, closed_seq=head.seq + 1)
    return Decision(
        answer=lambda after: {
            "withdrawal_id": closed.withdrawal_id,
            "status": closed.status,
            "seq": after.seq,
        },
        drafts=(draft,),
        rows=(closed,),
    )
