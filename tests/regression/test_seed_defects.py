"""Eighteen defects of a comparable public system, each as a test that fails where it is made.

S1 to S18 are the defects' numbers. Those that are about HTTP are in tests/e2e/test_seed_defects.py.
"""

import ast
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulation.sim.faults import SimulatedSql, run
from simulation.sim.operation import Operation
from simulation.sim.setting import setting_of
from simulation.sim.world import World
from unit.source_modules import modules_below
from unit.wallet.wallet_house import NO_DEMANDS, House, dice_house

from shared.games.catalogue import CATALOGUE
from shared.kernel.money import MAX_AMOUNT_MINOR
from shared.platform.native.queue import NativeQueue
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Record, SqlError
from shared.risk.model import Bucket
from shared.risk.rules import RULES, scan
from shared.wallet.errors import BET_REJECTIONS, EXCLUDED

ROOT = Path(__file__).parents[2]


def test_s1_a_bet_and_its_win_are_one_transaction_wherever_it_is_cut() -> None:
    """Seed: four transactions a bet; a crash after BET lost the win or paid without a round."""
    sql = SimulatedSql()
    house = House(sql=sql).open(("wager", "daily", 100_000)).deposit(10_000)
    session = house.session()
    before = house.tables()
    failures = 0
    for nth in range(1, 60):
        sql.fail_at(nth)
        try:
            answer = house.play(session, 1_000, payout=5_000, key="the-bet")
        except SqlError:
            failures += 1
            house.woken()
            assert house.tables() == before, f"statement {nth} left something behind"
        else:
            sql.fail_no_more()
            assert answer.status == 201
            break
    assert failures >= 5
    assert house.types[-2:] == ["BET", "WIN"]
    assert house.money == (14_000, 0, 0)
    assert house.is_proven()


def test_s2_the_gate_stands_in_the_wallet_at_every_wager() -> None:
    """Seed: an excluded player with a live token kept playing. The gate is asked in the transaction
    of the bet, self-exclusion is its first question after a frozen wallet, and a login that was
    ended bets no more although its token has not expired.
    """
    house = House().open(("loss", "daily", 1_500)).deposit(10_000)
    session = house.session()
    assert house.play(session, 1_000).status == 201
    assert house.play(session, 1_000).code == "limit_loss"
    for round_id in ("r1", "r2"):
        refused = house.do("bet", round_id=round_id, game_id="slot", amount_minor=1_000)
        assert refused.code == "limit_loss"
    house.do("session_revoke", key="", login="", session_id="live-token")
    ended = house.do(
        "play", login="live-token", session_id=session, stake_minor=100, params={"payout": 0}
    )
    assert ended.code == "session_expired"
    assert BET_REJECTIONS.index(EXCLUDED) == 1
    assert house.types.count("BET") == 1


def test_s3_a_retry_is_not_a_second_bet() -> None:
    """Seed: no idempotency key, and a reference that was not unique."""
    house = House().open().deposit(10_000)
    session = house.session()
    first = house.play(session, 1_000, key="once")
    assert house.play(session, 1_000, key="").code == "idempotency_key_required"
    for _ in range(3):
        house.woken()
        again = house.play(session, 1_000, key="once")
        assert again.replayed
        assert again.body == first.body
    assert house.money == (9_000, 0, 0)


def test_s7_alerts_are_raised_by_the_scan_once_and_not_by_looking() -> None:
    """Seed: AML was computed when somebody asked for the alerts, and inserted again each time."""
    world = World(setting_of(7, 7, projects=True))
    step = _steps(world)
    for deposit in range(6):
        payload = {"amount_minor": 100, "method": "pix"}
        asked = step(
            "command", kind="deposit_request", key=f"d{deposit}", session="", payload=payload
        )
        payload = {
            "deposit_id": {"of": asked, "field": "deposit_id"},
            "amount_minor": 100,
            "end_to_end_id": f"E{deposit}",
        }
        step("command", kind="deposit_credit", key=f"c{deposit}", session="", payload=payload)
    step("alarm", how="due")
    while world.queue.waiting:
        step("consume", consumers=1, faulty=False)
    step("tick", firings=1, faulty=False)
    first = _alerts(world)
    assert [(row["rule_id"], row["observed"]) for row in first] == [("deposits_per_hour", 6)]
    for _ in range(3):
        world.now_ms += 300_000
        step("tick", firings=2, faulty=False)
        assert _alerts(world) == first


def _steps(world: World) -> Callable[..., int]:
    numbers = itertools.count(1)

    def step(what: str, /, **args: object) -> int:
        number = next(numbers)
        world.execute(Operation(number, what, 0, 10, args))
        return number

    return step


def _alerts(world: World) -> list[Record]:
    assert world.projection is not None
    return run(world.projection.inner.query("SELECT * FROM aml_alerts"))


