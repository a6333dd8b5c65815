"""Two people where one may not, what the wallet is told, and who is screened again."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import date

import pytest
from api_under_test import Reply, World, run
from kyc_people import (
    DOCUMENTS,
    Analyst,
    Person,
    decide,
    decisions,
    document,
    log_of_actions,
    looked,
    propose,
    provider,
    sign_up,
    staff_member,
    tick,
)
from money_world import MoneyWorld, Player
from services import kyc_rulings
from services.gate import wallet_rules
from services.kyc_fact import tell_wallet
from services.kyc_rulings import OVERRIDE_DAYS
from services.kyc_screening import replace_list, screen_again
from services.kyc_sweep import PER_TICK
from unit.compliance.files import jpeg

from shared.compliance.model import profile_now
from shared.compliance.ports import Checked
from shared.compliance.screening import read_list
from shared.identity.model import ROLES
from shared.kernel.times import DAY_MS, MINUTE_MS, SECOND_MS
from shared.platform.ports import Statement, Unreachable


@pytest.fixture
def world() -> World:
    seeded = World()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    tick(seeded)  # the sandbox's lists are new: everybody so far is screened
    return seeded


@pytest.fixture
def analyst(world: World) -> Analyst:
    return staff_member(world, "kyc")


@pytest.fixture
def person(world: World) -> Person:
    return sign_up(world)


def facts(world: World, person: Person) -> list[tuple[str, int | None]]:
    told = [
        fact
        for player_id, fact in world.wallets.facts
        if (player_id, fact["name"]) == (person.player_id, "kyc")
    ]
    versions = [fact["version"] for fact in told]
    assert versions == sorted(set(versions)), "a version is told once"
    return [(fact["status"], fact["valid_until"]) for fact in told]


def test_two_people_approve_without_documents(
    world: World, analyst: Analyst, person: Person
) -> None:
    made = propose(analyst, person)
    assert (made.status, made.json["kind"]) == (201, "kyc_override")
    approval_id = made.json["approval_id"]
    assert decide(analyst, approval_id).code == "maker_is_checker"
    assert person.kyc()["status"] == "pending"
    done = decide(staff_member(world, "admin"), approval_id)
    assert (done.status, done.json["refusal"]) == (200, None)
    assert done.json["carried_out_at"] is not None
    assert (person.kyc()["status"], person.kyc()["level"]) == ("approved", 1)
    (decision,) = decisions(world)
    assert decision["decision_id"] == approval_id
    people = json.loads(str(decision["evidence"]))["override"]
    assert people["maker_id"] != people["checker_id"] == decision["actor_id"]
    actions = [row["action"] for row in log_of_actions(world)]
    assert actions == ["kyc.override.propose", "approval.approve", "kyc.override"]
    assert facts(world, person)[-1][0] == "verified"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_the_words_of_both_people_stay_out_of_the_log_of_actions(
    world: World, analyst: Analyst, person: Person, decision: str
) -> None:
    approval_id = propose(analyst, person, reason="Maria showed her papers").json["approval_id"]
    admin = staff_member(world, "admin")
    assert decide(admin, approval_id, decision).status == 200
    logged = world.rows("SELECT data FROM audit_log WHERE data LIKE ?", f"%{approval_id}%")
    told = [str(row["data"]) for row in world.rows("SELECT data FROM audit_log")]
    assert logged, "it is in the log by its id"
    assert not [text for text in told if "Maria" in text or "looked at it too" in text]
    path = "/v1/ops/approvals"
    (shown,) = world.call("GET", path, token=admin.token).json["items"]
    reasons = (shown["reason"], shown["decision_reason"])
    assert reasons == ("Maria showed her papers", "looked at it too")


def test_a_proposal_is_one_under_its_key_and_a_no_changes_nothing(
    world: World, analyst: Analyst, person: Person
) -> None:
    first = propose(analyst, person)
    again = propose(analyst, person)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert decide(staff_member(world, "admin"), first.json["approval_id"], "reject").status == 200
    assert person.kyc()["status"] == "pending"
    assert decisions(world) == []


def test_role_kyc_decides_and_sees_its_own_kind_of_approvals_only(
    world: World, analyst: Analyst, person: Person
) -> None:
    admin = staff_member(world, "admin")
    override = propose(admin, person).json["approval_id"]
    body = {
        "player_id": person.player_id,
        "amount_minor": 100,
        "direction": "credit",
        "reason": "a correction",
    }
    headers = {"idempotency-key": "adjust-1"}
    made = world.call("POST", "/v1/ops/adjustments", body, token=admin.token, headers=headers)
    assert decide(analyst, made.json["approval_id"]).code == "forbidden"
    seen = world.call("GET", "/v1/ops/approvals", token=analyst.token).json["items"]
    assert [item["approval_id"] for item in seen] == [override]
    assert decide(staff_member(world, "finance"), override).code == "forbidden"
    assert decide(analyst, override).status == 200


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"kyc", "admin"}))
def test_nobody_else_proposes_an_override(world: World, person: Person, role: str) -> None:
    assert propose(staff_member(world, role), person).code == "forbidden"


def test_a_selfie_that_the_provider_refused_takes_two(
    world: World, analyst: Analyst, person: Person
) -> None:
    provider(world, Checked("failed", "other", "r"))
    person.send_level_1()
    refused = analyst.decide(person.player_id, "approve")
    assert (refused.status, refused.code) == (409, "kyc_refused_by_provider")
    assert "selfie" in refused.json["kinds"]
    approval_id = propose(analyst, person).json["approval_id"]
    assert decide(staff_member(world, "admin"), approval_id).json["refusal"] is None
    assert person.kyc()["status"] == "approved"


def test_an_override_waives_no_match_and_can_be_sent_again(world: World, analyst: Analyst) -> None:
    listed = sign_up(world, full_name="Fulano Sancionado de Exemplo", birth_date="1970-01-01")
    admin = staff_member(world, "admin")
    approval_id = propose(analyst, listed).json["approval_id"]
    assert decide(admin, approval_id).json["refusal"] == "kyc_screening_open"
    assert listed.kyc()["status"] == "in_review"
    world.change("UPDATE screening_matches SET outcome = 'false_positive'")
    assert decide(admin, approval_id).json["refusal"] is None
    again = decide(admin, approval_id)
    assert (again.status, again.code) == (409, "approval_decided")
    assert len(decisions(world)) == 1


def _list(world: World, list_id: str = "un") -> None:
    """The person of these tests is named by a list, from now on."""
    entries = read_list("entry_id,name,birth_date\n1,Maria da Sylva,1990-05-17\n")
    run(replace_list(world.house, list_id, "sanction", entries, world.clock.now_ms()))


def test_an_override_says_nothing_about_a_match_that_was_found_after_it_was_proposed(
    world: World, analyst: Analyst, person: Person
) -> None:
    admin = staff_member(world, "admin")
    said = looked(analyst, person, "false_positive")
    approval_id = propose(analyst, person, **said).json["approval_id"]
    _list(world)
    assert decide(admin, approval_id).json["refusal"] == "kyc_screening_open"
    again = propose(analyst, person, **said)
    assert again.json["approval_id"] == approval_id, "the same proposal, with what was seen then"
    assert decide(admin, approval_id).json["refusal"] == "kyc_decided", "the match moved the case"
    assert [row["outcome"] for row in world.rows("SELECT * FROM screening_matches")] == ["open"]
    said["version"] = analyst.version(person.player_id)
    anew = propose(analyst, person, key="override-2", **said)
    assert anew.json["approval_id"] != approval_id
    assert decide(admin, anew.json["approval_id"]).json["refusal"] is None
    (match,) = world.rows("SELECT * FROM screening_matches")
    assert match["outcome"] == "false_positive"


def test_a_decision_says_nothing_about_a_match_that_it_finds_itself(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    said = looked(analyst, person, "false_positive")
    _list(world)
    unseen = analyst.decide(person.player_id, "approve", **said)
    assert (unseen.status, unseen.code) == (409, "kyc_screening_open")
    assert unseen.json["matches"] == ["sanction"]
    assert person.kyc()["status"] == "in_review"
    assert analyst.decide(person.player_id, "approve", **said).code == "kyc_decided"
    said["version"] = analyst.version(person.player_id)
    seen = analyst.decide(person.player_id, "approve", **said)
    assert seen.json["status"] == "approved"


def test_a_match_that_the_sweep_finds_after_the_look_is_looked_at_first(
    world: World, analyst: Analyst
) -> None:
    listed = sign_up(world, full_name="Prefeito Ficticio de Exemplo", birth_date="1970-01-01")
    listed.send_level_1()
    said = looked(analyst, listed, "accepted_pep")
    entries = read_list("entry_id,name,birth_date\n1,Prefeito Ficticio de Exemplo,1970-01-01\n")
    run(replace_list(world.house, "un", "pep", entries, world.clock.now_ms()))
    assert tick(world)["flagged"] == 1
    moved = analyst.decide(listed.player_id, "approve", **said)
    assert (moved.status, moved.code) == (409, "kyc_decided")
    proposed = propose(analyst, listed, **said).json["approval_id"]
    assert decide(staff_member(world, "admin"), proposed).json["refusal"] == "kyc_decided"
    outcomes = [row["outcome"] for row in world.rows("SELECT * FROM screening_matches")]
    assert outcomes == ["open", "open"]


def test_whoever_says_what_became_of_a_match_says_what_they_looked_at(
    analyst: Analyst, person: Person
) -> None:
    person.send_level_1()
    refused = analyst.decide(person.player_id, "approve", screening="false_positive")
    assert refused.code == "validation_failed"
    assert propose(analyst, person, screening="false_positive").code == "validation_failed"


def test_a_match_that_is_found_while_somebody_approves_refuses_it(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep writes the match after the decision read them."""
    person.send_level_1()
    _list(world)
    said = looked(analyst, person, "false_positive")
    batch = world.house.db.batch
    times: list[int] = []

    async def after_the_match(statements: list[Statement]) -> list[int]:
        if any("INSERT INTO kyc_decisions" in one.sql for one in statements) and not times:
            times.append(1)
            await world.db.execute(
                "INSERT INTO screening_matches (player_id, list_id, entry_id, kind, found_at)"
                " VALUES (?, 'eu', '7', 'sanction', 1)",
                person.player_id,
            )
        return await batch(statements)

    with monkeypatch.context() as patched:
        patched.setattr(world.house.db, "batch", after_the_match)
        refused = analyst.decide(person.player_id, "approve", **said)
    assert (refused.code, times) == ("kyc_decided", [1])
    outcomes = world.rows("SELECT list_id, outcome FROM screening_matches ORDER BY list_id")
    assert [row["outcome"] for row in outcomes] == ["open", "open"]
    assert person.kyc()["status"] == "in_review"


