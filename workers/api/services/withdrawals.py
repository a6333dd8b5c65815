"""Withdrawals: held in the wallet, sent to the player's own key, settled or released once.

The wallet reserves the money and chooses the end-to-end id before the bank hears of it, so a payout
that is asked for twice is paid once. A request that died between the steps is completed by its
retry; a payout that the bank did not answer is asked for again when its status is read.
"""

import json
from typing import Annotated, Final, Literal

from http_layer.intake import read_body
from pydantic import BaseModel, ConfigDict, Field
from views.payments import WithdrawalView

from services.bank import Payout
from services.container import House
from services.rows import integer
from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS, rfc3339
from shared.payments.errors import PAYMENT_ACCOUNT_NOT_FOUND
from shared.payments.explanations import Language, explain_withdrawal
from shared.payments.model import WithdrawalStatus
from shared.payments.signature import verify
from shared.platform.ports import PlatformError, Record, Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import WITHDRAWAL_NOT_FOUND

ASK_AGAIN_AFTER_MS: Final = 2 * MINUTE_MS

_SETTLED: Final = frozenset({"withdrawal_not_pending"})


class PayoutResult(BaseModel):
    """What the bank did with one payout."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    endToEndId: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{32}$")]  # noqa: N815 - the bank's name
    status: Literal["REALIZADO", "NAO_REALIZADO"]
    motivo: Annotated[str, Field(max_length=200)] = ""


class PayoutNotice(BaseModel):
    """Body of `POST /v1/webhooks/pix/payouts`."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    pagamentos: Annotated[list[PayoutResult], Field(min_length=1, max_length=100)]


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


async def remember_withdrawal(house: House, player_id: str, hold: dict[str, object]) -> Record:
    """The withdrawal's row; `hold` is the wallet's answer to `withdrawal_hold`."""
    await house.db.execute(
        "INSERT OR IGNORE INTO withdrawals (withdrawal_id, player_id, payment_account_id, "
        "amount_minor, currency, status, requested_at, due_at, end_to_end_id) "
        "VALUES (?, ?, ?, ?, ?, 'processing', ?, ?, ?)",
        str(hold["withdrawal_id"]),
        player_id,
        str(hold["payment_account_id"]),
        integer(hold["amount_minor"]),
        str(hold["currency"]),
        integer(hold["requested_at_ms"]),
        integer(hold["due_at_ms"]),
        str(hold["end_to_end_id"]),
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


async def pay_out(house: House, row: Record) -> None:
    """Ask the bank to pay; safe to repeat. The key is the player's own CPF, read only here.

    It runs after the answer and therefore reads the clock itself.
    """
    now_ms = house.clock.now_ms()
    player = await house.db.first(
        "SELECT player_id, cpf_sealed FROM players WHERE player_id = ?", row["player_id"]
    )
    assert player is not None
    cpf = await house.sealing.unseal(
        str(player["cpf_sealed"]), bound=f"player:{row['player_id']!s}:cpf"
    )
    payout = Payout(str(row["end_to_end_id"]), integer(row["amount_minor"]), cpf)
    notice = await house.bank.send(payout, now_ms)
    if notice is not None:
        await receive_payout_results(house, notice.signature, notice.body, now_ms)


def must_ask_again(row: Record, now_ms: int) -> bool:
    """True for a payout that the bank has not answered for two minutes."""
    waited_ms = now_ms - integer(row["requested_at"])
    return row["status"] == "processing" and waited_ms > ASK_AGAIN_AFTER_MS


async def receive_payout_results(
    house: House, signature: str | None, raw_body: bytes, now_ms: int
) -> int:
    """Settle or release what the bank answered; safe to repeat. The number of results. One that
    fails keeps no other waiting.

    Raises:
        Rejected: when nobody we know signed the body just now, or it is not a notice.
        PlatformError: once all have been tried, when one failed: the bank must tell us again.
    """
    verify(signature, raw_body, secrets=(house.settings.pix_webhook_secret,), now_ms=now_ms)
    notice = read_body(PayoutNotice, "application/json", raw_body)
    assert notice is not None
    failure: PlatformError | None = None
    for result in notice.pagamentos:
        row = await house.db.first(
            "SELECT * FROM withdrawals WHERE end_to_end_id = ?", result.endToEndId
        )
        if row is None:
            house.log({"event": "payout_without_withdrawal", "end_to_end_id": result.endToEndId})
            continue
        try:
            await _conclude(house, row, result, now_ms)
        except PlatformError as error:
            house.log({"event": "payout_not_concluded", "end_to_end_id": result.endToEndId})
            failure = error
    if failure is not None:
        raise failure
    return len(notice.pagamentos)


async def _conclude(house: House, row: Record, result: PayoutResult, now_ms: int) -> None:
    paid = result.status == "REALIZADO"
    payload: dict[str, object] = {"withdrawal_id": row["withdrawal_id"]}
    if paid:
        payload["end_to_end_id"] = result.endToEndId
    else:
        payload["reason"] = result.motivo or "refused by the bank"
    answer = decode_answer(
        await house.wallets.execute(
            str(row["player_id"]),
            "withdrawal_settle" if paid else "withdrawal_release",
            f"payout:{result.endToEndId}:{result.status}",
            "",
            json.dumps(payload),
        )
    )
    if answer.status >= 400 and json.loads(answer.body)["code"] not in _SETTLED:
        raise Unreachable(f"the wallet cannot conclude: {json.loads(answer.body)['code']}")
    if answer.status < 400:
        await house.db.execute(
            "UPDATE withdrawals SET status = ?, settled_at = ? "
            "WHERE withdrawal_id = ? AND status = 'processing'",
            "paid" if paid else "released",
            now_ms,
            row["withdrawal_id"],
        )
