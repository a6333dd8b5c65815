"""The CPF, the Brazilian taxpayer number: eleven digits, the last two of which check the others.

A valid CPF says that the number is well formed, not that it belongs to anybody; that is KYC's task.
The rule of the check digits is the Receita Federal's; eleven equal digits pass it and are no CPF.
"""

import re
from typing import Final

_FORMS: Final = re.compile(r"[0-9]{11}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")


def normalise_cpf(text: str) -> str:
    """The eleven digits of a CPF written with or without its points and dash.

    Raises:
        ValueError: for another form or wrong check digits; the message does not quote the number.
    """
    if not _FORMS.fullmatch(text):
        raise ValueError("a CPF is 11 digits, or 000.000.000-00")
    digits = text.replace(".", "").replace("-", "")
    if len(set(digits)) == 1 or digits[9:] != check_digits(digits[:9]):
        raise ValueError("the check digits of the CPF are wrong")
    return digits


def check_digits(base: str) -> str:
    """The two check digits of nine digits: weights 10…2, then 11…2, times ten, modulo eleven."""
    first = _check_digit(base)
    return first + _check_digit(base + first)


def mask_cpf(digits: str) -> str:
    """`***.456.789-**`: enough for its owner to recognise, too little to use."""
    return f"***.{digits[3:6]}.{digits[6:9]}-**"


def _check_digit(digits: str) -> str:
    weights = range(len(digits) + 1, 1, -1)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return str(total * 10 % 11 % 10)
