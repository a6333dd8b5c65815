"""Identity checks over HTTP: real R2 and D1, every role at every door."""

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Caller, Json, Player, expect, join, own_address, problem, staff
from unit.compliance.files import jpeg, pdf, png

DOCUMENTS = "/v1/me/kyc/documents"
FIVE_MEBIBYTES = 5 * 1024 * 1024
ROLES = ("support", "kyc", "aml", "finance", "game_ops", "admin", "regulator", "auditor")
SET = {
    "id_front": ("image/png", png(salt=1)),
    "id_back": ("image/png", png(salt=2)),
    "selfie": ("image/jpeg", jpeg()),
}


@pytest.fixture(scope="module")
def desk(edge: Edge) -> Iterator[dict[str, Caller]]:
    """One member of staff for each role, logged in."""
    with edge.client() as client:
        yield {role: staff(client, role) for role in ROLES}


@pytest.fixture
def player(client: httpx.Client) -> Player:
    return join(client, identified=False)


def body(kind: str, content_type: str, content: bytes) -> Json:
    return {
        "kind": kind,
        "content_type": content_type,
        "content_base64": b64encode(content).decode(),
    }


def send_set(player: Player) -> dict[str, str]:
    """A complete set; ids by kind."""
    return {
        kind: expect(player.post(DOCUMENTS, body(kind, *sent)), 201)["document_id"]
        for kind, sent in SET.items()
    }


def case(player: Player, tail: str = "") -> str:
    return f"/v1/ops/kyc/{player.player_id}{tail}"


def decide(caller: Caller, player: Player, decision: str, **more: object) -> httpx.Response:
    sent = {"decision": decision, "reason": "compared with the documents"} | more
    return caller.post(case(player, "/decision"), sent)


def test_a_player_is_approved_by_an_analyst_who_has_seen_the_documents(
    desk: dict[str, Caller], player: Player
) -> None:
    assert expect(player.get("/v1/me/kyc"), 200)["next"]["missing"] == list(SET)
    ids = send_set(player)
    assert expect(player.get("/v1/me"), 200)["kyc_status"] == "in_review"
    evidence = expect(desk["kyc"].get(case(player)), 200)
    assert {d["document_id"] for d in evidence["documents"]} == set(ids.values())
    assert player.cpf not in json.dumps(evidence)
    for kind, document_id in ids.items():
        opened = desk["kyc"].get(case(player, f"/documents/{document_id}"))
        assert (opened.status_code, opened.content) == (200, SET[kind][1])
        assert opened.headers["content-type"] == SET[kind][0]
        assert opened.headers["content-disposition"].startswith("attachment;")
    approved = expect(decide(desk["kyc"], player, "approve"), 200)
    assert (approved["status"], approved["level"]) == ("approved", 1)
    mine = expect(player.get("/v1/me/kyc"), 200)
    assert (mine["status"], mine["level"]) == ("approved", 1)
    assert mine["next"] == {"level": 2, "missing": ["proof_of_address"]}
    logged = expect(desk["auditor"].get("/v1/ops/audit", limit=20), 200)["items"]
    actions = [e["action"] for e in logged if e["subject"] == player.player_id]
    assert actions == ["kyc.approve", *["kyc.document.read"] * 3, "kyc.evidence.read"]


def test_a_file_of_five_mebibytes_goes_in_and_comes_out_whole_by_json_and_by_form(
    desk: dict[str, Caller], player: Player
) -> None:
    whole = pdf(bytes(range(256)) * 20_000)
    whole = pdf(bytes(range(256)) * 20_000 + b" " * (FIVE_MEBIBYTES - len(whole)))
    assert len(whole) == FIVE_MEBIBYTES
    sent = expect(player.post(DOCUMENTS, body("id_front", "application/pdf", whole)), 201)
    form = player.client.post(
        DOCUMENTS,
        headers=dict(player.headers),
        data={"kind": "id_front"},
        files={"content": ("me.pdf", whole, "application/pdf")},
    )
    assert expect(form, 201) == sent
    assert form.headers["idempotency-replayed"] == "true"
    opened = desk["admin"].get(case(player, f"/documents/{sent['document_id']}"))
    assert opened.content == whole
    longer = body("id_front", "application/pdf", whole + b"\n")
    problem(player.post(DOCUMENTS, longer), 413, "document_too_large")
    bare = player.client.post(
        DOCUMENTS,
        headers={**player.headers, "Content-Type": "application/json"},
        content=b" " * (7 * 1024 * 1024 + 1),
    )
    problem(bare, 413, "body_too_large")


def test_one_file_sent_many_times_at_once_is_one_document(player: Player) -> None:
    sent = body("selfie", *SET["selfie"])
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: player.post(DOCUMENTS, sent), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["document_id"] for answer in answers}) == 1
    (kept,) = expect(player.get("/v1/me/kyc"), 200)["documents"]
    assert kept["status"] == "received"


