"""The payments desk: a withdrawal is finished without anybody reading its status."""

import json
from typing import Any

import pytest
from api_under_test import run
from money_world import MoneyWorld, Player, minutes
from services import payout_desk
from services.payouts import ASK_AGAIN_AFTER_MS
from services.sandbox_people import DEMO_PASSWORD

from shared.kernel.times import DAY_MS, HOUR_MS


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    player = Player(world)
    player.fund(100_000)
    return player


def _lose_the_row(world: MoneyWorld, player: Player, amount_minor: int) -> None:
    world.d1.fails = "INTO withdrawals"
    assert player.withdraw(amount_minor).code == "unavailable"
    world.d1.fails = None


def test_a_hold_whose_row_was_never_written_is_found_by_its_event_and_paid(
    world: MoneyWorld, player: Player
) -> None:
    _lose_the_row(world, player, 4_000)
    assert player.balance() == (96_000, 4_000)
    assert world.desk() == {}  # the projection has not heard of it yet
    world.project()
    assert world.desk() == {"rows_made": 1, "asked": 1}
    assert player.withdrawals() == ["paid"]
    assert player.balance() == (96_000, 0)
    assert world.bank.sent == [player.end_to_end_id()]
    assert world.desk() == {}


def test_the_row_made_from_the_event_says_what_the_wallet_answered(
    world: MoneyWorld, player: Player
) -> None:
    key = "the-same-key"
    world.bank.is_slow = True
    asked = player.withdraw(4_000, key=key).json
    [before] = world.rows("SELECT * FROM withdrawals")
    world.change("DELETE FROM withdrawals")
    world.project()
    world.desk()
    [after] = world.rows("SELECT * FROM withdrawals")
    assert {**after, "asked_at": 0} == {**before, "asked_at": 0}
    assert player.withdraw(4_000, key=key).json == asked


def test_a_hold_is_looked_for_three_days_back_and_once_an_hour_however_old_it_is(
    world: MoneyWorld, player: Player
) -> None:
    world.clock.advance(HOUR_MS - world.clock.now_ms() % HOUR_MS)
    player.log_in()
    _lose_the_row(world, player, 4_000)
    world.project()
    world.clock.advance(3 * DAY_MS + minutes(55))
    assert world.desk() == {}
    world.clock.advance(minutes(5))
    assert world.desk() == {"rows_made": 1, "asked": 1}


def test_one_row_that_cannot_be_made_keeps_no_other_from_being_made(
    world: MoneyWorld, player: Player
) -> None:
    _lose_the_row(world, player, 4_000)
    world.project()
    _lose_the_row(world, player, 5_000)
    world.project()
    world.change(
        "UPDATE wallet_events SET data = json_set(data, '$.payment_account_id', 'gone') "
        "WHERE type = 'WITHDRAWAL_HELD' AND amount_minor = 5000"
    )
    assert world.desk() == {"rows_made": 1, "rows_failed": 1, "asked": 1}
    assert player.withdrawals() == ["paid"]
    assert "withdrawal_row_not_made" in [line.get("event") for line in world.log]


def test_a_bank_that_gave_no_answer_is_asked_again_and_the_player_sees_no_failure(
    world: MoneyWorld, player: Player
) -> None:
    world.bank.is_down = True
    assert player.withdraw(1_000).status == 201
    assert [line["failure"] for line in world.log if line.get("event") == "payout_failed"] == [
        "Unreachable"
    ]
    assert world.desk() == {}  # asked just now
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    assert world.desk() == {"asked": 1, "ask_failed": 1}
    world.bank.is_down = False
    assert world.desk() == {}
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    assert world.desk() == {"asked": 1}
    assert player.balance() == (99_000, 0)
    player.log_in()
    assert player.withdrawals() == ["paid"]


def test_what_fails_for_ever_waits_behind_what_was_not_tried_for_longer(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payout_desk, "PER_TICK", 2)
    world.bank.is_down = True
    for amount_minor in (1_000, 2_000, 3_000):
        assert player.withdraw(amount_minor).status == 201
        world.bank.down_for.add(player.end_to_end_id())
        world.clock.advance(1)
    world.bank.down_for.remove(player.end_to_end_id())
    world.bank.is_down = False
    world.clock.advance(ASK_AGAIN_AFTER_MS)
    assert world.desk() == {"asked": 2, "ask_failed": 2}
    assert world.desk() == {"asked": 1}
    assert player.withdrawals() == ["processing", "processing", "paid"]


