"""An erasure and what happens between its checks and its commit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from api_under_test import Reply
from money_world import MoneyWorld, Player
from registers_world import SOCIAL, RegistersWorld, join
from services.sandbox_people import DEMO_PASSWORD

from shared.kernel.times import DAY_MS
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
    """What an erasure changes in D1; sessions end before it, even when it is refused then."""
    tables = {
        "players": "player_id",
        "person_keys": "player_id",
        "retentions": "player_id",
        "kept_identities": "player_id",
        "credentials": "subject_id",
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


@pytest.mark.parametrize("status", ["pending", "credited"])
def test_a_charge_made_meanwhile_keeps_the_person(
    world: MoneyWorld, player: Player, status: str
) -> None:
    path, admin = asked(player), staff(world, "admin")
    before = traces(world, player)

    async def charge() -> None:
        await world.db.execute(
            "INSERT INTO deposits (deposit_id, player_id, txid, amount_minor, currency, status,"
            " requested_at, expires_at) VALUES ('d', ?, 't', 5000, 'BRL', ?, 1, 2)",
            player.player_id,
            status,
        )

    before_the_commit(world, charge)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_money_open")
    assert traces(world, player) == before
    player.log_in()


def test_who_is_being_erased_can_open_no_charge(world: MoneyWorld, player: Player) -> None:
    path, admin = asked(player), staff(world, "admin")
    charges: list[Reply] = []

    async def charge() -> None:
        body = {"amount_minor": 5_000, "method": "pix"}
        charges.append(await send(world, "/v1/me/deposits", body, player.token))

    before_the_commit(world, charge)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert charges[0].status == 401, charges[0].text
    assert (granted.status, granted.json["status"]) == (200, "completed")


def test_who_leaves_the_house_is_erased_when_they_have_left() -> None:
    world = RegistersWorld()
    leaving = join(world).identify()
    leaving.player.log_in()
    path = asked(leaving.player)
    world.impede(leaving.player.cpf, SOCIAL)
    leaving.advance(13 * DAY_MS)
    world.clock.advance(13 * DAY_MS + 1)
    world.sweep()
    grant = {"decision": "grant", "reason": "asked"}
    refused = world.call("POST", path, grant, token=staff(world, "admin"))
    assert (refused.status, refused.code) == (409, "erasure_money_open")
    world.follow()
    leaving.advance(4 * DAY_MS)
    world.clock.advance(DAY_MS)
    world.follow()
    assert leaving.case()["state"] == "REFUNDED"
    granted = world.call("POST", path, grant, token=staff(world, "admin"))
    assert granted.json["status"] == "completed", granted.text


def test_a_case_of_leaving_opened_meanwhile_keeps_the_person(
    world: MoneyWorld, player: Player
) -> None:
    path, admin = asked(player), staff(world, "admin")
    before = traces(world, player)

    async def leave() -> None:
        await world.db.execute(
            "INSERT INTO register_checks (check_id, player_id, register, occasion, result, reasons,"
            " request_id, checked_at, recorded_at)"
            " VALUES ('c', ?, 'sigap', 'sweep', 'clear', '[]', 'r', 1, 1)",
            player.player_id,
        )
        await world.db.execute(
            "INSERT INTO offboardings (case_id, player_id, check_id, reasons, found_at, opened_at,"
            " next_at) VALUES ('o', ?, 'c', '[]', 1, 1, 1)",
            player.player_id,
        )

    before_the_commit(world, leave)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_money_open")
    assert traces(world, player) == before
