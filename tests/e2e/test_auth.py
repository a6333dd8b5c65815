"""Sessions over HTTP: login, lock, refresh, reuse, logout, staff."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from e2e.edge import Edge
from e2e.people import registration


@pytest.fixture
def login(client: httpx.Client) -> dict[str, Any]:
    """E-mail and password of a new player."""
    body = registration()
    assert client.post("/v1/players", json=body).status_code == 201
    return {"email": body["email"], "password": body["password"]}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_session_is_opened_refreshed_and_ended_for_the_wallet_too(
    client: httpx.Client, login: dict[str, Any]
) -> None:
    first = client.post("/v1/auth/login", json=login)
    assert first.status_code == 200
    assert first.json()["token_type"] == "Bearer"
    second = client.post(
        "/v1/auth/refresh", json={"refresh_token": first.json()["refresh_token"]}
    ).json()
    headers = _bearer(second["access_token"])
    assert client.get("/v1/me/wallet", headers=headers).status_code == 200

    assert client.post("/v1/auth/logout", headers=headers).status_code == 204
    profile = client.get("/v1/me", headers=headers)
    assert (profile.status_code, profile.json()["code"]) == (401, "session_revoked")
    wallet = client.get("/v1/me/wallet", headers=headers)
    assert (wallet.status_code, wallet.json()["code"]) == (401, "session_expired")
    again = client.post("/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert again.json()["code"] == "refresh_invalid"


def test_a_spent_refresh_token_ends_the_family(client: httpx.Client, login: dict[str, Any]) -> None:
    first = client.post("/v1/auth/login", json=login).json()
    body = {"refresh_token": first["refresh_token"]}
    second = client.post("/v1/auth/refresh", json=body).json()
    reused = client.post("/v1/auth/refresh", json=body)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_reused")
    headers = _bearer(second["access_token"])
    assert client.get("/v1/me/wallet", headers=headers).json()["code"] == "session_expired"


def test_of_many_refreshes_at_once_one_wins(edge: Edge, login: dict[str, Any]) -> None:
    with edge.client() as client:
        token = client.post("/v1/auth/login", json=login).json()["refresh_token"]

        def refresh(_: int) -> int:
            reply = client.post("/v1/auth/refresh", json={"refresh_token": token})
            return reply.status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(refresh, range(8)))
    assert statuses == [200] + [401] * 7


@pytest.mark.parametrize("known", [True, False])
def test_three_failures_lock_known_and_unknown_addresses_alike(
    client: httpx.Client, login: dict[str, Any], known: bool
) -> None:
    email = login["email"] if known else f"nobody-{login['email']}"
    wrong = {"email": email, "password": "wrong-password-1"}
    codes = [client.post("/v1/auth/login", json=wrong).json()["code"] for _ in range(3)]
    assert codes == ["invalid_credentials"] * 3
    locked = client.post("/v1/auth/login", json=login | {"email": email})
    assert (locked.status_code, locked.json()["code"]) == (423, "account_locked")
    assert 0 < int(locked.headers["Retry-After"]) <= 30 * 60


def test_many_guesses_at_once_are_no_more_than_three(edge: Edge, login: dict[str, Any]) -> None:
    with edge.client() as client:

        def guess(number: int) -> str:
            body = login | {"password": f"guess-number-{number}"}
            return str(client.post("/v1/auth/login", json=body).json()["code"])

        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(guess, range(16)))
    assert codes.count("invalid_credentials") <= 3
    assert set(codes) == {"invalid_credentials", "account_locked"}


def test_staff_log_in_with_their_role_and_players_are_kept_out(
    client: httpx.Client, login: dict[str, Any]
) -> None:
    assert client.post("/v1/sandbox/seed").status_code == 200
    body = {"email": "auditor@acme.test", "password": "demo-Only-1!"}
    staff = client.post("/v1/ops/auth/login", json=body).json()
    assert staff["role"] == "auditor"
    headers = _bearer(staff["access_token"])
    assert client.get("/v1/ops/audit", headers=headers).status_code == 200
    assert client.get("/v1/me", headers=headers).json()["code"] == "token_invalid"
    player = client.post("/v1/auth/login", json=login).json()["access_token"]
    refused = client.get("/v1/ops/audit", headers=_bearer(player))
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    "token", ["x", "eyJhbGciOiJub25lIn0.e30.", "a.b.c", "Bearer", "é", "x" * 9_000]
)
def test_what_is_no_token_is_401_everywhere(client: httpx.Client, token: str) -> None:
    for path in ("/v1/me", "/v1/me/wallet", "/v1/ops/audit"):
        headers = {b"Authorization": f"Bearer {token}".encode()}
        reply = client.get(path, headers=headers)
        assert reply.status_code == 401, path
        assert reply.headers["WWW-Authenticate"] == "Bearer"
