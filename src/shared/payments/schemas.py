"""The provider's notice of received PIX, checked at the edge.

Fields that we do not know are passed over: the standard grows and institutions add their own. The
ones that move money are strict: an amount is decimal text with two places, never a number.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.kernel.money import MAX_AMOUNT_MINOR, parse_major
from shared.kernel.times import parse_rfc3339
from shared.payments.pix import PixPayment

MAX_PIX_PER_NOTICE = 100


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


class Pix(BaseModel):
    """One received PIX (`Pix` of the API Pix, with the payer)."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    endToEndId: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{32}$")]  # noqa: N815 - the standard's
    txid: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{26,35}$")]
    valor: Annotated[str, Field(pattern=r"^[0-9]{1,10}\.[0-9]{2}$"), AfterValidator(_amount)]
    horario: Annotated[str, Field(max_length=40), AfterValidator(_moment)]
    pagador: Payer

    def payment(self) -> PixPayment:
        """The payment in our own words."""
        return PixPayment(
            end_to_end_id=self.endToEndId,
            txid=self.txid,
            amount_minor=parse_major(self.valor),
            paid_at_ms=parse_rfc3339(self.horario),
            payer_cpf=self.pagador.cpf,
            payer_name=self.pagador.nome,
        )


class PixNotice(BaseModel):
    """Body of `POST /v1/webhooks/pix`."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    pix: Annotated[list[Pix], Field(min_length=1, max_length=MAX_PIX_PER_NOTICE)]
