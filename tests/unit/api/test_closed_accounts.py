"""What comes for an account after it was closed: nothing opens it, and no money stays in it."""

from collections.abc import Sequence

import pytest
from api_under_test import run
from registers_world import RegistersWorld, join
from services.session_endings import end_all

from shared.platform.ports import Statement


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


def test_a_login_that_was_under_way_while_the_account_closed_opens_no_session(
    world: RegistersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = join(world)
    batch = world.db.batch

    async def closing_first(statements: Sequence[Statement]) -> list[int]:
        if any("INSERT INTO refresh_families" in one.sql for one in statements):
            closed = "UPDATE players SET status = 'closed' WHERE player_id = ?"
            await world.db.execute(closed, somebody.player_id)
            now_ms = world.clock.now_ms()
            await end_all(world.house, somebody.player_id, "player", "closed", now_ms)
        return await batch(statements)

    monkeypatch.setattr(world.db, "batch", closing_first)
    login = {name: somebody.player.registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "invalid_credentials"
    assert run(world.house.sessions.live_ids(somebody.player_id, world.clock.now_ms())) == []
    assert world.call("POST", "/v1/auth/login", login).code == "account_closed"
