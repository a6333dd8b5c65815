"""Those of the eighteen defects of a comparable public system that are about HTTP.

S1 to S18 are the defects' numbers; the others are in tests/regression/test_seed_defects.py.
"""

import base64
import json
from typing import Any

import httpx
import pytest
from e2e.edge import ROOT
from e2e.player import expect, fresh_key, join, problem, staff


def _description() -> dict[str, Any]:
    described: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    return described


def test_s4_no_route_lets_a_player_write_to_a_ledger(client: httpx.Client) -> None:
    """Seed: `POST /wallet/{id}/transaction` appended DEPOSIT or WIN to any player's wallet."""
    victim, thief = join(client, funds_minor=5_000), join(client)
    before = victim.wallet()
    forged = {"type": "DEPOSIT", "amount_minor": 100_000}
    for path in (
        f"/wallet/{victim.player_id}/transaction",
        f"/v1/wallet/{victim.player_id}/transaction",
        f"/v1/players/{victim.player_id}/wallet/events",
    ):
        assert thief.post(path, forged, key=fresh_key()).status_code in (404, 405)
    answer = thief.post("/v1/me/wallet/events", forged, key=fresh_key())
    assert answer.status_code == 405
    deposit = victim.request_deposit(1_000)
    problem(thief.get(f"/v1/me/deposits/{deposit['deposit_id']}"), 404, "deposit_not_found")
    session = victim.open_game()["session_id"]
    problem(thief.bet(session, 100), 404, "game_session_not_found")
    assert victim.wallet() == before
    for path, methods in _description()["paths"].items():
        for method, operation in methods.items():
            if operation.get("security") == [{"player": []}] and method != "get":
                assert "player_id" not in path, f"{method} {path} names whose money it moves"


def test_s5_events_and_alerts_are_for_those_who_may_see_them(client: httpx.Client) -> None:
    """Seed: `recent-events` and `aml/alerts` were public."""
    player = join(client)
    for path in ("/v1/ops/aml/alerts", "/v1/ops/audit", "/v1/ops/approvals"):
        assert client.get(path).status_code == 401
        problem(player.get(path), 401, "token_invalid")
    problem(staff(client, "support").get("/v1/ops/aml/alerts"), 403, "forbidden")
    assert client.get("/v1/me/wallet/events").status_code == 401
    assert client.get("/v1/recent-events").status_code == 404
    expect(staff(client, "aml").get("/v1/ops/aml/alerts"), 200)


def test_s6_nobody_verifies_themselves_or_signs_as_somebody_else(client: httpx.Client) -> None:
    """Seed: any user could call `auto-verify`, and the reviewer's id came from the body."""
    player = join(client)
    before = expect(player.get("/v1/me"), 200)
    for change in ({"kyc_status": "approved"}, {"vip_tier": "platinum"}, {"status": "active"}):
        assert player.send("PATCH", "/v1/me", change).status_code == 422
    for path in ("/v1/me/kyc/auto-verify", f"/v1/kyc/{player.player_id}/auto-verify"):
        assert player.post(path, {}).status_code == 404
    assert expect(player.get("/v1/me"), 200) == before
    admin = staff(client, "admin")
    proposal = {"rtp": "97.00", "reason": "a signed change", "reviewer_id": player.player_id}
    assert admin.send("PUT", "/v1/ops/games/dice/rtp", proposal).status_code == 422
    for path, methods in _description()["paths"].items():
        for method, operation in methods.items():
            text = json.dumps(operation.get("requestBody", {}))
            for name in ("reviewer_id", "operator_id", "actor_id", "staff_id"):
                assert name not in text, f"{method} {path} takes {name} from the body"


@pytest.mark.parametrize("forgery", ["unsigned", "none", "resigned", "cut"])
def test_s16_no_token_is_believed_without_its_signature(client: httpx.Client, forgery: str) -> None:
    """Seed: the token that launched a game was base64 without a signature. Ours is the access
    token; a game session is a reference that is worth nothing to another player (S4).
    """
    player = join(client, funds_minor=5_000)
    head, payload, signature = player.headers["Authorization"].split(" ")[1].split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    token = {
        "unsigned": payload,
        "none": f"{none}.{payload}.",
        "resigned": f"{head}.{payload}.{signature[::-1]}",
        "cut": f"{head}.{payload}.{signature[:-4]}",
    }[forgery]
    headers = {**player.headers, "Authorization": f"Bearer {token}"}
    session = player.open_game()["session_id"]
    body = {"session_id": session, "stake_minor": 100, "params": {"target": 50, "over": False}}
    key = {"Idempotency-Key": fresh_key()}
    assert client.post("/v1/me/rounds", json=body, headers={**headers, **key}).status_code == 401
    assert client.get("/v1/me/wallet", headers=headers).status_code == 401
    assert player.wallet()["cash_minor"] == 5_000
