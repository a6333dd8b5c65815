"""Bodies and answers of payments."""

from typing import Annotated, Literal

from pydantic import Field
from views.common import AmountMinor, Body, CurrencyCode, Id, Time, View

from shared.identity.schemas import PaymentAccountView


class DepositBody(Body):
    amount_minor: AmountMinor
    method: Annotated[str, Field(pattern="^[a-z_]{2,32}$", examples=["pix"])]


class PixChargeView(View):
    br_code: Annotated[str, Field(description="PIX copy-and-paste text (EMV BR Code)")]
    txid: str
    expires_at: Time


class DepositView(View):
    deposit_id: Id
    status: Literal["pending", "credited", "refunded", "expired"]
    amount_minor: AmountMinor
    currency: CurrencyCode
    requested_at: Time
    settled_at: Time | None
    refusal: Annotated[str | None, Field(description="Why a payment was sent back")]
    pix: PixChargeView


class DepositsView(View):
    items: list[DepositView]
    next_cursor: str | None


class WithdrawalBody(Body):
    amount_minor: AmountMinor
    payment_account_id: Annotated[
        Id | None,
        Field(description="One of the player's own accounts; the first one when left out"),
    ] = None


class WithdrawalView(View):
    withdrawal_id: Id
    status: Literal["processing", "paid", "released"]
    amount_minor: AmountMinor
    currency: CurrencyCode
    payment_account_id: Id
    requested_at: Time
    due_at: Annotated[
        Time, Field(description="120 minutes after the request (Portaria SPA/MF 615/2024)")
    ]
    settled_at: Time | None
    explanation: str


class WithdrawalsView(View):
    items: list[WithdrawalView]
    next_cursor: str | None


class PaymentAccountsView(View):
    items: list[PaymentAccountView]
    next_cursor: str | None


class SandboxPayBody(Body):
    payer_cpf: Annotated[
        str | None,
        Field(
            pattern=r"^([0-9]{11}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})$",
            description="Whose account pays; the player's when left out",
        ),
    ] = None


class PaidView(View):
    txid: str
    end_to_end_id: str
    status: Literal["pending", "credited", "refunded", "expired"]


class ReceivedView(View):
    """What became of the payments that one call of the bank told of."""

    received: int
    credited: int
    refunded: int
    unknown: int


class PayoutResultsView(View):
    received: int


class ClockBody(Body):
    advance_ms: Annotated[int, Field(gt=0, le=400 * 24 * 3_600_000)]


class ClockView(View):
    now: Time
