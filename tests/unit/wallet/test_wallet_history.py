"""Time travel, explanations, proofs that go on, and one currency a wallet."""

from typing import Any

import pytest
from unit.wallet.old_wallets import lived
from unit.wallet.wallet_house import PLAYER, House

from shared.platform.native.sql import NativeSql
from shared.wallet import verify


def test_the_state_at_a_past_event_is_what_the_wallet_was_then() -> None:
    house = House().open(("loss", "daily", 500_000)).deposit(1_000)
    house.grant("g", 300, wagering_multiplier=4)
    house.do("bet", round_id="r", game_id="slot", amount_minor=1_100)
    seen = house.ask("state_at").body
    seq = house.ask("head").body["seq"]
    house.do("win", round_id="r", amount_minor=50)
    house.do("seed_rotate", client_seed="mine")
    house.deposit(9)
    assert house.ask("state_at", seq=seq).body == seen
    assert (seen["cash_minor"], seen["bonus_minor"], seen["held_minor"]) == (0, 200, 0)
    assert seen["limits"] == [
        {"kind": "loss", "period": "daily", "value": 500_000, "source": "player"}
    ]
    opened = seen["open_rounds"]
    assert [(told["round_id"], told["stake_bonus_minor"]) for told in opened] == [("r", 100)]
    assert seen["grants"][0]["wagered_minor"] == 1_100
    later = house.ask("state_at").body
    assert later["open_rounds"] == []
    assert (later["seed"]["client_seed"], later["seed"]["number"]) == ("mine", 2)
    assert seen["seed"]["next_server_seed_hash"] == later["seed"]["server_seed_hash"]


@pytest.mark.parametrize("question", ["state_at", "explain"])
def test_the_future_is_unknown(house: House, question: str) -> None:
    answer = house.ask(question, seq=house.ask("head").body["seq"] + 1)
    assert (answer.status, answer.code) == (404, "event_not_found")
    assert house.ask(question, seq=0).code == "invalid_payload"


def test_an_explanation_adds_up_to_the_balances_at_every_event() -> None:
    house = lived(NativeSql())
    for event in house.events:
        told = house.ask("explain", seq=event["seq"]).body
        for balance in ("cash", "bonus", "held"):
            lines = [line[f"{balance}_minor"] for line in told["by_type"]]
            assert sum(lines) == told[f"{balance}_minor"] == event[f"{balance}_after"]
        assert sum(grant["balance_minor"] for grant in told["grants"]) == told["bonus_minor"]
        for grant in told["grants"]:
            moves = [line["bonus_minor"] for line in grant["by_type"]]
            assert sum(moves) == grant["balance_minor"]
    latest = [line["seq"] for line in house.ask("explain").body["latest"]]
    assert latest == sorted(latest, reverse=True)


def test_an_explanation_names_what_a_rollback_undid(house: House) -> None:
    house.do("bet", round_id="r", game_id="slot", amount_minor=100)
    house.do("win", round_id="r", amount_minor=70)
    house.do("rollback", round_id="r", reason="x")
    lines = {
        (line["type"], line["of"]): line["cash_minor"]
        for line in house.ask("explain").body["by_type"]
    }
    assert lines == {
        ("DEPOSIT", None): 10_000,
        ("BET", None): -100,
        ("WIN", None): 70,
        ("ROLLBACK", "BET"): 100,
        ("ROLLBACK", "WIN"): -70,
    }


def long_wallet(monkeypatch: pytest.MonkeyPatch, whole: int = 25) -> House:
    """A wallet that is long because the bound is short."""
    house = lived(NativeSql())
    monkeypatch.setattr(verify, "WHOLE", whole)
    monkeypatch.setattr(verify, "_PAGE", 7)
    return house


def proved(house: House, **how: Any) -> list[dict[str, Any]]:
    """The answers of one proof, until it has reached the end."""
    answers = [house.ask("verify", **how).body]
    while not answers[-1]["is_complete"]:
        answers.append(house.ask("verify", **how).body)
    assert all(answer["ok"] for answer in answers)
    return answers


