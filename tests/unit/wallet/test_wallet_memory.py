"""What a wallet remembers between bets changes nothing but the number of its reads."""

import json
from collections.abc import Callable
from random import Random

import pytest
from unit.wallet.wallet_house import LOGIN, House, reply

from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Row, SqlValue

OTHER_LOGIN = "019ab0de-0000-7000-8000-0000000000bb"


class CountingSql(NativeSql):
    """Counts questions, and fails with the commit when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0
        self.fails_to_commit = False

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        self.questions += 1
        return super().query(statement, *params)

    def transaction[T](self, body: Callable[[], T]) -> T:
        def then_fail() -> T:
            outcome = body()
            if self.fails_to_commit:
                raise ConnectionError("the commit failed")
            return outcome

        return super().transaction(then_fail)


def _house(*limits: tuple[str, str, int]) -> tuple[House, CountingSql, str]:
    sql = CountingSql()
    house = House(sql=sql).open(("loss", "daily", 10**9), *limits).deposit(100_000)
    return house, sql, house.session()


def _questions(sql: CountingSql, act: Callable[[], object]) -> int:
    before = sql.questions
    act()
    return sql.questions - before


def test_the_second_of_two_bets_asks_for_its_key_only() -> None:
    house, sql, session_id = _house()
    assert _questions(sql, lambda: house.play(session_id, 100)) == 5
    assert _questions(sql, lambda: house.play(session_id, 100)) == 1


def test_a_replay_between_two_bets_forgets_nothing() -> None:
    house, sql, session_id = _house()
    house.play(session_id, 100, key="twice")
    assert house.play(session_id, 100, key="twice").replayed
    assert _questions(sql, lambda: house.play(session_id, 100)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_wallet_that_is_evicted_after_every_command_has_the_same_history(seed: int) -> None:
    def history(*, evicts: bool) -> dict[str, list[tuple[object, ...]]]:
        draw = Random(seed)
        house, _, session_id = _house()
        for _ in range(60):
            match draw.randrange(9):
                case 0:
                    house.deposit(500)
                case 1:
                    house.clock.advance(draw.choice((1, MINUTE_MS, 40 * MINUTE_MS, DAY_MS)))
                    session_id = house.session()
                case 2:
                    house.do("seed_rotate", client_seed=f"c{draw.randrange(99)}")
                case 3:
                    house.tell("kyc", draw.choice(("verified", "missing")))
                case 4:
                    session_id = house.session()
                case _:
                    house.clock.advance(draw.randrange(5_000))
                    house.play(session_id, draw.randrange(90, 400), draw.choice((0, 0, 900)))
            if evicts:
                house.woken()
        assert house.is_proven()
        return house.tables()

    assert history(evicts=False) == history(evicts=True)


def test_a_bet_whose_commit_failed_is_forgotten() -> None:
    house, sql, session_id = _house()
    house.play(session_id, 100)
    before = house.tables()
    sql.fails_to_commit = True
    with pytest.raises(ConnectionError):
        house.play(session_id, 100)
    sql.fails_to_commit = False
    assert house.tables() == before
    after = house.play(session_id, 100)
    assert after.body["fairness"]["nonce"] == 1
    assert house.is_proven()


def test_a_refused_bet_is_forgotten() -> None:
    house, sql, session_id = _house()
    house.play(session_id, 100)
    assert house.play(session_id, 1).code == "stake_below_min"
    assert _questions(sql, lambda: house.play(session_id, 100)) == 5


def _freeze(house: House) -> None:
    house.sql.execute("DROP TRIGGER events_refuse_update")
    house.sql.execute("UPDATE events SET amount_minor = 1 WHERE type = 'DEPOSIT'")
    assert not house.ask("verify", login="").body["ok"]


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (lambda house: house.do("exclude", until=None, source="player"), "excluded"),
        (lambda house: house.do("session_revoke", login="", session_id=LOGIN), "session_expired"),
        (lambda house: house.tell("impediment", "impeded", None, "X"), "impeded"),
        (_freeze, "wallet_frozen"),
    ],
    ids=["excluded", "revoked", "impeded", "frozen"],
)
def test_what_closes_the_gate_is_never_overlooked(
    happens: Callable[[House], object], code: str
) -> None:
    house, _, session_id = _house()
    house.play(session_id, 100)
    assert house.play(session_id, 100).status == 201
    happens(house)
    assert house.play(session_id, 100).code == code


def test_another_session_of_the_player_is_judged_by_its_own_gate() -> None:
    house, _, session_id = _house()
    house.play(session_id, 100)
    house.do("session_revoke", login="", session_id=OTHER_LOGIN)
    house.play(session_id, 100)
    payload = json.dumps({"session_id": session_id, "stake_minor": 100, "params": {"payout": 0}})
    other = reply(house.wallet.execute("play", "k-other", OTHER_LOGIN, payload, house.context))
    assert other.code == "session_expired"


def test_the_usage_of_a_new_day_begins_anew() -> None:
    house, _, session_id = _house(("wager", "daily", 250))
    assert [house.play(session_id, 100).status for _ in range(3)] == [201, 201, 403]
    house.clock.advance(DAY_MS)
    session_id = house.session()
    assert [house.play(session_id, 100).status for _ in range(3)] == [201, 201, 403]


def test_a_place_that_is_too_old_is_noticed_between_two_bets() -> None:
    sql = CountingSql()
    house = House(sql=sql, requires=("place",)).open()
    house.begin()
    house.deposit(10_000)
    session_id = house.session()
    house.play(session_id, 100)
    house.play(session_id, 100)
    assert _questions(sql, lambda: house.play(session_id, 100)) == 1
    house.clock.advance(20 * MINUTE_MS)
    assert house.play(session_id, 100).status == 201
    house.clock.advance(11 * MINUTE_MS)
    assert house.play(session_id, 100).code == "geo_blocked"
    house.begin()
    assert house.play(session_id, 100).status == 201
