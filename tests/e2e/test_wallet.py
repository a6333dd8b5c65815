"""A wallet over HTTP: balance, statement and its pages, the proof, and whose it is."""

import hashlib
import json
from collections.abc import Iterator

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Player, assert_adds_up, expect, join, problem

GENESIS = "0" * 64


@pytest.fixture(scope="module")
def player(edge: Edge) -> Iterator[Player]:
    """Somebody with a little history."""
    with edge.client() as client:
        somebody = join(client, funds_minor=10_000)
        session = somebody.open_game()["session_id"]
        for _ in range(6):
            somebody.play(session, 100)
        yield somebody


def test_a_new_wallet_is_empty_and_proven(client: httpx.Client) -> None:
    player = join(client)
    wallet = player.wallet()
    assert wallet["currency"] == "BRL"
    assert [wallet[f"{part}_minor"] for part in ("cash", "bonus", "held", "withdrawable")] == [
        0
    ] * 4
    events = assert_adds_up(player)
    assert [event["type"] for event in events[:4]] == [
        "OPENED",
        "LIMIT_CHANGED",
        "LIMIT_CHANGED",
        "SEED_COMMITTED",
    ]
    told = {event["type"] for event in events[4:]}
    assert told <= {"FACT_RECORDED", "SESSION_BEGAN", "REALITY_CHECK_STARTED"}
    assert "SESSION_BEGAN" in told


def test_a_statement_adds_up(player: Player) -> None:
    events = assert_adds_up(player)
    assert [event["type"] for event in events].count("BET") == 6
    assert [event["type"] for event in events].count("WIN") == 6


def test_the_pages_of_a_statement_are_the_statement(player: Player) -> None:
    whole = player.statement()[::-1]
    pages, cursor = [], None
    while True:
        query = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = expect(player.get("/v1/me/wallet/events", **query), 200)
        assert len(page["items"]) <= 5
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "ten"}, {"page": 2}])
def test_a_page_that_cannot_be_is_refused(player: Player, query: dict[str, object]) -> None:
    problem(player.get("/v1/me/wallet/events", **query), 422, "validation_failed")


def test_a_cursor_of_another_list_is_refused(player: Player) -> None:
    body = expect(player.get("/v1/me/wallet/events", cursor="not-a-cursor"), 422)
    assert body["code"] in {"invalid_payload", "validation_failed"}


def test_the_chain_can_be_followed_from_the_first_event(player: Player) -> None:
    """Every hash of the statement differs, and the head of the wallet is the last of them."""
    events = player.statement()
    hashes = [event["hash"] for event in events]
    assert len(set(hashes)) == len(hashes)
    assert player.wallet()["head_hash"] == hashes[-1]
    assert player.verify()["events"] == len(events)
    assert GENESIS not in hashes


def test_commitments_in_the_statement_are_hashes_and_never_seeds(player: Player) -> None:
    events = player.statement()
    committed = [e["data"]["server_seed_hash"] for e in events if e["type"] == "SEED_COMMITTED"]
    assert committed == [expect(player.get("/v1/me/fairness"), 200)["current"]["server_seed_hash"]]
    before = json.dumps(events)
    revealed = expect(player.post("/v1/me/fairness/rotate", {}), 200)["revealed"]["server_seed"]
    assert revealed not in before
    assert hashlib.sha256(revealed.encode()).hexdigest() == committed[0]


def test_protection_shows_the_limits_and_what_was_used(client: httpx.Client) -> None:
    limits = {
        "loss": {"period": "weekly", "amount_minor": 5_000},
        "time": {"period": "daily", "minutes": 60},
    }
    player = join(client, funds_minor=1_000, limits=limits)
    session = player.open_game()["session_id"]
    lost = 0
    while not lost:
        played = player.play(session, 100, target=2)
        lost = played["stake_minor"] - played["payout_minor"] if not played["payout_minor"] else 0
    shown = expect(player.get("/v1/me/protection"), 200)["limits"]
    by_kind = {limit["kind"]: limit for limit in shown}
    assert (by_kind["loss"]["period"], by_kind["loss"]["value"]) == ("weekly", 5_000)
    assert by_kind["loss"]["used"] == max(0, 1_000 - player.wallet()["cash_minor"])
    assert (by_kind["time"]["period"], by_kind["time"]["value"]) == ("daily", 60)


@pytest.mark.parametrize(
    "path", ["/v1/me/wallet", "/v1/me/wallet/events", "/v1/me/wallet/verify", "/v1/me/protection"]
)
def test_a_wallet_is_shown_to_its_player_only(client: httpx.Client, path: str) -> None:
    problem(client.get(path), 401, "token_missing")


def test_a_logged_out_session_sees_and_moves_nothing(client: httpx.Client) -> None:
    player = join(client, funds_minor=1_000)
    session = player.open_game()["session_id"]
    assert player.post("/v1/auth/logout", {}).status_code == 204
    for answer in (
        player.get("/v1/me/wallet"),
        player.bet(session, 100),
        player.post("/v1/me/withdrawals", {"amount_minor": 100}, key="after-logout"),
        player.post("/v1/me/deposits", {"amount_minor": 100, "method": "pix"}, key="after"),
        player.post("/v1/me/fairness/rotate", {}),
    ):
        problem(answer, 401, "session_expired")
