"""Closing the books: prepare, commit, drop; what stays, what is refused, what tampering shows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.wallet.test_wallet_crash import FragileSql, PowerCut
from unit.wallet.wallet_house import LOGIN, House, Reply

from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.ports import SqlConstraintError
from shared.wallet import closing as closing_module
from shared.wallet import dropping as dropping_module
from shared.wallet import verify as verify_module
from shared.wallet.closed_book import KEPT_ONLINE_MS

MANIFEST = "ab" * 32
FOREVER = 10**13


def book(house: House, kind: str, **payload: object) -> dict[str, Any]:
    answer = house.do(f"books_{kind}", key="", login="", **payload)
    assert answer.status == 200, answer
    return answer.body


def prepare(house: House, least_events: int = 1) -> dict[str, Any]:
    house.wallet.delivered(house.ask("head", login="").body["seq"])
    while True:
        told = book(house, "prepare", before_ms=FOREVER, least_events=least_events)
        if told["stage"] != "proving":
            return told


def commit(house: House, told: dict[str, Any], manifest: str = MANIFEST) -> Reply:
    return house.do("books_commit", key="", login="", manifest_sha256=manifest, **named(told))


def named(told: dict[str, Any]) -> dict[str, Any]:
    """What a commit says of the book that was prepared."""
    return {name: told[name] for name in ("book", "to_seq", "hash", "answers")}


def close(house: House) -> dict[str, Any]:
    """All steps; what was prepared."""
    told = prepare(house)
    assert told["stage"] == "ready", told
    assert commit(house, told).status == 200
    while book(house, "drop")["stage"] != "done":
        pass
    return told


def lived() -> House:
    """A wallet with every kind of thing in it, a year and more ago, and something since."""
    house = House(jurisdiction="br").open(("loss", "daily", 10**9), ("deposit", "monthly", 10**9))
    house.deposit(50_000)
    session = house.session()
    for payout in (0, 150, 300):
        house.play(session, 100, payout)
    house.grant("kept", 500, wagering_multiplier=5).grant("gone", 100)
    house.do("bonus_forfeit", login="", grant_id="gone", reason="asked")
    for round_id, won in (("settled", 20), ("undone", 0), ("late", None), ("open", None)):
        house.do("bet", key=f"bet-{round_id}", login="", **bet(round_id))
        if won is not None:
            house.do("win", key=f"win-{round_id}", login="", round_id=round_id, amount_minor=won)
    house.do("rollback", login="", round_id="undone", reason="cancelled")
    house.do("rollback", login="", round_id="early", reason="cancelled")
    held = house.do("withdrawal_hold", amount_minor=700, payment_account_id="a").body
    house.do("withdrawal_release", login="", withdrawal_id=held["withdrawal_id"], reason="x")
    house.do("withdrawal_hold", key="hold", amount_minor=900, payment_account_id="a")
    house.do("seed_rotate", client_seed="mine")
    house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
    house.do("win", login="", round_id="late", amount_minor=40)
    house.deposit(1_000)
    house.play(house.session(), 100, 50)
    return house


def bet(round_id: str) -> dict[str, Any]:
    return {"round_id": round_id, "game_id": "slot", "amount_minor": 30}


@pytest.fixture
def house() -> House:
    return lived()


def test_the_wallet_goes_on_behind_its_closed_books_and_proves_itself(house: House) -> None:
    money = house.money
    seq = house.ask("head").body["seq"]
    told = close(house)
    head = house.ask("head").body
    assert (told["from_seq"], head["closed_seq"], head["seq"]) == (1, told["to_seq"], seq + 1)
    assert house.money == money
    assert house.is_proven()
    assert house.play(house.session(), 100, 200).status == 201
    assert house.is_proven()
    house.woken()
    assert house.is_proven()


def test_what_is_archived_has_left_the_tables(house: House) -> None:
    told = close(house)
    cut = told["to_seq"]
    seqs = [row[0] for row in house.sql.query("SELECT seq FROM events WHERE seq <= ?", cut)]
    rows = house.sql.query("SELECT round_id, opened_seq FROM rounds")
    places: dict[Any, Any] = dict(rows)  # type: ignore[arg-type]
    assert seqs == sorted((places["late"], places["open"])), "their bets wait for wins"
    assert set(places) >= {"late", "open"}
    assert not {"settled", "undone", "early"} & set(places)
    assert house.sql.query("SELECT count(*) FROM commands WHERE seq < ?", cut) == [(0,)]


def test_the_closing_event_binds_book_opening_and_manifest(house: House) -> None:
    told = close(house)
    events = house.ask("event_range").body["events"]
    closed = json.loads(events[-1]["data"])
    assert events[0]["prev_hash"] == told["hash"] == closed["closed_hash"]
    assert events[-1]["type"] == "BOOKS_CLOSED"
    assert closed["manifest_sha256"] == MANIFEST
    assert house.ask("event_range").body["opening"] == closed
    assert (events[-1]["amount_minor"], events[-1]["cash_delta"]) == (0, 0)


def test_no_command_of_a_closed_book_is_carried_out_twice(house: House) -> None:
    first = house.do("bet", key="bet-settled", login="", **bet("settled"))
    assert first.replayed
    close(house)
    before = house.ask("head").body
    again = house.do("bet", key="bet-settled", login="", **bet("settled"))
    assert (again.code, again.body["book"]) == ("answer_archived", 1)
    other = house.do("bet", key="bet-settled", login="", **bet("another"))
    assert other.code == "idempotency_key_conflict"
    held: dict[str, Any] = {"amount_minor": 900, "payment_account_id": "a"}
    assert house.do("withdrawal_hold", key="hold", **held).code == "answer_archived"
    assert house.do("withdrawal_hold", key="hold", login="", **held).status == 201, "no such key"
    assert house.ask("head").body["seq"] == before["seq"] + 1


def test_a_round_of_a_closed_book_is_known_to_be_over(house: House) -> None:
    close(house)
    for round_id in ("settled", "undone", "early"):
        assert house.do("bet", login="", **bet(round_id)).code == "round_archived"
        won = house.do("win", login="", round_id=round_id, amount_minor=1)
        assert won.code == "round_archived"
        undone = house.do("rollback", login="", round_id=round_id, reason="late")
        assert (undone.code, undone.status) == ("round_archived", 410)
        assert house.ask("round", round_id=round_id).code == "round_archived"
    assert house.do("win", login="", round_id="unknown", amount_minor=1).code == "round_not_found"
    assert house.is_proven()


def test_a_round_of_a_closed_book_is_over_before_its_row_has_left(house: House) -> None:
    commit(house, prepare(house))
    assert house.sql.query("SELECT 1 FROM rounds WHERE round_id = 'settled'")
    undone = house.do("rollback", login="", round_id="settled", reason="late")
    assert undone.code == "round_archived"
    assert "settled" not in [item["round_id"] for item in house.ask("rounds").body["items"]]


def test_a_round_that_was_open_at_the_cut_is_won_and_undone_as_ever(house: House) -> None:
    close(house)
    cash = house.money[0]
    listed = [item["round_id"] for item in house.ask("rounds").body["items"]]
    assert listed[-2:] == ["open", "late"]
    assert house.ask("round", round_id="open").body["stake_minor"] == 30
    assert house.do("win", login="", round_id="open", amount_minor=70).status == 200
    assert house.do("rollback", login="", round_id="late", reason="recalled").status == 200
    assert house.money[0] == cash + 70 - 40 + 30
    assert house.is_proven()


def test_a_frozen_wallet_and_a_young_one_close_nothing(house: House) -> None:
    young = House().open().deposit(100)
    assert prepare(young)["stage"] == "nothing"
    young.clock.advance(KEPT_ONLINE_MS - MINUTE_MS)
    assert prepare(young)["stage"] == "nothing"
    young.clock.advance(2 * MINUTE_MS)
    assert prepare(young, 100)["stage"] == "nothing"
    assert prepare(young)["stage"] == "ready"

    told = prepare(house)
    house.sql.execute("UPDATE grants SET balance_minor = balance_minor + 1 WHERE grant_id = 'kept'")
    assert house.ask("verify").body["law"] == "grants"
    assert commit(house, told).code == "wallet_frozen"
    for kind in ("books_prepare", "books_drop"):
        payload = {"before_ms": FOREVER, "least_events": 1} if kind == "books_prepare" else {}
        assert house.do(kind, key="", login="", **payload).code == "wallet_frozen"


def test_events_that_the_queue_does_not_have_are_not_closed(house: House) -> None:
    house.wallet.delivered(5)
    assert book(house, "prepare", before_ms=FOREVER, least_events=1)["stage"] == "nothing"
    assert prepare(house)["stage"] == "ready"


def test_a_cut_never_parts_the_events_of_one_command(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing_module, "EVENTS_PER_BOOK", 9)
    house = House().open().deposit(10_000)
    session = house.session()
    for _ in range(10):
        house.clock.advance(1_000)
        house.play(session, 100, 50)
    house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
    house.deposit(5)
    for _ in range(3):
        told = close(house)
        last, following = (
            house.ask("state_at", seq=seq).body["recorded_at"]
            for seq in (told["to_seq"], told["to_seq"] + 1)
        )
        assert last < following
        assert house.is_proven()


def test_a_player_cannot_ask_for_a_closing_and_it_takes_no_key(house: House) -> None:
    payload = {"before_ms": FOREVER, "least_events": 1}
    for key, login in (("", LOGIN), ("k", "")):
        refused = house.do("books_prepare", key=key, login=login, **payload)
        assert refused.code == "unknown_command"


def test_a_commit_names_what_is_prepared(house: House) -> None:
    told = prepare(house)
    assert commit(house, told | {"hash": "0" * 64}).code == "books_not_ready"
    assert commit(house, told | {"to_seq": told["to_seq"] - 1}).code == "books_not_ready"
    assert commit(house, told | {"book": 2}).code == "books_not_ready"
    assert commit(house, told | {"answers": told["answers"] - 1}).code == "books_not_ready"
    done = commit(house, told)
    assert commit(house, told).text == done.text, "a repeated commit gets the same answer"
    assert commit(house, told, "cd" * 32).code == "books_conflict"


def test_commands_between_the_steps_change_nothing_about_the_book(house: House) -> None:
    told = prepare(house)
    assert house.do("win", login="", round_id="open", amount_minor=5).status == 200
    house.play(house.session(), 100, 0)
    assert prepare(house) == told
    assert commit(house, told).status == 200
    assert house.is_proven()
    house.play(house.session(), 100, 300)
    book(house, "drop")
    assert house.is_proven()
    while book(house, "drop")["stage"] != "done":
        assert house.is_proven()
    assert house.is_proven()


def test_a_book_upon_a_book(house: House) -> None:
    close(house)
    for _ in range(2):
        house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
        house.deposit(300)
        house.play(house.session(), 100, 20)
        close(house)
        assert house.is_proven()
    assert house.do("win", login="", round_id="open", amount_minor=5).status == 200
    assert house.do("bet", login="", **bet("settled")).code == "round_archived"
    again = house.do("bet", key="bet-settled", login="", **bet("settled"))
    assert (again.code, again.body["book"]) == ("answer_archived", 1)
    assert house.do("bonus_credit", login="", **GRANT).status == 200, "a bet with cash is known"
    assert house.is_proven()
    assert house.ask("explain").body["by_type"][0]["type"] == "BOOKS_CLOSED"


GRANT: dict[str, Any] = {"grant_id": "new", "amount_minor": 5, "reason": "test"}


def test_the_first_bet_is_remembered_when_its_round_is_gone() -> None:
    house = House(jurisdiction="br").open().deposit(1_000)
    assert house.do("bonus_credit", login="", **GRANT).code == "bonus_before_first_bet"
    house.play(house.session(), 100, 0)
    house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
    close(house)
    assert house.sql.query("SELECT count(*) FROM rounds") == [(0,)]
    assert house.do("bonus_credit", login="", **GRANT).status == 200


def test_questions_about_archived_events_get_a_clear_answer(house: House) -> None:
    state = house.ask("state_at", seq=prepare(house)["to_seq"]).body
    told = close(house)
    cut = told["to_seq"]
    assert house.ask("state_at", seq=cut).body == state
    for kind in ("state_at", "explain"):
        refused = house.ask(kind, seq=cut - 1)
        assert (refused.status, refused.code) == (410, "event_archived")
        assert refused.body["closed_seq"] == cut
    refused = house.ask("event_range", from_seq=1, to_seq=5)
    assert refused.code == "event_archived"
    for seq in range(cut, house.ask("head").body["seq"] + 1):
        told_of = house.ask("explain", seq=seq).body
        assert sum(line["cash_minor"] for line in told_of["by_type"]) == told_of["cash_minor"]
        assert sum(line["bonus_minor"] for line in told_of["by_type"]) == told_of["bonus_minor"]
        granted = sum(grant["balance_minor"] for grant in told_of["grants"])
        assert granted == told_of["bonus_minor"]
    pages = house.ask("events", limit=100).body
    assert pages["items"][-1]["seq"] == cut + 1
    assert pages["next_cursor"] is None


def test_the_state_at_every_later_event_is_as_it_was(house: House) -> None:
    cut = prepare(house)["to_seq"]
    seq = house.ask("head").body["seq"]
    before = [house.ask("state_at", seq=at).body for at in range(cut, seq + 1)]
    close(house)
    assert [house.ask("state_at", seq=at).body for at in range(cut, seq + 1)] == before


def test_a_long_wallet_is_prepared_and_proved_a_share_a_call(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "WHOLE", 4)
    monkeypatch.setattr(closing_module, "WHOLE", 4)
    monkeypatch.setattr(dropping_module, "ROWS_PER_DROP", 3)
    house.wallet.delivered(10**6)
    told: dict[str, Any] = {"stage": "proving"}
    calls = 0
    while told["stage"] == "proving":
        told = book(house, "prepare", before_ms=FOREVER, least_events=1)
        calls += 1
        house.woken()
    assert calls == -(-told["to_seq"] // 4)
    close(house)
    for full in (True, False):
        verdict = house.ask("verify", full=full).body
        while not verdict["is_complete"]:
            assert verdict["ok"], verdict
            verdict = house.ask("verify", full=full).body
        assert verdict["ok"]


def answers_by_step(house: House, sql: FragileSql, kind: str, payload: dict[str, Any]) -> None:
    """Cut the power at every statement of one step: nothing is half done, the retry does it."""
    for dies_at in range(1, 200):
        before = house.tables()
        sql.arm(dies_at)
        try:
            house.do(kind, key="", login="", **payload)
        except PowerCut:
            sql.arm(0)
            assert house.tables() == before, f"{kind} left something at statement {dies_at}"
            house.woken()
            assert house.is_proven()
            used = house.do("bet", key="bet-settled", login="", **bet("settled"))
            assert used.replayed or used.code == "answer_archived"
            continue
        sql.arm(0)
        return
    pytest.fail("the step never ended")


def test_no_power_cut_loses_a_key_or_half_a_book(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropping_module, "ROWS_PER_DROP", 5)
    source = lived()
    sql = FragileSql()
    house = House(sql=sql, jurisdiction="br")
    sql.arm(0)
    house.clock, house.keys = source.clock, source.keys
    copy_wallet(source.sql, sql)
    house.wallet.delivered(10**6)
    money = house.money
    answers_by_step(house, sql, "books_prepare", {"before_ms": FOREVER, "least_events": 1})
    told = prepare(house)
    answers_by_step(house, sql, "books_commit", {**named(told), "manifest_sha256": MANIFEST})
    while house.sql.query("SELECT 1 FROM closing"):
        answers_by_step(house, sql, "books_drop", {})
    assert house.money == money
    assert house.is_proven()


def copy_wallet(source: Any, target: Any) -> None:
    """The rows of one wallet into the empty tables of another."""
    names = [
        str(name)
        for (name,) in source.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name not in ("migrations", "outbox")
    ]
    for name in names:
        for row in source.query(f"SELECT * FROM {name}"):
            places = ", ".join("?" * len(row))
            target.execute(f"INSERT INTO {name} VALUES ({places})", *row)


def test_nothing_but_archived_events_and_answers_can_be_deleted(house: House) -> None:
    told = prepare(house)
    cut = told["to_seq"]
    zeros = f"'{'0' * 64}'"
    made_up = f"1,1,{cut},{zeros},1,0,0,0,0,0,{zeros},{zeros},{cut + 9}"
    for statement in (
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM commands",
        f"UPDATE meta SET closed_seq = {cut}",
        f"INSERT INTO closed_books VALUES ({made_up})",
    ):
        with pytest.raises(SqlConstraintError):
            house.sql.execute(statement)
    commit(house, told)
    carried = house.sql.query("SELECT min(seq) FROM carried")[0][0]
    for statement in (
        f"DELETE FROM events WHERE seq = {cut + 1}",
        f"DELETE FROM events WHERE seq = {carried!s}",
        f"DELETE FROM commands WHERE seq >= {cut}",
        "DELETE FROM closed_books",
        "UPDATE closed_books SET closed_seq = closed_seq + 1",
        f"UPDATE meta SET closed_seq = {cut + 1}",
        "UPDATE meta SET closed_seq = 0",
        "UPDATE events SET amount_minor = 1 WHERE seq = 1",
    ):
        with pytest.raises(SqlConstraintError):
            house.sql.execute(statement)
    while book(house, "drop")["stage"] != "done":
        pass
    for table in ("closed_keys", "closed_rounds"):
        with pytest.raises(SqlConstraintError):
            house.sql.execute(f"DELETE FROM {table}")


FORGERIES: dict[str, str] = {
    "the opening": "UPDATE opening SET fold = json_set(fold, '$.state.cash_minor', 9999999)",
    "the mark of a key": "INSERT INTO closed_keys VALUES (zeroblob(16), zeroblob(16), 1)",
    "the end of a deposit": "UPDATE deposits SET amount_minor = amount_minor + 1 "
    "WHERE credited_seq = (SELECT min(credited_seq) FROM deposits)",
    "a past seed": "UPDATE seeds SET server_seed = next_server_seed WHERE number = 1",
    "the stake of a round that waits": "UPDATE rounds SET stake_cash = stake_cash + 1 "
    "WHERE round_id = 'open'",
    "the hash of an event that stayed": "UPDATE carried SET hash = (SELECT hash FROM events "
    "ORDER BY seq DESC LIMIT 1)",
    "an event that stayed is no longer named": "DELETE FROM carried",
    "the mark of a round": "INSERT INTO closed_rounds VALUES (zeroblob(16), 1, 0)",
    "a grant": "UPDATE grants SET wagered_minor = wagered_minor + 1 WHERE grant_id = 'kept'",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_the_proof_sees_what_was_changed_about_closed_books(house: House, what: str) -> None:
    close(house)
    assert house.is_proven()
    house.sql.execute(FORGERIES[what])
    verdict = house.ask("verify").body
    expected = {"the mark of a round": "rounds", "a grant": "grants"}.get(what, "books")
    assert (verdict["ok"], verdict["law"]) == (False, expected)


def test_a_law_broken_in_the_past_is_never_closed_over(house: House) -> None:
    house.sql.execute("DROP TRIGGER events_refuse_update")
    house.sql.execute("UPDATE events SET amount_minor = amount_minor + 1 WHERE seq = 4")
    house.wallet.delivered(10**6)
    refused = house.do("books_prepare", key="", login="", before_ms=FOREVER, least_events=1)
    assert refused.code == "wallet_frozen"
    assert house.sql.query("SELECT count(*) FROM closing") == [(0,)]


def test_answers_of_the_book_are_given_by_key(house: House) -> None:
    told = prepare(house)
    stored = house.sql.query(
        "SELECT idempotency_key FROM commands WHERE seq < ? ORDER BY idempotency_key",
        told["to_seq"],
    )
    found = house.ask("book_answers", login="").body["answers"]
    assert [(answer["idempotency_key"],) for answer in found] == stored
    rest = house.ask("book_answers", login="", after=found[3]["idempotency_key"]).body["answers"]
    assert rest == found[4:]


def test_a_command_without_an_event_at_the_cut_keeps_its_answer() -> None:
    """A wallet at rest closes everything: what is answered at its last event stays answered."""
    house = House().open().deposit(1_000)
    house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
    told = prepare(house)
    assert told["to_seq"] == house.ask("head").body["seq"]
    asked = house.do("deposit_request", key="late", amount_minor=5, method="pix")
    commit(house, told)
    while book(house, "drop")["stage"] != "done":
        pass
    again = house.do("deposit_request", key="late", amount_minor=5, method="pix")
    assert again.replayed
    assert again.body == asked.body
    assert house.is_proven()


def test_a_bet_behind_closed_books_costs_one_look_up_more() -> None:
    def statements(close_first: Callable[[House], object]) -> int:
        sql = FragileSql()
        house = House(sql=sql).open(("loss", "daily", 10**9)).deposit(10_000)
        house.clock.advance(KEPT_ONLINE_MS + DAY_MS)
        close_first(house)
        session = house.session()
        sql.arm(0)
        assert house.play(session, 100, 50).status == 201
        return sql.statements

    assert statements(close) == statements(lambda _: None) + 1
