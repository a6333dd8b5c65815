"""Keys of the house are turned over, and everything that was there opens and is found again."""

import json
from typing import Any

import pytest
from api_under_test import World, environment, random_secret, run
from e2e.people import registration
from guarded_people import FACTOR, Guarded
from kyc_people import Person, sign_up, staff_member
from services import second_factors
from services.container import Ports, build_house
from services.key_rotation import KEYS_PER_TICK, rotate, standing
from services.vault import owner_of

from shared.identity.sealing import BlindIndex, Sealing

OLD_PII, OLD_INDEX = random_secret(), random_secret()
BEFORE = {"PII_KEYS": json.dumps({"k1": OLD_PII}), "BLIND_INDEX_KEY": OLD_INDEX}


@pytest.fixture
def world() -> World:
    seeded = World(PII_KEYS=BEFORE["PII_KEYS"], BLIND_INDEX_KEY=OLD_INDEX)
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    return seeded


def turn_over(world: World, **keys: str) -> World:
    """The same data behind a house with other keys in its environment."""
    house = world.house
    ports = Ports(**{name: getattr(house, name) for name in Ports.__dataclass_fields__})
    variables = environment(**{**BEFORE, **keys})
    for secret in ("JWT_KEYS", "PASSWORD_PEPPER"):
        variables[secret] = world.variables[secret]
    world.variables = variables
    world.house = build_house(ports, variables.__getitem__)
    world.app = world.app_of(world.house)
    return world


NEW = {
    "PII_KEYS": json.dumps({"k1": OLD_PII, "k2": random_secret()}),
    "PII_ACTIVE_KEY": "k2",
    "BLIND_INDEX_KEYS": json.dumps({"b2": random_secret()}),
    "BLIND_INDEX_ACTIVE": "b2",
}
WITHOUT_OLD = NEW | {
    "PII_KEYS": json.dumps({"k2": json.loads(NEW["PII_KEYS"])["k2"]}),
    "BLIND_INDEX_KEY": "",
}


def everything_of(world: World, person: Person) -> list[Any]:
    """What of a person is opened, found and compared."""
    person = Person(world, person.player_id, "", person.login).again()
    profile = person.profile()
    analyst = staff_member(world, "kyc")
    evidence = analyst.get(person.player_id)
    assert evidence.status == 200, evidence.text
    documents = [
        analyst.get(f"{person.player_id}/documents/{d['document_id']}").content
        for d in evidence.json["documents"]
    ]
    found = world.call(
        "GET", f"/v1/ops/players?query={person.login['email']}", token=analyst.token
    ).json["items"]
    known = ("email", "full_name", "cpf", "phone", "address")
    return [
        {name: profile[name] for name in known},
        evidence.json["person"],
        documents,
        [one["player_id"] for one in found],
    ]


def test_while_a_key_is_turned_over_and_after_everything_opens(world: World) -> None:
    person = sign_up(world)
    person.send_level_1()
    before = everything_of(world, person)
    turn_over(world, **NEW)
    assert everything_of(world, person) == before, "old rows under the old keys"
    assert run(standing(world.house))["person_keys"].keys() == {"k1"}
    outcome = run(rotate(world.house, 0))
    assert outcome["keys_wrapped"] == 4
    assert everything_of(world, person) == before
    left = run(standing(world.house))
    assert left["person_keys"].keys() == {"k2"}
    assert left["staff"].keys() == {"k2"}
    assert left["blind_indexes"].keys() == {"b2"}
    assert set(run(rotate(world.house, 0)).values()) == {0}, "it comes to an end"
    turn_over(world, **WITHOUT_OLD)
    assert everything_of(world, person) == before, "the old keys are gone"


