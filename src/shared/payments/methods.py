"""Which ways of paying exist, and which the law forbids for bets.

Portaria SPA/MF 615/2024: only transfers between accounts of the bettor at authorised institutions;
no cash, boleto, cheque, crypto-asset, credit card or other post-paid instrument. A forbidden method
has its own answer, so that a player learns that it is the law and not an outage.
"""

from typing import Final, Literal

from shared.kernel.errors import Rejected
from shared.payments.errors import PAYMENT_METHOD_FORBIDDEN, PAYMENT_METHOD_UNKNOWN

Method = Literal["pix"]

METHODS: Final[tuple[Method, ...]] = ("pix",)

FORBIDDEN_METHODS: Final = frozenset(
    {"boleto", "cash", "cheque", "credit_card", "crypto", "postpaid"}
)


def check_method(method: str) -> Method:
    """The method itself.

    Raises:
        Rejected: PAYMENT_METHOD_FORBIDDEN, PAYMENT_METHOD_UNKNOWN.
    """
    if method in METHODS:
        return method
    if method in FORBIDDEN_METHODS:
        raise Rejected(
            PAYMENT_METHOD_FORBIDDEN,
            f"Bets cannot be paid by {method} (Portaria SPA/MF 615/2024).",
            method=method,
            allowed=list(METHODS),
        )
    raise Rejected(
        PAYMENT_METHOD_UNKNOWN, "There is no such payment method.", allowed=list(METHODS)
    )
