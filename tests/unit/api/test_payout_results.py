"""The bank's results in every order: the first one counts, another one is for people to decide."""

from itertools import product

import pytest
from money_world import MoneyWorld, Player

PAYOUTS = "/v1/webhooks/pix/payouts"
ENDS = {"REALIZADO": ("paid", (99_000, 0)), "NAO_REALIZADO": ("released", (100_000, 0))}


def _held() -> tuple[MoneyWorld, Player, str]:
    world = MoneyWorld()
    player = Player(world)
    player.fund(100_000)
    world.bank.is_slow = True
    assert player.withdraw(1_000).status == 201
    return world, player, player.end_to_end_id()


@pytest.mark.parametrize(
    "told", [order for length in (1, 2, 3) for order in product(ENDS, repeat=length)], ids="-".join
)
@pytest.mark.parametrize("row_is_lost", [False, True], ids=["", "row behind"])
def test_the_first_result_counts_and_a_different_one_is_one_critical_alert(
    told: tuple[str, ...], row_is_lost: bool
) -> None:
    world, player, end_to_end_id = _held()
    status, balance = ENDS[told[0]]
    for number, said in enumerate(told):
        result = {"endToEndId": end_to_end_id, "status": said, "motivo": f"reason {number}"}
        reply = world.tell(PAYOUTS, {"pagamentos": [result]})
        assert (reply.status, reply.json) == (200, {"received": 1})
        assert player.balance() == balance
        assert player.withdrawals() == [status]
        world.project()
        if row_is_lost:
            world.change("UPDATE withdrawals SET status = 'processing', settled_at = NULL")
    contradicted = len(set(told)) > 1
    assert world.alerts() == [("payments.payout_contradicted", "critical")] * contradicted
    if contradicted:
        [alert] = world.rows(
            "SELECT evidence ->> 'wallet' AS wallet, evidence ->> 'bank' AS bank,"
            " evidence ->> 'end_to_end_id' AS payment, observed FROM aml_alerts"
        )
        other = next(said for said in told if said != told[0])
        assert alert == {
            "wallet": status,
            "bank": other,
            "payment": end_to_end_id,
            "observed": 1_000,
        }


def test_a_result_that_the_wallet_has_and_nobody_can_read_yet_is_to_be_told_again() -> None:
    world, player, end_to_end_id = _held()
    paid = {"pagamentos": [{"endToEndId": end_to_end_id, "status": "REALIZADO"}]}
    released = {"pagamentos": [{"endToEndId": end_to_end_id, "status": "NAO_REALIZADO"}]}
    world.d1.fails = "UPDATE withdrawals"
    assert world.tell(PAYOUTS, paid).code == "unavailable"
    world.d1.fails = None
    assert world.tell(PAYOUTS, released).code == "unavailable"
    assert world.alerts() == []
    world.project()
    assert world.tell(PAYOUTS, released).status == 200
    assert player.withdrawals() == ["paid"]
    assert world.alerts() == [("payments.payout_contradicted", "critical")]


def test_a_wallet_that_refuses_for_another_reason_contradicts_nobody() -> None:
    world, _, end_to_end_id = _held()
    paid, released = (
        {"pagamentos": [{"endToEndId": end_to_end_id, "status": status}]} for status in ENDS
    )
    assert world.tell(PAYOUTS, paid).status == 200
    world.real.refuses["withdrawal_release"] = '423 0 {"code":"wallet_frozen","detail":""}'
    assert world.tell(PAYOUTS, released).code == "unavailable"
    assert world.alerts() == []


def test_an_alert_that_could_not_be_written_is_not_lost() -> None:
    world, _, end_to_end_id = _held()
    results = [{"pagamentos": [{"endToEndId": end_to_end_id, "status": status}]} for status in ENDS]
    assert world.tell(PAYOUTS, results[0]).status == 200
    world.d1.fails = "INTO aml_alerts"
    assert world.tell(PAYOUTS, results[1]).code == "unavailable"
    world.d1.fails = None
    assert world.tell(PAYOUTS, results[1]).status == 200
    assert world.alerts() == [("payments.payout_contradicted", "critical")]


def test_a_wallet_that_cannot_conclude_keeps_no_other_result_waiting() -> None:
    world, first, of_the_first = _held()
    second = Player(world)
    second.fund(5_000)
    assert second.withdraw(5_000).status == 201
    of_the_second = second.end_to_end_id()
    world.change(
        "UPDATE withdrawals SET player_id = ?1 WHERE player_id = ?2",
        second.player_id,
        first.player_id,
    )  # a wallet that knows nothing of it
    results = [
        {"endToEndId": name, "status": "REALIZADO"} for name in (of_the_first, of_the_second)
    ]
    assert world.tell(PAYOUTS, {"pagamentos": results}).code == "unavailable"
    assert second.balance() == (0, 0)
    states = world.rows("SELECT status FROM withdrawals ORDER BY end_to_end_id = ?", of_the_second)
    assert [row["status"] for row in states] == ["processing", "paid"]


def test_a_result_for_no_withdrawal_of_ours_is_logged_and_taken() -> None:
    world, _, _ = _held()
    result = {"endToEndId": "E" * 32, "status": "REALIZADO"}
    assert world.tell(PAYOUTS, {"pagamentos": [result]}).status == 200
    assert "payout_without_withdrawal" in [line.get("event") for line in world.log]
