"""Player protection on the real edge, with the clock of the wallet moved through the sandbox.

The names follow the acceptance list of the regulation: limits that tighten at once and loosen after
24 hours exactly, self-exclusion that no role shortens, pauses that end by themselves, reality
checks that must be answered, and money that is paid out whatever is closed.
"""

import dataclasses

import httpx
import pytest
from e2e import people
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

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, parse_rfc3339

STAKE_MINOR = 1_000
ROLES = ("support", "kyc", "aml", "finance", "game_ops", "admin", "regulator", "auditor")


def again(player: Player) -> Player:
    """The same person after a fresh login: moving the clock leaves every session idle."""
    credentials = {"email": player.email, "password": player.password}
    session = expect(
        player.client.post("/v1/auth/login", json=credentials, headers=player.headers), 200
    )
    headers = {**player.headers, "Authorization": f"Bearer {session['access_token']}"}
    return dataclasses.replace(player, headers=headers, refresh_token=session["refresh_token"])


def later(player: Player, ms: int) -> Player:
    """The same person `ms` later, logged in afresh."""
    player.move_clock(ms)
    return again(player)


def limit(player: Player, kind: str, period: str) -> Json:
    """One limit of the panel."""
    panel = expect(player.get("/v1/me/protection"), 200)
    [found] = [one for one in panel["limits"] if (one["kind"], one["period"]) == (kind, period)]
    return dict(found)


def put_limit(player: Player, name: str, **body: object) -> Json:
    return expect(player.send("PUT", f"/v1/me/limits/{name}", body), 200)


def exclude(caller: Caller, path: str = "/v1/me/exclusions", **body: object) -> httpx.Response:
    return caller.post(path, body)


def deposit(player: Player) -> httpx.Response:
    body = {"amount_minor": 1_000, "method": "pix"}
    return player.post("/v1/me/deposits", body, key=fresh_key())


def eligibility(player: Player) -> Json:
    return dict(expect(player.get("/v1/me"), 200)["eligibility"])


# Acceptance 9 and 10


def test_a_limit_decrease_holds_now_and_an_increase_at_24_hours_exactly(
    client: httpx.Client,
) -> None:
    player = join(client, funds_minor=100_000)
    lower = put_limit(player, "loss/daily", amount_minor=20_000)
    assert (lower["value"], lower["status"], lower["pending"]) == (20_000, "active", None)
    higher = put_limit(player, "loss/daily", amount_minor=50_000)
    assert (higher["value"], higher["status"]) == (20_000, "pending")
    asked_at = parse_rfc3339(higher["pending"]["requested_at"])
    due_at = parse_rfc3339(higher["pending"]["due_at"])
    assert due_at - asked_at == DAY_MS
    confirm = "/v1/me/limits/loss/daily/confirm"
    player.move_clock(DAY_MS - 20_000)
    refused = problem(player.post(confirm), 409, "limit_change_not_due")
    assert 0 < refused["retry_after"] <= 20
    assert limit(player, "loss", "daily")["value"] == 20_000
    player.move_clock(refused["retry_after"] * 1_000)
    assert limit(player, "loss", "daily")["value"] == 20_000, "only a confirmation raises it"
    confirmed = expect(player.post(confirm), 200)
    assert (confirmed["value"], confirmed["status"]) == (50_000, "active")
    problem(player.post(confirm), 404, "limit_change_not_found")
    changes = [e for e in assert_adds_up(player) if e["type"].startswith("LIMIT_")]
    assert [e["type"] for e in changes][-3:] == [
        "LIMIT_CHANGED",
        "LIMIT_REQUESTED",
        "LIMIT_CHANGED",
    ]


def test_a_second_tightening_wins_at_once_and_ends_the_increase_that_waits(
    client: httpx.Client,
) -> None:
    player = join(client)
    put_limit(player, "deposit/weekly", value=50_000)
    put_limit(player, "deposit/weekly", value=80_000)
    tighter = put_limit(player, "deposit/weekly", value=10_000)
    assert (tighter["value"], tighter["pending"]) == (10_000, None)
    player.move_clock(DAY_MS)
    problem(player.post("/v1/me/limits/deposit/weekly/confirm"), 404, "limit_change_not_found")


