"""A cursor is opaque to a client and not to us: what cannot be one is refused in every list."""

import pytest
from http_layer.routing import Route
from money_world import MoneyWorld, Player
from routes import ROUTES
from services.sandbox_people import DEMO_PASSWORD

LISTS = [
    entry for entry in ROUTES if entry.query is not None and "cursor" in entry.query.model_fields
]
GARBAGE = ("", "garbage", "zzz", "-1", "0", "1.5", "9" * 40, "%00", "2026-13-40", "1_", "_1", "g")


@pytest.fixture(scope="module")
def world() -> MoneyWorld:
    world = MoneyWorld()
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    return world


@pytest.fixture(scope="module")
def tokens(world: MoneyWorld) -> dict[str, str]:
    """A token of a player, and one of every role."""
    tokens = {"player": Player(world).token, "public": ""}
    for entry in LISTS:
        for role in entry.auth.roles - tokens.keys():
            login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
            tokens[role] = world.call("POST", "/v1/ops/auth/login", login).json["access_token"]
    return tokens


@pytest.mark.parametrize("entry", LISTS, ids=lambda entry: entry.path)
def test_what_cannot_be_a_cursor_is_refused(
    world: MoneyWorld, tokens: dict[str, str], entry: Route
) -> None:
    token = tokens[next(iter(sorted(entry.auth.roles)), entry.auth.audience)] or None
    path = entry.path.replace("{player_id}", "01a203e6-5307-7b29-a02d-ef5e8f7129e6")
    for cursor in GARBAGE:
        reply = world.call("GET", f"{path}?cursor={cursor}", token=token)
        assert (reply.status, reply.code) == (422, "validation_failed"), (cursor, reply.text)
        assert reply.json["errors"][0]["loc"] == ["query", "cursor"]
    assert world.call("GET", path, token=token).status == 200


def test_there_are_the_lists_that_we_know_of() -> None:
    assert {entry.path for entry in LISTS} >= {
        "/v1/me/deposits",
        "/v1/me/withdrawals",
        "/v1/me/rounds",
        "/v1/me/wallet/events",
        "/v1/me/wallet/export",
        "/v1/audit/anchors",
        "/v1/ops/audit",
        "/v1/ops/approvals",
        "/v1/ops/aml/alerts",
        "/v1/ops/dead-letters",
        "/v1/ops/payments/suspense",
    }
