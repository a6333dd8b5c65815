"""What a wallet answers without changing: pages, recall, and refusals of malformed questions."""

import json
from typing import Any

import pytest
from unit.wallet.wallet_house import LOGIN, House, dice_house, reply

from shared.kernel.times import rfc3339


def test_the_balance_names_the_head_of_the_chain(house: House) -> None:
    last = house.events[-1]
    assert house.ask("balance").body == {
        "currency": "BRL",
        "cash_minor": 10_000,
        "bonus_minor": 0,
        "held_minor": 0,
        "withdrawable_minor": 10_000,
        "seq": last["seq"],
        "head_hash": last["hash"],
    }
    assert house.ask("head").body == {
        "seq": last["seq"],
        "head_hash": last["hash"],
        "closed_seq": 0,
    }


def test_the_statement_pages_from_the_newest_to_the_first(house: House) -> None:
    session_id = house.session()
    for _ in range(5):
        house.play(session_id, 100)
    seqs, cursor, pages = [], None, 0
    while True:
        page = house.ask("events", limit=4, cursor=cursor).body
        seqs += [item["seq"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if cursor is None:
            break
    assert seqs == list(range(13, 0, -1))
    assert pages == 4
    assert house.ask("events", before_seq=3).body["items"][0]["seq"] == 2


def test_a_page_that_ends_exactly_at_the_first_event_is_the_last(house: House) -> None:
    assert house.ask("events", limit=3).body["next_cursor"] is None


def test_a_statement_line_is_the_event_with_its_time_and_data(house: House) -> None:
    line = house.ask("events", limit=1).body["items"][0]
    event = house.events[-1]
    assert line["recorded_at"] == rfc3339(event["recorded_at"])
    assert line["data"] == event["data"]
    assert (line["type"], line["amount_minor"], line["cash_after"]) == ("DEPOSIT", 10_000, 10_000)


def test_a_range_gives_every_column_and_at_most_five_hundred_events(house: House) -> None:
    session_id = house.session()
    for _ in range(300):
        house.play(session_id, 100, payout=100)
    found = house.ask("event_range", from_seq=2, to_seq=10_000).body["events"]
    assert [event["seq"] for event in found] == list(range(2, 502))
    assert house.ask("event_range", from_seq=9_000, to_seq=9_001).body == {"events": []}


def test_recall_shows_a_round_as_it_was_played() -> None:
    house = dice_house().open().deposit(5_000)
    params = {"target": 50, "over": False}
    played = house.do(
        "play", session_id=(session := house.session()), stake_minor=700, params=params
    ).body
    house.deposit(1)
    recalled = house.ask("round", round_id=played["round_id"]).body
    assert recalled == {
        "round_id": played["round_id"],
        "status": "settled",
        "session_id": session,
        "game_id": "dice",
        "game_version": 1,
        "stake_minor": 700,
        "payout_minor": played["payout_minor"],
        "params": params,
        "outcome": played["outcome"],
        "fairness": played["fairness"],
        "cash_before_minor": 5_000,
        "cash_after_minor": played["wallet"]["cash_minor"],
        "opened_at": rfc3339(house.clock.now_ms()),
        "closed_at": rfc3339(house.clock.now_ms()),
    }
    assert house.ask("rounds").body == {"items": [recalled], "next_cursor": None}


def test_an_open_round_decided_elsewhere_is_recalled_as_open(house: House) -> None:
    house.do("bet", round_id="r1", game_id="slot", amount_minor=100)
    recalled = house.ask("round", round_id="r1").body
    assert (recalled["status"], recalled["closed_at"], recalled["outcome"]) == ("open", None, None)
    assert recalled["cash_after_minor"] == 9_900


def test_a_full_page_of_rounds_stays_within_the_platforms_parameters(house: House) -> None:
    session_id = house.session()
    for _ in range(120):
        house.play(session_id, 100, payout=100)
    first = house.ask("rounds", limit=100).body
    assert len(first["items"]) == 100
    rest = house.ask("rounds", cursor=first["next_cursor"]).body
    assert (len(rest["items"]), rest["next_cursor"]) == (20, None)


def test_questions_change_nothing(house: House) -> None:
    before = house.tables()
    for kind in ("balance", "head", "events", "rounds", "fairness", "protection", "verify"):
        assert house.ask(kind).status == 200
    assert house.tables() == before


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("balance", {"more": 1}),
        ("events", {"limit": 0}),
        ("events", {"limit": 101}),
        ("events", {"limit": True}),
        ("events", {"cursor": "x"}),
        ("events", {"cursor": "-1"}),
        ("events", {"cursor": "9" * 16}),
        ("events", {"cursor": 5}),
        ("events", {"before_seq": 0}),
        ("event_range", {"from_seq": 1}),
        ("event_range", {"from_seq": 2, "to_seq": 1}),
        ("round", {}),
        ("round", {"round_id": ["r"]}),
    ],
)
def test_a_question_that_does_not_validate_is_refused(
    house: House, kind: str, payload: dict[str, Any]
) -> None:
    refused = house.ask(kind, **payload)
    assert (refused.status, refused.code) == (422, "invalid_payload")


def test_an_unknown_question_is_named(house: House) -> None:
    assert house.ask("everything").code == "unknown_query"
    assert house.ask("round", round_id="none").code == "round_not_found"


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "1", '{"limit": 1.0}', '{"limit": NaN}'])
def test_a_question_that_is_no_json_object_is_refused(house: House, text: str) -> None:
    assert reply(house.wallet.query("events", LOGIN, text)).code == "invalid_payload"


def test_answers_are_compact_json_that_the_api_can_pass_on(house: House) -> None:
    text = house.wallet.query("balance", LOGIN, "{}")
    status, replayed, body = text.split(" ", 2)
    assert (status, replayed) == ("200", "0")
    assert json.dumps(json.loads(body), separators=(",", ":")) == body


def test_a_statement_shows_players_their_part_of_what_the_house_says() -> None:
    house = House().open(("loss", "daily", 5))
    house.tell("impediment", "impeded", None, "public_agent")
    message = {"level": "critical", "template": "t", "demands": "choose"}
    house.do("intervention_set", login="", intervention_id="i", **message)
    limit: dict[str, Any] = {
        "kind": "wager",
        "period": "daily",
        "value": 7,
        "reason": "harm",
        "actor": "staff-1",
    }
    assert house.do("operator_limit_set", login="", **limit).status == 200
    seen = house.ask("events").body["items"]
    for secret in ("public_agent", "critical", "staff-1", "harm"):
        assert secret not in str(seen)
        assert secret in str(house.ask("events", login="").body["items"])
    by_type = {item["type"]: item["data"] for item in seen}
    assert by_type["FACT_RECORDED"] == {"name": "impediment", "status": "impeded"}
