"""The desk of protection by markers: contacts, measures, tasks, report; and what players see."""

import json
import secrets
from typing import Any

import pytest
from api_under_test import Reply
from money_world import MoneyWorld, Player
from services.sandbox_people import DEMO_PASSWORD

from shared.kernel.times import HOUR_MS
from shared.protection.policy import POLICIES
from shared.protection.words import never_written_in

SECRET_WORDS = ("score", "level", "marker", "RG-M", "policy_version", "readings")


@pytest.fixture
def world() -> MoneyWorld:
    world = MoneyWorld()
    assert world.call("POST", "/v1/sandbox/seed").status == 200
    return world


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


class Desk:
    """Somebody of the house."""

    def __init__(self, world: MoneyWorld, role: str) -> None:
        self.world = world
        login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
        reply = world.call("POST", "/v1/ops/auth/login", login)
        assert reply.status == 200, reply.text
        self._token = reply.json["access_token"]

    def get(self, path: str) -> Any:
        reply = self.world.call("GET", path, token=self._token)
        assert reply.status == 200, reply.text
        return reply.json

    def post(self, path: str, body: object, *, key: str | None = None) -> Reply:
        headers = {"idempotency-key": key or secrets.token_hex(8)}
        return self.world.call("POST", path, body, token=self._token, headers=headers)

    def contact(self, player: Player, **body: object) -> Any:
        path = f"/v1/ops/protection/players/{player.player_id}/contacts"
        reply = self.post(path, {"channel": "chat", **body})
        assert reply.status == 201, reply.text
        return reply.json

    def intervene(self, player: Player, action: str, *, key: str | None = None) -> Reply:
        body = {"player_id": player.player_id, "action": action, "reason": "asked on the phone"}
        return self.post("/v1/ops/interventions", body, key=key)

    def page(self, player: Player) -> Any:
        return self.get(f"/v1/ops/protection/players/{player.player_id}")


def gate(world: MoneyWorld, player: Player) -> Any:
    text = world.real.wallets[player.player_id].query("gate", "", "{}")
    return json.loads(text.split(" ", 2)[2])


def audited(world: MoneyWorld) -> list[tuple[str, Any]]:
    rows = world.rows("SELECT action, data FROM audit_log ORDER BY seq")
    found = [(str(row["action"]), json.loads(str(row["data"]))) for row in rows]
    return [(action, data) for action, data in found if action.startswith("protection.")]


def test_a_contact_with_words_of_harm_is_flagged_reviewed_and_makes_the_cron_look(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "support")
    noted = desk.contact(player, message="Perdi tudo e não consigo parar")
    assert noted["flags"] == ["harm_words"]
    (task,) = desk.get("/v1/ops/protection/tasks")["items"]
    assert (task["task_id"], task["kind"]) == (noted["task_id"], "contact_review")
    (row,) = world.rows("SELECT look_at FROM harm_players WHERE player_id = ?", player.player_id)
    assert row["look_at"] == world.clock.now_ms()
    (contact,) = desk.page(player)["contacts"]
    assert contact == noted


def test_a_measure_loosens_no_limit_that_the_desk_set_a_moment_ago(
    world: MoneyWorld, player: Player
) -> None:
    limit = {"kind": "deposit", "period": "weekly", "value": 100, "reason": "harm seen"}
    path = f"/v1/ops/players/{player.player_id}/limits"
    assert Desk(world, "admin").post(path, limit).status == 200
    assert Desk(world, "aml").intervene(player, "pause").status == 201
    limits = player.get("/v1/me/protection")["limits"]
    assert [one["operator"] for one in limits if one["operator"] is not None] == [100]


def test_a_contact_without_a_flag_opens_nothing(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "support")
    noted = desk.contact(player, message="Como mudo meu endereço?")
    assert (noted["flags"], noted["task_id"]) == ([], None)
    assert desk.get("/v1/ops/protection/tasks")["items"] == []
    assert world.rows("SELECT * FROM harm_players") == []


def test_the_flags_of_staff_and_of_the_words_both_count(world: MoneyWorld, player: Player) -> None:
    noted = Desk(world, "support").contact(
        player, flags=["lost_money"], message="me dá um bônus vai"
    )
    assert noted["flags"] == ["lost_money", "bonus_begging"]


def test_what_was_said_is_sealed_and_in_no_log(world: MoneyWorld, player: Player) -> None:
    Desk(world, "support").contact(player, message="perdi o aluguel, perdi tudo")
    (row,) = world.rows("SELECT note_sealed FROM support_contacts")
    assert "aluguel" not in str(row["note_sealed"])
    assert not any("aluguel" in str(line) for line in world.rows("SELECT * FROM audit_log"))
    assert audited(world)[0][0] == "protection.contact"


