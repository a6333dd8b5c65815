"""Every tampering with what a command relies on is found, by the name of the law it breaks.

Somebody who holds the database drops its triggers and changes one row. What follows from no event,
and so cannot be found, is listed in docs/wallet.md under "What no proof covers".
"""

import json
from typing import Any

import pytest
from unit.wallet.test_wallet_closing import bet, close, lived
from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.wallet import closing as closing_module
from shared.wallet import opening as opening_module
from shared.wallet import verify as verify_module
from shared.wallet.closed_book import KEPT_ONLINE_MS
from shared.wallet.marks import mark

DESK: dict[str, Any] = {
    "approval_id": "appr-1",
    "maker_id": "ana",
    "checker_id": "rui",
    "reason": "goodwill",
    "direction": "credit",
    "amount_minor": 5_000,
}


def life() -> House:
    house = House().open(("time", "daily", 60), ("deposit", "daily", 10**6)).admit()
    house.deposit(50_000).grant("g", 500, wagering_multiplier=3)
    session = house.session()
    for _ in range(3):
        house.play(session, 100, 50)
        house.clock.advance(MINUTE_MS)
    for end in ("settle", "release", None):
        held = house.do("withdrawal_hold", amount_minor=700, payment_account_id="own").body
        told = {"withdrawal_id": held["withdrawal_id"]}
        if end == "settle":
            payment = held["end_to_end_id"]
            house.do("withdrawal_settle", login="", end_to_end_id=payment, **told)
        elif end == "release":
            house.do("withdrawal_release", login="", reason="refused", **told)
    assert house.do("adjustment", key="appr-1", login="", **DESK).status == 200
    house.do("seed_rotate", client_seed="mine")
    house.do("pause", key="", until=house.clock.now_ms() + 1, source="player")
    house.clock.advance(MINUTE_MS)
    house.do("bet", round_id="open", game_id="slot", amount_minor=30)
    assert house.is_proven()
    return house


def drop_triggers(house: House) -> None:
    for (name,) in house.sql.query("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        house.sql.execute(f"DROP TRIGGER {name!s}")


def tampered(house: House, *statements: str) -> House:
    drop_triggers(house)
    for statement in statements:
        house.sql.execute(statement)
    house.woken()
    return house


def law_of(house: House) -> object:
    return house.ask("verify", login="").body["law"]


OTHER_SEED = "'" + "a" * 64 + "'"
CASES = {
    "an answer is gone": (
        "commands",
        "DELETE FROM commands WHERE idempotency_key = 'house:appr-1'",
    ),
    "all answers are gone": ("commands", "DELETE FROM commands"),
    "an answer has another key": (
        "commands",
        "UPDATE commands SET idempotency_key = 'house:x' WHERE idempotency_key = 'house:appr-1'",
    ),
    "an answer became the player's of another place": (
        "commands",
        "UPDATE commands SET seq = seq - 1 WHERE idempotency_key = 'house:appr-1'",
    ),
    "a payment is forgotten": (
        "deposits",
        "UPDATE deposits SET end_to_end_id = 'E-other' WHERE credited_seq IS NOT NULL",
    ),
    "a deposit is gone": ("deposits", "DELETE FROM deposits"),
    "a hold pays another account": (
        "holds",
        "UPDATE withdrawals SET payment_account_id = 'thief' WHERE status = 'held'",
    ),
    "a hold names another payment": (
        "holds",
        "UPDATE withdrawals SET end_to_end_id = 'E-other' WHERE status = 'held'",
    ),
    "a hold was due earlier": (
        "holds",
        "UPDATE withdrawals SET due_at = due_at - 1 WHERE status = 'held'",
    ),
    "a paid withdrawal names another payment": (
        "holds",
        "UPDATE withdrawals SET end_to_end_id = 'E-other' WHERE status = 'paid'",
    ),
    "a released withdrawal went elsewhere": (
        "holds",
        "UPDATE withdrawals SET payment_account_id = 'thief' WHERE status = 'released'",
    ),
    "a hold is another event's": (
        "holds",
        "UPDATE withdrawals SET held_event_id = 'x' WHERE status = 'held'",
    ),
    "the next server seed": (
        "seeds",
        f"UPDATE seeds SET next_server_seed = {OTHER_SEED} WHERE revealed_at IS NULL",
    ),
    "the server seed": (
        "seeds",
        f"UPDATE seeds SET server_seed = {OTHER_SEED} WHERE revealed_at IS NULL",
    ),
    "the seed is revealed before its end": ("seeds", "UPDATE seeds SET revealed_at = 1"),
    "the seed is younger": (
        "seeds",
        "UPDATE seeds SET committed_at = committed_at + 1 WHERE revealed_at IS NULL",
    ),
    "a revealed seed drew less": (
        "seeds",
        "UPDATE seeds SET nonce = nonce - 1 WHERE revealed_at IS NOT NULL",
    ),
    "time that was played": ("days", "UPDATE daily SET play_ms = 0"),
    "the last bet": ("days", "UPDATE daily SET last_bet_at = 0"),
    "what was deposited": ("days", "UPDATE daily SET deposited_minor = 0"),
    "a day is gone": ("days", "DELETE FROM daily"),
    "a round": ("rounds", "UPDATE rounds SET settled_at = settled_at + 1"),
    "a round is gone": ("rounds", "DELETE FROM rounds WHERE settled_seq IS NOT NULL"),
    "a grant": ("grants", "UPDATE grants SET wagered_minor = required_minor"),
    "a limit": ("limits", "UPDATE limits SET value = value + 1"),
    "a limit is gone": ("limits", "DELETE FROM limits"),
    "a term": ("gate", "UPDATE exclusions SET until = until + 1"),
    "the gate": ("gate", "UPDATE gate SET facts_until = 1"),
    "the currency": ("opened", "UPDATE meta SET currency = 'XXX'"),
    "the clock": ("clock", "UPDATE meta SET clock_offset_ms = 864000000"),
}


@pytest.mark.parametrize(("law", "statement"), CASES.values(), ids=CASES)
def test_every_tampering_is_found_by_the_name_of_its_law(law: str, statement: str) -> None:
    house = tampered(life(), statement)
    assert law_of(house) == law
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).code == "wallet_frozen"


