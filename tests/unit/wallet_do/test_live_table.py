"""The table of live play over a real wallet and sockets that remember what was sent on them."""

import asyncio
import json

import pytest
from unit.wallet.wallet_house import LOGIN
from unit.wallet_do.live_world import (
    OTHER_LOGIN,
    TOKEN_MS,
    Json,
    Live,
)

from shared.platform.ports import SqlError
from shared.wallet import live


@pytest.fixture
def play() -> Live:
    return Live()


def test_the_first_message_is_the_balance(play: Live) -> None:
    socket = play.join()
    assert play.table.is_occupied
    assert socket.received == [{"type": "balance", **play.house.ask("balance").body}]


def test_a_round_is_the_round_of_the_wallet(play: Live) -> None:
    socket = play.join()
    answer = play.bet(socket, 300)
    assert answer["type"] == "round"
    assert (answer["stake_minor"], answer["wallet"]["cash_minor"]) == (300, 9_700)
    assert play.house.money == (9_700, 0, 0)
    assert play.house.is_proven()


def test_the_same_key_on_any_way_is_the_same_round(play: Live) -> None:
    socket = play.join()
    first = play.bet(socket, idempotency_key="once")
    again = play.bet(socket, idempotency_key="once")
    assert again == first | {"id": again["id"], "replayed": True}
    payload = {"session_id": play.session, "stake_minor": 100, "params": {"payout": 0}}
    text = play.over_http("play", "once", **payload)
    body = json.loads(text[6:])
    assert text.startswith("201 1 ")
    assert body == {k: v for k, v in first.items() if k not in ("id", "type")}
    assert play.house.types.count("BET") == 1


def test_another_request_under_the_key_is_a_conflict(play: Live) -> None:
    socket = play.join()
    play.bet(socket, idempotency_key="once")
    assert play.bet(socket, 200, idempotency_key="once")["code"] == "idempotency_key_conflict"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"stake_minor": 20_000}, "insufficient_funds"),
        ({"stake_minor": 1}, "stake_below_min"),
        ({"stake_minor": 0}, "validation_failed"),
        ({"stake_minor": -5}, "validation_failed"),
        ({"stake_minor": 1.5}, "validation_failed"),
        ({"stake_minor": "100"}, "validation_failed"),
        ({"stake_minor": 10**18}, "validation_failed"),
        ({"params": {}}, "invalid_params"),
        ({"params": []}, "validation_failed"),
        ({"session_id": "nobody's"}, "game_session_not_found"),
        ({"extra": 1}, "validation_failed"),
        ({"session_id": "\ud800"}, "validation_failed"),
    ],
)
def test_a_refused_bet_changes_nothing_and_the_socket_stays(
    play: Live, members: Json, code: str
) -> None:
    socket = play.join()
    before = play.house.tables()
    answer = play.bet(socket, **members)
    assert (answer["type"], answer["code"]) == ("problem", code)
    assert play.house.tables() == before
    assert play.bet(socket)["type"] == "round"


def test_a_game_of_one_step_knows_no_actions(play: Live) -> None:
    socket = play.join()
    members = {"idempotency_key": "a", "round_id": "r", "action": "hit"}
    assert play.say(socket, "action", **members)["code"] == "unknown_command"


def test_balance_and_ping_are_answered_and_the_platform_answers_the_bare_ping(play: Live) -> None:
    socket = play.join()
    balance = play.house.ask("balance").body
    assert play.say(socket, "balance") == {"id": 1, "type": "balance", **balance}
    assert play.say(socket, "ping") == {"id": 2, "type": "pong"}
    assert play.sockets.answers == {'{"type":"ping"}': '{"type":"pong"}'}


def test_a_round_is_told_to_the_other_sockets_once(play: Live) -> None:
    first, second = play.join(), play.join()
    play.bet(first)
    assert [push["cash_minor"] for push in second.of_type("balance")] == [10_000, 9_900]
    assert len(first.of_type("balance")) == 1
    play.bet(first, idempotency_key="bet-1")
    play.bet(first, 99_999)
    assert len(second.of_type("balance")) == 2, "neither a replay nor a refusal is news"


def test_what_http_changes_is_told_to_every_socket(play: Live) -> None:
    sockets = [play.join(), play.join()]
    play.over_http("withdrawal_hold", "w", amount_minor=1_000, payment_account_id="account")
    for socket in sockets:
        assert (socket.last["type"], socket.last["held_minor"]) == ("balance", 1_000)
    play.over_http("game_session_open", "", game=DICE_AGAIN)
    assert [len(socket.received) for socket in sockets] == [2, 2], "the balance is as it was"


DICE_AGAIN = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 100,
    "max_stake_minor": 1_000,
    "enabled": True,
}


def test_a_limit_that_is_nearly_used_up_is_told_once() -> None:
    play = Live(("wager", "daily", 1_000))
    first, second = play.join(), play.join()
    play.bet(first, 800)
    assert second.of_type("limit_warning") == []
    play.bet(first, 100)
    warning = {"kind": "wager", "period": "daily", "used": 900, "value": 1_000}
    for socket in (first, second):
        assert socket.of_type("limit_warning") == [{"type": "limit_warning", "warnings": [warning]}]
    play.bet(first, 100)
    assert len(second.of_type("limit_warning")) == 1


