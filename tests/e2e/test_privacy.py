"""Identity, erasure, exports and keys on the real runtime: WebCrypto, R2, D1 and real wallets."""

import json
import secrets
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path

import httpx
from e2e.edge import Edge
from e2e.people import registration
from e2e.player import Json, Player, expect, join, problem, staff, until
from unit.compliance.files import jpeg

SELFIE = jpeg()
DOCUMENT = {
    "kind": "selfie",
    "content_type": "image/jpeg",
    "content_base64": b64encode(SELFIE).decode(),
}
TICK = "*/5 * * * *"


def identity_facts(player: Player) -> list[str]:
    """What the wallet was told of the identity, from the player's own statement."""
    told = [e["data"] for e in player.statement() if e["type"] == "FACT_RECORDED"]
    return [fact["status"] for fact in told if fact["name"] == "kyc"]


def approve(client: httpx.Client, player: Player) -> Json:
    body = {"decision": "approve", "reason": "compared with the official base"}
    reply = staff(client, "kyc").post(f"/v1/ops/kyc/{player.player_id}/decision", body)
    return expect(reply, 200)


def login_again(client: httpx.Client, player: Player) -> httpx.Response:
    body = {"email": player.email, "password": player.password}
    address = {"CF-Connecting-IP": player.headers["CF-Connecting-IP"]}
    return client.post("/v1/auth/login", json=body, headers=address)


def test_an_analysts_decision_reaches_the_wallet(client: httpx.Client) -> None:
    player = join(client, identified=False)
    assert "verified" not in identity_facts(player)
    expect(player.post("/v1/me/kyc/documents", DOCUMENT), 201)
    assert approve(client, player)["status"] == "approved"
    assert identity_facts(player)[-1] == "verified"
    body = {"decision": "reverify", "reason": "the document has expired"}
    path = f"/v1/ops/kyc/{player.player_id}/decision"
    expect(staff(client, "kyc").post(path, body), 200)
    assert identity_facts(player)[-1] == "missing"
    player.verify()


def test_two_people_override_what_one_may_not(client: httpx.Client) -> None:
    player = join(client, identified=False)
    analyst, admin = staff(client, "kyc"), staff(client, "admin")
    path = f"/v1/ops/kyc/{player.player_id}"
    body = {"decision": "approve", "reason": "seen in person"}
    problem(analyst.post(f"{path}/decision", body), 409, "kyc_incomplete")
    proposal = {"reason": "seen in person at the branch"}
    made = expect(analyst.post(f"{path}/override", proposal, key=player.player_id), 201)
    approval = f"/v1/ops/approvals/{made['approval_id']}"
    problem(analyst.post(approval, body), 409, "maker_is_checker")
    assert expect(admin.post(approval, body), 200)["refusal"] is None
    assert expect(player.get("/v1/me/kyc"), 200)["status"] == "approved"
    assert identity_facts(player)[-1] == "verified"


def test_an_erased_person_is_gone_and_their_ledger_is_what_it_was(
    edge: Edge, client: httpx.Client
) -> None:
    player = join(client, funds_minor=5_000)
    session = player.open_game()
    player.play(session["session_id"], 100)
    expect(player.post("/v1/me/kyc/documents", DOCUMENT), 201)
    asked = expect(player.post("/v1/me/erasure"), 201)
    admin = staff(client, "admin")
    decision = f"/v1/ops/privacy/erasures/{asked['request_id']}"
    grant = {"decision": "grant", "reason": "asked for by the person"}
    refused = problem(admin.post(decision, grant), 409, "erasure_money_open")
    assert refused["balance"]["cash_minor"] == player.wallet()["cash_minor"]
    withdrawn = player.withdraw(player.wallet()["cash_minor"])
    paid = f"/v1/me/withdrawals/{withdrawn['withdrawal_id']}"
    until(lambda: expect(player.get(paid), 200)["status"], lambda status: status == "paid")
    before, proof = player.statement(), player.verify()
    granted = expect(admin.post(decision, grant), 200)
    assert granted["status"] == "completed", granted
    problem(player.get("/v1/me"), 401, "session_revoked")
    problem(player.get("/v1/me/wallet"), 401, "session_expired")
    problem(login_again(client, player), 401, "invalid_credentials")
    seen = expect(admin.get(f"/v1/ops/players/{player.player_id}", at_seq=len(before)), 200)
    assert seen["player"]["name_masked"] == seen["player"]["cpf_masked"] == "***"
    assert seen["wallet"]["head_hash"] == before[-1]["hash"] == proof["head_hash"]
    explained = expect(admin.get(f"/v1/ops/players/{player.player_id}/explain"), 200)
    assert (explained["cash_minor"], explained["held_minor"]) == (0, 0)
    _asks_what_is_kept(client, player)
    assert edge.scheduled("api", TICK) == "ok"
    come_back = client.post("/v1/players", json=registration(cpf=player.cpf))
    problem(come_back, 409, "already_registered")


