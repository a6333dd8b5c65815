"""Documents come in: kept once, sealed, private, and refused by name."""

import asyncio
from base64 import b64encode

import pytest
from api_under_test import World, run
from guarded_people import Guarded
from kyc_people import DOCUMENTS, LEVEL_1, Person, document, sign_up
from unit.compliance.files import jpeg, pdf, png

from shared.compliance.documents import MAX_DOCUMENT_BYTES
from shared.compliance.kyc import MAX_DOCUMENTS_A_DAY
from shared.compliance.ports import Checked, Offered
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS
from shared.platform.native.r2 import NativeR2
from shared.platform.ports import Unreachable


@pytest.fixture
def person(world: World) -> Person:
    return sign_up(world)


def store(world: World) -> NativeR2:
    kept = world.house.documents
    assert isinstance(kept, NativeR2)
    return kept


def test_who_has_sent_nothing_is_told_what_is_missing(person: Person) -> None:
    assert person.kyc() == {
        "level": 0,
        "status": "pending",
        "reason": None,
        "expires_at": None,
        "documents": [],
        "next": {"level": 1, "missing": list(LEVEL_1)},
    }


def test_a_document_is_kept_and_shown_to_its_owner(person: Person) -> None:
    reply = person.send("selfie")
    assert (reply.status, reply.json["status"]) == (201, "received")
    shown = person.kyc()
    (kept,) = shown["documents"]
    assert kept["document_id"] == reply.json["document_id"]
    assert (kept["kind"], kept["content_type"]) == ("selfie", "image/jpeg")
    assert kept["size_bytes"] == len(jpeg())
    assert shown["next"] == {"level": 2, "missing": ["proof_of_address"]}


def test_a_complete_set_goes_to_review_and_the_profile_says_so(person: Person) -> None:
    person.send_level_1()
    assert person.kyc()["status"] == "in_review"
    assert person.kyc()["next"] == {"level": 2, "missing": ["proof_of_address"]}
    assert person.profile()["kyc_status"] == "in_review"


def test_the_bytes_are_sealed_under_the_players_and_the_documents_id(
    world: World, person: Person
) -> None:
    document_id = person.send("id_front").json["document_id"]
    ((key, stored),) = store(world).objects.items()
    assert key == f"kyc/{person.player_id}/{document_id}"
    assert stored.body.startswith(b"v2.records.")
    assert b"PNG" not in stored.body
    assert (stored.content_type, stored.metadata) == ("application/octet-stream", {})
    sealing = world.house.sealing
    bound = f"kyc:{person.player_id}:{document_id}"
    assert run(sealing.unseal_bytes(stored.body, bound=bound)) == png(salt=len("id_front"))
    with pytest.raises(ValueError, match=r"belong together|a person who has none"):
        run(sealing.unseal_bytes(stored.body, bound=f"kyc:{document_id}:{person.player_id}"))


def test_the_same_file_again_is_the_same_document(world: World, person: Person) -> None:
    first, again = person.send("id_front"), person.send("id_front")
    assert first.json == again.json
    assert again.status == 201
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(store(world).objects) == 1
    assert len(world.rows("SELECT * FROM kyc_documents")) == 1


def test_the_same_file_as_another_kind_or_of_another_player_is_another_document(
    world: World, person: Person
) -> None:
    body = document("id_front")
    ids = {
        world.call("POST", DOCUMENTS, body, token=person.token).json["document_id"],
        world.call("POST", DOCUMENTS, body | {"kind": "id_back"}, token=person.token).json[
            "document_id"
        ],
        world.call("POST", DOCUMENTS, body, token=sign_up(world).token).json["document_id"],
    }
    assert len(ids) == 3


def test_the_same_file_many_times_at_once_is_one_document(world: World, person: Person) -> None:
    async def all_at_once() -> set[str]:
        sent = {
            "content-type": "application/json",
            "authorization": f"Bearer {person.token}",
            "cf-connecting-ip": "192.0.2.9",
        }
        data = canonical_json(document("selfie")).encode()
        replies = await asyncio.gather(
            *(world._handle("POST", DOCUMENTS, data, sent) for _ in range(8))
        )
        assert {reply.status for reply in replies} == {201}
        return {reply.json["document_id"] for reply in replies}

    assert len(run(all_at_once())) == 1
    rows = world.rows("SELECT status FROM kyc_documents")
    assert rows == [{"status": "received"}]
    assert len(store(world).objects) == 1


