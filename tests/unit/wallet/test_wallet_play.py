"""A round of the house's own games: one command, from the stake to the payout."""

import json
from collections.abc import Callable
from itertools import combinations

import pytest
from unit.wallet.wallet_house import LOGIN, House, dice_house

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import MINUTE_MS
from shared.wallet import tables
from shared.wallet.errors import BET_REJECTIONS
from shared.wallet.gate_model import REQUIREMENTS
from shared.wallet.model import DayUsage, Limit


def test_a_round_is_bet_drawn_and_settled_in_one_answer() -> None:
    house = dice_house().open().deposit(10_000)
    session = house.do("game_session_open", key="", game=DICE_GAME).body
    played = house.do(
        "play",
        session_id=session["session_id"],
        stake_minor=1_000,
        params={"target": 50, "over": False},
    )
    body = played.body
    assert played.status == 201
    assert list(body) == [
        "round_id",
        "status",
        "game_id",
        "game_version",
        "stake_minor",
        "payout_minor",
        "outcome",
        "fairness",
        "wallet",
        "warnings",
    ]
    assert body["fairness"] == session["fairness"]
    assert body["status"] == "settled"
    assert body["payout_minor"] == (1_920 if body["outcome"]["win"] else 0)
    assert body["wallet"] == {
        "cash_minor": 9_000 + body["payout_minor"],
        "bonus_minor": 0,
        "seq": house.ask("head").body["seq"],
    }
    assert house.is_proven()


DICE_GAME = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 100,
    "max_stake_minor": 1_000_000,
    "enabled": True,
}


def test_revealed_seeds_recompute_every_round() -> None:
    house = dice_house().open().deposit(10_000)
    session_id = house.session()
    params = {"target": 30, "over": True}
    rounds = [
        house.do("play", session_id=session_id, stake_minor=100, params=params).body
        for _ in range(20)
    ]
    seed = house.do("seed_rotate").body["revealed"]
    assert seed["last_nonce"] == 19
    for nonce, played in enumerate(rounds):
        assert played["fairness"]["nonce"] == nonce
        assert played["fairness"]["server_seed_hash"] == seed["server_seed_hash"]
        assert (played["payout_minor"], played["outcome"]) == CATALOGUE.outcome(
            "dice", 9600, 100, params, seed["server_seed"], seed["client_seed"], nonce
        )


def test_a_lost_round_is_closed_by_a_win_of_nothing(house: House) -> None:
    house.play(house.session(), 500)
    bet, win = house.events[-2:]
    assert (bet["type"], win["type"]) == ("BET", "WIN")
    assert (win["amount_minor"], win["causation_id"]) == (0, bet["event_id"])
    assert bet["round_id"] == win["round_id"]
    assert bet["game_version"] == win["game_version"] == "1"


def test_a_refused_round_moves_neither_money_nor_nonce(house: House) -> None:
    session_id = house.session()
    before = house.tables()
    assert house.play(session_id, 10_001).code == "insufficient_funds"
    assert house.do("play", session_id=session_id, stake_minor=100, params={}).code == (
        "invalid_params"
    )
    assert house.tables() == before
    assert house.play(session_id, 100).body["fairness"]["nonce"] == 0


def test_an_unknown_game_session_is_named(house: House) -> None:
    refused = house.play("no-such-session", 100)
    assert (refused.status, refused.code) == (404, "game_session_not_found")


def test_a_game_session_is_over_after_thirty_idle_minutes(house: House) -> None:
    session_id = house.session()
    house.clock.advance(30 * MINUTE_MS)
    assert house.play(session_id, 100).status == 201
    house.clock.advance(30 * MINUTE_MS)
    assert house.play(session_id, 100).status == 201
    house.clock.advance(30 * MINUTE_MS + 1)
    refused = house.play(session_id, 100)
    assert (refused.status, refused.code) == (401, "session_expired")


def test_a_switched_off_game_opens_no_session(house: House) -> None:
    refused = house.do("game_session_open", key="", game={**DICE_GAME, "enabled": False})
    assert (refused.status, refused.code) == (403, "game_disabled")


def test_a_game_that_the_house_does_not_name_as_in_force_is_off(house: House) -> None:
    session_id = house.session()
    for context in ("", "{}", '{"other":[1,1]}'):
        house.in_force = context
        assert house.play(session_id, 100).code == "game_disabled"


@pytest.mark.parametrize("context", ["[", "[]", '{"dice":[1]}', '{"dice":[1,2]}', '{"dice":"1"}'])
def test_a_context_of_another_shape_is_refused(house: House, context: str) -> None:
    session_id = house.session()
    house.in_force = context
    assert house.play(session_id, 100).code == "invalid_payload"


def test_the_context_is_not_part_of_what_a_key_stands_for(house: House) -> None:
    session_id = house.session()
    first = house.play(session_id, 100, key="one")
    house.in_force = '{"dice":[2,1]}'
    again = house.play(session_id, 100, key="one")
    assert again.replayed
    assert again.body == first.body


