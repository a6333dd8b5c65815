"""Registration and the profile over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from e2e.edge import Edge
from e2e.people import cpf, registration


def _token(client: httpx.Client, body: dict[str, Any]) -> dict[str, str]:
    assert client.post("/v1/players", json=body).status_code == 201
    login = {"email": body["email"], "password": body["password"]}
    token = client.post("/v1/auth/login", json=login).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_who_registers_has_a_profile_and_a_wallet(client: httpx.Client) -> None:
    body = registration()
    headers = _token(client, body)
    profile = client.get("/v1/me", headers=headers).json()
    assert profile["email"] == body["email"]
    assert profile["kyc_status"] == "pending"
    assert profile["vip_tier"] == "bronze"
    assert profile["eligibility"]["can_deposit"] is False
    assert profile["eligibility"]["reasons"][0] == "kyc_required"
    assert str(body["cpf"]) not in str(profile)
    assert len(profile["payment_accounts"]) == 1
    wallet = client.get("/v1/me/wallet", headers=headers).json()
    assert (wallet["currency"], wallet["cash_minor"]) == ("BRL", 0)


def test_of_many_registrations_with_one_cpf_at_once_one_succeeds(edge: Edge) -> None:
    number = cpf()
    with edge.client() as client:

        def register(_: int) -> int:
            return client.post("/v1/players", json=registration(cpf=number)).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(pool.map(register, range(6)))
    assert statuses == [201] + [409] * 5


def test_the_day_before_the_eighteenth_birthday_is_too_early(client: httpx.Client) -> None:
    today = (datetime.now(UTC) - timedelta(hours=3)).date()
    if (today.month, today.day) == (2, 29):
        today -= timedelta(days=1)
    adult = today.replace(year=today.year - 18)
    child = adult + timedelta(days=2)  # one of them for a test that runs over midnight
    assert client.post("/v1/players", json=registration(birth_date=str(adult))).status_code == 201
    refused = client.post("/v1/players", json=registration(birth_date=str(child)))
    assert (refused.status_code, refused.json()["code"]) == (403, "underage")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cpf": "111.111.111-11"}, "validation_failed"),
        ({"cpf": "12345678900"}, "validation_failed"),
        ({"password": "flamengo10"}, "password_too_weak"),
        ({"limits": {}}, "limits_required"),
        ({"accept_terms": False}, "consent_required"),
        ({"vip_tier": "platinum"}, "validation_failed"),
        ({"email": "not-an-address"}, "validation_failed"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_422(
    client: httpx.Client, changes: dict[str, Any], code: str
) -> None:
    reply = client.post("/v1/players", json=registration(**changes))
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_phone_and_address_can_be_changed(client: httpx.Client) -> None:
    headers = _token(client, registration())
    changed = client.patch("/v1/me", json={"phone": "+5521912345678"}, headers=headers)
    assert changed.status_code == 200
    assert client.get("/v1/me", headers=headers).json()["phone"] == "+5521912345678"
    refused = client.patch("/v1/me", json={"email": "new@example.com"}, headers=headers)
    assert refused.status_code == 422
