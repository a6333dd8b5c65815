"""Notices of received PIX: odd ones, several at once, told again, told otherwise."""

import secrets
from typing import Any

import pytest
from api_under_test import Reply
from e2e.people import cpf
from money_world import MoneyWorld, Player

from shared.kernel.times import HOUR_MS

NOTICES = "/v1/webhooks/pix"


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def _paid(player: Player, amount_minor: int = 5_000, **changes: Any) -> dict[str, Any]:
    """A payment of the player's own for a charge that was just opened."""
    item = {
        "endToEndId": "E12345678202611221415" + secrets.token_hex(6)[:11],
        "txid": player.charge(amount_minor)["pix"]["txid"],
        "valor": f"{amount_minor // 100}.{amount_minor % 100:02d}",
        "horario": "2026-11-22T14:15:00.000Z",
        "pagador": {"cpf": player.cpf, "nome": "Maria da Silva"},
    } | changes
    return {name: value for name, value in item.items() if value is not ...}


def _tell(player: Player, *items: object) -> Reply:
    return player.world.tell(NOTICES, {"pix": list(items)})


def _outcomes(world: MoneyWorld) -> dict[str, str]:
    rows = world.rows("SELECT end_to_end_id, outcome FROM pix_received")
    return {str(row["end_to_end_id"]): str(row["outcome"]) for row in rows}


def test_every_payment_of_a_notice_is_worked_off(world: MoneyWorld, player: Player) -> None:
    items = [_paid(player, 1_000), _paid(player, 2_000), _paid(player, 4_000)]
    assert _tell(player, *items).json == {"received": 3, "credited": 3, "refunded": 0, "unknown": 0}
    assert player.balance() == (7_000, 0)
    assert set(_outcomes(world).values()) == {"credited"}


def test_the_sandboxs_bank_pays_a_code_until_it_expires(world: MoneyWorld, player: Player) -> None:
    first, second = (player.charge(1_000)["pix"]["txid"] for _ in range(2))
    world.clock.advance(HOUR_MS - 1)
    assert world.call("POST", f"/v1/sandbox/pix/{first}/pay", {}).json["status"] == "credited"
    world.clock.advance(1)
    refused = world.call("POST", f"/v1/sandbox/pix/{second}/pay", {})
    assert (refused.status, refused.json["code"]) == (409, "charge_expired")
    player.log_in()
    assert player.balance() == (1_000, 0)


def test_a_hundred_payments_with_all_that_the_standard_has_are_a_notice(
    world: MoneyWorld, player: Player
) -> None:
    much = {
        "chave": "7f6844d0-de89-47e5-9ef7-e0a35a681615",
        "infoPagador": "10:30: boa sorte",
        "componentesValor": {"original": {"valor": "1.00"}, "juros": {"valor": "0.00"}},
        "devolucoes": [
            {
                "id": "1",
                "rtrId": "D1",
                "valor": "1.00",
                "horario": {"solicitacao": "2026-11-22T14:15:00.000-03:00"},
                "status": "DEVOLVIDO",
            }
        ],
    }
    items = [_paid(player, 100, **much) for _ in range(100)]
    assert _tell(player, *items).json["credited"] == 100
    assert player.balance() == (10_000, 0)


@pytest.mark.parametrize(
    ("odd", "place"),
    [
        ({"valor": "10,50"}, "valor"),
        ({"valor": 10.5}, "valor"),
        ({"horario": "yesterday"}, "horario"),
        ({"horario": ...}, "horario"),
        ({"endToEndId": "short"}, "endToEndId"),
        ({"endToEndId": ...}, "endToEndId"),
    ],
    ids=str,
)
def test_an_odd_payment_is_told_to_the_bank_after_the_others_were_credited(
    world: MoneyWorld, player: Player, odd: dict[str, Any], place: str
) -> None:
    first, strange, last = _paid(player, 1_000), _paid(player, 9_000, **odd), _paid(player, 2_000)
    for _ in range(2):
        reply = _tell(player, first, strange, last)
        assert (reply.status, reply.code) == (422, "validation_failed")
        assert [error["loc"] for error in reply.json["errors"]] == [["body", "pix", "1", place]]
        assert player.balance() == (3_000, 0)
    known = {first["endToEndId"]: "credited", last["endToEndId"]: "credited"}
    if place != "endToEndId":
        known[strange["endToEndId"]] = "unreadable"
    assert _outcomes(world) == known


