"""What waits for the player's reaction: reality checks and messages; and the pace of rounds."""

from typing import Any

import pytest
from unit.wallet.wallet_house import LOGIN, House

from shared.kernel.times import DAY_MS, MINUTE_MS, rfc3339

HOURLY: dict[str, Any] = {"reality_check_minutes": 60}


def started(**rules: object) -> tuple[House, str]:
    house = House(rules={**HOURLY, **rules}).open().deposit(10_000)
    house.begin()
    return house, house.session()


def keep_playing(house: House, session_id: str, minutes: int) -> None:
    """Rounds of 100 every ten minutes, of which each returns 40."""
    for _ in range(minutes // 10):
        house.clock.advance(10 * MINUTE_MS)
        assert house.play(session_id, 100, 40).status == 201


def test_a_reality_check_shows_time_and_net_position_and_waits() -> None:
    house, session_id = started()
    since = house.clock.now_ms()
    house.do("bet", round_id="open", game_id="slot", amount_minor=500)
    keep_playing(house, session_id, 50)
    house.clock.advance(10 * MINUTE_MS)
    refused = house.play(session_id, 100)
    assert (refused.status, refused.code) == (403, "reality_check_due")
    shown = {name: refused.body[name] for name in ("session_minutes", "net_minor", "since")}
    assert shown == {"session_minutes": 60, "net_minor": -800, "since": rfc3339(since)}
    assert refused.body["wagered_minor"] == 1_000
    assert house.do("bet", round_id="r", game_id="s", amount_minor=1).code == "reality_check_due"
    assert house.do("withdrawal_hold", amount_minor=1, payment_account_id="a").status == 201
    assert house.do("deposit_request", amount_minor=1, method="pix").status == 201
    assert house.do("bet", login="", round_id="r", game_id="s", amount_minor=1).status == 200
    seen = house.do("reality_check_ack").body
    assert (seen["acknowledged"], seen["session_minutes"], seen["net_minor"]) == (True, 60, -801)
    assert house.play(session_id, 100).status == 201
    assert house.types[-4:] == ["REALITY_CHECK_ACKNOWLEDGED", "REALITY_CHECK_STARTED", "BET", "WIN"]
    gate = house.ask("gate").body["reality_check"]
    assert (gate["wagered_minor"], gate["session_minutes"]) == (100, 0)
    assert house.is_proven()


def test_acknowledging_early_changes_nothing() -> None:
    house, session_id = started()
    keep_playing(house, session_id, 50)
    before = house.types
    assert house.do("reality_check_ack").body["acknowledged"] is False
    assert house.types == before
    house.clock.advance(10 * MINUTE_MS)
    assert house.play(session_id, 100).code == "reality_check_due"


def test_a_login_after_half_an_hour_without_activity_starts_a_new_period() -> None:
    house, session_id = started()
    keep_playing(house, session_id, 50)
    house.clock.advance(30 * MINUTE_MS)
    house.begin("soon")
    assert house.play(house.session(), 100).code == "reality_check_due"
    house.clock.advance(30 * MINUTE_MS + 1)
    house.begin("later")
    assert house.play(house.session(), 100).status == 201
    assert house.types.count("REALITY_CHECK_STARTED") == 2
    assert house.is_proven()


def test_the_shorter_of_two_intervals_counts() -> None:
    house, session_id = started()
    for minutes, expected in ((20, 20), (120, 60)):
        assert house.do("reality_check_set", minutes=minutes).body == {"minutes": minutes}
        due = house.ask("gate").body["reality_check"]["due_at"]
        assert due == rfc3339(house.clock.now_ms() + expected * MINUTE_MS)
    before = house.types
    house.do("reality_check_set", minutes=120)
    assert house.types == before
    for minutes in (9, 121, 0):
        assert house.do("reality_check_set", minutes=minutes).code == "invalid_payload"
    house.do("reality_check_set", minutes=10)
    house.clock.advance(10 * MINUTE_MS)
    assert house.play(session_id, 100).code == "reality_check_due"
    assert house.is_proven()


def test_without_a_rule_only_the_player_asks_for_reality_checks() -> None:
    house, session_id = started(reality_check_minutes=None)
    keep_playing(house, session_id, 180)
    assert house.ask("gate").body["reality_check"]["due_at"] is None
    house.do("reality_check_set", minutes=10)
    assert house.play(session_id, 100).code == "reality_check_due"


def send(
    house: House, demands: str, intervention_id: str = "i", *, stops_bonus: bool = False
) -> None:
    message: dict[str, Any] = {"level": "high", "template": "rg-a3", "demands": demands}
    message |= {"intervention_id": intervention_id, "bonus_block": stops_bonus}
    sent = house.do("intervention_set", login="", **message)
    assert sent.status == 200


def ack(house: House, reaction: str, intervention_id: str = "i") -> tuple[int, str]:
    reply = house.do("intervention_ack", intervention_id=intervention_id, reaction=reaction)
    return reply.status, reply.body.get("code", "")


def test_a_message_waits_for_its_answer_and_any_device_may_give_it() -> None:
    house = House().open().deposit(1_000)
    send(house, "acknowledge")
    refused = house.do("bet", round_id="r", game_id="s", amount_minor=1)
    assert (refused.status, refused.code) == (403, "intervention_due")
    told = {name: refused.body[name] for name in ("intervention_id", "template", "demands")}
    assert told == {"intervention_id": "i", "template": "rg-a3", "demands": "acknowledge"}
    assert "level" not in refused.body, "what the house computes is not the player's to read"
    assert house.do("bet", login="", round_id="r", game_id="s", amount_minor=1).code == refused.code
    assert house.do("deposit_request", amount_minor=1, method="pix").status == 201
    assert ack(house, "acknowledged", "another") == (404, "intervention_not_found")
    assert ack(house, "acknowledged") == (200, "")
    assert house.do("bet", round_id="r", game_id="s", amount_minor=1).status == 200
    assert ack(house, "acknowledged") == (404, "intervention_not_found")
    assert house.is_proven()


def test_a_newer_message_takes_the_place_of_the_one_that_waits() -> None:
    house = House().open()
    for older, newer in (("acknowledge", "acknowledge"), ("acknowledge", "choose")):
        send(house, older, "older")
        send(house, newer, "newer")
        assert ack(house, "acknowledged", "older") == (404, "intervention_not_found")
        pause(house)
        assert ack(house, "paused", "newer") == (200, "")
    assert house.is_proven()


def pause(house: House) -> None:
    end = house.clock.now_ms() + 2 * DAY_MS
    assert house.do("pause", until=end, source="player").status in (200, 201, 409)


def test_a_milder_message_leaves_the_stricter_one_that_waits() -> None:
    house = House().open()
    send(house, "choose", "stricter", stops_bonus=True)
    send(house, "acknowledge", "milder")
    assert ack(house, "acknowledged", "milder") == (404, "intervention_not_found")
    assert ack(house, "acknowledged", "stricter") == (409, "intervention_choice_required")
    assert house.ask("gate").body["bonus_blocked"], "only a word that demands nothing allows them"
    send(house, "none", "lift")
    gate = house.ask("gate").body
    assert (gate["bonus_blocked"], gate["reasons"]) == (False, ["intervention_due"])
    pause(house)
    assert ack(house, "paused", "stricter") == (200, "")
    send(house, "acknowledge", "milder")
    assert house.ask("gate").body["intervention"]["intervention_id"] == "milder"
    assert house.is_proven()


def choose_limit(house: House, kind: str, period: str, value: int) -> tuple[int, str]:
    """A first limit, and the reaction that it is said to be."""
    assert house.do("limit_set", kind=kind, period=period, value=value).status == 200
    return ack(house, "limit_set")


REFUSED = (409, "intervention_choice_required")


@pytest.mark.parametrize("period", ["session", "daily", "weekly", "monthly"])
@pytest.mark.parametrize(
    ("kind", "used"), [("wager", 300), ("loss", 180), ("bet_count", 3), ("time", 8)]
)
def test_a_limit_is_a_choice_when_it_would_have_held(kind: str, period: str, used: int) -> None:
    house = House().open().deposit(10_000)
    session_id = house.session()
    for _ in range(3):
        assert house.play(session_id, 100, 40).status == 201
        house.clock.advance(4 * MINUTE_MS)
    send(house, "choose")
    assert choose_limit(house, kind, period, 1_000_000_000) == REFUSED
    assert choose_limit(house, kind, period, used + 1) == REFUSED, "tighter, and never reached"
    assert choose_limit(house, kind, period, used) == (200, "")
    assert house.is_proven()


def test_a_deposit_limit_is_a_choice_when_a_week_passed_it() -> None:
    house = House().open().deposit(600)
    house.clock.advance(31 * DAY_MS)
    house.deposit(200)
    send(house, "choose")
    assert choose_limit(house, "deposit", "daily", 201) == REFUSED, "the 600 are too long ago"
    assert choose_limit(house, "deposit", "weekly", 200) == (200, "")


def test_who_has_read_the_message_and_made_a_choice_is_told_which() -> None:
    for choice in ("limit_set", "paused", "excluded"):
        house = House().open()
        send(house, "choose")
        assert ack(house, "acknowledged") == REFUSED
        if choice == "limit_set":
            house.do("limit_set", kind="wager", period="daily", value=10)
        elif choice == "paused":
            pause(house)
        else:
            house.do("exclude", until=None, source="player")
        reply = house.do("intervention_ack", intervention_id="i", reaction="acknowledged")
        assert (reply.status, reply.body["reaction"]) == (200, choice)
        assert house.events[-1]["data"]["reaction"] == choice
        assert house.is_proven()


def test_without_any_use_every_limit_is_a_choice() -> None:
    house = House().open()
    send(house, "choose")
    assert choose_limit(house, "wager", "daily", 1_000_000) == (200, "")


def test_a_limit_that_was_loosened_again_is_no_choice() -> None:
    house = House().open().deposit(1_000)
    assert house.play(house.session(), 300).status == 201
    send(house, "choose")
    for value in (100, 900):
        assert house.do("limit_set", kind="wager", period="daily", value=value).status == 200
    house.clock.advance(DAY_MS)
    assert house.do("limit_confirm", kind="wager", period="daily").status == 200
    assert ack(house, "limit_set") == REFUSED


@pytest.mark.parametrize("reaction", ["acknowledged", "limit_set", "paused", "excluded"])
def test_a_message_that_asks_for_a_choice_is_not_answered_by_words(reaction: str) -> None:
    house = House().open(("loss", "daily", 500))
    send(house, "choose")
    assert ack(house, reaction) == (409, "intervention_choice_required")
    assert house.ask("gate").body["reasons"] == ["intervention_due"]


@pytest.mark.parametrize("source", ["harm", "operator"])
@pytest.mark.parametrize(("kind", "reaction"), [("pause", "paused"), ("exclude", "excluded")])
def test_what_the_house_stops_is_no_choice_of_the_players(
    source: str, kind: str, reaction: str
) -> None:
    house = House().open()
    send(house, "choose")
    end = house.clock.now_ms() + DAY_MS
    assert house.do(kind, login="", until=end, source=source).status == 200
    assert ack(house, reaction) == (409, "intervention_choice_required")
    assert house.do(kind, until=end, source="player").status == 200
    house.clock.advance(2 * DAY_MS)
    assert ack(house, reaction) == (200, ""), "made since the message, and over by now"
    assert house.is_proven()


@pytest.mark.parametrize(("kind", "reaction"), [("pause", "paused"), ("exclude", "excluded")])
def test_a_term_of_the_players_own_that_runs_is_a_choice_until_it_ends(
    kind: str, reaction: str
) -> None:
    house = House().open()
    end = house.clock.now_ms() + DAY_MS
    assert house.do(kind, until=end, source="player").status == 200
    send(house, "choose", "first")
    assert house.do(kind, login="", until=end + DAY_MS, source="harm").status == 200
    assert ack(house, reaction, "first") == (200, "")
    send(house, "choose", "second")
    house.clock.advance(DAY_MS)
    assert ack(house, reaction, "second") == (409, "intervention_choice_required")


def test_a_session_that_is_over_reacts_to_nothing() -> None:
    house, _ = started()
    send(house, "acknowledge")
    house.do("session_revoke", key="", login="", session_id=LOGIN)
    for kind, payload in (
        ("reality_check_ack", {}),
        ("reality_check_set", {"minutes": 10}),
        ("intervention_ack", {"intervention_id": "i", "reaction": "acknowledged"}),
    ):
        assert house.do(kind, **payload).code == "session_expired"


def test_a_round_may_not_follow_sooner_than_the_law_of_its_session_lets_it() -> None:
    house = House().open().deposit(10_000)
    session_id = house.session(min_round_ms=5_000)
    assert house.play(session_id, 100).status == 201, "the first one waits for nothing"
    house.clock.advance(1_001)
    refused = house.play(session_id, 100)
    assert (refused.status, refused.code, refused.body["retry_after"]) == (429, "round_too_fast", 4)
    house.clock.advance(3_998)
    assert house.play(session_id, 100).body["retry_after"] == 1
    house.clock.advance(1)
    assert house.play(session_id, 100).status == 201
    other = house.session(min_round_ms=5_000)
    assert house.play(other, 100).code == "round_too_fast", "another session is no way round it"
    free = house.session()
    assert [house.play(free, 100).status for _ in range(3)] == [201] * 3, "0 is no rule"


def test_a_game_session_counts_what_is_played_in_it() -> None:
    house = House().open().deposit(10_000)
    session_id = house.session()
    house.session()
    for _ in range(3):
        house.clock.advance(4 * MINUTE_MS)
        house.play(session_id, 100, 30)
    house.clock.advance(6 * MINUTE_MS)
    house.play(session_id, 100)
    found = house.sql.query(
        "SELECT wagered_minor, won_minor, bets, play_ms, login_session_id FROM game_sessions "
        "WHERE session_id = ?",
        session_id,
    )
    assert found == [(400, 90, 4, 8 * MINUTE_MS, LOGIN)]


def test_a_check_that_is_due_does_not_go_away_with_a_longer_interval() -> None:
    house = House(rules={"reality_check_minutes": 60}).open().deposit(10_000)
    house.begin()
    session_id = house.session()
    assert house.do("reality_check_set", minutes=10).status == 200
    house.clock.advance(11 * MINUTE_MS)
    assert house.play(session_id, 100).code == "reality_check_due"
    refused = house.do("reality_check_set", minutes=120)
    assert (refused.status, refused.code) == (403, "reality_check_due")
    assert house.do("reality_check_ack").status == 200
    assert house.do("reality_check_set", minutes=120).status == 200
    assert house.play(session_id, 100).status == 201