def test_a_set_sent_all_at_once_is_complete(player: Player) -> None:
    bodies = [body(kind, *sent) for kind, sent in SET.items()]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: player.post(DOCUMENTS, one), bodies))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    mine = expect(player.get("/v1/me/kyc"), 200)
    assert (mine["status"], len(mine["documents"])) == ("in_review", 3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"content_type": "image/png"}, "document_unreadable"),
        ({"content_base64": "%%%%"}, "document_unreadable"),
        ({"content_base64": b64encode(jpeg(0, 3)).decode()}, "document_refused"),
        ({"kind": "passport"}, "validation_failed"),
    ],
)
def test_what_is_no_document_is_refused(player: Player, change: Json, code: str) -> None:
    problem(player.post(DOCUMENTS, body("selfie", *SET["selfie"]) | change), 422, code)
    assert expect(player.get("/v1/me/kyc"), 200)["documents"] == []


def test_nobody_is_approved_without_a_complete_set(desk: dict[str, Caller], player: Player) -> None:
    expect(player.post(DOCUMENTS, body("id_back", *SET["id_back"])), 201)
    refused = problem(decide(desk["admin"], player, "approve"), 409, "kyc_incomplete")
    assert refused["missing"] == ["id_front", "selfie"]


def test_a_rejected_document_is_asked_for_again_in_words_that_tell_nothing_more(
    desk: dict[str, Caller], player: Player
) -> None:
    send_set(player)
    more = {"kinds": ["selfie"], "reason_code": "unreadable"}
    expect(decide(desk["kyc"], player, "reject", **more), 200)
    mine = expect(player.get("/v1/me/kyc"), 200)
    assert (mine["status"], mine["reason"]) == ("rejected", "unreadable")
    assert mine["next"]["missing"] == ["selfie"]
    assert "compared with" not in json.dumps(mine)


def test_of_two_analysts_at_once_one_decides(desk: dict[str, Caller], player: Player) -> None:
    send_set(player)
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: decide(desk[pair[0]], player, pair[1]),
                [("kyc", "approve"), ("admin", "approve")],
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    evidence = expect(desk["kyc"].get(case(player)), 200)
    assert [d["decision"] for d in evidence["decisions"]] == ["approve"]


def test_a_name_on_a_list_opens_a_review_that_only_the_desk_can_explain(
    desk: dict[str, Caller], client: httpx.Client
) -> None:
    listed = join(
        client, identified=False, full_name="Fulano Sancionado de Exemplo", birth_date="1970-01-01"
    )
    mine = expect(listed.get("/v1/me/kyc"), 200)
    assert mine["status"] == "in_review"
    assert "sanction" not in json.dumps(mine)
    evidence = expect(desk["kyc"].get(case(listed)), 200)
    assert [m["kind"] for m in evidence["matches"]] == ["sanction"]
    send_set(listed)
    problem(decide(desk["kyc"], listed, "approve"), 409, "kyc_screening_open")
    queue = expect(desk["kyc"].get("/v1/ops/kyc/queue", flagged="true", limit=100), 200)["items"]
    assert listed.player_id in {item["player_id"] for item in queue}
    seen = expect(desk["kyc"].get(case(listed)), 200)["version"]
    said = {"screening": "false_positive", "version": seen}
    expect(decide(desk["kyc"], listed, "approve", **said), 200)


def test_every_role_meets_every_door_as_designed(
    desk: dict[str, Caller], player: Player, client: httpx.Client
) -> None:
    document_id = send_set(player)["selfie"]
    other = join(client, identified=False)
    anybody = Caller(client, own_address())
    staff_doors = [
        ("GET", "/v1/ops/kyc/queue"),
        ("GET", case(player)),
        ("GET", case(player, f"/documents/{document_id}")),
        ("POST", case(player, "/decision")),
    ]
    for method, path in staff_doors:
        sent: Json | None = None if method == "GET" else {}
        for role, caller in desk.items():
            answer = caller.send(method, path, sent)
            if role in ("kyc", "admin"):
                assert answer.status_code in (200, 422), (role, path, answer.text)
            else:
                problem(answer, 403, "forbidden")
        for outsider in (player, other):
            problem(outsider.send(method, path, sent), 401, "token_invalid")
        problem(anybody.send(method, path, sent), 401, "token_missing")
    for method, path in (("GET", "/v1/me/kyc"), ("POST", DOCUMENTS)):
        for caller in desk.values():
            problem(caller.send(method, path, None), 401, "token_invalid")
        problem(anybody.send(method, path, None), 401, "token_missing")
    assert expect(other.get("/v1/me/kyc"), 200)["documents"] == []
    elsewhere = desk["kyc"].get(f"/v1/ops/kyc/{other.player_id}/documents/{document_id}")
    problem(elsewhere, 404, "document_not_found")


def test_the_log_of_the_workers_names_no_person_and_no_document(edge: Edge, player: Player) -> None:
    send_set(player)
    lines = [entry.message for entry in edge.logs() if entry.message.startswith("{")]
    assert lines
    for secret in (player.email, player.cpf, "Maria da Silva", "kyc/", b64encode(jpeg()).decode()):
        assert not [
            line
            for line in lines
            if secret in line.replace("/v1/me/kyc/", "/").replace("/v1/ops/kyc/", "/")
        ], secret
