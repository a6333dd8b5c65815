"""The panel of player protection shows what decides: time, net position, limits, terms."""

from datetime import UTC, datetime
from typing import Any

from unit.wallet.wallet_house import LOGIN, House

from shared.kernel.times import DAY_MS, MINUTE_MS, rfc3339

NOON = int(datetime.fromisoformat("2026-12-30T12:00:00-03:00").astimezone(UTC).timestamp() * 1000)


def opened(*limits: tuple[str, str, int], **rules: object) -> House:
    house = House(rules=rules)
    house.clock.set(NOON)
    house.open(*limits)
    house.admit()
    return house.deposit(10_000)


def test_use_is_told_by_day_week_and_month_across_the_year() -> None:
    house = opened()
    house.play(house.session(), 500, payout=200)
    house.clock.set(NOON + 2 * DAY_MS)  # 1 January, the same week
    house.begin("next")
    house.play(house.session(), 300, payout=1_000)
    use = house.ask("protection").body["use"]
    assert {period: use[period]["net_minor"] for period in use} == {
        "daily": 700,
        "weekly": 400,
        "monthly": 700,
    }
    assert use["weekly"]["deposited_minor"] == 10_000
    assert use["monthly"]["resets_at"] == "2027-02-01T03:00:00.000Z"
    assert (use["daily"]["bets"], use["daily"]["wagered_minor"]) == (1, 300)


def test_a_limit_shows_its_use_what_is_left_and_who_set_it() -> None:
    house = opened(("wager", "daily", 1_000))
    named: dict[str, Any] = {"period": "daily", "value": 600}
    house.do("operator_limit_set", login="", kind="wager", reason="markers", actor="ana", **named)
    house.play(house.session(), 250)
    assert house.ask("protection").body["limits"] == [
        {
            "kind": "wager",
            "period": "daily",
            "value": 600,
            "used": 250,
            "remaining": 350,
            "resets_at": "2026-12-31T03:00:00.000Z",
            "player": 1_000,
            "operator": 600,
            "pending": None,
        }
    ]


def test_a_loosening_that_waits_stands_beside_its_limit_until_it_may_be_confirmed() -> None:
    house = opened(("loss", "weekly", 1_000))
    house.do("limit_set", kind="loss", period="weekly", value=None)
    waits = house.ask("protection").body["limits"][0]["pending"]
    assert waits == {
        "value": None,
        "requested_at": rfc3339(NOON),
        "due_at": rfc3339(NOON + DAY_MS),
        "can_confirm": False,
    }
    house.clock.advance(DAY_MS)
    limit = house.ask("protection").body["limits"][0]
    assert (limit["value"], limit["pending"]["can_confirm"]) == (1_000, True)


def test_a_session_limit_shows_the_use_of_the_game_session_played_last() -> None:
    house = opened()
    house.do("limit_set", kind="wager", period="session", value=900)
    house.play(house.session(), 250)
    house.play(house.session(), 300)
    panel = house.ask("protection").body
    assert panel["game_session"]["wagered_minor"] == 300
    limit = panel["limits"][0]
    assert (limit["used"], limit["remaining"], limit["resets_at"]) == (300, 600, None)
    assert house.ask("protection", login="").body["game_session"] is None


def test_terms_are_listed_newest_first_and_their_ends_are_told() -> None:
    house = opened()
    house.do("pause", until=NOON + DAY_MS, source="player")
    house.do("exclude", login="", until=None, source="operator")
    panel = house.ask("protection").body
    assert panel["paused_until"] == rfc3339(NOON + DAY_MS)
    assert (panel["excluded_until"], panel["is_excluded_for_ever"]) == (None, True)
    assert panel["terms"] == [
        {"kind": "excluded", "until": None, "source": "operator", "made_at": rfc3339(NOON)},
        {
            "kind": "paused",
            "until": rfc3339(NOON + DAY_MS),
            "source": "player",
            "made_at": rfc3339(NOON),
        },
    ]


def test_the_session_and_its_reality_check_are_shown() -> None:
    house = opened(reality_check_minutes=60)
    session = house.session()
    house.play(session, 500, payout=100)
    house.clock.advance(20 * MINUTE_MS)
    panel = house.ask("protection").body
    assert panel["session"] == {
        "session_id": LOGIN,
        "began_at": rfc3339(NOON),
        "minutes": 20,
    }
    assert panel["reality_check"]["due_at"] == rfc3339(NOON + 60 * MINUTE_MS)
    assert panel["reality_check"]["net_minor"] == -400
    assert panel["now"] == rfc3339(NOON + 20 * MINUTE_MS)


def test_a_message_that_waits_is_shown_without_the_house_s_rating() -> None:
    house = opened()
    told = {"intervention_id": "i1", "template": "t", "demands": "choose"}
    house.do("intervention_set", login="", level="high", **told)
    assert house.ask("protection").body["intervention"] == told
