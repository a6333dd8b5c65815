"""Protection against bets, all at once: what holds one by one holds in a race.

The order of a race is the order of the wallet's events. The law of each test is read from there:
after the event that closes, no bet; within a limit, never more than the limit.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Barrier

import httpx
import pytest
from e2e.edge import Edge
from e2e.live_client import Closed, Live, playing
from e2e.player import Json, Player, assert_adds_up, expect, fresh_key, join
from websockets.exceptions import ConnectionClosed

BETS = 50
STAKE_MINOR = 1_000
PATIENCE = 200
SOCKETS = 4
IN_FLIGHT = 15


def at_once[T](asks: list[Callable[[], T]]) -> list[T]:
    """Every call from a thread of its own, all started together; the answers in order."""
    start = Barrier(len(asks))

    def one(ask: Callable[[], T]) -> T:
        start.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def codes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(
        "ok" if answer.status_code in (200, 201) else str(answer.json()["code"])
        for answer in answers
    )


def places(events: list[Json], kind: str) -> list[int]:
    return [int(event["seq"]) for event in events if event["type"] == kind]


def bet_until_refused(player: Player, session_id: str) -> list[httpx.Response]:
    """One bet after the other, as fast as they are answered; the last answer is the refusal."""
    answers = [player.bet(session_id, STAKE_MINOR)]
    while answers[-1].status_code == 201:
        assert len(answers) < PATIENCE, "nothing closed play"
        answers.append(player.bet(session_id, STAKE_MINOR))
    return answers


def close_during_bets(player: Player, path: str, body: Json) -> tuple[list[Json], Counter[str]]:
    """Fifty bets at a time, and in the midst of them one request that closes play; the statement,
    and what the bets were answered.
    """
    session = player.open_game()["session_id"]
    asks: list[Callable[[], list[httpx.Response]]] = [
        lambda: bet_until_refused(player, session) for _ in range(BETS)
    ]
    asks.insert(BETS // 2, lambda: [player.post(path, body)])
    answers = at_once(asks)
    expect(answers.pop(BETS // 2)[0], 201)
    return assert_adds_up(player), codes([one for several in answers for one in several])


@pytest.mark.parametrize(
    ("path", "body", "event", "code"),
    [
        ("/v1/me/exclusions", {"days": 30}, "EXCLUDED", "excluded"),
        ("/v1/me/exclusions", {"indefinite": True}, "EXCLUDED", "excluded"),
        ("/v1/me/pauses", {"hours": 24}, "PAUSED", "paused"),
    ],
)
def test_no_bet_of_fifty_parallel_ones_is_accepted_after_the_exclusion(
    client: httpx.Client, path: str, body: Json, event: str, code: str
) -> None:
    player = join(client, funds_minor=100 * BETS * STAKE_MINOR)
    events, answered = close_during_bets(player, path, body)
    [closed_at] = places(events, event)
    bets = places(events, "BET")
    assert not [seq for seq in bets if seq > closed_at]
    assert answered.keys() <= {"ok", code}
    assert answered["ok"] == len(bets)
    assert answered[code] == BETS, "each of the fifty was refused in the end"


def bet_until_closed(live: Live, session_id: str, go: threading.Event) -> tuple[int, Closed]:
    """Bets with always `IN_FLIGHT` of them unanswered, until the server ends the socket; how many
    were accepted, and the end.
    """
    accepted = sent = 0
    while True:
        with suppress(ConnectionClosed):  # what was answered before is still there to be read
            while sent - accepted < IN_FLIGHT:
                live.send(live_bet(session_id))
                sent += 1
        try:
            accepted += live.receive()["type"] == "round"
        except Closed as closed:
            return accepted, closed
        if accepted == BETS // SOCKETS:
            go.set()


def live_bet(session_id: str) -> str:
    return json.dumps(
        {
            "id": fresh_key(),
            "type": "round",
            "idempotency_key": fresh_key(),
            "session_id": session_id,
            "stake_minor": STAKE_MINOR,
            "params": {"target": 50, "over": False},
        }
    )


def test_no_bet_over_a_websocket_is_accepted_after_the_exclusion(
    edge: Edge, client: httpx.Client
) -> None:
    """Four sockets bet without waiting for answers, fifty and more bets under way; the exclusion
    comes over HTTP in the midst of them.
    """
    player = join(client, funds_minor=1_000 * BETS * STAKE_MINOR)
    session = player.open_game()["session_id"]
    go = threading.Event()
    with ExitStack() as stack:
        sockets = [stack.enter_context(playing(edge, player)) for _ in range(SOCKETS)]
        with ThreadPoolExecutor(SOCKETS) as pool:
            running = [pool.submit(bet_until_closed, live, session, go) for live in sockets]
            assert go.wait(20)
            expect(player.post("/v1/me/exclusions", {"months": 6}), 201)
            ends = [one.result(30) for one in running]
    events = assert_adds_up(player)
    [closed_at] = places(events, "EXCLUDED")
    bets = places(events, "BET")
    assert not [seq for seq in bets if seq > closed_at]
    assert len(bets) >= BETS // SOCKETS
    assert sum(accepted for accepted, _ in ends) == len(bets)
    assert {(closed.code, closed.reason) for _, closed in ends} == {(4403, "excluded")}


def test_a_limit_decrease_holds_for_the_bets_that_race_it(client: httpx.Client) -> None:
    """The limit that is put in force in the midst of the bets is not passed by any later one."""
    player = join(client, funds_minor=BETS * STAKE_MINOR)
    session = player.open_game()["session_id"]
    lowered_to = 10 * STAKE_MINOR
    asks: list[Callable[[], httpx.Response]] = [
        lambda: player.bet(session, STAKE_MINOR) for _ in range(BETS)
    ]
    path = "/v1/me/limits/wager/daily"
    asks.insert(5, lambda: player.send("PUT", path, {"amount_minor": lowered_to}))
    answers = at_once(asks)
    expect(answers.pop(5), 200)
    events = assert_adds_up(player)
    lowered_at = max(places(events, "LIMIT_CHANGED"))
    before = [seq for seq in places(events, "BET") if seq < lowered_at]
    after = [seq for seq in places(events, "BET") if seq > lowered_at]
    assert len(after) == max(0, lowered_to // STAKE_MINOR - len(before))
    answered = codes(answers)
    assert answered.keys() <= {"ok", "limit_wager"}
    assert answered["ok"] == len(before) + len(after)


@pytest.mark.parametrize(
    ("name", "body", "code", "most"),
    [
        ("wager/daily", {"amount_minor": 20 * STAKE_MINOR}, "limit_wager", 20),
        ("bet_count/weekly", {"bets": 17}, "limit_bet_count", 17),
        ("wager/session", {"amount_minor": 9 * STAKE_MINOR}, "limit_wager", 9),
    ],
)
def test_fifty_parallel_bets_never_pass_a_limit(
    client: httpx.Client, name: str, body: Json, code: str, most: int
) -> None:
    player = join(client, funds_minor=BETS * STAKE_MINOR)
    expect(player.send("PUT", f"/v1/me/limits/{name}", body), 200)
    session = player.open_game()["session_id"]
    asks = [lambda: player.bet(session, STAKE_MINOR) for _ in range(BETS)]
    assert codes(at_once(asks)) == {"ok": most, code: BETS - most}
    assert len(places(assert_adds_up(player), "BET")) == most


def test_fifty_parallel_bets_never_lose_more_than_the_loss_limit(client: httpx.Client) -> None:
    player = join(client, funds_minor=BETS * STAKE_MINOR)
    lose_at_most = 12 * STAKE_MINOR
    expect(player.send("PUT", "/v1/me/limits/loss/daily", {"amount_minor": lose_at_most}), 200)
    session = player.open_game()["session_id"]
    asks = [lambda: player.bet(session, STAKE_MINOR, target=2) for _ in range(BETS)]
    answered = codes(at_once(asks))
    assert answered.keys() <= {"ok", "limit_loss"}
    lost = worst = 0
    for event in assert_adds_up(player):
        sign = {"BET": 1, "WIN": -1}.get(event["type"], 0)
        lost += sign * int(event["amount_minor"])
        worst = max(worst, lost)
    assert worst <= lose_at_most
    assert answered["ok"] >= 12


def test_a_deposit_limit_holds_against_parallel_deposits(client: httpx.Client) -> None:
    player = join(client)
    expect(player.send("PUT", "/v1/me/limits/deposit/daily", {"amount_minor": 5_000}), 200)
    body = {"amount_minor": 1_000, "method": "pix"}
    asks = [lambda: player.post("/v1/me/deposits", body, key=fresh_key()) for _ in range(20)]
    assert codes(at_once(asks)) == {"ok": 5, "limit_deposit": 15}
