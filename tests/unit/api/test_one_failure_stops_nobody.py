"""Ticks over the data of people: what fails for one person is tried again and stops nobody else."""

import json

import pytest
from api_under_test import World, random_secret, run
from kyc_people import sign_up
from money_world import MoneyWorld, Player
from services.container import House, Ports, build_house
from services.data_exports import KEPT_MS, advance_exports
from services.key_rotation import rotate
from services.retention_sweep import keep_and_delete

from shared.kernel.times import DAY_MS
from shared.platform.native.r2 import NativeR2

FIVE_YEARS = (5 * 365 + 2) * DAY_MS


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


def begun(player: Player) -> str:
    return str(player.post("/v1/me/data-exports").json["export_id"])


def standing(world: MoneyWorld) -> dict[str, str]:
    rows = world.rows("SELECT export_id, status FROM data_exports")
    return {str(row["export_id"]): str(row["status"]) for row in rows}


def test_an_export_that_cannot_be_made_stops_no_other_and_ends_with_its_time(
    world: MoneyWorld,
) -> None:
    broken = begun(Player(world))
    world.clock.advance(1)
    fine = begun(Player(world))
    world.change("UPDATE data_exports SET section = 'gone' WHERE export_id = ?", broken)
    outcomes = [run(advance_exports(world.house, slot)) for slot in range(3)]
    assert standing(world) == {broken: "building", fine: "ready"}
    assert [outcome["exports_failed"] for outcome in outcomes] == [1, 1, 1]
    assert [line["export_id"] for line in world.log if line.get("event") == "export_failed"] == [
        broken
    ] * 3
    world.clock.advance(KEPT_MS)
    assert run(advance_exports(world.house, 3))["exports_failed"] == 0
    assert standing(world) == {broken: "expired", fine: "expired"}


def test_exports_beyond_a_slice_of_broken_ones_have_their_turn(world: MoneyWorld) -> None:
    fine = begun(Player(world))
    player_id = Player(world, email="broken@example.com").player_id
    for last in "0123456789abcdef" * 6:
        world.change(
            "INSERT INTO data_exports (export_id, player_id, status, section, cursor, requested_at,"
            " expires_at) SELECT count(*) || '-' || ?, ?, 'building', 'gone', '', 1, 1 << 50"
            " FROM data_exports",
            last,
            player_id,
        )
    for slot in range(0, 40 * 300_000, 300_000):
        run(advance_exports(world.house, slot))
    assert standing(world)[fine] == "ready"


def test_somebody_whose_data_do_not_go_stops_nobody(
    world: MoneyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = Player(world), Player(world, email="fine@example.com")
    world.change("UPDATE players SET status = 'closed'")
    run(keep_and_delete(world.house, 0))
    world.clock.advance(FIVE_YEARS)
    files = world.house.documents.list

    async def list_files(prefix: str) -> list[str]:
        if broken.player_id in prefix:
            raise ValueError("a name that nobody can read")
        return list(await files(prefix))

    with monkeypatch.context() as patched:
        patched.setattr(world.house.documents, "list", list_files)
        assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 1
    gone = world.rows("SELECT player_id FROM players WHERE cpf_sealed = ''")
    assert [row["player_id"] for row in gone] == [fine.player_id]
    assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 1
    assert json.dumps(world.log).count("retention_failed") == 1


def test_a_key_and_a_file_that_do_not_open_stop_no_turning_over() -> None:
    old = random_secret()
    world = World(PII_KEYS=json.dumps({"k1": old}))
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    person = sign_up(world)
    person.send_level_1()
    world.change("UPDATE kyc_documents SET seal = 'v1' WHERE player_id = ?", person.player_id)
    documents = world.rows("SELECT object_key FROM kyc_documents WHERE seal = 'v1'")
    kept = world.house.documents
    assert isinstance(kept, NativeR2)
    run(kept.put(str(documents[0]["object_key"]), b"v2.records.x.y", content_type="text/plain"))
    (staff,) = world.rows("SELECT staff_id FROM staff ORDER BY rowid LIMIT 1")
    world.change("UPDATE staff SET email_sealed = 'v1.k1.AAAA' WHERE staff_id = ?", *staff.values())
    world.change(
        "UPDATE person_keys SET wrapped = 'v1.k1.AAAA' WHERE player_id = ? AND purpose = 'profile'",
        person.player_id,
    )
    house = turn_over(world, PII_KEYS=json.dumps({"k1": old, "k2": random_secret()}))
    done = run(rotate(house, 0))
    assert (done["keys_wrapped"], done["files_sealed"], done["staff_sealed"]) == (
        3,
        len(documents) - 1,
        7,
    )
    told = [line["subject"] for line in world.log if line.get("event") == "rotation_failed"]
    assert sorted(told) == sorted([person.player_id] * 2 + [str(staff["staff_id"])])


def turn_over(world: World, **keys: str) -> House:
    """The house of a world, whose newest key is the active one."""
    ports = Ports(**{name: getattr(world.house, name) for name in Ports.__dataclass_fields__})
    world.variables |= {**keys, "PII_ACTIVE_KEY": "k2"}
    return build_house(ports, world.variables.__getitem__)
