"""An erasure and what happens between its checks and its commit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from api_under_test import Reply
from money_world import MoneyWorld, Player
from services.sandbox_people import DEMO_PASSWORD

from shared.platform.ports import Statement

IDEMPOTENT = "abcdabcdabcdabcd"


@pytest.fixture
def world() -> MoneyWorld:
    seeded = MoneyWorld()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    return seeded


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def staff(world: MoneyWorld, role: str) -> str:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    return str(world.call("POST", "/v1/ops/auth/login", login).json["access_token"])


def asked(player: Player) -> str:
    return f"/v1/ops/privacy/erasures/{player.post('/v1/me/erasure').json['request_id']}"


async def send(world: MoneyWorld, path: str, body: object, token: str) -> Reply:
    """A request while another one is on its way."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "cf-connecting-ip": "192.0.2.7",
        "idempotency-key": IDEMPOTENT,
    }
    return await world._handle("POST", path, json.dumps(body).encode(), headers)


def before_the_commit(world: MoneyWorld, happens: Callable[[], Any]) -> None:
    """Let something happen once, when everything is checked and nothing is written."""
    commit = world.d1.batch
    waiting = [happens]

    async def batch(statements: list[Statement]) -> list[int]:
        if waiting and any("UPDATE erasure_requests" in one.sql for one in statements):
            await waiting.pop()()
        return await commit(statements)

    world.d1.batch = batch  # type: ignore[method-assign,assignment]


def traces(world: MoneyWorld, player: Player) -> dict[str, Any]:
    """Everything that an erasure changes in D1."""
    tables = {
        "players": "player_id",
        "person_keys": "player_id",
        "retentions": "player_id",
        "kept_identities": "player_id",
        "credentials": "subject_id",
        "refresh_families": "subject_id",
    }
    return {
        table: world.rows(f"SELECT * FROM {table} WHERE {owner} = ?", player.player_id)
        for table, owner in tables.items()
    }


def test_an_erasure_refused_meanwhile_changes_nothing_of_the_person(
    world: MoneyWorld, player: Player
) -> None:
    path, kyc, admin = asked(player), staff(world, "kyc"), staff(world, "admin")
    before = traces(world, player)

    async def refuse() -> None:
        body = {"decision": "refuse", "reason": "an open legal claim"}
        assert (await send(world, path, body, kyc)).json["status"] == "refused"

    before_the_commit(world, refuse)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_decided")
    assert traces(world, player) == before
    assert len(world.rows("SELECT * FROM audit_log WHERE action = 'erasure.decide'")) == 1
