"""Rounds over HTTP: one answer for a key, every rejection by its name, and their order."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from e2e.edge import Edge
from e2e.guarded import log_in
from e2e.player import Json, Player, assert_adds_up, expect, fresh_key, join, problem

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
NO_SESSION = "00000000-0000-7000-8000-000000000000"
GOOD = {"target": 50, "over": False}


@pytest.fixture(scope="module")
def player(edge: Edge) -> Iterator[Player]:
    with edge.client() as client:
        yield join(client, funds_minor=100_000)


@pytest.fixture(scope="module")
def session_id(player: Player) -> str:
    return str(player.open_game()["session_id"])


def _round(player: Player, key: str | None = None, **body: Any) -> httpx.Response:
    return player.post("/v1/me/rounds", body, key=key or fresh_key())


def _untouched(player: Player, before: Json) -> None:
    assert player.wallet() == before


def test_a_round_pays_what_its_outcome_says(player: Player, session_id: str) -> None:
    before = player.wallet()
    played = player.play(session_id, 1_000, target=98)
    wins = played["outcome"]["roll"] < 9_800
    assert played["outcome"]["win"] == wins
    rtp_bps = round(float(expect(player.client.get("/v1/games/dice"), 200)["rtp_target"]) * 100)
    assert played["payout_minor"] == (1_000 * rtp_bps // 9_800 if wins else 0)
    wallet = player.wallet()
    assert played["wallet"] == {name: wallet[name] for name in ("cash_minor", "bonus_minor", "seq")}
    assert wallet["cash_minor"] == before["cash_minor"] - 1_000 + played["payout_minor"]
    assert wallet["seq"] == before["seq"] + 2


def test_the_same_key_gets_the_same_bytes_and_no_second_round(
    player: Player, session_id: str
) -> None:
    key = fresh_key()
    first = player.bet(session_id, 700, key=key)
    before = player.wallet()
    again = player.bet(session_id, 700, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    _untouched(player, before)


@pytest.mark.parametrize(
    "change",
    [{"stake_minor": 701}, {"params": {"target": 51, "over": False}}, {"session_id": NO_SESSION}],
    ids=["stake", "params", "session"],
)
def test_the_same_key_for_another_round_is_a_conflict(
    player: Player, session_id: str, change: dict[str, object]
) -> None:
    key, body = fresh_key(), {"session_id": session_id, "stake_minor": 700, "params": GOOD}
    expect(_round(player, key, **body), 201)
    before = player.wallet()
    problem(_round(player, key, **(body | change)), 409, "idempotency_key_conflict")
    _untouched(player, before)


def test_the_order_of_members_does_not_make_another_request(
    player: Player, session_id: str
) -> None:
    key = fresh_key()
    body = {"session_id": session_id, "stake_minor": 700, "params": {"target": 50, "over": False}}
    first = expect(_round(player, key, **body), 201)
    turned = {"params": {"over": False, "target": 50}, "stake_minor": 700, "session_id": session_id}
    again = _round(player, key, **turned)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first, "true")


def test_a_key_belongs_to_its_player_alone(player: Player, session_id: str, edge: Edge) -> None:
    key = fresh_key()
    mine = expect(player.bet(session_id, 100, key=key), 201)
    with edge.client() as client:
        other = join(client, funds_minor=1_000)
        theirs = expect(other.bet(other.open_game()["session_id"], 100, key=key), 201)
    assert mine["round_id"] != theirs["round_id"]


def test_a_refused_bet_leaves_its_key_free(client: httpx.Client) -> None:
    player = join(client)
    session = player.open_game()["session_id"]
    key = fresh_key()
    problem(player.bet(session, 500, key=key), 409, "insufficient_funds")
    player.fund(500)
    answer = player.bet(session, 500, key=key)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("", "idempotency_key_invalid"),
        ("two words", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
    ],
    ids=["missing", "empty", "space", "long"],
)
def test_a_round_needs_a_key(player: Player, session_id: str, key: str | None, code: str) -> None:
    before = player.wallet()
    body = {"session_id": session_id, "stake_minor": 700, "params": GOOD}
    problem(player.post("/v1/me/rounds", body, key=key), 400, code)
    _untouched(player, before)


def test_the_longest_key_is_a_key(player: Player, session_id: str) -> None:
    expect(player.bet(session_id, 100, key=fresh_key().ljust(255, "~")), 201)


# Rejections


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"session_id": NO_SESSION}, 404, "game_session_not_found"),
        ({"params": {"target": 1, "over": False}}, 422, "invalid_params"),
        ({"params": {"target": 99, "over": False}}, 422, "invalid_params"),
        ({"params": {"target": True, "over": False}}, 422, "invalid_params"),
        ({"params": {"target": "50", "over": False}}, 422, "invalid_params"),
        ({"params": {"target": 50, "over": 0}}, 422, "invalid_params"),
        ({"params": {"target": 50}}, 422, "invalid_params"),
        ({"params": {"target": 50, "over": False, "boost": 2}}, 422, "invalid_params"),
        ({"params": {}}, 422, "invalid_params"),
        ({"stake_minor": 99}, 409, "stake_below_min"),
        ({"stake_minor": 1_000_001}, 409, "stake_above_max"),
        ({"stake_minor": 1_000_000}, 409, "insufficient_funds"),
    ],
)
def test_each_rejection_has_its_code_and_changes_nothing(
    player: Player, session_id: str, change: dict[str, object], status: int, code: str
) -> None:
    before = player.wallet()
    body: dict[str, Any] = {"session_id": session_id, "stake_minor": 700, "params": GOOD}
    body |= change
    problem(_round(player, **body), status, code)
    _untouched(player, before)


def test_insufficient_funds_says_the_balance(player: Player, session_id: str) -> None:
    cash = player.wallet()["cash_minor"]
    refused = problem(player.bet(session_id, cash + 1), 409, "insufficient_funds")
    assert refused["balance"] == {"amount_minor": cash, "currency": "BRL"}


def test_a_session_of_somebody_else_does_not_exist(client: httpx.Client, session_id: str) -> None:
    thief = join(client, funds_minor=1_000)
    before = thief.wallet()
    problem(thief.bet(session_id, 100), 404, "game_session_not_found")
    _untouched(thief, before)


def test_an_unknown_game_opens_no_session(player: Player) -> None:
    problem(player.post("/v1/me/game-sessions", {"game_id": "roulette"}), 404, "game_not_found")
    for wrong in ("", "DICE", "../dice", "d" * 40):
        answer = player.post("/v1/me/game-sessions", {"game_id": wrong})
        problem(answer, 422, "validation_failed")


def test_a_round_is_recalled_by_its_player_only(
    player: Player, session_id: str, client: httpx.Client
) -> None:
    played = player.play(session_id, 100)
    path = f"/v1/me/rounds/{played['round_id']}"
    assert player.get(path).status_code == 200
    problem(join(client).get(path), 404, "round_not_found")
    problem(player.get(f"/v1/me/rounds/{NO_SESSION}"), 404, "round_not_found")
    problem(player.get("/v1/me/rounds/1"), 404, "not_found")


def test_an_idle_game_session_is_over_before_anything_else_is_looked_at(
    client: httpx.Client,
) -> None:
    player = join(client)
    session = player.open_game()["session_id"]
    player.move_clock(30 * MINUTE_MS + SECOND_MS)
    everything_wrong = {"session_id": session, "stake_minor": 1, "params": {"target": 0}}
    problem(_round(player, **everything_wrong), 401, "session_expired")
    back = log_in(player)
    problem(_round(back, **everything_wrong), 401, "session_expired")
    reopened = everything_wrong | {"session_id": back.open_game()["session_id"]}
    problem(_round(back, **reopened), 422, "invalid_params")


def test_the_first_applicable_rejection_wins(client: httpx.Client) -> None:
    """One bet with everything wrong, put right from the front: each code in its place."""
    limits = {
        "loss": {"period": "daily", "amount_minor": 5_000},
        "time": {"period": "daily", "minutes": 1},
    }
    player = join(client, funds_minor=2_000, limits=limits)
    session = player.open_game()["session_id"]
    player.play(session, 100)
    player.move_clock(30 * SECOND_MS)
    player.play(session, 100)
    cash = player.wallet()["cash_minor"]

    refused = problem(
        _round(player, session_id=session, stake_minor=9_999, params=GOOD), 403, "limit_loss"
    )
    assert refused["limit"] == {"kind": "loss", "period": "daily", "value": 5_000}
    problem(
        _round(player, session_id=session, stake_minor=cash + 1, params=GOOD),
        409,
        "insufficient_funds",
    )

    player.move_clock(40 * SECOND_MS)
    wrong: dict[str, Any] = {"session_id": NO_SESSION, "stake_minor": 1, "params": {"target": 0}}
    before = player.wallet()
    problem(_round(player, **wrong), 404, "game_session_not_found")
    wrong["session_id"] = session
    problem(_round(player, **wrong), 422, "invalid_params")
    wrong["params"] = GOOD
    problem(_round(player, **wrong), 409, "stake_below_min")
    wrong["stake_minor"] = 2_000_000
    problem(_round(player, **wrong), 409, "stake_above_max")
    wrong["stake_minor"] = 1_000_000
    refused = problem(_round(player, **wrong), 403, "limit_time")
    assert refused["limit"] == {"kind": "time", "period": "daily", "value": 1}
    assert refused["retry_after"] > 0
    assert refused["resets_at"].endswith("Z")
    _untouched(player, before)


def test_limits_never_stand_before_a_withdrawal(client: httpx.Client) -> None:
    limits = {
        "loss": {"period": "daily", "amount_minor": 100},
        "time": {"period": "daily", "minutes": 1},
    }
    player = join(client, funds_minor=2_000, limits=limits)
    session = player.open_game()["session_id"]
    problem(player.bet(session, 200), 403, "limit_loss")
    assert player.withdraw(2_000)["status"] == "processing"


def test_a_used_up_limit_is_warned_of_and_frees_the_next_day(client: httpx.Client) -> None:
    limits = {
        "loss": {"period": "daily", "amount_minor": 1_000},
        "time": {"period": "daily", "minutes": 1_440},
    }
    player = join(client, funds_minor=10_000, limits=limits)
    session = player.open_game()["session_id"]
    played = expect(player.bet(session, 1_000, target=2), 201)
    while played["payout_minor"]:  # one in fifty wins: then there is more to lose
        played = expect(player.bet(session, played["payout_minor"], target=2), 201)
    assert {"kind": "loss", "period": "daily", "used": 1_000, "value": 1_000} in played["warnings"]
    problem(player.bet(session, 100), 403, "limit_loss")
    player.move_clock(24 * 60 * MINUTE_MS)
    player = log_in(player)
    expect(player.bet(player.open_game()["session_id"], 100), 201)


def test_the_rounds_of_the_module_add_up(player: Player) -> None:
    assert_adds_up(player)
