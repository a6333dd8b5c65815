"""Which personal data whom of the house may see: hidden, masked, or in full for a stated purpose.

What a page of the desk shows is masked, and hidden from roles whose work needs none of it. The full
value is a disclosure: for a role that may open the field, with a purpose, and never without an
entry in the access log. The regulator's right to look (Lei 14.790/2023) goes the same way.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, get_args

from shared.identity.cpf import mask_cpf
from shared.identity.model import Role

type Field = Literal["full_name", "email", "phone", "cpf", "birth_date", "address"]
type Purpose = Literal[
    "customer_request", "identity_check", "payment", "aml_duty", "authority_request", "legal_claim"
]

FIELDS: Final[tuple[Field, ...]] = get_args(Field.__value__)
HIDDEN: Final = "***"

MASKED_FOR: Final[dict[Role, frozenset[Field]]] = {
    "support": frozenset({"full_name", "email", "phone", "cpf"}),
    "kyc": frozenset(FIELDS),
    "aml": frozenset({"full_name", "cpf", "birth_date", "address"}),
    "finance": frozenset({"full_name", "cpf"}),
    "game_ops": frozenset(),
    "admin": frozenset(FIELDS),
    "regulator": frozenset({"full_name", "cpf", "birth_date", "address"}),
    "auditor": frozenset({"cpf"}),
}
MAY_OPEN: Final[dict[Role, frozenset[Field]]] = {
    "support": frozenset({"email", "phone"}),
    "kyc": frozenset(FIELDS),
    "aml": frozenset({"full_name", "cpf", "birth_date", "address"}),
    "finance": frozenset({"full_name", "cpf"}),
    "game_ops": frozenset(),
    "admin": frozenset(FIELDS),
    "regulator": frozenset({"full_name", "cpf", "birth_date", "address"}),
    "auditor": frozenset(),
}


def masked(role: Role, field: Field, value: Any) -> str:
    """A field as a page shows it to a role; `***` when the role's work does not need it."""
    if field not in MASKED_FOR[role]:
        return HIDDEN
    return _MASKS[field](value)


def mask_name(name: str) -> str:
    """`Ana Maria Souza` becomes `Ana M. S.`."""
    first, *others = name.split()
    return " ".join([first, *(f"{other[0]}." for other in others)])


def mask_email(email: str) -> str:
    """`ana@acme.test` becomes `a***@acme.test`."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"


def mask_phone(phone: str) -> str:
    """`+5511987654321` becomes `+55*********21`."""
    return f"{phone[:3]}{'*' * max(len(phone) - 5, 0)}{phone[-2:]}"


_MASKS: Final[dict[Field, Callable[[Any], str]]] = {
    "full_name": mask_name,
    "email": mask_email,
    "phone": mask_phone,
    "cpf": mask_cpf,
    "birth_date": lambda born: f"{born[:4]}-**-**",
    "address": lambda home: f"{home['city']}, {home['state']}, {home['country']}",
}
