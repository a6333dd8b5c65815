"""The chain and its proof: what was decided cannot be changed, dropped or moved unnoticed."""

from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise

import pytest
from unit.wallet.wallet_house import NO_DEMANDS, House

from shared.platform.ports import SqlConstraintError
from shared.wallet.chain import event_hash
from shared.wallet.model import GENESIS_HASH, Event

VECTOR = "95ff0d433020b7c5f87eecfc4bda8a46c8ff9287e04aac3eb61677eed030a2cb"
"""Published in docs/wallet.md."""


def lived() -> House:
    """A wallet that has seen every kind of event but FROZEN."""
    house = House().open(("loss", "daily", 1_000_000)).deposit(10_000).grant("g", 400)
    session_id = house.session()
    house.play(session_id, 10_200, payout=9_000)
    house.play(session_id, 100)
    house.do("seed_rotate")
    for round_id, won in (("r1", 300), ("r2", 0)):
        house.do("bet", round_id=round_id, game_id="slot", amount_minor=200)
        house.do("win", round_id=round_id, amount_minor=won)
    house.do("rollback", round_id="r1", reason="cancelled")
    house.do("rollback", round_id="early", reason="cancelled")
    house.do("withdrawal_hold", amount_minor=600, payment_account_id="a")
    held = house.do("withdrawal_hold", amount_minor=500, payment_account_id="a").body
    house.do(
        "withdrawal_settle",
        withdrawal_id=held["withdrawal_id"],
        end_to_end_id=held["end_to_end_id"],
    )
    held = house.do("withdrawal_hold", amount_minor=500, payment_account_id="a").body
    house.do("withdrawal_release", withdrawal_id=held["withdrawal_id"], reason="refused")
    house.do("bonus_debit", grant_id="g", amount_minor=1, reason="expired")
    assert house.is_proven()
    return house


def test_the_hash_is_what_the_documentation_says() -> None:
    event = Event(
        seq=7,
        event_id="01a2039c-3aa0-7afd-a558-9c88a650dd45",
        type="BET",
        schema_version=1,
        amount_minor=100,
        cash_delta=-100,
        bonus_delta=0,
        held_delta=0,
        cash_after=900,
        bonus_after=0,
        held_after=0,
        round_id="r\u00e9",
        game_version=None,
        idempotency_key="k",
        causation_id=None,
        recorded_at=1_795_356_900_000,
        data='{"game_id":"dice"}',
        prev_hash=GENESIS_HASH,
        hash="",
    )
    text = (
        "0" * 64 + '[7,"01a2039c-3aa0-7afd-a558-9c88a650dd45","BET",1,100,-100,0,0,"r\u00e9",'
        'null,"k",null,1795356900000,"{\\"game_id\\":\\"dice\\"}"]'
    )
    assert event_hash(event) == sha256(text.encode()).hexdigest()
    assert event_hash(event) == VECTOR


def test_events_follow_each_other_without_a_gap() -> None:
    events = lived().events
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["prev_hash"] == GENESIS_HASH
    for before, after in pairwise(events):
        assert after["prev_hash"] == before["hash"]


