"""The desk and a wallet: search, time travel, and what two people change, on real wallets."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from api_under_test import Reply, World
from http_layer.app import App
from routes import ROUTES
from services.sandbox_people import DEMO_PASSWORD

from shared.games.catalogue import CATALOGUE
from shared.platform.native.clock import ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Unreachable
from shared.wallet.service import Wallet

REASON = "found by reconciliation"
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass
class RealWallets:
    """The wallet objects, without a network between; gone while `is_down`."""

    clock: ManualClock
    stores: dict[str, NativeSql] = field(default_factory=dict)
    is_down: bool = False

    def of(self, player_id: str) -> Wallet:
        sql = self.stores.setdefault(player_id, NativeSql())
        return Wallet(sql, self.clock, SeededEntropy(player_id), CATALOGUE, sandbox=True)

    async def execute(
        self, player_id: str, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        return self.of(player_id).execute(kind, key, session_id, payload, context)

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        if self.is_down:
            raise Unreachable("no answer")
        return self.of(player_id).query(kind, session_id, payload)


class Desk(World):
    """The API over real wallets, with the sandbox's staff logged in and its demo player."""

    def __init__(self) -> None:
        super().__init__()
        self.real = RealWallets(self.clock)
        self.house = replace(self.house, wallets=self.real)
        self.app = App(tuple(ROUTES), self.house)
        assert self.call("POST", "/v1/sandbox/seed").status == 200
        self.player_id = str(self.rows("SELECT player_id FROM players")[0]["player_id"])
        self.tokens: dict[str, str] = {}
        self.keys = 0

    def as_role(self, role: str, method: str, path: str, body: object = None, **more: Any) -> Reply:
        if role not in self.tokens:
            login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
            self.tokens[role] = self.call("POST", "/v1/ops/auth/login", login).json["access_token"]
        self.keys += 1
        headers = {"idempotency-key": more.pop("key", f"desk-{self.keys}")}
        return self.call(method, path, body, token=self.tokens[role], headers=headers)

    def propose(self, what: str = "adjustments", role: str = "finance", **body: object) -> Reply:
        key = body.pop("key", None)
        sent = {"player_id": self.player_id, "amount_minor": 500, "reason": REASON, **body}
        if what == "adjustments":
            sent.setdefault("direction", "credit")
        return self.as_role(
            role, "POST", f"/v1/ops/{what}", sent, **({"key": key} if key is not None else {})
        )

    def decide(self, approval_id: str, role: str = "admin", decision: str = "approve") -> Reply:
        body = {"decision": decision, "reason": "checked it"}
        return self.as_role(role, "POST", f"/v1/ops/approvals/{approval_id}", body)

    def wallet(self, at_seq: int | None = None) -> Any:
        query = "" if at_seq is None else f"?at_seq={at_seq}"
        reply = self.as_role("support", "GET", f"/v1/ops/players/{self.player_id}{query}")
        assert reply.status == 200, reply.text
        return reply.json["wallet"]

    def place_a_bet(self) -> None:
        bet = json.dumps({"round_id": "r", "game_id": "slot", "amount_minor": 100})
        answer = self.real.of(self.player_id).execute("bet", "bet-key", "", bet)
        assert answer.startswith("200 0"), answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Two people


def test_an_adjustment_moves_money_once_a_second_person_approves(desk: Desk) -> None:
    proposed = desk.propose()
    assert proposed.status == 201
    approval = proposed.json
    assert (approval["status"], approval["kind"]) == ("pending", "adjustment")
    assert approval["subject"] == {
        "player_id": desk.player_id,
        "amount_minor": 500,
        "direction": "credit",
        "currency": "BRL",
    }
    assert desk.wallet()["cash_minor"] == 0
    alone = desk.decide(approval["approval_id"], "finance")
    assert (alone.status, alone.code) == (409, "maker_is_checker")
    decided = desk.decide(approval["approval_id"])
    assert decided.status == 200
    assert (decided.json["status"], decided.json["refusal"]) == ("approved", None)
    assert decided.json["carried_out_at"] is not None
    assert desk.wallet()["cash_minor"] == 500
    again = desk.decide(approval["approval_id"])
    assert (again.status, again.code) == (409, "approval_decided")
    assert desk.wallet()["cash_minor"] == 500


