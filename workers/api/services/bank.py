"""The bank behind PIX, as a port, and the sandbox's bank.

A charge is a BR Code that the player's bank pays; a payout is sent to the player's own key. Both
are identified by ids that the wallet chose (txid, end-to-end id), so asking the bank twice is
harmless. The bank tells us what happened by signed notices to our webhooks, at least once, in any
order. The sandbox's bank answers at once: what it would post to a webhook it hands back, signed,
and the caller puts it through the very code of the webhook.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from shared.kernel.errors import Rejected
from shared.payments.brcode import dynamic_br_code
from shared.payments.errors import PAYMENT_PROVIDER_UNAVAILABLE
from shared.payments.model import end_to_end_id
from shared.payments.pix import PixPayment, notice
from shared.payments.signature import sign

MERCHANT_NAME: Final = "AcmeToCasino"
MERCHANT_CITY: Final = "Sao Paulo"


@dataclass(frozen=True, slots=True)
class Payout:
    """A PIX to a player's own account; `pix_key` is their CPF."""

    end_to_end_id: str
    amount_minor: int
    pix_key: str


@dataclass(frozen=True, slots=True)
class SignedNotice:
    """A webhook call: the raw body and the value of its signature header."""

    body: bytes
    signature: str


class Bank(Protocol):
    """A payment service provider for PIX."""

    def check(self) -> None:
        """Raises `Rejected(PAYMENT_PROVIDER_UNAVAILABLE)` before anything is reserved or opened."""
        ...

    def charge(self, txid: str, amount_minor: int) -> str:
        """The BR Code of the charge `txid`."""
        ...

    async def send(self, payout: Payout, now_ms: int) -> SignedNotice | None:
        """Ask for a payout; the same end-to-end id is paid once. A bank that answers later gives
        None and calls the payouts webhook.
        """
        ...

    async def refund(self, end_to_end_id: str, amount_minor: int) -> None:
        """Send a received PIX back to whoever paid it (`devolucao` of the API Pix)."""
        ...


class NoBank:
    """Outside the sandbox, until a provider is connected: nothing is promised, nothing is paid."""

    def check(self) -> None:
        raise _unavailable()

    def charge(self, txid: str, amount_minor: int) -> str:
        raise _unavailable()

    async def send(self, payout: Payout, now_ms: int) -> SignedNotice | None:
        raise _unavailable()

    async def refund(self, end_to_end_id: str, amount_minor: int) -> None:
        raise _unavailable()


async def _never() -> bool:
    return False


class SandboxBank:
    """A bank that calls our webhooks for whatever it is asked to pay; it pays, until it is told to
    refuse.
    """

    ISPB: Final = "99999999"

    def __init__(
        self, webhook_secret: bytes, refuses: Callable[[], Awaitable[bool]] = _never
    ) -> None:
        self._secrets = (webhook_secret,)
        self._refuses = refuses

    def check(self) -> None:
        """This bank is always there."""

    def charge(self, txid: str, amount_minor: int) -> str:
        return dynamic_br_code(
            location=f"pix.acmetocasino.bet.br/qr/v2/{txid}",
            merchant_name=MERCHANT_NAME,
            merchant_city=MERCHANT_CITY,
            amount_minor=amount_minor,
        )

    async def send(self, payout: Payout, now_ms: int) -> SignedNotice | None:
        result = {"endToEndId": payout.end_to_end_id, "status": "REALIZADO"}
        if await self._refuses():
            result |= {"status": "NAO_REALIZADO", "motivo": "the account was closed"}
        return self._signed({"pagamentos": [result]}, now_ms)

    async def refund(self, end_to_end_id: str, amount_minor: int) -> None:
        """The payer of the sandbox has no account that could be credited."""

    def payment(
        self, txid: str, amount_minor: int, payer_cpf: str, now_ms: int
    ) -> tuple[str, SignedNotice]:
        """End-to-end id and notice of a payment; the same payer pays a charge once."""
        digest = sha256(f"{txid}:{payer_cpf}".encode()).digest()
        identifier = end_to_end_id(self.ISPB, 0, digest)
        payment = PixPayment(
            end_to_end_id=identifier,
            txid=txid,
            amount_minor=amount_minor,
            paid_at_ms=now_ms,
            payer_cpf=payer_cpf,
            payer_name=None,
        )
        return identifier, self._signed(notice([payment]), now_ms)

    def _signed(self, message: dict[str, object], now_ms: int) -> SignedNotice:
        body = json.dumps(message).encode()
        return SignedNotice(body, sign(body, secrets=self._secrets, now_ms=now_ms))


def _unavailable() -> Rejected:
    return Rejected(
        PAYMENT_PROVIDER_UNAVAILABLE, "This operator has no PIX provider connected yet."
    )
