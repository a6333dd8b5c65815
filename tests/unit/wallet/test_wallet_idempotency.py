"""A key stands for one request: the same gets the same answer, another gets a conflict."""

import json
from typing import Any

import pytest
from unit.wallet.wallet_house import CONTEXT, LOGIN, House, reply


def commands(house: House) -> list[tuple[str, dict[str, Any]]]:
    """One command of every kind that moves something, each possible right now."""
    session_id = house.session()
    deposit_id = house.do("deposit_request", amount_minor=5, method="pix").body["deposit_id"]
    settled, released = (
        house.do("withdrawal_hold", amount_minor=10, payment_account_id="a").body for _ in range(2)
    )
    house.grant("old", 50)
    house.do("bet", round_id="open", game_id="slot", amount_minor=100)
    house.do("bet", round_id="wrong", game_id="slot", amount_minor=100)
    played = {"session_id": session_id, "stake_minor": 100, "params": {"payout": 50}}
    return [
        ("deposit_request", {"amount_minor": 5, "method": "pix"}),
        (
            "deposit_credit",
            {"deposit_id": deposit_id, "amount_minor": 5, "end_to_end_id": "E5"},
        ),
        ("withdrawal_hold", {"amount_minor": 10, "payment_account_id": "a"}),
        (
            "withdrawal_settle",
            {
                "withdrawal_id": settled["withdrawal_id"],
                "end_to_end_id": settled["end_to_end_id"],
            },
        ),
        ("withdrawal_release", {"withdrawal_id": released["withdrawal_id"], "reason": "no"}),
        ("play", played),
        ("bet", {"round_id": "new", "game_id": "slot", "amount_minor": 100}),
        ("win", {"round_id": "open", "amount_minor": 70}),
        ("rollback", {"round_id": "wrong", "reason": "cancelled"}),
        ("bonus_credit", {"grant_id": "new", "amount_minor": 5, "reason": "gift"}),
        ("bonus_debit", {"grant_id": "old", "amount_minor": 5, "reason": "expired"}),
        ("seed_rotate", {"client_seed": "mine"}),
        ("game_session_open", {"game": GAME}),
    ]


GAME = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 100,
    "max_stake_minor": 1_000,
    "enabled": True,
}


def test_every_command_is_answered_again_byte_for_byte_and_moves_nothing_more(
    house: House,
) -> None:
    for kind, payload in commands(house):
        key = f"once-{kind}"
        first = house.do(kind, key=key, **payload)
        assert first.status < 300, (kind, first)
        stored = house.tables()
        house.woken()
        again = house.do(kind, key=key, **payload)
        assert again.replayed
        assert again.text == first.text.replace(" 0 ", " 1 ", 1)
        assert house.tables() == stored
    assert house.is_proven()


def test_a_key_of_another_request_is_a_conflict(house: House) -> None:
    house.do("bet", key="k", round_id="r1", game_id="slot", amount_minor=100)
    before = house.tables()
    others: list[dict[str, Any]] = [
        {"round_id": "r1", "game_id": "slot", "amount_minor": 101},
        {"round_id": "r2", "game_id": "slot", "amount_minor": 100},
    ]
    for payload in others:
        other = house.do("bet", key="k", **payload)
        assert (other.status, other.code) == (409, "idempotency_key_conflict")
    assert house.do("win", key="k", round_id="r1", amount_minor=100).code == (
        "idempotency_key_conflict"
    )
    assert house.tables() == before


def test_the_order_of_members_is_not_another_request(house: House) -> None:
    texts = (
        '{"round_id": "r1", "game_id": "slot", "amount_minor": 100}',
        '{"amount_minor":100,"game_id":"slot","round_id":"r1"}',
    )
    first, second = (reply(house.wallet.execute("bet", "k", LOGIN, text)) for text in texts)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body


def test_a_rejection_is_not_remembered(house: House) -> None:
    refused = house.do("bet", key="k", round_id="r1", game_id="slot", amount_minor=10_001)
    assert refused.code == "insufficient_funds"
    house.deposit(1)
    assert (
        house.do("bet", key="k", round_id="r1", game_id="slot", amount_minor=10_001).status == 200
    )


@pytest.mark.parametrize(
    "kind",
    ["deposit_request", "deposit_credit", "withdrawal_hold", "play", "bet", "win", "rollback"],
)
def test_what_moves_money_needs_a_key(house: House, kind: str) -> None:
    refused = reply(house.wallet.execute(kind, "", LOGIN, "{}"))
    assert (refused.status, refused.code) == (400, "idempotency_key_required")


@pytest.mark.parametrize("key", ["a b", "ç", "a" * 301, "\n", "\ud800"])
def test_a_key_is_visible_ascii(house: House, key: str) -> None:
    payload = json.dumps({"round_id": "r", "game_id": "g", "amount_minor": 1})
    assert reply(house.wallet.execute("bet", key, LOGIN, payload)).code == "invalid_payload"


def test_without_a_key_a_session_is_opened_anew_each_time(house: House) -> None:
    assert house.session() != house.session()


def test_twenty_sends_of_one_bet_are_one_round(house: House) -> None:
    session_id = house.session()
    payload = json.dumps({"session_id": session_id, "stake_minor": 100, "params": {"payout": 0}})
    answers = {
        house.wallet.execute("play", "same", LOGIN, payload, CONTEXT).split(" ", 2)[2]
        for _ in range(20)
    }
    assert len(answers) == 1
    assert house.money == (9_900, 0, 0)


def test_fifty_bets_on_a_wallet_that_affords_ten_leave_exactly_ten() -> None:
    house = House().open().deposit(1_000)
    session_id = house.session()
    statuses = [house.play(session_id, 100).status for _ in range(50)]
    assert statuses.count(201) == 10
    assert house.money == (0, 0, 0)
    assert house.is_proven()
