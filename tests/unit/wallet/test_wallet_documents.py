"""Schema life, the list of problems, and the form of an answer."""

import pytest
from unit.wallet.wallet_house import House

from shared.games.errors import INVALID_PARAMS as INVALID_PARAMS_OF_GAMES
from shared.kernel.errors import Rejection
from shared.platform.native.sql import NativeSql
from shared.wallet.answer import Answer, decode_answer, encode_answer, encode_rejection
from shared.wallet.errors import (
    ALL_PROBLEMS,
    BET_REJECTIONS,
    INSUFFICIENT_FUNDS,
    INVALID_PARAMS,
)
from shared.wallet.schema import MIGRATIONS, migrate

CONTRACT = (
    "wallet_frozen, excluded, paused, impediment_check_pending, impeded, kyc_required, "
    "session_expired, geo_blocked, reality_check_due, intervention_due, game_disabled, "
    "game_version_retired, round_open, invalid_params, stake_below_min, stake_above_max, "
    "round_too_fast, limit_time, limit_bet_count, limit_wager, limit_loss, insufficient_funds"
)


def test_the_order_of_bet_rejections_is_the_contracts_to_the_letter() -> None:
    assert ", ".join(problem.code for problem in BET_REJECTIONS) == CONTRACT


def test_every_problem_has_a_code_of_its_own() -> None:
    codes = [problem.code for problem in ALL_PROBLEMS]
    assert len(set(codes)) == len(codes)
    assert set(BET_REJECTIONS) <= set(ALL_PROBLEMS)


def test_statuses_are_those_of_the_contract() -> None:
    by_status = {problem.code for problem in ALL_PROBLEMS if problem.status == 422}
    assert by_status == {"invalid_payload", "invalid_params"}
    assert {problem.status for problem in ALL_PROBLEMS} <= {
        *(400, 401, 403, 404, 409, 410, 422, 423, 429, 503)
    }
    assert {problem.code for problem in ALL_PROBLEMS if problem.status == 503} == {
        "impediment_check_pending"
    }


def test_wallet_and_games_mean_the_same_by_invalid_params() -> None:
    assert INVALID_PARAMS == INVALID_PARAMS_OF_GAMES


def test_a_wallet_is_migrated_once() -> None:
    sql = NativeSql()
    assert migrate(sql) == len(MIGRATIONS)
    before = sql.query("SELECT name, sql FROM sqlite_master ORDER BY name")
    assert migrate(sql) == len(MIGRATIONS)
    assert sql.query("SELECT name, sql FROM sqlite_master ORDER BY name") == before
    assert sql.query("SELECT version FROM migrations") == [(n + 1,) for n in range(len(MIGRATIONS))]


def test_a_wallet_of_a_newer_release_is_left_alone() -> None:
    sql = NativeSql()
    migrate(sql)
    sql.execute("INSERT INTO migrations (version) VALUES (99)")
    with pytest.raises(RuntimeError, match="newer"):
        migrate(sql)


def test_every_table_is_strict() -> None:
    sql = NativeSql()
    migrate(sql)
    for (statement,) in sql.query("SELECT sql FROM sqlite_master WHERE type = 'table'"):
        assert "STRICT" in str(statement)


def test_an_answer_survives_its_text() -> None:
    body = '{"detail":"a b  c"}'
    assert decode_answer(encode_answer(201, body, replayed=True)) == Answer(201, True, body)


@pytest.mark.parametrize("text", ["", "200", "200 0", "abc 0 {}", "200 2 {}", "20 0 {}"])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        decode_answer(text)


def test_a_rejection_carries_code_detail_and_extensions() -> None:
    text = encode_rejection(Rejection(INSUFFICIENT_FUNDS, "too little", {"balance": 5}))
    assert text == '409 0 {"code":"insufficient_funds","detail":"too little","balance":5}'


def test_a_woken_wallet_is_the_same_wallet(house: House) -> None:
    before = house.ask("balance").body
    house.woken()
    assert house.ask("balance").body == before
