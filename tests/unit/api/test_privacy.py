"""Erasure, retention, exports, disclosure: what goes, what stays, who looked, and what a person
gets.
"""

import json
import secrets
from base64 import b64decode
from typing import Any

import pytest
from api_under_test import Reply, World, run
from kyc_people import DOCUMENTS, document
from money_world import MoneyWorld, Player
from services.data_exports import KEPT_MS, SECTIONS, advance_exports
from services.personal_tables import HOLDINGS, OWNERS
from services.retention_sweep import keep_and_delete
from services.sandbox_people import DEMO_PASSWORD

from shared.compliance.model import profile_now
from shared.compliance.retention import HOUSE_CLASS, explanation, kept_after
from shared.identity.disclosure import FIELDS, HIDDEN, MASKED_FOR, MAY_OPEN, masked
from shared.identity.model import ROLES, Role
from shared.kernel.times import DAY_MS
from shared.platform.native.r2 import NativeR2
from shared.platform.ports import Unreachable

DESTROY_RECORDS = """
UPDATE person_keys SET wrapped = NULL, key_id = NULL, destroyed_at = 1 WHERE purpose = 'records'
"""
FIVE_YEARS = (5 * 365 + 2) * DAY_MS


@pytest.fixture
def world() -> MoneyWorld:
    seeded = MoneyWorld()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    return seeded


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def staff(world: World, role: str) -> str:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    return str(world.call("POST", "/v1/ops/auth/login", login).json["access_token"])


def ask(player: Player, language: str = "pt-BR") -> Any:
    reply = player.post("/v1/me/erasure", language=language)
    assert reply.status == 201, reply.text
    return reply.json


def decide(world: World, request_id: str, decision: str = "grant", role: str = "admin") -> Reply:
    body = {"decision": decision, "reason": "asked for by the person"}
    path = f"/v1/ops/privacy/erasures/{request_id}"
    return world.call("POST", path, body, token=staff(world, role))


def erase(world: World, player: Player) -> str:
    request_id = str(ask(player)["request_id"])
    reply = decide(world, request_id)
    assert (reply.status, reply.json["status"]) == (200, "completed"), reply.text
    return request_id


def objects(world: World) -> dict[str, Any]:
    kept = world.house.documents
    assert isinstance(kept, NativeR2)
    return kept.objects


def disclose(
    world: World, role: str, player_id: str, *fields: str, purpose: str = "authority_request"
) -> Reply:
    body = {"fields": fields, "purpose": purpose, "note": "letter 12 of 2026"}
    path = f"/v1/ops/players/{player_id}/personal-data"
    return world.call("POST", path, body, token=staff(world, role))


# Erasure


def test_a_person_is_told_what_stays_and_by_which_law(player: Player) -> None:
    told = ask(player)
    assert told["status"] == "open"
    kept = {one["record_class"]: one for one in told["kept"]}
    assert kept.keys() == {
        "aml",
        "game_round",
        "exclusion_notice",
        "identity_evidence",
        "access_log",
    }
    assert kept["aml"]["rule_id"] == "BR-RET-01"
    assert "Lei 9.613/1998" in told["explanation"]
    assert "LGPD, art. 16, I" in told["explanation"]
    assert "You asked" in ask(player, "en")["explanation"]
    for word in ("suspeita", "risco", "investiga", "lavagem"):
        assert word not in told["explanation"].lower()


def test_asking_twice_is_one_request(player: Player) -> None:
    first = ask(player)
    again = player.post("/v1/me/erasure")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json["request_id"] == first["request_id"]
    assert player.get("/v1/me/erasure")["request_id"] == first["request_id"]


def test_nobody_has_asked_before_they_ask(player: Player) -> None:
    reply = player.world.call("GET", "/v1/me/erasure", token=player.token)
    assert (reply.status, reply.code) == (404, "erasure_not_found")


