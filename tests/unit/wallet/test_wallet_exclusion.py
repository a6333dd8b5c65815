"""Self-exclusion and pause: in force from the next command on, and never shortened by anybody."""

from typing import Any

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import DAY_MS, HOUR_MS, rfc3339

KINDS = pytest.mark.parametrize(("kind", "code"), [("exclude", "excluded"), ("pause", "paused")])


def stop(house: House, kind: str, until: int | None, source: str = "player") -> Reply:
    return house.do(kind, login="" if source != "player" else "login", until=until, source=source)


@pytest.fixture
def player(house: House) -> House:
    """With money, a game session, and a bet that stood before anything was asked."""
    assert house.play(house.session(), 100).status == 201
    return house


def soon(house: House, days: int = 30) -> int:
    return house.clock.now_ms() + days * DAY_MS


@KINDS
def test_the_very_next_command_is_refused(player: House, kind: str, code: str) -> None:
    session = player.session()
    until = soon(player)
    stopped = player.do(kind, until=until, source="player")
    assert (stopped.status, stopped.body["until"]) == (200, until)
    refused = [
        player.play(session, 100),
        player.do("bet", round_id="r1", game_id="slot", amount_minor=100),
        player.do("deposit_request", amount_minor=100, method="pix"),
        player.do("game_session_open", key="", game={"game_id": "dice"} | _game()),
        player.do("bonus_credit", login="", grant_id="g", amount_minor=1, reason="welcome"),
    ]
    assert [answer.code for answer in refused] == [code] * 5
    assert player.is_proven()


def _game() -> dict[str, object]:
    return {
        "version": 1,
        "rtp_bps": 9600,
        "min_stake_minor": 100,
        "max_stake_minor": 1_000_000,
        "enabled": True,
    }


@KINDS
def test_what_is_owed_is_paid(player: House, kind: str, code: str) -> None:
    player.do("bet", round_id="r1", game_id="slot", amount_minor=100)
    player.do("bet", round_id="r2", game_id="slot", amount_minor=100)
    asked = player.do("deposit_request", amount_minor=700, method="pix")
    player.do(kind, until=soon(player), source="player")
    assert player.do("win", login="", round_id="r1", amount_minor=900).status == 200
    assert player.do("rollback", login="", round_id="r2", reason="void").status == 200
    paid = player.do(
        "deposit_credit",
        login="",
        deposit_id=asked.body["deposit_id"],
        amount_minor=700,
        end_to_end_id="E1",
    )
    assert paid.status == 200
    held = player.do("withdrawal_hold", amount_minor=player.money[0], payment_account_id="own")
    assert held.status == 201
    settled = player.do(
        "withdrawal_settle",
        login="",
        withdrawal_id=held.body["withdrawal_id"],
        end_to_end_id=held.body["end_to_end_id"],
    )
    assert settled.status == 200
    assert player.money == (0, 0, 0)


@KINDS
def test_it_ends_at_its_end_and_not_a_moment_before(player: House, kind: str, code: str) -> None:
    until = soon(player)
    player.do(kind, until=until, source="player")
    player.clock.set(until - 1)
    refused = player.do("bet", round_id="r1", game_id="slot", amount_minor=100)
    assert (refused.code, refused.body["until"]) == (code, rfc3339(until))
    player.clock.set(until)
    assert player.do("bet", round_id="r1", game_id="slot", amount_minor=100).status == 200


@KINDS
@pytest.mark.parametrize("source", ["player", "operator", "harm"])
@pytest.mark.parametrize("asker", ["", "login"])
def test_nobody_shortens_it(player: House, kind: str, code: str, source: str, asker: str) -> None:
    until = soon(player)
    player.do(kind, login="", until=until, source="operator")
    if asker and source != "player":
        return
    for earlier in (until - 1, player.clock.now_ms() + 1):
        refused = player.do(kind, login=asker, until=earlier, source=source)
        assert (refused.status, refused.code) == (409, "exclusion_not_shortened")
        assert refused.body["until"] == rfc3339(until)
    player.clock.set(until - 1)
    assert player.do("bet", round_id="r1", game_id="slot", amount_minor=100).code == code


def test_an_exclusion_without_an_end_has_none_whatever_comes_after(player: House) -> None:
    player.do("exclude", until=None, source="player")
    refused = player.do("exclude", login="", until=soon(player, 3_000), source="operator")
    assert (refused.code, refused.body["until"]) == ("exclusion_not_shortened", None)
    player.clock.advance(3_000 * DAY_MS)
    refused = player.do("bet", round_id="r1", game_id="slot", amount_minor=100)
    assert (refused.code, refused.body["until"]) == ("excluded", None)


