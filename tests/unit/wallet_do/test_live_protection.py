"""Player protection on sockets: what ends them, what they are shown, from where they may bet."""

import pytest
from unit.wallet.wallet_house import House
from unit.wallet_do.live_world import MINUTE_MS, OTHER_LOGIN, Live

from shared.kernel.times import HOUR_MS
from shared.wallet import live
from shared.wallet.gate_model import REQUIREMENTS


@pytest.fixture
def play() -> Live:
    rules = {"reality_check_minutes": 4}
    return Live(house=House(requires=REQUIREMENTS, rules=rules))


def fact(play: Live, name: str, status: str) -> str:
    version = play.house.clock.now_ms() + MINUTE_MS
    told = {"name": name, "status": status, "version": version, "valid_until": None}
    return play.by_the_house("fact_record", **told, reasons=[])


@pytest.mark.parametrize("kind", ["exclude", "pause"])
@pytest.mark.parametrize("by_the_house", [False, True])
def test_a_term_ends_every_socket_with_the_command_that_begins_it(
    play: Live, kind: str, by_the_house: bool
) -> None:
    play.house.begin(OTHER_LOGIN)
    play.join(), play.join(OTHER_LOGIN)
    sockets = list(play.sockets.open)
    until = play.house.clock.now_ms() + 48 * HOUR_MS
    if by_the_house:
        answer = play.by_the_house(kind, until=until, source="harm")
    else:
        answer = play.over_http(kind, "", until=until, source="player")
    assert answer.startswith("200 0")
    reason = "excluded" if kind == "exclude" else "paused"
    for socket in sockets:
        assert socket.received[-1] == {"type": "session_end", "reason": reason}
        assert socket.closed == (4403, reason)
    assert not play.table.is_occupied
    before = play.house.types
    assert play.house.play(play.session, 100).code == reason
    assert play.house.types == before


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [("impediment", "impeded", "impeded"), ("register", "excluded", "excluded")],
)
def test_a_register_that_finds_the_player_ends_every_socket(
    play: Live, name: str, status: str, reason: str
) -> None:
    socket = play.join()
    fact(play, name, status)
    assert socket.closed == (4403, reason)


@pytest.mark.parametrize(("name", "status"), [("impediment", "pending"), ("kyc", "missing")])
def test_a_gate_that_may_open_again_leaves_the_sockets(play: Live, name: str, status: str) -> None:
    socket = play.join()
    fact(play, name, status)
    assert socket.closed is None
    assert play.bet(socket)["code"] in ("impediment_check_pending", "kyc_required")


def test_a_reality_check_is_shown_on_every_socket_once_when_it_falls_due_at_a_bet(
    play: Live,
) -> None:
    first, second = play.join(), play.join()
    play.bet(first, 100)
    play.house.clock.advance(4 * MINUTE_MS)
    play.bet(first)
    kinds = [message["type"] for message in first.received]
    assert kinds[-2:] == ["problem", "reality_check"]
    shown = second.received[-1]
    since = shown.pop("since")
    assert shown == {
        "type": "reality_check",
        "session_minutes": 4,
        "net_minor": -100,
        "wagered_minor": 100,
    }
    play.bet(first)
    assert [message["type"] for message in second.received].count("reality_check") == 1
    play.over_http("reality_check_ack", "")
    bet = {"session_id": play.session, "stake_minor": 100, "params": {"payout": 0}}
    assert play.over_http("play", "one", **bet).startswith("201")
    play.house.clock.advance(4 * MINUTE_MS)
    assert play.over_http("play", "two", **bet).startswith("403")
    assert second.received[-1]["type"] == "reality_check", "over HTTP it falls due for them too"
    assert second.received[-1]["since"] != since


def test_a_socket_bets_from_the_address_that_it_was_opened_from(play: Live) -> None:
    socket = play.join()
    assert play.bet(socket)["type"] == "round"
    play.house.address = "train"
    moved = play.join()
    refused = play.bet(moved)
    assert (refused["code"], refused["reason"]) == ("geo_blocked", "address_changed")
    assert play.bet(socket)["type"] == "round"
    play.house.begin()
    assert play.bet(moved)["type"] == "round"
    assert play.bet(socket)["code"] == "geo_blocked"


def test_a_place_that_grows_old_holds_the_bets_of_a_socket(play: Live) -> None:
    now_ms = play.house.clock.now_ms()
    play.house.do("reality_check_set", minutes=120)
    socket = play.join()
    for _ in range(9):
        play.house.clock.advance(MINUTE_MS - 1)
        play.over_http("reality_check_ack", "")
        bet = {"session_id": play.session, "stake_minor": 100, "params": {"payout": 0}}
        play.over_http("play", f"k{play.house.clock.now_ms()}", **bet)
    assert play.bet(socket)["type"] == "round"
    assert play.house.sql.query("SELECT place_checked_at FROM login_sessions") == [(now_ms,)]
    play.house.sql.execute("UPDATE login_sessions SET place_checked_at = 1")
    play.woken()
    refused = play.bet(socket)
    assert (refused.get("code"), refused.get("reason")) == ("geo_blocked", "stale"), refused


def test_games_of_a_context_are_the_text_that_the_api_gave() -> None:
    assert live.games_of('{"games":{"dice":[1,1]},"address":"a"}') == '{"dice":[1,1]}'
