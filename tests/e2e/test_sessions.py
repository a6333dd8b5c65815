"""Sessions on the real runtime: idleness, the second factor, places, devices, one CPF at once.

The acceptance items are those of the regulation: 12 (idle, second factor), 13 (place), 14 (lock),
29 (reuse of a refresh token). The wallet's clock is moved through the sandbox.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from e2e import people
from e2e.edge import Edge
from e2e.guarded import FACTOR, enrol, log_in, refresh, try_login, try_refresh
from e2e.live_client import playing
from e2e.player import Player, expect, join, own_address, problem

from shared.kernel.times import DAY_MS, MINUTE_MS, SECOND_MS

LOCATION = "/v1/me/location"
SLACK_MS = 20 * SECOND_MS
"""More than passes while a test runs: the wallet's clock goes on between two requests."""


@pytest.fixture
def player(client: httpx.Client) -> Player:
    return join(client, funds_minor=100_000)


def test_a_session_idle_for_half_an_hour_bets_no_more_until_a_new_login(player: Player) -> None:
    """Acceptance 12, first half."""
    game = player.open_game()["session_id"]
    player.play(game, 100)
    player.move_clock(30 * MINUTE_MS - SLACK_MS)
    player.play(game, 100)
    player.move_clock(30 * MINUTE_MS + SECOND_MS)
    problem(player.bet(game, 100), 401, "session_expired")
    body = {"amount_minor": 1_000, "method": "pix"}
    problem(player.post("/v1/me/deposits", body, key="d-1"), 401, "session_expired")
    problem(player.post("/v1/me/game-sessions", {"game_id": "dice"}), 401, "session_expired")

    again = log_in(player)
    again.play(again.open_game()["session_id"], 100)


def test_a_look_at_the_place_or_a_refresh_revives_no_idle_session(player: Player) -> None:
    player.move_clock(30 * MINUTE_MS + SECOND_MS)
    problem(player.post(LOCATION), 401, "reauth_required")
    problem(player.get("/v1/me"), 401, "session_revoked")
    other = log_in(player)
    other.move_clock(30 * MINUTE_MS + SECOND_MS)
    problem(try_refresh(other), 401, "reauth_required")


def test_after_seven_days_and_a_second_a_login_takes_a_code(player: Player) -> None:
    """Acceptance 12, second half: by the clock of the wallet, codes by the clock of the phone."""
    phone, recovery_codes = enrol(player)
    player.move_clock(7 * DAY_MS - SLACK_MS)
    today = log_in(player)
    today.move_clock(SLACK_MS + SECOND_MS)
    problem(try_login(player), 401, "second_factor_required")
    problem(try_refresh(today), 401, "second_factor_required")
    problem(try_login(player, otp="000000"), 401, "invalid_credentials")
    code = phone.code()
    again = log_in(player, otp=code)
    problem(try_login(player, otp=code), 401, "invalid_credentials")
    again.play(again.open_game()["session_id"], 100)
    again.move_clock(7 * DAY_MS + SECOND_MS)
    log_in(player, otp=recovery_codes[3])
    assert log_in(player).get("/v1/me").status_code == 200


def test_a_place_older_than_half_an_hour_takes_no_bets_until_it_is_checked(
    player: Player,
) -> None:
    """Acceptance 13, first half: the session stays active, its place grows old."""
    game = player.open_game()["session_id"]
    for _ in range(2):
        player.move_clock(14 * MINUTE_MS)
        player.play(game, 100)
    player.move_clock(2 * MINUTE_MS)
    refused = problem(player.bet(game, 100), 403, "geo_blocked")
    assert refused["reason"] == "stale"
    told = expect(player.post(LOCATION), 200)
    assert told["verdict"] == "inside"
    player.play(game, 100)


def test_a_new_address_takes_no_bets_until_the_place_is_checked(player: Player) -> None:
    """Acceptance 13, second half."""
    game = player.open_game()["session_id"]
    player.play(game, 100)
    moved = Player(
        client=player.client,
        headers={**player.headers, **own_address()},
        player_id=player.player_id,
        email=player.email,
        password=player.password,
        cpf=player.cpf,
        refresh_token=player.refresh_token,
    )
    refused = problem(moved.bet(game, 100), 403, "geo_blocked")
    assert refused["reason"] == "address_changed"
    expect(moved.post(LOCATION), 200)
    moved.play(game, 100)
    assert problem(player.bet(game, 100), 403, "geo_blocked")["reason"] == "address_changed"


def test_live_play_is_bound_to_the_address_too(edge: Edge, player: Player) -> None:
    game = player.open_game()["session_id"]
    with playing(edge, player) as live:
        assert live.bet(game, 100)["type"] == "round"
    elsewhere = dict(player.headers) | own_address()
    moved = Player(
        player.client,
        elsewhere,
        player.player_id,
        player.email,
        player.password,
        player.cpf,
        player.refresh_token,
    )
    with playing(edge, moved) as live:
        answer = live.bet(game, 100)
    assert (answer["code"], answer["reason"]) == ("geo_blocked", "address_changed")


