"""Whatever is sent, the answer is a clear refusal and nothing has changed."""

import json
from typing import Any

import pytest
from unit.wallet.wallet_house import LOGIN, House, reply

from shared.kernel.money import MAX_AMOUNT_MINOR


@pytest.mark.parametrize(
    "amount", [0, -1, 1.0, 1e18, 10**18, MAX_AMOUNT_MINOR + 1, "1", None, True, [], {}]
)
def test_only_a_positive_whole_number_is_an_amount(house: House, amount: object) -> None:
    before = house.tables()
    requests: list[tuple[str, dict[str, Any]]] = [
        ("bet", {"round_id": "r", "game_id": "g", "amount_minor": amount}),
        ("deposit_request", {"method": "pix", "amount_minor": amount}),
        ("withdrawal_hold", {"payment_account_id": "a", "amount_minor": amount}),
        ("bonus_credit", {"grant_id": "g", "reason": "x", "amount_minor": amount}),
        ("play", {"session_id": "s", "params": {}, "stake_minor": amount}),
    ]
    for kind, payload in requests:
        refused = house.do(kind, **payload)
        assert (refused.status, refused.code) == (422, "invalid_payload"), (kind, refused)
    assert house.tables() == before


@pytest.mark.parametrize("kind", ["open", "play", "bet", "session_revoke"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}{}",
        '{"more": 1}',
        '{"\\ud800": "\\ud800"}',
        "[" * 100_000,
        '{"a":' * 30_000,
        '{"a": 9007199254740993}',
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": Infinity}',
        " " * 70_000 + "{}",
    ],
    ids=range(14),
)
def test_no_text_whatever_gets_through_or_raises(house: House, kind: str, text: str) -> None:
    before = house.tables()
    refused = reply(house.wallet.execute(kind, "k", LOGIN, text))
    assert refused.status in (409, 422)
    assert refused.code in ("invalid_payload", "wallet_open_conflict")
    assert house.tables() == before


def test_the_refusal_names_the_field(house: House) -> None:
    refused = house.do("bet", round_id="r", game_id="g", amount_minor=0)
    assert refused.body["errors"][0]["field"] == "amount_minor"
    unknown = house.do("bet", round_id="r", game_id="g", amount_minor=1, colour="red")
    assert unknown.body["errors"][0]["field"] == "colour"


@pytest.mark.parametrize("identifier", ["", "a b", "é", "x" * 129, 1, None, "\x00"])
def test_an_identifier_is_short_and_visible(house: House, identifier: object) -> None:
    refused = house.do("win", round_id=identifier, amount_minor=1)
    assert refused.code == "invalid_payload"


def test_params_may_nest_but_must_be_an_object(house: House) -> None:
    session_id = house.session()
    deep = {"payout": 0, "more": {"deeper": [1, None, True, "ç"]}}
    assert house.do("play", session_id=session_id, stake_minor=100, params=deep).status == 201
    assert house.is_proven()
    wrong: list[object] = [[], "x", 1, None]
    for params in wrong:
        refused = house.do("play", session_id=session_id, stake_minor=100, params=params)
        assert refused.code == "invalid_payload"


def test_half_a_surrogate_pair_is_refused_before_it_reaches_the_storage(house: House) -> None:
    session_id = house.session()
    params = {"payout": 0, "name": "\ud800"}
    refused = house.do("play", session_id=session_id, stake_minor=100, params=params)
    assert refused.code == "invalid_payload"


def test_an_unknown_command_is_named(house: House) -> None:
    refused = house.do("print_money", amount_minor=1)
    assert (refused.status, refused.code) == (404, "unknown_command")


def test_the_clock_moves_in_the_sandbox_only(house: House) -> None:
    assert house.do("clock_advance", advance_ms=1).code == "unknown_command"
    sandbox = House(sandbox=True).open()
    before = sandbox.clock.now_ms()
    moved = sandbox.do("clock_advance", key="", advance_ms=5_000)
    assert moved.body == {"now_ms": before + 5_000}
    assert sandbox.do("clock_advance", key="", advance_ms=5_000).body == {"now_ms": before + 10_000}
    for wrong in (0, -1, 10**15):
        assert sandbox.do("clock_advance", advance_ms=wrong).code == "invalid_payload"


def test_a_clock_that_runs_backwards_never_turns_the_log_back(house: House) -> None:
    house.clock.advance(-60_000)
    house.grant("g", 5)
    times = [event["recorded_at"] for event in house.events]
    assert times == sorted(times)
    assert house.is_proven()


def test_a_session_id_is_ascii(house: House) -> None:
    assert house.do("seed_rotate", login="\ud800").code == "invalid_payload"
    assert house.ask("balance", login="\ud800").code == "invalid_payload"


def test_payloads_are_refused_before_the_state_is_looked_at() -> None:
    assert House().do("bet", **json.loads("{}")).code == "invalid_payload"
