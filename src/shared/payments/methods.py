"""Which ways of paying exist, and which the law forbids for bets.

Which those are is data of the jurisdiction's profile. In Brazil (Portaria SPA/MF 615/2024) only
transfers between accounts of the bettor at authorised institutions pay; no cash, boleto, cheque,
crypto-asset, credit card or other post-paid instrument. A forbidden method has its own answer, so
that a player learns that it is the law and not an outage.
"""

from typing import Final, Literal

from shared.compliance.model import profile_now
from shared.kernel.errors import Rejected
from shared.kernel.money import Currency
from shared.payments.errors import PAYMENT_METHOD_FORBIDDEN, PAYMENT_METHOD_UNKNOWN

Method = Literal["pix"]

METHODS: Final[tuple[Method, ...]] = ("pix",)
"""What the house has a bank for; what the law allows besides is not on offer."""

CURRENCY_OF: Final[dict[Method, Currency]] = {"pix": "BRL"}
"""A method moves one currency only; a wallet that is kept in another neither pays nor is paid."""


def check_method(method: str, jurisdiction: str, now_ms: int) -> Method:
    """The method itself.

    Raises:
        Rejected: PAYMENT_METHOD_FORBIDDEN, PAYMENT_METHOD_UNKNOWN.
    """
    law = profile_now(jurisdiction, now_ms).payment_methods
    forbidden = law.forbidden if law is not None else frozenset[str]()
    allowed = [known for known in METHODS if law is None or known in law.allowed]
    if method in METHODS and method in allowed:
        return method
    if method in forbidden:
        raise Rejected(
            PAYMENT_METHOD_FORBIDDEN,
            f"Bets cannot be paid by {method} (Portaria SPA/MF 615/2024)."
            if jurisdiction == "br"
            else f"Bets cannot be paid by {method} here.",
            method=method,
            allowed=allowed,
        )
    raise Rejected(PAYMENT_METHOD_UNKNOWN, "There is no such payment method.", allowed=allowed)
