"""Sessions: login, lock, refresh, reuse and logout, through the API."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from api_under_test import Reply, World, run
from e2e.people import registration
from guarded_people import Guarded
from services.lockout import count_failure
from services.sandbox_people import DEMO_PASSWORD

from shared.identity.decide import LOCK_MS
from shared.identity.passwords import Passwords, Verified
from shared.kernel.errors import Rejected
from shared.kernel.times import DAY_MS, MINUTE_MS


def _registered(world: World) -> dict[str, Any]:
    body = registration()
    assert world.call("POST", "/v1/players", body).status == 201
    return {"email": body["email"], "password": body["password"]}


def _login(world: World, login: dict[str, Any]) -> Reply:
    return world.call("POST", "/v1/auth/login", login)


def _refresh(world: World, refresh_token: str) -> Reply:
    return world.call("POST", "/v1/auth/refresh", {"refresh_token": refresh_token})


def test_login_opens_a_session_that_reads_the_profile(world: World) -> None:
    reply = _login(world, _registered(world))
    assert reply.status == 200
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == 600
    assert world.call("GET", "/v1/me", token=reply.json["access_token"]).status == 200


def test_the_email_may_be_written_in_any_case(world: World) -> None:
    login = _registered(world)
    assert _login(world, login | {"email": login["email"].upper()}).status == 200


def test_a_wrong_password_and_an_unknown_email_are_the_same_401(world: World) -> None:
    login = _registered(world)
    wrong = _login(world, login | {"password": "wrong-password-1"})
    calls = world.crypto.derivations
    unknown = _login(world, login | {"email": "nobody@example.com"})
    assert wrong.status == unknown.status == 401
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}
    assert wrong.code == "invalid_credentials"
    assert world.crypto.derivations - calls == 6  # the unknown address costs a password hash too


@pytest.mark.parametrize("kind", ["players", "staff"])
def test_a_known_and_an_unknown_address_cost_the_same_work(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the lock, and behind it, where no hash hides a difference."""
    path, known = "/v1/auth/login", _registered(world)
    if kind == "staff":
        assert world.call("POST", "/v1/sandbox/seed").status == 200
        path, known = "/v1/ops/auth/login", {"email": "aml@acme.test"}
    done: list[str] = []
    _write_down(world.db, ("first", "query", "execute", "batch"), done, monkeypatch)
    _write_down(world.crypto, ("aes_gcm_encrypt", "aes_gcm_decrypt"), done, monkeypatch)

    def work(email: str) -> list[str]:
        done.clear()
        world.call("POST", path, {"email": email, "password": "wrong-password-1"})
        return [name.partition("_")[0] for name in done]

    for _ in range(5):
        assert work(known["email"]) == work("nobody@example.com")