def test_a_token_that_ends_ends_its_socket_and_the_bet_is_not_placed(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(TOKEN_MS)
    play.bet(socket)
    assert socket.last == {"type": "session_end", "reason": "token_expired"}
    assert socket.closed == (4401, "token_expired")
    assert "BET" not in play.house.types
    assert not play.table.is_occupied
    assert play.log[-1]["reason"] == "token_expired"


def test_the_last_millisecond_of_a_token_still_plays(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(TOKEN_MS - 1)
    play.table.heed("play", "{}", '400 0 {"code":"x"}', play.house.context)
    assert play.bet(socket)["type"] == "round"


def test_a_socket_that_is_over_hears_no_balance(play: Live) -> None:
    silent = play.join()
    play.house.clock.advance(TOKEN_MS - 1)
    lively = play.join()
    play.house.clock.advance(1)
    play.bet(lively)
    assert silent.last["type"] == "session_end"
    assert len(silent.of_type("balance")) == 1


def test_the_alarm_ends_sockets_that_nobody_talks_on(play: Live) -> None:
    asyncio.run(play.table.arm())
    assert asyncio.run(play.alarm.get()) is None, "no socket, no alarm"
    socket = play.join()
    asyncio.run(play.table.arm())
    due_at = play.house.clock.now_ms() + TOKEN_MS
    assert asyncio.run(play.alarm.get()) == due_at
    play.table.sweep()
    assert socket.closed is None
    play.house.clock.set(due_at)
    play.woken().sweep()
    assert socket.closed == (4401, "token_expired")


def test_an_alarm_of_the_outbox_that_comes_first_is_kept(play: Live) -> None:
    play.join()
    soon = play.house.clock.now_ms() + 1_000
    asyncio.run(play.alarm.set_at(soon))
    asyncio.run(play.table.arm())
    assert asyncio.run(play.alarm.get()) == soon


def test_logout_ends_the_sockets_of_that_login_alone(play: Live) -> None:
    mine, theirs = play.join(), play.join(login=OTHER_LOGIN)
    play.over_http("session_revoke", "", session_id=LOGIN)
    assert mine.closed == (4403, "session_revoked")
    assert theirs.closed is None
    assert play.bet(theirs)["type"] == "round"


def test_a_session_that_was_ended_is_not_seated(play: Live) -> None:
    play.over_http("session_revoke", "", session_id=LOGIN)
    refused = play.join()
    assert isinstance(refused, str)
    assert json.loads(refused[6:])["code"] == "session_expired"
    assert play.sockets.open == []


def test_a_frozen_wallet_ends_every_socket_after_its_answer(play: Live) -> None:
    sockets = [play.join(), play.join()]
    play.house.sql.execute("UPDATE meta SET frozen_law = 'chain' WHERE id = 1")
    play.bet(sockets[0])
    assert [message["type"] for message in sockets[0].received[-2:]] == ["problem", "session_end"]
    assert sockets[0].received[-2]["code"] == "wallet_frozen"
    assert {socket.closed for socket in sockets} == {(4423, "wallet_frozen")}


def test_a_freeze_that_http_meets_ends_the_sockets_too(play: Live) -> None:
    socket = play.join()
    play.house.sql.execute("UPDATE meta SET frozen_law = 'chain' WHERE id = 1")
    bet = {"session_id": play.session, "stake_minor": 100, "params": {"payout": 0}}
    play.over_http("play", "frozen", **bet)
    assert socket.closed == (4423, "wallet_frozen")


def test_the_fifth_socket_replaces_the_oldest(play: Live) -> None:
    sockets = []
    for _ in range(5):
        sockets.append(play.join())
        play.house.clock.advance(1)
    assert [socket.closed for socket in sockets] == [(4408, "replaced"), None, None, None, None]
    assert play.bet(sockets[4])["type"] == "round"


def test_who_talks_on_after_the_end_is_not_heard(play: Live) -> None:
    first = play.join()
    for _ in range(4):
        play.house.clock.advance(1)
        play.join()
    assert first.closed == (4408, "replaced")
    heard = len(first.received)
    before = play.house.tables()
    play.bet(first)
    play.woken()
    play.bet(first)
    assert len(first.received) == heard
    assert play.house.tables() == before


def test_a_socket_that_the_table_has_not_seen_is_seated_by_its_attachment(play: Live) -> None:
    socket = play.join()
    play.table.left(socket, "closed")
    assert play.bet(socket)["type"] == "round"
    assert play.table.is_occupied


def test_an_eviction_forgets_no_socket_no_session_and_no_games(play: Live) -> None:
    first, second = play.join(), play.join(login=OTHER_LOGIN)
    play.woken()
    assert play.table.is_occupied
    assert play.bet(first)["type"] == "round"
    assert second.last["cash_minor"] == 9_900
    play.over_http("session_revoke", "", session_id=OTHER_LOGIN)
    assert (first.closed, second.closed) == (None, (4403, "session_revoked"))


def test_the_word_about_the_games_is_believed_for_a_minute(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(live.GAMES_VALID_MS - 1)
    played = play.bet(socket, idempotency_key="in-time")
    assert played["type"] == "round"
    play.house.clock.advance(1)
    stale = play.bet(socket)
    assert (stale["code"], stale["retry"]) == ("refresh_required", "same_key")
    assert play.bet(socket, idempotency_key="in-time")["replayed"], (
        "an answer that was given stands"
    )
    assert socket.closed is None


def test_a_stale_word_does_not_change_the_order_of_refusals(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(live.GAMES_VALID_MS)
    assert play.bet(socket, session_id="nobody's")["code"] == "game_session_not_found"
    assert play.bet(socket, stake_minor=0)["code"] == "validation_failed"


def test_the_same_bet_over_http_renews_the_word_for_every_socket(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(live.GAMES_VALID_MS)
    stale = play.bet(socket, idempotency_key="twice-asked")
    bet = {"session_id": play.session, "stake_minor": 100, "params": {"payout": 0}}
    assert stale["code"] == "refresh_required"
    assert play.over_http("play", "twice-asked", **bet).startswith("201 0 ")
    assert play.bet(socket, idempotency_key="twice-asked")["replayed"]
    assert play.bet(socket)["type"] == "round"


def test_a_new_socket_renews_the_word_for_the_old_ones(play: Live) -> None:
    socket = play.join()
    play.house.clock.advance(live.GAMES_VALID_MS)
    play.join()
    assert play.bet(socket)["type"] == "round"


@pytest.mark.parametrize(
    ("games", "code"),
    [('{"dice":[1,0]}', "game_disabled"), ('{"dice":[2,1]}', "game_version_retired")],
)
def test_a_switch_that_the_api_has_heard_of_stops_every_socket(
    play: Live, games: str, code: str
) -> None:
    socket = play.join()
    play.house.clock.advance(1)
    play.join(games=games)
    assert play.bet(socket)["code"] == code
    assert socket.closed is None


def test_an_older_word_does_not_replace_a_newer_one(play: Live) -> None:
    play.join(games='{"dice":[1,1]}')
    play.house.clock.advance(1_000)
    socket = play.join(games='{"dice":[1,0]}')
    play.woken()
    assert play.bet(socket)["code"] == "game_disabled"


def test_more_games_than_an_attachment_holds_are_asked_for_again_after_an_eviction(
    play: Live,
) -> None:
    many = json.dumps({"dice": [1, 1], **{f"game-{n:04}": [1, 1] for n in range(200)}})
    socket = play.join(games=many)
    assert len(socket.attachment) < 2_000
    assert play.bet(socket)["type"] == "round"
    play.woken()
    assert play.bet(socket)["code"] == "refresh_required"


@pytest.mark.parametrize(
    ("message", "closed"),
    [
        (b"binary", (1003, "text_only")),
        ("x" * 4_097, (1009, "message_too_large")),
        ("é" * 2_049, (1009, "message_too_large")),
    ],
)
def test_what_is_no_small_text_ends_the_socket(
    play: Live, message: object, closed: tuple[int, str]
) -> None:
    socket = play.join()
    play.table.message(socket, message)
    assert socket.last == {"type": "session_end", "reason": closed[1]}
    assert socket.closed == closed


def test_a_flood_is_braked_and_then_cut_while_the_others_play_on(play: Live) -> None:
    flooder, player = play.join(), play.join()
    for _ in range(60 + live.MAX_REFUSED):
        play.table.message(flooder, "{}")
    assert flooder.last["code"] == "rate_limited"
    assert flooder.last["retry_after"] == 1
    assert play.table.is_occupied
    assert flooder in play.sockets.all()
    play.table.message(flooder, "{}")
    assert flooder.closed == (4429, "rate_limited")
    assert play.bet(player)["type"] == "round"


def test_a_client_that_does_not_read_is_cut(play: Live) -> None:
    slow, player = play.join(), play.join()
    slow.unsent_bytes = live.MAX_UNSENT_BYTES + 1
    play.bet(player)
    assert slow.closed == (4413, "too_slow")
    assert play.bet(player)["type"] == "round"


def test_a_storage_that_fails_is_an_unknown_outcome_and_the_key_settles_it(
    play: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = play.join()

    def broken(*_: object) -> str:
        raise SqlError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(type(play.house.wallet), "execute", broken)
        answer = play.bet(socket, idempotency_key="unknown")
    assert (answer["code"], answer["status"], answer["retry"]) == (
        "internal_error",
        500,
        "same_key",
    )
    assert play.failures == ["message: SqlError"]
    assert "disk" not in json.dumps(socket.received)
    assert play.bet(socket, idempotency_key="unknown")["type"] == "round"


def test_a_client_who_leaves_is_forgotten(play: Live) -> None:
    socket = play.join()
    play.bet(socket)
    socket.close(1000, "")
    play.table.left(socket, "closed")
    assert not play.table.is_occupied
    assert (play.log[-1]["reason"], play.log[-1]["messages"]) == ("closed", 1)
    play.table.left(socket, "closed")
    assert len(play.log) == 1
