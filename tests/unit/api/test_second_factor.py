"""The second factor of players: set up, asked for, spent once, counted, removed."""

import jwt
import pytest
from api_under_test import World, run
from guarded_people import FACTOR, Guarded
from services import second_factors
from services.container import House
from services.second_factors import Factor

from shared.identity.decide import LOCK_MS
from shared.kernel.times import DAY_MS, MINUTE_MS, SECOND_MS


@pytest.fixture
def ana(world: World) -> Guarded:
    person = Guarded(world)
    person.enrol()
    return person


def test_without_one_nothing_is_asked_in_the_sandbox(world: World) -> None:
    person = Guarded(world)
    state = person.send("GET", FACTOR).json
    assert state == {
        "status": "none",
        "enrolled_at": None,
        "recovery_codes_left": 0,
        "recovery_codes_to_renew": 0,
        "required": False,
    }
    assert person.try_login().status == 200


def test_it_is_in_use_only_when_a_code_of_it_was_given(world: World) -> None:
    person = Guarded(world)
    begun = person.send("POST", FACTOR, {"password": person.login["password"]})
    assert person.send("GET", FACTOR).json["status"] == "pending"
    assert begun.json["secret"] in begun.json["otpauth_uri"]
    assert person.send("POST", f"{FACTOR}/confirm", {"otp": "000000"}).code == (
        "second_factor_invalid"
    )
    world.clock.advance(8 * DAY_MS)
    person.log_in()  # what was never confirmed is not asked for
    person.enrol()
    state = person.send("GET", FACTOR).json
    assert (state["status"], state["recovery_codes_left"]) == ("active", 10)


def test_enrolling_takes_the_password(world: World) -> None:
    person = Guarded(world)
    reply = person.send("POST", FACTOR, {"password": "wrong-password-1"})
    assert (reply.status, reply.code) == (401, "invalid_credentials")
    assert person.send("GET", FACTOR).json["status"] == "none"


def test_the_secret_and_the_codes_are_stored_in_no_readable_form(ana: Guarded) -> None:
    stored = str(ana.world.rows("SELECT * FROM second_factors"))
    stored += str(ana.world.rows("SELECT * FROM recovery_codes"))
    assert ana.phone.secret.hex() not in stored
    for code in ana.recovery_codes:
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_a_second_one_cannot_be_put_in_place_of_the_one_in_use(ana: Guarded) -> None:
    body = {"password": ana.login["password"]}
    assert ana.send("POST", FACTOR, body).code == "second_factor_exists"
    assert ana.send("POST", f"{FACTOR}/confirm", {"otp": "123456"}).code == "second_factor_exists"
    assert ana.prove(ana.phone.code()).status == 200


@pytest.mark.parametrize(("late_ms", "asked"), [(0, False), (SECOND_MS, True)])
def test_after_seven_days_and_a_second_the_login_asks_for_a_code(
    ana: Guarded, late_ms: int, asked: bool
) -> None:
    ana.world.clock.advance(7 * DAY_MS + late_ms)
    reply = ana.try_login()
    if not asked:
        assert reply.status == 200
        return
    assert (reply.status, reply.code) == (401, "second_factor_required")
    assert ana.try_login(otp=ana.phone.code()).status == 200
    assert ana.try_login().status == 200  # proven again, for another seven days