def test_a_rejected_proposal_moves_nothing(desk: Desk) -> None:
    approval_id = desk.propose().json["approval_id"]
    assert desk.decide(approval_id, decision="reject").json["status"] == "rejected"
    assert desk.wallet()["cash_minor"] == 0
    assert desk.decide(approval_id).code == "approval_decided"


def test_a_wallet_that_gave_no_answer_is_asked_again_and_does_it_once(desk: Desk) -> None:
    approval_id = desk.propose().json["approval_id"]
    desk.real.is_down = True
    assert desk.decide(approval_id).status == 503
    desk.real.is_down = False
    stored = desk.rows("SELECT status, carried_out_at FROM approvals")[0]
    assert (stored["status"], stored["carried_out_at"]) == ("approved", None)
    assert desk.decide(approval_id, decision="reject").code == "approval_decided"
    assert desk.decide(approval_id).json["carried_out_at"] is not None
    assert desk.wallet()["cash_minor"] == 500


def test_a_refusal_of_the_wallet_is_told_and_may_be_tried_again(desk: Desk) -> None:
    debit = desk.propose(direction="debit").json["approval_id"]
    refused = desk.decide(debit).json
    assert (refused["refusal"], refused["carried_out_at"]) == ("insufficient_funds", None)
    desk.decide(desk.propose().json["approval_id"])
    done = desk.decide(debit).json
    assert (done["refusal"], done["carried_out_at"] is not None) == (None, True)
    assert desk.wallet()["cash_minor"] == 0


def test_a_key_proposes_once(desk: Desk) -> None:
    first = desk.propose(key="same")
    again = desk.propose(key="same")
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = desk.propose(key="same", amount_minor=501)
    assert (other.status, other.code) == (409, "idempotency_key_conflict")
    assert desk.propose(key="same", role="admin").json["approval_id"] != first.json["approval_id"]


def test_a_bonus_is_granted_by_two_people_and_after_the_first_bet_only(desk: Desk) -> None:
    terms = {"wagering_multiplier": 2, "contributions": {"dice": 5_000}, "max_stake_minor": 900}
    approval_id = desk.propose("bonuses", terms=terms).json["approval_id"]
    assert desk.decide(approval_id).json["refusal"] == "bonus_before_first_bet"
    desk.decide(desk.propose().json["approval_id"])
    desk.place_a_bet()
    assert desk.decide(approval_id).json["refusal"] is None
    wallet = desk.wallet()
    assert (wallet["cash_minor"], wallet["bonus_minor"]) == (400, 500)
    grant = wallet["grants"][0]
    assert (grant["grant_id"], grant["required_minor"]) == (approval_id, 1_000)
    assert (grant["contributions"], grant["max_stake_minor"]) == ({"dice": 5_000}, 900)


def test_a_frozen_wallet_is_released_by_two_people_when_its_proof_holds(desk: Desk) -> None:
    desk.decide(desk.propose().json["approval_id"])
    sql = desk.real.stores[desk.player_id]
    sql.execute("UPDATE limits SET value = value + 1")
    desk.real.of(desk.player_id).query("verify", "", "{}")
    assert desk.wallet()["frozen_law"] == "limits"
    path = f"/v1/ops/players/{desk.player_id}/wallet-release"
    approval_id = desk.as_role("finance", "POST", path, {"reason": REASON}).json["approval_id"]
    assert desk.decide(approval_id).json["refusal"] == "wallet_not_proven"
    sql.execute("UPDATE limits SET value = value - 1")
    assert desk.decide(approval_id).json["refusal"] is None
    assert desk.wallet()["frozen_law"] is None
    event = sql.query("SELECT data FROM events WHERE type = 'RELEASED'")[0][0]
    released = json.loads(str(event))
    assert released["maker_id"] != released["checker_id"]


