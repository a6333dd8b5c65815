"""The analysts' desk: who waits, what is seen and logged, and what is decided."""

import json

import pytest
from api_under_test import World, run
from kyc_people import (
    LEVEL_1,
    Analyst,
    Person,
    decisions,
    log_of_actions,
    looked,
    sign_up,
    staff_member,
)
from services.kyc_screening import replace_list, screen_again
from unit.compliance.files import jpeg, png

from shared.compliance.screening import read_list
from shared.identity.model import ROLES
from shared.kernel.times import DAY_MS, HOUR_MS

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def world() -> World:
    seeded = World()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    return seeded


@pytest.fixture
def analyst(world: World) -> Analyst:
    return staff_member(world, "kyc")


@pytest.fixture
def person(world: World) -> Person:
    return sign_up(world)


def audit(world: World) -> list[tuple[str, str, dict[str, object]]]:
    rows = log_of_actions(world)
    return [(str(r["action"]), str(r["subject"]), json.loads(str(r["data"]))) for r in rows]


def test_an_approval_is_seen_by_the_player_and_logged(
    world: World, analyst: Analyst, person: Person
) -> None:
    ids = person.send_level_1()
    reply = analyst.decide(person.player_id, "approve")
    assert (reply.status, reply.json["status"], reply.json["level"]) == (200, "approved", 1)
    shown = person.kyc()
    assert (shown["status"], shown["level"]) == ("approved", 1)
    assert {d["status"] for d in shown["documents"]} == {"accepted"}
    assert person.profile()["kyc_status"] == "approved"
    ((action, subject, data),) = audit(world)
    assert (action, subject) == ("kyc.approve", person.player_id)
    assert (data["from"], data["to"], data["level"]) == ("in_review", "approved", 1)
    assert data["documents"] == sorted(ids)
    (decision,) = decisions(world)
    assert decision["decision_id"] == data["decision_id"]
    assert decision["reason"] == "compared with the documents"
    assert json.loads(str(decision["evidence"]))["documents"].keys() == set(ids)


