"""Devices, the history of access, and a password that ends every session."""

import pytest
from api_under_test import Reply, World
from guarded_people import Guarded

from shared.kernel.times import MINUTE_MS

FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko Firefox/132.0"}


@pytest.fixture
def ana(world: World) -> Guarded:
    return Guarded(world)


def _log_in_from(person: Guarded, headers: dict[str, str]) -> Reply:
    person.world.clock.advance(1)  # the order of entries of one millisecond is nobody's promise
    return person.world.call("POST", "/v1/auth/login", person.login, headers=headers)


def _change_password(person: Guarded, following: str, **more: str) -> Reply:
    body = {"current_password": person.login["password"], "new_password": following} | more
    return person.send("POST", "/v1/me/password", body)


def test_each_login_is_a_device_and_the_own_one_is_marked(ana: Guarded) -> None:
    ana.world.clock.advance(MINUTE_MS)
    _log_in_from(ana, FIREFOX | {"cf-connecting-ip": "2001:db8:1::7"})
    newest, own = ana.send("GET", "/v1/me/sessions").json["items"]
    assert (newest["device"], newest["address"]) == ("Firefox · Linux", "2001:db8:*")
    assert (newest["current"], own["current"]) == (False, True)
    assert own["address"] == "192.0.*.*"
    assert "192.0.2.7" not in str(own)


def test_a_device_that_was_ended_is_out_at_once_and_everywhere(ana: Guarded) -> None:
    other = _log_in_from(ana, FIREFOX).json
    theirs, _ = ana.send("GET", "/v1/me/sessions").json["items"]
    path = f"/v1/me/sessions/{theirs['session_id']}"
    assert ana.send("DELETE", path).status == 204
    assert ana.world.wallets.revoked == {theirs["session_id"]}
    assert ana.world.call("GET", "/v1/me", token=other["access_token"]).code == "session_revoked"
    assert len(ana.send("GET", "/v1/me/sessions").json["items"]) == 1
    assert ana.send("DELETE", path).status == 204  # asking again is harmless


def test_nobody_ends_the_session_of_another(world: World, ana: Guarded) -> None:
    ben = Guarded(world)
    [theirs] = ben.send("GET", "/v1/me/sessions").json["items"]
    reply = ana.send("DELETE", f"/v1/me/sessions/{theirs['session_id']}")
    assert (reply.status, reply.code) == (404, "login_session_not_found")
    assert ben.send("GET", "/v1/me/sessions").status == 200


def test_everywhere_else_means_everywhere_but_here(ana: Guarded) -> None:
    others = [_log_in_from(ana, FIREFOX).json for _ in range(3)]
    assert ana.send("POST", "/v1/me/sessions/end-others").json == {"ended": 3}
    for other in others:
        reply = ana.world.call("GET", "/v1/me", token=other["access_token"])
        assert reply.code == "session_revoked"
    assert ana.send("GET", "/v1/me/sessions").status == 200
    assert len(ana.world.wallets.revoked) == 3


def test_what_a_wallet_did_not_hear_of_is_ended_when_asked_again(ana: Guarded) -> None:
    _log_in_from(ana, FIREFOX)
    ana.world.wallets.is_down = True
    assert ana.send("POST", "/v1/me/sessions/end-others").code == "unavailable"
    ana.world.wallets.is_down = False
    assert ana.send("POST", "/v1/me/sessions/end-others").json == {"ended": 1}


def test_an_idle_device_is_not_shown(ana: Guarded) -> None:
    _log_in_from(ana, FIREFOX)
    for _ in range(4):
        ana.world.clock.advance(9 * MINUTE_MS)
        ana.refresh()
    [own] = ana.send("GET", "/v1/me/sessions").json["items"]
    assert own["current"]


def test_every_attempt_is_in_the_history_of_the_account(ana: Guarded) -> None:
    ana.world.clock.advance(1)
    ana.world.call("POST", "/v1/auth/login", ana.login | {"password": "wrong-password-1"})
    _log_in_from(ana, FIREFOX)
    items = ana.send("GET", "/v1/me/logins").json["items"]
    assert [(item["event"], item["ok"]) for item in items] == [
        ("login", True),
        ("login_failed", False),
        ("login", True),
    ]
    assert items[0]["device"] == "Firefox · Linux"
    assert items[0]["address"] == "192.0.*.*"
    assert items[1]["session_id"] is None


def test_the_history_keeps_locks_and_codes_and_what_was_changed(ana: Guarded) -> None:
    ana.enrol()
    ana.send("PATCH", "/v1/me", {"phone": "+5511911111111"})
    ana.prove("000000")
    for _ in range(3):
        ana.world.call("POST", "/v1/auth/login", ana.login | {"password": "wrong-password-1"})
    events = [item["event"] for item in ana.send("GET", "/v1/me/logins").json["items"]]
    assert sorted(events) == [
        "contact_changed",
        "login",
        "login_failed",
        "login_failed",
        "login_locked",
        "second_factor_enrolled",
        "second_factor_failed",
    ]


