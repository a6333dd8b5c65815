"""Limits that change: tighter at once, looser a day later and only when asked for twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS

NOON = int(datetime.fromisoformat("2026-11-18T12:00:00-03:00").astimezone(UTC).timestamp() * 1000)


def limited(*limits: tuple[str, str, int], mandatory: tuple[str, ...] = ()) -> House:
    house = House(rules={"mandatory": list(mandatory)})
    house.clock.set(NOON)
    return house.open(*limits).deposit(1_000_000)


def set_limit(house: House, kind: str, period: str, value: int | None, **more: str) -> Reply:
    return house.do("limit_set", kind=kind, period=period, value=value, **more)


def confirm(house: House, kind: str, period: str) -> Reply:
    return house.do("limit_confirm", kind=kind, period=period)


def by_operator(house: House, kind: str, period: str, value: int | None, **more: Any) -> Reply:
    return house.do(
        "operator_limit_set",
        login="",
        kind=kind,
        period=period,
        value=value,
        reason="markers of harm",
        actor="ana",
        **more,
    )


def test_a_tighter_limit_binds_the_next_bet() -> None:
    house = limited(("loss", "daily", 1_000))
    answered = set_limit(house, "loss", "daily", 500)
    assert answered.body == {
        "kind": "loss",
        "period": "daily",
        "value": 500,
        "status": "active",
        "effective_at": house.clock.now_ms(),
        "pending": None,
    }
    refused = house.play(house.session(), 501)
    assert (refused.code, refused.body["limit"]["value"]) == ("limit_loss", 500)
    assert house.play(house.session(), 500).status == 201
    assert house.events[-3]["data"]["source"] == "player"
    assert house.is_proven()


def test_a_first_limit_binds_at_once() -> None:
    house = limited()
    assert set_limit(house, "bet_count", "weekly", 1).body["status"] == "active"
    assert house.play(house.session(), 100).status == 201
    assert house.play(house.session(), 100).code == "limit_bet_count"


@pytest.mark.parametrize("value", [2_000, None])
def test_a_looser_limit_waits_a_day_and_then_for_a_confirmation(value: int | None) -> None:
    house = limited(("wager", "daily", 1_000))
    asked_at = house.clock.now_ms()
    asked = set_limit(house, "wager", "daily", value)
    assert (asked.status, asked.body["status"], asked.body["value"]) == (200, "pending", 1_000)
    assert asked.body["effective_at"] == asked_at + DAY_MS
    assert asked.body["pending"] == {
        "value": value,
        "requested_at": asked_at,
        "due_at": asked_at + DAY_MS,
    }
    house.clock.set(asked_at + DAY_MS - 1)
    early = confirm(house, "wager", "daily")
    assert (early.status, early.code, early.body["retry_after"]) == (409, "limit_change_not_due", 1)
    assert house.play(house.session(), 1_001).code == "limit_wager"
    house.clock.set(asked_at + DAY_MS)
    assert house.play(house.session(), 1_001).code == "limit_wager"
    confirmed = confirm(house, "wager", "daily")
    assert (confirmed.body["status"], confirmed.body["value"]) == ("active", value)
    assert house.play(house.session(), 1_001).status == 201
    assert confirm(house, "wager", "daily").code == "limit_change_not_found"
    assert house.is_proven()


def test_asking_again_for_the_same_confirms_when_its_time_has_come_and_not_before() -> None:
    house = limited(("wager", "daily", 1_000))
    due_at = set_limit(house, "wager", "daily", 2_000).body["pending"]["due_at"]
    house.clock.advance(DAY_MS - 1)
    again = set_limit(house, "wager", "daily", 2_000)
    assert (again.body["status"], again.body["pending"]["due_at"]) == ("pending", due_at)
    house.clock.advance(1)
    assert set_limit(house, "wager", "daily", 2_000).body["status"] == "active"
    assert house.play(house.session(), 2_000).status == 201
    assert house.types.count("LIMIT_REQUESTED") == 1


def test_asking_for_another_loosening_begins_to_wait_anew() -> None:
    house = limited(("wager", "daily", 1_000))
    set_limit(house, "wager", "daily", 5_000)
    house.clock.advance(DAY_MS)
    assert set_limit(house, "wager", "daily", 2_000).body["status"] == "pending"
    assert confirm(house, "wager", "daily").code == "limit_change_not_due"


def test_a_second_tightening_wins_at_once_and_ends_the_loosening_that_waits() -> None:
    house = limited(("wager", "daily", 1_000))
    set_limit(house, "wager", "daily", 5_000)
    assert set_limit(house, "wager", "daily", 800).body["pending"] is None
    house.clock.advance(DAY_MS)
    assert confirm(house, "wager", "daily").code == "limit_change_not_found"
    assert house.play(house.session(), 801).code == "limit_wager"
    assert house.is_proven()


def test_the_value_in_force_ends_the_loosening_that_waits_and_else_says_nothing_new() -> None:
    house = limited(("wager", "daily", 1_000))
    length = len(house.events)
    assert set_limit(house, "wager", "daily", 1_000).body["status"] == "active"
    assert len(house.events) == length
    set_limit(house, "wager", "daily", 5_000)
    assert set_limit(house, "wager", "daily", 1_000).body["pending"] is None
    assert house.types[-2:] == ["LIMIT_REQUESTED", "LIMIT_CANCELLED"]
    assert house.is_proven()


def test_a_loosening_that_waits_can_be_cancelled() -> None:
    house = limited(("wager", "daily", 1_000))
    assert house.do("limit_cancel", kind="wager", period="daily").code == "limit_change_not_found"
    set_limit(house, "wager", "daily", 5_000)
    cancelled = house.do("limit_cancel", kind="wager", period="daily")
    assert (cancelled.body["value"], cancelled.body["pending"]) == (1_000, None)
    house.clock.advance(DAY_MS)
    assert confirm(house, "wager", "daily").code == "limit_change_not_found"
    assert house.is_proven()


def test_loosenings_of_different_limits_wait_beside_one_another() -> None:
    house = limited(("wager", "daily", 1_000), ("wager", "weekly", 3_000))
    set_limit(house, "wager", "daily", 2_000)
    house.clock.advance(HOUR_MS)
    set_limit(house, "wager", "weekly", 6_000)
    house.clock.advance(DAY_MS - HOUR_MS)
    assert confirm(house, "wager", "daily").status == 200
    assert confirm(house, "wager", "weekly").code == "limit_change_not_due"


def test_the_stricter_of_player_and_operator_binds() -> None:
    house = limited(("wager", "daily", 1_000))
    assert by_operator(house, "wager", "daily", 400).body["status"] == "active"
    assert house.play(house.session(), 401).body["limit"]["value"] == 400
    set_limit(house, "wager", "daily", 300)
    assert house.play(house.session(), 301).body["limit"]["value"] == 300
    told = next(event["data"] for event in house.events if event["data"].get("actor"))
    assert (told["source"], told["reason"], told["actor"]) == ("operator", "markers of harm", "ana")
    assert house.is_proven()


def test_neither_source_undoes_the_other() -> None:
    house = limited(("wager", "daily", 1_000))
    by_operator(house, "wager", "daily", 400)
    by_operator(house, "wager", "daily", None)
    assert house.play(house.session(), 1_001).body["limit"]["value"] == 1_000
    by_operator(house, "wager", "daily", 400)
    set_limit(house, "wager", "daily", None)
    house.clock.advance(DAY_MS)
    assert confirm(house, "wager", "daily").status == 200
    assert house.play(house.session(), 401).body["limit"]["value"] == 400
    assert house.is_proven()


def test_the_operator_sets_the_same_limit_twice_and_says_it_once() -> None:
    house = limited()
    by_operator(house, "loss", "monthly", 400)
    length = len(house.events)
    by_operator(house, "loss", "monthly", 400)
    by_operator(house, "loss", "weekly", None)
    assert len(house.events) == length


def test_who_may_only_tighten_reads_the_limit_that_stays() -> None:
    house = limited()

    def tighten(value: int | None) -> object:
        return by_operator(house, "loss", "weekly", value, only_tighter=True).body["value"]

    assert tighten(None) is None
    assert tighten(400) == 400
    length = len(house.events)
    assert (tighten(401), tighten(None), tighten(400)) == (400, 400, 400)
    assert len(house.events) == length
    assert tighten(399) == 399
    assert by_operator(house, "loss", "weekly", 500, only_tighter=False).body["value"] == 500
    assert house.is_proven()


@pytest.mark.parametrize("kind", ["loss", "time"])
def test_the_last_limit_of_a_mandatory_kind_stays(kind: str) -> None:
    house = limited((kind, "daily", 1_000), (kind, "weekly", 5_000), mandatory=("loss", "time"))
    set_limit(house, kind, "session", 100)
    set_limit(house, kind, "daily", None)
    set_limit(house, kind, "weekly", None)
    house.clock.advance(DAY_MS)
    assert confirm(house, kind, "daily").status == 200
    refused = confirm(house, kind, "weekly")
    assert (refused.status, refused.code) == (409, "limit_mandatory")
    assert set_limit(house, kind, "weekly", None).code == "limit_mandatory"
    assert set_limit(house, kind, "session", None).body["status"] == "pending"
    assert house.is_proven()


def test_a_limit_that_is_not_mandatory_can_go() -> None:
    house = limited(("wager", "daily", 1_000), mandatory=("loss", "time"))
    set_limit(house, "wager", "daily", None)
    house.clock.advance(DAY_MS)
    assert confirm(house, "wager", "daily").status == 200
    assert house.ask("protection").body["limits"] == []


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("wager", 250, "limit_wager"),
        ("loss", 250, "limit_loss"),
        ("bet_count", 2, "limit_bet_count"),
    ],
)
def test_a_session_limit_holds_for_one_game_session(kind: str, value: int, problem: str) -> None:
    house = limited()
    set_limit(house, kind, "session", value)
    session = house.session()
    assert house.play(session, 100).status == 201
    assert house.play(session, 100).status == 201
    refused = house.play(session, 100)
    assert refused.code == problem
    assert refused.body["limit"] == {"kind": kind, "period": "session", "value": value}
    assert "retry_after" not in refused.body
    assert house.play(house.session(), 100).status == 201


def test_a_session_limit_of_time_counts_between_the_bets_of_the_session() -> None:
    house = limited()
    set_limit(house, "time", "session", 5)
    first, second = house.session(), house.session()
    house.play(first, 100)
    house.clock.advance(4 * MINUTE_MS)
    assert house.play(second, 100).status == 201
    house.clock.advance(MINUTE_MS)
    assert house.play(first, 100).status == 201
    house.clock.advance(1)
    assert house.play(first, 100).code == "limit_time"
    assert house.play(second, 100).status == 201


def test_a_session_limit_of_loss_counts_what_was_won_in_it() -> None:
    house = limited()
    set_limit(house, "loss", "session", 100)
    session = house.session()
    assert house.play(session, 100, payout=300).status == 201
    assert house.play(session, 300).status == 201
    assert house.play(session, 100).code == "limit_loss"


def test_a_session_limit_is_no_concern_of_a_bet_decided_elsewhere() -> None:
    house = limited()
    set_limit(house, "wager", "session", 1)
    assert house.do("bet", round_id="r1", game_id="slot", amount_minor=100).status == 200


def test_an_undone_round_gives_the_session_its_use_back() -> None:
    house = limited()
    set_limit(house, "wager", "session", 300)
    session = house.session()
    played = house.play(session, 300, payout=500)
    assert house.play(session, 100).code == "limit_wager"
    undone = house.do("rollback", login="", round_id=played.body["round_id"], reason="void")
    assert undone.status == 200
    assert house.play(session, 301).code == "limit_wager"
    assert house.play(session, 300).status == 201


def test_a_window_that_is_used_up_is_named_before_the_session() -> None:
    house = limited(("wager", "monthly", 100))
    set_limit(house, "wager", "session", 100)
    assert house.play(house.session(), 101).body["limit"]["period"] == "monthly"


def test_a_deposit_has_no_limit_by_session() -> None:
    assert set_limit(limited(), "deposit", "session", 100).code == "invalid_payload"


def test_the_answer_to_a_deposit_warns_from_ninety_per_cent_on() -> None:
    house = limited()
    set_limit(house, "deposit", "daily", 2_000_000)
    by_operator(house, "deposit", "monthly", 1_100_000)

    def asked(amount_minor: int) -> Reply:
        return house.do("deposit_request", amount_minor=amount_minor, method="pix")

    assert [w["period"] for w in asked(1).body["warnings"]] == ["monthly"]
    house = limited(("deposit", "daily", 2_000_000))
    assert asked(799_999).body["warnings"] == []
    assert asked(1).body["warnings"] == [
        {"kind": "deposit", "period": "daily", "used": 1_800_000, "value": 2_000_000}
    ]


def test_an_operators_limit_warns_too() -> None:
    house = limited(("wager", "daily", 5_000))
    by_operator(house, "wager", "daily", 1_000)
    assert house.play(house.session(), 900).body["warnings"] == [
        {"kind": "wager", "period": "daily", "used": 900, "value": 1_000}
    ]


@pytest.mark.parametrize(
    ("period", "last", "next_window"),
    [
        ("daily", "2026-12-31T23:59:59.999-03:00", "2027-01-01T00:00:00-03:00"),
        ("monthly", "2026-12-31T23:59:59.999-03:00", "2027-01-01T00:00:00-03:00"),
        # The week of the turn of the year runs from Monday 28 December to Sunday 3 January.
        ("weekly", "2027-01-03T23:59:59.999-03:00", "2027-01-04T00:00:00-03:00"),
        ("monthly", "2028-02-29T23:59:59.999-03:00", "2028-03-01T00:00:00-03:00"),
    ],
)
def test_an_operators_window_ends_where_the_players_does_also_across_the_year(
    period: str, last: str, next_window: str
) -> None:
    def at(text: str) -> int:
        return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)

    house = House()
    house.clock.set(at(last) - DAY_MS // 2)
    house.open().deposit(10_000)
    by_operator(house, "bet_count", period, 1)
    assert house.play(house.session(), 100).status == 201
    house.clock.set(at(last))
    assert house.play(house.session(), 100).code == "limit_bet_count"
    house.clock.set(at(next_window))
    assert house.play(house.session(), 100).status == 201


def test_a_repeated_command_is_answered_as_the_first_time() -> None:
    house = limited(("wager", "daily", 1_000))
    asked: dict[str, Any] = {"kind": "wager", "period": "daily", "value": 2_000}
    first = house.do("limit_set", key="one", **asked)
    house.clock.advance(DAY_MS)
    again = house.do("limit_set", key="one", **asked)
    assert (again.replayed, again.body) == (True, first.body)
    assert house.play(house.session(), 1_001).code == "limit_wager"


def test_an_ended_session_changes_no_limit() -> None:
    house = limited(("wager", "daily", 1_000))
    set_limit(house, "wager", "daily", 2_000)
    house.do("session_revoke", login="", session_id="gone")
    named: dict[str, Any] = {"kind": "wager", "period": "daily"}
    asked = [
        house.do("limit_set", login="gone", value=500, **named),
        house.do("limit_confirm", login="gone", **named),
        house.do("limit_cancel", login="gone", **named),
        house.do("exclude", login="gone", until=None, source="player"),
    ]
    assert [refused.code for refused in asked] == ["session_expired"] * 4


def test_the_past_shows_limits_and_what_waited_as_they_were() -> None:
    house = limited(("wager", "daily", 1_000))
    by_operator(house, "wager", "daily", 700)
    set_limit(house, "wager", "daily", 2_000)
    seq = house.events[-1]["seq"]
    house.clock.advance(DAY_MS)
    confirm(house, "wager", "daily")
    by_operator(house, "wager", "daily", None)
    then = house.ask("state_at", login="", seq=seq).body
    assert sorted(then["limits"], key=lambda limit: limit["source"]) == [
        {"kind": "wager", "period": "daily", "source": "operator", "value": 700},
        {"kind": "wager", "period": "daily", "source": "player", "value": 1_000},
    ]
    assert [(w["kind"], w["value"]) for w in then["limit_changes"]] == [("wager", 2_000)]
    now = house.ask("state_at", login="").body
    assert now["limit_changes"] == []
    assert [(limit["source"], limit["value"]) for limit in now["limits"]] == [("player", 2_000)]


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE limits SET value = 9000 WHERE source = 'operator'",
        "DELETE FROM limits WHERE source = 'operator'",
        "INSERT INTO limits (kind, period, value, source) VALUES ('loss', 'daily', 1, 'player')",
        "UPDATE limit_changes SET due_at = due_at - 1",
        "DELETE FROM limit_changes",
    ],
)
def test_a_forged_limit_breaks_the_proof(forged: str) -> None:
    house = limited(("wager", "daily", 1_000))
    by_operator(house, "wager", "daily", 700)
    set_limit(house, "wager", "daily", 2_000)
    assert house.is_proven()
    house.sql.execute(forged)
    assert house.ask("verify", login="").body["law"] == "limits"
