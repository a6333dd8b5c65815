"""Payouts: the bank is asked, as often as needed, to pay what the wallet holds, and its answer
settles or releases the hold once.

The wallet chose the end-to-end id, so a payout asked for twice is paid once; and the bank is
asked only while the wallet holds the money, so that nothing that was given back is paid. A result
that contradicts an earlier one moves nothing: it is a critical alert, and people decide.
"""

import json
from typing import Annotated, Final, Literal

from http_layer.intake import read_body
from pydantic import BaseModel, ConfigDict, Field

from services.bank import Payout
from services.container import House
from services.payment_alerts import PAYOUT_CONTRADICTED, raise_alert
from services.rows import integer
from shared.kernel.times import MINUTE_MS
from shared.payments.signature import verify
from shared.platform.ports import PlatformError, Record, Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import (
    IDEMPOTENCY_KEY_CONFLICT,
    PAYMENT_MISMATCH,
    WITHDRAWAL_NOT_PENDING,
)

ASK_AGAIN_AFTER_MS: Final = 2 * MINUTE_MS

_NO_PAYMENT: Final = "none"
"""No payment has this id: settling by it is refused, as `payment_mismatch` only while it is held"""

_CLAIM: Final = """
UPDATE withdrawals SET asked_at = ?1
WHERE withdrawal_id = ?2 AND status = 'processing' AND asked_at = ?3
"""
"""Of two that want to ask the bank at the same time, one does."""

_CLOSE: Final = """
UPDATE withdrawals SET status = ?, settled_at = ? WHERE withdrawal_id = ? AND status = 'processing'
"""

_ENDED_AS: Final = """
SELECT iif(type = 'WITHDRAWAL', 'paid', 'released') AS status, recorded_at FROM wallet_events
WHERE data ->> 'withdrawal_id' = ?1 AND player_id = ?2
  AND type IN ('WITHDRAWAL', 'WITHDRAWAL_RELEASED')
"""

type Ended = Literal["paid", "released"]


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


def must_ask_again(row: Record, now_ms: int) -> bool:
    """True for a payout that the bank has not answered for two minutes."""
    waited_ms = now_ms - integer(row["asked_at"])
    return row["status"] == "processing" and waited_ms > ASK_AGAIN_AFTER_MS


async def pay_out(house: House, row: Record) -> None:
    """Ask the bank to pay; safe to repeat. The key is the player's own CPF, read only here.

    It runs after the answer and therefore reads the clock itself.

    Raises:
        PlatformError: when the wallet, D1 or the bank gave no answer: it is to be asked again.
        Rejected: when no bank is connected.
    """
    now_ms = house.clock.now_ms()
    withdrawal_id = str(row["withdrawal_id"])
    if not await house.db.execute(_CLAIM, now_ms, withdrawal_id, row["asked_at"]):
        return
    if not await _is_held(house, row):
        await house.db.execute(_CLOSE, await _ended_as(house, row), now_ms, withdrawal_id)
        return
    player = await house.db.first(
        "SELECT cpf_sealed FROM players WHERE player_id = ?", row["player_id"]
    )
    assert player is not None
    cpf = await house.sealing.unseal(
        str(player["cpf_sealed"]), bound=f"player:{row['player_id']!s}:cpf"
    )
    payout = Payout(str(row["end_to_end_id"]), integer(row["amount_minor"]), cpf)
    notice = await house.bank.send(payout, now_ms)
    if notice is not None:
        await receive_payout_results(house, notice.signature, notice.body, now_ms)


async def try_to_pay_out(house: House, row: Record) -> bool:
    """As `pay_out`, but a failure is logged and answered False: whoever asked has gone, and the
    payments desk asks again.
    """
    try:
        await pay_out(house, row)
    except Exception as failure:  # noqa: BLE001 - nobody is left who could be told
        house.log(
            {
                "event": "payout_failed",
                "withdrawal_id": row["withdrawal_id"],
                "failure": type(failure).__name__,
            }
        )
        return False
    return True


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
    """Put one result into the wallet and the row; a second, different one before people."""
    told: Ended = "paid" if result.status == "REALIZADO" else "released"
    payload: dict[str, object] = {"withdrawal_id": row["withdrawal_id"]}
    if told == "paid":
        payload["end_to_end_id"] = result.endToEndId
    else:
        payload["reason"] = result.motivo or "refused by the bank"
    answer = decode_answer(
        await house.wallets.execute(
            str(row["player_id"]),
            "withdrawal_settle" if told == "paid" else "withdrawal_release",
            f"payout:{result.endToEndId}:{result.status}",
            "",
            json.dumps(payload),
        )
    )
    ended = told
    if answer.status >= 400:
        code = json.loads(answer.body)["code"]
        # A conflict: it was released for a reason in other words.
        if code not in (WITHDRAWAL_NOT_PENDING.code, IDEMPOTENCY_KEY_CONFLICT.code):
            raise Unreachable(f"the wallet cannot conclude: {code}")
        ended = await _ended_as(house, row)
    await house.db.execute(_CLOSE, ended, now_ms, row["withdrawal_id"])
    if ended != told:
        await raise_alert(
            house,
            str(row["player_id"]),
            PAYOUT_CONTRADICTED,
            "critical",
            happened_at=now_ms,
            amount_minor=integer(row["amount_minor"]),
            evidence={
                "withdrawal_id": row["withdrawal_id"],
                "end_to_end_id": result.endToEndId,
                "wallet": ended,
                "bank": result.status,
                "bank_reason": result.motivo,
            },
            now_ms=now_ms,
        )


async def _is_held(house: House, row: Record) -> bool:
    """Whether the wallet still holds the money, as the wallet itself says; nothing is changed.

    Raises:
        Unreachable: when it says neither.
    """
    asked = {"withdrawal_id": row["withdrawal_id"], "end_to_end_id": _NO_PAYMENT}
    answer = decode_answer(
        await house.wallets.execute(
            str(row["player_id"]),
            "withdrawal_settle",
            f"payout:{row['end_to_end_id']!s}:held",
            "",
            json.dumps(asked),
        )
    )
    code = json.loads(answer.body).get("code")
    if code not in (PAYMENT_MISMATCH.code, WITHDRAWAL_NOT_PENDING.code):
        raise Unreachable(f"the wallet does not say whether it holds a withdrawal: {code}")
    return bool(code == PAYMENT_MISMATCH.code)


async def _ended_as(house: House, row: Record) -> Ended:
    """How a withdrawal that is no longer held ended: what was recorded here, else the projection.

    Raises:
        Unreachable: while the projection has not heard of it.
    """
    if row["status"] != "processing":
        return "paid" if row["status"] == "paid" else "released"
    end = await house.db.first(_ENDED_AS, row["withdrawal_id"], row["player_id"])
    if end is None:
        raise Unreachable("the wallet has ended a withdrawal and the projection does not say how")
    return "paid" if end["status"] == "paid" else "released"
