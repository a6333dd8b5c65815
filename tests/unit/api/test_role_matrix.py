"""Every route of the OpenAPI document, called as every caller: let in or refused as designed.

The design is docs/roles.md; the routes are those of openapi.json, both committed and compared with
the code. A new route is therefore asked here as soon as it is described, and one of players that
names something of theirs needs a line in `OWNED`.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from api_under_test import Reply, World, run
from kyc_people import DOCUMENTS, document
from money_world import MoneyWorld, Player
from role_matrix import AN_ID, CALLERS, REFUSALS, ROOT, STAFF, Operation, design, operations
from services.sandbox_people import DEMO_PASSWORD

from shared.kernel.ids import uuid7

OPERATIONS = tuple(operations())
BY_NAME = {str(one): one for one in OPERATIONS}


class Gate:
    """One world, and somebody of each kind before it."""

    def __init__(self) -> None:
        self.world = MoneyWorld()
        assert self.world.call("POST", "/v1/sandbox/seed").status == 200
        self.player = Player(self.world)
        self.tokens: dict[str, str] = {}

    def token(self, caller: str) -> str | None:
        """Of a session that is good for this call: the one before may have ended its own."""
        if caller == "nobody":
            return None
        if caller == "player":
            self.player = Player(self.world)
            return self.player.token
        login = {"email": f"{caller}@acme.test", "password": DEMO_PASSWORD}
        return str(self.world.call("POST", "/v1/ops/auth/login", login).json["access_token"])

    def kept_token(self, caller: str) -> str | None:
        """Of one session for all calls that are to be refused, which change nothing."""
        if caller == "nobody":
            return None
        if caller not in self.tokens:
            self.tokens[caller] = str(self.token(caller))
        return self.tokens[caller]

    def ask(self, one: Operation, caller: str) -> Reply:
        token = self.token(caller) if one.lets_in(caller) else self.kept_token(caller)
        headers = {"idempotency-key": secrets.token_hex(8)}
        body = one.body if one.has_body else None
        return self.world.call(one.method, one.address, body, token=token, headers=headers)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.mark.parametrize("one", OPERATIONS, ids=str)
def test_a_route_lets_in_whom_the_design_names_and_nobody_else(gate: Gate, one: Operation) -> None:
    for caller in CALLERS:
        reply = gate.ask(one, caller)
        code = reply.json["code"] if reply.status >= 400 else ""
        if one.lets_in(caller):
            assert code not in REFUSALS, (caller, reply.text)
            assert reply.status < 500 or code in ("unavailable", "not_ready"), (caller, reply.text)
        elif caller == "nobody":
            assert (reply.status, code) == (401, "token_missing"), (caller, reply.text)
        elif caller == "player" or one.allowed == {"player"}:
            assert (reply.status, code) == (401, "token_invalid"), (caller, reply.text)
        else:
            assert (reply.status, code) == (403, "forbidden"), (caller, reply.text)


def test_the_design_names_every_route_and_no_other() -> None:
    assert design().keys() == {(one.method, one.path) for one in OPERATIONS}
    described = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for one in OPERATIONS:
        assert set(described[one.path][one.method.lower()]["x-callers"]) == one.allowed


# Laws of the design itself: a route is opened to more people by changing a line here as well.

ANYONE = {
    "GET /healthz",
    "GET /readyz",
    "GET /problems/{code}",
    "GET /v1/stats",
    "GET /v1/games",
    "GET /v1/games/{game_id}",
    "POST /v1/fairness/verify",
    "GET /v1/audit/anchors",
    "POST /v1/players",
    "POST /v1/auth/login",
    "POST /v1/auth/refresh",
    "POST /v1/auth/logout",
    "POST /v1/ops/auth/login",
    "POST /v1/webhooks/pix",
    "POST /v1/webhooks/pix/payouts",
}
WATCHERS_MAY_SEND = {
    "POST /v1/ops/players/{player_id}/personal-data": {"regulator"},
}
"""What those who only look may do besides: a look at full values is sent, because it is logged."""
OWN_ACCOUNT = "/v1/ops/me/"


def test_what_anyone_may_call_is_this_list() -> None:
    """What exists in the sandbox only is nobody's; see below that it is nowhere else."""
    open_ones = {str(one) for one in OPERATIONS if "anyone" in one.allowed}
    assert {name for name in open_ones if " /v1/sandbox/" not in name} == ANYONE


def test_what_is_of_players_is_for_players_and_the_desk_for_staff() -> None:
    for one in OPERATIONS:
        if one.path.startswith("/v1/me") or one.path == "/v1/play":
            assert one.allowed == {"player"}, one
        if one.path.startswith("/v1/ops/") and str(one) not in ANYONE:
            assert one.allowed, one
            assert one.allowed <= set(STAFF), one


def test_who_only_watches_changes_nothing() -> None:
    for one in OPERATIONS:
        if one.method == "GET" or one.path.startswith(OWN_ACCOUNT):
            continue
        watching = one.allowed & {"regulator", "auditor"}
        assert watching == WATCHERS_MAY_SEND.get(str(one), set()), one


def test_money_and_games_are_moved_by_their_desks_only() -> None:
    for name, roles in {
        "POST /v1/ops/adjustments": {"finance", "admin"},
        "POST /v1/ops/bonuses": {"finance", "admin"},
        "POST /v1/ops/players/{player_id}/wallet-release": {"finance", "admin"},
        "PUT /v1/ops/games/{game_id}/rtp": {"game_ops", "admin"},
        "POST /v1/ops/kyc/{player_id}/decision": {"kyc", "admin"},
        "POST /v1/ops/kyc/{player_id}/override": {"kyc", "admin"},
        "GET /v1/ops/kyc/{player_id}/documents/{document_id}": {"kyc", "admin"},
        "POST /v1/ops/privacy/erasures/{request_id}": {"kyc", "admin"},
    }.items():
        assert BY_NAME[name].allowed == roles, name


