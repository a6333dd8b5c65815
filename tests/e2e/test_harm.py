"""Markers of harm on the real edge: from play through the queue and the cron to the next bet.

The player is 22, so all that is seen counts a quarter more: three deposits after losing everything
(RG-M01, 20), four in an hour (RG-M04, 10) and words of harm to support (RG-M14, 20) are 62 points.
"""

import json
from typing import Final

import httpx
from e2e.edge import Edge
from e2e.player import (
    Caller,
    Json,
    Player,
    assert_adds_up,
    expect,
    fresh_key,
    join,
    problem,
    staff,
    until,
)
from e2e.test_protection import again, later

from shared.kernel.times import DAY_MS, MINUTE_MS

CRON: Final = "*/5 * * * *"
YOUNG: Final = "2004-05-17"
STAKE_MINOR: Final = 100
LOST_MINOR: Final = 4_000
HIGHEST_STAKE_MINOR: Final = 1_000_000
INSIST: Final = "intervention_choice_required"
HIDDEN: Final = ("score", "RG-M", "marker", "policy_version")


def lose_everything(player: Player) -> None:
    """Stake all on two per cent until nothing is left."""
    session = player.open_game()["session_id"]
    while (cash := player.wallet()["cash_minor"]) > 0:
        player.play(session, min(cash, HIGHEST_STAKE_MINOR), target=2)


def chase(player: Player) -> None:
    """Four times: a deposit, and all of it lost."""
    for _ in range(4):
        player.fund(1_000)
        lose_everything(player)


def page(desk: Caller, player: Player) -> Json:
    return expect(desk.get(f"/v1/ops/protection/players/{player.player_id}"), 200)


def judged(edge: Edge, desk: Caller, player: Player) -> Json:
    """The player's page once the cron has counted every event of the wallet."""

    def look() -> Json:
        edge.scheduled("fraud_cron", CRON)
        return page(desk, player)

    seq = player.wallet()["seq"]
    return until(look, lambda found: bool(found["events_counted"] >= seq))


def note_contact(desk: Caller, player: Player) -> None:
    body = {"channel": "chat", "message": "Perdi tudo e não consigo parar de jogar"}
    path = f"/v1/ops/protection/players/{player.player_id}/contacts"
    assert expect(desk.post(path, body), 201)["flags"] == ["harm_words"]


def bet(player: Player) -> httpx.Response:
    """A bet in a new game session, or the refusal to open one."""
    opened = player.post("/v1/me/game-sessions", {"game_id": "dice"})
    if opened.status_code != 201:
        return opened
    return player.bet(opened.json()["session_id"], STAKE_MINOR)


def lower_a_limit(player: Player, amount_minor: int = LOST_MINOR) -> None:
    """The player's loss limit by day, which `chase` has used up."""
    body = {"amount_minor": amount_minor}
    lowered = expect(player.send("PUT", "/v1/me/limits/loss/daily", body), 200)
    assert lowered["status"] == "active"


def answer(player: Player, intervention_id: str, reaction: str) -> httpx.Response:
    return player.post(f"/v1/me/interventions/{intervention_id}/ack", {"reaction": reaction})


def test_play_that_reaches_high_must_choose_before_the_next_bet_and_can_go_on_after_it(
    edge: Edge, client: httpx.Client
) -> None:
    desk = staff(client, "aml")
    player = join(client, birth_date=YOUNG)
    chase(player)
    note_contact(desk, player)
    found = judged(edge, desk, player)
    assert found["level"] == "high"
    assert found["score"] in (62, 63)  # 62.5 a moment ago
    [done] = found["interventions"]
    assert (done["action"], done["status"], done["template"]) == (
        "choose",
        "carried_out",
        "choice",
    )
    assert {reading["marker"] for reading in done["readings"] if reading["holds"]} == {
        "RG-M01",
        "RG-M04",
        "RG-M14",
    }
    player.fund(10_000)
    due = problem(bet(player), 403, "intervention_due")
    assert due["intervention_id"] == done["intervention_id"]
    assert not [word for word in HIDDEN if word in json.dumps(due)]
    [message] = expect(player.get("/v1/me/messages"), 200)["items"]
    assert message["waits_for"] == "choose"
    assert not [word for word in HIDDEN if word in json.dumps(message)]

    problem(answer(player, done["intervention_id"], "acknowledged"), 409, INSIST)
    problem(answer(player, done["intervention_id"], "limit_set"), 409, INSIST)
    assert player.withdraw(1_000)["status"] in ("processing", "paid")
    lower_a_limit(player, 10 * LOST_MINOR)
    problem(answer(player, done["intervention_id"], "limit_set"), 409, INSIST)
    lower_a_limit(player)
    expect(answer(player, done["intervention_id"], "limit_set"), 200)
    problem(bet(player), 403, "limit_loss")

    after = judged(edge, desk, player)
    assert after["interventions"][0]["reaction"] == "limit_set"
    tasks = {task["kind"]: task for task in after["tasks"]}
    assert tasks.keys() == {"human_contact", "contact_review"}
    assert not any(task["is_late"] for task in tasks.values())
    assert after["restrictions"]["bonus"]
    assert after["vip"]["benefits"] is False
    tomorrow = later(player, DAY_MS)
    expect(bet(tomorrow), 201)
    assert_adds_up(tomorrow)


def test_play_that_reaches_critical_is_paused_for_24_hours(
    edge: Edge, client: httpx.Client
) -> None:
    desk = staff(client, "aml")
    player = join(client, birth_date=YOUNG)
    chase(player)
    player.fund(10_000)
    note_contact(desk, player)
    income = {"monthly_minor": 10_000}
    expect(player.send("PUT", "/v1/me/declared-income", income), 200)
    found = judged(edge, desk, player)
    assert found["level"] == "critical"
    [done] = found["interventions"]
    assert (done["action"], done["status"]) == ("pause", "carried_out")

    session = again(player)
    problem(bet(session), 403, "paused")
    refused = session.post(
        "/v1/me/deposits", {"amount_minor": 1_000, "method": "pix"}, key=fresh_key()
    )
    problem(refused, 403, "paused")
    assert session.withdraw(1_000)["status"] in ("processing", "paid")
    problem(bet(later(session, DAY_MS - 10 * MINUTE_MS)), 403, "paused")

    back = later(player, 10 * MINUTE_MS)
    problem(bet(back), 403, "intervention_due")
    lower_a_limit(back)
    expect(answer(back, done["intervention_id"], "limit_set"), 200)
    expect(bet(back), 201)
    assert_adds_up(back)


def test_the_house_reports_what_it_did(edge: Edge, client: httpx.Client) -> None:
    desk = staff(client, "aml")
    player = join(client)
    body = {"player_id": player.player_id, "action": "acknowledge", "reason": "asked by phone"}
    done = expect(desk.post("/v1/ops/interventions", body, key=fresh_key()), 201)
    assert done["status"] == "carried_out"
    expect(answer(player, done["intervention_id"], "acknowledged"), 200)
    found = judged(edge, desk, player)
    assert found["interventions"][0]["reaction"] == "acknowledged"
    report = expect(staff(client, "regulator").get("/v1/ops/protection/report"), 200)
    assert sum(row["players"] for row in report["levels"]) == report["players"]
    mine = ("staff", "acknowledge")
    [row] = [r for r in report["interventions"] if (r["origin"], r["action"]) == mine]
    assert row["reactions"]["acknowledged"] >= 1
    assert expect(player.get("/v1/me"), 200)["vip_tier"] == "bronze"