def test_second_factors_of_staff_stand_under_the_new_key_and_open_when_the_old_is_gone(
    world: World,
) -> None:
    (staff,) = world.rows("SELECT staff_id FROM staff LIMIT 1")
    for subject_id, kind in ((str(staff["staff_id"]), "staff"), ("nobody", "staff")):
        secret = run(
            world.house.sealing.seal("ab" * 20, bound=f"{kind}:{subject_id}:second_factor")
        )
        world.change(
            "INSERT INTO second_factors (subject_id, subject_kind, secret_sealed, last_step,"
            " created_at) VALUES (?, ?, ?, 0, 1)",
            subject_id,
            kind,
            secret,
        )
    world.change(
        "UPDATE second_factors SET secret_sealed = 'v1.k1.AAAA' WHERE subject_id = 'nobody'"
    )
    turn_over(world, **NEW)
    assert run(standing(world.house))["second_factors"] == {"k1": 2}
    assert run(rotate(world.house, 0))["factors_sealed"] == 1
    failed = [line["subject"] for line in world.log if line.get("event") == "rotation_failed"]
    assert failed == ["nobody"], "and it keeps nobody else back"
    assert run(standing(world.house))["second_factors"] == {"k1": 1, "k2": 1}
    turn_over(world, **WITHOUT_OLD)
    factor = run(second_factors.find(world.house, str(staff["staff_id"])))
    assert factor is not None
    bound = second_factors.bound(factor.subject_id, factor.kind)
    assert run(world.house.sealing.unseal(factor.secret_sealed, bound=bound)) == "ab" * 20


def test_recovery_codes_are_counted_under_their_key_until_their_owner_has_new_ones(
    world: World,
) -> None:
    ana = Guarded(world)
    ana.enrol()
    world.change(
        "INSERT INTO recovery_codes VALUES ('out-of-date', 'x', 'reset', 1, ?, NULL)",
        world.clock.now_ms(),
    )
    turn_over(world, **NEW)
    run(rotate(world.house, 0))
    assert ana.try_login(otp=ana.recovery_codes[0]).status == 200
    assert run(standing(world.house))["recovery_codes"] == {"first": 9}
    state = ana.send("GET", FACTOR).json
    assert (state["recovery_codes_left"], state["recovery_codes_to_renew"]) == (9, 9)
    renewed = ana.send("POST", f"{FACTOR}/recovery-codes", {"otp": ana.phone.code()})
    assert run(standing(world.house))["recovery_codes"] == {"b2": 10}
    state = ana.send("GET", FACTOR).json
    assert (state["recovery_codes_left"], state["recovery_codes_to_renew"]) == (10, 0)
    turn_over(world, **WITHOUT_OLD)
    assert ana.try_login(otp=renewed.json["recovery_codes"][0]).status == 200


def test_who_did_not_renew_their_recovery_codes_is_told_that_none_is_left(world: World) -> None:
    ana = Guarded(world)
    ana.enrol()
    turn_over(world, **NEW)
    run(rotate(world.house, 0))
    turn_over(world, **WITHOUT_OLD)
    assert ana.try_login(otp=ana.recovery_codes[0]).code == "invalid_credentials"
    assert ana.send("GET", FACTOR).json["recovery_codes_left"] == 0
    assert run(standing(world.house))["recovery_codes"] == {"first": 10}


def test_one_player_whose_new_index_is_taken_keeps_nobody_else_back(world: World) -> None:
    first, other, last = (sign_up(world) for _ in range(3))
    turn_over(world, **NEW)
    taken = world.house.blind_index.of("email", str(first.login["email"]))
    world.change("UPDATE players SET email_index = ? WHERE player_id = ?", taken, other.player_id)
    outcome = run(rotate(world.house, 0))
    failed = [line["subject"] for line in world.log if line.get("event") == "rotation_failed"]
    assert failed == [first.player_id]
    left = world.rows("SELECT player_id FROM players WHERE email_index NOT GLOB 'b2.*'")
    assert [row["player_id"] for row in left] == [first.player_id]
    assert world.rows("SELECT 1 FROM players WHERE cpf_index NOT GLOB 'b2.*'") == []
    assert outcome["people_indexed"] == 6
    assert last.again().profile()["email"] == last.login["email"]


def test_whoever_is_there_is_found_before_somebody_new_is_made(world: World) -> None:
    turn_over(world, **NEW)
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    assert len(world.rows("SELECT * FROM staff")) == 8
    assert run(rotate(world.house, 0))["staff_sealed"] == 8


def test_one_member_of_staff_who_was_made_twice_keeps_nobody_else_back(world: World) -> None:
    turn_over(world, **NEW)
    world.change(
        "INSERT INTO staff SELECT 'twice', ?, email_sealed, role, status, created_at FROM staff"
        " LIMIT 1",
        world.house.blind_index.of("email", "admin@acme.test"),
    )
    world.change(
        "UPDATE staff SET email_sealed = ? WHERE staff_id = 'twice'",
        run(world.house.sealing.seal("admin@acme.test", bound="staff:twice:email")),
    )
    assert run(rotate(world.house, 0))["staff_sealed"] == 7
    assert [line for line in world.log if line.get("event") == "rotation_failed"]