def _write_down(
    port: object, names: tuple[str, ...], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From now on each of these calls of a port leaves its name in `done`."""

    def noted(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: Any) -> object:
            done.append(name)
            return real(*args)

        return call

    for name in names:
        monkeypatch.setattr(type(port), name, staticmethod(noted(name, getattr(port, name))))


@pytest.mark.parametrize("has_factor", [False, True])
def test_a_right_password_that_finds_the_lock_after_its_hash_costs_what_a_wrong_one_does(
    world: World, has_factor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many at once, answered alike, the one that took longer would be the right one."""
    person = Guarded(world)
    if has_factor:
        person.enrol()
    done: list[str] = []
    real = Passwords.verify

    async def verify(self: Passwords, password: str, stored: str | None) -> Verified:
        verified = await real(self, password, stored)
        for _ in range(3):
            with suppress(Rejected):
                index = world.house.blind_index.of("email", person.login["email"])
                await count_failure(world.house, index, "player", world.clock.now_ms())
        done.clear()
        return verified

    monkeypatch.setattr(Passwords, "verify", verify)
    _write_down(world.db, ("first", "query", "execute", "batch"), done, monkeypatch)

    def work(password: str) -> list[str]:
        world.clock.advance(LOCK_MS)
        assert person.try_login(password=password).code == "account_locked"
        return list(done)

    assert work(person.login["password"]) == work("wrong-password-1")


@pytest.mark.parametrize("known", [True, False])
def test_three_failures_lock_known_and_unknown_addresses_alike(known: bool) -> None:
    world = World()
    login = _registered(world)
    if not known:
        login["email"] = "nobody@example.com"
    for _ in range(3):
        assert _login(world, login | {"password": "wrong-password-1"}).code == "invalid_credentials"
        world.clock.advance(MINUTE_MS)
    locked = _login(world, login)
    assert (locked.status, locked.code) == (423, "account_locked")
    assert locked.headers["Retry-After"] == str(29 * 60)
    assert locked.json["retry_after"] == 29 * 60

    world.clock.advance(29 * MINUTE_MS - 1)
    assert _login(world, login).code == "account_locked"
    world.clock.advance(1)
    assert _login(world, login).status == (200 if known else 401)


def test_failures_further_apart_than_the_window_do_not_lock(world: World) -> None:
    login = _registered(world)
    for _ in range(5):
        for _ in range(2):
            assert _login(world, login | {"password": "wrong-password-1"}).status == 401
        world.clock.advance(LOCK_MS)
    assert _login(world, login).status == 200


def test_a_success_forgets_the_failures(world: World) -> None:
    login = _registered(world)
    for _ in range(4):
        for _ in range(2):
            assert _login(world, login | {"password": "wrong-password-1"}).status == 401
        assert _login(world, login).status == 200


def test_fifty_guesses_at_once_are_told_no_more_than_three_in_turn(world: World) -> None:
    login = _registered(world)
    guesses = [login | {"password": f"guess-number-{n}"} for n in range(50)]
    replies = world.at_once("POST", "/v1/auth/login", guesses)
    codes = [reply.code for reply in replies]
    assert codes.count("invalid_credentials") == 3
    assert codes.count("account_locked") == 47
    assert {reply.json.get("retry_after") for reply in replies} == {None, LOCK_MS // 1000}
    assert _login(world, login).code == "account_locked"


@pytest.mark.parametrize("before", [0, 1, 2, 3, 10, 49])
def test_the_right_guess_among_fifty_is_let_in_only_before_three_wrong_ones(before: int) -> None:
    """They are hashed side by side and end in the order in which they came."""
    world = World()
    login = _registered(world)
    guesses = [login | {"password": f"guess-number-{n}"} for n in range(49)]
    guesses.insert(before, login)
    replies = world.at_once("POST", "/v1/auth/login", guesses)
    assert (replies[before].status == 200) == (before < 3)


@pytest.mark.parametrize("kind", ["players", "staff"])
def test_many_right_logins_at_once_lock_nobody(world: World, kind: str) -> None:
    if kind == "players":
        path, login = "/v1/auth/login", _registered(world)
    else:
        assert world.call("POST", "/v1/sandbox/seed").status == 200
        path = "/v1/ops/auth/login"
        login = {"email": "aml@acme.test", "password": DEMO_PASSWORD}
    for _ in range(3):
        assert {reply.status for reply in world.at_once("POST", path, [login] * 6)} == {200}
    assert world.rows("SELECT * FROM login_failures") == []


def test_a_right_login_is_refused_only_when_it_was_locked_before(world: World) -> None:
    login = _registered(world)
    for _ in range(2):
        assert _login(world, login | {"password": "wrong-password-1"}).status == 401
    assert {reply.status for reply in world.at_once("POST", "/v1/auth/login", [login] * 6)} == {200}


def test_a_weaker_hash_is_replaced_at_login(world: World) -> None:
    login = _registered(world)
    [row] = world.rows("SELECT password_hash FROM credentials")
    strong = str(row["password_hash"])
    salt = b"0123456789abcdef"
    derived = run(world.house.passwords._derive(login["password"], salt, 1000, 1))
    texts = [urlsafe_b64encode(data).decode() for data in (salt, derived)]
    weak = "$".join(("pbkdf2-sha256-chain", "1000", "1", *texts))
    world.change("UPDATE credentials SET password_hash = ?", weak)
    assert _login(world, login).status == 200
    [row] = world.rows("SELECT password_hash FROM credentials")
    assert str(row["password_hash"]).split("$")[:3] == strong.split("$")[:3]
    assert _login(world, login).status == 200


def test_a_closed_account_cannot_log_in_but_a_suspended_one_can(world: World) -> None:
    login = _registered(world)
    world.change("UPDATE players SET status = 'suspended'")
    assert _login(world, login).status == 200
    world.change("UPDATE players SET status = 'closed'")
    assert _login(world, login).code == "account_closed"
    wrong = _login(world, login | {"password": "wrong-password-1"})
    assert wrong.code == "invalid_credentials"


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session_everywhere(world: World) -> None:
    first = _login(world, _registered(world)).json
    second = _refresh(world, first["refresh_token"])
    assert second.status == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    access = second.json["access_token"]
    assert world.call("GET", "/v1/me", token=access).status == 200

    reused = _refresh(world, first["refresh_token"])
    assert (reused.status, reused.code) == (401, "refresh_reused")
    assert _refresh(world, second.json["refresh_token"]).code == "refresh_invalid"
    assert world.call("GET", "/v1/me", token=access).code == "session_revoked"
    [family] = world.rows("SELECT family_id, revoked_reason FROM refresh_families")
    assert family["revoked_reason"] == "refresh_reused"
    assert world.wallets.revoked == {family["family_id"]}


def test_of_two_refreshes_at_once_one_wins_and_the_session_ends(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    bodies = [{"refresh_token": token}] * 2
    replies = world.at_once("POST", "/v1/auth/refresh", bodies)
    assert sorted(reply.status for reply in replies) == [200, 401]
    assert len(world.rows("SELECT * FROM refresh_tokens")) == 2
    [winner] = [reply.json for reply in replies if reply.status == 200]
    assert _refresh(world, winner["refresh_token"]).code == "refresh_invalid"
    assert world.call("GET", "/v1/me", token=winner["access_token"]).code == "session_revoked"


def test_a_refresh_that_dies_halfway_leaves_the_token_as_it_was(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    run(
        world.db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON refresh_tokens "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    )
    assert _refresh(world, token).status == 500
    run(world.db.execute("DROP TRIGGER full"))
    assert _refresh(world, token).status == 200
    assert _refresh(world, token).code == "refresh_reused"


def test_the_players_behind_one_address_do_not_keep_each_other_from_staying_logged_in() -> None:
    """A carrier's address: many log in, and all of them refresh every ten minutes."""
    world = World(RATE_LIMIT_SCALE="1")
    login = _registered(world)
    sessions = [_login(world, login).json["refresh_token"] for _ in range(29)]
    for token in sessions:
        assert _refresh(world, token).status == 200
    assert _login(world, login).status == 429
    assert world.call("POST", "/v1/auth/logout", {"refresh_token": sessions[0]}).status == 204


def test_a_session_that_has_ended_stores_no_further_token(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    world.change("UPDATE refresh_families SET revoked_at = 1")
    assert _refresh(world, token).code == "refresh_invalid"
    assert len(world.rows("SELECT * FROM refresh_tokens")) == 1


def test_a_reuse_that_the_wallet_did_not_hear_of_is_not_forgotten(world: World) -> None:
    first = _login(world, _registered(world)).json
    _refresh(world, first["refresh_token"])
    world.wallets.is_down = True
    assert _refresh(world, first["refresh_token"]).code == "unavailable"
    world.wallets.is_down = False
    assert _refresh(world, first["refresh_token"]).code == "refresh_reused"
    assert len(world.wallets.revoked) == 1


def _was_active(world: World) -> None:
    """Instead of a refresh every half hour for thirty days."""
    world.change("UPDATE refresh_families SET last_active_at = ?", world.clock.now_ms())


def test_rotation_does_not_prolong_the_thirty_days(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    for _ in range(29):
        world.clock.advance(DAY_MS)
        _was_active(world)
        token = _refresh(world, token).json["refresh_token"]
    world.clock.advance(DAY_MS - 1)
    _was_active(world)
    token = _refresh(world, token).json["refresh_token"]
    world.clock.advance(1)
    assert _refresh(world, token).code == "refresh_invalid"


def test_refresh_tokens_are_stored_as_hashes_only(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    assert token not in str(world.rows("SELECT * FROM refresh_tokens"))


def test_refresh_is_refused_once_the_account_is_closed(world: World) -> None:
    token = _login(world, _registered(world)).json["refresh_token"]
    world.change("UPDATE players SET status = 'closed'")
    assert _refresh(world, token).code == "refresh_invalid"
    assert len(world.wallets.revoked) == 1


@pytest.mark.parametrize("by", ["bearer", "refresh_token"])
def test_logout_ends_the_session_in_d1_and_in_the_wallet(by: str) -> None:
    world = World()
    tokens = _login(world, _registered(world)).json
    if by == "bearer":
        reply = world.call("POST", "/v1/auth/logout", token=tokens["access_token"])
    else:
        body = {"refresh_token": tokens["refresh_token"]}
        reply = world.call("POST", "/v1/auth/logout", body)
    assert (reply.status, reply.text) == (204, "")
    assert world.call("GET", "/v1/me", token=tokens["access_token"]).code == "session_revoked"
    assert _refresh(world, tokens["refresh_token"]).code == "refresh_invalid"
    assert len(world.wallets.revoked) == 1


def test_logout_ends_one_session_and_not_the_others(world: World) -> None:
    login = _registered(world)
    phone, desk = _login(world, login).json, _login(world, login).json
    world.call("POST", "/v1/auth/logout", token=phone["access_token"])
    assert world.call("GET", "/v1/me", token=desk["access_token"]).status == 200


def test_logout_needs_something_to_log_out(world: World) -> None:
    assert world.call("POST", "/v1/auth/logout").code == "token_missing"
    assert world.call("POST", "/v1/auth/logout", token="forged").code == "token_invalid"
    unknown = world.call("POST", "/v1/auth/logout", {"refresh_token": "unknown"})
    assert unknown.code == "refresh_invalid"


def test_an_access_token_ends_after_ten_minutes(world: World) -> None:
    token = _login(world, _registered(world)).json["access_token"]
    world.clock.set(world.clock.now_ms() // 1000 * 1000 + 10 * MINUTE_MS - 1)
    assert world.call("GET", "/v1/me", token=token).status == 200
    world.clock.advance(1)
    reply = world.call("GET", "/v1/me", token=token)
    assert (reply.status, reply.code) == (401, "token_expired")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