def test_a_task_is_closed_once_with_what_came_of_it(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "support")
    task_id = desk.contact(player, flags=["harm_words"])["task_id"]
    path = f"/v1/ops/protection/tasks/{task_id}"
    closed = desk.post(path, {"outcome": "talked", "note": "will think about a pause"})
    assert (closed.status, closed.json["outcome"], closed.json["is_late"]) == (200, "talked", False)
    assert desk.post(path, {"outcome": "talked"}).code == "protection_task_closed"
    assert desk.get("/v1/ops/protection/tasks")["items"] == []
    assert len(desk.get("/v1/ops/protection/tasks?state=closed")["items"]) == 1
    missing = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert desk.post(missing, {"outcome": "talked"}).code == "protection_task_not_found"
    assert "pause" not in str(world.rows("SELECT note_sealed FROM protection_tasks"))


def test_a_task_past_its_time_is_late(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "support")
    desk.contact(player, flags=["harm_words"])
    world.clock.advance(48 * HOUR_MS + 1)
    (task,) = Desk(world, "support").get("/v1/ops/protection/tasks")["items"]
    assert task["is_late"]


def test_a_measure_by_staff_reaches_the_wallet_and_the_audit_log(
    world: MoneyWorld, player: Player
) -> None:
    reply = Desk(world, "aml").intervene(player, "choose")
    assert reply.status == 201, reply.text
    done = reply.json
    assert (done["origin"], done["level"], done["status"]) == ("staff", "high", "carried_out")
    told = gate(world, player)
    assert told["intervention"]["intervention_id"] == done["intervention_id"]
    assert told["intervention"]["demands"] == "choose"
    assert told["bonus_blocked"] is True
    assert "intervention_due" in told["reasons"]
    assert audited(world) == [
        (
            "protection.intervene",
            {"player_id": player.player_id, "action": "choose"},
        )
    ]
    (task,) = Desk(world, "aml").get("/v1/ops/protection/tasks")["items"]
    assert (task["kind"], task["because_of"]) == ("human_contact", done["intervention_id"])


def test_a_pause_by_staff_pauses_for_24_hours_and_lowers_the_deposit_limit(
    world: MoneyWorld, player: Player
) -> None:
    done = Desk(world, "admin").intervene(player, "pause").json
    assert done["status"] == "carried_out", done
    told = gate(world, player)
    assert not told["can_bet"]
    assert not told["can_deposit"]
    assert told["can_withdraw"]
    assert done["deposit_limit_minor"] == 5_000


def test_a_stop_of_bonuses_can_be_lifted_and_what_waits_goes_on_waiting(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "aml")
    waiting = desk.intervene(player, "acknowledge").json["intervention_id"]
    assert desk.intervene(player, "lift").json["status"] == "carried_out"
    told = gate(world, player)
    assert told["bonus_blocked"] is False
    assert told["intervention"]["intervention_id"] == waiting


def test_the_same_key_is_the_same_measure(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "aml")
    first, second = (desk.intervene(player, "message", key="k") for _ in range(2))
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert desk.intervene(player, "pause", key="k").code == "idempotency_key_conflict"
    assert len(world.rows("SELECT * FROM interventions")) == 1


def test_a_wallet_without_an_answer_leaves_the_measure_to_the_cron(
    world: MoneyWorld, player: Player
) -> None:
    world.real.misses.add("intervention_set")
    done = Desk(world, "aml").intervene(player, "choose").json
    assert (done["status"], done["refusal"]) == ("pending", "unreachable")


def test_a_player_reads_words_and_numbers_and_never_a_score(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "aml")
    for action in ("message", "acknowledge", "choose", "pause", "lift"):
        assert desk.intervene(player, action).status == 201
        world.clock.advance(1)
    told = player.get("/v1/me/messages")
    assert [item["waits_for"] for item in told["items"]] == [
        "choose",
        "choose",
        "acknowledge",
        None,
    ]
    text = json.dumps(told, ensure_ascii=False)
    assert not [word for word in SECRET_WORDS if word in text]
    assert never_written_in(text) == ()
    english = player.get("/v1/me/messages?language=en")
    assert english["items"][-1]["title"] == "Your week in numbers"
    assert player.get("/v1/me/messages?limit=1")["items"] == told["items"][:1]


def test_no_route_for_players_answers_with_a_score(world: MoneyWorld, player: Player) -> None:
    Desk(world, "aml").intervene(player, "choose")
    for path in ("/v1/me", "/v1/me/messages"):
        text = json.dumps(player.get(path))
        assert not [word for word in ("score", "marker", "RG-M") if word in text], path
    for path in (
        f"/v1/ops/protection/players/{player.player_id}",
        "/v1/ops/interventions",
        "/v1/ops/protection/report",
    ):
        assert world.call("GET", path, token=player.token).status in (401, 403)


