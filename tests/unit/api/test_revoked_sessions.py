"""No route of players serves a session that was ended, though its access token is still valid."""

import re
import secrets

import pytest
from api_under_test import Reply
from http_layer.routing import Route
from money_world import MoneyWorld, Player
from routes import ROUTES

PLAYER_ROUTES = [entry for entry in ROUTES if entry.auth.audience == "player"]

AN_ID = "01a203e6-5307-7b29-a02d-ef5e8f7129e6"
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/v1/me/deposits"): {"amount_minor": 100, "method": "pix"},
    ("POST", "/v1/me/withdrawals"): {"amount_minor": 100},
    ("POST", "/v1/me/game-sessions"): {"game_id": "dice"},
    ("POST", "/v1/me/rounds"): {
        "session_id": AN_ID,
        "stake_minor": 100,
        "params": {"target": 50, "over": True},
    },
    ("POST", "/v1/me/fairness/rotate"): {},
    ("PUT", "/v1/me/limits/{kind}/{period}"): {"value": 100},
    ("POST", "/v1/me/exclusions"): {"days": 30},
    ("PUT", "/v1/me/reality-check"): {"minutes": 30},
}
"""What it takes to reach the wallet, for the routes that leave the question to it. A new route that
is not here must ask D1 (`live_session`), which comes before its body is read."""
PARAMETERS = {"day": "2026-11-21", "kind": "loss", "number": "1", "period": "daily"}


@pytest.fixture(scope="module")
def player() -> Player:
    return Player(MoneyWorld())


@pytest.fixture(scope="module")
def ended() -> Player:
    """A player whose session was ended; the access token has ten minutes to go."""
    player = Player(MoneyWorld())
    body = {"refresh_token": player.refresh_token}
    assert player.world.call("POST", "/v1/auth/logout", body).status == 204
    return player


def _ask(player: Player, entry: Route) -> Reply:
    path = re.sub(r"\{\w+_id\}", AN_ID, entry.path)
    for name, value in PARAMETERS.items():
        path = path.replace(f"{{{name}}}", value)
    headers = {"idempotency-key": secrets.token_hex(8)}
    if entry.upgrade:
        headers["upgrade"] = "websocket"
    body = BODIES.get((entry.method, entry.path))
    return player.world.call(entry.method, path, body, token=player.token, headers=headers)


@pytest.mark.parametrize("entry", PLAYER_ROUTES, ids=lambda entry: f"{entry.method} {entry.path}")
def test_a_route_of_players_refuses_a_session_that_was_ended(ended: Player, entry: Route) -> None:
    reply = _ask(ended, entry)
    assert reply.status == 401, reply.text
    assert reply.code in ("session_revoked", "session_expired")


@pytest.mark.parametrize("entry", PLAYER_ROUTES, ids=lambda entry: f"{entry.method} {entry.path}")
def test_and_serves_one_that_was_not(player: Player, entry: Route) -> None:
    assert _ask(player, entry).status != 401


def test_there_is_no_body_for_a_route_that_is_not_there() -> None:
    assert BODIES.keys() <= {(entry.method, entry.path) for entry in PLAYER_ROUTES}
