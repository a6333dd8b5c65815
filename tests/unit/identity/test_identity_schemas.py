"""Bodies of identity at the edge."""

import json
from typing import Any

import pytest
from e2e.people import registration
from pydantic import ValidationError

from shared.identity.schemas import ProfilePatchBody, RegistrationBody


def _read(**changes: object) -> RegistrationBody:
    return RegistrationBody.model_validate_json(json.dumps(registration(**changes)))


def _places(**changes: object) -> set[tuple[Any, ...]]:
    with pytest.raises(ValidationError) as refused:
        _read(**changes)
    return {error["loc"] for error in refused.value.errors()}


def _address(**changes: object) -> dict[str, object]:
    address = registration()["address"]
    assert isinstance(address, dict)
    return address | changes


def test_values_are_normalised_on_the_way_in() -> None:
    body = _read(email="Ana@Example.COM", cpf="529.982.247-25")
    assert (body.email, body.cpf) == ("ana@example.com", "52998224725")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "ana@@example.com",
        "ana souza@example.com",
        "ana@exa mple.com",
        "ana@-example.com",
        "ana.@example.com",
        ".ana@example.com",
        "a..b@example.com",
        "<ana@example.com>",
        "ana@example.com\n",
        "ana@example.com\x00",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert _places(email=email) == {("email",)}


@pytest.mark.parametrize("email", ["a@b.co", "o'neil+bets@mail.example.com.br", "1@x-y.example"])
def test_ordinary_addresses_are_taken(email: str) -> None:
    assert _read(email=email).email == email


@pytest.mark.parametrize(
    "phone", ["", "119876543", "+0511987654321", "+55 11 9x765", "+55", "+" + "1" * 16]
)
def test_a_phone_is_e164(phone: str) -> None:
    assert _places(phone=phone) == {("phone",)}


@pytest.mark.parametrize("born", ["", "1990-02-30", "17/05/1990", "1990", 19900517, "1899-12-31"])
def test_a_birth_date_is_a_plausible_date(born: object) -> None:
    assert _places(birth_date=born) == {("birth_date",)}


@pytest.mark.parametrize("gender", ["female", "male", "other", "undisclosed"])
def test_gender_is_self_declared_from_a_closed_list(gender: str) -> None:
    assert _read(gender=gender).gender == gender
    assert _places(gender=gender + "?") == {("gender",)}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"state": "XX"}, ()),
        ({"state": "sp"}, ()),
        ({"postal_code": "123"}, ()),
        ({"postal_code": "0131-0100"}, None),
        ({"postal_code": "01310-10a"}, ()),
        ({"country": "br"}, ("country",)),
        ({"street": ""}, ("street",)),
        ({"street": "a\nb"}, ("street",)),
        ({"city": "<b>"}, ("city",)),
        ({"extra": 1}, ("extra",)),
    ],
)
def test_a_brazilian_address_has_a_state_and_a_cep(
    changes: dict[str, object], place: tuple[str, ...] | None
) -> None:
    if place is None:
        assert _read(address=_address(**changes)).address.country == "BR"
    else:
        assert _places(address=_address(**changes)) == {("address", *place)}


def test_an_address_elsewhere_has_the_form_of_elsewhere() -> None:
    address = _address(country="PT", state="Lisboa", postal_code="1100-148")
    assert _read(address=address).to_application().address.state == "Lisboa"


@pytest.mark.parametrize(
    ("period", "most"), [("daily", 1_440), ("weekly", 10_080), ("monthly", 44_640)]
)
def test_a_time_limit_fits_into_its_period(period: str, most: int) -> None:
    loss = {"period": "daily", "amount_minor": 1}
    longest = _read(limits={"loss": loss, "time": {"period": period, "minutes": most}})
    assert longest.to_application().limits[1].value == most
    limits = {"loss": loss, "time": {"period": period, "minutes": most + 1}}
    assert {place[:2] for place in _places(limits=limits)} == {("limits", "time")}


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, 1.5, "10", True])
def test_a_loss_limit_is_a_positive_amount(amount: object) -> None:
    limits = {"loss": {"period": "daily", "amount_minor": amount}}
    assert _places(limits=limits) == {("limits", "loss", "amount_minor")}


@pytest.mark.parametrize("body", ["{}", '{"phone":null}', '{"phone":null,"address":null}'])
def test_a_patch_changes_something(body: str) -> None:
    with pytest.raises(ValidationError):
        ProfilePatchBody.model_validate_json(body)