def test_the_analysts_words_stay_in_the_house(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    body = {"reason": "the man on the photo is Bento", "reason_code": "does_not_match"}
    assert analyst.decide(person.player_id, "reject", **body).json["status"] == "rejected"
    shown = person.kyc()
    assert (shown["status"], shown["reason"]) == ("rejected", "does_not_match")
    assert {d["reason"] for d in shown["documents"]} == {"does_not_match"}
    assert "Bento" not in json.dumps(shown)
    assert "Bento" not in json.dumps(audit(world))


def test_without_a_complete_set_nobody_approves_whatever_their_role(
    world: World, person: Person
) -> None:
    person.send("id_front")
    for role in ("kyc", "admin"):
        reply = staff_member(world, role).decide(person.player_id, "approve")
        assert (reply.status, reply.code) == (409, "kyc_incomplete")
        assert reply.json["missing"] == ["id_back", "selfie"]
    assert audit(world) == []
    assert person.kyc()["status"] == "pending"


def test_one_document_can_be_asked_for_again(analyst: Analyst, person: Person) -> None:
    person.send_level_1()
    body = {"kinds": ["selfie"], "reason_code": "unreadable"}
    assert analyst.decide(person.player_id, "reject", **body).status == 200
    assert person.kyc()["next"] == {"level": 1, "missing": ["selfie"]}
    person.send("selfie", salt=7)
    assert person.kyc()["status"] == "in_review"
    assert analyst.decide(person.player_id, "approve").status == 200


def test_an_approval_ends_after_its_time_and_a_new_set_is_asked_for(
    world: World, person: Person
) -> None:
    person.send_level_1()
    staff_member(world, "kyc").decide(person.player_id, "approve")
    world.clock.advance(730 * DAY_MS)
    person = person.again()
    assert person.profile()["kyc_status"] == "expired"
    shown = person.kyc()
    assert (shown["status"], shown["level"]) == ("expired", 0)
    assert shown["next"] == {"level": 1, "missing": list(LEVEL_1)}
    person.send_level_1(salt=5)
    assert person.kyc()["status"] == "in_review"


def test_an_approval_can_be_taken_away(analyst: Analyst, person: Person) -> None:
    person.send_level_1()
    analyst.decide(person.player_id, "approve")
    reply = analyst.decide(person.player_id, "reverify")
    assert (reply.json["status"], reply.json["level"]) == ("expired", 0)
    assert person.kyc()["reason"] == "reverification"
    again = analyst.decide(person.player_id, "reverify")
    assert (again.status, again.code) == (409, "kyc_decided")


def test_the_queue_shows_the_longest_wait_first_page_by_page(
    world: World, analyst: Analyst
) -> None:
    people = [sign_up(world) for _ in range(5)]
    for one in people:
        one.send_level_1()
        world.clock.advance(60_000)
    ids: list[str] = []
    cursor = ""
    while True:
        page = analyst.get(f"queue?limit=2{cursor}").json
        ids += [item["player_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert ids == [one.player_id for one in people]
    first = analyst.get("queue?limit=1").json["items"][0]
    assert first["age_seconds"] == 300
    assert first["documents"] == sorted(LEVEL_1)
    assert first["flags"] == []
    older = analyst.get("queue?older_than_minutes=4").json["items"]
    assert [item["player_id"] for item in older] == ids[:2]


def test_who_is_decided_waits_no_longer(analyst: Analyst, person: Person) -> None:
    person.send_level_1()
    assert len(analyst.get("queue").json["items"]) == 1
    analyst.decide(person.player_id, "approve")
    assert analyst.get("queue").json["items"] == []
    person.send("proof_of_address")
    (item,) = analyst.get("queue?status=approved").json["items"]
    assert (item["level"], item["documents"]) == (1, ["proof_of_address"])
    assert analyst.get("queue?status=in_review").json["items"] == []


@pytest.mark.parametrize("cursor", ["x", "1_", "99999999999999999999_a", "-", "1234567890123456"])
def test_a_cursor_that_is_none_is_refused(analyst: Analyst, cursor: str) -> None:
    assert analyst.get(f"queue?cursor={cursor}").code == "validation_failed"


def test_evidence_is_masked_and_reading_it_is_logged(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    shown = analyst.get(person.player_id).json
    who = shown["person"]
    assert who["full_name"] == "Maria da Silva"
    assert who["birth_date"] == "1990-05-17"
    assert who["email"].startswith("p***@")
    assert who["phone"] == "+55*********21"
    assert who["cpf"].startswith("***.")
    assert [d["opinion"] for d in shown["documents"]] == ["unsure", "unsure", "passed"]
    assert audit(world) == [("kyc.evidence.read", person.player_id, {})]


def test_a_document_is_opened_as_it_was_sent_and_the_opening_is_logged(
    world: World, analyst: Analyst, person: Person
) -> None:
    front, _, selfie = person.send_level_1()
    for document_id, content, media, name in (
        (front, png(salt=len("id_front")), "image/png", "id_front.png"),
        (selfie, jpeg(), "image/jpeg", "selfie.jpg"),
    ):
        reply = analyst.get(f"{person.player_id}/documents/{document_id}")
        assert (reply.status, reply.content) == (200, content)
        assert reply.headers["Content-Type"] == media
        assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert reply.headers["Content-Security-Policy"].startswith("sandbox;")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "no-store"
    assert [(a, d["document_id"]) for a, _, d in audit(world)] == [
        ("kyc.document.read", front),
        ("kyc.document.read", selfie),
    ]
    opened = [d["times_opened"] for d in analyst.get(person.player_id).json["documents"]]
    assert opened == [1, 0, 1]


def test_a_document_is_found_under_its_own_player_only(
    world: World, analyst: Analyst, person: Person
) -> None:
    (document_id, *_) = person.send_level_1()
    for player_id in (sign_up(world).player_id, NOBODY):
        reply = analyst.get(f"{player_id}/documents/{document_id}")
        assert (reply.status, reply.code) == (404, "document_not_found")
    reply = analyst.get(f"{person.player_id}/documents/{NOBODY}")
    assert (reply.status, reply.code) == (404, "document_not_found")
    assert audit(world) == []


def test_bytes_that_were_changed_in_the_store_are_never_shown(
    world: World, analyst: Analyst, person: Person
) -> None:
    front, back, _ = person.send_level_1()
    objects = world.house.documents.objects  # type: ignore[attr-defined]
    keys = [f"kyc/{person.player_id}/{document_id}" for document_id in (front, back)]
    objects[keys[0]], objects[keys[1]] = objects[keys[1]], objects[keys[0]]
    assert analyst.get(f"{person.player_id}/documents/{front}").status == 500


def test_what_is_not_there_is_404(analyst: Analyst) -> None:
    assert analyst.get(NOBODY).code == "kyc_case_not_found"
    assert analyst.decide(NOBODY, "approve").code == "kyc_case_not_found"
    assert analyst.get("someone").code == "not_found"


def test_only_analysts_and_administrators_reach_the_desk(world: World, person: Person) -> None:
    (document_id, *_) = person.send_level_1()
    paths = ("queue", person.player_id, f"{person.player_id}/documents/{document_id}")
    for role in ROLES:
        member = staff_member(world, role)
        replies = [member.get(path) for path in paths]
        replies.append(member.decide(person.player_id, "approve", reason=""))
        if role in ("kyc", "admin"):
            assert [reply.status for reply in replies] == [200, 200, 200, 422]
        else:
            assert {(reply.status, reply.code) for reply in replies} == {(403, "forbidden")}
    intruder = Analyst(world, person.token)
    for path in paths:
        assert intruder.get(path).code == "token_invalid"


def test_a_sanctioned_name_opens_a_review_that_the_player_cannot_explain(
    world: World, analyst: Analyst
) -> None:
    listed = sign_up(world, full_name="FULANO de Exemplo, Sancionado", birth_date="1970-01-01")
    shown = listed.kyc()
    assert shown["status"] == "in_review"
    (item,) = analyst.get("queue?flagged=true").json["items"]
    assert (item["player_id"], item["flags"]) == (listed.player_id, ["sanction"])
    assert analyst.get("queue?flagged=false").json["items"] == []
    text = json.dumps([shown, listed.profile()])
    assert not [word for word in ("sanction", "pep", "match", "flag", "list_id") if word in text]


def test_a_match_is_resolved_by_the_analyst_before_an_approval(
    world: World, analyst: Analyst
) -> None:
    listed = sign_up(world, full_name="Prefeito Ficticio de Exemplo", birth_date="1970-01-01")
    listed.send_level_1()
    refused = analyst.decide(listed.player_id, "approve")
    assert (refused.status, refused.code) == (409, "kyc_screening_open")
    assert refused.json["matches"] == ["pep"]
    said = looked(analyst, listed, "accepted_pep")
    accepted = analyst.decide(listed.player_id, "approve", **said)
    assert accepted.json["status"] == "approved"
    shown = analyst.get(listed.player_id).json
    assert [(m["kind"], m["outcome"]) for m in shown["matches"]] == [("pep", "accepted_pep")]
    assert shown["status"] == "approved", "the same entry is not found twice"
    assert shown["decisions"][0]["outcome"] == "accepted_pep"


def test_a_sanction_is_never_accepted_and_can_only_be_an_error(
    world: World, analyst: Analyst
) -> None:
    listed = sign_up(world, full_name="Fulano Sancionado de Exemplo", birth_date="1970-01-01")
    listed.send_level_1()
    body = looked(analyst, listed, "accepted_pep")
    refused = analyst.decide(listed.player_id, "approve", **body)
    assert refused.code == "kyc_screening_open"
    body["screening"] = "false_positive"
    assert analyst.decide(listed.player_id, "approve", **body).status == 200


def test_a_list_that_changes_puts_an_approved_player_into_review(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    analyst.decide(person.player_id, "approve")
    entries = read_list("entry_id,name,birth_date\n1,Maria da Sylva,1990-05-17\n")
    run(replace_list(world.house, "un", "sanction", entries, world.clock.now_ms()))
    run(screen_again(world.house, person.player_id, world.clock.now_ms()))
    assert person.kyc()["status"] == "in_review"
    run(replace_list(world.house, "un", "sanction", [], world.clock.now_ms()))
    assert world.rows("SELECT * FROM screening_lists WHERE list_id = 'un'") == []
    assert len(analyst.get("queue?flagged=true").json["items"]) == 1, "what was found stays"


def test_decisions_and_documents_are_never_rewritten(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    analyst.decide(person.player_id, "approve")
    for statement in (
        "UPDATE kyc_decisions SET reason = 'x'",
        "DELETE FROM kyc_decisions",
        "UPDATE kyc_documents SET sha256 = kind",
    ):
        with pytest.raises(Exception, match=r"never|kept"):
            world.change(statement)


def test_of_a_decision_and_a_document_at_once_none_is_lost(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document arrives between what the analyst saw and the decision: the decision is refused."""
    person.send_level_1()
    read = world.house.db.batch
    arrived: list[int] = []

    async def with_a_visitor(statements: list[object]) -> list[int]:
        if not arrived:
            arrived.append(1)
            await world.house.db.execute(
                "UPDATE kyc_cases SET version = version + 1 WHERE player_id = ?", person.player_id
            )
        return await read(statements)  # type: ignore[arg-type]

    monkeypatch.setattr(world.house.db, "batch", with_a_visitor)
    refused = analyst.decide(person.player_id, "approve")
    assert (refused.status, refused.code) == (409, "kyc_decided")
    assert person.kyc()["status"] == "in_review"
    assert audit(world) == []
    assert decisions(world) == []
    world.clock.advance(HOUR_MS // 60)
    assert analyst.decide(person.player_id, "approve").status == 200
