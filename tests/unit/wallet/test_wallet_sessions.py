"""Login sessions: 30 idle minutes end one; bets come from a place that was just looked at."""

import pytest
from unit.wallet.wallet_house import LOGIN, House, Reply

from shared.kernel.times import MINUTE_MS

HALF_AN_HOUR = 30 * MINUTE_MS


def played(*requires: str) -> tuple[House, str]:
    house = House(requires=requires).open()
    house.begin()
    house.deposit(10_000)
    return house, house.session()


def act(house: House, kind: str, login: str = LOGIN) -> Reply:
    """One of the things that a player does with money, or a game."""
    match kind:
        case "deposit_request":
            return house.do(kind, login=login, amount_minor=1, method="pix")
        case "withdrawal_hold":
            return house.do(kind, login=login, amount_minor=1, payment_account_id="a")
        case "bet":
            round_id = f"r{house.keys}"
            return house.do(kind, login=login, round_id=round_id, game_id="slot", amount_minor=1)
        case _:
            game = {"game_id": "dice", "version": 1, "rtp_bps": 9600, "enabled": True}
            stakes = {"min_stake_minor": 100, "max_stake_minor": 1_000}
            return house.do(kind, login=login, game={**game, **stakes})


ACTS = ("deposit_request", "withdrawal_hold", "bet", "game_session_open")


@pytest.mark.parametrize("kind", ACTS)
def test_after_thirty_idle_minutes_a_session_moves_no_money_and_opens_no_game(kind: str) -> None:
    house, _ = played("session")
    house.clock.advance(HALF_AN_HOUR)
    assert act(house, kind).status in (200, 201)
    house.clock.advance(HALF_AN_HOUR)
    assert act(house, kind).status in (200, 201), "what it did before kept it alive"
    house.clock.advance(HALF_AN_HOUR + 1)
    refused = act(house, kind)
    assert (refused.status, refused.code) == (401, "session_expired")
    assert house.ask("gate").body["reasons"] == ["session_expired"]
    assert house.ask("gate").body["can_withdraw"] is False


@pytest.mark.parametrize("kind", ACTS)
def test_a_session_that_the_wallet_does_not_know_may_do_nothing(kind: str) -> None:
    house, _ = played("session")
    assert act(house, kind, "unknown").code == "session_expired"
    house.begin("unknown")
    assert act(house, kind, "unknown").status in (200, 201)


def test_rounds_keep_the_login_session_alive_that_plays_them() -> None:
    house, session_id = played("session")
    for _ in range(4):
        house.clock.advance(20 * MINUTE_MS)
        assert house.play(session_id, 100).status == 201
    assert act(house, "deposit_request").status == 201


def test_an_older_game_session_keeps_its_login_alive_too() -> None:
    house, older = played("session")
    house.session()
    for _ in range(4):
        house.clock.advance(20 * MINUTE_MS)
        assert house.play(older, 100).status == 201
    assert act(house, "withdrawal_hold").status == 201


def test_the_play_of_one_device_does_not_keep_another_alive() -> None:
    house, _ = played("session")
    house.begin("other")
    house.clock.advance(20 * MINUTE_MS)
    session_id = house.session()
    house.clock.advance(20 * MINUTE_MS)
    assert house.play(session_id, 100).status == 201
    assert act(house, "deposit_request", "other").code == "session_expired"


def test_an_idle_session_is_not_revived_by_a_look_at_its_place() -> None:
    house, _ = played("session", "place")
    house.clock.advance(HALF_AN_HOUR + 1)
    refused = house.begin()
    assert (refused.status, refused.code) == (401, "session_expired")
    assert act(house, "bet").code == "session_expired"
    assert house.begin("fresh").status == 200
    assert act(house, "bet", "fresh").status == 200


def test_a_revoked_session_never_begins_again_even_when_the_logout_came_first() -> None:
    house = House(requires=("session",)).open()
    house.do("session_revoke", key="", login="", session_id="gone")
    assert house.begin("gone").code == "session_expired"
    house.begin()
    house.do("session_revoke", key="", login="", session_id=LOGIN)
    before = house.sql.query("SELECT revoked_at FROM login_sessions ORDER BY session_id")
    house.clock.advance(1)
    house.do("session_revoke", key="", login="", session_id=LOGIN)
    assert house.sql.query("SELECT revoked_at FROM login_sessions ORDER BY session_id") == before
    assert house.begin().code == "session_expired"
    assert house.ask("gate").code == "session_expired"


@pytest.mark.parametrize(
    ("verdict", "reason", "told"),
    [
        ("outside", None, "outside"),
        ("outside", "anonymiser", "anonymiser"),
        ("unknown", None, "unknown"),
        ("unknown", "no_answer", "no_answer"),
    ],
)
def test_a_bet_comes_from_inside_the_licence(verdict: str, reason: str | None, told: str) -> None:
    house, session_id = played("place")
    house.begin(verdict=verdict, reason=reason)
    refused = house.play(session_id, 100)
    assert (refused.status, refused.code, refused.body["reason"]) == (403, "geo_blocked", told)
    assert act(house, "bet").code == "geo_blocked"
    assert act(house, "game_session_open").code == "geo_blocked"
    assert act(house, "deposit_request").status == 201
    assert act(house, "withdrawal_hold").status == 201
    house.begin()
    assert house.play(session_id, 100).status == 201


def test_a_place_counts_for_thirty_minutes() -> None:
    house, session_id = played("place")
    house.clock.advance(HALF_AN_HOUR)
    assert house.play(session_id, 100).status == 201
    house.clock.advance(1)
    refused = house.play(session_id, 100)
    assert (refused.code, refused.body["reason"]) == ("geo_blocked", "stale")
    house.begin()
    assert house.play(session_id, 100).status == 201


def test_another_address_asks_for_another_look() -> None:
    house, session_id = played("place")
    house.address = "train"
    refused = house.play(session_id, 100)
    assert (refused.code, refused.body["reason"]) == ("geo_blocked", "address_changed")
    assert house.ask("gate", address="train").body["reasons"] == ["geo_blocked"]
    assert house.ask("gate", address="home").body["reasons"] == []
    assert house.ask("gate").body["reasons"] == [], "without an address none is compared"
    house.begin()
    assert house.play(session_id, 100).status == 201


def test_a_session_without_a_look_at_its_place_does_not_bet() -> None:
    house, _ = played("place")
    refused = act(house, "bet", "unknown")
    assert (refused.code, refused.body["reason"]) == ("geo_blocked", "unknown")


def test_the_house_has_neither_session_nor_place() -> None:
    house = House(requires=("session", "place")).open()
    house.begin()
    house.deposit(1_000)
    assert act(house, "bet", "").status == 200
    assert house.ask("gate", login="").body["reasons"] == []


def test_logins_and_changes_of_place_are_events_and_mere_looks_are_not() -> None:
    house = House().open()
    house.begin()
    house.begin()
    house.begin(verdict="outside", reason="anonymiser")
    house.begin(verdict="outside", reason="anonymiser")
    house.begin("other")
    assert [kind for kind in house.types if kind in ("SESSION_BEGAN", "PLACE_CHECKED")] == [
        "SESSION_BEGAN",
        "PLACE_CHECKED",
        "SESSION_BEGAN",
    ]
    told = next(event["data"] for event in house.events if event["type"] == "PLACE_CHECKED")
    assert told == {"session_id": LOGIN, "verdict": "outside", "reason": "anonymiser"}
    assert "home" not in str(house.events), "the address stays out of the log"
    assert house.is_proven()