@pytest.mark.parametrize("table", ["events", "commands"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET seq = seq", "DELETE FROM {0}"])
def test_the_log_and_the_answers_refuse_to_be_changed(
    house: House, table: str, change: str
) -> None:
    with pytest.raises(SqlConstraintError):
        house.sql.execute(change.format(table))


def test_an_event_cannot_leave_a_balance_below_zero(house: House) -> None:
    house.do("bet", round_id="r", game_id="slot", amount_minor=100)
    with pytest.raises(SqlConstraintError):
        house.sql.execute(
            "INSERT INTO events SELECT seq + 1, event_id, type, schema_version, amount_minor, "
            "cash_delta, bonus_delta, held_delta, -1, bonus_after, held_after, round_id, "
            "game_version, idempotency_key, causation_id, recorded_at, data, prev_hash, hash "
            "FROM events ORDER BY seq DESC LIMIT 1"
        )


def unlocked(house: House) -> House:
    """As somebody with the database file could: without the triggers."""
    for name in ("events_refuse_update", "events_refuse_delete", "commands_refuse_delete"):
        house.sql.execute(f"DROP TRIGGER {name}")
    return house


@pytest.mark.parametrize(
    "change",
    [
        "event_id = 'forged'",
        "type = 'DEPOSIT'",
        "schema_version = 1",
        "amount_minor = amount_minor + 1",
        "cash_delta = cash_delta + 1",
        "bonus_delta = 1",
        "held_delta = 1",
        "round_id = 'other'",
        "game_version = '9'",
        "idempotency_key = 'other'",
        "causation_id = 'other'",
        "recorded_at = recorded_at + 1",
        "data = '{}'",
        f"hash = '{'a' * 64}'",
    ],
)
def test_a_changed_column_is_found_at_its_event(change: str) -> None:
    house = unlocked(lived())
    house.sql.execute(f"UPDATE events SET {change} WHERE seq = 8")
    verdict = house.ask("verify").body
    assert (verdict["ok"], verdict["law"], verdict["broken_at"]) == (False, "hash", 8)


@pytest.mark.parametrize(
    ("change", "law", "seq"),
    [
        ("UPDATE events SET cash_after = cash_after + 1 WHERE seq = 8", "fold", 8),
        (f"UPDATE events SET prev_hash = '{'b' * 64}' WHERE seq = 8", "linked", 8),
        ("DELETE FROM events WHERE seq = 8", "gapless", 8),
        ("DELETE FROM events WHERE seq = 1", "gapless", 1),
    ],
)
def test_a_broken_log_is_named_with_its_place(change: str, law: str, seq: int) -> None:
    house = unlocked(lived())
    house.sql.execute(change)
    verdict = house.ask("verify").body
    assert (verdict["ok"], verdict["law"], verdict["broken_at"]) == (False, law, seq)


def rechained(house: House) -> None:
    """Recompute every hash, as a forger who knows the algorithm would."""
    prev_hash = GENESIS_HASH
    for row in house.sql.query("SELECT * FROM events ORDER BY seq"):
        event = Event(*row)  # type: ignore[arg-type]  # the columns are the fields
        house.sql.execute("UPDATE events SET prev_hash = ? WHERE seq = ?", prev_hash, event.seq)
        event = Event(*house.sql.query("SELECT * FROM events WHERE seq = ?", event.seq)[0])  # type: ignore[arg-type]
        prev_hash = event_hash(event)
        house.sql.execute("UPDATE events SET hash = ? WHERE seq = ?", prev_hash, event.seq)


def grow_a_win(house: House) -> None:
    house.sql.execute(
        "UPDATE events SET amount_minor = amount_minor + 5, cash_delta = cash_delta + 5 "
        "WHERE seq = (SELECT min(seq) FROM events WHERE type = 'WIN')"
    )
    house.sql.execute(
        "UPDATE events SET cash_after = cash_after + 5 "
        "WHERE seq >= (SELECT min(seq) FROM events WHERE type = 'WIN')"
    )


def mint_on_a_bet(house: House) -> None:
    house.sql.execute(
        "UPDATE events SET cash_delta = -cash_delta, bonus_delta = -bonus_delta "
        "WHERE seq = (SELECT min(seq) FROM events WHERE type = 'BET')"
    )


def turn_back_time(house: House) -> None:
    house.sql.execute("UPDATE events SET recorded_at = recorded_at - 1 WHERE seq = 5")


def empty_the_data(house: House) -> None:
    house.sql.execute("UPDATE events SET data = '{}' WHERE type = 'WITHDRAWAL_HELD'")


def list_the_data(house: House) -> None:
    house.sql.execute("UPDATE events SET data = '[]' WHERE type = 'ROLLBACK'")


def cut_the_end_off(house: House) -> None:
    house.sql.execute("DELETE FROM events WHERE seq > 12")


@pytest.mark.parametrize(
    ("forge", "law"),
    [
        (grow_a_win, "rounds"),
        (mint_on_a_bet, "postings"),
        (turn_back_time, "time"),
        (empty_the_data, "data"),
        (list_the_data, "data"),
        (cut_the_end_off, "rounds"),
    ],
)
def test_a_forger_who_rechains_still_breaks_another_law(
    forge: Callable[[House], None], law: str
) -> None:
    house = unlocked(lived())
    forge(house)
    rechained(house)
    assert house.ask("verify").body["law"] == law


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("UPDATE rounds SET stake_cash = stake_cash + 1", "rounds"),
        ("UPDATE rounds SET payout_cash = payout_cash + 1", "rounds"),
        ("DELETE FROM rounds WHERE round_id = 'r2'", "rounds"),
        ("UPDATE withdrawals SET status = 'paid', closed_seq = 1 WHERE status = 'held'", "holds"),
        ("UPDATE withdrawals SET amount_minor = 1 WHERE status = 'held'", "holds"),
        ("UPDATE grants SET balance_minor = balance_minor + 1", "grants"),
        ("UPDATE deposits SET amount_minor = amount_minor + 1", "deposits"),
        ("DELETE FROM deposits", "deposits"),
        ("UPDATE meta SET day_offset_ms = 0", "opened"),
        ("UPDATE daily SET wagered_minor = 0", "days"),
        ("UPDATE daily SET won_minor = won_minor + 1", "days"),
        ("UPDATE daily SET bets = bets + 1", "days"),
        ("UPDATE seeds SET server_seed = next_server_seed", "seeds"),
        (f"UPDATE seeds SET server_seed_hash = '{'c' * 64}' WHERE number = 1", "seeds"),
        (
            "INSERT INTO commands VALUES ('x', 'h', 200, '{}', 1000)",
            "answered",
        ),
    ],
)
def test_a_row_that_is_not_what_the_events_say_is_named(change: str, law: str) -> None:
    house = lived()
    house.sql.execute(change)
    verdict = house.ask("verify").body
    assert (verdict["ok"], verdict["law"]) == (False, law)


def test_the_first_event_binds_the_chain_to_its_player() -> None:
    heads = {
        House()
        .do(
            "open",
            key="",
            player_id=player_id,
            currency="BRL",
            jurisdiction="br",
            limits=[],
            rules=NO_DEMANDS,
        )
        .body["head_hash"]
        for player_id in ("player-1", "player-2")
    }
    assert len(heads) == 2
