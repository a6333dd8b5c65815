"""The provider's notice: what the sandbox bank sends is what the edge reads, and nothing looser."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from shared.payments.pix import PixPayment, notice
from shared.payments.schemas import Pix, PixNotice

PAYMENT = PixPayment(
    end_to_end_id="E12345678202611221415abcdef01234",
    txid="019a0000000070008000000000000001",
    amount_minor=1_050,
    paid_at_ms=1_800_000_000_123,
    payer_cpf="52998224725",
    payer_name="Maria da Silva",
)


def body() -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(json.dumps(notice([PAYMENT])))
    return sent


def test_a_notice_has_the_names_and_forms_of_the_central_bank() -> None:
    assert body() == {
        "pix": [
            {
                "endToEndId": "E12345678202611221415abcdef01234",
                "txid": "019a0000000070008000000000000001",
                "valor": "10.50",
                "horario": "2027-01-15T08:00:00.123Z",
                "pagador": {"cpf": "52998224725", "nome": "Maria da Silva"},
            }
        ]
    }


def test_what_is_sent_is_read_back() -> None:
    read = PixNotice.model_validate_json(json.dumps(body()))
    assert [Pix.model_validate(item).payment() for item in read.pix] == [PAYMENT]


def test_fields_that_the_standard_has_and_we_do_not_need_are_passed_over() -> None:
    sent = body()
    sent["pix"][0] |= {
        "chave": "7f6844d0-de89-47e5-9ef7-e0a35a681615",
        "componentesValor": {"original": {"valor": "10.50"}},
        "infoPagador": "boa sorte",
        "devolucoes": [],
    }
    assert Pix.model_validate(sent["pix"][0]).payment() == PAYMENT


def test_a_company_as_payer_has_no_cpf() -> None:
    sent = body()
    sent["pix"][0]["pagador"] = {"cnpj": "12ABC34501DE35", "nome": "Empresa"}
    assert Pix.model_validate(sent["pix"][0]).payment().payer_cpf is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("valor", 10.5),
        ("valor", 1_050),
        ("valor", "10.5"),
        ("valor", "10"),
        ("valor", "10,50"),
        ("valor", "-10.50"),
        ("valor", "0.00"),
        ("valor", "1e1.00"),
        ("valor", "١٠.50"),
        ("valor", "99999999999.00"),
        ("valor", "10.50\n"),
        ("endToEndId", "E1"),
        ("endToEndId", "E" * 33),
        ("horario", "yesterday"),
        ("horario", "2027-01-15T08:00:00"),
        ("horario", 1_800_000_000),
    ],
)
def test_a_field_of_another_form_is_refused(field: str, value: object) -> None:
    sent = body()
    sent["pix"][0][field] = value
    with pytest.raises(ValidationError):
        Pix.model_validate(sent["pix"][0])


@pytest.mark.parametrize(
    "payer",
    [
        None,
        {},
        "Maria",
        {"nome": "ninguém"},
        {"cpf": "***.982.247-**"},
        {"cpf": "529982247251"},
        {"cpf": "52998224725", "cnpj": "12345678000195"},
    ],
)
def test_a_payer_who_is_not_named_or_in_another_form_is_nobody(payer: object) -> None:
    sent = body()["pix"][0]
    nobody = replace(PAYMENT, payer_cpf=None, payer_name=None, payer_is_known=False)
    assert Pix.model_validate(sent | {"pagador": payer}).payment() == nobody
    del sent["pagador"]
    assert Pix.model_validate(sent).payment() == nobody


@pytest.mark.parametrize("txid", [None, "", "a" * 36, "***", 7, "a-b"])
def test_a_payment_that_names_no_charge_has_none(txid: object) -> None:
    sent = body()["pix"][0]
    assert Pix.model_validate(sent | {"txid": txid}).payment().txid is None
    del sent["txid"]
    assert Pix.model_validate(sent).payment().txid is None
    assert Pix.model_validate(sent | {"txid": "static1"}).payment().txid == "static1"


@pytest.mark.parametrize("field", ["endToEndId", "valor", "horario"])
def test_a_missing_field_is_refused(field: str) -> None:
    sent = body()
    del sent["pix"][0][field]
    with pytest.raises(ValidationError):
        Pix.model_validate(sent["pix"][0])


@pytest.mark.parametrize("count", [0, 101])
def test_a_notice_is_of_one_to_a_hundred_payments(count: int) -> None:
    with pytest.raises(ValidationError):
        PixNotice.model_validate({"pix": body()["pix"] * count})
