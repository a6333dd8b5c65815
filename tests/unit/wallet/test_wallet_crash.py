"""A command that dies between any two statements has changed nothing, and its retry succeeds."""

from collections.abc import Callable
from typing import Any

import pytest
from unit.wallet.test_wallet_idempotency import commands
from unit.wallet.wallet_house import NO_DEMANDS, PLAYER, House

from shared.platform.native.sql import NativeSql
from shared.platform.ports import Row, SqlValue
from shared.wallet.gate_model import REQUIREMENTS


class PowerCut(Exception):
    """The machine is gone."""


class FragileSql:
    """A store whose machine dies before the statement number `dies_at`, counted from one."""

    def __init__(self) -> None:
        self._sql = NativeSql()
        self.statements = 0
        self.dies_at = 0

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        self._count()
        return self._sql.query(statement, *params)

    def execute(self, statement: str, *params: SqlValue) -> None:
        self._count()
        self._sql.execute(statement, *params)

    def transaction[T](self, body: Callable[[], T]) -> T:
        return self._sql.transaction(body)

    def arm(self, dies_at: int) -> None:
        self.statements, self.dies_at = 0, dies_at

    def _count(self) -> None:
        self.statements += 1
        if self.statements == self.dies_at:
            raise PowerCut


def prepared() -> tuple[House, FragileSql, list[tuple[str, dict[str, Any]]]]:
    sql = FragileSql()
    house = House(sql=sql).open(("loss", "daily", 10**9)).deposit(10_000)
    return house, sql, commands(house)


KINDS = [kind for kind, _ in prepared()[2]]


@pytest.mark.parametrize("kind", KINDS)
def test_dying_at_any_statement_changes_nothing_and_the_retry_succeeds(kind: str) -> None:
    house, sql, prepared_commands = prepared()
    payload = dict(prepared_commands)[kind]
    before = house.tables()
    dies_at = 0
    while True:
        dies_at += 1
        sql.arm(dies_at)
        try:
            answer = house.do(kind, key="retry", **payload)
        except PowerCut:
            sql.arm(0)
            assert house.tables() == before, f"{kind} left something at statement {dies_at}"
            house.woken()
            continue
        break
    assert dies_at > 3
    sql.arm(0)
    assert answer.status < 300
    assert not answer.replayed
    assert house.is_proven()
    assert house.do(kind, key="retry", **payload).replayed


def test_opening_is_all_or_nothing_too() -> None:
    sql = FragileSql()
    house = House(sql=sql)
    before = house.tables()
    terms: dict[str, Any] = {
        "player_id": PLAYER,
        "currency": "BRL",
        "jurisdiction": "br",
        "limits": [{"kind": "loss", "period": "daily", "value": 5}],
        "rules": NO_DEMANDS,
    }
    for dies_at in range(1, 6):
        sql.arm(dies_at)
        with pytest.raises(PowerCut):
            house.do("open", key="", login="", **terms)
        sql.arm(0)
        assert house.tables() == before
    assert house.do("open", key="", login="", **terms).status == 201
    assert house.is_proven()


@pytest.mark.parametrize("requires", [(), REQUIREMENTS], ids=["no demands", "every demand"])
def test_a_bet_of_a_house_game_is_eleven_statements(requires: tuple[str, ...]) -> None:
    sql = FragileSql()
    house = House(sql=sql, requires=requires).open(("loss", "daily", 10**9)).admit().deposit(10_000)
    session_id = house.session()
    sql.arm(0)
    assert house.play(session_id, 100, payout=50).status == 201
    assert sql.statements == 11


def test_a_migration_that_dies_leaves_no_half_schema() -> None:
    sql = FragileSql()
    for dies_at in range(1, 12):
        sql.arm(dies_at)
        with pytest.raises(PowerCut):
            House(sql=sql)
        sql.arm(0)
        assert sql.query("SELECT count(*) FROM sqlite_master") == [(0,)]
    assert House(sql=sql).open().is_proven()
