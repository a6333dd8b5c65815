"""Deposits and withdrawals that are cut between any two of D1, wallet and bank.

Every window is met twice: the client comes back with its key, or nobody does and the payments desk
and the bank's repetition finish it. Money is where it belongs in the end, once, either way.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from money_world import MoneyWorld, Player, minutes
from services.payouts import ASK_AGAIN_AFTER_MS

from shared.platform.ports import Unreachable

KEY = "one-key-for-one-withdrawal"

type Fault = Callable[[MoneyWorld], object]


def _d1(statement: str) -> Fault:
    return lambda world: setattr(world.d1, "fails", statement)


def _misses(kind: str) -> Fault:
    return lambda world: world.real.misses.add(kind)


def _loses(kind: str) -> Fault:
    return lambda world: world.real.loses.add(kind)


def _bank(is_down: str) -> Fault:
    return lambda world: setattr(world.bank, is_down, True)


def _heal(world: MoneyWorld) -> None:
    world.d1.fails = None
    world.real.misses.clear()
    world.real.loses.clear()
    world.bank.is_down = world.bank.is_slow = False


WITHDRAWAL_WINDOWS: dict[str, tuple[Fault, bool]] = {
    "the account cannot be looked up": (_d1("FROM payment_accounts"), False),
    "the wallet is not reached": (_misses("withdrawal_hold"), False),
    "the wallet's answer to the hold is lost": (_loses("withdrawal_hold"), True),
    "the row is not written": (_d1("INTO withdrawals"), True),
    "the row is not read back": (_d1("FROM withdrawals WHERE withdrawal_id"), True),
    "the payout is not claimed": (_d1("SET asked_at"), True),
    "the key of the player is not read": (_d1("SELECT cpf_sealed"), True),
    "the bank gives no answer": (_bank("is_down"), True),
    "the bank answers later": (_bank("is_slow"), True),
    "the result finds no row": (_d1("WHERE end_to_end_id = ?"), True),
    "the wallet is not reached with the result": (_misses("withdrawal_settle"), True),
    "the wallet's answer to the result is lost": (_loses("withdrawal_settle"), True),
    "the row is not closed": (_d1("SET status"), True),
}
"""What fails, and whether the money is held when the client is told of it, or not told."""


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    player = Player(world)
    player.fund(100_000)
    return player


@pytest.mark.parametrize("window", WITHDRAWAL_WINDOWS)
def test_a_client_that_comes_back_with_its_key_gets_one_withdrawal(
    world: MoneyWorld, player: Player, window: str
) -> None:
    break_it, _ = WITHDRAWAL_WINDOWS[window]
    break_it(world)
    first = player.withdraw(4_000, key=KEY)
    assert first.status in (201, 503), first.text
    _heal(world)
    world.project()
    again = player.withdraw(4_000, key=KEY)
    assert again.status == 201
    if first.status == 201:
        assert again.text == first.text
    assert player.withdraw(4_000, key=KEY).text == again.text
    assert player.withdrawals() == ["paid"]
    assert player.balance() == (96_000, 0)
    assert set(world.bank.sent) == {player.end_to_end_id()}


@pytest.mark.parametrize("window", WITHDRAWAL_WINDOWS)
def test_a_withdrawal_that_nobody_comes_back_for_is_finished(
    world: MoneyWorld, player: Player, window: str
) -> None:
    break_it, is_held = WITHDRAWAL_WINDOWS[window]
    break_it(world)
    player.withdraw(4_000, key=KEY)
    _heal(world)
    cash, held = player.balance()
    assert cash + held == (100_000 if held else (96_000 if is_held else 100_000))
    world.project()
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    world.desk()
    world.project()
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    world.desk()
    assert player.withdrawals() == ["paid"] * is_held
    assert player.balance() == ((96_000, 0) if is_held else (100_000, 0))
    assert len(set(world.bank.sent)) == is_held
    assert world.desk() == {}


@pytest.mark.parametrize("window", WITHDRAWAL_WINDOWS)
def test_a_window_met_again_and_again_costs_nothing(
    world: MoneyWorld, player: Player, window: str
) -> None:
    """Everything fails at this place for two hours: the money waits and somebody is told."""
    break_it, is_held = WITHDRAWAL_WINDOWS[window]
    break_it(world)
    for _ in range(3):
        player.withdraw(4_000, key=KEY)
        world.project()
    for _ in range(25):
        world.clock.advance(minutes(5))
        with suppress(Unreachable):  # a tick may fail, the next one is another
            world.desk()
    _heal(world)
    world.clock.advance(minutes(5))
    world.project()
    world.desk()
    player.log_in()
    assert player.withdrawals() == ["paid"] * is_held
    assert player.balance() == ((96_000, 0) if is_held else (100_000, 0))


def test_a_reader_of_the_status_has_the_bank_asked_again(world: MoneyWorld, player: Player) -> None:
    world.bank.is_down = True
    withdrawal_id = player.withdraw(4_000).json["withdrawal_id"]
    world.bank.is_down = False
    path = f"/v1/me/withdrawals/{withdrawal_id}"
    assert player.get(path)["status"] == "processing"
    assert player.get(path)["status"] == "processing"  # asked less than two minutes ago
    world.clock.advance(ASK_AGAIN_AFTER_MS + 1)
    player.get(path)
    assert player.get(path)["status"] == "paid"
    assert world.bank.sent == [player.end_to_end_id()]


@pytest.mark.parametrize(("first", "later"), [("en", "pt-BR"), ("pt-BR", "en")])
def test_a_replay_is_the_same_to_the_letter_in_whatever_language_it_is_asked_for(
    player: Player, first: str, later: str
) -> None:
    asked = player.withdraw(4_000, key=KEY, language=first)
    replay = player.withdraw(4_000, key=KEY, language=later)
    assert replay.text == asked.text
    assert replay.headers["Idempotency-Replayed"] == "true"
    [shown] = player.get("/v1/me/withdrawals")["items"]
    assert shown["explanation"] == "Seu saque foi pago por PIX na sua conta cadastrada."
    assert player.withdraw(4_000, language=later).json["explanation"] != asked.json["explanation"]


DEPOSIT_WINDOWS: dict[str, Fault] = {
    "the charge cannot be looked up": _d1("FROM deposits AS d JOIN players"),
    "the payment is not written down": _d1("INTO pix_received"),
    "the payment is not read back": _d1("FROM pix_received"),
    "the wallet is not reached": _misses("deposit_credit"),
    "the wallet's answer is lost": _loses("deposit_credit"),
    "the deposit is not settled": _d1("UPDATE deposits"),
    "the outcome is not written": _d1("UPDATE pix_received"),
}


def _payment(player: Player, cpf: str, number: int, amount_minor: int = 5_000) -> dict[str, Any]:
    return {
        "endToEndId": f"E{number:031d}",
        "txid": player.charge(amount_minor)["pix"]["txid"],
        "valor": f"{amount_minor // 100}.00",
        "horario": "2026-11-22T14:15:00.000Z",
        "pagador": {"cpf": cpf},
    }


@pytest.mark.parametrize("window", DEPOSIT_WINDOWS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_payment_that_was_cut_anywhere_is_credited_once_when_the_bank_tells_again(
    world: MoneyWorld, window: str, times: int
) -> None:
    player = Player(world)
    notice = {"pix": [_payment(player, player.cpf, 1), _payment(player, player.cpf, 2)]}
    DEPOSIT_WINDOWS[window](world)
    for _ in range(times):
        assert world.tell("/v1/webhooks/pix", notice).code == "unavailable"
    _heal(world)
    for _ in range(2):
        told = world.tell("/v1/webhooks/pix", notice).json
        assert told == {"received": 2, "credited": 2, "refunded": 0, "unknown": 0}
    assert player.balance() == (10_000, 0)
    assert [item["status"] for item in player.get("/v1/me/deposits")["items"]] == ["credited"] * 2
    assert world.bank.refunded == []


@pytest.mark.parametrize(
    "fault",
    [
        _bank("is_down"),
        _d1("INTO aml_alerts"),
        _d1("UPDATE deposits"),
        _d1("UPDATE pix_received"),
    ],
    ids=["the bank", "the alert", "the deposit", "the outcome"],
)
def test_a_stranger_s_payment_that_was_cut_anywhere_goes_back_and_is_told_of_once(
    world: MoneyWorld, fault: Fault
) -> None:
    player, stranger = Player(world), Player(world)
    notice = {"pix": [_payment(player, stranger.cpf, 1)]}
    fault(world)
    assert world.tell("/v1/webhooks/pix", notice).code == "unavailable"
    _heal(world)
    for _ in range(2):
        assert world.tell("/v1/webhooks/pix", notice).json["refunded"] == 1
    assert player.balance() == stranger.balance() == (0, 0)
    assert {end_to_end_id for end_to_end_id, _ in world.bank.refunded} == {f"E{1:031d}"}
    assert world.alerts() == [("payments.third_party_funds", "high")]


@pytest.mark.parametrize(
    "fault",
    [_misses("deposit_request"), _loses("deposit_request"), _d1("INTO deposits")],
    ids=["not reached", "answer lost", "row not written"],
)
def test_a_charge_that_was_cut_anywhere_is_one_charge_for_one_key(
    world: MoneyWorld, fault: Fault
) -> None:
    player = Player(world)
    body = {"amount_minor": 5_000, "method": "pix"}
    fault(world)
    assert player.post("/v1/me/deposits", body, key=KEY).code == "unavailable"
    _heal(world)
    opened = player.post("/v1/me/deposits", body, key=KEY)
    assert opened.status == 201
    assert player.post("/v1/me/deposits", body, key=KEY).text == opened.text
    assert len(player.get("/v1/me/deposits")["items"]) == 1
