"""A player and analysts at an API under test, for identity checks."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api_under_test import Reply, World, run
from e2e.people import registration
from services.kyc_sweep import JOB
from services.sandbox_people import DEMO_PASSWORD
from services.ticks import tick_all
from unit.compliance.files import jpeg, pdf, png

from shared.compliance.ports import Checked, Offered
from shared.kernel.times import MINUTE_MS
from shared.platform.ports import Record

DOCUMENTS = "/v1/me/kyc/documents"
LEVEL_1 = ("id_front", "id_back", "selfie")


def document(kind: str, *, salt: int = 0) -> dict[str, str]:
    """The body of a document that is taken."""
    made = {"selfie": jpeg(salt=salt), "proof_of_address": pdf(salt=salt)}
    types = {"selfie": "image/jpeg", "proof_of_address": "application/pdf"}
    content = made.get(kind) or png(salt=salt + len(kind))
    return {
        "kind": kind,
        "content_type": types.get(kind, "image/png"),
        "content_base64": b64encode(content).decode(),
    }


@dataclass(frozen=True)
class Person:
    """A registered player with a session."""

    world: World
    player_id: str
    token: str
    login: dict[str, object]

    def again(self) -> "Person":
        """The same person in a new session."""
        return replace(self, token=_token(self.world, self.login))

    def send(self, kind: str, *, salt: int = 0) -> Reply:
        return self.world.call("POST", DOCUMENTS, document(kind, salt=salt), token=self.token)

    def send_level_1(self, *, salt: int = 0) -> list[str]:
        """The ids of a complete set."""
        replies = [self.send(kind, salt=salt) for kind in LEVEL_1]
        assert [reply.status for reply in replies] == [201, 201, 201], replies
        return [reply.json["document_id"] for reply in replies]

    def kyc(self) -> Any:
        reply = self.world.call("GET", "/v1/me/kyc", token=self.token)
        assert reply.status == 200, reply.text
        return reply.json

    def profile(self) -> Any:
        return self.world.call("GET", "/v1/me", token=self.token).json


def sign_up(world: World, **changes: object) -> Person:
    body = registration(**changes)
    made = world.call("POST", "/v1/players", body)
    assert made.status == 201, made.text
    login = {"email": body["email"], "password": body["password"]}
    return Person(world, made.json["player_id"], _token(world, login), login)


def _token(world: World, login: dict[str, object]) -> str:
    return str(world.call("POST", "/v1/auth/login", login).json["access_token"])


_OTHERS: Final = (
    "NOT IN (SELECT player_id FROM kyc_decisions WHERE reason = 'the demo player of the sandbox')"
)
"""Everybody but the demo player, who is identified with the seed."""


def decisions(world: World) -> list[Record]:
    """What was decided about the people of a test."""
    return world.rows(f"SELECT * FROM kyc_decisions WHERE player_id {_OTHERS}")


def log_of_actions(world: World) -> list[Record]:
    """What staff did to the people of a test, oldest first."""
    return world.rows(f"SELECT * FROM audit_log WHERE subject {_OTHERS} ORDER BY seq")


@dataclass(frozen=True)
class Analyst:
    """A member of staff with a session."""

    world: World
    token: str

    def get(self, path: str) -> Reply:
        return self.world.call("GET", f"/v1/ops/kyc/{path}", token=self.token)

    def version(self, player_id: str) -> int:
        """The version of a case, as the evidence shows it to whoever looks at it."""
        return int(self.get(player_id).json["version"])

    def decide(self, player_id: str, decision: str, **more: object) -> Reply:
        body = {"decision": decision, "reason": "compared with the documents"} | more
        path = f"/v1/ops/kyc/{player_id}/decision"
        return self.world.call("POST", path, body, token=self.token)


def staff_member(world: World, role: str) -> Analyst:
    """The one of the sandbox; `POST /v1/sandbox/seed` has made them."""
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    reply = world.call("POST", "/v1/ops/auth/login", login)
    assert reply.status == 200, reply.text
    return Analyst(world, reply.json["access_token"])


def tick(world: World) -> Mapping[str, object]:
    """One tick; the outcome of the identity checks' own."""
    slot = world.clock.advance(5 * MINUTE_MS)
    run(tick_all(world.house, slot))
    (row,) = world.rows("SELECT outcome FROM job_runs WHERE job = ? AND slot = ?", JOB, slot)
    told: dict[str, object] = json.loads(str(row["outcome"]))
    return told


def provider(world: World, checked: Checked) -> None:
    class Says:
        async def check(self, _offered: Offered) -> Checked:
            return checked

    object.__setattr__(world.house, "identity_provider", Says())


def propose(analyst: Analyst, person: Person, key: str = "override-1", **more: object) -> Reply:
    path = f"/v1/ops/kyc/{person.player_id}/override"
    body = {"reason": "seen in person at the branch"} | more
    return analyst.world.call(
        "POST", path, body, token=analyst.token, headers={"idempotency-key": key}
    )


def looked(analyst: Analyst, person: Person, screening: str) -> dict[str, Any]:
    """What became of the matches, by somebody who looks at the evidence now."""
    return {"screening": screening, "version": analyst.version(person.player_id)}


def decide(member: Analyst, approval_id: str, decision: str = "approve") -> Reply:
    body = {"decision": decision, "reason": "looked at it too"}
    return member.world.call("POST", f"/v1/ops/approvals/{approval_id}", body, token=member.token)
