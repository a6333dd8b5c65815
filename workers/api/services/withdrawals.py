"""Withdrawals as the player sees them. The wallet reserves the money and chooses the end-to-end id
before the bank hears of it; the row here is made from the wallet's answer, once, by the request, by
its retry or by the payments desk. What the bank is told and answers: `services.payouts`.
"""

from collections.abc import Mapping

from views.payments import WithdrawalView

from services.container import House
from services.rows import integer
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.payments.errors import PAYMENT_ACCOUNT_NOT_FOUND
from shared.payments.explanations import Language, explain_withdrawal
from shared.payments.model import WithdrawalStatus
from shared.platform.ports import Record
from shared.wallet.errors import WITHDRAWAL_NOT_FOUND


def withdrawal_view(row: Record, language: Language, now_ms: int) -> WithdrawalView:
    """A withdrawal with the reason for its state and what happens next."""
    status: WithdrawalStatus = row["status"]  # type: ignore[assignment]  # CHECK of the table
    due_at, settled_at = integer(row["due_at"]), row["settled_at"]
    return WithdrawalView(
        withdrawal_id=str(row["withdrawal_id"]),
        status=status,
        amount_minor=integer(row["amount_minor"]),
        currency=str(row["currency"]),
        payment_account_id=str(row["payment_account_id"]),
        requested_at=rfc3339(integer(row["requested_at"])),
        due_at=rfc3339(due_at),
        settled_at=rfc3339(settled_at) if isinstance(settled_at, int) else None,
        explanation=explain_withdrawal(status, due_at_ms=due_at, now_ms=now_ms, language=language),
    )


def as_requested(row: Record) -> WithdrawalView:
    """A withdrawal as it was when it was asked for, in the language of that request: a replay says
    the same to the letter, whatever the bank has done since.
    """
    language: Language = row["language"]  # type: ignore[assignment]  # CHECK of the table
    asked = {**row, "status": "processing", "settled_at": None}
    return withdrawal_view(asked, language, integer(row["requested_at"]))


async def own_account(house: House, player_id: str, payment_account_id: str | None) -> str:
    """The id of an account of this player, their first one when none is named.

    Raises:
        Rejected: PAYMENT_ACCOUNT_NOT_FOUND.
    """
    row = await house.db.first(
        "SELECT payment_account_id FROM payment_accounts WHERE player_id = ? "
        "AND (? IS NULL OR payment_account_id = ?) ORDER BY payment_account_id LIMIT 1",
        player_id,
        payment_account_id,
        payment_account_id,
    )
    if row is None:
        raise Rejected(PAYMENT_ACCOUNT_NOT_FOUND, "This is not an account registered by you.")
    return str(row["payment_account_id"])


async def remember_withdrawal(
    house: House, player_id: str, hold: Mapping[str, object], language: Language, asked_at: int
) -> Record:
    """The withdrawal's row. `hold` is the wallet's answer to `withdrawal_hold`, or says the same as
    its event; `asked_at` is when the bank is asked by whoever makes the row, 0 when it is not.
    """
    await house.db.execute(
        "INSERT OR IGNORE INTO withdrawals (withdrawal_id, player_id, payment_account_id, "
        "amount_minor, currency, status, requested_at, due_at, end_to_end_id, language, asked_at) "
        "VALUES (?, ?, ?, ?, ?, 'processing', ?, ?, ?, ?, ?)",
        str(hold["withdrawal_id"]),
        player_id,
        str(hold["payment_account_id"]),
        integer(hold["amount_minor"]),
        str(hold["currency"]),
        integer(hold["requested_at_ms"]),
        integer(hold["due_at_ms"]),
        str(hold["end_to_end_id"]),
        language,
        asked_at,
    )
    return await own_withdrawal(house, player_id, str(hold["withdrawal_id"]))


async def own_withdrawal(house: House, player_id: str, withdrawal_id: str) -> Record:
    """This player's withdrawal. Raises `Rejected(WITHDRAWAL_NOT_FOUND)`, another's included."""
    row = await house.db.first(
        "SELECT * FROM withdrawals WHERE withdrawal_id = ? AND player_id = ?",
        withdrawal_id,
        player_id,
    )
    if row is None:
        raise Rejected(WITHDRAWAL_NOT_FOUND, "There is no withdrawal of yours with this id.")
    return row
