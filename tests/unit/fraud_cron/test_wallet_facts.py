"""What a wallet says of itself and the desk must see: frozen, released, in debt."""

import json

from jobs.velocity_scan import velocity_scan
from unit.fraud_cron.houses import PLAYERS, House

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import DAY_MS
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Record
from shared.wallet.service import Wallet

ANA, BEA = PLAYERS[0], PLAYERS[1]
BY_TWO = {
    "approval_id": "approval-1",
    "maker_id": "maker",
    "checker_id": "checker",
    "reason": "the fault is repaired",
}


def frozen(house: House, player_id: str) -> NativeSql:
    """The player's wallet, frozen by a broken table that is whole again; its database."""
    sql = NativeSql()
    house.wallets[player_id] = Wallet(
        sql, house.world.clock, SeededEntropy(player_id), CATALOGUE, sandbox=True
    )
    house.open(player_id)
    house.deposit(player_id, 10_000)
    freeze(house, player_id, sql)
    return sql


def freeze(house: House, player_id: str, sql: NativeSql) -> None:
    sql.execute(
        "CREATE TRIGGER sabotage BEFORE INSERT ON rounds BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    key = f"bet-{house.world.clock.advance(1_000)}"
    bet = {"round_id": key, "game_id": "slot:x", "amount_minor": 1}
    assert '"wallet_frozen"' in house.wallets[player_id].execute("bet", key, "", json.dumps(bet))
    sql.execute("DROP TRIGGER sabotage")


def release(house: House, player_id: str) -> None:
    answer = house.wallets[player_id].execute("unfreeze", "approval-1", "", json.dumps(BY_TWO))
    assert answer.startswith("200 "), answer


def owe(house: House, player_id: str, name: str = "r") -> None:
    """A win of R$ 50.00 was spent to the last centavo when it is taken back."""
    house.deposit(player_id, 1_000)
    for kind, payload in (
        ("bet", {"round_id": name, "game_id": "slot:x", "amount_minor": 1_000}),
        ("win", {"round_id": name, "amount_minor": 5_000}),
        ("bet", {"round_id": f"{name}-last", "game_id": "slot:x", "amount_minor": 5_000}),
    ):
        house.command(player_id, kind, payload)
    recall = {"round_id": name, "reason": "late", "allow_negative": True}
    house.command(player_id, "rollback", recall)


def scanned(house: House) -> list[Record]:
    house.deliver(house.outboxes())
    house.world.run(velocity_scan)
    return house.world.alerts()


def test_a_frozen_wallet_raises_one_critical_alert_however_often_it_is_scanned() -> None:
    house = House()
    frozen(house, ANA)
    scanned(house)
    (alert,) = scanned(house)
    assert (alert["rule_id"], alert["band"]) == ("wallet.frozen", "critical")
    assert alert["status"] == "open"
    assert json.loads(str(alert["evidence"]))["law"] == "constraint"


def test_the_release_of_a_wallet_reviews_its_alert_and_no_other_players() -> None:
    house = House()
    frozen(house, ANA)
    frozen(house, BEA)
    assert {alert["status"] for alert in scanned(house)} == {"open"}
    house.world.clock.advance(DAY_MS)
    release(house, ANA)
    status = {alert["player_id"]: alert["status"] for alert in scanned(house)}
    assert status == {ANA: "reviewed", BEA: "open"}


def test_a_wallet_frozen_and_released_before_the_scan_leaves_a_reviewed_alert() -> None:
    house = House()
    frozen(house, ANA)
    release(house, ANA)
    (alert,) = scanned(house)
    assert (alert["rule_id"], alert["status"]) == ("wallet.frozen", "reviewed")


def test_a_release_does_not_review_what_froze_the_wallet_afterwards() -> None:
    house = House()
    sql = frozen(house, ANA)
    release(house, ANA)
    freeze(house, ANA, sql)
    assert [alert["status"] for alert in scanned(house)] == ["reviewed", "open"]


def test_a_debt_raises_one_high_alert_for_its_event() -> None:
    house = House()
    owe(house, ANA)
    scanned(house)
    (alert,) = scanned(house)
    assert (alert["rule_id"], alert["band"]) == ("wallet.negative_balance", "high")
    (event,) = house.world.rows("SELECT * FROM wallet_events WHERE cash_after < 0")
    assert alert["window_started_at"] == event["recorded_at"]
    evidence = json.loads(str(alert["evidence"]))
    assert (evidence["seqs"], evidence["round_ids"]) == ([event["seq"]], ["r"])
    assert alert["observed"] == evidence["shortfall_minor"] == -int(str(event["cash_after"]))


def test_each_debt_has_its_own_alert() -> None:
    house = House()
    owe(house, ANA)
    house.deposit(ANA, 4_000)
    owe(house, ANA, "s")
    owe(house, BEA)
    raised = [
        (alert["player_id"], *json.loads(str(alert["evidence"]))["round_ids"])
        for alert in scanned(house)
        if alert["rule_id"] == "wallet.negative_balance"
    ]
    assert raised == [(ANA, "r"), (ANA, "s"), (BEA, "r")]


def test_debts_of_one_millisecond_are_all_named_by_their_alert() -> None:
    house = House()
    house.deposit(ANA, 2_000)
    for name in ("r", "s"):
        house.command(ANA, "bet", {"round_id": name, "game_id": "slot:x", "amount_minor": 1_000})
        house.command(ANA, "win", {"round_id": name, "amount_minor": 5_000})
    house.command(ANA, "bet", {"round_id": "t", "game_id": "slot:x", "amount_minor": 10_000})
    for name in ("r", "s"):
        recall = {"round_id": name, "reason": "late", "allow_negative": True}
        answer = house.wallets[ANA].execute("rollback", name, "", json.dumps(recall))
        assert answer.startswith("200 "), answer
    (alert,) = scanned(house)
    assert json.loads(str(alert["evidence"]))["round_ids"] == ["r", "s"]
    assert alert["observed"] == 8_000


def test_a_win_that_is_still_there_is_taken_back_without_an_alert() -> None:
    house = House()
    house.deposit(ANA, 1_000)
    house.command(ANA, "bet", {"round_id": "r", "game_id": "slot:x", "amount_minor": 1_000})
    house.command(ANA, "win", {"round_id": "r", "amount_minor": 5_000})
    house.command(ANA, "rollback", {"round_id": "r", "reason": "late", "allow_negative": True})
    assert scanned(house) == []