def test_an_erased_person_is_gone_and_the_ledger_still_verifies(
    world: MoneyWorld, player: Player
) -> None:
    player.fund(5_000)
    assert player.withdraw(5_000).status == 201
    world.desk()
    sent = world.call("POST", DOCUMENTS, document("selfie"), token=player.token)
    assert sent.status == 201
    erase(world, player)
    wallet = world.real.wallets[player.player_id]
    proof = json.loads(wallet.query("verify", "", "{}").split(" ", 2)[2])
    assert proof["ok"] is True
    assert proof["events"] > 3
    login = {name: player.registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "invalid_credentials"
    assert world.call("GET", "/v1/me", token=player.token).code == "session_revoked"
    (row,) = world.rows("SELECT * FROM players WHERE player_id = ?", player.player_id)
    assert (row["status"], row["pii_sealed"], row["gender"]) == ("closed", "", "undisclosed")
    assert row["birth_date"] == "1990-01-01"
    found = world.call(
        "GET", f"/v1/ops/players/{player.player_id}", token=staff(world, "admin")
    ).json["player"]
    assert {found["name_masked"], found["email_masked"], found["cpf_masked"]} == {HIDDEN}
    evidence = world.call("GET", f"/v1/ops/kyc/{player.player_id}", token=staff(world, "kyc"))
    assert (evidence.status, evidence.code) == (410, "personal_data_erased")


def test_of_an_erased_person_no_copy_of_the_profile_opens(
    world: MoneyWorld, player: Player
) -> None:
    (before,) = world.rows("SELECT * FROM players WHERE player_id = ?", player.player_id)
    erase(world, player)
    world.change(
        "UPDATE players SET pii_sealed = ? WHERE player_id = ?",
        before["pii_sealed"],
        player.player_id,
    )
    refused = disclose(world, "admin", player.player_id, "email")
    assert (refused.status, refused.code) == (410, "personal_data_erased")
    with pytest.raises(Exception, match="come back"):
        world.change("UPDATE person_keys SET wrapped = 'x', key_id = 'k1', destroyed_at = NULL")
    with pytest.raises(Exception, match="kept"):
        world.change("DELETE FROM person_keys")


def test_what_law_keeps_opens_for_an_authority_until_its_time_is_over(
    world: MoneyWorld, player: Player
) -> None:
    erase(world, player)
    opened = disclose(world, "regulator", player.player_id, "full_name", "cpf", "birth_date")
    assert opened.json["fields"] == {
        "full_name": "Maria da Silva",
        "cpf": player.cpf,
        "birth_date": "1990-05-17",
    }
    world.clock.advance(FIVE_YEARS - 1)
    assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 0
    assert disclose(world, "regulator", player.player_id, "cpf").status == 200
    world.clock.advance(1)
    assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 1
    gone = disclose(world, "regulator", player.player_id, "cpf")
    assert (gone.status, gone.code) == (410, "personal_data_erased")
    assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 0


def test_what_an_analyst_read_as_a_birth_date_goes_with_the_person(
    world: MoneyWorld, player: Player
) -> None:
    world.call("POST", DOCUMENTS, document("selfie"), token=player.token)
    said = {"document_birth_date": "1990-05-18", "reason": "as it stands", "decision": "approve"}
    path = f"/v1/ops/kyc/{player.player_id}/decision"
    assert world.call("POST", path, said, token=staff(world, "kyc")).status == 409
    born = "SELECT born FROM birth_date_readings"
    assert world.rows(born) == [{"born": "1990-05-18"}]
    erase(world, player)
    assert world.rows(born) == [{"born": None}]


def test_when_the_retention_is_over_the_documents_go_too(world: MoneyWorld, player: Player) -> None:
    world.call("POST", DOCUMENTS, document("selfie"), token=player.token)
    erase(world, player)
    assert [key for key in objects(world) if player.player_id in key]
    world.clock.advance(FIVE_YEARS)
    run(keep_and_delete(world.house, 0))
    assert not [key for key in objects(world) if player.player_id in key]
    of_the_player = "FROM kyc_documents WHERE player_id = ?"
    assert world.rows(f"SELECT * {of_the_player}", player.player_id) == []
    (row,) = world.rows("SELECT * FROM players WHERE player_id = ?", player.player_id)
    assert (row["cpf_sealed"], str(row["cpf_index"])[0]) == ("", "~")
    again = Player(world, cpf=player.cpf, email="again@example.com")
    assert again.player_id != player.player_id


@pytest.mark.parametrize(
    "statement",
    [
        DESTROY_RECORDS,
        "DELETE FROM kyc_documents",
        "UPDATE retentions SET keep_until = keep_until - 1",
        "DELETE FROM retentions",
    ],
)
def test_the_database_itself_refuses_to_delete_before_the_time(
    world: MoneyWorld, player: Player, statement: str
) -> None:
    world.call("POST", DOCUMENTS, document("selfie"), token=player.token)
    if "retentions" not in statement:
        with pytest.raises(Exception, match="law keeps"):
            world.change(statement)
    erase(world, player)
    with pytest.raises(Exception, match=r"law keeps|shortened|kept"):
        world.change(statement)


def test_the_clock_of_deletion_does_not_go_back(world: MoneyWorld) -> None:
    run(keep_and_delete(world.house, 0))
    with pytest.raises(Exception, match="go back"):
        world.change("UPDATE retention_clock SET now_ms = 0")


def test_money_goes_before_the_data(world: MoneyWorld, player: Player) -> None:
    player.fund(5_000)
    request_id = ask(player)["request_id"]
    refused = decide(world, request_id)
    assert (refused.status, refused.code) == (409, "erasure_money_open")
    assert refused.json["balance"]["cash_minor"] == 5_000
    assert player.get("/v1/me")["full_name"] == "Maria da Silva"
    assert player.withdraw(5_000).status == 201
    world.desk()
    assert decide(world, request_id).json["status"] == "completed"


def test_a_pending_deposit_ends_first(world: MoneyWorld, player: Player) -> None:
    player.charge(1_000)
    assert decide(world, ask(player)["request_id"]).code == "erasure_money_open"


def test_what_is_decided_is_decided(world: MoneyWorld, player: Player) -> None:
    request_id = ask(player)["request_id"]
    assert decide(world, request_id, "refuse").json["status"] == "refused"
    again = decide(world, request_id)
    assert (again.status, again.code) == (409, "erasure_decided")
    assert decide(world, player.player_id).code == "erasure_not_found"
    assert ask(player)["request_id"] != request_id, "a person may ask again"


def test_an_erasure_cut_off_after_its_decision_is_finished_by_the_tick(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = ask(player)["request_id"]
    with monkeypatch.context() as broken:
        broken.setattr(world.house.documents, "list", _gone)
        assert decide(world, request_id).json["status"] == "granted"
        assert run(keep_and_delete(world.house, 0))["erasures_finished"] == 0
    assert run(keep_and_delete(world.house, 0))["erasures_finished"] == 1
    assert run(keep_and_delete(world.house, 0))["erasures_finished"] == 0


def test_nothing_is_decided_while_the_sessions_in_the_wallet_go_on(
    world: MoneyWorld, player: Player
) -> None:
    request_id = ask(player)["request_id"]
    world.real.misses.add("session_revoke")
    assert decide(world, request_id).status == 503
    assert player.get("/v1/me/erasure")["status"] == "open"
    world.real.misses.clear()
    assert decide(world, request_id).json["status"] == "completed"


def test_an_erasure_cut_off_in_its_transaction_has_not_begun(
    world: MoneyWorld, player: Player
) -> None:
    request_id = ask(player)["request_id"]
    world.d1.fails = "SET status = 'closed'"
    assert decide(world, request_id).status == 503
    world.d1.fails = None
    player.log_in()
    assert player.get("/v1/me")["email"] == player.registered["email"]
    assert decide(world, request_id).json["status"] == "completed"


def test_an_account_closed_otherwise_has_its_retention_too(
    world: MoneyWorld, player: Player
) -> None:
    world.change("UPDATE players SET status = 'closed' WHERE player_id = ?", player.player_id)
    assert run(keep_and_delete(world.house, 0))["retentions_begun"] == 1
    assert run(keep_and_delete(world.house, 0))["retentions_begun"] == 0
    world.clock.advance(FIVE_YEARS)
    assert run(keep_and_delete(world.house, 0))["people_forgotten"] == 1
    keys = world.rows("SELECT wrapped FROM person_keys WHERE player_id = ?", player.player_id)
    assert [key["wrapped"] for key in keys] == [None, None]


@pytest.mark.parametrize("code", ["br", "gli", "uk", "mt"])
def test_every_jurisdiction_says_what_it_keeps_in_both_languages(code: str) -> None:
    rules = profile_now(code, 1_795_356_900_000)
    kept = kept_after(rules, 1_795_356_900_000)
    assert kept
    for language in ("pt-BR", "en"):
        text = explanation(kept, language, rules.profile.day_offset_ms)
        assert all(one.source in text for one in kept)
    if kept[0].record_class == HOUSE_CLASS:
        assert kept[0].keep_until == 1_795_356_900_000


# Disclosure and the access log


def test_a_full_value_needs_a_role_and_a_purpose_and_leaves_two_entries(
    world: MoneyWorld, player: Player
) -> None:
    opened = disclose(world, "support", player.player_id, "email", "phone")
    assert opened.json["fields"] == {
        "email": player.registered["email"],
        "phone": player.registered["phone"],
    }
    refused = disclose(world, "support", player.player_id, "email", "cpf")
    assert (refused.status, refused.code) == (403, "personal_data_not_for_role")
    assert refused.json["fields"] == ["cpf"]
    log = world.call(
        "GET",
        f"/v1/ops/players/{player.player_id}/personal-data/access",
        token=staff(world, "auditor"),
    ).json["items"]
    (entry,) = log
    assert (entry["actor_role"], entry["form"], entry["fields"]) == (
        "support",
        "full",
        ["email", "phone"],
    )
    assert (entry["purpose"], entry["note"]) == ("authority_request", "letter 12 of 2026")
    (told,) = world.rows("SELECT * FROM audit_log WHERE action = 'personal_data.disclose'")
    assert "letter" not in str(told["data"])
    assert json.loads(str(told["data"]))["fields"] == ["email", "phone"]


def test_without_the_entry_nothing_is_opened(world: MoneyWorld, player: Player) -> None:
    world.d1.fails = "personal_data_access"
    assert disclose(world, "admin", player.player_id, "cpf").status == 503
    path = f"/v1/ops/players/{player.player_id}"
    assert world.call("GET", path, token=staff(world, "support")).status == 503


@pytest.mark.parametrize("role", ROLES)
def test_the_desk_shows_each_role_what_its_work_needs(
    world: MoneyWorld, player: Player, role: Role
) -> None:
    if role == "game_ops":
        return
    found = world.call("GET", f"/v1/ops/players/{player.player_id}", token=staff(world, role)).json[
        "player"
    ]
    shown = {
        "full_name": found["name_masked"],
        "email": found["email_masked"],
        "phone": found["phone_masked"],
        "cpf": found["cpf_masked"],
    }
    for field, text in shown.items():
        assert (text != HIDDEN) == (field in MASKED_FOR[role]), field
        assert text != player.registered[field]
    (entry,) = world.rows("SELECT * FROM personal_data_access")
    assert (entry["form"], entry["actor_role"]) == ("masked", role)
    assert set(json.loads(str(entry["fields"]))) == MASKED_FOR[role]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_opens_what_they_may_not_even_see_masked(role: Role) -> None:
    assert MAY_OPEN[role] <= MASKED_FOR[role]
    home = {"city": "São Paulo", "state": "SP", "country": "BR"}
    values = ("Ana Souza", "ana@a.test", "+5511987654321", "52998224725", "1990-05-17", home)
    for field, value in zip(FIELDS, values, strict=True):
        assert masked(role, field, value) != value


def test_the_access_log_is_append_only_and_goes_after_its_time(
    world: MoneyWorld, player: Player
) -> None:
    disclose(world, "admin", player.player_id, "cpf")
    for statement in ("UPDATE personal_data_access SET note = ''",):
        with pytest.raises(Exception, match="append-only"):
            world.change(statement)
    with pytest.raises(Exception, match="law keeps"):
        world.change("DELETE FROM personal_data_access")
    world.clock.advance(183 * DAY_MS - 1)
    assert run(keep_and_delete(world.house, 0))["looks_deleted"] == 0
    world.clock.advance(1)
    assert run(keep_and_delete(world.house, 0))["looks_deleted"] == 1


def test_reading_evidence_and_documents_is_in_the_access_log(
    world: MoneyWorld, player: Player
) -> None:
    sent = world.call("POST", DOCUMENTS, document("selfie"), token=player.token).json
    token = staff(world, "kyc")
    path = f"/v1/ops/kyc/{player.player_id}"
    assert world.call("GET", path, token=token).status == 200
    assert world.call("GET", f"{path}/documents/{sent['document_id']}", token=token).status == 200
    rows = world.rows("SELECT fields, note FROM personal_data_access ORDER BY access_id")
    assert sorted((str(row["note"]), str(row["fields"])) for row in rows) == [
        ("kyc.document.read", '["document"]'),
        ("kyc.evidence.read", '["birth_date", "full_name"]'),
    ]


# Exports


def export(player: Player) -> tuple[Any, dict[str, list[Any]]]:
    """A finished export, and what is in it by section."""
    reply = player.post("/v1/me/data-exports")
    assert reply.status == 201, reply.text
    path = f"/v1/me/data-exports/{reply.json['export_id']}"
    state = reply.json
    for _ in range(len(SECTIONS)):
        state = player.get(path)
        if state["status"] == "ready":
            break
    assert state["status"] == "ready"
    sections: dict[str, list[Any]] = {}
    for number in range(1, state["parts"] + 1):
        part = player.get(f"{path}/parts/{number}")
        assert part["part"] == number
        sections.setdefault(part["section"], []).extend(part["items"])
    return state, sections


def test_a_person_gets_everything_that_is_held_about_them(
    world: MoneyWorld, player: Player
) -> None:
    player.fund(5_000)
    player.withdraw(1_000)
    content = document("selfie")
    world.call("POST", DOCUMENTS, content, token=player.token)
    disclose(world, "support", player.player_id, "email", purpose="customer_request")
    _, held = export(player)
    assert set(held) == set(SECTIONS)
    (profile,) = held["profile"]
    for name in ("email", "full_name", "phone", "cpf", "birth_date"):
        assert profile[name] == player.registered[name]
    assert len(held["wallet"]) == player.get("/v1/me/wallet")["seq"]
    assert [row["amount_minor"] for row in held["deposits"]] == [5_000]
    (file,) = held["documents"]
    assert b64decode(file["content_base64"]) == b64decode(content["content_base64"])
    (look,) = held["personal_data_access"]
    assert look["actor_role"] == "support"
    assert "actor_id" not in look


def test_an_export_tells_nothing_of_others_nor_of_what_the_house_thinks(
    world: MoneyWorld, player: Player
) -> None:
    other = Player(world, email="other@example.com")
    other.fund(6_000_123)
    world.change(
        "INSERT INTO aml_alerts VALUES (?, ?, 'velocity', 1, 2, 'high', 5, 3, '{}', 'open', 1, 1)",
        "alert-1",
        player.player_id,
    )
    world.change(
        "INSERT INTO screening_matches (player_id, list_id, entry_id, kind, found_at)"
        " VALUES (?, 'un', '1', 'sanction', 1)",
        player.player_id,
    )
    _, held = export(player)
    text = json.dumps(held)
    for secret in (other.player_id, other.cpf, "other@example.com", "6000123"):
        assert secret not in text
    for word in ("aml", "velocity", "sanction", "screening", "risk", "score"):
        assert word not in text


def test_an_export_of_somebody_else_is_not_there(world: MoneyWorld, player: Player) -> None:
    state, _ = export(player)
    other = Player(world, email="other@example.com")
    for tail in ("", "/parts/1"):
        path = f"/v1/me/data-exports/{state['export_id']}{tail}"
        reply = world.call("GET", path, token=other.token)
        assert (reply.status, reply.code) == (404, "data_export_not_found")


def test_an_export_is_sealed_where_it_lies_and_goes_after_a_week(
    world: MoneyWorld, player: Player
) -> None:
    state, _ = export(player)
    parts = [key for key in objects(world) if key.startswith("exports/")]
    assert len(parts) == state["parts"]
    assert all(objects(world)[key].body.startswith(b"v2.profile.") for key in parts)
    again = player.post("/v1/me/data-exports")
    assert again.json["export_id"] == state["export_id"], "one a day"
    path = f"/v1/me/data-exports/{state['export_id']}/parts"
    for number in ("0", str(state["parts"] + 1), "x", "1e3"):
        assert world.call("GET", f"{path}/{number}", token=player.token).status == 404
    world.clock.advance(KEPT_MS)
    run(advance_exports(world.house, 0))
    assert not [key for key in objects(world) if key.startswith("exports/")]
    player.log_in()
    assert player.post("/v1/me/data-exports").json["export_id"] != state["export_id"]


def test_the_tick_finishes_an_export_that_nobody_asks_for(
    world: MoneyWorld, player: Player
) -> None:
    export_id = player.post("/v1/me/data-exports").json["export_id"]
    path = f"/v1/me/data-exports/{export_id}/parts/1"
    early = world.call("GET", path, token=player.token)
    assert (early.status, early.code) == (409, "data_export_not_ready")
    done = 0
    while not done:
        done = run(advance_exports(world.house, 0))["exports_ready"]
    assert player.get(path)["section"] == "profile"


def test_a_slice_that_is_cut_off_is_made_once_in_the_end(
    world: MoneyWorld, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = player.post("/v1/me/data-exports").json["export_id"]
    world.d1.fails = "SET section"
    path = f"/v1/me/data-exports/{export_id}"
    assert world.call("GET", path, token=player.token).status == 503
    world.d1.fails = None
    _, held = export(player)
    assert len(held["profile"]) == 1
    monkeypatch.setattr(world.house.documents, "get", _gone)
    assert world.call("GET", f"{path}/parts/1", token=player.token).status == 503


async def _gone(_key: str) -> None:
    raise Unreachable("R2 gave no answer")


def test_an_erased_persons_export_goes_with_them(world: MoneyWorld, player: Player) -> None:
    export(player)
    erase(world, player)
    assert not [key for key in objects(world) if key.startswith("exports/")]


def test_no_table_of_people_is_forgotten(world: MoneyWorld) -> None:
    tables = [
        str(row["name"])
        for row in world.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    columns = {
        table: {
            str(row["name"]) for row in world.rows(f"SELECT name FROM pragma_table_info('{table}')")
        }
        for table in tables
    }
    of_people = {table for table, names in columns.items() if names & OWNERS}
    assert of_people == HOLDINGS.keys(), "say in personal_tables what of it a person gets"
    for table, holding in HOLDINGS.items():
        assert holding.owner in columns[table]
        assert set(holding.columns) <= columns[table]
        assert bool(holding.columns) != bool(holding.why_not)
        for secret in ("sealed", "index", "password_hash", "score", "actor_id"):
            assert not [name for name in holding.columns if secret in name]


def test_a_random_id_tells_nothing(world: MoneyWorld) -> None:
    nobody = f"00000000-0000-7000-8000-{secrets.token_hex(6)}"
    assert disclose(world, "admin", nobody, "cpf").code == "player_not_found"
    assert world.rows("SELECT * FROM personal_data_access") == []