def test_a_short_wallet_is_proved_whole_and_keeps_nothing(house: House) -> None:
    answer = house.ask("verify").body
    assert (answer["from_seq"], answer["is_complete"]) == (1, True)
    assert house.sql.query("SELECT count(*) FROM proofs") == [(0,)]


def test_a_long_wallet_is_proved_from_where_the_last_proof_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = long_wallet(monkeypatch)
    end = house.ask("head").body["seq"]
    parts = proved(house)
    assert [(part["from_seq"], part["events"]) for part in parts] == [(1, 25), (26, end)]
    house.deposit(5)
    house.woken()
    assert [part["from_seq"] for part in proved(house)] == [end + 1]
    assert [part["from_seq"] for part in proved(house)] == [end + 2]


def test_a_full_proof_starts_at_the_first_event_again(monkeypatch: pytest.MonkeyPatch) -> None:
    house = long_wallet(monkeypatch)
    proved(house)
    for _ in range(2):
        assert [part["from_seq"] for part in proved(house, full=True)] == [1, 26]


@pytest.mark.parametrize("whole", [1, 2, 3, 5, 11])
def test_wherever_a_proof_stops_it_goes_on_soundly(
    monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    house = long_wallet(monkeypatch, whole)
    assert proved(house)[-1]["events"] == house.ask("head").body["seq"]


def test_a_full_proof_finds_what_the_newest_does_not_look_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = long_wallet(monkeypatch)
    proved(house)
    house.sql.execute("UPDATE rounds SET stake_cash = stake_cash + 1 WHERE round_id = 'lost'")
    assert house.ask("verify").body["ok"]
    answer = house.ask("verify", full=True).body
    assert (answer["ok"], answer["law"]) == (False, "rounds")
    assert house.types[-1] == "FROZEN"


def test_the_newest_proof_finds_what_is_broken_since(monkeypatch: pytest.MonkeyPatch) -> None:
    house = long_wallet(monkeypatch)
    proved(house)
    house.do("bet", round_id="new", game_id="slot", amount_minor=1)
    house.deposit(100)
    house.do("bet", round_id="newer", game_id="slot", amount_minor=1)
    house.sql.execute("UPDATE rounds SET stake_cash = 2 WHERE round_id = 'newer'")
    assert house.ask("verify").body["law"] == "rounds"


def test_a_state_is_the_same_from_the_last_proof_as_from_the_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = long_wallet(monkeypatch)
    before = [house.ask("state_at", seq=seq).body for seq in range(1, 32)]
    proved(house)
    assert [house.ask("state_at", seq=seq).body for seq in range(1, 32)] == before


@pytest.mark.parametrize("currency", ["BRL", "EUR", "GBP", "USD"])
def test_a_wallet_keeps_one_currency_and_mixes_none(currency: str) -> None:
    house = House(currency=currency).open().deposit(1_000)
    session_id = house.session()
    other = "USD" if currency != "USD" else "BRL"
    before = house.tables()
    commands: list[tuple[str, dict[str, Any]]] = [
        ("bet", {"round_id": "r", "game_id": "slot", "amount_minor": 100}),
        ("win", {"round_id": "r", "amount_minor": 100}),
        ("rollback", {"round_id": "r", "reason": "x"}),
        ("deposit_request", {"amount_minor": 5, "method": "pix"}),
        ("withdrawal_hold", {"amount_minor": 5, "payment_account_id": "a"}),
        ("bonus_credit", {"grant_id": "g", "amount_minor": 5, "reason": "x"}),
        ("play", {"session_id": session_id, "stake_minor": 100, "params": {"payout": 0}}),
    ]
    for kind, payload in commands:
        refused = house.do(kind, currency=other, **payload)
        assert (refused.status, refused.code) == (409, "currency_mismatch"), kind
    assert house.tables() == before
    for kind, payload in commands:
        assert house.do(kind, currency=currency, **payload).status < 300, kind
    events = house.ask("event_range", from_seq=1, to_seq=500).body["events"]
    assert {(event["player_id"], event["currency"]) for event in events} == {(PLAYER, currency)}
    assert house.do("win", round_id="r", amount_minor=1, currency="XXX").code == "invalid_payload"
    assert house.is_proven()