def test_a_wrong_password_never_tells_that_a_code_would_be_asked(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    wrong = ana.world.call("POST", "/v1/auth/login", ana.login | {"password": "wrong-password-1"})
    assert wrong.code == "invalid_credentials"


def test_a_wrong_code_is_answered_as_a_wrong_password_is(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    code = ana.try_login(otp="000000")
    word = ana.world.call(
        "POST", "/v1/auth/login", ana.login | {"password": "wrong-password-1", "otp": "000000"}
    )
    assert code.status == word.status == 401
    assert code.json | {"request_id": ""} == word.json | {"request_id": ""}


def test_a_code_that_is_given_is_checked_also_when_none_is_due(ana: Guarded) -> None:
    assert ana.try_login(otp="000000").code == "invalid_credentials"


def test_no_code_opens_two_doors(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    code = ana.phone.code()
    assert ana.try_login(otp=code).status == 200
    assert ana.try_login(otp=code).code == "invalid_credentials"
    assert ana.prove(code).status in (401, 403)


def test_of_many_logins_with_one_code_at_once_one_is_let_in(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    ana.world.let_others_in()
    bodies = [ana.login | {"otp": ana.phone.code()}] * 3
    replies = ana.world.at_once("POST", "/v1/auth/login", bodies)
    assert sorted(reply.status for reply in replies) == [200, 401, 401]
    assert ana.try_login().status == 200, "and nothing is locked"


def test_of_two_that_read_the_factor_before_a_code_was_spent_one_is_refused(ana: Guarded) -> None:
    house, now_ms = ana.world.house, ana.world.clock.now_ms() + MINUTE_MS
    ana.world.clock.set(now_ms)
    factor = run(second_factors.find_confirmed(house, ana.player_id))
    assert factor is not None
    code = ana.phone.code()
    taken = [
        run(second_factors.accept(house, factor, code, now_ms=now_ms, proved_at=now_ms))
        for _ in range(2)
    ]
    assert taken == [True, False]


def test_wrong_codes_lock_as_wrong_passwords_do(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    for _ in range(3):
        assert ana.try_login(otp="000000").code == "invalid_credentials"
    locked = ana.try_login(otp=ana.phone.code())
    assert (locked.status, locked.code) == (423, "account_locked")


def test_a_known_password_buys_no_further_guesses_of_the_code(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    for _ in range(2):
        assert ana.try_login(otp="000000").code == "invalid_credentials"
    assert ana.try_login().code == "second_factor_required"
    assert ana.try_login(otp="000000").code == "invalid_credentials"
    assert ana.try_login(otp="000000").code == "account_locked"


def test_a_known_password_buys_no_guesses_where_none_is_due_either(ana: Guarded) -> None:
    for _ in range(2):
        assert ana.try_login(otp="000000").code == "invalid_credentials"
    assert ana.try_login().status == 200
    assert ana.try_login(otp="000000").code == "invalid_credentials"
    assert ana.try_login(otp="000000").code == "account_locked"


def test_a_change_of_password_that_knows_the_old_one_gets_three_codes(ana: Guarded) -> None:
    ana.world.clock.advance(11 * MINUTE_MS)
    ana.log_in()
    body = {"current_password": ana.login["password"], "new_password": "Another-Secret-991"}
    codes = [ana.send("POST", "/v1/me/password", body | {"otp": f"{n:06d}"}).code for n in range(4)]
    assert codes == ["second_factor_invalid"] * 3 + ["account_locked"]
    assert ana.send("POST", FACTOR, {"password": ana.login["password"]}).code == "account_locked"


def test_a_right_code_clears_the_count(ana: Guarded) -> None:
    for _ in range(3):
        for _ in range(2):
            assert ana.try_login(otp="000000").code == "invalid_credentials"
        assert ana.try_login(otp=ana.phone.code()).status == 200


def test_failures_of_former_days_do_not_lock_who_logs_in_by_password(ana: Guarded) -> None:
    wrong = ana.login | {"password": "wrong-password-1"}
    for _ in range(6):
        assert ana.world.call("POST", "/v1/auth/login", wrong).code == "invalid_credentials"
        assert ana.try_login().status == 200
        ana.world.clock.advance(DAY_MS)


def test_fifty_codes_at_once_are_told_no_more_than_three_in_turn(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    bodies = [ana.login | {"otp": f"{n:06d}"} for n in range(50)]
    codes = [reply.code for reply in ana.world.at_once("POST", "/v1/auth/login", bodies)]
    assert codes.count("invalid_credentials") == 3
    assert codes.count("account_locked") == 47


@pytest.mark.parametrize("before", [0, 2, 3, 30])
@pytest.mark.parametrize("recovery", [False, True])
def test_the_right_code_among_many_at_once_proves_something_only_when_it_is_let_in(
    ana: Guarded, before: int, recovery: bool
) -> None:
    """Else the password alone is enough after the lock."""
    world = ana.world
    world.clock.advance(8 * DAY_MS)
    codes = [f"{n:06d}" for n in range(100_000, 100_030)]
    right = ana.recovery_codes[0] if recovery else ana.phone.code()
    codes.insert(before, right)
    world.let_others_in()
    replies = world.at_once("POST", "/v1/auth/login", [ana.login | {"otp": code} for code in codes])
    is_let_in = before < 3
    assert (replies[before].status == 200) == is_let_in
    world.clock.advance(31 * MINUTE_MS)
    assert (ana.try_login().status == 200) == is_let_in
    left = world.rows("SELECT * FROM recovery_codes WHERE used_at IS NULL")
    assert len(left) == (9 if recovery and is_let_in else 10)


@pytest.mark.parametrize("door", ["login", "prove", "password"])
def test_of_many_codes_at_once_three_are_looked_at(
    ana: Guarded, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, token = ana.world, ana.tokens["access_token"]
    looked_at = []
    real = second_factors.accept

    async def accept(house: House, factor: Factor, code: str, **when: int) -> bool:
        looked_at.append(code)
        return await real(house, factor, code, **when)

    monkeypatch.setattr(second_factors, "accept", accept)
    bodies: list[dict[str, str]] = [{"otp": f"{n:06d}"} for n in range(20)]
    path = {"login": "/v1/auth/login", "prove": f"{FACTOR}/prove", "password": "/v1/me/password"}
    if door == "login":
        bodies = [ana.login | body for body in bodies]
    elif door == "password":
        change = {"current_password": ana.login["password"], "new_password": "Another-Secret-991"}
        bodies = [change | body for body in bodies]
    world.let_others_in()
    replies = world.at_once("POST", path[door], bodies, token=token if door != "login" else None)
    assert len(looked_at) == 3
    assert [reply.code for reply in replies].count("account_locked") == 17
    world.clock.advance(LOCK_MS)
    assert ana.try_login(otp=ana.phone.code()).status == 200


def test_a_right_code_in_a_session_that_came_behind_three_wrong_ones_opens_nothing(
    ana: Guarded,
) -> None:
    world = ana.world
    world.clock.advance(11 * MINUTE_MS)
    ana.log_in()
    bodies = [{"otp": code} for code in ("000000", "000001", "000002", ana.phone.code())]
    token = ana.tokens["access_token"]
    world.let_others_in()
    replies = world.at_once("POST", f"{FACTOR}/prove", bodies, token=token)
    assert [reply.code for reply in replies] == ["second_factor_invalid"] * 3 + ["account_locked"]
    [factor] = world.rows("SELECT * FROM second_factors")
    assert factor["proved_at"] == factor["confirmed_at"]
    assert ana.send("PATCH", "/v1/me", {"phone": "+5511911111111"}).code == "step_up_required"


def test_a_right_code_as_the_third_leaves_no_lock(ana: Guarded) -> None:
    codes = ["000000", "000001", ana.phone.code()]
    assert [ana.prove(code).status for code in codes][-1] == 200
    assert ana.world.rows("SELECT * FROM login_failures") == []


def test_wrong_codes_in_a_session_count_too(ana: Guarded) -> None:
    for _ in range(3):
        assert ana.prove("000000").code == "second_factor_invalid"
    assert ana.prove("000000").code == "account_locked"
    assert ana.try_login().code == "account_locked"


def test_a_recovery_code_opens_once(ana: Guarded) -> None:
    ana.world.clock.advance(8 * DAY_MS)
    code = ana.recovery_codes[0]
    ana.log_in(otp=code.lower().replace("-", " "))
    assert ana.send("GET", FACTOR).json["recovery_codes_left"] == 9
    assert ana.try_login(otp=code).code == "invalid_credentials"


def test_a_recovery_code_of_another_person_opens_nothing(world: World, ana: Guarded) -> None:
    ben = Guarded(world)
    ben.enrol()
    assert ana.try_login(otp=ben.recovery_codes[0]).code == "invalid_credentials"
    assert ben.try_login(otp=ben.recovery_codes[0]).status == 200


def test_new_recovery_codes_take_the_place_of_the_old(ana: Guarded) -> None:
    reply = ana.send("POST", f"{FACTOR}/recovery-codes", {"otp": ana.phone.code()})
    fresh = reply.json["recovery_codes"]
    assert len(set(fresh) | set(ana.recovery_codes)) == 20
    assert ana.try_login(otp=ana.recovery_codes[1]).code == "invalid_credentials"
    assert ana.try_login(otp=fresh[0]).status == 200


def test_removing_it_takes_a_code_and_forgets_everything(ana: Guarded) -> None:
    assert ana.send("POST", f"{FACTOR}/remove", {"otp": "000000"}).code == "second_factor_invalid"
    assert ana.send("POST", f"{FACTOR}/remove", {"otp": ana.phone.code()}).status == 204
    assert ana.world.rows("SELECT * FROM second_factors") == []
    assert ana.world.rows("SELECT * FROM recovery_codes") == []
    ana.world.clock.advance(8 * DAY_MS)
    assert ana.try_login().status == 200


def test_a_session_does_not_outlive_the_proof_of_seven_days(ana: Guarded) -> None:
    ana.world.clock.advance(7 * DAY_MS)
    ana.log_in()
    ana.world.clock.advance(SECOND_MS)
    reply = ana.refresh()
    assert (reply.status, reply.code) == (401, "second_factor_required")
    assert len(ana.world.wallets.revoked) == 1
    assert ana.send("GET", "/v1/me/sessions").code == "session_revoked"


def test_sensitive_changes_want_a_code_of_the_last_ten_minutes(ana: Guarded) -> None:
    ana.world.clock.advance(10 * MINUTE_MS + 1)
    ana.log_in()
    phone = {"phone": "+5511911111111"}
    assert ana.send("PATCH", "/v1/me", phone).code == "step_up_required"
    assert ana.prove(ana.phone.code()).status == 200
    ana.world.clock.advance(10 * MINUTE_MS - 1)
    ana.refresh()
    assert ana.send("PATCH", "/v1/me", phone).status == 200
    ana.world.clock.advance(2)
    assert ana.send("PATCH", "/v1/me", phone).code == "step_up_required"


def test_a_code_given_in_one_session_opens_nothing_in_another(ana: Guarded) -> None:
    ana.world.clock.advance(11 * MINUTE_MS)
    ana.log_in()
    other = dict(ana.tokens)
    ana.log_in(otp=ana.phone.code())
    phone = {"phone": "+5511911111111"}
    assert ana.send("PATCH", "/v1/me", phone).status == 200
    ana.tokens = other
    assert ana.send("PATCH", "/v1/me", phone).code == "step_up_required"


@pytest.mark.parametrize("path", ["/v1/me", "/v1/me/wallet", "/v1/me/sessions", "/v1/me/kyc"])
def test_outside_the_sandbox_a_password_alone_opens_the_enrolment_only(path: str) -> None:
    world = World(PROFILE="production")
    person = Guarded(world)
    assert person.tokens["scope"] == "enrol"
    refused = person.send("GET", path)
    assert (refused.status, refused.code) == (403, "second_factor_enrolment_required")
    assert world.wallets.begun == []
    assert person.refresh().json["scope"] == "enrol"
    person.enrol()
    assert person.send("GET", path).code == "second_factor_enrolment_required"  # the token is old
    assert person.refresh().json["scope"] is None
    assert person.send("GET", path).status in (200, 404)


def test_outside_the_sandbox_removing_it_leaves_the_enrolment_only() -> None:
    person = Guarded(World(PROFILE="production"))
    person.enrol()
    person.refresh()
    assert person.send("POST", f"{FACTOR}/remove", {"otp": person.phone.code()}).status == 204
    assert person.refresh().json["scope"] == "enrol"
    assert person.send("GET", "/v1/me").code == "second_factor_enrolment_required"


def test_a_scope_that_is_not_ours_opens_nothing(world: World) -> None:
    person = Guarded(world)
    token = person.tokens["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = jwt.encode(
        claims | {"scp": "all"}, b"x" * 32, "HS256", jwt.get_unverified_header(token)
    )
    assert world.call("GET", "/v1/me", token=forged).code == "token_invalid"
    keys = world.house.tokens._keys
    signed = jwt.encode(
        claims | {"scp": "all"}, keys["j1"], "HS256", jwt.get_unverified_header(token)
    )
    assert world.call("GET", "/v1/me", token=signed).code == "token_invalid"
