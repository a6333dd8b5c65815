"""The rows that `make admin` writes open the desk of a deployment, with password and app alone."""

import asyncio
import json
import time
from typing import Any

import admin
from api_under_test import World, environment
from guarded_people import Phone
from routes import ROUTES

from shared.platform.native.crypto import NativeCrypto

SECRET = bytes(range(20))
EMAIL = "ada@acme.example"


def test_the_first_administrator_gets_in_with_password_and_app() -> None:
    values = environment()
    world = World(ROUTES, **(values | {"PROFILE": "production"}))
    world.house.passwords._crypto = NativeCrypto()  # the rows are hashed as in production
    world.clock.set(time.time_ns() // 1_000_000)
    rows = asyncio.run(_rows(values))
    for statement, params in rows:
        world.change(statement, *params)
    login: dict[str, Any] = {"email": EMAIL, "password": "a-password-shown-once"}
    assert world.call("POST", "/v1/ops/auth/login", login).code == "otp_required"
    login["otp"] = Phone(world, SECRET).code()
    reply = world.call("POST", "/v1/ops/auth/login", login)
    assert (reply.status, reply.json["role"], reply.json["scope"]) == (200, "admin", None)


def test_as_sql_for_wrangler_the_rows_are_the_same() -> None:
    rows = asyncio.run(_rows(environment()))
    world = World()
    for statement, params in rows:
        world.change(admin.as_sql(statement, params))
    [factor] = world.rows("SELECT * FROM second_factors")
    assert factor["secret_sealed"] == rows[2][1][1]
    assert SECRET.hex() not in json.dumps([params for _, params in rows])


async def _rows(values: dict[str, str]) -> list[tuple[str, tuple[str | int, ...]]]:
    return await admin.statements(values, EMAIL, "admin", "a-password-shown-once", SECRET)
