"""The bank's notices of received PIX: each payment is credited once, or goes back, or waits for
people.

Money that arrived is never lost sight of: every payment with an end-to-end id is kept under it
before anything else happens, also one that names no charge of ours or that we cannot read. One
payment keeps no other of its notice waiting, whether its wallet is gone or it is odd. What was
credited is not sent back and what is being sent back is not credited, however a notice is repeated.
Nothing is credited into an account that was closed before the payment was claimed; a payment that
was claimed before is waited for by what empties the account (`has_open_payments`).
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from http_layer.intake import MAX_ERRORS_SHOWN, invalid, read_json, wrong_places
from pydantic import ValidationError

from services.container import House
from services.payment_alerts import (
    ACCOUNT_CLOSED,
    PAYER_UNKNOWN,
    THIRD_PARTY_FUNDS,
    raise_alert,
)
from shared.payments.pix import PixPayment
from shared.payments.schemas import (
    MAX_COLONS_PER_PIX,
    MAX_PIX_PER_NOTICE,
    Pix,
    PixNotice,
    end_to_end_id_of,
)
from shared.payments.signature import verify
from shared.platform.ports import PlatformError, Record, Unreachable
from shared.wallet.answer import decode_answer

_ALERTS: Final = {
    "third_party_funds": THIRD_PARTY_FUNDS,
    "payer_unknown": PAYER_UNKNOWN,
    "account_closed": ACCOUNT_CLOSED,
}
"""Refusals that people hear of, with their rules."""

_SENT_BACK: Final = frozenset({"deposit_amount_mismatch", "deposit_already_credited"})
_CONTRADICTORY: Final = frozenset({"payment_already_used", "idempotency_key_conflict"})
"""The end-to-end id has credited something else: there is no second payment to credit or return."""

_CLAIM: Final = """
INSERT INTO pix_received (end_to_end_id, txid, amount_minor, paid_at, received_at, outcome, refusal)
SELECT ?1, ?2, ?3, ?4, ?5, 'open', iif(EXISTS (
  SELECT 1 FROM deposits JOIN players AS p USING (player_id) WHERE txid = ?2 AND p.status = 'closed'
), 'account_closed', ?6) WHERE true
ON CONFLICT (end_to_end_id) DO UPDATE SET
  txid = excluded.txid, amount_minor = excluded.amount_minor, paid_at = excluded.paid_at,
  outcome = 'open', refusal = excluded.refusal
WHERE outcome = 'unreadable'
  OR (outcome = 'unknown' AND txid IS excluded.txid AND amount_minor = excluded.amount_minor)
