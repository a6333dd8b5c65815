"""Deposits: a charge is opened, somebody pays it, the wallet is credited once or the money goes
back.

The wallet opens the charge (its limits stand in the way) and chooses deposit id and txid; the row
in D1 only finds the wallet again when the bank's notice names the txid. Each step can be repeated:
the wallet replays, the row is inserted once, and a notice that was worked off changes nothing.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from http_layer.intake import read_body
from views.payments import DepositView, PixChargeView

from services import payment_alerts
from services.container import House
from services.rows import integer
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.payments.pix import PixPayment
from shared.payments.schemas import PixNotice
from shared.payments.signature import verify
from shared.platform.ports import PlatformError, Record, Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import DEPOSIT_NOT_FOUND

THIRD_PARTY_FUNDS: Final = "third_party_funds"
_SENT_BACK: Final = frozenset({"deposit_amount_mismatch", "deposit_already_credited"})
_CONTRADICTORY: Final = frozenset({"payment_already_used", "idempotency_key_conflict"})
"""The end-to-end id has credited something else: there is no second payment to credit or return."""

type Outcome = Literal["credited", "refunded", "unknown"]


@dataclass(slots=True)
class Received:
    """What became of the payments of one notice."""

    received: int = 0
    credited: int = 0
    refunded: int = 0
    unknown: int = 0


def deposit_view(house: House, row: Record, now_ms: int) -> DepositView:
    """A deposit as the player sees it at `now_ms`, with the code to pay it."""
    settled_at = row["settled_at"]
    is_over = row["status"] == "pending" and now_ms >= integer(row["expires_at"])
    return DepositView.model_validate(
        {
            "deposit_id": row["deposit_id"],
            "status": "expired" if is_over else row["status"],
            "amount_minor": row["amount_minor"],
            "currency": row["currency"],
            "requested_at": rfc3339(integer(row["requested_at"])),
            "settled_at": rfc3339(settled_at) if isinstance(settled_at, int) else None,
            "refusal": row["refusal"],
            "pix": PixChargeView(
                br_code=house.bank.charge(str(row["txid"]), integer(row["amount_minor"])),
                txid=str(row["txid"]),
                expires_at=rfc3339(integer(row["expires_at"])),
            ),
        }
    )


async def remember_charge(house: House, player_id: str, charge: dict[str, object]) -> Record:
    """The deposit's row; `charge` is the wallet's answer to `deposit_request`."""
    await house.db.execute(
        "INSERT OR IGNORE INTO deposits (deposit_id, player_id, txid, amount_minor, currency, "
        "status, requested_at, expires_at) VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)",
        str(charge["deposit_id"]),
        player_id,
        str(charge["txid"]),
        integer(charge["amount_minor"]),
        str(charge["currency"]),
        integer(charge["requested_at_ms"]),
        integer(charge["expires_at_ms"]),
    )
    return await own_deposit(house, player_id, str(charge["deposit_id"]))


async def own_deposit(house: House, player_id: str, deposit_id: str) -> Record:
    """This player's deposit. Raises `Rejected(DEPOSIT_NOT_FOUND)`, also for another player's."""
    row = await house.db.first(
        "SELECT * FROM deposits WHERE deposit_id = ? AND player_id = ?", deposit_id, player_id
    )
    if row is None:
        raise Rejected(DEPOSIT_NOT_FOUND, "There is no deposit of yours with this id.")
    return row


async def receive_payments(
    house: House, signature: str | None, raw_body: bytes, now_ms: int
) -> Received:
    """Work off a notice of the bank; safe to repeat. One payment that fails, because its wallet is
    frozen or does not answer, keeps no other payment of the notice waiting.

    Raises:
        Rejected: when nobody we know signed the body just now, or it is not a notice.
        PlatformError: once all have been tried, when one failed: the bank must tell us again.
    """
    verify(signature, raw_body, secrets=(house.settings.pix_webhook_secret,), now_ms=now_ms)
    received = Received()
    failure: PlatformError | None = None
    notice = read_body(PixNotice, "application/json", raw_body)
    assert notice is not None
    for pix in notice.pix:
        received.received += 1
        try:
            await _receive(house, pix.payment(), received, now_ms)
        except PlatformError as error:
            house.log({"event": "pix_not_worked_off", "end_to_end_id": pix.endToEndId})
            failure = error
    if failure is not None:
        raise failure
    return received


async def _receive(house: House, payment: PixPayment, received: Received, now_ms: int) -> None:
    """Work one payment off. Its end-to-end id is claimed first: the bank's id of a payment can be
    told again, but never for another charge or amount.
    """
    if not await _is_the_one_first_told_of(house, payment, now_ms):
        outcome: Outcome = "unknown"
        house.log({"event": "pix_contradicts_another", "end_to_end_id": payment.end_to_end_id})
    else:
        outcome = await _work_off(house, payment, now_ms)
        await house.db.execute(
            "UPDATE pix_received SET outcome = ? WHERE end_to_end_id = ?",
            outcome,
            payment.end_to_end_id,
        )
    match outcome:
        case "credited":
            received.credited += 1
        case "refunded":
            received.refunded += 1
        case _:
            received.unknown += 1


async def _is_the_one_first_told_of(house: House, payment: PixPayment, now_ms: int) -> bool:
    await house.db.execute(
        "INSERT OR IGNORE INTO pix_received (end_to_end_id, txid, amount_minor, paid_at, "
        "received_at, outcome) VALUES (?, ?, ?, ?, ?, 'open')",
        payment.end_to_end_id,
        payment.txid,
        payment.amount_minor,
        payment.paid_at_ms,
        now_ms,
    )
    first = await house.db.first(
        "SELECT txid, amount_minor FROM pix_received WHERE end_to_end_id = ?",
        payment.end_to_end_id,
    )
    assert first is not None
    return (first["txid"], first["amount_minor"]) == (payment.txid, payment.amount_minor)


async def _work_off(house: House, payment: PixPayment, now_ms: int) -> Outcome:
    """Credit the payment or send it back; safe to repeat."""
    row = await house.db.first(
        "SELECT d.deposit_id, d.player_id, p.cpf_index FROM deposits d "
        "JOIN players p USING (player_id) WHERE d.txid = ?",
        payment.txid,
    )
    if row is None:
        # No code of ours names this txid: it is shown only once its row is there.
        house.log({"event": "pix_without_deposit", "end_to_end_id": payment.end_to_end_id})
        return "unknown"
    payer = payment.payer_cpf
    if payer is None or house.blind_index.of("cpf", payer) != row["cpf_index"]:
        await _send_back(house, row, payment, THIRD_PARTY_FUNDS, now_ms)
        return "refunded"
    credit = {
        "deposit_id": row["deposit_id"],
        "amount_minor": payment.amount_minor,
        "end_to_end_id": payment.end_to_end_id,
    }
    answer = decode_answer(
        await house.wallets.execute(
            str(row["player_id"]),
            "deposit_credit",
            f"pix:{payment.end_to_end_id}",
            "",
            json.dumps(credit),
        )
    )
    if answer.status < 400:
        await _settle(house, row, payment, "credited", None, now_ms)
        return "credited"
    code = json.loads(answer.body)["code"]
    if code in _CONTRADICTORY:
        house.log({"event": "pix_contradicts_another", "end_to_end_id": payment.end_to_end_id})
        return "unknown"
    if code not in _SENT_BACK:
        raise Unreachable(f"the wallet cannot take a payment: {code}")
    await _send_back(house, row, payment, code, now_ms)
    return "refunded"


async def _send_back(
    house: House, row: Record, payment: PixPayment, refusal: str, now_ms: int
) -> None:
    """Return the money to whoever paid it; money of a third party is an alert besides."""
    await house.bank.refund(payment.end_to_end_id, payment.amount_minor)
    if refusal == THIRD_PARTY_FUNDS:
        await payment_alerts.raise_alert(
            house,
            str(row["player_id"]),
            payment_alerts.THIRD_PARTY_FUNDS,
            "high",
            happened_at=payment.paid_at_ms,
            amount_minor=payment.amount_minor,
            evidence={
                "deposit_id": row["deposit_id"],
                "end_to_end_id": payment.end_to_end_id,
            },
            now_ms=now_ms,
        )
    await _settle(house, row, payment, "refunded", refusal, now_ms)


async def _settle(
    house: House, row: Record, payment: PixPayment, status: str, refusal: str | None, now_ms: int
) -> None:
    """A charge settles once; what comes later for it (a second payer) is refunded beside it. Only a
    credit follows a refund: the wallet takes the player's own payment after a stranger's.
    """
    await house.db.execute(
        "UPDATE deposits SET status = ?1, refusal = ?2, settled_at = ?3, end_to_end_id = ?4 "
        "WHERE deposit_id = ?5 AND (status IN ('pending', 'expired') "
        "OR (status = 'refunded' AND ?1 = 'credited'))",
        status,
        refusal,
        now_ms,
        payment.end_to_end_id,
        row["deposit_id"],
    )
