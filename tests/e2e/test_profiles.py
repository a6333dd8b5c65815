"""Outside the sandbox there is no sandbox: no made-up people, no bank that pays, no odd clock."""

from collections.abc import Iterator

import pytest
from e2e import bank
from e2e.edge import Edge
from e2e.guarded import enrol, refresh
from e2e.player import STAFF_PASSWORD, Player, expect, fresh_key, join, problem

WORKERS = ("api", "wallet_do", "fraud_cron")
TXID = "0" * 32


@pytest.fixture(scope="module")
def production() -> Iterator[Edge]:
    """The three Workers as they are deployed."""
    variables = {f"{worker}:PROFILE": "production" for worker in WORKERS}
    with Edge(variables=variables) as edge:
        yield edge


@pytest.fixture(scope="module")
def player(production: Edge) -> Iterator[Player]:
    with production.client() as client:
        newcomer = join(client, identified=False)
        problem(newcomer.get("/v1/me/wallet"), 403, "second_factor_enrolment_required")
        enrol(newcomer)
        yield refresh(newcomer)


@pytest.mark.parametrize(
    "path", [f"/v1/sandbox/pix/{TXID}/pay", "/v1/sandbox/clock", "/v1/sandbox/seed"]
)
def test_the_sandbox_does_not_exist(player: Player, path: str) -> None:
    for method in ("POST", "GET"):
        problem(player.send(method, path, {}), 404, "not_found")


def test_a_player_registers_and_sees_the_games_and_an_empty_wallet(player: Player) -> None:
    assert player.wallet()["cash_minor"] == 0
    player.verify()
    assert expect(player.client.get("/v1/games/dice"), 200)["enabled"] is True
    assert expect(player.client.get("/v1/stats"), 200)["players"] == 1


def test_no_deposit_is_opened_without_a_bank(player: Player) -> None:
    before = player.wallet()
    body = {"amount_minor": 1_000, "method": "pix"}
    refused = player.post("/v1/me/deposits", body, key=fresh_key())
    assert problem(refused, 503, "payment_provider_unavailable")["retry"] == "same_key"
    assert expect(player.get("/v1/me/deposits"), 200)["items"] == []
    assert player.wallet() == before


def test_no_withdrawal_is_held_without_a_bank(player: Player) -> None:
    body = {"amount_minor": 1_000}
    refused = player.post("/v1/me/withdrawals", body, key=fresh_key())
    problem(refused, 503, "payment_provider_unavailable")
    assert player.wallet()["held_minor"] == 0


@pytest.mark.parametrize("role", ["admin", "aml", "game_ops"])
def test_nobody_of_the_sandbox_can_log_in(production: Edge, role: str) -> None:
    credentials = {"email": f"{role}@acme.test", "password": STAFF_PASSWORD}
    with production.client() as client:
        answer = client.post("/v1/ops/auth/login", json=credentials)
        assert answer.status_code == 401
        assert answer.json()["code"] in {"otp_required", "invalid_credentials"}
        demo = {"email": "ana@acme.test", "password": STAFF_PASSWORD}
        problem(client.post("/v1/auth/login", json=demo), 401, "invalid_credentials")


def test_the_webhook_listens_and_finds_no_charge(player: Player) -> None:
    message = bank.notice(bank.payment(TXID, 1_000, player.cpf))
    heard = expect(bank.deliver(player.client, bank.PAYMENTS, message), 200)
    assert heard == {"received": 1, "credited": 0, "refunded": 0, "unknown": 1}
