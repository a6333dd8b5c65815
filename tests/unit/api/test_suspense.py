"""Money without an owner is seen by the desk until somebody finds its owner."""

from typing import Any

import pytest
from money_world import MoneyWorld, Player, minutes
from services import suspense
from services.sandbox_people import DEMO_PASSWORD

from shared.identity.model import ROLES

SUSPENSE = "/v1/ops/payments/suspense"


@pytest.fixture
def world() -> MoneyWorld:
    world = MoneyWorld()
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    return world


def _ask(world: MoneyWorld, role: str = "finance", query: str = "") -> Any:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    token = world.call("POST", "/v1/ops/auth/login", login).json["access_token"]
    return world.call("GET", SUSPENSE + query, token=token)


def _pay(world: MoneyWorld, number: int, **changes: object) -> None:
    item = {
        "endToEndId": f"E{number:031d}",
        "txid": "0" * 32,
        "valor": "10.00",
        "horario": "2026-11-22T14:15:00.000Z",
        "pagador": {"cpf": "52998224725"},
    }
    world.tell("/v1/webhooks/pix", {"pix": [item | changes]})


def test_payments_for_nobody_are_listed_with_their_age_and_counted(world: MoneyWorld) -> None:
    _pay(world, 1)
    world.clock.advance(minutes(90))
    _pay(world, 2, txid=None)
    _pay(world, 3, valor="ten")
    told = _ask(world).json
    assert (told["count"], told["amount_minor"]) == (3, 2_000)
    assert [
        (item["end_to_end_id"][-1], item["outcome"], item["amount_minor"], item["age_minutes"])
        for item in told["items"]
    ] == [("3", "unreadable", None, 0), ("2", "unknown", 1_000, 0), ("1", "unknown", 1_000, 90)]
    assert told["oldest_at"] == told["items"][-1]["received_at"]
    assert world.desk() == {"suspense": 3}


def test_money_that_waits_for_its_wallet_is_listed_until_it_is_credited(world: MoneyWorld) -> None:
    player = Player(world)
    txid = player.charge(1_000)["pix"]["txid"]
    world.real.misses.add("deposit_credit")
    _pay(world, 1, txid=txid, pagador={"cpf": player.cpf})
    assert [item["outcome"] for item in _ask(world).json["items"]] == ["open"]
    world.real.misses.clear()
    _pay(world, 1, txid=txid, pagador={"cpf": player.cpf})
    assert _ask(world).json["count"] == 0
    assert player.balance() == (1_000, 0)


def test_pages_hold_every_payment_once(world: MoneyWorld) -> None:
    for number in range(5):
        _pay(world, number)  # all of one millisecond
    seen, cursor = [], ""
    while True:
        page = _ask(world, query=f"?limit=2{cursor}").json
        seen += [item["end_to_end_id"][-1] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("role", ROLES)
def test_only_finance_admin_and_auditor_see_it(world: MoneyWorld, role: str) -> None:
    allowed = role in ("finance", "admin", "auditor")
    assert _ask(world, role).status == (200 if allowed else 403)


def test_it_reads_what_waits_and_not_all_that_was_ever_paid(world: MoneyWorld) -> None:
    for statement, marks in ((suspense._PAGE, (0, "", 1)), (suspense._SUMMARY, ())):
        plan = world.rows(f"EXPLAIN QUERY PLAN {statement}", *marks)
        assert any("pix_received_suspense" in str(row["detail"]) for row in plan), plan