def test_the_desk_and_a_reader_ask_the_bank_once_between_them(
    world: MoneyWorld, player: Player
) -> None:
    world.bank.is_slow = True
    withdrawal_id = player.withdraw(1_000).json["withdrawal_id"]
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    assert world.desk() == {"asked": 1}
    assert player.get(f"/v1/me/withdrawals/{withdrawal_id}")["status"] == "processing"
    assert len(world.bank.sent) == 2


def test_the_bank_is_not_asked_for_money_that_the_wallet_has_given_back(
    world: MoneyWorld, player: Player
) -> None:
    """D1 was restored to a moment before the bank had refused: the wallet knows better."""
    world.bank.is_slow = True
    player.withdraw(1_000)
    result = {"endToEndId": player.end_to_end_id(), "status": "NAO_REALIZADO"}
    assert world.tell("/v1/webhooks/pix/payouts", {"pagamentos": [result]}).status == 200
    world.change("UPDATE withdrawals SET status = 'processing', settled_at = NULL")
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    assert world.desk() == {"asked": 1, "ask_failed": 1}  # closed, and nobody says how yet
    world.project()
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    assert world.desk() == {"asked": 1}
    assert player.withdrawals() == ["released"]
    assert len(world.bank.sent) == 1


def test_a_withdrawal_past_its_time_is_one_alert_for_aml_and_finance(
    world: MoneyWorld, player: Player
) -> None:
    world.call("POST", "/v1/sandbox/seed")
    world.bank.is_slow = True
    player.withdraw(1_000)
    world.clock.advance(minutes(120))
    assert world.desk() == {"asked": 1}
    world.clock.advance(1)
    assert world.desk() == {"overdue": 1}
    assert world.desk() == {}
    assert world.alerts() == [("payments.withdrawal_overdue", "high")]
    for role in ("aml", "finance"):
        [alert] = _alerts_as(world, role)
        assert alert["evidence"]["end_to_end_id"] == world.bank.sent[0]


def test_finance_sees_alerts_of_payments_and_no_others(world: MoneyWorld, player: Player) -> None:
    world.call("POST", "/v1/sandbox/seed")
    for number, rule in enumerate(("aml.velocity", "payments.withdrawal_overdue", "paymentsX")):
        world.change(
            "INSERT INTO aml_alerts VALUES (?, ?, ?, 0, 1, 'high', 1, 1, '{}', 'open', 0, 0)",
            f"0{number}",
            player.player_id,
            rule,
        )
    assert len(_alerts_as(world, "aml")) == 3
    assert [alert["rule_id"] for alert in _alerts_as(world, "finance")] == [
        "payments.withdrawal_overdue"
    ]


def test_the_desk_leaves_what_it_did_where_the_other_jobs_do(
    world: MoneyWorld, player: Player
) -> None:
    _lose_the_row(world, player, 4_000)
    world.project()
    world.desk()
    [ran] = world.rows("SELECT * FROM job_runs WHERE job = 'payout_desk'")
    assert ran["finished_at"] == ran["slot"] == world.clock.now_ms()
    assert json.loads(str(ran["outcome"]))["rows_made"] == 1
    world.desk()  # the platform may fire a tick twice
    assert len(world.rows("SELECT 1 FROM job_runs WHERE job = 'payout_desk'")) == 1


def test_the_look_ups_of_the_desk_read_no_more_than_what_they_look_for(world: MoneyWorld) -> None:
    for statement, index in (
        (payout_desk._WITHOUT_ROW, "wallet_events_holds"),
        (payout_desk._TO_ASK, "withdrawals_to_ask"),
        (payout_desk._OVERDUE, "withdrawals_due"),
    ):
        marks = (0,) * (3 if "?3" in statement else 2)
        plan = run(world.db.query(f"EXPLAIN QUERY PLAN {statement}", *marks))
        assert any(index in str(row["detail"]) for row in plan), plan


def _alerts_as(world: MoneyWorld, role: str) -> list[dict[str, Any]]:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    token = world.call("POST", "/v1/ops/auth/login", login).json["access_token"]
    reply = world.call("GET", "/v1/ops/aml/alerts", token=token)
    assert reply.status == 200, reply.text
    items: list[dict[str, Any]] = reply.json["items"]
    return items