def test_s8_amounts_of_different_currencies_are_never_added() -> None:
    """Seed: USD everywhere; sums mixed currencies, limits and alerts with them."""
    house = House()
    opened = house.do(
        "open",
        key="",
        login="",
        player_id="p",
        currency="EUR",
        jurisdiction="mt",
        limits=[],
        rules=NO_DEMANDS,
    )
    assert opened.status == 201
    house.deposit(5_000)
    assert house.ask("balance").body["currency"] == "EUR"
    assert {event["currency"] for event in house.events} == {"EUR"}
    for rule in RULES:
        if rule.currency is None:
            assert rule.measure == "count", "an amount has a currency"
            continue
        half = rule.thresholds[0] // 2 + 1
        mixed = [Bucket("p", other, 0, 1, half) for other in ("BRL", "EUR", "USD")]
        assert scan(rule, 0, mixed) == []
        alone = [Bucket("p", rule.currency, 0, 1, 2 * half)]
        assert len(scan(rule, 0, alone)) == 1


def test_s9_every_draw_can_be_recomputed_from_what_was_committed_before_it() -> None:
    """Seed: the random bytes were not stored and their hash not committed in advance."""
    house = dice_house().open().deposit(50_000)
    session = house.session()
    rounds = [
        house.do(
            "play", session_id=session, stake_minor=1_000, params={"target": 50, "over": False}
        ).body
        for _ in range(5)
    ]
    revealed = house.do("seed_rotate", key="").body["revealed"]
    events = house.events
    for number, played in enumerate(rounds):
        fairness = played["fairness"]
        committed = [
            event["seq"]
            for event in events
            if event["type"] == "SEED_COMMITTED"
            and event["data"]["server_seed_hash"] == fairness["server_seed_hash"]
        ]
        bet = next(e for e in events if e["type"] == "BET" and e["round_id"] == played["round_id"])
        assert committed[0] < bet["seq"]
        assert bet["data"]["fairness"] == fairness
        assert fairness["nonce"] == number
        assert _recomputed(revealed, played) == (played["payout_minor"], played["outcome"])


