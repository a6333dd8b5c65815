"""A session of which nothing was heard for half an hour is over (Portaria SPA/MF 722/2024)."""

from typing import Any

import pytest
from api_under_test import World
from guarded_people import Guarded

from shared.kernel.times import MINUTE_MS, SECOND_MS


def _last_active(world: World) -> int:
    [row] = world.rows("SELECT last_active_at FROM refresh_families")
    assert isinstance(row["last_active_at"], int)
    return row["last_active_at"]


@pytest.mark.parametrize(("late_ms", "over"), [(0, False), (1, True), (SECOND_MS, True)])
def test_a_session_that_was_idle_for_more_than_thirty_minutes_must_log_in_again(
    world: World, late_ms: int, over: bool
) -> None:
    person = Guarded(world)
    world.clock.advance(30 * MINUTE_MS + late_ms)
    reply = person.refresh()
    if not over:
        assert reply.status == 200
        return
    assert (reply.status, reply.code) == (401, "reauth_required")
    assert len(world.wallets.revoked) == 1
    [family] = world.rows("SELECT revoked_reason FROM refresh_families")
    assert family["revoked_reason"] == "idle"
    assert person.refresh().code == "reauth_required"
    person.log_in()


def test_a_request_that_is_checked_against_d1_keeps_a_session_alive(world: World) -> None:
    person = Guarded(world)
    world.clock.advance(9 * MINUTE_MS)
    assert person.send("GET", "/v1/me/sessions").status == 200
    world.clock.advance(30 * MINUTE_MS)
    assert person.refresh().status == 200


def test_activity_is_written_once_a_minute_at_the_most(world: World) -> None:
    person = Guarded(world)
    before = _last_active(world)
    world.clock.advance(MINUTE_MS - 1)
    person.send("GET", "/v1/me/sessions")
    assert _last_active(world) == before
    world.clock.advance(1)
    person.send("GET", "/v1/me/sessions")
    assert _last_active(world) == before + MINUTE_MS


def test_an_ending_that_the_wallet_did_not_hear_of_is_told_again(world: World) -> None:
    person = Guarded(world)
    world.clock.advance(31 * MINUTE_MS)
    world.wallets.is_down = True
    assert person.refresh().code == "unavailable"
    world.wallets.is_down = False
    assert person.refresh().code == "reauth_required"
    assert len(world.wallets.revoked) == 1


def test_a_spent_token_of_an_idle_session_is_still_a_theft(world: World) -> None:
    person = Guarded(world)
    spent = dict(person.tokens)
    person.refresh()
    world.clock.advance(31 * MINUTE_MS)
    person.tokens = spent
    assert person.refresh().code == "refresh_reused"


def test_a_profile_without_a_rule_ends_no_session_by_idleness() -> None:
    world = World(JURISDICTION="mt")
    body: dict[str, Any] = {"currency": "EUR"}
    person = Guarded(world, changes=body)
    world.clock.advance(24 * 60 * MINUTE_MS)
    assert person.refresh().status == 200


def test_the_wallet_ends_what_was_idle_by_its_own_clock(world: World) -> None:
    person = Guarded(world)
    world.wallets.refuses["session_begin"] = '401 0 {"code":"session_expired","detail":""}'
    assert person.refresh().code == "reauth_required"
    assert len(world.wallets.revoked) == 1


def test_a_session_that_a_rival_ended_while_it_was_refreshed_gives_no_tokens(world: World) -> None:
    """The rival is a thief or a retry, and who was first with the token has been answered."""
    person = Guarded(world)
    spend = world.wallets.execute

    async def after_the_rival(
        player_id: str, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        if kind == "session_begin":
            await world.db.execute("UPDATE refresh_families SET revoked_at = 1")
            return '401 0 {"code":"session_expired","detail":""}'
        return await spend(player_id, kind, key, session_id, payload, context)

    world.wallets.execute = after_the_rival  # type: ignore[method-assign]
    assert person.refresh().code == "refresh_invalid"
    assert person.send("GET", "/v1/me/sessions").code == "session_revoked"