@pytest.mark.parametrize(
    ("claim", "reason"),
    [("outside", "outside"), ("unknown", "unknown"), ("anonymiser", "anonymiser")],
)
def test_from_a_place_that_is_not_inside_nobody_bets_and_everybody_withdraws(
    player: Player, claim: str, reason: str
) -> None:
    game = player.open_game()["session_id"]
    headers = {**player.headers, "x-sandbox-place": claim}
    told = player.client.post(LOCATION, headers=headers)
    assert expect(told, 200)["reason"] == reason
    assert problem(player.bet(game, 100), 403, "geo_blocked")["reason"] == reason
    player.withdraw(1_000)
    refresh(player).play(game, 100)  # a refresh checks again, and the client claims nothing now


def test_three_failures_lock_and_say_no_more_than_before(player: Player) -> None:
    """Acceptance 14."""
    wrong = {"email": player.email, "password": "wrong-password-1"}
    nobody = {"email": f"no-{player.email}", "password": "wrong-password-1"}
    for credentials in (wrong, nobody):
        told = [
            player.client.post("/v1/auth/login", json=credentials, headers=own_address())
            for _ in range(4)
        ]
        codes = [answer.json()["code"] for answer in told]
        assert codes == ["invalid_credentials"] * 3 + ["account_locked"]
        details = {answer.json()["detail"] for answer in told[:3]}
        assert details == {"E-mail, password or code is wrong."}


def test_of_many_refreshes_at_once_one_wins_and_the_family_ends_everywhere(
    edge: Edge, player: Player
) -> None:
    """Acceptance 29, raced: whoever sent the token twice is out, with the winner's tokens too."""
    game = player.open_game()["session_id"]

    def spend(_: int) -> Any:
        with edge.client() as client:
            body = {"refresh_token": player.refresh_token}
            return client.post("/v1/auth/refresh", json=body, headers=own_address())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(spend, range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [401] * 7
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    bearer = {**player.headers, "Authorization": f"Bearer {winner['access_token']}"}
    problem(player.client.get("/v1/me", headers=bearer), 401, "session_revoked")
    problem(player.bet(game, 100), 401, "session_expired")


def test_a_device_that_was_ended_is_out_of_the_wallet_and_off_its_socket(
    edge: Edge, player: Player
) -> None:
    other = log_in(player)
    game = other.open_game()["session_id"]
    with playing(edge, other) as live:
        assert live.bet(game, 100)["type"] == "round"
        items = expect(player.get("/v1/me/sessions"), 200)["items"]
        [theirs] = [item["session_id"] for item in items if not item["current"]]
        assert player.send("DELETE", f"/v1/me/sessions/{theirs}").status_code == 204
        assert live.until_closed().reason == "session_revoked"
    problem(other.bet(game, 100), 401, "session_expired")
    problem(other.get("/v1/me"), 401, "session_revoked")
    player.play(player.open_game()["session_id"], 100)


def test_a_new_password_ends_every_session_and_socket(edge: Edge, player: Player) -> None:
    other = log_in(player)
    body = {"current_password": player.password, "new_password": "another-long-sentence-7"}
    with playing(edge, other) as live:
        assert player.post("/v1/me/password", body).status_code == 204
        assert live.until_closed().reason == "session_revoked"
    for session in (player, other):
        problem(session.get("/v1/me"), 401, "session_revoked")
        problem(session.get("/v1/me/wallet"), 401, "session_expired")
        problem(try_refresh(session), 401, "refresh_invalid")
    problem(try_login(player), 401, "invalid_credentials")


def test_the_history_shows_what_happened_and_to_nobody_else(player: Player) -> None:
    try_login(player, otp="ignored-without-a-factor")
    items = expect(player.get("/v1/me/logins"), 200)["items"]
    assert [item["event"] for item in items] == ["login", "login"]
    assert items[0]["address"].endswith(".*.*")
    assert expect(player.get(FACTOR), 200)["status"] == "none"


def test_of_two_registrations_with_one_cpf_at_once_one_is_made(edge: Edge) -> None:
    cpf = people.cpf()
    bodies = [people.registration(cpf=cpf) for _ in range(4)]

    def register(body: dict[str, object]) -> int:
        with edge.client() as client:
            return client.post("/v1/players", json=body, headers=own_address()).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(register, bodies))
    assert statuses == [201, 409, 409, 409]


def test_an_exclusion_ends_every_other_session_and_leaves_the_way_to_the_money(
    edge: Edge, player: Player
) -> None:
    other = log_in(player)
    game = other.open_game()["session_id"]
    with playing(edge, other) as live:
        made = player.post("/v1/me/exclusions", {"days": 30})
        assert made.status_code < 300, made.text
        assert live.until_closed().code == 4403
    problem(other.bet(game, 100), 403, "excluded")
    problem(other.get("/v1/me"), 401, "session_revoked")
    player.withdraw(1_000)
    log_in(player).withdraw(1_000)