def _recomputed(revealed: dict[str, Any], played: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return CATALOGUE.outcome(
        "dice",
        9600,
        played["stake_minor"],
        {"target": 50, "over": False},
        revealed["server_seed"],
        revealed["client_seed"],
        played["fairness"]["nonce"],
    )


def test_s10_nothing_that_leaves_the_wallet_tells_a_future_draw() -> None:
    """Seed: `rng-batch` sent the next random numbers to the client."""
    house = dice_house().open().deposit(50_000)
    told = []
    for _ in range(3):
        session = house.session()
        params = {"target": 50, "over": True}
        answers = [
            house.do("play", session_id=session, stake_minor=100, params=params),
            house.do("seed_rotate", key=""),
        ]
        answers += [house.ask(what) for what in ("fairness", "rounds", "events", "balance")]
        answers += [house.ask("event_range", from_seq=1, to_seq=500)]
        told += [answer.text for answer in answers]
        secret = house.sql.query("SELECT server_seed, next_server_seed FROM seeds ORDER BY number")
        current, following = secret[-1]
        for text in told:
            assert str(current) not in text
            assert str(following) not in text


def test_s11_a_win_is_paid_whatever_it_makes_the_balance() -> None:
    """Seed: a balance cap refused wins."""
    house = House().open(("loss", "daily", 100), ("wager", "daily", 100)).deposit(100)
    assert house.do("bet", round_id="r0", game_id="s", amount_minor=100).status == 200
    assert house.do("bet", round_id="r1", game_id="s", amount_minor=1).code == "limit_wager"
    paid = house.do("win", round_id="r0", amount_minor=MAX_AMOUNT_MINOR, login="")
    assert paid.body["cash_minor"] == MAX_AMOUNT_MINOR
    rich = House().open().deposit(MAX_AMOUNT_MINOR)
    rich.do("bet", round_id="r", game_id="s", amount_minor=1)
    assert rich.do("win", round_id="r", amount_minor=MAX_AMOUNT_MINOR).status == 200
    assert rich.money == (2 * MAX_AMOUNT_MINOR - 1, 0, 0)
    assert rich.is_proven()


@pytest.mark.parametrize(
    ("kind", "first", "other"),
    [
        ("bet", {"amount_minor": 100}, {"amount_minor": 200}),
        ("bet", {"round_id": "r1"}, {"round_id": "r2"}),
        ("bet", {"game_id": "slot"}, {"game_id": "slots"}),
    ],
)
def test_s12_the_same_key_with_another_body_is_a_named_conflict(
    kind: str, first: dict[str, Any], other: dict[str, Any]
) -> None:
    """Seed: it answered `idempotent: true` without comparing the body."""
    house = House().open().deposit(10_000)
    payload: dict[str, Any] = {"round_id": "r1", "game_id": "slot", "amount_minor": 100}
    assert house.do(kind, key="k", **{**payload, **first}).status == 200
    before = house.tables()
    conflict = house.do(kind, key="k", **{**payload, **other})
    assert (conflict.status, conflict.code) == (409, "idempotency_key_conflict")
    assert house.tables() == before


def test_s13_the_wallet_writes_to_one_store_and_others_learn_from_the_log() -> None:
    """Seed: a D1 write inside the object's transaction, which is not atomic with it."""
    known = ("Database", "NativeD1", "WorkersD1", "database", "shared.platform.workerd.d1")
    for module in (*modules_below("src/shared/wallet"), *modules_below("workers/wallet_do")):
        names = {imported.name.rpartition(".")[2] for imported in module.imports()}
        assert not names & set(known), module.where
    house = House().open().deposit(10_000)
    house.do("bet", round_id="r", game_id="s", amount_minor=100)
    queue = NativeQueue()
    queue.waiting += house.wallet.undelivered(100)
    told = [json.loads(text) for text in queue.take()]
    assert [event["seq"] for event in told] == [event["seq"] for event in house.events]
    assert [event["hash"] for event in told] == [event["hash"] for event in house.events]


def test_s14_a_balance_and_a_bet_cost_the_same_after_a_thousand_events() -> None:
    """Seed: the balance was a SUM over the whole history at every read. Counted in instructions of
    SQLite, which do not depend on the machine.
    """
    sql = NativeSql()
    house = House(sql=sql).open(("wager", "daily", 10**9)).deposit(10**7)
    session = house.session()
    house.play(session, 100)
    few = (_instructions(sql, house, "balance"), _instructions_of_bet(sql, house, session))
    for _ in range(500):
        house.play(session, 100, payout=90)
    many = (_instructions(sql, house, "balance"), _instructions_of_bet(sql, house, session))
    assert house.ask("balance").body["seq"] > 1_000
    assert many[0] <= few[0] * 1.1
    assert many[1] <= few[1] * 1.1


def _instructions(sql: NativeSql, house: House, query: str) -> int:
    return _counted(sql, lambda: house.ask(query))


def _instructions_of_bet(sql: NativeSql, house: House, session: str) -> int:
    return _counted(sql, lambda: house.play(session, 100))


def _counted(sql: NativeSql, ask: Callable[[], object]) -> int:
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    connection = sql._engine._connection
    connection.set_progress_handler(one, 1)
    try:
        ask()
    finally:
        connection.set_progress_handler(None, 1)
    assert count
    return count


def test_s15_no_schema_has_a_fraction_or_a_balance_that_is_merely_set() -> None:
    """Seed: money was REAL, and `users.balance` was updated in place."""
    statements = [
        statement
        for file in sorted((ROOT / "migrations_d1").glob("*.sql"))
        for statement in re.sub(r"--[^\n]*", "", file.read_text(encoding="utf-8")).split(";")
        if re.search(r"CREATE TABLE", statement)
    ]
    house = House().open()
    statements += [
        str(row[0]) for row in house.sql.query("SELECT sql FROM sqlite_master WHERE type = 'table'")
    ]
    assert len(statements) > 20
    for statement in statements:
        code = re.sub(r"--[^\n]*", "", statement)  # the wallet's own tables too
        assert re.search(r"\bSTRICT\b", code), statement
        assert not re.search(r"\b(REAL|FLOAT|DOUBLE|NUMERIC|DECIMAL|ANY)\b", code), statement
        if re.search(r"CREATE TABLE (players|credentials)\b", code):
            assert "balance" not in code
            assert "cash" not in code
    with pytest.raises(SqlError):
        house.sql.execute("UPDATE events SET cash_after = 1 WHERE seq = 1")


def test_s17_a_win_larger_than_its_bet_is_no_error() -> None:
    """Seed: the integrity check flagged every big win."""
    house = House().open().deposit(1_000)
    session = house.session()
    assert house.play(session, 100, payout=1_000_000).status == 201
    verdict = house.ask("verify").body
    assert (verdict["ok"], verdict["law"]) == (True, None)
    win = next(event for event in house.events if event["type"] == "WIN")
    assert win["amount_minor"] == 1_000_000


def test_s18_nothing_posts_to_a_channel_that_an_authority_does_not_offer() -> None:
    """Seed: a reporter to COAF that posted JSON to an assumed host. Communications to COAF are made
    by people in Siscoaf; nothing here may know an address for them.
    """
    addresses = []
    for folder in ("src/shared", "workers/api", "workers/wallet_do", "workers/fraud_cron"):
        for module in modules_below(folder):
            for node in ast.walk(module.tree):
                if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                    continue
                if re.search(r"https?://[^/\s]*coaf", node.value):
                    addresses.append(f"{module.where}:{node.lineno}")
    assert addresses == []