def test_what_is_no_payment_at_all_is_named_too(player: Player) -> None:
    reply = _tell(player, "PIX", _paid(player, 1_000), None)
    assert {error["loc"][2] for error in reply.json["errors"]} == {"0", "2"}
    assert player.balance() == (1_000, 0)


def test_a_payment_that_becomes_readable_is_credited(world: MoneyWorld, player: Player) -> None:
    item = _paid(player, 1_000)
    assert _tell(player, item | {"valor": "ten"}).status == 422
    assert _tell(player, item).json["credited"] == 1
    assert _outcomes(world) == {item["endToEndId"]: "credited"}
    assert _tell(player, item | {"valor": "ten"}).status == 422
    assert _outcomes(world) == {item["endToEndId"]: "credited"}


@pytest.mark.parametrize(
    "nobody", [..., None, {"nome": "ninguém"}, {"cpf": "***.982.247-**"}], ids=str
)
def test_money_of_nobody_goes_back_and_stays_back_when_a_payer_is_named_later(
    world: MoneyWorld, player: Player, nobody: object
) -> None:
    item = _paid(player, 5_000)
    anonymous = {name: value for name, value in item.items() if name != "pagador"}
    if nobody is not ...:
        anonymous["pagador"] = nobody
    world.bank.is_down = True
    assert _tell(player, anonymous).code == "unavailable"
    world.bank.is_down = False
    for told in (item, anonymous, item):
        assert _tell(player, told).json["refunded"] == 1
    assert player.balance() == (0, 0)
    assert world.bank.refunded == [(item["endToEndId"], 5_000)]
    assert world.alerts() == [("payments.payer_unknown", "high")]
    [deposit] = player.get("/v1/me/deposits")["items"]
    assert (deposit["status"], deposit["refusal"]) == ("refunded", "payer_unknown")


def test_money_of_somebody_else_goes_back_and_the_player_s_own_is_still_taken(
    world: MoneyWorld, player: Player
) -> None:
    own = _paid(player, 5_000)
    strange = own | {"endToEndId": "E" + "1" * 31, "pagador": {"cpf": cpf()}}
    company = own | {"endToEndId": "E" + "2" * 31, "pagador": {"cnpj": "12345678000195"}}
    assert _tell(player, strange, company, own).json == {
        "received": 3,
        "credited": 1,
        "refunded": 2,
        "unknown": 0,
    }
    assert player.balance() == (5_000, 0)
    assert [name for name, _ in world.bank.refunded] == [
        strange["endToEndId"],
        company["endToEndId"],
    ]
    assert world.alerts() == [("payments.third_party_funds", "high")] * 2


def test_what_was_credited_is_not_sent_back_when_the_payer_is_forgotten(
    world: MoneyWorld, player: Player
) -> None:
    item = _paid(player, 5_000)
    world.d1.fails = "UPDATE deposits"  # credited in the wallet, and nothing after it
    assert _tell(player, item).code == "unavailable"
    world.d1.fails = None
    assert _tell(player, item | {"pagador": None}).json["credited"] == 1
    assert player.balance() == (5_000, 0)
    assert world.bank.refunded == []


@pytest.mark.parametrize("txid", [..., None, "0" * 32, "static1", "***"], ids=str)
def test_a_payment_for_no_charge_of_ours_is_recorded_as_unknown(
    world: MoneyWorld, player: Player, txid: object
) -> None:
    item = _paid(player, 5_000, txid=txid)
    for _ in range(2):
        assert _tell(player, item).json["unknown"] == 1
    assert _outcomes(world) == {item["endToEndId"]: "unknown"}
    assert world.bank.refunded == []


def test_one_end_to_end_id_is_one_payment(world: MoneyWorld, player: Player) -> None:
    item = _paid(player, 5_000)
    other = _paid(player, 7_000, endToEndId=item["endToEndId"])
    assert _tell(player, item, other).json == {
        "received": 2,
        "credited": 1,
        "refunded": 0,
        "unknown": 1,
    }
    assert player.balance() == (5_000, 0)
    assert _outcomes(world) == {item["endToEndId"]: "credited"}