@pytest.mark.parametrize(("law", "statement"), CASES.values(), ids=CASES)
def test_a_full_proof_of_a_long_wallet_finds_it_too(
    law: str, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "WHOLE", 7)
    monkeypatch.setattr(verify_module, "_PAGE", 3)
    house = life()
    while not house.ask("verify", login="", full=True).body["is_complete"]:
        pass
    tampered(house, statement)
    verdict = house.ask("verify", login="", full=True).body
    while verdict["ok"] and not verdict["is_complete"]:
        verdict = house.ask("verify", login="", full=True).body
    assert verdict["law"] == law


def test_a_wallet_is_not_released_by_a_change_of_its_row() -> None:
    house = life()
    house.sql.execute("UPDATE meta SET currency = 'XXX'")
    assert law_of(house) == "opened"
    house.sql.execute("UPDATE meta SET currency = 'BRL'")
    tampered(house, "UPDATE meta SET frozen_law = NULL")
    assert law_of(house) == "frozen"
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).code == "wallet_frozen"
    people = {"maker_id": "ana", "checker_id": "rui", "reason": "the proof holds"}
    released = house.do("unfreeze", key="appr-2", login="", approval_id="appr-2", **people)
    assert released.body["released_law"] == "frozen"
    assert house.is_proven()


