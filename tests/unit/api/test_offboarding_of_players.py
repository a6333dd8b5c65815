"""The off-boarding of an impeded player, day by day on their own clock: block, notice, two days to
withdraw, closing, refund, the tail of 180 days.
"""

import json
from hashlib import sha256

import pytest
from api_under_test import run
from e2e.people import registration
from money_world import Player
from registers_world import EXCLUDED, SOCIAL, RegistersWorld, Somebody, join
from services.communications import letters_of

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.ports import SqlConstraintError


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


@pytest.fixture
def player(world: RegistersWorld) -> Somebody:
    """Identified, with 100 reais."""
    player = join(world).identify()
    player.player.fund(10_000)
    return player


def find(world: RegistersWorld, player: Somebody, *reasons: str) -> None:
    """Have the sweep find a player impeded."""
    world.impede(player.player.cpf, *(reasons or (SOCIAL,)))
    world.change("UPDATE register_standings SET next_at = 0 WHERE player_id = ?", player.player_id)
    assert world.sweep()["listed"] == 1


def kinds(world: RegistersWorld, player: Somebody) -> list[str]:
    return [str(letter["kind"]) for letter in run(letters_of(world.house, player.player_id))]


def test_an_impeded_player_passes_every_day_of_the_clock(
    world: RegistersWorld, player: Somebody
) -> None:
    # Day 0: blocked with the answer itself, before any job has run.
    find(world, player)
    assert player.fact() == ("impeded", [SOCIAL])
    assert player.reasons() == ["impeded"]
    assert (
        player.player.post("/v1/me/deposits", {"amount_minor": 1_000, "method": "pix"}).code
        == "impeded"
    )
    assert player.case()["state"] == "IMPEDED"
    assert world.follow() == {"cases": 1, "notify": 1}
    assert player.case()["state"] == "NOTIFIED"
    assert kinds(world, player) == ["impeded"]

    # Days 1 and 2: they withdraw as they like.
    player.advance(DAY_MS)
    assert world.follow() == {"cases": 1}
    player.advance(DAY_MS)
    assert world.follow() == {"cases": 1}
    world.change("UPDATE offboardings SET claimed_until = ?", world.clock.now_ms() + 1)
    assert world.follow() == {}  # another tick has it in hand
    world.clock.advance(1)
    player.player.log_in()
    assert player.player.withdraw(4_000).status == 201
    assert player.player.balance() == (6_000, 0)

    # Day 3: closed, and only then what is left is sent to the registered account.
    player.advance(DAY_MS - HOUR_MS)
    assert world.follow() == {"cases": 1, "close": 1, "refund": 1}
    case = player.case()
    assert (case["state"], case["refunded_minor"]) == ("REFUNDED", 6_000)
    assert case["closed_at"] < case["deadlines"]["close_by"]
    assert case["refunded_at"] < case["deadlines"]["refund_by"]
    login = {name: player.player.registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "account_closed"
    assert world.call("GET", "/v1/me", token=player.player.token).status == 401
    assert kinds(world, player) == ["impeded", "closed", "refunded"]
    assert len(world.post.sent) == 3
    sent = [row["amount_minor"] for row in world.rows("SELECT * FROM withdrawals ORDER BY rowid")]
    assert sent == [4_000, 6_000]

    # Nothing is left to do, and a closed account is asked about no more.
    assert world.follow() == {}
    world.clock.advance(30 * DAY_MS)
    assert world.sweep() == {}


def test_what_the_bank_will_not_take_is_tried_for_180_days_and_falls_to_the_funds(
    world: RegistersWorld, player: Somebody
) -> None:
    world.bank.is_down = True
    find(world, player, EXCLUDED)
    world.follow()
    player.advance(3 * DAY_MS)
    assert world.follow() == {"cases": 1, "close": 1, "failed": 1}
    assert player.case()["state"] == "CLOSED"
    player.advance(2 * DAY_MS + 1)
    assert world.follow() == {"cases": 1, "failed": 1}
    assert player.case()["state"] == "UNCLAIMED"
    assert kinds(world, player) == ["impeded", "closed", "unclaimed"]
    letter = run(letters_of(world.house, player.player_id))[-1]
    assert "BRL 100.00" in str(letter["text"])
    assert player.alerts() == ["offboarding.refund_late"]

    # The bank refuses in the end: the cash is free again, and tried again.
    [row] = world.rows("SELECT * FROM withdrawals")
    refusal = {"endToEndId": row["end_to_end_id"], "status": "NAO_REALIZADO", "motivo": "closed"}
    assert world.tell("/v1/webhooks/pix/payouts", {"pagamentos": [refusal]}).status == 200
    player.advance(174 * DAY_MS)
    assert world.follow() == {"cases": 1, "failed": 1}
    rows = world.rows("SELECT * FROM withdrawals ORDER BY rowid")
    assert [row["status"] for row in rows] == ["released", "processing"]
    refusal["endToEndId"] = rows[1]["end_to_end_id"]
    assert world.tell("/v1/webhooks/pix/payouts", {"pagamentos": [refusal]}).status == 200

    assert len(world.post.sent) == 3  # each letter once, however many ticks looked

    # Day 180 from the notice: a second person decides on the debit.
    player.advance(DAY_MS)
    assert world.follow() == {"cases": 1, "failed": 1}
    case = player.case()
    assert (case["state"], case["escheated_at"]) == ("UNCLAIMED", None)
    [approval] = world.rows("SELECT * FROM approvals")
    assert approval["approval_id"] == case["escheat_approval_id"]
    assert json.loads(str(approval["subject"]))["amount_minor"] == 10_000
    world.clock.advance(7 * HOUR_MS)
    assert world.follow() == {"cases": 1, "failed": 1}
    assert len(world.rows("SELECT * FROM approvals")) == 1  # one proposal, however often looked at
    decision = {"decision": "approve", "reason": "180 days are over"}
    path = f"approvals/{case['escheat_approval_id']}"
    assert world.office(path, "finance", "POST", decision).json["carried_out_at"] is not None
    text = run(world.real.query(player.player_id, "balance", "", "{}"))
    assert json.loads(text.split(" ", 2)[2])["cash_minor"] == 0
    assert world.follow() == {"cases": 1, "escheat": 1}
    assert player.case()["state"] == "ESCHEATED"
    assert world.follow() == {}


def unclaimed_for_180_days(world: RegistersWorld, player: Somebody) -> str:
    """The approval that is proposed of a case whose money no bank took."""
    world.bank.is_down = True
    find(world, player)
    world.follow()
    player.advance(3 * DAY_MS)
    world.follow()
    refuse_payouts(world)
    player.advance(180 * DAY_MS)
    world.clock.advance(7 * HOUR_MS)
    world.follow()
    return str(player.case()["escheat_approval_id"])


def refuse_payouts(world: RegistersWorld) -> None:
    for row in world.rows("SELECT * FROM withdrawals WHERE status = 'processing'"):
        refusal = {"endToEndId": row["end_to_end_id"], "status": "NAO_REALIZADO"}
        told = {"pagamentos": [{**refusal, "motivo": "closed"}]}
        assert world.tell("/v1/webhooks/pix/payouts", told).status == 200


REJECTION = {"decision": "reject", "reason": "the owner wrote to us"}


def test_money_whose_debit_a_second_person_rejects_is_offered_to_its_owner_again(
    world: RegistersWorld, player: Somebody
) -> None:
    approval_id = unclaimed_for_180_days(world, player)
    assert world.office(f"approvals/{approval_id}", "finance", "POST", REJECTION).status == 200
    assert player.case()["state"] == "UNCLAIMED"
    world.bank.is_down = False
    world.follow()
    case = player.case()
    assert (case["state"], case["refunded_minor"]) == ("REFUNDED", 10_000)
    assert player.alerts()[-1] == "offboarding.escheat_rejected"


def test_a_rejected_debit_is_proposed_again_after_thirty_days(
    world: RegistersWorld, player: Somebody
) -> None:
    first = unclaimed_for_180_days(world, player)
    world.office(f"approvals/{first}", "finance", "POST", REJECTION)
    world.follow()
    refuse_payouts(world)
    assert player.case()["escheat_approval_id"] == first
    world.clock.advance(30 * DAY_MS)
    world.follow()
    second = player.case()["escheat_approval_id"]
    assert second != first
    approval = {"decision": "approve", "reason": "nobody came"}
    assert world.office(f"approvals/{second}", "finance", "POST", approval).status == 200
    assert world.follow() == {"cases": 1, "escheat": 1}
    assert player.case()["state"] == "ESCHEATED"
    assert player.alerts().count("offboarding.escheat_rejected") == 1


def test_a_bank_that_comes_back_within_the_tail_pays(
    world: RegistersWorld, player: Somebody
) -> None:
    world.bank.is_down = True
    find(world, player)
    world.follow()
    player.advance(3 * DAY_MS)
    world.follow()
    player.advance(60 * DAY_MS)
    world.follow()
    assert player.case()["state"] == "UNCLAIMED"
    world.bank.is_down = False
    world.clock.advance(5 * MINUTE_MS)
    assert world.desk() == {"asked": 1}
    assert world.follow() == {"cases": 1, "refund": 1}
    assert player.case()["refunded_minor"] == 10_000


def test_nobody_is_readmitted_by_a_register_that_changed_its_mind(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.impede(player.player.cpf)
    player.advance(DAY_MS)
    player.player.log_in()
    assert world.checks(player)[-1] == ("login", "clear", [])
    assert player.fact() == ("impeded", [SOCIAL])
    world.follow()
    player.advance(3 * DAY_MS)
    assert world.follow()["close"] == 1


def test_after_the_closing_the_person_may_register_again_and_the_history_stays(
    world: RegistersWorld, player: Somebody
) -> None:
    registered = player.player.registered
    find(world, player)
    assert world.call("POST", "/v1/players", registered).code == "already_registered"
    world.follow()
    player.advance(3 * DAY_MS)
    world.follow()
    world.impede(player.player.cpf)
    again = world.call("POST", "/v1/players", registered)
    assert again.status == 201
    assert again.json["player_id"] != player.player_id
    [link] = world.rows("SELECT * FROM account_successions")
    assert (link["former_id"], link["player_id"]) == (player.player_id, again.json["player_id"])
    assert player.case()["state"] == "REFUNDED"
    login = {name: registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).status == 200
    # The account of today stands in the way of another one, as ever.
    assert world.call("POST", "/v1/players", registered).code == "already_registered"


def test_an_account_that_was_closed_for_another_cause_is_followed_by_no_new_one(
    world: RegistersWorld, player: Somebody
) -> None:
    world.change("UPDATE players SET status = 'closed' WHERE player_id = ?", player.player_id)
    again = world.call("POST", "/v1/players", player.player.registered)
    assert again.code == "already_registered"


def test_nobody_takes_the_address_of_a_closed_account_with_another_number(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.follow()
    player.advance(3 * DAY_MS)
    world.follow()
    other = Player(world).registered
    taken = {**other, "email": player.player.registered["email"], "cpf": "52998224725"}
    assert world.call("POST", "/v1/players", taken).code == "already_registered"


def test_a_notice_that_cannot_be_sent_raises_an_alarm_and_holds_nothing_else_up(
    world: RegistersWorld, player: Somebody
) -> None:
    world.post.is_down = True
    find(world, player)
    assert world.follow() == {"cases": 1, "failed": 1}
    player.advance(18 * HOUR_MS)
    world.follow()
    assert player.alerts() == ["offboarding.notify_due"]
    player.advance(6 * HOUR_MS + 1)
    world.follow()
    world.follow()
    assert player.alerts() == ["offboarding.notify_due", "offboarding.notify_late"]
    player.advance(2 * DAY_MS)
    assert world.follow() == {"cases": 1, "close": 1, "refund": 1, "failed": 1}
    assert player.case()["state"] == "REFUNDED"
    world.post.is_down = False
    assert world.follow() == {"cases": 1, "notify": 1}
    assert kinds(world, player) == ["closed", "refunded"]
    assert world.follow() == {}


def test_every_deadline_is_alarmed_before_it_passes(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.follow()
    world.real.misses = {"session_revoke"}
    player.advance(3 * DAY_MS - 6 * HOUR_MS)
    player.player.log_in()
    assert world.follow()["failed"] == 1
    assert player.alerts() == ["offboarding.close_due"]
    [alert] = world.rows("SELECT * FROM aml_alerts")
    assert (alert["band"], json.loads(str(alert["evidence"]))["step"]) == ("high", "close")
    # However it went with the sessions, nobody logs in any more.
    login = {name: player.player.registered[name] for name in ("email", "password")}
    assert world.call("POST", "/v1/auth/login", login).code == "account_closed"
    world.real.misses = set()
    assert world.follow() == {"cases": 1, "close": 1, "refund": 1}


def test_what_was_told_is_kept_sealed_hashed_and_unchangeable(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.follow()
    [row] = world.rows("SELECT * FROM communications")
    [message] = world.post.sent
    assert message.address == player.player.registered["email"]
    assert "Programa Social" in message.text
    assert "Programa Social" not in json.dumps(row)
    whole = json.dumps(
        {"subject": message.subject, "text": message.text},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    assert row["content_sha256"] == sha256(whole.encode()).hexdigest()
    five_years = 5 * 365 * DAY_MS
    assert isinstance(row["keep_until"], int)
    assert isinstance(row["sent_at"], int)
    assert row["keep_until"] - row["sent_at"] > five_years
    for statement in (
        "UPDATE communications SET sent_at = 0",
        "DELETE FROM communications",
        "UPDATE offboardings SET notified_at = notified_at + 1",
        "UPDATE offboardings SET found_at = 0",
        "DELETE FROM offboardings",
    ):
        with pytest.raises(SqlConstraintError):
            world.change(statement)
    shown = world.office(f"players/{player.player_id}/communications").json["items"]
    assert [item["text"] for item in shown] == [message.text]
    mine = player.player.get("/v1/me/notices")["items"]
    assert [item["text"] for item in mine] == [message.text]


def test_who_has_not_shown_who_they_are_is_told_no_reason(world: RegistersWorld) -> None:
    stranger = join(world, cpf="28784142090")
    assert world.follow() == {"cases": 1}, "their notice says for certain what is not to be learned"
    stranger.advance(12 * HOUR_MS)
    assert world.follow() == {"cases": 1, "notify": 1}
    assert stranger.alerts() == []
    [message] = world.post.sent
    assert message.address == stranger.player.registered["email"]
    assert "Social" not in message.text
    assert "verificações regulatórias" in message.text
    stranger.advance(3 * DAY_MS)
    assert world.follow() == {"cases": 1, "close": 1, "refund": 1}
    assert stranger.case()["refunded_minor"] == 0
    assert kinds(world, stranger) == ["impeded", "closed"]


def test_a_letter_whose_row_was_lost_is_delivered_once(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.d1.fails = "INTO communications"
    world.follow()
    world.d1.fails = None
    assert world.follow() == {"cases": 1, "notify": 1}
    assert len({message.message_id for message in world.post.sent}) == 1
    assert kinds(world, player) == ["impeded"]


def test_a_refund_whose_answer_was_lost_is_paid_once(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    world.follow()
    player.advance(3 * DAY_MS)
    world.real.loses = {"withdrawal_hold"}
    world.follow()
    world.real.loses = set()
    world.project()
    world.desk()
    world.follow()
    assert len(world.bank.sent) == 1
    assert player.case()["state"] == "REFUNDED"


def test_one_case_that_fails_keeps_no_other_waiting(
    world: RegistersWorld, player: Somebody
) -> None:
    find(world, player)
    broken = join(world, cpf="28784142090")
    broken.advance(12 * HOUR_MS)
    world.change("UPDATE players SET pii_sealed = 'v1.k1.x' WHERE player_id = ?", broken.player_id)
    outcome = world.follow()
    assert (outcome["cases"], outcome["notify"], outcome["failed"]) == (2, 1, 1)
    assert player.case()["state"] == "NOTIFIED"
    assert broken.case()["last_failure"].startswith("notify: ")


@pytest.mark.parametrize("role", ["support", "game_ops", "finance"])
def test_why_somebody_leaves_is_for_the_desks_that_must_know(
    world: RegistersWorld, player: Somebody, role: str
) -> None:
    find(world, player)
    assert world.office(f"impediments/checks?player_id={player.player_id}", role).status == 403
    assert world.office(f"players/{player.player_id}/communications", role).status == 403
    expected = 200 if role == "finance" else 403
    assert world.office("offboarding", role).status == expected


def test_a_wallet_that_has_lost_what_it_held_is_not_taken_for_an_empty_one(
    world: RegistersWorld, player: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(world, player)
    assert world.follow()["notify"] == 1
    player.advance(3 * DAY_MS)
    query = world.real.query

    async def torn(player_id: str, kind: str, session_id: str, payload: str) -> str:
        if kind == "balance":
            return '404 0 {"code":"wallet_not_found","detail":""}'
        return await query(player_id, kind, session_id, payload)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(world.real, "query", torn)
        assert world.follow() == {"cases": 1, "close": 1, "failed": 1}
    world.clock.advance(5 * MINUTE_MS)
    assert world.follow()["refund"] == 1
    assert player.case()["refunded_minor"] == 10_000


def test_a_listed_person_whose_wallet_never_opened_is_off_boarded_to_the_end(
    world: RegistersWorld,
) -> None:
    registered = registration(cpf="28784142090")
    world.real.misses = {"open"}
    assert world.call("POST", "/v1/players", registered).code == "wallet_pending"
    world.real.misses = set()
    world.clock.advance(3 * MINUTE_MS)
    assert world.sweep()["listed"] == 1
    world.clock.advance(12 * HOUR_MS)
    assert world.follow() == {"cases": 1, "notify": 1}
    world.clock.advance(3 * DAY_MS)
    assert world.follow() == {"cases": 1, "close": 1, "refund": 1}
    [case] = world.rows("SELECT * FROM offboardings")
    assert (case["refunded_minor"], case["next_at"], case["last_failure"]) == (0, None, None)
