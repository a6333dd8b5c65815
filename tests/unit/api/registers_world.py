"""The API over real wallets with registers that can be switched off and that list people."""

import json
from dataclasses import dataclass
from typing import Any

from api_under_test import Reply, run
from kyc_people import DOCUMENTS, LEVEL_1, document
from money_world import MoneyWorld, Player
from services import offboarding, register_sweep
from services.messenger import Message
from services.sandbox_people import DEMO_PASSWORD

from shared.platform.ports import Unreachable

SOCIAL = "PROGRAMA_SOCIAL"
EXCLUDED = "AUTOEXCLUSAO_CENTRALIZADA"


class Post:
    """A provider of e-mail that keeps everything; while it `is_down` it takes nothing."""

    def __init__(self) -> None:
        self.is_down = False
        self.sent: list[Message] = []

    async def send(self, message: Message) -> str:
        if self.is_down:
            raise Unreachable("no provider")
        self.sent.append(message)
        return f"post-{len(self.sent)}"


class RegistersWorld(MoneyWorld):
    """One house, its registers and its staff."""

    def __init__(self, jurisdiction: str = "br") -> None:
        super().__init__(jurisdiction)
        self.post = Post()
        object.__setattr__(self.house, "messenger", self.post)
        self.call("POST", "/v1/sandbox/seed")
        if jurisdiction == "br":  # where the demo player lives, who stands aside
            self.change("UPDATE register_standings SET next_at = NULL")

    def switch(self, **body: object) -> None:
        assert self.call("POST", "/v1/sandbox/registers", body).status == 200

    def impede(self, cpf: str, *reasons: str) -> None:
        self.switch(sigap_listing={"cpf": cpf, "reasons": list(reasons)})

    def sweep(self) -> dict[str, int]:
        """One slice, without what it did not do."""
        outcome = run(register_sweep.sweep(self.house, 0))
        return {name: count for name, count in outcome.items() if count}

    def follow(self) -> dict[str, int]:
        """One tick of the off-boarding."""
        outcome = run(offboarding.follow(self.house, 0))
        return {name: count for name, count in outcome.items() if count}

    def office(self, path: str, role: str = "aml", method: str = "GET", body: object = None) -> Any:
        login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
        session = self.call("POST", "/v1/ops/auth/login", login).json
        return self.call(method, f"/v1/ops/{path}", body, token=session["access_token"])

    def checks(self, player: "Somebody") -> list[tuple[str, str, list[str]]]:
        """Occasion, result and reasons of every question about a player, oldest first."""
        rows = self.rows(
            "SELECT * FROM register_checks WHERE player_id = ? ORDER BY rowid", player.player_id
        )
        return [(str(r["occasion"]), str(r["result"]), json.loads(str(r["reasons"]))) for r in rows]


@dataclass
class Somebody:
    """A player with a session, whose identity is verified on request."""

    world: RegistersWorld
    player: Player

    @property
    def player_id(self) -> str:
        return self.player.player_id

    def identify(self) -> "Somebody":
        """Send the documents and be approved by the desk."""
        for kind in LEVEL_1:
            reply = self.world.call("POST", DOCUMENTS, document(kind), token=self.player.token)
            assert reply.status == 201, reply.text
        body = {"decision": "approve", "reason": "compared with the documents"}
        reply = self.world.office(f"kyc/{self.player_id}/decision", "kyc", "POST", body)
        assert reply.status == 200, reply.text
        return self

    def gate(self) -> dict[str, Any]:
        """What the wallet says it may do."""
        text = run(self.world.real.query(self.player_id, "gate", "", "{}"))
        answer: dict[str, Any] = json.loads(text.split(" ", 2)[2])
        return answer

    def reasons(self) -> list[str]:
        """Why it may not bet, but for the session."""
        aside = ("session_expired", "geo_blocked")
        return [reason for reason in self.gate()["reasons"] if reason not in aside]

    def fact(self) -> tuple[str, list[str]]:
        """Status and reasons of the impediment fact, as the wallet has it."""
        fact = self.gate()["facts"]["impediment"]
        return fact["status"], list(fact["reasons"])

    def case(self) -> dict[str, Any]:
        reply: Reply = self.world.office(f"offboarding?player_id={self.player_id}")
        assert reply.status == 200, reply.text
        [item] = reply.json["items"]
        found: dict[str, Any] = item
        return found

    def advance(self, ms: int) -> None:
        """Move this player's own clock."""
        payload = json.dumps({"advance_ms": ms})
        text = run(self.world.real.execute(self.player_id, "clock_advance", "", "", payload))
        assert text.startswith("200"), text

    def alerts(self) -> list[str]:
        rows = self.world.rows(
            "SELECT rule_id FROM aml_alerts WHERE player_id = ? ORDER BY rowid", self.player_id
        )
        return [str(row["rule_id"]) for row in rows]


def join(world: RegistersWorld, **registration: object) -> Somebody:
    """A new player, whose wallet asks for identity and registers and for nothing else."""
    somebody = Somebody(world, Player(world, identified=False, **registration))
    fact = "register" if registration.get("currency") == "GBP" else "impediment"
    rules = {
        "requires": ["kyc", fact],
        "mandatory": [],
        "reality_check_minutes": 60,
        "loosening_delay_ms": 86_400_000,
    }
    payload = json.dumps({"rules": rules, "version": 999_999_999_999})
    text = run(world.real.execute(somebody.player_id, "rules_set", "", "", payload))
    assert text.startswith("200"), text
    return somebody