def test_a_freeze_that_the_log_did_not_take_is_released_by_two_people() -> None:
    house = life()
    house.sql.execute(
        "CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).status == 423
    house.sql.execute("DROP TRIGGER no_events")
    assert house.is_proven()
    people = {"maker_id": "ana", "checker_id": "rui", "reason": "room again"}
    released = house.do("unfreeze", key="appr-2", login="", approval_id="appr-2", **people)
    assert released.status == 200
    assert house.is_proven()


def test_a_clock_is_moved_by_nothing_outside_of_the_sandbox() -> None:
    house = tampered(life(), "UPDATE meta SET clock_offset_ms = 864000000")
    house.do("bet", key="late", round_id="r", game_id="slot", amount_minor=1)
    assert house.events[-1]["recorded_at"] == house.clock.now_ms()


def test_the_sandbox_moves_its_clock_and_is_proven() -> None:
    house = House(sandbox=True).open()
    assert house.do("clock_advance", key="", login="", advance_ms=DAY_MS).status == 200
    assert house.is_proven()


# Answers and events


def test_the_same_key_of_player_and_house_are_two_commands() -> None:
    house = life()
    house.do("bet", key="same", round_id="p", game_id="slot", amount_minor=1)
    house.do("bet", key="same", login="", round_id="h", game_id="slot", amount_minor=1)
    assert house.is_proven()
    for whose in ("player", "house"):
        rows = house.sql.query("SELECT * FROM commands WHERE idempotency_key = ?", f"{whose}:same")
        gone = f"DELETE FROM commands WHERE idempotency_key = '{whose}:same'"
        assert law_of(tampered(house, gone)) == "commands"
        house.sql.execute("INSERT INTO commands VALUES (?, ?, ?, ?, ?)", *rows[0])
        house.sql.execute("UPDATE meta SET frozen_law = NULL")
        house.sql.execute("DELETE FROM events WHERE type = 'FROZEN'")
        assert house.is_proven()


def test_an_approval_that_was_carried_out_twice_is_found_afterwards() -> None:
    house = House().open()
    assert house.do("adjustment", key="appr-1", login="", **DESK).status == 200
    tampered(house, "DELETE FROM commands WHERE idempotency_key = 'house:appr-1'")
    assert house.do("adjustment", key="appr-1", login="", **DESK).status == 200
    assert house.money == (2 * DESK["amount_minor"], 0, 0)
    assert law_of(house) == "commands"


@pytest.mark.parametrize("most", range(1, 12))
def test_a_proof_may_stop_within_a_command(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    house = life()
    monkeypatch.setattr(verify_module, "WHOLE", most)
    for full in (True, False):
        verdict = house.ask("verify", login="", full=full).body
        while verdict["ok"] and not verdict["is_complete"]:
            verdict = house.ask("verify", login="", full=full).body
        assert verdict["ok"], verdict


# Closed books

KEY, ROUND = mark("house:bet-settled").hex(), mark("settled").hex()
MARKS = {
    "a key and its round are swapped for others": (
        f"UPDATE closed_rounds SET round = x'{'00' * 16}' WHERE round = x'{ROUND}'",
        f"UPDATE closed_keys SET slot = x'{'00' * 16}' WHERE slot = x'{KEY}'",
    ),
    "a key": (f"UPDATE closed_keys SET slot = x'{'00' * 16}' WHERE slot = x'{KEY}'",),
    "its request": (f"UPDATE closed_keys SET request = x'{'00' * 16}' WHERE slot = x'{KEY}'",),
    "its book": ("UPDATE closed_keys SET book = 2",),
    "a round": (f"UPDATE closed_rounds SET round = x'{'00' * 16}' WHERE round = x'{ROUND}'",),
    "the first bet": ("UPDATE closed_books SET staked_cash = 0",),
}


@pytest.mark.parametrize("statements", MARKS.values(), ids=MARKS)
@pytest.mark.parametrize("closings", [1, 2])
def test_a_mark_of_closed_books_cannot_be_changed(
    closings: int, statements: tuple[str, ...]
) -> None:
    house = closed(closings)
    assert law_of(tampered(house, *statements)) == "books"


def closed(times: int) -> House:
    house = lived()
    close(house)
    for _ in range(1, times):
        house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
        house.deposit(300)
        house.play(house.session(), 100, 20)
        close(house)
    assert house.is_proven()
    return house


def test_what_an_earlier_release_closed_stays_proven_and_is_bound_by_the_next_book(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An opening without the sum of the marks, and without the time that was played."""
    whole = opening_module.opening_text

    def earlier(*args: Any) -> str:
        fold = json.loads(whole(*args))
        del fold["marks"], fold["counters"]["last_bet_at"], fold["counters"]["answering"]
        for day in fold["counters"]["days"].values():
            del day["play_ms"], day["last_bet_at"]
        return json.dumps(fold)

    monkeypatch.setattr(closing_module, "opening_text", earlier)
    house = closed(1)
    monkeypatch.undo()
    session = house.session()
    for _ in range(3):
        house.play(session, 100, 20)
        house.clock.advance(MINUTE_MS)
        assert house.is_proven()
    house.clock.advance(DAY_MS)
    session = house.session()
    for _ in range(3):
        house.play(session, 100, 20)
        house.clock.advance(MINUTE_MS)
        assert house.is_proven()
    house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
    house.deposit(300)
    close(house)
    assert house.is_proven()
    assert house.do("bet", login="", **bet("settled")).code == "round_archived"
    assert law_of(tampered(house, *MARKS["a round"])) == "books"
    assert law_of(tampered(closed(1), "UPDATE daily SET play_ms = play_ms + 1")) == "days"