def _asks_what_is_kept(client: httpx.Client, player: Player) -> None:
    body = {"fields": ["cpf"], "purpose": "authority_request", "note": "letter 7"}
    path = f"/v1/ops/players/{player.player_id}/personal-data"
    kept = expect(staff(client, "regulator").post(path, body), 200)
    assert kept["fields"] == {"cpf": player.cpf}
    gone = body | {"fields": ["email"]}
    problem(staff(client, "support").post(path, gone), 410, "personal_data_erased")
    seen = expect(staff(client, "auditor").get(f"{path}/access"), 200)["items"]
    assert [one["actor_role"] for one in seen][:2] == ["support", "regulator"]


def test_a_person_takes_their_data_home(client: httpx.Client) -> None:
    player = join(client, funds_minor=1_000)
    expect(player.post("/v1/me/kyc/documents", DOCUMENT), 201)
    asked = expect(player.post("/v1/me/data-exports"), 201)
    path = f"/v1/me/data-exports/{asked['export_id']}"
    ready = until(lambda: expect(player.get(path), 200), lambda export: export["status"] == "ready")
    held: dict[str, list[Json]] = {}
    for number in range(1, ready["parts"] + 1):
        part = expect(player.get(f"{path}/parts/{number}"), 200)
        held.setdefault(part["section"], []).extend(part["items"])
    assert held["profile"][0]["cpf"] == player.cpf
    assert len(held["wallet"]) == player.wallet()["seq"]
    assert b64decode(held["documents"][0]["content_base64"]) == SELFIE
    assert "aml" not in json.dumps(held)


def _key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def test_keys_of_the_house_are_turned_over_and_old_rows_open(tmp_path: Path) -> None:
    old, new, index = _key(), _key(), _key()
    kept = {
        "api:PII_KEYS": json.dumps({"k1": old}),
        "api:PII_ACTIVE_KEY": "k1",
        "api:BLIND_INDEX_KEY": index,
    }
    with Edge(state=tmp_path, variables=kept) as edge, edge.client() as client:
        player = join(client)
        expect(player.post("/v1/me/kyc/documents", DOCUMENT), 201)
        before = expect(player.get("/v1/me"), 200)
    both = {
        "api:PII_KEYS": json.dumps({"k1": old, "k2": new}),
        "api:PII_ACTIVE_KEY": "k2",
        "api:BLIND_INDEX_KEY": index,
        "api:BLIND_INDEX_KEYS": json.dumps({"b2": _key()}),
        "api:BLIND_INDEX_ACTIVE": "b2",
    }
    with Edge(state=tmp_path, variables=both) as edge, edge.client() as client:
        assert expect(login_again(client, player), 200)
        watcher = staff(client, "auditor")
        standing = expect(watcher.get("/v1/ops/privacy/keys"), 200)["standing"]
        assert standing["person_keys"].keys() == {"k1"}
        assert edge.scheduled("api", TICK) == "ok"
        standing = expect(watcher.get("/v1/ops/privacy/keys"), 200)["standing"]
        assert standing["person_keys"].keys() == standing["staff"].keys() == {"k2"}
        assert standing["blind_indexes"].keys() == {"b2"}
    alone = both | {"api:PII_KEYS": json.dumps({"k2": new}), "api:BLIND_INDEX_KEY": ""}
    with Edge(state=tmp_path, variables=alone) as edge, edge.client() as client:
        session = expect(login_again(client, player), 200)
        headers = {**player.headers, "Authorization": f"Bearer {session['access_token']}"}
        after = expect(client.get("/v1/me", headers=headers), 200)
        assert {k: after[k] for k in ("email", "cpf", "phone")} == {
            k: before[k] for k in ("email", "cpf", "phone")
        }
        case = f"/v1/ops/kyc/{player.player_id}"
        analyst = staff(client, "kyc")
        (document,) = expect(analyst.get(case), 200)["documents"]
        opened = analyst.get(f"{case}/documents/{document['document_id']}")
        assert opened.content == SELFIE