def test_a_revoked_login_may_no_longer_act_or_look(house: House) -> None:
    session_id = house.session()
    house.do("session_revoke", key="", login="", session_id=LOGIN)
    assert house.play(session_id, 100).code == "session_expired"
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "session_expired"
    hold = house.do("withdrawal_hold", amount_minor=1, payment_account_id="a")
    assert hold.code == "session_expired"
    assert house.do("seed_rotate").code == "session_expired"
    assert house.do("game_session_open", key="", game=DICE_GAME).code == "session_expired"
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).code == "session_expired"
    assert house.ask("balance").code == "session_expired"
    assert house.ask("balance", login="another").status == 200


# Precedence. Each cause alone gives its own code; of two at once the one that the contract lists
# first is told.


def freeze(house: House) -> None:
    house.sql.execute("UPDATE meta SET frozen_law = 'test'")


def end_login(house: House) -> None:
    house.do("session_revoke", key="", login="", session_id=LOGIN)


def column(name: str, value: str) -> Callable[[House], None]:
    """A cause that is a column of the gate."""
    return lambda house: house.sql.execute(f"UPDATE gate SET {name} = {value}")


def told(name: str, status: str) -> Callable[[House], None]:
    def tell(house: House) -> None:
        house.tell(name, status)

    return tell


def move(house: House) -> None:
    house.address = "elsewhere"


def intervene(house: House) -> None:
    message = {"level": "high", "template": "t", "demands": "acknowledge"}
    house.do("intervention_set", login="", intervention_id="i", **message)


def hurry(house: House) -> None:
    house.sql.execute("UPDATE game_sessions SET min_round_ms = 5000")
    house.sql.execute("UPDATE daily SET last_bet_at = CAST(? AS INTEGER)", house.clock.now_ms())


def switch_off(house: House) -> None:
    house.in_force = json.dumps({"dice": [json.loads(house.in_force)["dice"][0], 0]})


def retire(house: House) -> None:
    house.in_force = json.dumps({"dice": [2, json.loads(house.in_force)["dice"][1]]})


def nothing(house: House) -> None:
    """The cause lies in the request."""


def _last_bet_at(house: House) -> int:
    found = house.sql.query("SELECT max(last_bet_at) FROM daily")[0][0]
    assert isinstance(found, int)
    return found


def limited(kind: str) -> object:
    def limit(house: House) -> None:
        tables.put(house.sql, Limit(kind, "daily", 0))
        day = house.sql.query("SELECT day FROM daily")[0][0]
        assert isinstance(day, int)
        used = DayUsage(day, play_ms=1, deposited_minor=10_000, last_bet_at=_last_bet_at(house))
        tables.put(house.sql, used)

    return limit


CAUSES = {
    "wallet_frozen": freeze,
    "excluded": column("excluded_until", str(10**14)),
    "paused": column("paused_until", str(10**14)),
    "impediment_check_pending": told("register", "pending"),
    "impeded": told("impediment", "impeded"),
    "kyc_required": told("kyc", "missing"),
    "session_expired": end_login,
    "geo_blocked": move,
    "reality_check_due": column("reality_due_at", "1"),
    "intervention_due": intervene,
    "game_disabled": switch_off,
    "game_version_retired": retire,
    "invalid_params": nothing,
    "stake_below_min": nothing,
    "stake_above_max": nothing,
    "round_too_fast": hurry,
    "limit_time": limited("time"),
    "limit_bet_count": limited("bet_count"),
    "limit_wager": limited("wager"),
    "limit_loss": limited("loss"),
    "insufficient_funds": nothing,
}
ORDER = [problem.code for problem in BET_REJECTIONS]
STAKES = {"stake_below_min": 99, "stake_above_max": 1_000_001, "insufficient_funds": 10_001}


def refused_for(causes: tuple[str, ...]) -> str:
    house = House(requires=REQUIREMENTS).open().admit().deposit(10_000)
    session_id = house.session()
    for cause in causes:
        made = CAUSES[cause]
        assert callable(made)
        made(house)
    stakes = [STAKES[cause] for cause in causes if cause in STAKES] or [100]
    params = {} if "invalid_params" in causes else {"payout": 0}
    return house.do("play", session_id=session_id, stake_minor=stakes[0], params=params).code


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_its_own_code(cause: str) -> None:
    assert refused_for((cause,)) == cause


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pair
        for pair in combinations([code for code in ORDER if code in CAUSES], 2)
        if set(pair) != {"stake_below_min", "stake_above_max"}
    ],
)
def test_of_two_causes_the_one_listed_first_is_told(first: str, second: str) -> None:
    assert refused_for((first, second)) == first


def test_every_rejection_of_a_bet_has_its_cause_here_but_one_of_other_rounds() -> None:
    assert set(ORDER) - CAUSES.keys() == {"round_open"}


def test_with_every_cause_at_once_they_are_told_in_the_order_of_the_contract() -> None:
    remaining = [code for code in ORDER if code in CAUSES and code != "stake_below_min"]
    while remaining:
        assert refused_for(tuple(remaining)) == remaining[0]
        remaining.pop(0)