def test_the_history_is_paged_newest_first_and_shows_nobody_elses(
    world: World, ana: Guarded
) -> None:
    for _ in range(4):
        ana.log_in()
    Guarded(world)
    first = ana.send("GET", "/v1/me/logins?limit=3").json
    rest = ana.send("GET", f"/v1/me/logins?limit=3&cursor={first['next_cursor']}").json
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [3, 2, None]


def test_an_attempt_at_an_unknown_address_is_kept_under_no_account(world: World) -> None:
    world.call("POST", "/v1/auth/login", {"email": "nobody@example.com", "password": "x"})
    [row] = world.rows("SELECT * FROM access_events")
    assert (row["subject_id"], row["event"]) == ("", "login_failed")
    assert "nobody" not in str(row)
    assert "192.0.2.7" not in str(row)


def test_the_history_cannot_be_rewritten(ana: Guarded) -> None:
    with pytest.raises(Exception, match="append-only"):
        ana.world.change("UPDATE access_events SET event = 'login_failed'")


def test_a_new_password_ends_every_session_and_the_old_one_opens_nothing(ana: Guarded) -> None:
    other = _log_in_from(ana, FIREFOX).json
    ana.world.clock.advance(1)
    assert _change_password(ana, "another-long-sentence-7").status == 204
    assert ana.send("GET", "/v1/me").code == "session_revoked"
    assert ana.world.call("GET", "/v1/me", token=other["access_token"]).code == "session_revoked"
    assert len(ana.world.wallets.revoked) == 2
    assert ana.refresh().code == "refresh_invalid"
    ana.world.clock.advance(1)
    assert ana.try_login().code == "invalid_credentials"
    ana.world.clock.advance(1)
    ana.login["password"] = "another-long-sentence-7"
    ana.log_in()
    events = [item["event"] for item in ana.send("GET", "/v1/me/logins").json["items"]]
    assert events[:3] == ["login", "login_failed", "password_changed"]


def test_a_new_password_takes_the_old_one_a_good_one_and_the_code_that_is_due(
    ana: Guarded,
) -> None:
    body = {"current_password": "wrong-password-1", "new_password": "another-long-sentence-7"}
    assert ana.send("POST", "/v1/me/password", body).code == "invalid_credentials"
    assert _change_password(ana, "password1").code == "password_too_weak"
    ana.enrol()
    ana.world.clock.advance(11 * MINUTE_MS)
    ana.refresh()
    assert _change_password(ana, "another-long-sentence-7").code == "step_up_required"
    wrong = _change_password(ana, "another-long-sentence-7", otp="000000")
    assert wrong.code == "second_factor_invalid"
    right = _change_password(ana, "another-long-sentence-7", otp=ana.phone.code())
    assert right.status == 204


def test_guessing_the_current_password_in_a_session_locks_the_account(ana: Guarded) -> None:
    body = {"current_password": "wrong-password-1", "new_password": "another-long-sentence-7"}
    codes = [ana.send("POST", "/v1/me/password", body).code for _ in range(4)]
    assert codes == ["invalid_credentials"] * 3 + ["account_locked"]


def test_a_password_is_not_changed_when_a_wallet_did_not_end_its_sessions(ana: Guarded) -> None:
    ana.world.wallets.is_down = True
    assert _change_password(ana, "another-long-sentence-7").code == "unavailable"
    ana.world.wallets.is_down = False
    assert ana.try_login().status == 200


def test_a_login_with_the_old_password_that_was_under_way_opens_nothing(ana: Guarded) -> None:
    """The password is changed while the login's hash is computed."""
    world, crypto = ana.world, ana.world.crypto
    original = crypto.pbkdf2_sha256
    [row] = world.rows("SELECT password_hash FROM credentials")
    changed = False

    async def and_then(password: bytes, salt: bytes, iterations: int) -> bytes:
        nonlocal changed
        derived = await original(password, salt, iterations)
        if not changed:
            changed = True
            await world.db.execute("UPDATE credentials SET changed_at = changed_at + 1")
            await world.db.execute(
                "UPDATE credentials SET password_hash = ?", str(row["password_hash"])[:-4] + "AAA="
            )
        return derived

    world.house.passwords._crypto = _Wrapped(and_then)  # type: ignore[assignment]
    assert ana.try_login().code == "invalid_credentials"
    assert changed
    assert len(world.rows("SELECT * FROM refresh_families")) == 1


class _Wrapped:
    def __init__(self, derive: object) -> None:
        self.pbkdf2_sha256 = derive
