"""A broken invariant freezes the wallet under the name of the law; what is owed still flows."""

from typing import Any

import pytest
from unit.wallet.wallet_house import House

from shared.wallet import tables
from shared.wallet.model import Grant


def torn() -> House:
    """A wallet whose grants are not its bonus balance: found when bonus money is needed."""
    house = House().open().deposit(10_000).grant("g", 500)
    house.do("bet", round_id="open", game_id="slot", amount_minor=100)
    house.do("bet", round_id="other", game_id="slot", amount_minor=100)
    for _ in range(2):
        house.do("withdrawal_hold", amount_minor=100, payment_account_id="a")
    tables.put(house.sql, Grant("g", 6, 500, 400))
    return house


def frozen() -> House:
    house = torn()
    assert house.do("bonus_debit", grant_id="g", amount_minor=1, reason="x").status == 423
    return house


def test_the_command_that_finds_the_break_changes_nothing_but_the_freeze() -> None:
    house = torn()
    money, seq = house.money, house.ask("head").body["seq"]
    broken = house.do("bonus_debit", grant_id="g", amount_minor=1, reason="x")
    assert (broken.status, broken.code, broken.body["law"]) == (423, "wallet_frozen", "grants")
    assert house.money == money
    event = house.events[-1]
    assert (event["seq"], event["type"]) == (seq + 1, "FROZEN")
    assert event["data"]["law"] == "grants"


def test_a_frozen_wallet_is_frozen_once() -> None:
    house = frozen()
    house.do("bonus_debit", grant_id="g", amount_minor=1, reason="x")
    assert house.types.count("FROZEN") == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("bet", {"round_id": "r", "game_id": "g", "amount_minor": 1}),
        ("deposit_request", {"amount_minor": 1, "method": "pix"}),
        ("deposit_credit", {"deposit_id": "d", "amount_minor": 1, "end_to_end_id": "E"}),
        ("withdrawal_hold", {"amount_minor": 1, "payment_account_id": "a"}),
        ("bonus_credit", {"grant_id": "n", "amount_minor": 1, "reason": "x"}),
        ("bonus_debit", {"grant_id": "g", "amount_minor": 1, "reason": "x"}),
        ("seed_rotate", {}),
        ("play", {"session_id": "s", "stake_minor": 1, "params": {}}),
    ],
)
def test_a_frozen_wallet_refuses_what_moves_towards_risk(
    kind: str, payload: dict[str, Any]
) -> None:
    refused = frozen().do(kind, **payload)
    assert (refused.status, refused.code) == (423, "wallet_frozen")


def test_a_frozen_wallet_still_pays_refunds_settles_and_answers() -> None:
    house = frozen()
    holds = house.sql.query("SELECT withdrawal_id, end_to_end_id FROM withdrawals")
    (first, payment), (second, _) = holds
    settled = house.do("withdrawal_settle", withdrawal_id=first, end_to_end_id=payment)
    assert settled.status == 200
    released = house.do("withdrawal_release", withdrawal_id=second, reason="closed")
    assert released.status == 200
    assert house.do("win", round_id="open", amount_minor=50).status == 200
    assert house.do("rollback", round_id="other", reason="x").status == 200
    for question in ("balance", "events", "rounds", "fairness", "protection", "head"):
        assert house.ask(question).status == 200
    assert house.ask("verify").body["law"] == "grants"


def test_a_row_that_the_schema_refuses_freezes_too(house: House) -> None:
    house.sql.execute(
        "CREATE TRIGGER no_rounds BEFORE INSERT ON rounds BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    broken = house.do("bet", round_id="r", game_id="g", amount_minor=1)
    assert (broken.status, broken.body["law"]) == (423, "constraint")
    assert house.money == (10_000, 0, 0)


def test_a_log_that_takes_no_more_events_still_freezes(house: House) -> None:
    house.sql.execute(
        "CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).status == 423
    house.sql.execute("DROP TRIGGER no_events")
    again = house.do("bet", round_id="r", game_id="g", amount_minor=1)
    assert (again.status, again.code) == (423, "wallet_frozen")


def test_a_question_that_finds_the_break_freezes_as_well(house: House) -> None:
    house.sql.execute("DELETE FROM seeds")
    assert house.ask("fairness").body["law"] == "seeds"
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).code == "wallet_frozen"