def test_an_increase_can_be_given_up_and_a_removal_waits_like_an_increase(
    client: httpx.Client,
) -> None:
    player = join(client)
    put_limit(player, "wager/monthly", amount_minor=90_000)
    removal = expect(player.send("DELETE", "/v1/me/limits/wager/monthly"), 200)
    assert (removal["status"], removal["pending"]["value"]) == ("pending", None)
    given_up = expect(player.post("/v1/me/limits/wager/monthly/cancel"), 200)
    assert (given_up["value"], given_up["pending"]) == (90_000, None)
    put_limit(player, "wager/monthly", value=None)
    player.move_clock(DAY_MS)
    expect(player.post("/v1/me/limits/wager/monthly/confirm"), 200)
    kinds = {one["kind"] for one in expect(player.get("/v1/me/protection"), 200)["limits"]}
    assert kinds == {"loss", "time"}


@pytest.mark.parametrize("missing", ["loss", "time"])
def test_loss_and_time_limits_are_required_at_registration_and_stay(
    client: httpx.Client, missing: str
) -> None:
    person = people.registration()
    limits = person["limits"]
    assert isinstance(limits, dict)
    without = {kind: value for kind, value in limits.items() if kind != missing}
    problem(client.post("/v1/players", json=person | {"limits": without}), 422, "limits_required")
    player = join(client)
    path = f"/v1/me/limits/{missing}/daily"
    problem(player.send("DELETE", path), 409, "limit_mandatory")
    problem(player.send("PUT", path, {"value": None}), 409, "limit_mandatory")


def test_a_wager_limit_stops_the_bet_that_would_pass_it_and_opens_the_next_day(
    client: httpx.Client,
) -> None:
    player = join(client, funds_minor=100_000)
    put_limit(player, "wager/daily", amount_minor=10 * STAKE_MINOR)
    session = player.open_game()["session_id"]
    warned = [player.play(session, STAKE_MINOR)["warnings"] for _ in range(10)]
    assert not warned[7]
    assert warned[8][0]["kind"] == "wager", "90 per cent"
    refused = problem(player.bet(session, STAKE_MINOR), 403, "limit_wager")
    assert 0 < refused["retry_after"] <= 86_400
    tomorrow = later(player, refused["retry_after"] * 1_000)
    tomorrow.play(tomorrow.open_game()["session_id"], STAKE_MINOR)


def test_what_is_no_limit_here_is_refused_with_the_place(client: httpx.Client) -> None:
    player = join(client)
    for path in ("luck/daily", "loss/yearly", "deposit/session"):
        answer = player.send("PUT", f"/v1/me/limits/{path}", {"value": 1})
        problem(answer, 404, "limit_not_offered")
    for name, body in (
        ("loss/daily", {"minutes": 5}),
        ("time/daily", {"minutes": 1_441}),
        ("time/daily", {"value": 1_441}),
        ("loss/daily", {}),
    ):
        refused = problem(
            player.send("PUT", f"/v1/me/limits/{name}", body), 422, "validation_failed"
        )
        assert refused["errors"]


# Acceptance 11


def test_self_exclusion_cannot_be_shortened_by_any_role(client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]
    made = expect(exclude(player, months=3), 201)
    ends_at = parse_rfc3339(made["until"])
    assert made["central_register"]["link"] == "https://www.gov.br/autoexclusaoapostas"
    assert made["notice"]
    problem(player.bet(session, STAKE_MINOR), 403, "excluded")
    problem(exclude(player, months=1), 409, "exclusion_not_shortened")
    path = f"/v1/ops/players/{player.player_id}/exclusions"
    for role in ROLES:
        answer = exclude(staff(client, role), path, days=30, reason="the player asked for it")
        if role in ("support", "admin"):
            problem(answer, 409, "exclusion_not_shortened")
        else:
            problem(answer, 403, "forbidden")
    for method in ("DELETE", "PUT", "PATCH"):
        for gone in ("/v1/me/exclusions", path):
            assert player.send(method, gone, {}).status_code in (404, 405)
    panel = expect(player.get("/v1/me/protection"), 200)
    assert panel["excluded_until"] == made["until"]
    longer = expect(exclude(player, months=6), 201)
    assert parse_rfc3339(longer["until"]) > ends_at
    for_ever = expect(exclude(player, indefinite=True), 201)
    assert for_ever["until"] is None
    problem(exclude(player, months=12), 409, "exclusion_not_shortened")
    changed = player.send("PUT", "/v1/me/limits/loss/daily", {"value": 900_000_000})
    problem(changed, 403, "excluded")


