"""What two people do to a wallet, and how the desk reads it, over HTTP on the real runtime."""

import httpx
from e2e.player import expect, join, problem, staff

REASON = "found by reconciliation"


def test_two_people_adjust_grant_and_read_a_wallet_as_it_was(client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    finance, admin = staff(client, "finance"), staff(client, "admin")
    support = staff(client, "support")
    desk = f"/v1/ops/players/{player.player_id}"
    before = expect(support.get(desk), 200)["wallet"]
    assert before["cash_minor"] == 10_000

    def two_people(path: str, **body: object) -> str:
        sent = {"player_id": player.player_id, "amount_minor": 700, "reason": REASON, **body}
        approval = expect(finance.post(path, sent, key=f"key-{path[-9:]}-{before['seq']}"), 201)
        decision = {"decision": "approve", "reason": "checked it"}
        decide = f"/v1/ops/approvals/{approval['approval_id']}"
        problem(finance.post(decide, decision), 409, "maker_is_checker")
        decided = expect(admin.post(decide, decision), 200)
        assert decided["status"] == "approved"
        return str(decided["refusal"])

    assert two_people("/v1/ops/adjustments", direction="debit") == "None"
    assert player.wallet()["cash_minor"] == 9_300
    assert two_people("/v1/ops/bonuses") == "bonus_before_first_bet"
    player.play(player.open_game()["session_id"], 1_000)

    after = expect(support.get(desk), 200)["wallet"]
    assert expect(support.get(desk, at_seq=before["seq"]), 200)["wallet"] == before
    told = expect(support.get(f"{desk}/explain"), 200)
    assert sum(line["cash_minor"] for line in told["by_type"]) == after["cash_minor"]
    proof = expect(player.get("/v1/me/wallet/verify"), 200)
    assert (proof["ok"], proof["is_complete"], proof["events"]) == (True, True, after["seq"])

    found = expect(support.get("/v1/ops/players", query=player.player_id), 200)["items"]
    assert [item["player_id"] for item in found] == [player.player_id]
    problem(player.get(desk), 401, "token_invalid")