def prove(desk: Desk, role: str = "aml") -> Reply:
    return desk.as_role(role, "POST", f"/v1/ops/players/{desk.player_id}/wallet-proof")


def test_the_desk_has_a_wallet_prove_itself_and_the_log_tells_who_asked(desk: Desk) -> None:
    desk.decide(desk.propose().json["approval_id"])
    proof = prove(desk)
    assert proof.status == 200, proof.text
    assert (proof.json["ok"], proof.json["is_complete"]) == (True, True)
    assert (proof.json["from_seq"], proof.json["frozen_law"]) == (1, None)
    seq = desk.wallet()["seq"]
    (noted,) = desk.rows("SELECT * FROM wallet_proofs")
    assert (noted["player_id"], noted["through_seq"], noted["law"]) == (desk.player_id, seq, None)
    entry = desk.rows("SELECT * FROM audit_log WHERE action = 'wallet.proof'")[0]
    assert (entry["subject"], entry["actor_role"]) == (desk.player_id, "aml")
    assert json.loads(str(entry["data"]))["through_seq"] == seq


def test_a_long_frozen_wallet_is_released_after_the_desk_had_it_proved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("store", "verify"):
        monkeypatch.setattr(f"shared.wallet.{module}.WHOLE", 2)
    desk.decide(desk.propose().json["approval_id"])
    sql = desk.real.stores[desk.player_id]
    sql.execute("CREATE TRIGGER t BEFORE INSERT ON rounds BEGIN SELECT RAISE(ABORT, 'x'); END")
    bet = json.dumps({"round_id": "r", "game_id": "slot", "amount_minor": 100})
    assert desk.real.of(desk.player_id).execute("bet", "b", "", bet).startswith("423")
    sql.execute("DROP TRIGGER t")
    path = f"/v1/ops/players/{desk.player_id}/wallet-release"
    approval_id = desk.as_role("finance", "POST", path, {"reason": REASON}).json["approval_id"]
    assert desk.decide(approval_id).json["refusal"] == "wallet_not_proven"
    slices = 1
    while not (proof := prove(desk, "finance").json)["is_complete"]:
        assert proof["frozen_law"] == "constraint"
        slices += 1
    assert slices > 1
    assert desk.decide(approval_id).json["refusal"] is None
    assert desk.wallet()["frozen_law"] is None


def test_a_wallet_that_lost_its_gate_is_frozen_for_the_desk_too(desk: Desk) -> None:
    desk.real.stores[desk.player_id].execute("DELETE FROM gate")
    refused = prove(desk)
    assert (refused.status, refused.code, refused.json["law"]) == (423, "wallet_frozen", "gate")
    assert desk.rows("SELECT law FROM wallet_proofs") == [{"law": "gate"}]
    assert desk.rows("SELECT 1 AS one FROM audit_log WHERE action = 'wallet.proof'")


@pytest.mark.parametrize("role", ["support", "kyc", "game_ops", "regulator", "auditor"])
def test_only_who_deals_with_frozen_wallets_has_them_proved(desk: Desk, role: str) -> None:
    assert prove(desk, role).code == "forbidden"


def test_nobody_is_proved_who_is_not_there(desk: Desk) -> None:
    desk.player_id = NOBODY
    assert prove(desk).code == "player_not_found"


@pytest.mark.parametrize("role", ["support", "kyc", "aml", "game_ops", "regulator", "auditor"])
def test_only_the_money_desk_proposes(desk: Desk, role: str) -> None:
    release = f"players/{desk.player_id}/wallet-release"
    for what in ("adjustments", "bonuses", release):
        refused = desk.propose(what, role)
        assert (refused.status, refused.code) == (403, "forbidden"), what


