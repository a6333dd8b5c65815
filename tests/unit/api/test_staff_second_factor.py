"""The second factor of staff: asked at every login outside the sandbox, recovered by another."""

import asyncio
from typing import Any

import pytest
from api_under_test import Reply, World
from guarded_people import Phone
from services.sandbox_people import _staff_member

from shared.identity import totp
from shared.identity.decide import LOCK_MS
from shared.identity.model import Role
from shared.kernel.times import DAY_MS

FACTOR = "/v1/ops/me/second-factor"
PASSWORD = "demo-Only-1!"


class Colleague:
    """A member of staff with an authenticator app, as `make admin` makes one."""

    def __init__(self, world: World, role: Role, name: str) -> None:
        self.world = world
        self.email = f"{name}@acme.example"
        asyncio.run(_staff_member(world.house, role, self.email, world.clock.now_ms()))
        index = world.house.blind_index.of("email", self.email)
        [row] = world.rows("SELECT staff_id FROM staff WHERE email_index = ?", index)
        self.staff_id = str(row["staff_id"])
        secret = bytes(20)
        sealed = asyncio.run(
            world.house.sealing.seal(secret.hex(), bound=f"staff:{self.staff_id}:second_factor")
        )
        world.change(
            "INSERT INTO second_factors (subject_id, subject_kind, secret_sealed, last_step,"
            " created_at, confirmed_at) VALUES (?, 'staff', ?, 0, 1, 1)",
            self.staff_id,
            sealed,
        )
        self.phone = Phone(world, secret)

    def try_login(self, **more: str) -> Reply:
        body = {"email": self.email, "password": PASSWORD} | more
        return self.world.call("POST", "/v1/ops/auth/login", body)

    def token(self) -> str:
        reply = self.try_login(otp=self.phone.code())
        assert (reply.status, reply.json["scope"]) == (200, None), reply.text
        return str(reply.json["access_token"])


@pytest.fixture
def world() -> World:
    return World(PROFILE="production")


@pytest.fixture
def admin(world: World) -> Colleague:
    return Colleague(world, "admin", "ada")


def _reset(world: World, admin: Colleague, staff_id: str) -> Any:
    path = f"/v1/ops/staff/{staff_id}/second-factor/reset"
    return world.call("POST", path, {"reason": "lost the phone"}, token=admin.token())


def test_a_password_alone_opens_no_desk(admin: Colleague) -> None:
    reply = admin.try_login()
    assert (reply.status, reply.code) == (401, "otp_required")
    assert admin.try_login(otp="000000").code == "invalid_credentials"
    assert admin.try_login(otp=admin.phone.code()).status == 200


def test_staff_are_asked_at_every_login_and_no_code_opens_twice(admin: Colleague) -> None:
    code = admin.phone.code()
    assert admin.try_login(otp=code).status == 200
    assert admin.try_login().code == "otp_required"
    assert admin.try_login(otp=code).code == "invalid_credentials"


def test_who_has_no_account_is_told_what_a_wrong_password_is_told(world: World) -> None:
    login = {"email": "nobody@acme.example", "password": PASSWORD, "otp": "123456"}
    assert world.call("POST", "/v1/ops/auth/login", login).code == "invalid_credentials"


def test_the_sandbox_asks_no_code_of_staff() -> None:
    world = World()
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    login = {"email": "aml@acme.test", "password": PASSWORD, "otp": "123456"}
    assert world.call("POST", "/v1/ops/auth/login", login).status == 200


def test_a_lost_phone_is_replaced_with_the_help_of_another_administrator(
    world: World, admin: Colleague
) -> None:
    ben = Colleague(world, "support", "ben")
    old = ben.token()
    reset = _reset(world, admin, ben.staff_id)
    assert reset.status == 200, reset.text
    assert world.call("GET", FACTOR, token=old).code == "session_revoked"
    assert ben.try_login(otp=ben.phone.code()).code == "invalid_credentials"

    came = ben.try_login(otp=reset.json["reset_code"])
    assert (came.status, came.json["scope"]) == (200, "enrol")
    token = came.json["access_token"]
    assert world.call("GET", "/v1/ops/audit", token=token).code == (
        "second_factor_enrolment_required"
    )
    begun = world.call("POST", FACTOR, {"password": PASSWORD}, token=token)
    ben.phone = Phone(world, totp.secret_bytes(begun.json["secret"]))
    done = world.call("POST", f"{FACTOR}/confirm", {"otp": ben.phone.code()}, token=token)
    assert len(done.json["recovery_codes"]) == 10
    assert world.call("GET", FACTOR, token=ben.token()).json["status"] == "active"
    assert ben.try_login(otp=reset.json["reset_code"]).code == "invalid_credentials"
    [entry] = world.rows("SELECT * FROM audit_log")
    assert (entry["action"], entry["subject"]) == ("staff.second_factor.reset", ben.staff_id)
    assert reset.json["reset_code"] not in str(entry)


def test_the_code_of_a_reset_is_good_for_a_day_and_the_newest_alone(
    world: World, admin: Colleague
) -> None:
    ben = Colleague(world, "support", "ben")
    first = _reset(world, admin, ben.staff_id).json["reset_code"]
    second = _reset(world, admin, ben.staff_id).json["reset_code"]
    assert ben.try_login(otp=first).code == "invalid_credentials"
    world.clock.advance(DAY_MS)
    assert ben.try_login(otp=second).code == "invalid_credentials"


def test_of_many_codes_at_once_the_right_one_behind_three_wrong_ones_is_not_spent(
    world: World, admin: Colleague
) -> None:
    ben = Colleague(world, "support", "ben")
    codes = [f"{n:06d}" for n in range(3)] + [_reset(world, admin, ben.staff_id).json["reset_code"]]
    login = {"email": ben.email, "password": PASSWORD}
    world.let_others_in()
    bodies = [login | {"otp": code} for code in codes]
    replies = world.at_once("POST", "/v1/ops/auth/login", bodies)
    assert [reply.code for reply in replies] == ["invalid_credentials"] * 3 + ["account_locked"]
    world.clock.advance(LOCK_MS)
    assert ben.try_login(otp=codes[-1]).json["scope"] == "enrol"


def test_nobody_recovers_their_own_account_and_only_administrators_recover(
    world: World, admin: Colleague
) -> None:
    assert _reset(world, admin, admin.staff_id).code == "recovery_needs_another"
    ben = Colleague(world, "support", "ben")
    assert _reset(world, ben, admin.staff_id).code == "forbidden"
    unknown = "01938f6e-7c1a-7b3e-8f00-4a5b6c7d8e9f"
    assert _reset(world, admin, unknown).code == "staff_not_found"


def test_an_administrator_finds_the_accounts_of_staff(world: World, admin: Colleague) -> None:
    world.clock.advance(1)
    Colleague(world, "support", "ben")
    listed = world.call("GET", "/v1/ops/staff", token=admin.token()).json["items"]
    assert [(item["email"], item["role"]) for item in listed] == [
        ("ada@acme.example", "admin"),
        ("ben@acme.example", "support"),
    ]
    assert all(item["has_second_factor"] for item in listed)