def test_who_looks_after_games_sees_no_person() -> None:
    of_people = ("{player_id}", "/v1/ops/players", "/v1/ops/kyc", "/v1/ops/privacy")
    for one in OPERATIONS:
        if one.path.startswith("/v1/ops/") and any(part in one.path for part in of_people):
            assert "game_ops" not in one.allowed, one


def test_outside_the_sandbox_its_routes_are_not_there() -> None:
    production = World(PROFILE="production")
    for one in OPERATIONS:
        if one.path.startswith("/v1/sandbox/"):
            reply = production.call(one.method, one.address, {})
            assert (reply.status, reply.code) == (404, "not_found"), one


# What is one player's is not there for another.


class Owner:
    """A player who has one of everything."""

    def __init__(self, world: MoneyWorld) -> None:
        self.world = world
        self.player = Player(world)
        self.player.fund(10_000)
        session = self.player.post("/v1/me/game-sessions", {"game_id": "dice"}).json
        body = {
            "session_id": session["session_id"],
            "stake_minor": 100,
            "params": {"target": 50, "over": False},
        }
        self.round_id = self.player.post("/v1/me/rounds", body).json["round_id"]
        self.deposit_id = self.player.charge(500)["deposit_id"]
        self.withdrawal_id = self.player.withdraw(1_000).json["withdrawal_id"]
        sent = world.call("POST", DOCUMENTS, document("selfie"), token=self.player.token)
        self.document_id = sent.json["document_id"]
        self.export_id = self.player.post("/v1/me/data-exports").json["export_id"]
        while self.player.get(f"/v1/me/data-exports/{self.export_id}")["status"] != "ready":
            pass

    def intervention(self) -> str:
        """A message that waits for an answer; nothing is played any more before it."""
        intervention_id = str(uuid7(self.world.clock.now_ms(), secrets.token_bytes(10)))
        told = {
            "intervention_id": intervention_id,
            "level": "low",
            "template": "message",
            "demands": "acknowledge",
        }
        sent = self.world.real.execute(
            self.player.player_id, "intervention_set", intervention_id, "", json.dumps(told)
        )
        assert run(sent).startswith("20")
        return intervention_id

    def message(self) -> str:
        """A message about their play that waits for nothing."""
        message_id = str(uuid7(self.world.clock.now_ms(), secrets.token_bytes(10)))
        self.world.change(
            "INSERT INTO interventions (intervention_id, player_id, origin, level, action,"
            " template, template_version, blocks_bonus, score, policy_version, readings, numbers,"
            " taken_at, taken_on, status, try_at)"
            " VALUES (?, ?, 'policy', 'low', 'message', 'activity', '2026-11', 0, 25, '2026-11',"
            " '[]', '{}', 0, 0, 'carried_out', 0)",
            message_id,
            self.player.player_id,
        )
        return message_id

    def login_session(self) -> str:
        sessions = self.player.get("/v1/me/sessions")["items"]
        return str(sessions[0]["session_id"])


OWNED: dict[str, Callable[[Owner], str]] = {
    "GET /v1/me/deposits/{deposit_id}": lambda owner: owner.deposit_id,
    "GET /v1/me/withdrawals/{withdrawal_id}": lambda owner: owner.withdrawal_id,
    "GET /v1/me/rounds/{round_id}": lambda owner: owner.round_id,
    "GET /v1/me/data-exports/{export_id}": lambda owner: owner.export_id,
    "GET /v1/me/data-exports/{export_id}/parts/{number}": lambda owner: owner.export_id,
    "POST /v1/me/interventions/{intervention_id}/ack": Owner.intervention,
    "POST /v1/me/messages/{message_id}/seen": Owner.message,
    "DELETE /v1/me/sessions/{session_id}": Owner.login_session,
}
"""Of each route of players that names something: what the owner has. One that ends what it names
comes last.
"""


@pytest.fixture(scope="module")
def owner() -> Owner:
    return Owner(MoneyWorld())


def test_every_route_that_names_something_of_a_player_has_a_line() -> None:
    named = {str(one) for one in OPERATIONS if one.allowed == {"player"} and "_id}" in one.path}
    assert named == OWNED.keys()


def _ends_last(name: object) -> bool:
    return str(name).startswith("DELETE")


@pytest.mark.parametrize("name", sorted(OWNED, key=_ends_last))
def test_what_is_one_players_is_not_there_for_another(owner: Owner, name: str) -> None:
    one, world = BY_NAME[name], owner.player.world
    address = Operation(one.method, one.path, one.allowed).address.replace(
        AN_ID, OWNED[name](owner)
    )
    other = Player(world)
    body = one.body if one.has_body else None
    theirs = world.call(one.method, address, body, token=other.token)
    nobodys = world.call(one.method, one.address, body, token=other.token)
    assert (theirs.status, theirs.code) == (404, nobodys.code), theirs.text
    assert _told(theirs) == _told(nobodys), "it cannot be told from what does not exist"
    own = world.call(one.method, address, body, token=owner.player.token)
    assert own.status < 300, own.text


def _told(reply: Reply) -> Any:
    return {name: value for name, value in reply.json.items() if name != "request_id"}