def test_a_message_that_waits_for_nothing_is_marked_as_seen(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "aml")
    message = desk.intervene(player, "message").json["intervention_id"]
    waiting = desk.intervene(player, "choose").json["intervention_id"]
    for _ in range(2):
        assert player.post(f"/v1/me/messages/{message}/seen").json["reaction"] == "seen"
    refused = player.post(f"/v1/me/messages/{waiting}/seen")
    assert refused.code == "protection_message_not_found"
    other = Player(world)
    assert other.post(f"/v1/me/messages/{message}/seen").code == "protection_message_not_found"


def test_an_income_is_declared_forgotten_and_makes_the_cron_look(
    world: MoneyWorld, player: Player
) -> None:
    def declare(minor: int | None) -> Reply:
        body = {"monthly_minor": minor}
        return world.call("PUT", "/v1/me/declared-income", body, token=player.token)

    assert declare(250_000).json["monthly_minor"] == 250_000
    (row,) = world.rows("SELECT monthly_minor FROM declared_incomes")
    assert row["monthly_minor"] == 250_000
    assert world.rows("SELECT look_at FROM harm_players")[0]["look_at"] is not None
    assert declare(None).json == {"monthly_minor": None, "declared_at": None}
    assert world.rows("SELECT * FROM declared_incomes") == []
    assert declare(0).status == 422


@pytest.mark.parametrize("level", ["none", "low", "medium", "high", "critical"])
def test_from_high_on_nobody_may_act_on_a_consent_to_advertising(
    world: MoneyWorld, player: Player, level: str
) -> None:
    body = {"consent": True}
    assert world.call("PUT", "/v1/me/marketing", body, token=player.token).status == 200
    Desk(world, "support").contact(player, flags=["harm_words"])
    world.change("UPDATE harm_players SET level = ?", level)
    marketing = player.get("/v1/me")["marketing"]
    assert marketing == {"consent": True, "effective": level not in ("high", "critical")}


