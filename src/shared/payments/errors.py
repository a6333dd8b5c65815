"""How a payment or a notice about one can be refused.

Rejected
├── WEBHOOK_SIGNATURE_MISSING     no signature, or one that is not of the documented form
├── WEBHOOK_SIGNATURE_INVALID     signed by nobody we know, or the body is not the one signed
├── WEBHOOK_OUTSIDE_WINDOW        signed too long ago, or in the future: a replay or a wrong clock
├── PAYMENT_METHOD_FORBIDDEN      the law forbids this method for bets
├── PAYMENT_METHOD_UNKNOWN        a method that does not exist here
├── PAYMENT_ACCOUNT_NOT_FOUND     not an account registered by this player
├── CHARGE_EXPIRED                the code may not be paid any more
└── PAYMENT_PROVIDER_UNAVAILABLE  no bank is connected that could charge or pay
"""

from typing import Final

from shared.kernel.errors import Problem

WEBHOOK_SIGNATURE_MISSING: Final = Problem(
    "webhook_signature_missing", 401, "The notice carries no usable signature", "never"
)
WEBHOOK_SIGNATURE_INVALID: Final = Problem(
    "webhook_signature_invalid", 401, "The signature is not ours to trust", "never"
)
WEBHOOK_OUTSIDE_WINDOW: Final = Problem(
    "webhook_outside_window", 401, "The notice was not signed just now", "never"
)
PAYMENT_METHOD_FORBIDDEN: Final = Problem(
    "payment_method_forbidden", 403, "This payment method may not be used for bets", "never"
)
PAYMENT_METHOD_UNKNOWN: Final = Problem(
    "payment_method_unknown", 422, "There is no such payment method", "never"
)
PAYMENT_ACCOUNT_NOT_FOUND: Final = Problem(
    "payment_account_not_found", 404, "No such registered account", "never"
)
CHARGE_EXPIRED: Final = Problem("charge_expired", 409, "The code has expired", "never")
PAYMENT_PROVIDER_UNAVAILABLE: Final = Problem(
    "payment_provider_unavailable", 503, "No payment provider is connected", "same_key"
)

ALL_PROBLEMS: Final = (
    WEBHOOK_SIGNATURE_MISSING,
    WEBHOOK_SIGNATURE_INVALID,
    WEBHOOK_OUTSIDE_WINDOW,
    PAYMENT_METHOD_FORBIDDEN,
    PAYMENT_METHOD_UNKNOWN,
    PAYMENT_ACCOUNT_NOT_FOUND,
    CHARGE_EXPIRED,
    PAYMENT_PROVIDER_UNAVAILABLE,
)