def test_without_the_turn_the_old_key_cannot_go(world: World) -> None:
    person = sign_up(world)
    turn_over(world, **WITHOUT_OLD)
    login = world.call("POST", "/v1/auth/login", person.login)
    assert (login.status, login.code) == (401, "invalid_credentials")


def test_while_indexes_are_turned_over_one_person_has_one_account(world: World) -> None:
    body = {"cpf": "52998224725", "email": "one@example.com"}
    sign_up(world, **body)
    turn_over(world, **NEW)
    for change in ({"email": "other@example.com"}, {"cpf": "39053344705"}):
        again = world.call("POST", "/v1/players", registration(**body | change))
        assert (again.status, again.code) == (409, "already_registered")


def test_rows_from_before_there_were_keys_of_people_get_theirs(world: World) -> None:
    person = sign_up(world)
    (document_id, *_) = person.send_level_1()
    before = everything_of(world, person)
    _as_of_old(world, person, document_id)
    assert everything_of(world, person) == before
    outcome = run(rotate(world.house, 0))
    assert (outcome["people_sealed"], outcome["files_sealed"]) == (1, 1)
    (row,) = world.rows("SELECT * FROM players WHERE player_id = ?", person.player_id)
    assert str(row["pii_sealed"]).startswith("v2.profile.")
    assert str(row["cpf_sealed"]).startswith("v2.records.")
    assert everything_of(world, person) == before
    assert set(run(rotate(world.house, 0)).values()) == {0}


def _as_of_old(world: World, person: Person, document_id: str) -> None:
    """Everything of a person as it was sealed before."""

    async def reseal() -> None:
        house, player_id = world.house, person.player_id
        row = await house.db.first("SELECT * FROM players WHERE player_id = ?", player_id)
        assert row is not None
        old = []
        for field in ("pii", "cpf"):
            bound = f"player:{player_id}:{field}"
            plain = await house.sealing.unseal(str(row[f"{field}_sealed"]), bound=bound)
            old.append(await house.sealing.house.seal(plain, bound=bound))
        await house.db.execute(
            "UPDATE players SET pii_sealed = ?, cpf_sealed = ? WHERE player_id = ?", *old, player_id
        )
        key, bound = f"kyc/{player_id}/{document_id}", f"kyc:{player_id}:{document_id}"
        content = await house.documents.get(key)
        assert content is not None
        file = await house.sealing.unseal_bytes(content, bound=bound)
        sealed = await house.sealing.house.seal_bytes(file, bound=bound)
        await house.documents.put(key, sealed, content_type="application/octet-stream")
        await house.db.execute(
            "UPDATE kyc_documents SET seal = 'v1' WHERE document_id = ?", document_id
        )

    run(reseal())


def test_a_turn_takes_as_many_ticks_as_it_needs(world: World) -> None:
    person = sign_up(world)

    async def many() -> None:
        for number in range(KEYS_PER_TICK):
            bound = f"player:{person.player_id[:-4]}{number:04x}:cpf"
            await world.house.sealing.seal("x", bound=bound)

    run(many())
    turn_over(world, **NEW)
    wrapped = [run(rotate(world.house, 0))["keys_wrapped"] for _ in range(3)]
    assert wrapped == [KEYS_PER_TICK, 4, 0]


@pytest.mark.parametrize(
    ("bound", "purpose"),
    [
        ("player:01a2039c-3aa0-7867-8959-b61dd3f03301:pii", "profile"),
        ("player:01a2039c-3aa0-7867-8959-b61dd3f03301:cpf", "records"),
        ("player:01a2039c-3aa0-7867-8959-b61dd3f03301:record", "records"),
        ("kyc:01a2039c-3aa0-7867-8959-b61dd3f03301:x", "records"),
        ("export:01a2039c-3aa0-7867-8959-b61dd3f03301:x:1", "profile"),
        ("staff:01a2039c-3aa0-7867-8959-b61dd3f03301:email", None),
    ],
)
def test_what_law_keeps_and_what_may_go_are_under_two_keys(bound: str, purpose: str | None) -> None:
    owner = owner_of(bound)
    assert (owner and owner[1]) == purpose


def test_a_house_without_its_index_key_does_not_start() -> None:
    with pytest.raises(ValueError, match="active"):
        World(BLIND_INDEX_KEY="")
    assert isinstance(World().house.sealing.house, Sealing)
    assert isinstance(World().house.blind_index, BlindIndex)
