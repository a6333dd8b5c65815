"""Ways of writing the same thing: what people and other systems send, and the one form we keep.

Nothing is guessed. A spelling that is listed here means what it says, everything else is left for
the schema to refuse.
"""

from typing import Final

STREET: Final = ("street", "line1", "logradouro")
DISTRICT: Final = ("district", "neighborhood", "neighbourhood", "bairro")
STATE: Final = ("state", "uf", "region")
POSTAL_CODE: Final = ("postal_code", "postcode", "zip", "zip_code", "cep")

WITHOUT_NUMBER: Final = "s/n"
"""How the Brazilian post writes a house without a number."""

_GENDERS: Final = {
    "f": "female",
    "woman": "female",
    "m": "male",
    "man": "male",
    "non_binary": "other",
    "nonbinary": "other",
    "prefer_not_to_say": "undisclosed",
    "not_declared": "undisclosed",
    "unspecified": "undisclosed",
}
_PERIODS: Final = {"day": "daily", "week": "weekly", "month": "monthly"}
_BRAZIL: Final = "+55"


def same_gender(value: object) -> object:
    """The listed gender that a spelling stands for."""
    folded = value.lower() if isinstance(value, str) else value
    return _GENDERS.get(folded, folded) if isinstance(folded, str) else value


def same_period(value: object) -> object:
    """`day` and `daily` are the same period."""
    return _PERIODS.get(value, value) if isinstance(value, str) else value


def same_phone(value: object) -> object:
    """E.164 of a number written with spaces, brackets or dashes; without a plus it is Brazilian
    when it has the ten or eleven digits of area code and number.
    """
    if not isinstance(value, str) or len(value) > 32:
        return value
    digits = value.translate({ord(sign): None for sign in " ()-."})
    if digits.isascii() and digits.isdigit() and len(digits) in (10, 11):
        return _BRAZIL + digits
    return digits
