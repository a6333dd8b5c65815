"""Player protection through the API, over real wallets whose clock is moved by hand."""

import json
from typing import Any

import pytest
from api_under_test import Reply, run
from money_world import MoneyWorld, Player
from services.intervention_texts import money
from services.protection import language_of
from services.sandbox_people import DEMO_PASSWORD, seed_people

from shared.kernel.times import DAY_MS, HOUR_MS, parse_rfc3339

LOSS = "/v1/me/limits/loss/daily"


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


@pytest.fixture
def player(world: MoneyWorld) -> Player:
    return Player(world)


def ask(player: Player, method: str, path: str, body: object = None) -> Reply:
    return player.world.call(method, path, body, token=player.token)


def done(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, reply.text
    return reply.json


def staff_token(world: MoneyWorld, role: str) -> str:
    run(seed_people(world.house, world.clock.now_ms()))
    login = {"email": f"{role}@acme.test", "password": DEMO_PASSWORD}
    return str(done(world.call("POST", "/v1/ops/auth/login", login))["access_token"])


def order(player: Player, token: str, name: str, body: object) -> Reply:
    path = f"/v1/ops/players/{player.player_id}/{name}"
    return player.world.call("POST", path, body, token=token)


def test_times_of_the_wallet_are_texts_in_the_answers(player: Player) -> None:
    now_ms = player.world.clock.now_ms()
    done(ask(player, "PUT", LOSS, {"amount_minor": 5_000}))
    waits = done(ask(player, "PUT", LOSS, {"amount_minor": 9_000}))
    assert parse_rfc3339(waits["pending"]["due_at"]) == now_ms + DAY_MS
    assert parse_rfc3339(waits["effective_at"]) == now_ms + DAY_MS
    paused = done(ask(player, "POST", "/v1/me/pauses", {"hours": 3}), 201)
    assert parse_rfc3339(paused["until"]) == now_ms + 3 * HOUR_MS
    for_ever = done(ask(player, "POST", "/v1/me/exclusions", {"indefinite": True}), 201)
    assert for_ever["until"] is None
    panel = player.get("/v1/me/protection")
    assert panel["is_excluded_for_ever"] is True
    assert panel["paused_until"] == paused["until"]


def test_a_pause_without_a_length_is_the_shortest_on_offer(player: Player) -> None:
    made = done(ask(player, "POST", "/v1/me/pauses", {}), 201)
    assert parse_rfc3339(made["until"]) - parse_rfc3339(made["made_at"]) == DAY_MS


def test_a_limit_may_be_said_in_many_ways_and_removed_in_two(player: Player) -> None:
    for body in ({"amount_minor": 500}, {"value": 400}, {"limit": 300}):
        said = done(ask(player, "PUT", "/v1/me/limits/deposit/weekly", body))
        assert said["value"] == next(iter(body.values()))
    for removal in (("PUT", {"value": None}), ("DELETE", None)):
        waits = done(ask(player, removal[0], "/v1/me/limits/deposit/weekly", removal[1]))
        assert waits["pending"]["value"] is None
    foreign = {"amount_minor": 100, "currency": "EUR"}
    assert ask(player, "PUT", "/v1/me/limits/deposit/weekly", foreign).code == "currency_mismatch"


def test_another_jurisdiction_offers_other_limits_and_terms() -> None:
    world = MoneyWorld("uk")
    player = Player(world, currency="GBP")
    refused = ask(player, "PUT", "/v1/me/limits/bet_count/daily", {"bets": 5})
    assert refused.code == "limit_not_offered"
    offer = player.get("/v1/me/protection")["offer"]
    assert (offer["indefinite"], offer["exclusion_months"][0]) == (False, 6)
    assert ask(player, "POST", "/v1/me/exclusions", {"indefinite": True}).status == 422
    assert player.get("/v1/me/protection")["use"]["daily"]["resets_at"].endswith("T00:00:00.000Z")


def test_the_words_come_in_the_language_that_was_asked_for(player: Player) -> None:
    texts = {}
    for language in ("pt-BR", "en-GB"):
        answer = player.world.call(
            "GET",
            "/v1/me/protection",
            token=player.token,
            headers={"accept-language": language},
        )
        texts[language] = done(answer)["central_register"]["text"]
    assert "gratuito" in texts["pt-BR"]
    assert "free" in texts["en-GB"]
    assert language_of(None) == language_of("fr") == "pt-BR"


def test_a_self_exclusion_stands_although_d1_does_not_answer(
    world: MoneyWorld, player: Player
) -> None:
    done(ask(player, "PUT", "/v1/me/marketing", {"consent": True}))
    world.d1.fails = "marketing_choices"
    done(ask(player, "POST", "/v1/me/exclusions", {"days": 30}), 201)
    assert any(line.get("event") == "marketing.not_withdrawn" for line in world.log)
    world.d1.fails = None
    assert "excluded" in player.get("/v1/me")["eligibility"]["reasons"]
    assert player.get("/v1/me")["marketing"] == {"consent": True, "effective": False}


def test_an_order_of_the_desk_stands_before_the_wallet_is_asked(
    world: MoneyWorld, player: Player
) -> None:
    token = staff_token(world, "support")
    body = {"days": 60, "reason": "asked for in writing"}
    world.real.misses.add("exclude")
    assert order(player, token, "exclusions", body).code == "unavailable"
    [row] = world.rows("SELECT * FROM protection_orders")
    assert (row["outcome"], row["reason"]) == (None, body["reason"])
    [entry] = world.rows("SELECT * FROM audit_log WHERE action = 'protection.exclude'")
    assert json.loads(str(entry["data"]))["order_id"] == row["order_id"]
    assert str(body["reason"]) not in str(entry["data"])
    world.real.misses.clear()
    done(order(player, token, "exclusions", body), 201)
    refused = order(player, token, "exclusions", {"days": 30, "reason": "shorter, please"})
    assert refused.code == "exclusion_not_shortened"
    outcomes = [row["outcome"] for row in world.rows("SELECT outcome FROM protection_orders")]
    assert sorted(map(str, outcomes)) == ["None", "done", "exclusion_not_shortened"]


def test_support_tightens_a_limit_of_the_house_and_others_loosen_it(
    world: MoneyWorld, player: Player
) -> None:
    support, aml, admin = (staff_token(world, role) for role in ("support", "aml", "admin"))
    named = {"kind": "deposit", "period": "weekly", "reason": "harm seen"}

    def limit(token: str, value: int | None) -> Reply:
        return order(player, token, "limits", named | {"value": value})

    done(limit(admin, 1_000))
    for looser in (None, 1_001):
        assert limit(support, looser).code == "forbidden"
    shown = player.get("/v1/me/protection")["limits"]
    assert [one["operator"] for one in shown if one["operator"] is not None] == [1_000]
    done(limit(support, 1_000))
    done(limit(support, 900))
    assert limit(support, 1_000).code == "forbidden"
    done(limit(aml, 2_000))
    done(limit(admin, None))
    assert limit(support, None).code == "forbidden", "what is not there is not theirs to remove"
    rows = world.rows("SELECT payload, outcome FROM protection_orders ORDER BY rowid")
    assert [(json.loads(str(row["payload"]))["value"], row["outcome"]) for row in rows] == [
        (1_000, "done"),
        (1_001, "forbidden"),
        (1_000, "done"),
        (900, "done"),
        (1_000, "forbidden"),
        (2_000, "done"),
        (None, "done"),
    ]


def test_an_order_for_nobody_leaves_no_trace(world: MoneyWorld, player: Player) -> None:
    token = staff_token(world, "admin")
    nobody = "019ab0de-0000-7000-8000-000000000001"
    for name, body in (
        ("exclusions", {"days": 60, "reason": "nobody"}),
        ("limits", {"kind": "loss", "period": "daily", "value": 1, "reason": "nobody"}),
    ):
        path = f"/v1/ops/players/{nobody}/{name}"
        assert world.call("POST", path, body, token=token).code == "player_not_found"
    assert world.rows("SELECT 1 FROM protection_orders") == []


def test_the_desk_sees_the_panel_the_gate_and_the_orders(world: MoneyWorld, player: Player) -> None:
    token = staff_token(world, "support")
    limit = {"kind": "deposit", "period": "daily", "value": 700, "reason": "agreed"}
    done(order(player, token, "limits", limit))
    seen = done(world.call("GET", f"/v1/ops/players/{player.player_id}/protection", token=token))
    [found] = [one for one in seen["panel"]["limits"] if one["kind"] == "deposit"]
    assert (found["value"], found["player"], found["operator"]) == (700, None, 700)
    assert seen["orders"][0]["payload"]["value"] == 700
    assert "reasons" in seen["gate"]


def test_a_message_of_the_house_is_read_in_the_words_that_were_sent(
    world: MoneyWorld, player: Player
) -> None:
    intervention_id = "019ab0de-0000-7000-8000-0000000000bb"
    told = {
        "intervention_id": intervention_id,
        "level": "high",
        "template": "choice",
        "demands": "choose",
    }
    run(world.real.execute(player.player_id, "intervention_set", "key-1", "", json.dumps(told)))
    numbers = {"minutes": 320, "days": 5, "loss_minor": 123_400, "usual_loss_minor": 41_000}
    world.change(
        "INSERT INTO interventions (intervention_id, player_id, origin, level, action, template,"
        " template_version, blocks_bonus, score, policy_version, readings, numbers, taken_at,"
        " taken_on, status, try_at) VALUES (?, ?, 'policy', 'high', 'choose', 'choice', '2026-11',"
        " 1, 70, 'v1', '[]', ?, 1, 1, 'carried_out', 1)",
        intervention_id,
        player.player_id,
        json.dumps(numbers),
    )
    message = player.get("/v1/me/protection")["intervention"]
    assert "R$ 1.234,00" in message["body"]
    assert "320 minutos" in message["body"]
    assert "level" not in message, "what the house computes is not the player's to read"
    path = f"/v1/me/interventions/{intervention_id}/ack"
    assert ask(player, "POST", path, {}).code == "intervention_choice_required"
    done(ask(player, "PUT", LOSS, {"amount_minor": 100}))
    assert done(ask(player, "POST", path, {"reaction": "limit_set"}))["reaction"] == "limit_set"
    assert player.get("/v1/me/protection")["intervention"] is None
    assert ask(player, "POST", path, {}).code == "intervention_not_found"


def test_money_in_a_message_is_written_as_people_write_it() -> None:
    assert money(123_456_789, "BRL", "pt-BR") == "R$ 1.234.567,89"
    assert money(123_456_789, "BRL", "en") == "R$1,234,567.89"
    assert money(5, "GBP", "en") == "£0.05"
