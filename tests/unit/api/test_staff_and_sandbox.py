"""Staff sessions, roles, and the people of the sandbox."""

import asyncio

import pytest
from api_under_test import World
from http_layer.call import Answer, Call
from http_layer.routing import Route, route, staff
from routes import ROUTES
from services.sandbox_people import DEMO_PASSWORD, seed_people

from shared.identity.cpf import normalise_cpf
from shared.identity.model import ROLES


@route("GET", "/v1/ops/desk", tag="Operators", summary="A desk", auth=staff("aml", "admin"))
async def desk(call: Call[None]) -> Answer:
    return Answer(200, f'{{"role":"{call.principal.role}"}}')


WITH_DESK: tuple[Route, ...] = (*ROUTES, desk)


@pytest.fixture
def seeded() -> World:
    world = World(WITH_DESK)
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    return world


def _token(world: World, role: str) -> str:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    reply = world.call("POST", "/v1/ops/auth/login", login)
    assert (reply.status, reply.json["role"]) == (200, role)
    return str(reply.json["access_token"])


def test_seeding_twice_makes_everybody_once(seeded: World) -> None:
    first = seeded.rows("SELECT * FROM staff ORDER BY staff_id")
    again = seeded.call("POST", "/v1/sandbox/seed")
    assert again.json["staff"] == [f"{role}@acme.test" for role in ROLES]
    assert seeded.rows("SELECT * FROM staff ORDER BY staff_id") == first
    assert {row["role"] for row in first} == set(ROLES)
    assert len(seeded.wallets.opened) == 1


def test_the_demo_player_can_log_in(seeded: World) -> None:
    login = {"email": "ana@acme.test", "password": DEMO_PASSWORD}
    token = seeded.call("POST", "/v1/auth/login", login).json["access_token"]
    profile = seeded.call("GET", "/v1/me", token=token).json
    assert profile["eligibility"]["can_bet"] is True
    assert normalise_cpf("31415926590")[3:9] in profile["cpf"].replace(".", "")


def test_every_route_of_the_sandbox_is_missing_in_production() -> None:
    world = World(PROFILE="production")
    for entry in ROUTES:
        if entry.sandbox_only:
            path = entry.path.replace("{txid}", "x" * 26)
            reply = world.call(entry.method, path)
            assert (reply.status, reply.code) == (404, "not_found"), entry.path
    assert world.rows("SELECT * FROM staff") == []


def test_every_sandbox_path_is_a_sandbox_route() -> None:
    for entry in ROUTES:
        assert entry.sandbox_only == entry.path.startswith("/v1/sandbox/"), entry.path


async def _seed(world: World) -> None:
    await seed_people(world.house, world.clock.now_ms())


def test_the_people_of_the_sandbox_cannot_be_made_in_production_by_any_way() -> None:
    with pytest.raises(PermissionError):
        asyncio.run(_seed(World(PROFILE="production")))


def test_a_role_opens_its_own_doors_only(seeded: World) -> None:
    for role in ROLES:
        reply = seeded.call("GET", "/v1/ops/desk", token=_token(seeded, role))
        if role in ("aml", "admin"):
            assert (reply.status, reply.json) == (200, {"role": role})
        else:
            assert (reply.status, reply.code) == (403, "forbidden")


def test_players_and_staff_cannot_use_each_others_tokens(seeded: World) -> None:
    login = {"email": "ana@acme.test", "password": DEMO_PASSWORD}
    player = seeded.call("POST", "/v1/auth/login", login).json["access_token"]
    assert seeded.call("GET", "/v1/ops/desk", token=player).code == "token_invalid"
    assert seeded.call("GET", "/v1/me", token=_token(seeded, "admin")).code == "token_invalid"


def test_staff_and_players_have_separate_credentials(seeded: World) -> None:
    player = {"email": "ana@acme.test", "password": DEMO_PASSWORD}
    member = {"email": "admin@acme.test", "password": DEMO_PASSWORD}
    assert seeded.call("POST", "/v1/ops/auth/login", player).code == "invalid_credentials"
    assert seeded.call("POST", "/v1/auth/login", member).code == "invalid_credentials"


@pytest.mark.parametrize("change", ["role = 'support'", "status = 'suspended'"])
def test_staff_lose_their_access_at_once_and_not_when_the_token_ends(change: str) -> None:
    world = World(WITH_DESK)
    world.call("POST", "/v1/sandbox/seed")
    token = _token(world, "aml")
    assert world.call("GET", "/v1/ops/desk", token=token).status == 200
    world.change(f"UPDATE staff SET {change} WHERE role = 'aml'")
    assert world.call("GET", "/v1/ops/desk", token=token).code == "session_revoked"


def test_staff_refresh_and_log_out(seeded: World) -> None:
    login = {"email": "aml@acme.test", "password": DEMO_PASSWORD}
    tokens = seeded.call("POST", "/v1/ops/auth/login", login).json
    fresh = seeded.call("POST", "/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    token = fresh.json["access_token"]
    assert seeded.call("GET", "/v1/ops/desk", token=token).status == 200
    assert seeded.call("POST", "/v1/auth/logout", token=token).status == 204
    assert seeded.call("GET", "/v1/ops/desk", token=token).code == "session_revoked"
    assert seeded.wallets.revoked == set()
