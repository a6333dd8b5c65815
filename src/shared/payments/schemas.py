"""The provider's notice of received PIX, checked at the edge.

Fields that we do not know are passed over: the standard grows and institutions add their own. The
ones that move money are strict: an amount is decimal text with two places, never a number.
"""

import re
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from shared.kernel.money import MAX_AMOUNT_MINOR, parse_major
from shared.kernel.times import parse_rfc3339
from shared.payments.pix import PixPayment

MAX_PIX_PER_NOTICE: Final = 100
MAX_COLONS_PER_PIX: Final = 64
"""Names, and times inside texts: a payment with everything that the standard has is half of it."""

END_TO_END_ID: Final = r"^[a-zA-Z0-9]{32}$"
_TXID: Final = re.compile(r"[a-zA-Z0-9]{1,35}")
"""Charges of ours have 26 to 35; a payment to a static code has fewer, and is recorded with it."""


def _moment(text: str) -> str:
    parse_rfc3339(text)
    return text


def _amount(text: str) -> str:
    if not 0 < parse_major(text) <= MAX_AMOUNT_MINOR:
        raise ValueError("is not a positive amount")
    return text


class Payer(BaseModel):
    """Who paid: a person by CPF or a company by CNPJ, as the payer's institution stated."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    cpf: Annotated[str, Field(pattern=r"^[0-9]{11}$")] | None = None
    cnpj: Annotated[str, Field(pattern=r"^[0-9A-Z]{12}[0-9]{2}$")] | None = None
    nome: Annotated[str, Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cpf is None) == (self.cnpj is None):
            raise ValueError("has either cpf or cnpj")
        return self


def _payer_or_nobody(value: object) -> Payer | None:
    try:
        return Payer.model_validate(value)
    except ValidationError:
        return None


def _txid_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and _TXID.fullmatch(value) else None


class Pix(BaseModel):
    """One received PIX (`Pix` of the API Pix, with the payer). What moves money must be right; a
    payer or a charge that is not named, or not in a form that we know, is nobody and none, because
    the money has arrived all the same.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    endToEndId: Annotated[str, Field(pattern=END_TO_END_ID)]  # noqa: N815 - the standard's
    txid: Annotated[str | None, BeforeValidator(_txid_or_none)] = None
    valor: Annotated[str, Field(pattern=r"^[0-9]{1,10}\.[0-9]{2}$"), AfterValidator(_amount)]
    horario: Annotated[str, Field(max_length=40), AfterValidator(_moment)]
    pagador: Annotated[Payer | None, BeforeValidator(_payer_or_nobody)] = None

    def payment(self) -> PixPayment:
        """The payment in our own words."""
        payer = self.pagador
        return PixPayment(
            end_to_end_id=self.endToEndId,
            txid=self.txid,
            amount_minor=parse_major(self.valor),
            paid_at_ms=parse_rfc3339(self.horario),
            payer_cpf=None if payer is None else payer.cpf,
            payer_name=None if payer is None else payer.nome,
            payer_is_known=payer is not None,
        )


class PixNotice(BaseModel):
    """Body of `POST /v1/webhooks/pix`. Each payment is read by itself, as a `Pix`: an odd one among
    them must not keep the money of the others.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    pix: Annotated[list[Any], Field(min_length=1, max_length=MAX_PIX_PER_NOTICE)]


def end_to_end_id_of(item: object) -> str | None:
    """The id of a payment that cannot be read otherwise, when at least that can be."""
    found = item.get("endToEndId") if isinstance(item, dict) else None
    return found if isinstance(found, str) and re.fullmatch(END_TO_END_ID, found) else None