@KINDS
def test_it_is_extended_by_a_later_end(player: House, kind: str, code: str) -> None:
    first, then = soon(player, 1), soon(player, 2)
    player.do(kind, until=first, source="player")
    player.clock.advance(HOUR_MS)
    extended = player.do(kind, login="", until=then, source="harm")
    assert extended.body["until"] == then
    assert extended.body["source"] == "harm"
    player.clock.set(first)
    assert player.do("bet", round_id="r1", game_id="slot", amount_minor=100).code == code


@KINDS
def test_the_same_end_again_changes_nothing(player: House, kind: str, code: str) -> None:
    until = soon(player)
    first = player.do(kind, until=until, source="player")
    length = len(player.events)
    again = player.do(kind, until=until, source="player")
    assert (again.body, len(player.events)) == (first.body, length)


def test_after_its_end_a_new_one_may_be_shorter(player: House) -> None:
    until = soon(player)
    player.do("pause", until=until, source="player")
    player.clock.set(until)
    again = player.do("pause", until=until + HOUR_MS, source="player")
    assert (again.status, again.body["made_at"]) == (200, until)
    assert player.is_proven()


def test_a_pause_and_an_exclusion_stand_beside_each_other(player: House) -> None:
    player.do("pause", until=soon(player, 10), source="player")
    player.do("exclude", until=soon(player, 5), source="player")
    bet: dict[str, Any] = {"round_id": "r1", "game_id": "slot", "amount_minor": 100}
    assert player.do("bet", **bet).code == "excluded"
    player.clock.advance(5 * DAY_MS)
    paused = player.do("bet", **bet)
    assert (paused.code, paused.body["retry_after"]) == ("paused", 5 * DAY_MS // 1000)


@KINDS
def test_an_end_that_is_not_in_the_future_is_refused(player: House, kind: str, code: str) -> None:
    refused = player.do(kind, until=player.clock.now_ms(), source="player")
    assert refused.code == "invalid_payload"


def test_a_pause_has_an_end_and_a_source_that_is_known(player: House) -> None:
    assert player.do("pause", until=None, source="player").code == "invalid_payload"
    assert player.do("exclude", until=None, source="register").code == "invalid_payload"


def test_a_player_does_not_speak_for_the_operator(player: House) -> None:
    refused = player.do("exclude", until=None, source="operator")
    assert refused.code == "invalid_payload"


@KINDS
def test_it_drops_loosenings_that_wait_and_takes_no_new_ones(
    player: House, kind: str, code: str
) -> None:
    named: dict[str, Any] = {"kind": "wager", "period": "daily"}
    player.do("limit_set", value=5_000, **named)
    player.do("limit_set", value=9_000, **named)
    player.do(kind, until=soon(player), source="player")
    player.clock.advance(DAY_MS)
    assert player.do("limit_confirm", **named).code == "limit_change_not_found"
    assert player.do("limit_set", value=9_000, **named).code == code
    assert player.do("limit_set", value=None, **named).code == code
    assert player.do("limit_set", value=4_000, **named).status == 200
    assert player.is_proven()


def test_a_loosening_asked_for_before_a_pause_is_asked_for_again_after_it(player: House) -> None:
    named: dict[str, Any] = {"kind": "wager", "period": "daily"}
    player.do("limit_set", value=5_000, **named)
    until = soon(player, 3)
    player.do("pause", until=until, source="player")
    player.clock.set(until)
    assert player.do("limit_set", value=9_000, **named).body["status"] == "pending"
    assert player.do("limit_confirm", **named).code == "limit_change_not_due"


def test_a_frozen_wallet_still_lets_its_player_stop(player: House) -> None:
    player.do("limit_set", kind="wager", period="daily", value=5_000)
    player.sql.execute("UPDATE limits SET value = 9000")
    assert not player.is_proven()
    bet: dict[str, Any] = {"round_id": "r1", "game_id": "slot", "amount_minor": 100}
    assert player.do("bet", **bet).code == "wallet_frozen"
    assert player.do("exclude", until=None, source="player").status == 200
    assert player.do("limit_set", kind="wager", period="daily", value=100).status == 200


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE exclusions SET until = until - 1",
        "UPDATE gate SET excluded_until = excluded_until - 1",
        "DELETE FROM exclusions",
    ],
)
def test_a_forged_end_breaks_the_proof(player: House, forged: str) -> None:
    player.do("exclude", until=soon(player), source="player")
    assert player.is_proven()
    player.sql.execute(forged)
    assert player.ask("verify", login="").body["law"] == "gate"


def test_the_past_shows_exclusions_as_they_were(player: House) -> None:
    first, then = soon(player, 1), soon(player, 2)
    player.do("exclude", until=first, source="player")
    seq = player.events[-1]["seq"]
    player.do("exclude", login="", until=then, source="operator")
    told = [
        player.ask("state_at", login="", seq=at).body["gate"]["excluded_until"]
        for at in (seq - 1, seq, seq + 1)
    ]
    assert told == [None, rfc3339(first), rfc3339(then)]
