"""The desk's view of the projection: its health, its dead letters, its rebuilds."""

import json
from typing import Any

import pytest
from api_under_test import Reply, World

from shared.kernel.ids import uuid7

LETTER = uuid7(1_795_356_900_000, bytes(10))
OTHER = uuid7(1_795_356_900_001, bytes(10))


def token(world: World, role: str) -> str:
    password = world.call("POST", "/v1/sandbox/seed", {}).json["password"]
    login = {"email": f"{role}@acme.test", "password": password}
    return str(world.call("POST", "/v1/ops/auth/login", login).json["access_token"])


@pytest.fixture
def admin(world: World) -> str:
    return token(world, "admin")


@pytest.fixture
def letters(world: World) -> None:
    for letter_id in (LETTER, OTHER):
        world.change(
            "INSERT INTO dead_letters VALUES (?, ?, 'p', 3, 'why', '{}', 11, 'dead', NULL, 1, 1)",
            *(letter_id, f"message {letter_id}"),
        )


def replay(world: World, admin: str, letter_id: str = LETTER, key: str = "k") -> Reply:
    return world.call(
        "POST",
        f"/v1/ops/dead-letters/{letter_id}/replay",
        token=admin,
        headers={"idempotency-key": key},
    )


def test_dead_letters_are_listed_newest_first_and_by_status(
    world: World, admin: str, letters: None
) -> None:
    page = world.call("GET", "/v1/ops/dead-letters?limit=1", token=admin).json
    assert [item["dead_letter_id"] for item in page["items"]] == [OTHER]
    path = f"/v1/ops/dead-letters?cursor={page['next_cursor']}"
    assert [i["dead_letter_id"] for i in world.call("GET", path, token=admin).json["items"]] == [
        LETTER
    ]
    none = world.call("GET", "/v1/ops/dead-letters?status=replayed", token=admin).json
    assert none == {"items": [], "next_cursor": None}


def test_a_replay_is_asked_once_and_written_into_the_log(
    world: World, admin: str, letters: None
) -> None:
    first = replay(world, admin)
    assert (first.status, first.json) == (
        202,
        {"dead_letter_id": LETTER, "status": "replay_asked"},
    )
    world.change("UPDATE dead_letters SET status = 'replayed' WHERE dead_letter_id = ?", LETTER)
    again = replay(world, admin)
    assert (again.status, again.text) == (first.status, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    statuses = world.rows("SELECT status FROM dead_letters ORDER BY dead_letter_id")
    assert [row["status"] for row in statuses] == ["replayed", "dead"]
    [entry] = world.rows("SELECT * FROM audit_log WHERE action = 'dead_letter.replay'")
    assert entry["subject"] == LETTER
    assert json.loads(str(entry["data"])) == {"player_id": "p", "seq": 3, "was": "dead"}


def test_a_key_stands_for_one_letter(world: World, admin: str, letters: None) -> None:
    replay(world, admin)
    assert replay(world, admin, OTHER).code == "idempotency_key_conflict"
    assert replay(world, admin, OTHER, "other").status == 202


def test_an_unknown_letter_is_not_found(world: World, admin: str) -> None:
    assert replay(world, admin).code == "dead_letter_not_found"


@pytest.mark.parametrize("role", ["auditor", "aml", "support"])
def test_only_an_administrator_replays(world: World, role: str, letters: None) -> None:
    assert replay(world, token(world, role)).code == "forbidden"


def test_the_health_of_a_house_where_nothing_ran_is_told(world: World, admin: str) -> None:
    """The sandbox has one player, whose wallet nobody has projected."""
    health: dict[str, Any] = world.call("GET", "/v1/ops/projection", token=admin).json
    assert (health["lag_ms"], health["wallets"], health["heads_missing"]) == (None, 0, 1)
    assert health["last_drill"] is None
    assert health["jobs"] == []


def test_the_health_tells_the_last_run_of_each_job_and_what_waits(
    world: World, admin: str, letters: None
) -> None:
    for slot, behind in ((1_000, 7), (2_000, 3)):
        outcome = json.dumps({"wallets_behind": behind})
        world.change("INSERT INTO job_runs VALUES ('sweep', ?, ?, ?, ?)", slot, slot, slot, outcome)
    world.change("INSERT INTO archive_queue VALUES ('2026-11-20', 'p', 1)")
    world.change("INSERT INTO drills VALUES ('d', 5, 10, 100, 0, '{}')")
    health: dict[str, Any] = world.call("GET", "/v1/ops/projection", token=admin).json
    assert health["heads_behind"] == 3
    assert health["dead_letters"] == {"dead": 2}
    assert (health["archive"]["waiting"], health["archive"]["held"]) == (1, 1)
    [job] = health["jobs"]
    assert (job["job"], job["slot"]) == ("sweep", "1970-01-01T00:00:02.000Z")
    assert health["last_drill"]["drilled_at"] == "1970-01-01T00:00:00.005Z"
    assert token(world, "auditor")
    assert world.call("GET", "/v1/ops/projection", token=token(world, "aml")).code == "forbidden"


def begin(world: World, admin: str, body: dict[str, object], key: str = "k") -> Reply:
    return world.call(
        "POST",
        "/v1/ops/projection/rebuilds",
        body,
        token=admin,
        headers={"idempotency-key": key},
    )


def test_a_rebuild_is_begun_once_for_a_key_and_one_at_a_time(world: World, admin: str) -> None:
    first = begin(world, admin, {"source": "wallets", "swap": True})
    assert first.status == 202
    again = begin(world, admin, {"source": "wallets", "swap": True})
    assert (again.text, again.headers["Idempotency-Replayed"]) == (first.text, "true")
    assert begin(world, admin, {"source": "archive"}).code == "idempotency_key_conflict"
    assert begin(world, admin, {"source": "archive"}, "other").code == "rebuild_running"
    [entry] = world.rows("SELECT * FROM audit_log WHERE action = 'projection.rebuild'")
    assert json.loads(str(entry["data"])) == {"source": "wallets", "swap": True}
    world.change("UPDATE rebuilds SET status = 'equal'")
    assert begin(world, admin, {"source": "archive"}, "other").status == 202


def test_the_report_of_a_rebuild_names_the_places_that_differ(world: World, admin: str) -> None:
    rebuild_id = begin(world, admin, {"source": "wallets"}).json["rebuild_id"]
    world.change("INSERT INTO rebuild_differences VALUES (?, 'p', 7, 'both')", rebuild_id)
    path = f"/v1/ops/projection/rebuilds/{rebuild_id}"
    report = world.call("GET", path, token=admin).json
    assert (report["status"], report["swap"]) == ("running", False)
    assert report["differences"] == [{"player_id": "p", "seq": 7, "side": "both"}]
    unknown = world.call("GET", f"/v1/ops/projection/rebuilds/{LETTER}", token=admin)
    assert unknown.code == "rebuild_not_found"
    denied = world.call("GET", path, token=token(world, "aml"))
    assert denied.code == "forbidden"