"""
"""The first readable telling decides, unless it found no charge. Whether the account is closed is
seen with the claim, so a closing either sees the claim or is seen by it; and it comes before the
payer, whom a closed account may no longer know."""

_CHARGE: Final = """
SELECT d.deposit_id, d.player_id, p.cpf_index
FROM deposits AS d JOIN players AS p USING (player_id) WHERE d.txid = ?
"""

_KEEP_UNREADABLE: Final = """
INSERT OR IGNORE INTO pix_received (end_to_end_id, received_at, outcome) VALUES (?, ?, 'unreadable')
"""

_OPEN_PAYMENTS: Final = """
SELECT 1 FROM pix_received JOIN deposits USING (txid) WHERE player_id = ? AND outcome = 'open'
"""

type Outcome = Literal["credited", "refunded", "unknown"]


@dataclass(slots=True)
class Received:
    """What became of the payments of one notice."""

    received: int = 0
    credited: int = 0
    refunded: int = 0
    unknown: int = 0


async def receive_payments(
    house: House, signature: str | None, raw_body: bytes, now_ms: int
) -> Received:
    """Work off a notice of the bank; safe to repeat.

    Raises:
        Rejected: when nobody we know signed the body just now, or it is not a notice; once all
            payments have been tried, VALIDATION_FAILED for those that cannot be read, so that the
            bank tells again and somebody looks.
        PlatformError: once all have been tried, when one failed: the bank must tell us again.
    """
    verify(signature, raw_body, secrets=(house.settings.pix_webhook_secret,), now_ms=now_ms)
    colons = MAX_COLONS_PER_PIX * MAX_PIX_PER_NOTICE
    notice = read_json(PixNotice, "application/json", raw_body, max_colons=colons)
    received = Received()
    failure: PlatformError | None = None
    odd: list[dict[str, Any]] = []
    for number, item in enumerate(notice.pix):
        received.received += 1
        end_to_end_id = end_to_end_id_of(item)
        try:
            await _receive(house, Pix.model_validate(item).payment(), received, now_ms)
        except ValidationError as error:
            house.log({"event": "pix_unreadable", "end_to_end_id": end_to_end_id})
            odd += wrong_places(error, "body", "pix", str(number))
            failure = await _keep_unreadable(house, end_to_end_id, now_ms) or failure
        except PlatformError as error:
            house.log({"event": "pix_not_worked_off", "end_to_end_id": end_to_end_id})
            failure = error
    if failure is not None:
        raise failure
    if odd:
        raise invalid(odd[:MAX_ERRORS_SHOWN])
    return received


async def has_open_payments(house: House, player_id: str) -> bool:
    """Whether a payment to this player was claimed that is neither credited nor sent back yet."""
    return await house.db.first(_OPEN_PAYMENTS, player_id) is not None


async def _keep_unreadable(
    house: House, end_to_end_id: str | None, now_ms: int
) -> PlatformError | None:
    """Keep the id of a payment that we cannot read; the failure when that failed."""
    if end_to_end_id is None:
        return None
    try:
        await house.db.execute(_KEEP_UNREADABLE, end_to_end_id, now_ms)
    except PlatformError as error:
        return error
    return None


async def _receive(house: House, payment: PixPayment, received: Received, now_ms: int) -> None:
    """Work one payment off. Its end-to-end id is claimed first: the bank's id of a payment can be
    told again, but never for another charge or amount.
    """
    row = await house.db.first(_CHARGE, payment.txid)
    refusal = None if row is None else _refusal_of_payer(house, row, payment)
    told = await _first_told(house, payment, refusal, now_ms)
    if (told["txid"], told["amount_minor"]) != (payment.txid, payment.amount_minor):
        house.log({"event": "pix_contradicts_another", "end_to_end_id": payment.end_to_end_id})
        received.unknown += 1
        return
    if told["outcome"] in ("credited", "refunded"):
        outcome = str(told["outcome"])
    else:
        refusal = cast("str | None", told["refusal"])
        outcome = await _work_off(house, row, payment, refusal, now_ms)
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


async def _first_told(
    house: House, payment: PixPayment, refusal: str | None, now_ms: int
) -> Record:
    """The payment as it was first told of, which is now unless it is known."""
    await house.db.execute(
        _CLAIM,
        payment.end_to_end_id,
        payment.txid,
        payment.amount_minor,
        payment.paid_at_ms,
        now_ms,
        refusal,
    )
    first = await house.db.first(
        "SELECT txid, amount_minor, outcome, refusal FROM pix_received WHERE end_to_end_id = ?",
        payment.end_to_end_id,
    )
    assert first is not None
    return first


async def _work_off(
    house: House, row: Record | None, payment: PixPayment, refusal: str | None, now_ms: int
) -> Outcome:
    """Credit the payment to the charge of `row`, or send it back; safe to repeat."""
    if row is None:
        # No code of ours names this txid: it is shown only once its row is there.
        house.log({"event": "pix_without_deposit", "end_to_end_id": payment.end_to_end_id})
        return "unknown"
    if refusal is None:
        code = await _credit(house, row, payment)
        if code is None:
            await _settle(house, row, payment, "credited", None, now_ms)
            return "credited"
        if code in _CONTRADICTORY:
            house.log({"event": "pix_contradicts_another", "end_to_end_id": payment.end_to_end_id})
            return "unknown"
        if code not in _SENT_BACK:
            raise Unreachable(f"the wallet cannot take a payment: {code}")
        refusal = code
    await _send_back(house, row, payment, refusal, now_ms)
    return "refunded"


def _refusal_of_payer(house: House, row: Record, payment: PixPayment) -> str | None:
    """Why money of this payer is not taken: only the bettor's own is (Portaria SPA/MF 615/2024)."""
    if not payment.payer_is_known:
        return "payer_unknown"
    cpf = payment.payer_cpf
    if cpf is None or row["cpf_index"] not in house.blind_index.all_of("cpf", cpf):
        return "third_party_funds"
    return None


async def _credit(house: House, row: Record, payment: PixPayment) -> str | None:
    """The wallet's refusal, None when it has the money."""
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
    return None if answer.status < 400 else str(json.loads(answer.body)["code"])


async def _send_back(
    house: House, row: Record, payment: PixPayment, refusal: str, now_ms: int
) -> None:
    """Return the money to whoever paid it; some refusals are an alert besides."""
    await house.bank.refund(payment.end_to_end_id, payment.amount_minor)
    if refusal in _ALERTS:
        await raise_alert(
            house,
            str(row["player_id"]),
            _ALERTS[refusal],
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
