"""A broken invariant freezes the wallet under the name of the law; what is owed still flows."""

import json
from typing import Any

import pytest
from unit.wallet.wallet_house import House

from shared.wallet import store, tables, verify
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


def without(house: House, table: str) -> House:
    """The wallet as it wakes when a table has lost its rows."""
    for (name,) in house.sql.query("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        house.sql.execute(f"DROP TRIGGER {name!s}")
    house.sql.execute(f"DELETE FROM {table}")
    house.woken()
    return house


@pytest.mark.parametrize(("table", "law"), [("gate", "gate"), ("events", "gapless")])
def test_a_wallet_that_lost_its_gate_or_its_log_is_frozen_and_not_unknown(
    house: House, table: str, law: str
) -> None:
    without(house, table)
    for question in ("protection", "verify", "balance"):
        refused = house.ask(question, login="")
        assert (refused.status, refused.code, refused.body["law"]) == (423, "wallet_frozen", law)
    assert house.sql.query("SELECT frozen_law FROM meta") == [(law,)]
    risky: dict[str, dict[str, Any]] = {
        "bet": {"round_id": "r", "game_id": "g", "amount_minor": 1},
        "deposit_request": {"amount_minor": 1, "method": "pix"},
        "withdrawal_hold": {"amount_minor": 1, "payment_account_id": "a"},
    }
    for kind, payload in risky.items():
        assert house.do(kind, **payload).code == "wallet_frozen"


def test_a_wallet_without_its_gate_still_tells_the_desk_and_is_released_when_it_is_back(
    house: House,
) -> None:
    (gate,) = house.sql.query("SELECT * FROM gate")
    without(house, "gate").ask("verify", login="")
    told = [json.loads(text) for text in house.wallet.undelivered(100)]
    assert (told[-1]["type"], json.loads(told[-1]["data"])["law"]) == ("FROZEN", "gate")
    assert [event["type"] for event in told].count("FROZEN") == 1
    places = ", ".join("?" * len(gate))
    house.sql.execute(f"INSERT INTO gate VALUES ({places})", *gate)
    desk = {"approval_id": "approval-1", "maker_id": "a", "checker_id": "b", "reason": "repaired"}
    assert house.do("unfreeze", key="approval-1", login="", **desk).status == 200
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).status == 200


def test_an_emptied_log_takes_no_event_that_would_begin_it_anew(house: House) -> None:
    without(house, "events").ask("verify", login="")
    assert house.sql.query("SELECT count(*) FROM events") == [(0,)]
    assert house.wallet.undelivered(100) == []


def test_nobody_is_still_nobody() -> None:
    assert House().ask("verify", login="").code == "wallet_not_found"


def test_the_house_hears_of_a_freeze_that_left_no_event_and_a_player_does_not(
    house: House,
) -> None:
    house.sql.execute(
        "CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    house.do("bet", round_id="r", game_id="g", amount_minor=1)
    told = house.ask("verify", login="").body
    assert (told["ok"], told["frozen_law"]) == (True, "constraint")
    assert "frozen_law" not in house.ask("verify").body


def test_a_proof_made_before_the_freeze_releases_nothing_although_no_event_tells_when(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (verify, store):
        monkeypatch.setattr(module, "WHOLE", 2)
    while not house.ask("verify", login="", full=True).body["is_complete"]:
        pass
    house.sql.execute(
        "CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    house.do("bet", round_id="r", game_id="g", amount_minor=1)
    house.sql.execute("DROP TRIGGER no_events")
    desk = {"approval_id": "approval-1", "maker_id": "a", "checker_id": "b", "reason": "repaired"}
    refused = house.do("unfreeze", key="approval-1", login="", **desk)
    assert (refused.code, refused.body["law"]) == ("wallet_not_proven", "unproven")
    while not house.ask("verify", login="", full=True).body["is_complete"]:
        pass
    assert house.do("unfreeze", key="approval-1", login="", **desk).status == 200
