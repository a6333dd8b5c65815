"""The operator's desk over HTTP: two people for an RTP, roles, alerts and the audit log."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Caller, Json, expect, join, problem, staff

RTP = "/v1/ops/games/dice/rtp"
GENESIS = "0" * 64
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def desk(edge: Edge) -> Iterator[dict[str, Caller]]:
    """One member of staff for each role, logged in."""
    roles = ("support", "kyc", "aml", "finance", "game_ops", "admin", "regulator", "auditor")
    with edge.client() as client:
        yield {role: staff(client, role) for role in roles}


@pytest.fixture
def original_rtp(desk: dict[str, Caller]) -> Iterator[str]:
    """Tests share the edge: whatever was changed is changed back, by two people."""
    anyone = desk["game_ops"].client
    rtp = str(expect(anyone.get("/v1/games/dice"), 200)["rtp_target"])
    yield rtp
    if expect(anyone.get("/v1/games/dice"), 200)["rtp_target"] != rtp:
        _decide(desk["admin"], _propose(desk["game_ops"], rtp), "approve")


def _propose(maker: Caller, rtp: object) -> Json:
    return expect(maker.send("PUT", RTP, {"rtp": rtp, "reason": "season campaign"}), 201)


def _approval(approval_id: str) -> str:
    return f"/v1/ops/approvals/{approval_id}"


def _decide(checker: Caller, proposal: Json, decision: str) -> Json:
    body = {"decision": decision, "reason": "checked the simulation"}
    return expect(checker.post(_approval(proposal["approval_id"]), body), 200)


def _audit(reader: Caller, limit: int = 20) -> list[Json]:
    items: list[Json] = expect(reader.get("/v1/ops/audit", limit=limit), 200)["items"]
    return items


def test_another_rtp_needs_two_people_and_retires_the_running_sessions(
    desk: dict[str, Caller], original_rtp: str, client: httpx.Client
) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()
    wanted = "97.25" if original_rtp != "97.25" else "97.50"

    proposal = _propose(desk["game_ops"], wanted)
    assert (proposal["status"], proposal["rtp_target"]) == ("pending", wanted)
    assert proposal["version"] > session["game_version"]
    assert expect(client.get("/v1/games/dice"), 200)["rtp_target"] == original_rtp
    player.play(session["session_id"], 100)

    body = {"decision": "approve", "reason": "I trust myself"}
    path = _approval(proposal["approval_id"])
    problem(desk["game_ops"].post(path, body), 409, "maker_is_checker")
    pending = expect(desk["admin"].get("/v1/ops/approvals", status="pending"), 200)["items"]
    assert proposal["approval_id"] in {item["approval_id"] for item in pending}

    approved = _decide(desk["admin"], proposal, "approve")
    assert (approved["status"], approved["kind"]) == ("approved", "game_version")
    assert approved["maker_id"] != approved["checker_id"]
    assert approved["decided_at"] >= approved["created_at"]
    problem(desk["admin"].post(path, body), 409, "approval_decided")

    game = expect(client.get("/v1/games/dice"), 200)
    assert (game["version"], game["rtp_target"]) == (proposal["version"], wanted)
    before = player.wallet()
    everything_else_wrong = {
        "session_id": session["session_id"],
        "stake_minor": 1,
        "params": {"target": 0},
    }
    retired = player.post("/v1/me/rounds", everything_else_wrong, key="retired")
    problem(retired, 409, "game_version_retired")
    assert player.wallet() == before
    reopened = player.open_game()
    assert reopened["game_version"] == proposal["version"]
    assert player.play(reopened["session_id"], 100)["game_version"] == proposal["version"]


def test_a_round_stays_provable_after_its_version_was_retired(
    desk: dict[str, Caller], original_rtp: str, client: httpx.Client
) -> None:
    player = join(client, funds_minor=10_000)
    played = player.play(player.open_game()["session_id"], 5_000, target=98)
    other = "95.00" if original_rtp != "95.00" else "94.00"
    _decide(desk["admin"], _propose(desk["game_ops"], other), "approve")
    seed = expect(player.post("/v1/me/fairness/rotate", {}), 200)["revealed"]
    claim = {
        "server_seed": seed["server_seed"],
        "client_seed": seed["client_seed"],
        "nonce": 0,
        "game_id": "dice",
        "game_version": played["game_version"],
        "params": {"target": 98, "over": False},
        "stake_minor": 5_000,
    }
    verified = expect(client.post("/v1/fairness/verify", json=claim), 200)
    assert verified["payout_minor"] == played["payout_minor"]


def test_a_rejected_version_is_never_in_force(
    desk: dict[str, Caller], client: httpx.Client
) -> None:
    before = expect(client.get("/v1/games/dice"), 200)
    rejected = _decide(desk["finance"], _propose(desk["game_ops"], "93.00"), "reject")
    assert rejected["status"] == "rejected"
    assert expect(client.get("/v1/games/dice"), 200) == before


@pytest.mark.parametrize("rtp", ["84.99", 84.99, "80", "99.01", 99.5, "100", 0])
def test_an_rtp_outside_the_bounds_cannot_be_proposed(desk: dict[str, Caller], rtp: object) -> None:
    answer = desk["game_ops"].send("PUT", RTP, {"rtp": rtp, "reason": "too greedy"})
    refused = problem(answer, 422, "rtp_out_of_bounds")
    assert (refused["floor"], refused["ceiling"]) == ("85.00", "99.00")


@pytest.mark.parametrize("rtp", ["96.505", 96.505, "1e2", "ninety", "-96", "", 10**30])
def test_an_rtp_that_is_no_percentage_is_refused(desk: dict[str, Caller], rtp: object) -> None:
    answer = desk["game_ops"].send("PUT", RTP, {"rtp": rtp, "reason": "no number"})
    problem(answer, 422, "invalid_rtp")


def test_an_rtp_that_truncation_takes_below_the_floor_is_refused(
    desk: dict[str, Caller],
) -> None:
    answer = desk["game_ops"].send("PUT", RTP, {"rtp": "85.00", "reason": "at the floor"})
    problem(answer, 409, "rtp_below_floor_at_bet_level")


def test_what_is_not_there_cannot_be_changed_or_decided(desk: dict[str, Caller]) -> None:
    body = {"rtp": "95.00", "reason": "no such game"}
    answer = desk["game_ops"].send("PUT", "/v1/ops/games/roulette/rtp", body)
    problem(answer, 404, "game_not_found")
    decision = {"decision": "approve", "reason": "no such proposal"}
    problem(desk["admin"].post(_approval(NOBODY), decision), 404, "approval_not_found")


ALLOWED = {
    ("PUT", RTP): {"game_ops", "admin"},
    ("GET", "/v1/ops/approvals"): {"kyc", "game_ops", "finance", "admin", "auditor", "regulator"},
    ("POST", _approval(NOBODY)): {"kyc", "game_ops", "finance", "admin"},
    ("GET", "/v1/ops/aml/alerts"): {"aml", "finance", "admin", "auditor", "regulator"},
    ("GET", "/v1/ops/audit"): {"admin", "auditor", "regulator"},
    ("GET", "/v1/ops/payments/suspense"): {"finance", "admin", "auditor"},
}


@pytest.mark.parametrize(("method", "path"), list(ALLOWED))
def test_a_role_reaches_its_own_desk_only(desk: dict[str, Caller], method: str, path: str) -> None:
    for role, caller in desk.items():
        answer = caller.send(method, path, None if method == "GET" else {})
        if role in ALLOWED[method, path]:
            assert answer.status_code in (200, 422), (role, answer.text)
        else:
            problem(answer, 403, "forbidden")


def test_what_staff_do_is_logged_in_a_chain(desk: dict[str, Caller]) -> None:
    proposal = _propose(desk["game_ops"], "92.00")
    _decide(desk["admin"], proposal, "reject")
    newest = _audit(desk["auditor"])
    assert [entry["action"] for entry in newest[:2]] == ["approval.reject", "game.rtp.propose"]
    assert newest[0]["subject"] == proposal["approval_id"]
    assert newest[1]["data"]["rtp_bps"] == 9_200
    assert [entry["actor_role"] for entry in newest[:2]] == ["admin", "game_ops"]

    chain: list[Json] = []
    cursor: str | None = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = expect(desk["auditor"].get("/v1/ops/audit", **query), 200)
        chain += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    chain.reverse()
    previous = GENESIS
    for seq, entry in enumerate(chain, start=1):
        assert (entry["seq"], entry["prev_hash"]) == (seq, previous)
        assert entry["hash"] == _hash_of(entry)
        previous = entry["hash"]


def _hash_of(entry: Json) -> str:
    """SHA-256 of the canonical JSON array of the fields, by the published rule."""

    def canonical(value: object) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    fields = [
        entry["seq"],
        _milliseconds(entry["recorded_at"]),
        entry["actor_id"],
        entry["actor_role"],
        entry["action"],
        entry["subject"],
        canonical(entry["data"]),
        entry["prev_hash"],
    ]
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


def _milliseconds(time: str) -> int:
    moment = datetime.fromisoformat(time)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def test_proposals_at_once_get_numbers_of_their_own(desk: dict[str, Caller]) -> None:
    with ThreadPoolExecutor(4) as pool:
        proposals = list(pool.map(_propose, [desk["game_ops"]] * 4, ["91.00"] * 4))
    assert len({proposal["version"] for proposal in proposals}) == 4
    for proposal in proposals:
        _decide(desk["admin"], proposal, "reject")
    actions = [entry["action"] for entry in _audit(desk["auditor"], 8)]
    assert sorted(actions) == ["approval.reject"] * 4 + ["game.rtp.propose"] * 4


def test_of_two_checkers_at_once_one_decides(
    desk: dict[str, Caller], original_rtp: str, client: httpx.Client
) -> None:
    proposal = _propose(desk["game_ops"], "90.50")
    path = _approval(proposal["approval_id"])
    bodies = [{"decision": d, "reason": "at once"} for d in ("approve", "reject")]
    with ThreadPoolExecutor(2) as pool:
        callers = (desk["admin"], desk["finance"])
        answers = list(pool.map(lambda c, b: c.post(path, b), callers, bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    in_force = expect(client.get("/v1/games/dice"), 200)["version"]
    assert (in_force == proposal["version"]) == (won["status"] == "approved")
    logged = [e for e in _audit(desk["auditor"]) if e["subject"] == proposal["approval_id"]]
    assert len(logged) == 1
