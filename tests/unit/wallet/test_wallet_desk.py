"""What two people of the house do: adjust cash, release a frozen wallet."""

from typing import Any

import pytest
from unit.wallet.wallet_house import House, Reply

from shared.wallet import verify
from shared.wallet.posting import Posting, postings
from shared.wallet.tables import events


def by_two(approval_id: str = "approval-1", **more: object) -> dict[str, Any]:
    return {
        "key": approval_id,
        "login": "",
        "approval_id": approval_id,
        "maker_id": "maker",
        "checker_id": "checker",
        "reason": "found by reconciliation",
        **more,
    }


def adjust(house: House, direction: str, amount_minor: int, **more: Any) -> Reply:
    return house.do("adjustment", direction=direction, amount_minor=amount_minor, **by_two(**more))


def torn() -> House:
    """A wallet whose tables are not what its events say."""
    house = House().open().deposit(10_000).grant("g", 500)
    house.sql.execute("UPDATE grants SET balance_minor = 400")
    return house


def repair(house: House) -> None:
    house.sql.execute("UPDATE grants SET balance_minor = 500")


@pytest.mark.parametrize(("direction", "cash"), [("credit", 10_700), ("debit", 9_300)])
def test_an_adjustment_moves_cash_against_the_houses_account(
    house: House, direction: str, cash: int
) -> None:
    assert adjust(house, direction, 700).body["cash_minor"] == cash
    event = events(house.sql, "ORDER BY seq DESC LIMIT 1")[0]
    sign = 1 if direction == "credit" else -1
    assert postings(event) == (
        Posting("player:cash", sign * 700),
        Posting("house:adjustments", -sign * 700),
    )
    assert house.events[-1]["data"] == {
        "direction": direction,
        "approval_id": "approval-1",
        "maker_id": "maker",
        "checker_id": "checker",
        "reason": "found by reconciliation",
    }
    assert house.is_proven()


def test_an_approval_adjusts_once(house: House) -> None:
    first = adjust(house, "credit", 700)
    again = adjust(house, "credit", 700)
    assert (again.replayed, again.body) == (True, first.body)
    assert adjust(house, "credit", 701).code == "idempotency_key_conflict"
    assert house.money == (10_700, 0, 0)


@pytest.mark.parametrize("kind", ["adjustment", "unfreeze"])
def test_the_key_is_the_approval(house: House, kind: str) -> None:
    payload = by_two(key="other")
    if kind == "adjustment":
        payload |= {"direction": "credit", "amount_minor": 1}
    answer = house.do(kind, **payload)
    assert (answer.status, answer.code) == (422, "invalid_payload")


def test_one_person_is_not_two(house: House) -> None:
    alone = adjust(house, "credit", 1, checker_id="maker")
    assert (alone.status, alone.code) == (409, "maker_is_checker")
    assert house.do("unfreeze", **by_two(checker_id="maker")).code == "maker_is_checker"
    assert house.money == (10_000, 0, 0)


def test_a_debit_never_leaves_less_than_nothing(house: House) -> None:
    refused = adjust(house, "debit", 10_001)
    assert (refused.status, refused.code) == (409, "insufficient_funds")
    assert adjust(house, "debit", 10_000).status == 200


def test_a_frozen_wallet_is_not_adjusted() -> None:
    house = torn()
    assert not house.is_proven()
    assert adjust(house, "credit", 1).code == "wallet_frozen"


def test_a_proof_that_fails_freezes_the_wallet() -> None:
    house = torn()
    assert house.ask("verify").body["law"] == "grants"
    assert house.types[-1] == "FROZEN"
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).code == "wallet_frozen"


def test_two_people_release_a_wallet_once_its_proof_holds() -> None:
    house = torn()
    house.ask("verify")
    refused = house.do("unfreeze", **by_two())
    assert (refused.status, refused.code, refused.body["law"]) == (
        409,
        "wallet_not_proven",
        "grants",
    )
    repair(house)
    released = house.do("unfreeze", **by_two())
    assert (released.status, released.body["released_law"]) == (200, "grants")
    assert house.types[-1] == "RELEASED"
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).status == 200
    assert house.do("unfreeze", **by_two("approval-2")).code == "wallet_not_frozen"
    assert house.is_proven()
    assert house.ask("state_at").body["frozen_law"] is None


def test_a_release_is_asked_again_under_its_key() -> None:
    house = torn()
    house.ask("verify")
    repair(house)
    first = house.do("unfreeze", **by_two())
    assert house.do("unfreeze", **by_two()).text == first.text.replace(" 0 ", " 1 ", 1)


def test_a_log_that_was_cut_is_never_released() -> None:
    house = House().open().deposit(10_000)
    house.do("bet", round_id="r", game_id="g", amount_minor=1)
    house.sql.execute("DROP TRIGGER events_refuse_delete")
    house.sql.execute("DELETE FROM events WHERE type = 'BET'")
    house.sql.execute("DELETE FROM rounds")
    house.sql.execute("UPDATE daily SET wagered_minor = 0, bets = 0, last_bet_at = 0")
    assert house.ask("verify").body["law"] == "answered"
    assert house.types[-1] == "FROZEN"
    assert house.do("unfreeze", **by_two()).body["law"] == "answered"


def test_a_long_wallet_is_released_after_a_full_proof_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House().open().deposit(10_000).grant("g", 500)
    for number in range(30):
        house.do("bet", round_id=f"r{number}", game_id="g", amount_minor=1)
    house.sql.execute("UPDATE grants SET balance_minor = 400")
    house.do("bonus_debit", grant_id="g", amount_minor=1, reason="finds the break")
    repair(house)
    monkeypatch.setattr(verify, "WHOLE", 10)
    monkeypatch.setattr("shared.wallet.store.WHOLE", 10)
    assert house.do("unfreeze", **by_two()).body["law"] == "unproven"
    while not house.ask("verify", full=True).body["is_complete"]:
        assert house.do("unfreeze", **by_two()).body["law"] == "unproven"
    assert house.do("unfreeze", **by_two()).status == 200
