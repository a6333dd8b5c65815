"""An erasure and what happens between its checks and its commit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from api_under_test import Reply
from money_world import MoneyWorld, Player
from registers_world import SOCIAL, RegistersWorld, join
from services.sandbox_people import DEMO_PASSWORD

from shared.kernel.times import DAY_MS
from shared.platform.ports import Statement

IDEMPOTENT = "abcdabcdabcdabcd"


@pytest.fixture
def world() -> MoneyWorld:
    seeded = MoneyWorld()
    assert seeded.call("POST", "/v1/sandbox/seed").status == 200
    return seeded


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def staff(world: MoneyWorld, role: str) -> str:
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    return str(world.call("POST", "/v1/ops/auth/login", login).json["access_token"])


def asked(player: Player) -> str:
    return f"/v1/ops/privacy/erasures/{player.post('/v1/me/erasure').json['request_id']}"


async def send(world: MoneyWorld, path: str, body: object, token: str) -> Reply:
    """A request while another one is on its way."""
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "cf-connecting-ip": "192.0.2.7",
        "idempotency-key": IDEMPOTENT,
    }
    return await world._handle("POST", path, json.dumps(body).encode(), headers)


def before_the_commit(world: MoneyWorld, happens: Callable[[], Any]) -> None:
    """Let something happen once, when everything is checked and nothing is written."""
    commit = world.d1.batch
    waiting = [happens]

    async def batch(statements: list[Statement]) -> list[int]:
        if waiting and any("UPDATE erasure_requests" in one.sql for one in statements):
            await waiting.pop()()
        return await commit(statements)

    world.d1.batch = batch  # type: ignore[method-assign,assignment]


def traces(world: MoneyWorld, player: Player) -> dict[str, Any]:
    """What an erasure changes in D1; sessions end before it, even when it is refused then."""
    tables = {
        "players": "player_id",
        "person_keys": "player_id",
        "retentions": "player_id",
        "kept_identities": "player_id",
        "credentials": "subject_id",
    }
    return {
        table: world.rows(f"SELECT * FROM {table} WHERE {owner} = ?", player.player_id)
        for table, owner in tables.items()
    }


def test_an_erasure_refused_meanwhile_changes_nothing_of_the_person(
    world: MoneyWorld, player: Player
) -> None:
    path, kyc, admin = asked(player), staff(world, "kyc"), staff(world, "admin")
    before = traces(world, player)

    async def refuse() -> None:
        body = {"decision": "refuse", "reason": "an open legal claim"}
        assert (await send(world, path, body, kyc)).json["status"] == "refused"

    before_the_commit(world, refuse)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_decided")
    assert traces(world, player) == before
    assert len(world.rows("SELECT * FROM audit_log WHERE action = 'erasure.decide'")) == 1


@pytest.mark.parametrize("status", ["pending", "credited"])
def test_a_charge_made_meanwhile_keeps_the_person(
    world: MoneyWorld, player: Player, status: str
) -> None:
    path, admin = asked(player), staff(world, "admin")
    before = traces(world, player)

    async def charge() -> None:
        await world.db.execute(
            "INSERT INTO deposits (deposit_id, player_id, txid, amount_minor, currency, status,"
            " requested_at, expires_at) VALUES ('d', ?, 't', 5000, 'BRL', ?, 1, 2)",
            player.player_id,
            status,
        )

    before_the_commit(world, charge)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_money_open")
    assert traces(world, player) == before
    player.log_in()


def test_who_is_being_erased_can_open_no_charge(world: MoneyWorld, player: Player) -> None:
    path, admin = asked(player), staff(world, "admin")
    charges: list[Reply] = []

    async def charge() -> None:
        body = {"amount_minor": 5_000, "method": "pix"}
        charges.append(await send(world, "/v1/me/deposits", body, player.token))

    before_the_commit(world, charge)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert charges[0].status == 401, charges[0].text
    assert (granted.status, granted.json["status"]) == (200, "completed")


def test_who_leaves_the_house_is_erased_when_they_have_left() -> None:
    world = RegistersWorld()
    leaving = join(world).identify()
    leaving.player.log_in()
    path = asked(leaving.player)
    world.impede(leaving.player.cpf, SOCIAL)
    leaving.advance(13 * DAY_MS)
    world.clock.advance(13 * DAY_MS + 1)
    world.sweep()
    grant = {"decision": "grant", "reason": "asked"}
    refused = world.call("POST", path, grant, token=staff(world, "admin"))
    assert (refused.status, refused.code) == (409, "erasure_money_open")
    world.follow()
    leaving.advance(4 * DAY_MS)
    world.clock.advance(DAY_MS)
    world.follow()
    assert leaving.case()["state"] == "REFUNDED"
    granted = world.call("POST", path, grant, token=staff(world, "admin"))
    assert granted.json["status"] == "completed", granted.text


def test_a_case_of_leaving_opened_meanwhile_keeps_the_person(
    world: MoneyWorld, player: Player
) -> None:
    path, admin = asked(player), staff(world, "admin")
    before = traces(world, player)

    async def leave() -> None:
        await world.db.execute(
            "INSERT INTO register_checks (check_id, player_id, register, occasion, result, reasons,"
            " request_id, checked_at, recorded_at)"
            " VALUES ('c', ?, 'sigap', 'sweep', 'clear', '[]', 'r', 1, 1)",
            player.player_id,
        )
        await world.db.execute(
            "INSERT INTO offboardings (case_id, player_id, check_id, reasons, found_at, opened_at,"
            " next_at) VALUES ('o', ?, 'c', '[]', 1, 1, 1)",
            player.player_id,
        )

    before_the_commit(world, leave)
    granted = world.call("POST", path, {"decision": "grant", "reason": "asked"}, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_money_open")
    assert traces(world, player) == before


# Proposals about the player's money


def propose(world: MoneyWorld, player: Player, direction: str = "credit") -> str:
    """A proposal of finance about the player's wallet; the path of its approval."""
    is_bonus = direction == "bonus"
    kind, moved = ("bonuses", {}) if is_bonus else ("adjustments", {"direction": direction})
    body = {"player_id": player.player_id, "amount_minor": 5_000, "reason": "goodwill"}
    headers = {"idempotency-key": f"{IDEMPOTENT}-{direction}"}
    token = staff(world, "finance")
    made = world.call("POST", f"/v1/ops/{kind}", body | moved, token=token, headers=headers)
    assert made.status == 201, made.text
    return f"/v1/ops/approvals/{made.json['approval_id']}"


