"""A rollback after the win, by dialect: refused, within the balance, or leaving a debt."""

import json

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.platform.ports import SqlConstraintError
from shared.wallet import tables
from shared.wallet.chain import event_hash, link
from shared.wallet.model import Draft
from shared.wallet.store import Store


def owing() -> House:
    """R$ 50.00 below zero: a win was withdrawn and then taken back."""
    house = House().open().deposit(10_000)
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_000)
    house.do("win", round_id="r", amount_minor=20_000)
    held = house.do("withdrawal_hold", amount_minor=24_000, payment_account_id="a").body
    house.do(
        "withdrawal_settle",
        withdrawal_id=held["withdrawal_id"],
        end_to_end_id=held["end_to_end_id"],
    )
    house.do("bet", round_id="last", game_id="slot", amount_minor=5_000)
    answer = back(house, allow_negative=True)
    assert answer.status == 200
    assert house.money[0] == -19_000
    return house


def back(house: House, **how: object) -> Reply:
    return house.do("rollback", login="", round_id="r", reason="late", **how)  # type: ignore[arg-type]


def test_a_dialect_may_refuse_to_undo_a_round_that_had_its_win(house: House) -> None:
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_000)
    house.do("win", round_id="r", amount_minor=0)
    refused = back(house, after_win="reject")
    assert (refused.status, refused.code) == (409, "round_closed")
    assert back(house, after_win="reverse").status == 200
    again = back(house, after_win="reject")
    assert again.status == 200, "what was undone stays undone"


def test_a_dialect_that_refuses_after_the_win_still_undoes_an_open_round(house: House) -> None:
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_000)
    assert back(house, after_win="reject").status == 200
    assert house.money == (10_000, 0, 0)


@pytest.mark.parametrize("switch", [{"after_win": "maybe"}, {"allow_negative": 1}])
def test_switches_are_what_they_say(house: House, switch: dict[str, object]) -> None:
    assert back(house, **switch).code == "invalid_payload"


def test_without_the_switch_a_win_that_was_spent_is_not_taken_back() -> None:
    house = House().open().deposit(1_000)
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_000)
    house.do("win", round_id="r", amount_minor=5_000)
    house.do("bet", round_id="s", game_id="slot", amount_minor=4_500)
    assert back(house).code == "rollback_exceeds_balance"
    assert back(house, allow_negative=False).code == "rollback_exceeds_balance"


def test_a_debt_is_marked_on_the_event_that_makes_it() -> None:
    house = owing()
    event = house.events[-1]
    assert (event["type"], event["data"]["of"]) == ("ROLLBACK", "WIN")
    assert (event["data"]["negative"], event["data"]["shortfall_minor"]) == (True, 19_000)
    assert house.ask("balance").body["withdrawable_minor"] == 0
    assert house.is_proven()


def test_who_owes_stakes_and_withdraws_nothing_until_the_gap_is_filled() -> None:
    house = owing()
    house.grant("g", 50_000)
    refused = house.do("bet", round_id="x", game_id="slot", amount_minor=1)
    assert (refused.status, refused.code) == (409, "insufficient_funds")
    hold = house.do("withdrawal_hold", amount_minor=1, payment_account_id="a")
    assert hold.code == "insufficient_funds"
    house.deposit(1_000)
    assert house.money[0] == -18_000
    house.do("win", round_id="last", amount_minor=17_000)
    assert house.money[0] == -1_000
    house.deposit(1_100)
    assert house.money[0] == 100
    assert house.do("bet", round_id="x", game_id="slot", amount_minor=1).status == 200
    assert house.is_proven()


def test_a_win_within_the_balance_leaves_no_mark(house: House) -> None:
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_000)
    house.do("win", round_id="r", amount_minor=5_000)
    assert back(house, allow_negative=True).status == 200
    assert "negative" not in house.events[-1]["data"]


def test_bonus_money_is_never_owed() -> None:
    house = House().open().deposit(100).grant("g", 100)
    house.do("bet", round_id="r", game_id="slot", amount_minor=200)
    house.do("win", round_id="r", amount_minor=2_000)
    house.do("bet", round_id="s", game_id="slot", amount_minor=2_000)
    assert back(house).code == "rollback_exceeds_balance"
    assert back(house, allow_negative=True).status == 200
    assert house.money == (-900, 0, 0)
    assert house.events[-1]["data"]["waived"] == [["g", 900]]
    assert house.is_proven()


def test_no_other_event_leaves_a_debt_and_none_makes_it_larger() -> None:
    house = owing()
    head = Store(house.sql).head("")
    assert head is not None
    draft = Draft("e", "ADJUSTMENT", {"direction": "debit"}, amount_minor=1, cash_delta=-1)
    with pytest.raises(Exception, match="never_negative"):
        link(head, (draft,), None, head.recorded_at)
    event = tables.events(house.sql, "ORDER BY seq DESC LIMIT 1")[0]
    with pytest.raises(SqlConstraintError):
        house.sql.execute(
            "INSERT INTO events SELECT seq + 1, event_id, 'BET', schema_version, amount_minor, "
            "cash_delta, bonus_delta, held_delta, cash_after, bonus_after, held_after, round_id, "
            "game_version, idempotency_key, causation_id, recorded_at, data, prev_hash, hash "
            "FROM events WHERE seq = ?",
            event.seq,
        )


def test_a_debt_without_its_mark_is_a_broken_law() -> None:
    house = owing()
    house.sql.execute("DROP TRIGGER events_refuse_update")
    event = tables.events(house.sql, "ORDER BY seq DESC LIMIT 1")[0]
    data = json.loads(event.data)
    data["negative"] = 1
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    house.sql.execute("UPDATE events SET data = ? WHERE seq = ?", text, event.seq)
    forged = tables.events(house.sql, "ORDER BY seq DESC LIMIT 1")[0]
    house.sql.execute("UPDATE events SET hash = ? WHERE seq = ?", event_hash(forged), event.seq)
    verdict = house.ask("verify").body
    assert (verdict["law"], verdict["broken_at"]) == ("never_negative", event.seq)
