"""What comes for an account after it was closed: nothing opens it, and no money stays in it."""

import json
from collections.abc import Sequence

import pytest
from api_under_test import run
from registers_world import SOCIAL, RegistersWorld, Somebody, join
from services.session_endings import end_all

from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.ports import Statement


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


def test_a_login_that_was_under_way_while_the_account_closed_opens_no_session(
    world: RegistersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = join(world)
    batch = world.db.batch

    async def closing_first(statements: Sequence[Statement]) -> list[int]:
        if any("INSERT INTO refresh_families" in one.sql for one in statements):
            closed = "UPDATE players SET status = 'closed' WHERE player_id = ?"
            await world.db.execute(closed, somebody.player_id)
            now_ms = world.clock.now_ms()
            await end_all(world.house, somebody.player_id, "player", "closed", now_ms)
        return await batch(statements)

    monkeypatch.setattr(world.db, "batch", closing_first)
    login = {name: somebody.player.registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "invalid_credentials"
    assert run(world.house.sessions.live_ids(somebody.player_id, world.clock.now_ms())) == []
    assert world.call("POST", "/v1/auth/login", login).code == "account_closed"


def _off_board(world: RegistersWorld, somebody: Somebody) -> dict[str, int]:
    """Find a player impeded and follow the case to the closing; what the last tick did."""
    world.impede(somebody.player.cpf, SOCIAL)
    due = "UPDATE register_standings SET next_at = 0 WHERE player_id = ?"
    world.change(due, somebody.player_id)
    assert world.sweep()["listed"] == 1
    world.follow()
    somebody.advance(3 * DAY_MS)
    world.clock.advance(5 * MINUTE_MS)
    return world.follow()


def _balance(world: RegistersWorld, somebody: Somebody) -> int:
    text = run(world.real.query(somebody.player_id, "balance", "", "{}"))
    cash_minor = json.loads(text.split(" ", 2)[2])["cash_minor"]
    assert isinstance(cash_minor, int)
    return cash_minor


def _payment(somebody: Somebody, txid: str) -> dict[str, object]:
    return {
        "endToEndId": "E12345678202611221415abcdefghijk",
        "txid": txid,
        "valor": "70.00",
        "horario": "2026-11-22T14:15:00.000Z",
        "pagador": {"cpf": somebody.player.cpf, "nome": "Maria da Silva"},
    }


@pytest.mark.parametrize("is_erased", [False, True])
def test_a_charge_that_is_paid_after_the_closing_goes_back_to_the_payer(
    world: RegistersWorld, *, is_erased: bool
) -> None:
    somebody = join(world).identify()
    txid = somebody.player.charge(7_000)["pix"]["txid"]
    assert _off_board(world, somebody) == {"cases": 1, "close": 1, "refund": 1}
    if is_erased:  # which leaves no index of the person
        forget = "UPDATE players SET cpf_index = '~' || player_id WHERE player_id = ?"
        world.change(forget, somebody.player_id)
    payment = _payment(somebody, txid)
    for _ in range(2):
        assert world.tell("/v1/webhooks/pix", {"pix": [payment]}).json["refunded"] == 1
    assert world.bank.refunded == [(payment["endToEndId"], 7_000)]
    assert _balance(world, somebody) == 0
    assert somebody.alerts() == ["payments.account_closed"]
    [deposit] = world.rows("SELECT * FROM deposits")
    assert (deposit["status"], deposit["refusal"]) == ("refunded", "account_closed")


def test_a_payment_that_was_claimed_before_the_closing_is_waited_for_and_paid_out(
    world: RegistersWorld,
) -> None:
    somebody = join(world).identify()
    notice = {"pix": [_payment(somebody, somebody.player.charge(7_000)["pix"]["txid"])]}
    world.real.misses = {"deposit_credit"}
    assert world.tell("/v1/webhooks/pix", notice).status == 503
    assert _off_board(world, somebody) == {"cases": 1, "close": 1, "failed": 1}
    world.real.misses = set()
    assert world.tell("/v1/webhooks/pix", notice).json["credited"] == 1
    world.clock.advance(5 * MINUTE_MS)
    assert world.follow() == {"cases": 1, "refund": 1}
    assert _balance(world, somebody) == 0
    assert somebody.case()["refunded_minor"] == 7_000