def test_what_was_cut_off_before_the_bytes_were_stored_is_completed_by_sending_it_again(
    world: World, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(world.house.documents, "put", gone)
        assert person.send("selfie").status == 503
    assert person.kyc()["documents"] == []
    (begun,) = world.rows("SELECT document_id, status FROM kyc_documents")
    assert begun["status"] == "storing"
    reply = person.send("selfie")
    assert (reply.status, reply.json["document_id"]) == (201, begun["document_id"])
    assert [d["status"] for d in person.kyc()["documents"]] == ["received"]


def test_a_newer_document_replaces_the_one_that_waits(person: Person) -> None:
    person.send("id_front", salt=1)
    person.send("id_front", salt=2)
    assert [d["status"] for d in person.kyc()["documents"]] == ["replaced", "received"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"content_base64": "?!?!"}, 422, "document_unreadable"),
        ({"content_base64": b64encode(b"GIF89a, or so").decode()}, 422, "document_unreadable"),
        ({"content_type": "image/png"}, 422, "document_unreadable"),
        ({"content_base64": b64encode(jpeg(0, 4)).decode()}, 422, "document_refused"),
        ({"content_type": "image/svg+xml"}, 422, "validation_failed"),
        ({"kind": "passport"}, 422, "validation_failed"),
        ({"content_base64": ""}, 422, "validation_failed"),
        ({"status": "accepted"}, 422, "validation_failed"),
    ],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(
    world: World, person: Person, change: dict[str, str], status: int, code: str
) -> None:
    reply = world.call("POST", DOCUMENTS, document("selfie") | change, token=person.token)
    assert (reply.status, reply.code) == (status, code)
    assert world.rows("SELECT * FROM kyc_documents") == []
    assert store(world).objects == {}


def test_a_selfie_is_no_pdf(world: World, person: Person) -> None:
    body = document("proof_of_address") | {"kind": "selfie"}
    reply = world.call("POST", DOCUMENTS, body, token=person.token)
    assert (reply.status, reply.code) == (422, "document_refused")


def test_five_mebibytes_fit_and_more_does_not(world: World, person: Person) -> None:
    whole = pdf(b" " * (MAX_DOCUMENT_BYTES - len(pdf())))
    body = document("proof_of_address") | {"content_base64": b64encode(whole).decode()}
    assert world.call("POST", DOCUMENTS, body, token=person.token).status == 201
    body["content_base64"] = b64encode(whole + b" ").decode()
    reply = world.call("POST", DOCUMENTS, body, token=person.token)
    assert (reply.status, reply.code) == (413, "document_too_large")
    reply = world.call("POST", DOCUMENTS, raw=b" " * (7 * 1024 * 1024 + 1), token=person.token)
    assert (reply.status, reply.code) == (413, "body_too_large")


