"""BR Code: the text in a PIX QR code and behind «copia e cola», a profile of EMV QRCPS-MPM.

A field is its two-digit id, the two-digit length of its value and the value; the last one is the
CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF) of everything before its value. A
dynamic code names the location of the charge (no scheme, at most 77 characters), where the payer's
bank reads amount and txid; its reference label is therefore always `***` (Banco Central do Brasil,
Manual de Padrões para Iniciação do Pix §2.7 and Manual do BR Code).
"""

import re
import unicodedata
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final

from shared.kernel.money import format_major, is_amount_minor, parse_major

MAX_NAME: Final = 25
MAX_CITY: Final = 15
MAX_LOCATION: Final = 77
MAX_TEXT: Final = 512

_GUI: Final = "br.gov.bcb.pix"
_NO_TXID: Final = "***"
_CRC_FIELD: Final = "6304"
_LOCATION: Final = re.compile(r"[a-zA-Z0-9.-]+(?::[0-9]+)?/[!-~]+")
_AMOUNT: Final = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")

type _Fields = dict[str, str]


class BrCodeError(ValueError):
    """The text is not a BR Code of a PIX, or was altered on its way (its checksum is wrong)."""


@dataclass(frozen=True, slots=True)
class BrCode:
    """What a PIX BR Code says. Dynamic codes have a `location`, static ones a PIX `key`."""

    merchant_name: str
    merchant_city: str
    location: str | None = None
    key: str | None = None
    amount_minor: int | None = None
    txid: str | None = None
    merchant_category: str = "0000"
    single_use: bool = False


def dynamic_br_code(
    *,
    location: str,
    merchant_name: str,
    merchant_city: str,
    amount_minor: int | None = None,
    merchant_category: str = "0000",
) -> str:
    """The text of a code that can be paid once, for the charge at `location`.

    `amount_minor` is in centavos and informative: the payer's bank takes the charge's. Name and
    city lose their accents and what exceeds 25 and 15 characters.

    Raises:
        ValueError: when a part cannot stand in a BR Code.
    """
    if len(location) > MAX_LOCATION or _LOCATION.fullmatch(location) is None:
        raise ValueError(f"not a charge's location without scheme: {location!r}")
    if re.fullmatch(r"[0-9]{4}", merchant_category) is None:
        raise ValueError(f"not a merchant category code: {merchant_category!r}")
    parts = [
        _field("00", "01"),
        _field("01", "12"),
        _field("26", _field("00", _GUI) + _field("25", location)),
        _field("52", merchant_category),
        _field("53", "986"),
    ]
    if amount_minor is not None:
        if not is_amount_minor(amount_minor):
            raise ValueError(f"not an amount of a BR Code: {amount_minor}")
        parts.append(_field("54", format_major(amount_minor)))
    parts += [
        _field("58", "BR"),
        _field("59", _plain(merchant_name, MAX_NAME)),
        _field("60", _plain(merchant_city, MAX_CITY)),
        _field("62", _field("05", _NO_TXID)),
        _CRC_FIELD,
    ]
    text = "".join(parts)
    return text + checksum(text)


def parse_br_code(text: str) -> BrCode:
    """What the code says. Fields of other schemes are passed over, as a payer's bank does.

    Raises:
        BrCodeError: for a wrong checksum or structure, another currency or country, or no PIX.
    """
    if len(text) > MAX_TEXT or not text.isascii():
        raise BrCodeError("not the text of a BR Code")
    if text[-8:-4] != _CRC_FIELD or text[-4:].upper() != checksum(text[:-4]):
        raise BrCodeError("the checksum is wrong")
    fields = _fields(text)
    if fields.get("00") != "01" or fields.get("53") != "986" or fields.get("58") != "BR":
        raise BrCodeError("not a Brazilian code in reais")
    account = _pix_account(fields)
    amount = fields.get("54")
    if amount is not None and _AMOUNT.fullmatch(amount) is None:
        raise BrCodeError("not an amount")
    label = _fields(fields.get("62", "")).get("05", _NO_TXID)
    try:
        return BrCode(
            merchant_name=fields["59"],
            merchant_city=fields["60"],
            location=account.get("25"),
            key=account.get("01"),
            amount_minor=None if amount is None else parse_major(amount),
            txid=None if label == _NO_TXID else label,
            merchant_category=fields["52"],
            single_use=fields.get("01") == "12",
        )
    except KeyError as missing:
        raise BrCodeError(f"field {missing} is missing") from None


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE of the ASCII text, four upper-case hexadecimal digits."""
    return f"{crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def _field(field_id: str, value: str) -> str:
    assert 1 <= len(value) <= 99, (field_id, value)
    return f"{field_id}{len(value):02d}{value}"


def _fields(text: str) -> _Fields:
    fields: _Fields = {}
    at = 0
    while at < len(text):
        field_id, length = text[at : at + 2], text[at + 2 : at + 4]
        if not (_TWO_DIGITS.fullmatch(field_id) and _TWO_DIGITS.fullmatch(length)):
            raise BrCodeError(f"no field at character {at}")
        value = text[at + 4 : at + 4 + int(length)]
        if len(value) != int(length) or field_id in fields:
            raise BrCodeError(f"field {field_id} is cut or repeated")
        fields[field_id] = value
        at += 4 + int(length)
    return fields


def _pix_account(fields: _Fields) -> _Fields:
    """The merchant account (ids 26 to 51) that is PIX; the identifier's case does not matter."""
    for number in range(26, 52):
        account = _fields(fields.get(f"{number:02d}", ""))
        if account.get("00", "").lower() == _GUI:
            return account
    raise BrCodeError("no PIX in this code")


def _plain(text: str, limit: int) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if " " <= char <= "~")[:limit].strip()
    if not plain:
        raise ValueError(f"no name is left of {text!r}")
    return plain
