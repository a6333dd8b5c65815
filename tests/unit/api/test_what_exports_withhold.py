"""What an export does not tell its owner: somebody else's registers, and what the house thinks."""

import json
from typing import Any

import pytest
from api_under_test import run
from registers_world import SOCIAL, RegistersWorld, Somebody, join
from services.data_exports import advance_exports

from shared.kernel.times import HOUR_MS

OF_REGISTERS = ("register_checks", "impediments", "offboardings", "communications")


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


def export(somebody: Somebody) -> dict[str, list[Any]]:
    """A finished export by section."""
    player, world = somebody.player, somebody.world
    path = f"/v1/me/data-exports/{player.post('/v1/me/data-exports').json['export_id']}"
    while not run(advance_exports(world.house, 0))["exports_ready"]:
        pass
    sections: dict[str, list[Any]] = {}
    for number in range(1, player.get(path)["parts"] + 1):
        part = player.get(f"{path}/parts/{number}")
        sections.setdefault(part["section"], []).extend(part["items"])
    return sections


@pytest.mark.parametrize("is_identified", [False, True])
def test_what_registers_say_of_a_cpf_is_told_to_whom_it_is_of(
    world: RegistersWorld, is_identified: bool
) -> None:
    somebody = join(world)
    if is_identified:
        somebody.identify()
    world.impede(somebody.player.cpf, SOCIAL)
    world.change("UPDATE register_standings SET next_at = 0")
    assert world.sweep()["listed"] == 1
    world.clock.advance(12 * HOUR_MS)
    assert world.follow()["notify"] == 1
    somebody.player.log_in()
    held = export(somebody)
    assert [bool(held[section]) for section in OF_REGISTERS] == [is_identified] * 4
    assert (SOCIAL in json.dumps(held)) == is_identified


@pytest.mark.parametrize("is_identified", [False, True])
def test_that_somebody_of_this_number_had_an_account_is_told_to_whom_it_is_of(
    world: RegistersWorld, is_identified: bool
) -> None:
    former, somebody = join(world), join(world)
    if is_identified:
        somebody.identify()
    link = "INSERT INTO account_successions VALUES (?, ?, 'index', 1, NULL)"
    world.change(link, former.player_id, somebody.player_id)
    assert bool(export(somebody)["account_successions"]) == is_identified


def test_of_the_wallet_a_person_gets_what_their_statement_shows(world: RegistersWorld) -> None:
    somebody = join(world).identify()
    path = f"players/{somebody.player_id}"
    words = {"reason": "structuring suspected"}
    limit = {"kind": "deposit", "period": "daily", "value": 5_000}
    assert world.office(f"{path}/limits", "support", "POST", limit | words).status == 200
    assert world.office(f"{path}/exclusions", "support", "POST", {"days": 40} | words).status == 201
    somebody.player.log_in()
    shown = somebody.player.get("/v1/me/wallet/events?limit=100")["items"]
    held = export(somebody)
    assert held["wallet"] == shown
    assert {row["command"] for row in held["protection_orders"]} == {
        "operator_limit_set",
        "exclude",
    }
    for word in ("structuring", "actor_id"):
        assert word not in json.dumps(held)


@pytest.mark.parametrize("purpose", ["aml_duty", "authority_request"])
def test_nobody_learns_from_an_export_that_they_are_looked_into(
    world: RegistersWorld, purpose: str
) -> None:
    somebody = join(world)
    for why in (purpose, "legal_claim"):
        body = {"fields": ["cpf"], "purpose": why, "note": "12 of 2026"}
        path = f"players/{somebody.player_id}/personal-data"
        assert world.office(path, "aml", "POST", body).status == 200
    looks = export(somebody)["personal_data_access"]
    assert [look["purpose"] for look in looks] == ["legal_claim"]
