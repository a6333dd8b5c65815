"""Live play on the real edge: the same rounds as over HTTP, whatever happens to the socket."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from e2e.edge import Edge
from e2e.live_client import PROTOCOL, Closed, Live, bearer, playing, token_of, upgrade
from e2e.player import (
    Json,
    Player,
    assert_adds_up,
    expect,
    fresh_key,
    join,
    problem,
    staff,
    totals,
)
from websockets.exceptions import InvalidStatus

STAKE_MINOR = 1_000


@pytest.fixture(scope="module")
def player(edge: Edge) -> Iterator[Player]:
    with edge.client() as client:
        yield join(client, funds_minor=1_000_000)


@pytest.fixture(scope="module")
def session_id(player: Player) -> str:
    return str(player.open_game()["session_id"])


@pytest.fixture
def live(edge: Edge, player: Player) -> Iterator[Live]:
    with playing(edge, player) as opened:
        yield opened


def test_a_player_plays_and_the_statement_tells_the_same(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=50_000)
    session = player.open_game()["session_id"]
    with playing(edge, player) as live:
        rounds = [live.bet(session, 100 + n) for n in range(10)]
        balance = live.ask("balance")
        assert live.ask("ping")["type"] == "pong"
        live.send('{"type":"ping"}')
        assert live.receive() == {"type": "pong"}
    assert {answer["type"] for answer in rounds} == {"round"}
    assert [answer["fairness"]["nonce"] for answer in rounds] == list(range(10))
    wallet = player.wallet()
    assert {name: balance[name] for name in wallet} == wallet
    events = assert_adds_up(player)
    assert totals(events)["BET"] == sum(100 + n for n in range(10))
    assert totals(events)["WIN"] == sum(answer["payout_minor"] for answer in rounds)
    recalled = expect(player.get(f"/v1/me/rounds/{rounds[3]['round_id']}"), 200)
    assert recalled["outcome"] == rounds[3]["outcome"]


def test_both_addresses_of_the_edge_upgrade(edge: Edge, player: Player) -> None:
    for address in (edge.base_url, edge.direct_url):
        with upgrade(address, player.headers) as connection:
            assert Live(connection).receive()["type"] == "balance"


def test_an_answer_lost_with_the_socket_is_asked_for_again_by_its_key(
    edge: Edge, player: Player, session_id: str
) -> None:
    key = fresh_key()
    bet = {"session_id": session_id, "stake_minor": 700, "params": {"target": 50, "over": False}}
    with playing(edge, player) as live:
        live.send(json.dumps({"id": 1, "type": "round", "idempotency_key": key, **bet}))
        # Cut without reading, as a tunnel does.
        live.connection.socket.close()
    with playing(edge, player) as live:
        answer = live.bet(session_id, 700, key=key)
        before = player.wallet()
        again = live.bet(session_id, 700, key=key)
    over_http = player.bet(session_id, 700, key=key)
    assert again["replayed"]
    assert again["round_id"] == answer["round_id"]
    assert over_http.headers["idempotency-replayed"] == "true"
    told = {name: value for name, value in again.items() if name not in ("id", "type", "replayed")}
    assert over_http.json() == told
    assert player.wallet() == before


def test_a_round_of_http_is_replayed_on_the_socket(
    live: Live, player: Player, session_id: str
) -> None:
    key = fresh_key()
    first = expect(player.bet(session_id, 300, key=key), 201)
    again = live.bet(session_id, 300, key=key)
    assert again == first | {"id": again["id"], "type": "round", "replayed": True}
    assert live.bet(session_id, 301, key=key)["code"] == "idempotency_key_conflict"


@pytest.mark.parametrize(
    "change",
    [
        {"stake_minor": 0},
        {"stake_minor": -1},
        {"stake_minor": 1.5},
        {"stake_minor": "100"},
        {"stake_minor": True},
        {"stake_minor": 10**18},
        {"stake_minor": None},
        {"stake_minor": 1},
        {"stake_minor": 10_000_000_000},
        {"session_id": "00000000-0000-7000-8000-000000000000"},
        {"params": {}},
        {"params": []},
        {"params": {"target": 1, "over": False}},
        {"params": {"target": 50}},
        {"params": {"target": 50.5, "over": False}},
        {"params": {"target": 50, "over": False, "seed": "mine"}},
        {"currency": "BRL"},
        {"idempotency_key": None},
        {"idempotency_key": ""},
        {"idempotency_key": "two words"},
        {"idempotency_key": "k" * 256},
    ],
    ids=repr,
)
def test_a_rejection_is_the_one_that_http_gives(
    live: Live, player: Player, session_id: str, change: Json
) -> None:
    before = player.wallet()
    bet: Json = {
        "idempotency_key": fresh_key(),
        "session_id": session_id,
        "stake_minor": 100,
        "params": {"target": 50, "over": False},
    } | change
    answer = live.ask("round", **bet)
    key = bet.pop("idempotency_key")
    refused = player.post("/v1/me/rounds", bet, key=key).json()
    assert answer["type"] == "problem"
    if refused["code"] == "invalid_payload":
        # Floats within params: HTTP leaves them to the wallet, a socket leaves all to it.
        refused["code"] = "validation_failed"
    for name in ("code", "status", "retry"):
        assert answer[name] == refused[name], (answer, refused)
    assert player.wallet() == before
    assert live.bet(session_id, 100)["type"] == "round", "the socket plays on"


def test_a_poor_player_hears_what_there_is(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=1_000)
    session = player.open_game()["session_id"]
    with playing(edge, player) as live:
        answer = live.bet(session, 1_001)
    refused = problem(player.bet(session, 1_001), 409, "insufficient_funds")
    for name in ("code", "status", "detail", "balance", "retry"):
        assert answer[name] == refused[name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        "null",
        '{"id":1}',
        '{"type":"round"}',
        '{"id":1,"type":"steal"}',
        '{"id":1,"type":"open","player_id":"x"}',
        '{"id":{"a":1},"type":"balance"}',
        '{"id":1,"type":"balance","of":"somebody else"}',
        '{"id":1,"id":2,"type":"ping"}',
        '{"id":1,"type":"ping","x":NaN}',
        "[" * 4_000,
        '{"a":' * 800,
        '{"id":1,"type":"round","idempotency_key":"k","params":' + "[" * 60 + "]" * 60 + "}",
        '{"id":1,"type":"round","idempotency_key":"k","session_id":"\\ud800"}',
        '{"id":1,"type":"action","idempotency_key":"k","round_id":"r","action":"hit"}',
    ],
)
def test_a_hostile_text_gets_a_problem_and_changes_nothing(
    live: Live, player: Player, session_id: str, text: str
) -> None:
    before = player.wallet()
    answer = live.raw(text)
    assert answer["type"] == "problem"
    assert 400 <= answer["status"] < 500
    assert player.wallet() == before
    assert live.bet(session_id, 100)["type"] == "round"


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00\x01", 1003), ("x" * 4_097, 1009), ("x" * 1_000_000, 1009)],
    ids=["binary", "large", "huge"],
)
def test_what_is_no_small_text_ends_the_socket_and_no_other(
    edge: Edge, live: Live, player: Player, session_id: str, message: str | bytes, code: int
) -> None:
    with playing(edge, player) as hostile:
        hostile.send(message)
        closed = hostile.until_closed()
    assert closed.code == code
    assert closed.messages[-1]["type"] == "session_end"
    assert live.bet(session_id, 100)["type"] == "round"


def test_a_token_that_ends_cuts_the_socket_by_itself(edge: Edge, player: Player) -> None:
    with playing(edge, player, token_of(player, lifetime_s=3)) as live:
        closed = live.until_closed()
    assert (closed.code, closed.reason) == (4401, "token_expired")
    assert closed.messages[-1] == {"type": "session_end", "reason": "token_expired"}


def test_logout_cuts_every_socket_of_the_session_at_once(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]
    with playing(edge, player) as first, playing(edge, player) as second:
        assert first.bet(session, 100)["type"] == "round"
        logout = player.post("/v1/auth/logout", {"refresh_token": player.refresh_token})
        assert logout.status_code < 300, logout.text
        for live in (first, second):
            closed = live.until_closed()
            assert (closed.code, closed.reason) == (4403, "session_revoked")
    with pytest.raises(InvalidStatus) as refused, playing(edge, player, token_of(player)):
        raise AssertionError("a session that was ended is not handed over")
    assert refused.value.response.status_code == 401


def test_a_bet_that_races_logout_is_whole_or_nothing(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=100_000)
    session = player.open_game()["session_id"]
    accepted: list[Json] = []
    with playing(edge, player) as live, ThreadPoolExecutor(1) as pool:
        accepted.append(live.bet(session, 100))
        body = {"refresh_token": player.refresh_token}
        logout = pool.submit(player.post, "/v1/auth/logout", body)
        with pytest.raises(Closed, match="4403 session_revoked"):
            _bet_until_closed(live, session, accepted)
        assert logout.result().status_code < 300
    again = client.post(
        "/v1/auth/login",
        json={"email": player.email, "password": player.password},
        headers={"CF-Connecting-IP": player.headers["CF-Connecting-IP"]},
    )
    token = expect(again, 200)["access_token"]
    events = expect(client.get("/v1/me/wallet/events?limit=100", headers=bearer(token)), 200)
    assert events["items"]
    verified = expect(client.get("/v1/me/wallet/verify", headers=bearer(token)), 200)
    assert verified["ok"]
    told = {answer["round_id"] for answer in accepted}
    rounds = expect(client.get("/v1/me/rounds?limit=100", headers=bearer(token)), 200)["items"]
    stored = {played["round_id"] for played in rounds}
    if len(rounds) < 100:
        assert told <= stored
        assert len(stored - told) <= 1, "at most the bet whose answer was cut off"


def _bet_until_closed(live: Live, session_id: str, accepted: list[Json]) -> None:
    while (answer := live.bet(session_id, 100))["type"] == "round":
        accepted.append(answer)


def test_what_happens_elsewhere_is_told(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]
    with playing(edge, player) as one, playing(edge, player) as other:
        played = one.bet(session, 100)
        assert other.until_push("balance")["cash_minor"] == played["wallet"]["cash_minor"]
        expect(player.bet(session, 100), 201)
        cash_minor = player.wallet()["cash_minor"]
        for live in (one, other):
            assert live.until_push("balance")["cash_minor"] == cash_minor
        player.fund(5_000)
        for live in (one, other):
            assert live.until_push("balance")["cash_minor"] == cash_minor + 5_000


def test_an_eviction_between_two_messages_is_not_noticed(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=50_000)
    session = player.open_game()["session_id"]
    with playing(edge, player) as one, playing(edge, player) as other:
        key = fresh_key()
        first = one.bet(session, 100, key=key)
        edge.evict("wallet_do", "WalletDO", player.player_id)
        assert one.bet(session, 100, key=key)["round_id"] == first["round_id"]
        second = one.bet(session, 100)
        assert second["fairness"]["nonce"] == 1
        while other.until_push("balance")["seq"] != second["wallet"]["seq"]:
            pass
        edge.evict("wallet_do", "WalletDO", player.player_id)
        player.post("/v1/auth/logout", {"refresh_token": player.refresh_token})
        assert {live.until_closed().code for live in (one, other)} == {4403}


def test_an_evicted_wallet_still_ends_the_socket_of_a_token_that_ends(
    edge: Edge, client: httpx.Client
) -> None:
    player = join(client)
    with playing(edge, player, token_of(player, lifetime_s=4)) as live:
        edge.evict("wallet_do", "WalletDO", player.player_id)
        assert live.until_closed().code == 4401


def test_a_fifth_socket_takes_the_place_of_the_oldest(edge: Edge, client: httpx.Client) -> None:
    player = join(client)
    with (
        playing(edge, player) as first,
        playing(edge, player) as second,
        playing(edge, player),
        playing(edge, player),
        playing(edge, player) as fifth,
    ):
        closed = first.until_closed()
        assert (closed.code, closed.reason) == (4408, "replaced")
        assert second.ask("balance")["type"] == fifth.ask("balance")["type"] == "balance"


def test_a_switched_off_game_stops_sockets_that_hear_of_it(
    fresh_edge: Callable[..., Edge],
) -> None:
    """A new version in force retires the open session: on the socket once the API has said so."""
    edge = fresh_edge()
    with edge.client() as client:
        player = join(client, funds_minor=10_000)
        session = player.open_game()["session_id"]
        proposer, approver = staff(client, "game_ops"), staff(client, "admin")
        with playing(edge, player) as old:
            assert old.bet(session, 100)["type"] == "round"
            asked = {"rtp": "95.00", "reason": "test"}
            pending = expect(proposer.send("PUT", "/v1/ops/games/dice/rtp", asked), 201)
            decided = approver.post(
                f"/v1/ops/approvals/{pending['approval_id']}",
                {"decision": "approve", "reason": "test"},
            )
            expect(decided, 200)
            with playing(edge, player) as new:
                assert new.bet(session, 100)["code"] == "game_version_retired"
                assert old.bet(session, 100)["code"] == "game_version_retired"
                reopened = player.open_game()["session_id"]
                assert old.bet(reopened, 100)["game_version"] == 2


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_site_gets_no_socket(edge: Edge, player: Player, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        upgrade(edge.base_url, player.headers, origin=origin).__enter__()
    assert refused.value.response.status_code == 403


def test_a_browser_gets_in_by_subprotocol_from_our_own_page(edge: Edge, player: Player) -> None:
    offers = [PROTOCOL, "bearer." + player.headers["Authorization"].removeprefix("Bearer ")]
    with upgrade(edge.base_url, {}, protocols=offers, origin=edge.base_url) as connection:
        assert connection.subprotocol == PROTOCOL
        assert Live(connection).receive()["type"] == "balance"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}],
    ids=["none", "forged", "basic"],
)
def test_without_a_valid_token_there_is_no_socket(edge: Edge, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        upgrade(edge.base_url, headers).__enter__()
    assert refused.value.response.status_code == 401


def test_nobody_hands_themselves_over(edge: Edge, player: Player, client: httpx.Client) -> None:
    """The header by which the API vouches counts for nothing when a client sends it."""
    victim = join(client, funds_minor=5_000)
    proof = json.dumps(["", 0, 9_999_999_999_999, 1_000, "{}"])
    forged = {"X-Hand-Over": proof, "x-player-id": victim.player_id}
    with pytest.raises(InvalidStatus) as refused:
        upgrade(edge.base_url, forged).__enter__()
    assert refused.value.response.status_code == 401
    with upgrade(edge.base_url, {**player.headers, **forged}) as connection:
        assert Live(connection).receive()["seq"] == player.wallet()["seq"]


def test_a_get_without_upgrade_is_told_what_this_is(player: Player) -> None:
    problem(player.get("/v1/play"), 426, "upgrade_required")


def test_bets_on_http_and_on_sockets_share_one_purse(edge: Edge, client: httpx.Client) -> None:
    player = join(client, funds_minor=10 * STAKE_MINOR)
    session = player.open_game()["session_id"]
    start = Barrier(40)

    def over_http(_: int) -> str:
        start.wait()
        answer = player.bet(session, STAKE_MINOR, target=2)
        return "ok" if answer.status_code == 201 else str(answer.json()["code"])

    def over_socket(_: int) -> list[str]:
        with playing(edge, player) as live:
            start.wait()
            answers = [live.bet(session, STAKE_MINOR, target=2) for _ in range(10)]
        return [answer.get("code", "ok") for answer in answers]

    with ThreadPoolExecutor(40) as pool:
        on_sockets = [pool.submit(over_socket, n) for n in range(4)]
        by_http = [pool.submit(over_http, n) for n in range(36)]
        codes = Counter(future.result() for future in by_http)
        codes.update(code for future in on_sockets for code in future.result())
    assert codes.keys() <= {"ok", "insufficient_funds"}
    events = assert_adds_up(player)
    bets = [event for event in events if event["type"] == "BET"]
    assert len(bets) == codes["ok"]
    assert codes["ok"] == min(76, 10 + totals(events)["WIN"] // STAKE_MINOR)


def test_fifty_players_on_fifty_sockets(edge: Edge, client: httpx.Client) -> None:
    with ThreadPoolExecutor(10) as pool:
        players = list(pool.map(lambda _: join(client, funds_minor=10_000), range(50)))
    start = Barrier(50)

    def play(player: Player) -> list[Json]:
        session = player.open_game()["session_id"]
        with playing(edge, player) as live:
            start.wait()
            return [live.bet(session, 100) for _ in range(10)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(play, players))
    for player, rounds in zip(players, answers, strict=True):
        assert [answer["fairness"]["nonce"] for answer in rounds] == list(range(10))
        assert rounds[-1]["wallet"]["cash_minor"] == player.wallet()["cash_minor"]
    assert_adds_up(players[0])


def test_a_flood_is_cut_and_nobody_else_notices(fresh_edge: Callable[..., Edge]) -> None:
    edge = fresh_edge(variables={"api:RATE_LIMIT_SCALE": "1"})
    with edge.client() as client:
        hostile, other = (join(client, funds_minor=5_000) for _ in range(2))
        session = other.open_game()["session_id"]
        with playing(edge, hostile) as flood, playing(edge, other) as live:
            for _ in range(500):
                flood.send('{"id":1,"type":"balance"}')
            closed = flood.until_closed()
            assert (closed.code, closed.reason) == (4429, "rate_limited")
            assert live.bet(session, 100)["type"] == "round"


def test_a_client_that_never_reads_holds_up_nobody(
    edge: Edge, player: Player, session_id: str, client: httpx.Client
) -> None:
    """It writes for more than the house keeps for it, and the player's other socket plays on."""
    slow_player = join(client, funds_minor=1_000_000)
    slow_session = slow_player.open_game()["session_id"]
    host, _, port = edge.base_url.removeprefix("http://").partition(":")
    slow = _unread_socket(host, int(port), slow_player)
    with slow, playing(edge, slow_player) as same, playing(edge, player) as other:
        ask = _masked('{"id":1,"type":"balance"}')
        slow.settimeout(0.5)
        try:
            for _ in range(200):
                slow.sendall(ask * 100)
        except OSError:
            pass
        assert same.bet(slow_session, 100)["type"] == "round"
        assert other.bet(session_id, 100)["type"] == "round"


def _unread_socket(host: str, port: int, player: Player) -> Any:
    """A WebSocket whose client has upgraded, and reads nothing after that."""
    import socket  # noqa: PLC0415 - this test alone speaks bytes

    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.sendall(
        f"GET /v1/play HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {secrets.token_urlsafe(16)}==\r\n"
        f"Authorization: {player.headers['Authorization']}\r\n\r\n".encode()
    )
    assert connection.recv(64).startswith(b"HTTP/1.1 101")
    return connection


def _masked(text: str) -> bytes:
    """One client frame with a mask of zeros (RFC 6455 §5.3 asks for a mask, not for which)."""
    payload = text.encode()
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload
