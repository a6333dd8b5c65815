"""What of a person goes and when: at the grant of an erasure, by age, and when no law keeps it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from api_under_test import Reply, run
from money_world import MoneyWorld, Player
from registers_world import SOCIAL, RegistersWorld, Somebody, join
from services.audit import _entry
from services.data_exports import advance_exports
from services.fates import FATES
from services.personal_tables import HOLDINGS
from services.retention_sweep import ACCESSES_PER_TICK, keep_and_delete
from services.sandbox_people import DEMO_PASSWORD

from shared.audit.chain import verify
from shared.kernel.times import DAY_MS

FIVE_YEARS = (5 * 365 + 2) * DAY_MS
HALF_A_YEAR = 183 * DAY_MS
BY_OTHER_NAMES = {
    "login_failures": "email_index IN (SELECT email_index FROM players WHERE player_id = ?)",
    "refresh_tokens": "family_id IN (SELECT family_id FROM refresh_families WHERE subject_id = ?)",
    "desk_requests": "request ->> 'player_id' = ?",
    "approvals": "subject ->> 'player_id' = ?",
}
"""Tables of people without a column of the player's id, and which rows of them are a player's."""
NOT_OF_PLAYERS = {"staff", "sandbox_listings", "audit_log"}
PRIVACY = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text()


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


@pytest.fixture
def somebody(world: RegistersWorld) -> Somebody:
    return join(world).identify()


def staff(world: MoneyWorld, role: str) -> str:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    return str(world.call("POST", "/v1/ops/auth/login", login).json["access_token"])


def grant(world: MoneyWorld, player: Player) -> Reply:
    asked = player.post("/v1/me/erasure").json["request_id"]
    body = {"decision": "grant", "reason": "Maria da Silva asked for it"}
    path = f"/v1/ops/privacy/erasures/{asked}"
    return world.call("POST", path, body, token=staff(world, "admin"))


def rows_of(world: MoneyWorld, table: str, player_id: str) -> list[Any]:
    where = BY_OTHER_NAMES.get(table) or f"{HOLDINGS[table].owner} = ?"
    return world.rows(f"SELECT * FROM {table} WHERE {where}", player_id)


def insert(world: MoneyWorld, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    world.change(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())


def go_by(world: MoneyWorld, ms: int) -> dict[str, int]:
    """Let time pass and the tick run."""
    world.clock.advance(ms)
    return dict(run(keep_and_delete(world.house, 0)))


# The list of fates


def test_every_table_of_people_has_its_fate(world: RegistersWorld) -> None:
    assert FATES.keys() == HOLDINGS.keys() | BY_OTHER_NAMES.keys(), "say in fates what goes when"
    columns = world.rows(
        "SELECT m.name AS of_table, c.name AS named FROM sqlite_master AS m,"
        " pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    )
    telling = re.compile(r"player_id|subject(_id)?|.*_index|.*sealed")
    found = {str(row["of_table"]) for row in columns if telling.fullmatch(str(row["named"]))}
    assert found - NOT_OF_PLAYERS <= FATES.keys(), "a table of people that nobody forgets"


def test_what_is_not_deleted_in_the_end_says_why() -> None:
    for table, fate in FATES.items():
        is_deleted = any(one.strip().startswith(f"DELETE FROM {table}") for one in fate.end)
        assert bool(fate.stays) != is_deleted or table == "account_successions", table


def test_the_docs_tell_of_every_table() -> None:
    begin = PRIVACY.index("### Table by table")
    told = PRIVACY[begin : PRIVACY.index("## Taking one's data home")]
    assert set(re.findall(r"`(\w+)`", told)) >= FATES.keys()


# At the grant


def test_what_no_law_keeps_goes_with_the_grant(world: RegistersWorld, somebody: Somebody) -> None:
    player = somebody.player
    world.call("POST", "/v1/auth/login", {**login(player), "password": "wrong-password-1"})
    consent = world.call("PUT", "/v1/me/marketing", {"consent": True}, token=player.token)
    assert consent.status == 200, consent.text
    world.change("INSERT INTO declared_incomes VALUES (?, 500000, 1)", player.player_id)
    (before, *_) = rows_of(world, "access_events", player.player_id)
    assert before["email_index"]
    assert rows_of(world, "login_failures", player.player_id)
    assert grant(world, player).json["status"] == "completed"
    for table in ("declared_incomes", "marketing_choices", "credentials"):
        assert rows_of(world, table, player.player_id) == [], table
    assert world.rows("SELECT * FROM login_failures") == []
    for row in rows_of(world, "access_events", player.player_id):
        named = ("email_index", "device", "country", "address_masked")
        assert [row[name] for name in named] == ["", "?", "", ""]
        assert row["address_sealed"].startswith("v2.records.")


def login(player: Player) -> dict[str, Any]:
    return {name: player.registered[name] for name in ("email", "password")}


def test_the_history_of_whose_account_is_open_is_emptied_by_nobody(
    world: RegistersWorld, somebody: Somebody
) -> None:
    emptying = FATES["access_events"].grant[0].replace("?1", "?")
    with pytest.raises(Exception, match="append-only"):
        world.change(emptying, somebody.player_id)
    assert grant(world, somebody.player).status == 200
    with pytest.raises(Exception, match="append-only"):
        world.change("UPDATE access_events SET event = 'login', email_index = '', device = '?'")


# By age


def test_accesses_and_places_go_by_their_age_of_everybody(
    world: RegistersWorld, somebody: Somebody
) -> None:
    world.call("POST", "/v1/auth/login", {"email": "nobody@a.test", "password": "wrong-one-1"})
    newest = max(
        int(str(row["at"]))
        for row in world.rows(
            "SELECT happened_at AS at FROM access_events UNION SELECT checked_at FROM geo_checks"
        )
    )
    accesses = len(world.rows("SELECT * FROM access_events"))
    assert rows_of(world, "geo_checks", somebody.player_id)
    for table in ("access_events", "geo_checks"):
        with pytest.raises(Exception, match="law keeps"):
            world.change(f"DELETE FROM {table}")
    early = go_by(world, newest + HALF_A_YEAR - 1 - world.clock.now_ms())
    assert early["accesses_deleted"] < accesses
    assert world.rows("SELECT * FROM access_events WHERE happened_at = ?", newest) or world.rows(
        "SELECT * FROM geo_checks WHERE checked_at = ?", newest
    )
    go_by(world, 1)
    assert world.rows("SELECT * FROM access_events") == []
    assert world.rows("SELECT * FROM geo_checks") == []


def test_what_is_old_goes_a_slice_a_tick(world: RegistersWorld) -> None:
    world.change(
        "INSERT INTO geo_checks (check_id, player_id, session_id, occasion, verdict, address,"
        " country, organisation, checked_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i <= ?) SELECT 'c' || i, 'p', 's', 'login', 'inside', '', '',"
        " '', 1 FROM n",
        ACCESSES_PER_TICK,
    )
    assert go_by(world, 0)["places_deleted"] == ACCESSES_PER_TICK
    assert go_by(world, 0)["places_deleted"] == 1


# At the end


def fill(world: RegistersWorld, somebody: Somebody) -> None:
    """Something in every table that is deleted in the end, with words that name the person."""
    player_id, player = somebody.player_id, somebody.player
    path = f"players/{player_id}"
    words = {"reason": "Maria da Silva wrote"}
    limit = {"kind": "deposit", "period": "daily", "value": 5_000, **words}
    assert world.office(f"{path}/limits", "support", "POST", limit).status == 200
    contact = {"channel": "chat", "message": "perdi tudo"}
    contacts = f"protection/{path}/contacts"
    assert world.office(contacts, "support", "POST", contact).status == 201
    debit = {"amount_minor": 500, "direction": "debit"}
    made = {
        what: world.call(
            "POST",
            f"/v1/ops/{what}",
            {"player_id": player_id, **body, **words},
            token=staff(world, "admin"),
            headers={"idempotency-key": f"key-{what}"},
        )
        for what, body in (("interventions", {"action": "message"}), ("adjustments", debit))
    }
    assert {reply.status for reply in made.values()} == {201}, made
    approval = f"approvals/{made['adjustments'].json['approval_id']}"
    rejection = {"decision": "reject", "reason": "Maria da Silva owes nothing"}
    assert world.office(approval, "finance", "POST", rejection).status == 200
    assert player.post("/v1/me/data-exports").status == 201
    while not run(advance_exports(world.house, 0))["exports_ready"]:
        pass
    assert player.post("/v1/me/erasure").status == 201
    for statement in (
        "INSERT INTO second_factors VALUES (?, 'player', 'x', 1, 1, NULL, NULL)",
        "INSERT INTO recovery_codes VALUES ('i', ?, 'own', 1, NULL, NULL)",
        "INSERT INTO declared_incomes VALUES (?, 500000, 1)",
        "INSERT INTO marketing_choices VALUES ('m', ?, 1, 'player', 1)",
        "INSERT INTO screening_matches VALUES (?, 'un', '1', 'sanction', 'open', 1, NULL)",
        "INSERT INTO birth_date_readings VALUES ('b', ?, '1990-05-17', '[]', 'a', 'kyc', 1)",
        "INSERT INTO kept_identities VALUES (?, 'x', 1)",
        "INSERT INTO harm_days VALUES (?, 1, '{}')",
        "INSERT INTO harm_levels VALUES ('h', ?, 'none', 'low', 1, '1', '[]', 1)",
        "INSERT INTO vip_standings VALUES (?, 1, '1', 'bronze', 1, 1, 1, 1)",
        "INSERT INTO vip_changes VALUES ('v', ?, 'gold', 'bronze', '[]', 'none', 1, 1, 1, '1', 1)",
    ):
        world.change(statement, player_id)
    world.call("POST", "/v1/auth/login", {**login(player), "password": "wrong-password-1"})


def leave(world: RegistersWorld, somebody: Somebody) -> None:
    """Be off-boarded and paid out."""
    world.impede(somebody.player.cpf, SOCIAL)
    world.change(
        "UPDATE register_standings SET next_at = 0 WHERE player_id = ?", somebody.player_id
    )
    assert world.sweep()["listed"] == 1
    world.follow()
    world.clock.advance(4 * DAY_MS)
    world.follow()
    assert somebody.case()["state"] == "REFUNDED"


def test_in_the_end_nothing_names_the_person_and_the_chains_verify(
    world: RegistersWorld, somebody: Somebody
) -> None:
    player_id = somebody.player_id
    fill(world, somebody)
    leave(world, somebody)
    deleted = [
        table
        for table, fate in FATES.items()
        if not fate.stays and table not in ("login_failures", "refresh_tokens")
    ]
    assert [table for table in deleted if not rows_of(world, table, player_id)] == []
    assert world.rows("SELECT * FROM login_failures")
    started = go_by(world, 0)
    assert started["retentions_begun"] == 1
    for table in ("kyc_decisions", "register_checks", "interventions", "offboardings"):
        with pytest.raises(Exception, match="kept"):
            world.change(f"DELETE FROM {table}")
    go_by(world, FIVE_YEARS - DAY_MS)
    assert rows_of(world, "kyc_decisions", player_id), "law keeps it until the last day"
    assert go_by(world, DAY_MS + 1)["people_forgotten"] == 1
    assert [table for table in deleted if rows_of(world, table, player_id)] == []
    assert rows_of(world, "refresh_tokens", player_id) == []
    assert world.rows("SELECT * FROM login_failures") == []
    for table in ("access_events", "geo_checks"):
        assert rows_of(world, table, player_id) == [], table
    (approval,) = rows_of(world, "approvals", player_id)
    assert (approval["reason"], approval["decision_reason"]) == ("", "")
    assert json.loads(approval["subject"])["amount_minor"] == 500
    for table in FATES:
        if table not in ("wallet_events", "rebuild_events", "dead_letters"):
            assert "Maria" not in str(rows_of(world, table, player_id)), table
    assert verify(map(_entry, world.rows("SELECT * FROM audit_log ORDER BY seq"))) is None
    proof = json.loads(world.real.wallets[player_id].query("verify", "", "{}").split(" ", 2)[2])
    assert proof["ok"] is True
    assert go_by(world, 0)["people_forgotten"] == 0


def test_retention_counts_from_the_last_thing_that_an_off_boarding_did(
    world: RegistersWorld, somebody: Somebody
) -> None:
    somebody.player.log_in()
    somebody.player.fund(5_000)
    world.bank.is_down = True
    world.impede(somebody.player.cpf, SOCIAL)
    world.change(
        "UPDATE register_standings SET next_at = 0 WHERE player_id = ?", somebody.player_id
    )
    world.sweep()
    world.follow()
    somebody.advance(3 * DAY_MS)
    world.follow()
    (row,) = rows_of(world, "players", somebody.player_id)
    assert row["status"] == "closed"
    assert go_by(world, 0)["retentions_begun"] == 0, "the money is still on its way"
    world.bank.is_down = False
    somebody.advance(20 * DAY_MS)
    world.clock.advance(20 * DAY_MS)
    world.desk()
    world.follow()
    assert somebody.case()["state"] == "REFUNDED"
    assert go_by(world, 0)["retentions_begun"] == 1
    (case,) = rows_of(world, "offboardings", somebody.player_id)
    (letter, *_) = sorted(
        rows_of(world, "communications", somebody.player_id), key=lambda one: -one["sent_at"]
    )
    began = {one["began_at"] for one in rows_of(world, "retentions", somebody.player_id)}
    assert began == {max(case["refunded_at"], letter["sent_at"])}


def test_a_letter_is_kept_for_its_own_five_years(world: RegistersWorld, somebody: Somebody) -> None:
    leave(world, somebody)
    go_by(world, 0)
    keep_until = world.clock.now_ms() + FIVE_YEARS + 10 * DAY_MS
    later = {"communication_id": "late", "kind": "unclaimed", "keep_until": keep_until}
    (letter, *_) = rows_of(world, "communications", somebody.player_id)
    insert(world, "communications", letter | later)
    assert go_by(world, FIVE_YEARS + 9 * DAY_MS)["people_forgotten"] == 0
    assert not [line for line in world.log if line.get("event") == "retention_failed"], (
        "nobody tries"
    )
    with pytest.raises(Exception, match="kept for five years"):
        world.change("DELETE FROM communications")
    assert go_by(world, DAY_MS)["people_forgotten"] == 1


@pytest.mark.parametrize("is_identified", [True, False])
def test_who_followed_whom_is_forgotten_once_the_protection_was_taken_over(
    world: RegistersWorld, somebody: Somebody, is_identified: bool
) -> None:
    leave(world, somebody)
    world.impede(somebody.player.cpf)
    registered = somebody.player.registered
    again = world.call("POST", "/v1/players", registered)
    assert again.status == 201, again.text
    if is_identified:
        new = Player.__new__(Player)
        new.world, new.registered, new.player_id = world, registered, again.json["player_id"]
        new.log_in()
        Somebody(world, new).identify()
    go_by(world, 0)
    assert go_by(world, FIVE_YEARS)["people_forgotten"] == 1
    links = world.rows("SELECT cpf_index FROM account_successions")
    assert [str(link["cpf_index"])[0] for link in links] == ([] if is_identified else ["~"])