def test_twenty_documents_a_day_are_taken_and_the_next_one_waits(
    world: World, person: Person
) -> None:
    for salt in range(MAX_DOCUMENTS_A_DAY):
        assert person.send("id_front", salt=salt).status == 201
    refused = person.send("id_front", salt=99)
    assert (refused.status, refused.code) == (429, "too_many_documents")
    assert refused.headers["Retry-After"] == str(DAY_MS // 1000)
    assert person.send("id_front", salt=3).status == 201, "a repetition is no new document"
    world.clock.advance(DAY_MS)
    assert person.again().send("id_front", salt=99).status == 201


def form(kind: str, content: bytes, content_type: str, boundary: str = "xXx") -> bytes:
    return (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="a.jpg"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )


def send_form(
    world: World, person: Person, raw: bytes, media: str = "multipart/form-data; boundary=xXx"
) -> tuple[int, str]:
    reply = world.call(
        "POST", DOCUMENTS, raw=raw, token=person.token, headers={"content-type": media}
    )
    return reply.status, "" if reply.status == 201 else reply.code


def test_a_form_does_what_json_does(world: World, person: Person) -> None:
    by_json = person.send("selfie").json
    assert send_form(world, person, form("selfie", jpeg(), "image/jpeg")) == (201, "")
    assert [d["document_id"] for d in person.kyc()["documents"]] == [by_json["document_id"]]
    assert send_form(world, person, form("id_front", png(), "image/png")) == (201, "")
    assert len(person.kyc()["documents"]) == 2


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", (400, "malformed_form")),
        (b"--xXx--\r\n", (400, "malformed_form")),
        (form("selfie", jpeg(), "image/jpeg", "other"), (400, "malformed_form")),
        (form("selfie", jpeg(), "image/jpeg")[:-6], (400, "malformed_form")),
        (b"preamble\r\n" + form("selfie", jpeg(), "image/jpeg"), (400, "malformed_form")),
        (
            form("selfie", jpeg(), "image/jpeg").replace(b'"kind"', b'"content"'),
            (400, "malformed_form"),
        ),
        (
            form("selfie", jpeg(), "image/jpeg").replace(b'"kind"', b'"other"'),
            (400, "malformed_form"),
        ),
        (form("selfie", jpeg(), "text/html"), (422, "validation_failed")),
        (form("passport", jpeg(), "image/jpeg"), (422, "validation_failed")),
        (form("selfie", b"", "image/jpeg"), (422, "document_unreadable")),
        (
            form("selfie", jpeg(), "image/jpeg\r\nContent-Transfer-Encoding: base64"),
            (400, "malformed_form"),
        ),
        (form("selfie", jpeg(), "x" * 2_000), (400, "malformed_form")),
    ],
)
def test_what_is_no_form_of_a_document_is_refused(
    world: World, person: Person, raw: bytes, expected: tuple[int, str]
) -> None:
    assert send_form(world, person, raw) == expected
    assert world.rows("SELECT * FROM kyc_documents") == []


@pytest.mark.parametrize(
    "media",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x"],
)
def test_a_form_needs_its_boundary(world: World, person: Person, media: str) -> None:
    raw = form("selfie", jpeg(), "image/jpeg")
    assert send_form(world, person, raw, media) == (415, "unsupported_media_type")


def test_the_sandboxs_provider_passes_a_selfie_and_leaves_the_rest_to_the_analyst(
    world: World, person: Person
) -> None:
    person.send_level_1()
    rows = world.rows("SELECT kind, opinion, provider FROM kyc_documents")
    assert {row["kind"]: row["opinion"] for row in rows} == {
        "id_front": "unsure",
        "id_back": "unsure",
        "selfie": "passed",
    }
    assert person.kyc()["status"] == "in_review"


def test_the_sandboxs_provider_vouches_for_the_photos_when_a_selfie_passes(
    person: Person,
) -> None:
    person.send("selfie")
    shown = person.kyc()
    assert (shown["status"], shown["next"]["missing"]) == ("in_review", ["proof_of_address"])


def test_without_a_provider_documents_wait_unchecked() -> None:
    world = World(PROFILE="production")
    person = Guarded(world)
    person.enrol()
    person.refresh()
    assert world.house.identity_provider is None
    assert person.send("POST", DOCUMENTS, document("selfie")).status == 201
    assert world.rows("SELECT opinion FROM kyc_documents") == [{"opinion": "not_asked"}]
    assert person.send("GET", "/v1/me").json["kyc_status"] != "approved"


def test_a_provider_that_gives_no_answer_keeps_nobody_waiting(world: World, person: Person) -> None:
    class Gone:
        async def check(self, offered: Offered) -> Checked:
            raise Unreachable(offered.document_id)

    object.__setattr__(world.house, "identity_provider", Gone())
    assert person.send("selfie").status == 201
    assert world.rows("SELECT opinion FROM kyc_documents") == [{"opinion": "not_asked"}]


def test_strangers_and_staff_cannot_use_the_players_side(world: World) -> None:
    assert world.call("GET", "/v1/me/kyc").code == "token_missing"
    assert world.call("POST", DOCUMENTS, document("selfie")).code == "token_missing"


def test_the_log_tells_nothing_of_a_document(world: World, person: Person) -> None:
    person.send_level_1()
    text = str(world.log)
    for secret in ("selfie", "id_front", b64encode(jpeg()).decode()[:40], "png", "kyc/"):
        assert secret not in text.replace("/v1/me/kyc/documents", "")