def test_a_self_exclusion_holds_on_every_device_and_after_every_login(
    client: httpx.Client,
) -> None:
    player = join(client, funds_minor=10_000)
    other = again(player)
    session = other.open_game()["session_id"]
    expect(exclude(player, days=30), 201)
    for device in (player, other, again(player)):
        problem(device.bet(session, STAKE_MINOR), 403, "excluded")
        problem(device.post("/v1/me/game-sessions", {"game_id": "dice"}), 403, "excluded")
        problem(deposit(device), 403, "excluded")
    problem(other.get("/v1/me"), 401, "session_revoked")
    for device in (player, again(player)):
        may = eligibility(device)
        assert not any(may[name] for name in ("can_bet", "can_deposit", "can_use_bonus"))
        assert may["reasons"][0] == "excluded"
    later_on = later(player, 29 * DAY_MS)
    assert "excluded" in eligibility(later_on)["reasons"]
    free = later(later_on, DAY_MS + MINUTE_MS)
    assert "excluded" not in eligibility(free)["reasons"]


def test_withdrawals_are_paid_while_excluded_and_while_paused(client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    expect(player.post("/v1/me/pauses", {"hours": 24}), 201)
    first = player.withdraw(2_500)
    expect(exclude(player, indefinite=True), 201)
    second = player.withdraw(7_500)
    for withdrawal in (first, second):
        until(
            lambda which=withdrawal: expect(  # type: ignore[misc]  # bound at once
                player.get(f"/v1/me/withdrawals/{which['withdrawal_id']}"), 200
            ),
            lambda answer: bool(answer["status"] == "paid"),
        )
    assert player.wallet()["cash_minor"] == 0
    assert_adds_up(player)


def test_terms_that_are_not_on_offer_are_refused_with_those_that_are(
    client: httpx.Client,
) -> None:
    player = join(client)
    refused = problem(exclude(player, days=7), 422, "exclusion_term_not_offered")
    assert (refused["least_days"], refused["most_days"]) == (30, 365)
    refused = problem(player.post("/v1/me/pauses", {"days": 90}), 422, "pause_term_not_offered")
    assert refused["most_days"] == 30
    problem(exclude(player), 422, "validation_failed")
    offer = expect(player.get("/v1/me/protection"), 200)["offer"]
    assert offer["exclusion_months"] == list(range(1, 13))
    assert (offer["indefinite"], offer["mandatory"]) == (True, ["loss", "time"])


# Pauses and reality checks


def test_a_pause_ends_by_itself_and_not_earlier(client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]
    made = expect(player.post("/v1/me/pauses", {"hours": 2}), 201)
    refused = problem(player.bet(session, STAKE_MINOR), 403, "paused")
    assert refused["until"] == made["until"]
    problem(deposit(player), 403, "paused")
    assert eligibility(player)["reasons"][0] == "paused"
    problem(player.post("/v1/me/pauses", {"hours": 1}), 409, "exclusion_not_shortened")
    before = later(player, 2 * HOUR_MS - MINUTE_MS)
    problem(before.post("/v1/me/game-sessions", {"game_id": "dice"}), 403, "paused")
    after = later(before, MINUTE_MS)
    after.play(after.open_game()["session_id"], STAKE_MINOR)


def test_a_reality_check_stops_bets_until_it_is_acknowledged(client: httpx.Client) -> None:
    player = join(client, funds_minor=100_000)
    assert expect(player.send("PUT", "/v1/me/reality-check", {"minutes": 10}), 200) == {
        "minutes": 10
    }
    session = player.open_game()["session_id"]
    played = [player.play(session, STAKE_MINOR) for _ in range(3)]
    net = sum(one["payout_minor"] - one["stake_minor"] for one in played)
    early = expect(player.post("/v1/me/reality-check/ack"), 200)
    assert early["acknowledged"] is False
    player.move_clock(10 * MINUTE_MS)
    due = problem(player.bet(session, STAKE_MINOR), 403, "reality_check_due")
    assert (due["wagered_minor"], due["net_minor"]) == (3 * STAKE_MINOR, net)
    assert due["session_minutes"] >= 10
    assert eligibility(player)["reasons"][0] == "reality_check_due"
    seen = expect(player.post("/v1/me/reality-check/ack"), 200)
    assert (seen["acknowledged"], seen["net_minor"]) == (True, net)
    player.play(session, STAKE_MINOR)
    for minutes in (9, 121):
        answer = player.send("PUT", "/v1/me/reality-check", {"minutes": minutes})
        problem(answer, 422, "validation_failed")


def test_the_panel_tells_time_results_limits_and_what_waits(client: httpx.Client) -> None:
    player = join(client, funds_minor=100_000)
    session = player.open_game()["session_id"]
    played = [player.play(session, STAKE_MINOR) for _ in range(4)]
    net = sum(one["payout_minor"] - one["stake_minor"] for one in played)
    put_limit(player, "bet_count/daily", bets=100)
    put_limit(player, "bet_count/daily", bets=200)
    panel = expect(player.get("/v1/me/protection"), 200)
    for period in ("daily", "weekly", "monthly"):
        assert panel["use"][period]["net_minor"] == net
        assert panel["use"][period]["wagered_minor"] == 4 * STAKE_MINOR
    bets = limit(player, "bet_count", "daily")
    assert (bets["value"], bets["used"], bets["pending"]["value"]) == (100, 4, 200)
    assert panel["session"]["minutes"] == 0
    assert panel["excluded_until"] is panel["paused_until"] is panel["intervention"] is None


# The desk


def test_the_desk_tightens_and_never_loosens_and_every_order_is_in_the_log(
    client: httpx.Client,
) -> None:
    player = join(client, funds_minor=100_000)
    support, auditor = staff(client, "support"), staff(client, "auditor")
    aml = staff(client, "aml")
    path = f"/v1/ops/players/{player.player_id}"
    order = {"kind": "wager", "period": "daily", "value": 3_000, "reason": "agreed on the phone"}
    expect(support.post(f"{path}/limits", order), 200)
    session = player.open_game()["session_id"]
    for _ in range(3):
        player.play(session, STAKE_MINOR)
    problem(player.bet(session, STAKE_MINOR), 403, "limit_wager")
    put_limit(player, "wager/daily", amount_minor=500_000)
    assert limit(player, "wager", "daily")["value"] == 3_000
    for looser in (None, 4_000):
        problem(support.post(f"{path}/limits", order | {"value": looser}), 403, "forbidden")
    expect(aml.post(f"{path}/limits", order | {"value": None}), 200)
    assert limit(player, "wager", "daily")["value"] == 500_000
    seen = expect(auditor.get(f"{path}/protection"), 200)
    assert [(one["payload"]["value"], one["outcome"]) for one in seen["orders"]] == [
        (None, "done"),
        (4_000, "forbidden"),
        (3_000, "done"),
    ]
    log = expect(auditor.get("/v1/ops/audit", limit=20), 200)["items"]
    mine = [one for one in log if one["subject"] == player.player_id]
    assert [one["action"] for one in mine] == ["protection.operator_limit_set"] * 3 + [
        "kyc.approve"
    ]
    assert "phone" not in str(mine), "the reason stays with the order"
    problem(auditor.post(f"{path}/limits", order), 403, "forbidden")
    problem(support.post(f"{path}/limits", {"kind": "wager"}), 422, "validation_failed")


def test_advertising_is_off_while_excluded_and_stays_off_afterwards(
    client: httpx.Client,
) -> None:
    player = join(client)

    def marketing(who: Player) -> Json:
        return dict(expect(who.get("/v1/me"), 200)["marketing"])

    assert marketing(player) == {"consent": False, "effective": False}
    expect(player.send("PUT", "/v1/me/marketing", {"consent": True}), 200)
    assert marketing(player) == {"consent": True, "effective": True}
    expect(player.post("/v1/me/pauses", {"hours": 1}), 201)
    assert marketing(player) == {"consent": True, "effective": False}
    expect(exclude(player, days=30), 201)
    assert marketing(player) == {"consent": False, "effective": False}
    refused = player.send("PUT", "/v1/me/marketing", {"consent": True})
    problem(refused, 409, "marketing_not_possible")
    free = later(player, 31 * DAY_MS)
    assert marketing(free) == {"consent": False, "effective": False}