def test_the_report_counts_players_measures_reactions_tasks_and_spend(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "aml")
    done = desk.intervene(player, "choose").json["intervention_id"]
    before, after = ({"loss_minor": minor, "staked_minor": 7} for minor in (900, 100))
    sums = {"days_played": 1, "deposited_minor": 5, "play_minutes": 3}
    outcome = {"days": 7, "before": sums | before, "after": sums | after}
    world.change(
        "UPDATE interventions SET outcome_7 = ?, reaction = 'limit_set', reacted_at = 1",
        json.dumps(outcome),
    )
    world.change("UPDATE harm_players SET level = 'high', score = 70")
    report = Desk(world, "auditor").get("/v1/ops/protection/report")
    assert report["players"] == len(world.rows("SELECT 1 AS one FROM players"))
    shares = {row["level"]: (row["players"], row["share_bps"]) for row in report["levels"]}
    assert shares["high"] == (1, 10_000 // report["players"])
    assert shares["none"][0] == report["players"] - 1
    (taken,) = report["interventions"]
    assert (taken["action"], taken["origin"], taken["taken"]) == ("choose", "staff", 1)
    assert taken["reactions"] == {"limit_set": 1}
    assert report["tasks"]["opened"] == report["tasks"]["open"] == 1
    (change,) = report["change_of_spend"]
    assert (change["days"], change["currency"], change["spent_less"]) == (7, "BRL", 1)
    assert (change["before"]["loss_minor"], change["after"]["loss_minor"]) == (900, 100)
    assert done == desk.get("/v1/ops/interventions?level=high")["items"][0]["intervention_id"]


def test_why_somebody_intervened_stands_with_the_intervention_and_in_no_log(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "aml")
    assert desk.intervene(player, "pause").status == 201
    (entry,) = world.rows("SELECT data FROM audit_log WHERE action = 'protection.intervene'")
    assert json.loads(str(entry["data"])) == {"player_id": player.player_id, "action": "pause"}
    (shown,) = desk.get("/v1/ops/interventions")["items"]
    assert shown["reason"] == "asked on the phone"
    assert desk.page(player)["interventions"][0]["reason"] == "asked on the phone"


def test_who_read_about_a_players_protection_is_in_the_access_log(
    world: MoneyWorld, player: Player
) -> None:
    desk = Desk(world, "support")
    desk.page(player)
    assert desk.get("/v1/ops/interventions")["items"] == []
    assert Desk(world, "aml").intervene(player, "message").status == 201
    desk.get("/v1/ops/interventions")
    path = f"/v1/ops/players/{player.player_id}/personal-data/access"
    looks = Desk(world, "auditor").get(path)["items"]
    told = [(look["actor_role"], look["fields"], look["form"]) for look in looks]
    assert told == [("support", ["protection"], "full")] * 2
    world.d1.fails = "personal_data_access"
    page = f"/v1/ops/protection/players/{player.player_id}"
    assert world.call("GET", page, token=desk._token).status == 503, "no entry, nothing shown"


@pytest.mark.parametrize(
    "page",
    [
        "protection/players?limit=1",
        "protection/tasks?limit=1",
        "players/{player_id}/protection",
    ],
)
def test_every_page_of_protection_is_logged_before_it_is_shown(
    world: MoneyWorld, player: Player, page: str
) -> None:
    desk, path = Desk(world, "support"), f"/v1/ops/{page.format(player_id=player.player_id)}"
    desk.contact(Player(world, email="earlier@example.com"), flags=["harm_words"])
    desk.contact(player, flags=["harm_words"])
    world.change("UPDATE harm_players SET level = 'low'")
    shown = desk.get(path)
    people = {item["player_id"] for item in shown.get("items", [{"player_id": player.player_id}])}
    looks = world.rows("SELECT * FROM personal_data_access")
    assert {look["player_id"] for look in looks} == people
    (look,) = looks
    assert (look["fields"], look["form"]) == ('["protection"]', "full")
    world.d1.fails = "personal_data_access"
    assert world.call("GET", path, token=desk._token).status == 503


def test_the_report_of_another_period_has_none_of_it(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "aml")
    desk.intervene(player, "choose")
    report = desk.get("/v1/ops/protection/report?from=2026-01-01&to=2026-01-31")
    assert (report["first_day"], report["last_day"]) == ("2026-01-01", "2026-01-31")
    assert (report["interventions"], report["tasks"]["opened"]) == ([], 0)
    long = desk.get("/v1/ops/protection/report?from=2020-01-01")
    assert (long["first_day"], long["last_day"]) == ("2020-01-01", "2020-12-31")
    for period in ("from=2026-02-01&to=2026-01-31", "to=0001-01-01", "from=2026-01-01x", "to=1"):
        path = f"/v1/ops/protection/report?{period}"
        assert world.call("GET", path, token=desk._token).status == 422, period


def test_players_at_a_level_are_listed(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "support")
    desk.contact(player, flags=["harm_words"])
    world.change("UPDATE harm_players SET level = 'medium', score = 45")
    found = desk.get("/v1/ops/protection/players?level=medium")["items"]
    assert [item["player_id"] for item in found] == [player.player_id]
    assert desk.get("/v1/ops/protection/players?level=high")["items"] == []


def test_the_policy_is_told_as_the_code_has_it(world: MoneyWorld) -> None:
    told = Desk(world, "regulator").get("/v1/ops/protection/policy")
    assert told["in_force"] == POLICIES[-1].version
    assert told["policies"] == [json.loads(json.dumps(p.as_data())) for p in POLICIES]


@pytest.mark.parametrize(
    ("role", "reads_player", "reads_report", "notes", "measures"),
    [
        ("support", 200, 403, 201, 403),
        ("aml", 200, 200, 201, 201),
        ("admin", 200, 200, 201, 201),
        ("regulator", 200, 200, 403, 403),
        ("auditor", 200, 200, 403, 403),
        ("kyc", 403, 403, 403, 403),
        ("finance", 403, 403, 403, 403),
        ("game_ops", 403, 403, 403, 403),
    ],
)
def test_each_role_reaches_its_own_part(
    world: MoneyWorld,
    player: Player,
    role: str,
    reads_player: int,
    reads_report: int,
    notes: int,
    measures: int,
) -> None:
    desk = Desk(world, role)
    page = f"/v1/ops/protection/players/{player.player_id}"
    found = (
        world.call("GET", page, token=desk._token).status,
        world.call("GET", "/v1/ops/protection/report", token=desk._token).status,
        desk.post(f"{page}/contacts", {"channel": "phone"}).status,
        desk.intervene(player, "message").status,
    )
    assert found == (reads_player, reads_report, notes, measures)


def test_an_unknown_player_is_not_found(world: MoneyWorld, player: Player) -> None:
    desk = Desk(world, "aml")
    path = f"/v1/ops/protection/players/{player.player_id[:-4]}0000"
    assert world.call("GET", path, token=desk._token).code == "player_not_found"
    assert desk.post(f"{path}/contacts", {"channel": "chat"}).code == "player_not_found"
    body = {"player_id": f"{player.player_id[:-4]}0000", "action": "pause", "reason": "why not"}
    assert desk.post("/v1/ops/interventions", body).code == "player_not_found"


def test_the_page_of_a_player_who_was_never_counted_is_empty_and_there(
    world: MoneyWorld, player: Player
) -> None:
    page = Desk(world, "aml").page(player)
    assert (page["score"], page["level"], page["events_counted"]) == (0, "none", 0)
    assert (page["vip"]["tier"], page["vip"]["benefits"]) == ("bronze", True)