def test_a_sweep_that_lost_against_an_approval_opens_the_review_again(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.send_level_1()
    assert analyst.decide(person.player_id, "approve").json["status"] == "approved"
    _list(world)
    batch = world.house.db.batch
    times: list[int] = []

    async def after_the_decision(statements: list[Statement]) -> list[int]:
        if any("UPDATE kyc_cases SET fact_at" in one.sql for one in statements) and not times:
            times.append(1)
            await world.db.execute(
                "UPDATE kyc_cases SET version = version + 1 WHERE player_id = ?", person.player_id
            )
        return await batch(statements)

    with monkeypatch.context() as patched:
        patched.setattr(world.house.db, "batch", after_the_decision)
        run(screen_again(world.house, person.player_id, world.clock.now_ms()))
    assert times == [1]
    assert person.kyc()["status"] == "in_review"


def test_an_override_that_stopped_after_its_decision_is_one_decision(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval_id = propose(analyst, person).json["approval_id"]
    admin, execute = staff_member(world, "admin"), world.house.db.execute

    async def cut_off(statement: str, *params: object) -> int:
        if "carried_out_at" in statement:
            raise Unreachable("cut off")
        return await execute(statement, *params)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(world.house.db, "execute", cut_off)
        assert decide(admin, approval_id).status == 503
    assert person.kyc()["status"] == "approved"
    assert decide(admin, approval_id).json["carried_out_at"] is not None
    assert len(decisions(world)) == 1


def test_a_refused_override_is_no_licence_for_a_later_case(
    world: World, analyst: Analyst, person: Person
) -> None:
    ids = person.send_level_1()
    made = propose(analyst, person).json
    assert made["subject"]["documents"] == sorted(ids)
    assert analyst.decide(person.player_id, "approve").status == 200
    admin = staff_member(world, "admin")
    assert decide(admin, made["approval_id"]).json["refusal"] == "kyc_decided"
    forged = analyst.decide(person.player_id, "reverify", reason="forged papers")
    assert forged.status == 200
    assert decide(admin, made["approval_id"]).json["refusal"] == "kyc_decided"
    assert person.kyc()["status"] == "expired"


def test_a_document_that_came_after_the_proposal_refuses_it(
    world: World, analyst: Analyst, person: Person
) -> None:
    approval_id = propose(analyst, person).json["approval_id"]
    person.send("id_front")
    assert decide(staff_member(world, "admin"), approval_id).json["refusal"] == "kyc_decided"
    assert person.kyc()["status"] == "pending"


def test_a_proposal_from_before_proposals_named_a_version_is_refused(
    world: World, analyst: Analyst, person: Person
) -> None:
    approval_id = propose(analyst, person).json["approval_id"]
    world.change("UPDATE approvals SET subject = json_remove(subject, '$.version')")
    assert decide(staff_member(world, "admin"), approval_id).json["refusal"] == "kyc_decided"


def test_an_override_can_be_approved_for_thirty_days_and_rejected_later(
    world: World, analyst: Analyst
) -> None:
    people = [sign_up(world), sign_up(world)]
    first, second = (
        propose(analyst, one, f"override-{number}").json["approval_id"]
        for number, one in enumerate(people)
    )
    listed = sign_up(world, full_name="Fulano Sancionado de Exemplo", birth_date="1970-01-01")
    refused = propose(analyst, listed, "override-3").json["approval_id"]
    screening_open = decide(staff_member(world, "admin"), refused)
    assert screening_open.json["refusal"] == "kyc_screening_open"
    world.clock.advance(OVERRIDE_DAYS * DAY_MS - 1)
    admin = staff_member(world, "admin")
    assert decide(admin, first).json["refusal"] is None
    world.clock.advance(1)
    for late in (second, refused):
        over = decide(admin, late)
        assert (over.status, over.code) == (409, "approval_expired")
    assert decide(admin, second, "reject").status == 200


def test_an_approval_that_was_cut_off_holds_nothing_up_when_it_is_over(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval_id = propose(analyst, person).json["approval_id"]

    async def cut_off(*_: object, **__: object) -> str:
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(kyc_rulings, "rule", cut_off)
        assert decide(staff_member(world, "admin"), approval_id).status == 503
    world.clock.advance(OVERRIDE_DAYS * DAY_MS)
    over = decide(staff_member(world, "admin"), approval_id)
    assert (over.status, over.code) == (409, "approval_expired")
    [row] = world.rows("SELECT status, carried_out_at, refusal FROM approvals")
    assert row == {"status": "approved", "carried_out_at": None, "refusal": "approval_expired"}


def test_what_somebody_approved_can_be_sent_again_by_whoever_may_decide(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval_id = propose(analyst, person).json["approval_id"]

    async def cut_off(*_: object, **__: object) -> str:
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(kyc_rulings, "rule", cut_off)
        assert decide(staff_member(world, "admin"), approval_id).status == 503
    [left] = world.rows("SELECT staff_id FROM staff WHERE role = 'aml'")
    world.change("UPDATE approvals SET checker_id = ?", left["staff_id"])
    assert decide(staff_member(world, "admin"), approval_id).json["refusal"] is None
    assert person.kyc()["status"] == "approved"
    [row] = world.rows("SELECT checker_id FROM approvals")
    assert row == {"checker_id": left["staff_id"]}


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("kyc", {"kyc_override"}),
        ("finance", {"adjustment", "game_version"}),
        ("game_ops", {"game_version"}),
        ("admin", {"kyc_override", "adjustment", "game_version"}),
        ("auditor", {"kyc_override", "adjustment", "game_version"}),
        ("regulator", {"kyc_override", "adjustment", "game_version"}),
    ],
)
def test_a_role_reads_the_proposals_that_it_may_decide_and_who_reads_of_people_is_logged(
    world: World, analyst: Analyst, person: Person, role: str, sees: set[str]
) -> None:
    override = propose(analyst, person, **looked(analyst, person, "accepted_pep"))
    assert override.json["subject"].keys() == {
        "player_id",
        "screening",
        "settles_age",
        "version",
        "documents",
    }
    admin, headers = staff_member(world, "admin"), {"idempotency-key": "adjust-1"}
    body = {"player_id": person.player_id, "amount_minor": 100, "direction": "credit"}
    sent = world.call(
        "POST",
        "/v1/ops/adjustments",
        {**body, "reason": "late"},
        token=admin.token,
        headers=headers,
    )
    assert sent.status == 201
    changed = {"rtp": "96.00", "reason": "a campaign"}
    made = world.call("PUT", "/v1/ops/games/dice/rtp", changed, token=admin.token)
    assert made.status == 201, made.text
    looks = "SELECT * FROM personal_data_access WHERE fields LIKE '%approvals%'"
    assert world.rows(looks) == []
    reader = staff_member(world, role)
    shown = world.call("GET", "/v1/ops/approvals", token=reader.token).json["items"]
    assert {item["kind"] for item in shown} == sees
    logged = [(row["player_id"], row["actor_role"], row["purpose"]) for row in world.rows(looks)]
    expected = [(person.player_id, role, "identity_check")] if "kyc_override" in sees else []
    assert logged == expected


@pytest.mark.parametrize(
    ("born", "code"),
    [("2010-01-01", "kyc_underage"), ("1990-05-18", "kyc_birth_date_differs")],
)
def test_the_birth_date_of_the_document_counts_whoever_reads_it(
    world: World, analyst: Analyst, person: Person, born: str, code: str
) -> None:
    person.send_level_1()
    by_analyst = analyst.decide(person.player_id, "approve", document_birth_date=born)
    assert (by_analyst.status, by_analyst.code) == (409, code)
    provider(world, Checked("passed", "other", "r", birth_date=date.fromisoformat(born)))
    person.send("id_front", salt=3)
    assert analyst.decide(person.player_id, "approve").code == code
    shown = analyst.get(person.player_id).json["documents"]
    assert [d["read_birth_date"] for d in shown if d["status"] == "received"].count(born) == 1
    approval_id = propose(analyst, person).json["approval_id"]
    assert decide(staff_member(world, "admin"), approval_id).json["refusal"] == code


def test_the_right_birth_date_passes(analyst: Analyst, person: Person) -> None:
    person.send_level_1()
    body = {"document_birth_date": "1990-05-17"}
    assert analyst.decide(person.player_id, "approve", **body).status == 200


def test_every_change_of_an_identity_reaches_the_wallet(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send("selfie")
    assert facts(world, person) == [("missing", None)]
    decided_at = world.clock.now_ms()
    analyst.decide(person.player_id, "approve")
    assert facts(world, person)[-1] == ("verified", decided_at + 730 * DAY_MS)
    analyst.decide(person.player_id, "reverify")
    assert [status for status, _ in facts(world, person)] == ["missing", "verified", "missing"]


def test_a_fact_that_the_wallet_did_not_hear_is_told_at_the_next_login(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send("selfie")
    world.wallets.is_down = True
    assert analyst.decide(person.player_id, "approve").status == 200
    world.wallets.is_down = False
    assert facts(world, person) == [("missing", None)]
    person.again()
    assert [status for status, _ in facts(world, person)] == ["missing", "verified"]
    assert run(tell_wallet(world.house, person.player_id)) is False


def test_a_fact_that_the_wallet_did_not_hear_is_told_by_the_tick(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send("selfie")
    world.wallets.is_down = True
    analyst.decide(person.player_id, "approve")
    assert tick(world)["facts_failed"] == 1
    world.wallets.is_down = False
    assert tick(world)["facts_told"] == 1
    assert facts(world, person)[-1][0] == "verified"
    assert tick(world)["facts_told"] == 0


def test_a_crash_between_d1_and_the_wallet_heals(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wallet has the fact, D1 did not hear that it has: told again, which changes nothing."""
    person.send("selfie")
    execute = world.house.db.execute

    async def cut_off(statement: str, *params: object) -> int:
        if "fact_told_at" in statement:
            raise Unreachable("cut off")
        return await execute(statement, *params)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(world.house.db, "execute", cut_off)
        assert analyst.decide(person.player_id, "approve").status == 200
    tick(world)
    mine = [fact for player_id, fact in world.wallets.facts if player_id == person.player_id]
    assert mine[-1] == mine[-2]


def test_an_approval_whose_time_is_over_is_taken_away_and_told(
    world: World, analyst: Analyst, person: Person
) -> None:
    person.send("selfie")
    analyst.decide(person.player_id, "approve")
    world.clock.advance(730 * DAY_MS - 10 * MINUTE_MS)
    assert tick(world)["approvals_ended"] == 1, "the demo player's, who was before"
    assert tick(world)["approvals_ended"] == 1
    (row,) = world.rows("SELECT * FROM players WHERE player_id = ?", person.player_id)
    assert row["kyc_status"] == "expired"
    assert facts(world, person)[-1] == ("missing", None)
    assert tick(world)["approvals_ended"] == 0


def test_an_approval_that_does_not_end_stops_nobody_and_nothing(
    world: World, analyst: Analyst, person: Person
) -> None:
    broken = sign_up(world)
    for one in (broken, person):
        one.send("selfie")
        analyst.decide(one.player_id, "approve")
    world.clock.advance(730 * DAY_MS)
    world.change("UPDATE kyc_documents SET vouches = '7' WHERE player_id = ?", broken.player_id)
    untold = sign_up(world)
    world.wallets.is_down = True
    untold.send("selfie")
    world.wallets.is_down = False
    _list(world)
    done = tick(world)
    assert (done["approvals_ended"], done["approvals_failed"]) == (2, 1), "the demo player's too"
    assert (done["facts_told"], done["screened"]) == (1, 4)
    (line,) = [line for line in world.log if line.get("event") == "approval_not_ended"]
    assert line["player_id"] == broken.player_id
    world.change("UPDATE kyc_documents SET vouches = '[]' WHERE player_id = ?", broken.player_id)
    assert tick(world)["approvals_ended"] == 1


def test_a_wallet_that_answers_nonsense_keeps_no_other_untold(
    world: World, analyst: Analyst, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, sign_up(world)]
    world.wallets.is_down = True
    for one in people:
        one.send("selfie")
    world.wallets.is_down = False
    execute = world.wallets.execute

    async def nonsense(player_id: str, *rest: str) -> str:
        return "?" if player_id == person.player_id else await execute(player_id, *rest)

    monkeypatch.setattr(world.wallets, "execute", nonsense)
    done = tick(world)
    assert (done["facts_told"], done["facts_failed"]) == (1, 1)


def test_when_a_list_changes_everybody_is_screened_again_in_slices(
    world: World, analyst: Analyst
) -> None:
    first = sign_up(world, full_name="Primeira Pessoa")
    first.send("selfie")
    analyst.decide(first.player_id, "approve")
    for number in range(PER_TICK):
        one = world.rows("SELECT * FROM players WHERE player_id = ?", first.player_id)[0]
        _copy(world, one, number)
    world.clock.advance(1)
    last = sign_up(world, full_name="Última Pessoa")
    entries = read_list("entry_id,name\n1,Primeira Pessoa\n2,Ultima Pessoa\n")
    run(replace_list(world.house, "un", "sanction", entries, world.clock.now_ms()))
    assert tick(world)["screened"] == PER_TICK
    assert last.kyc()["status"] == "pending"
    assert tick(world)["screened"] == 3
    first, last = first.again(), last.again()
    assert (first.kyc()["status"], last.kyc()["status"]) == ("in_review", "in_review")
    assert facts(world, first)[-1] == ("missing", None)
    assert tick(world)["screened"] == 0
    run(replace_list(world.house, "un", "sanction", entries, world.clock.now_ms()))
    assert tick(world)["screened"] == 0, "the same list again is no change"


def test_one_whose_data_do_not_open_keeps_nobody_else_unscreened(world: World) -> None:
    broken, after = sign_up(world), sign_up(world, full_name="Última Pessoa")
    world.change(
        "UPDATE players SET pii_sealed = 'v1.k9.AAAA' WHERE player_id = ?", broken.player_id
    )
    entries = read_list("entry_id,name\n2,Ultima Pessoa\n")
    run(replace_list(world.house, "un", "sanction", entries, world.clock.now_ms()))
    tick(world)
    assert after.kyc()["status"] == "in_review"
    assert [line for line in world.log if line.get("event") == "screening_failed"]


def test_a_selfie_alone_is_enough_in_the_sandbox(analyst: Analyst, person: Person) -> None:
    body = {
        "kind": "selfie",
        "content_type": "image/jpeg",
        "content_base64": b64encode(jpeg()).decode(),
    }
    sent = person.world.call("POST", DOCUMENTS, body, token=person.token)
    assert sent.status == 201
    assert analyst.decide(person.player_id, "approve").json["status"] == "approved"


def _copy(world: World, row: Mapping[str, object], number: int) -> None:
    """A row that is no person of its own: only the length of the sweep is asked of it."""
    player_id = f"{str(row['player_id'])[:-4]}{number:04x}"
    changed = {**row, "player_id": player_id, "email_index": player_id, "cpf_index": player_id}
    marks = ", ".join("?" * len(changed))
    world.change(f"INSERT INTO players VALUES ({marks})", *changed.values())  # type: ignore[arg-type]


def test_a_wallet_that_asks_for_an_identity_opens_with_the_approval_and_shuts_again() -> None:
    """The gate as a player meets it: shut before, open after two answers, shut by a new look."""
    world = MoneyWorld()
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    player = Player(world, identified=False)
    rules = wallet_rules(profile_now("br", world.clock.now_ms()))
    asked = {"rules": {**rules, "requires": ["kyc"]}, "version": 999_999_999_999}
    told = run(world.real.execute(player.player_id, "rules_set", "", "", json.dumps(asked)))
    assert told.startswith("200"), told
    analyst = staff_member(world, "kyc")

    def deposit() -> Reply:
        return player.post("/v1/me/deposits", {"amount_minor": 1_000, "method": "pix"})

    assert (deposit().status, deposit().code) == (403, "kyc_required")
    assert player.get("/v1/me")["eligibility"]["can_deposit"] is False
    sent = world.call("POST", DOCUMENTS, document("selfie"), token=player.token)
    assert sent.status == 201
    assert deposit().code == "kyc_required"
    assert analyst.decide(player.player_id, "approve").status == 200
    player.fund(1_000)
    assert player.get("/v1/me")["eligibility"]["can_deposit"] is True
    assert analyst.decide(player.player_id, "reverify").status == 200
    assert deposit().code == "kyc_required"
    assert player.withdraw(1_000).status == 201, "money of the player's own is always paid"


def test_a_login_brings_the_wallet_the_rules_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules change with the law, and a wallet may be older than they are."""
    world = MoneyWorld()
    wanted = wallet_rules(profile_now("br", world.clock.now_ms()))
    of_before = {**wanted, "requires": ["session"]}
    with monkeypatch.context() as before:
        for module in ("services.accounts", "services.gate"):
            before.setattr(f"{module}.wallet_rules", lambda _: of_before)
        player = Player(world)

    def rules() -> object:
        found = run(world.real.query(player.player_id, "gate", "", "{}"))
        return json.loads(found[6:])["rules"]

    assert rules() == of_before
    player.log_in()
    assert rules() == of_before, "a second has one version"
    world.clock.advance(SECOND_MS)
    player.log_in()
    assert rules() == wanted
