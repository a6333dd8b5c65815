"""No age is waived: what was once read under the legal age refuses until two people settle it."""

import json
from datetime import date

import pytest
from api_under_test import World
from kyc_people import (
    Analyst,
    Person,
    decide,
    decisions,
    log_of_actions,
    propose,
    provider,
    sign_up,
    staff_member,
    tick,
)

from shared.compliance.ports import NOT_ASKED, Checked
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import Unreachable

YOUNG = "2010-01-01"
RIGHT = "1990-05-17"


@pytest.fixture
def world() -> World:
    seeded = World()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    tick(seeded)
    return seeded


@pytest.fixture
def analyst(world: World) -> Analyst:
    return staff_member(world, "kyc")


@pytest.fixture
def admin(world: World) -> Analyst:
    return staff_member(world, "admin")


@pytest.fixture
def person(world: World) -> Person:
    return sign_up(world)


def reads(world: World, born: str) -> None:
    """The provider passes every document and reads this date on it."""
    provider(world, Checked("passed", "other", "r", birth_date=date.fromisoformat(born)))


def override(
    analyst: Analyst, admin: Analyst, person: Person, key: str, *, settles_age: bool = False
) -> object:
    """The refusal of an override by these two, None when the identity is approved."""
    version = analyst.version(person.player_id)
    made = propose(analyst, person, key, settles_age=settles_age, version=version)
    assert made.status == 201, made.text
    return decide(admin, made.json["approval_id"]).json["refusal"]


def test_two_people_do_not_waive_an_age_after_the_document_was_rejected(
    world: World, analyst: Analyst, admin: Analyst, person: Person
) -> None:
    reads(world, YOUNG)
    person.send_level_1()
    assert analyst.decide(person.player_id, "approve").code == "kyc_underage"
    assert analyst.decide(person.player_id, "reject").status == 200
    assert override(analyst, admin, person, "without-papers") == "kyc_underage"
    assert override(analyst, admin, person, "as-misread", settles_age=True) == "kyc_underage"
    assert person.kyc()["status"] == "rejected"


def test_what_one_analyst_read_no_analyst_forgets(
    world: World, analyst: Analyst, admin: Analyst, person: Person
) -> None:
    ids = person.send_level_1()
    refused = analyst.decide(person.player_id, "approve", document_birth_date=YOUNG)
    assert (refused.status, refused.code) == (409, "kyc_underage")
    for member in (analyst, admin):
        assert member.decide(person.player_id, "approve").code == "kyc_underage"
        again = member.decide(person.player_id, "approve", document_birth_date=RIGHT)
        assert again.code == "kyc_underage"
    assert analyst.decide(person.player_id, "reject").status == 200
    world.clock.advance(MINUTE_MS)
    person.send_level_1(salt=5)
    assert analyst.decide(person.player_id, "approve").code == "kyc_underage"
    shown = analyst.get(person.player_id).json["birth_dates"]
    assert [one["born"] for one in shown] == [YOUNG, RIGHT, RIGHT]
    assert shown[0]["documents"] == sorted(ids)
    told = [row for row in log_of_actions(world) if row["action"] == "kyc.birth_date.read"]
    assert len(told) == 3
    assert not [row for row in told if YOUNG in str(row["data"])], "the log names no date"


def test_a_reading_is_kept_though_the_case_moved_since_the_look(
    analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    version = analyst.version(person.player_id)
    person.send("proof_of_address")
    said = {"document_birth_date": YOUNG, "version": version}
    assert analyst.decide(person.player_id, "approve", **said).code == "kyc_decided"
    assert analyst.decide(person.player_id, "approve").code == "kyc_underage"


def test_a_misreading_of_the_provider_is_settled_by_two_on_a_newer_document(
    world: World, analyst: Analyst, admin: Analyst, person: Person
) -> None:
    reads(world, YOUNG)
    front, *_ = person.send_level_1()
    assert analyst.decide(person.player_id, "reject").status == 200
    world.clock.advance(MINUTE_MS)
    reads(world, RIGHT)
    person.send_level_1(salt=5)
    assert analyst.decide(person.player_id, "approve").code == "kyc_underage", "not by one"
    assert override(analyst, admin, person, "unsaid") == "kyc_underage", "not by the way"
    assert override(analyst, admin, person, "said", settles_age=True) is None
    assert person.kyc()["status"] == "approved"
    (decision,) = [one for one in decisions(world) if one["decision"] == "approve"]
    settled = json.loads(str(decision["evidence"]))["age_settled"]
    assert (len(settled), front in settled) == (3, True)
    assert analyst.get(person.player_id).json["age_settled"] == settled
    person.send("proof_of_address")
    assert analyst.decide(person.player_id, "approve").status == 200, "it stays settled"


def test_a_slip_of_an_analyst_is_settled_by_two_on_a_new_set_that_was_read(
    world: World, analyst: Analyst, admin: Analyst, person: Person
) -> None:
    person.send_level_1()
    analyst.decide(person.player_id, "approve", document_birth_date=YOUNG)
    assert analyst.decide(person.player_id, "reject").status == 200
    world.clock.advance(MINUTE_MS)
    person.send_level_1(salt=5)
    assert override(analyst, admin, person, "unread", settles_age=True) == "kyc_underage"
    read = analyst.decide(person.player_id, "approve", document_birth_date=RIGHT)
    assert read.code == "kyc_underage"
    assert override(analyst, admin, person, "read", settles_age=True) is None
    assert person.kyc()["status"] == "approved"


def test_another_date_that_an_analyst_read_counts_until_it_is_corrected(
    analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    slip = analyst.decide(person.player_id, "approve", document_birth_date="1990-05-18")
    assert slip.code == "kyc_birth_date_differs"
    assert analyst.decide(person.player_id, "approve").code == "kyc_birth_date_differs"
    right = analyst.decide(person.player_id, "approve", document_birth_date=RIGHT)
    assert right.status == 200


def test_who_settles_an_age_says_what_they_looked_at(analyst: Analyst, person: Person) -> None:
    assert propose(analyst, person, settles_age=True).code == "validation_failed"


def test_a_file_that_was_cut_off_and_sent_again_keeps_the_younger_date(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(world, YOUNG)
    batch = world.house.db.batch

    async def cut_off(statements: list[object]) -> list[int]:
        raise Unreachable("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(world.house.db, "batch", cut_off)
        assert person.send("id_front").status == 503
    assert world.house.db.batch == batch
    provider(world, NOT_ASKED)
    person.send_level_1()
    assert analyst.decide(person.player_id, "approve").status == 409
    (kept,) = world.rows("SELECT read_birth_date FROM kyc_documents WHERE kind = 'id_front'")
    assert kept["read_birth_date"] == YOUNG


def test_a_reading_is_never_changed_and_goes_only_with_the_person(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    analyst.decide(person.player_id, "approve", document_birth_date=YOUNG)
    for statement in (
        "UPDATE birth_date_readings SET born = '1990-05-17'",
        "UPDATE birth_date_readings SET documents = '[]'",
        "DELETE FROM birth_date_readings",
    ):
        with pytest.raises(Exception, match=r"never|kept"):
            world.change(statement)
    world.change("UPDATE birth_date_readings SET born = NULL")
