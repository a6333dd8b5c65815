"""Whose keys are whose, and what a clock that is set back can do: nothing."""

import json

import pytest
from unit.wallet.wallet_house import House

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import HOUR_MS, MINUTE_MS


def _deposit_request(house: House, amount_minor: int) -> str:
    asked = house.do("deposit_request", amount_minor=amount_minor, method="pix")
    return str(asked.body["deposit_id"])


def test_a_player_cannot_take_the_key_under_which_a_payment_will_come() -> None:
    house = House().open()
    deposit_id = _deposit_request(house, 500)
    taken = house.do("deposit_request", key="pix:E1", amount_minor=700, method="pix")
    assert taken.status == 201
    credit = {"deposit_id": deposit_id, "amount_minor": 500, "end_to_end_id": "E1"}
    paid = house.do("deposit_credit", key="pix:E1", login="", **credit)
    assert (paid.status, paid.body["cash_minor"]) == (200, 500)
    assert house.do("deposit_credit", key="pix:E1", login="", **credit).replayed


def test_a_players_key_is_the_same_on_every_device_of_theirs() -> None:
    house = House().open().deposit(1_000)
    bet = {"session_id": house.session(), "stake_minor": 100, "params": {"payout": 0}}
    first = house.do("play", key="mine", login="phone", **bet)
    again = house.do("play", key="mine", login="desktop", **bet)
    assert (again.text[6:], again.replayed) == (first.text[6:], True)


@pytest.mark.parametrize("back_ms", [1, MINUTE_MS, 24 * HOUR_MS])
def test_a_clock_set_back_after_a_session_was_opened_freezes_nothing(back_ms: int) -> None:
    house = House().open().deposit(1_000)
    house.clock.advance(HOUR_MS)
    session_id = house.session()
    house.clock.set(house.clock.now_ms() - back_ms)
    assert house.play(session_id, 100).status == 201
    assert house.is_proven()


def test_an_edge_that_has_not_heard_of_a_version_yet_does_not_retire_it() -> None:
    house = House().open().deposit(1_000)
    session_id = house.session()
    [(game_id, (version, _))] = [
        (name, state) for name, state in json.loads(house.in_force).items() if state[1]
    ][:1]
    house.in_force = json.dumps({game_id: [version - 1, 1]})
    assert house.play(session_id, 100).status == 201
    house.in_force = json.dumps({game_id: [version + 1, 1]})
    assert house.play(session_id, 100).code == "game_version_retired"


@pytest.mark.parametrize("number", ["50.0", "1e3", "9007199254740992", "1" * 400])
def test_a_number_that_is_not_whole_is_a_bet_of_no_game(number: str) -> None:
    house = House(games=CATALOGUE).open().deposit(1_000)
    payload = (
        f'{{"session_id":"{house.session()}","stake_minor":100,'
        f'"params":{{"target":{number},"over":false}}}}'
    )
    text = house.wallet.execute("play", "k", "login", payload, house.context)
    assert json.loads(text.split(" ", 2)[2])["code"] == "invalid_params"
    assert house.do("deposit_request", amount_minor=700, method="pix").status == 201
    payload = f'{{"amount_minor":{number},"method":"pix"}}'
    text = house.wallet.execute("deposit_request", "k2", "login", payload)
    assert json.loads(text.split(" ", 2)[2])["code"] == "invalid_payload"
