"""What other systems write, and the one form that is kept."""

import json

import pytest
from e2e.people import registration
from pydantic import ValidationError

from shared.identity.schemas import RegistrationBody


def _read(**changes: object) -> RegistrationBody:
    body = registration(**changes) | {"birth_date": "1990-05-17"}
    return RegistrationBody.model_validate_json(json.dumps(body))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("+5511987654321", "+5511987654321"),
        ("(11) 98765-4321", "+5511987654321"),
        ("1133334444", "+551133334444"),
        ("+351 912 345 678", "+351912345678"),
    ],
)
def test_a_phone_number_is_kept_as_e164(sent: str, kept: str) -> None:
    assert _read(phone=sent).phone == kept


@pytest.mark.parametrize("sent", ["98765", "+0123456789", "phone", "", "1" * 33])
def test_what_is_no_phone_number_is_refused(sent: str) -> None:
    with pytest.raises(ValidationError):
        _read(phone=sent)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("female", "female"), ("F", "female"), ("M", "male"), ("prefer_not_to_say", "undisclosed")],
)
def test_a_gender_is_kept_by_its_listed_name(sent: str, kept: str) -> None:
    assert _read(gender=sent).gender == kept


def test_an_address_is_read_under_its_common_names_and_closed_to_others() -> None:
    sent = {"street": "Rua A", "city": "Recife", "uf": "PE", "cep": "50030-230", "bairro": "Centro"}
    address = _read(address=sent).address
    assert (address.number, address.district, address.country) == ("s/n", "Centro", "BR")
    assert (address.state, address.postal_code) == ("PE", "50030-230")
    with pytest.raises(ValidationError):
        _read(address=sent | {"planet": "Earth"})


def test_a_period_has_two_names() -> None:
    loss, time = {"period": "day", "amount_minor": 1}, {"period": "weekly", "minutes": 1}
    read = _read(limits={"loss": loss, "time": time}).limits
    assert read.loss is not None
    assert read.loss.period == "daily"