def test_the_games_desk_does_not_decide_about_money(desk: Desk) -> None:
    refused = desk.decide(desk.propose().json["approval_id"], "game_ops")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert desk.rows("SELECT status FROM approvals")[0]["status"] == "pending"


def test_nobody_is_adjusted_who_is_not_there(desk: Desk) -> None:
    for what in ("adjustments", "bonuses"):
        refused = desk.propose(what, player_id=NOBODY)
        assert (refused.status, refused.code) == (404, "player_not_found")


@pytest.mark.parametrize(
    "wrong",
    [{"amount_minor": 0}, {"amount_minor": -5}, {"direction": "up"}, {"reason": "x"}, {"a": 1}],
)
def test_a_proposal_is_validated(desk: Desk, wrong: dict[str, Any]) -> None:
    assert desk.propose(**wrong).status == 422


def test_proposals_and_decisions_are_in_the_log_of_actions(desk: Desk) -> None:
    approval_id = desk.propose().json["approval_id"]
    desk.decide(approval_id)
    rows = desk.rows("SELECT action, subject, actor_role FROM audit_log ORDER BY seq")
    assert [(row["action"], row["subject"], row["actor_role"]) for row in rows[-2:]] == [
        ("wallet.adjustment.propose", desk.player_id, "finance"),
        ("approval.approve", approval_id, "admin"),
    ]


# The player


@pytest.mark.parametrize(
    "query", ["ana@acme.test", "ANA@acme.test", "314.159.265-90", "31415926590"]
)
def test_a_player_is_found_by_an_exact_mark_and_shown_masked(desk: Desk, query: str) -> None:
    found = desk.as_role("support", "GET", f"/v1/ops/players?query={query}").json["items"]
    assert [player["player_id"] for player in found] == [desk.player_id]
    assert found[0]["email_masked"] == "a***@acme.test"
    assert found[0]["cpf_masked"] == "***.159.265-**"
    assert found[0]["name_masked"] == "Ana D."


@pytest.mark.parametrize("query", ["an@acme.test", "acme", "31415926591", NOBODY, "***"])
def test_nobody_is_found_by_anything_else(desk: Desk, query: str) -> None:
    reply = desk.as_role("support", "GET", f"/v1/ops/players?query={query}")
    assert (reply.status, reply.json["items"]) == (200, [])


def test_the_desk_sees_a_wallet_as_it_was(desk: Desk) -> None:
    desk.decide(desk.propose().json["approval_id"])
    before = desk.wallet()
    desk.place_a_bet()
    after = desk.wallet()
    assert [told["round_id"] for told in after["open_rounds"]] == ["r"]
    assert desk.wallet(before["seq"]) == before
    assert before["seed"]["server_seed_hash"] == after["seed"]["server_seed_hash"]
    path = f"/v1/ops/players/{desk.player_id}"
    future = desk.as_role("support", "GET", f"{path}?at_seq={after['seq'] + 1}")
    assert (future.status, future.code) == (404, "event_not_found")
    nobody = desk.as_role("support", "GET", f"/v1/ops/players/{NOBODY}")
    assert (nobody.status, nobody.code) == (404, "player_not_found")


def test_the_desk_explains_a_balance(desk: Desk) -> None:
    desk.decide(desk.propose().json["approval_id"])
    desk.place_a_bet()
    path = f"/v1/ops/players/{desk.player_id}/explain"
    told = desk.as_role("aml", "GET", path).json
    lines = [(line["type"], line["of"], line["cash_minor"]) for line in told["by_type"]]
    assert lines == [("ADJUSTMENT", "credit", 500), ("BET", None, -100)]
    earlier = desk.as_role("aml", "GET", f"{path}?seq={told['seq'] - 1}").json
    assert (earlier["cash_minor"], told["cash_minor"]) == (500, 400)
    assert desk.as_role("game_ops", "GET", path).code == "forbidden"