def approve(world: MoneyWorld, approval: str, decision: str = "approve") -> Reply:
    body = {"decision": decision, "reason": "fine by me"}
    return world.call("POST", approval, body, token=staff(world, "admin"))


GRANT = {"decision": "grant", "reason": "asked"}


def cash_of(world: MoneyWorld, player: Player) -> int:
    text = world.real.wallets[player.player_id].query("balance", "", "{}")
    return int(json.loads(text.split(" ", 2)[2])["cash_minor"])


def test_a_proposal_is_decided_before_the_data_go(world: MoneyWorld, player: Player) -> None:
    path, approval = asked(player), propose(world, player)
    refused = world.call("POST", path, GRANT, token=staff(world, "admin"))
    assert (refused.status, refused.code) == (409, "erasure_money_open")
    assert player.get("/v1/me")["player_id"] == player.player_id, "no session ends for it"
    assert approve(world, approval, "reject").status == 200
    granted = world.call("POST", path, GRANT, token=staff(world, "admin"))
    assert granted.json["status"] == "completed", granted.text


def test_a_proposal_made_meanwhile_keeps_the_person(world: MoneyWorld, player: Player) -> None:
    path, admin, finance = asked(player), staff(world, "admin"), staff(world, "finance")
    before = traces(world, player)

    async def proposed() -> None:
        body = {"player_id": player.player_id, "amount_minor": 5_000, "direction": "credit"}
        body["reason"] = "goodwill"
        assert (await send(world, "/v1/ops/adjustments", body, finance)).status == 201

    before_the_commit(world, proposed)
    granted = world.call("POST", path, GRANT, token=admin)
    assert (granted.status, granted.code) == (409, "erasure_money_open")
    assert traces(world, player) == before


@pytest.mark.parametrize("was_refused", [False, True])
def test_a_credit_on_its_way_to_the_wallet_keeps_the_person(
    world: MoneyWorld, player: Player, was_refused: bool
) -> None:
    path, approval, admin = asked(player), propose(world, player), staff(world, "admin")
    if was_refused:
        world.real.refuses["adjustment"] = '409 0 {"code":"wallet_frozen","detail":""}'
        assert approve(world, approval).json["refusal"] == "wallet_frozen"
        world.real.refuses.clear()
    world.real.misses.add("adjustment")
    assert approve(world, approval).status == 503
    refused = world.call("POST", path, GRANT, token=admin)
    assert (refused.status, refused.code) == (409, "erasure_money_open")
    world.real.misses.clear()
    assert approve(world, approval).json["carried_out_at"] is not None
    assert cash_of(world, player) == 5_000


@pytest.mark.parametrize("lost", ["gate", "events", "meta"])
def test_a_wallet_that_does_not_show_its_money_keeps_the_person(
    world: MoneyWorld, player: Player, lost: str
) -> None:
    path, admin = asked(player), staff(world, "admin")
    before = traces(world, player)
    answers = {
        "gate": '423 0 {"code":"wallet_frozen","detail":"","law":"gate"}',
        "events": '423 0 {"code":"wallet_frozen","detail":"","law":"gapless"}',
        "meta": '404 0 {"code":"wallet_not_found","detail":""}',
    }
    with pytest.MonkeyPatch.context() as patch:

        async def torn(*_: object) -> str:
            return answers[lost]

        patch.setattr(world.real, "query", torn)
        refused = world.call("POST", path, GRANT, token=admin)
    assert refused.status == 503
    assert traces(world, player) == before
    assert world.call("POST", path, GRANT, token=admin).json["status"] == "completed"


@pytest.mark.parametrize("what", ["credit", "bonus"])
def test_nothing_is_credited_to_a_closed_account(
    world: MoneyWorld, player: Player, what: str
) -> None:
    granted = world.call("POST", asked(player), GRANT, token=staff(world, "admin"))
    assert granted.json["status"] == "completed"
    approval = propose(world, player, what)
    done = approve(world, approval)
    assert (done.json["refusal"], done.json["carried_out_at"]) == ("account_closed", None)
    assert cash_of(world, player) == 0


def test_who_is_being_paid_out_may_still_be_credited() -> None:
    world = RegistersWorld()
    leaving = join(world).identify()
    world.impede(leaving.player.cpf, SOCIAL)
    world.change("UPDATE register_standings SET next_at = 0 WHERE player_id = ?", leaving.player_id)
    world.sweep()
    world.follow()
    world.change("UPDATE players SET status = 'closed' WHERE player_id = ?", leaving.player_id)
    assert approve(world, propose(world, leaving.player)).json["carried_out_at"] is not None
    world.change("UPDATE offboardings SET next_at = NULL")
    debit = propose(world, leaving.player, "debit")
    assert approve(world, debit).json["carried_out_at"] is not None
