"""Many requests at once on one wallet: what one by one may not happen, may not happen together."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
from e2e.player import Player, assert_adds_up, expect, fresh_key, join, totals, until

BETS = 50
AFFORDABLE = 10
STAKE_MINOR = 1_000
ATTEMPTS = 20


def at_once[T](count: int, ask: Callable[[int], T]) -> list[T]:
    """`count` calls from as many threads that start together; the answers in order."""
    start = Barrier(count)

    def one(number: int) -> T:
        start.wait()
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def _codes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(
        "ok" if answer.status_code in (200, 201) else str(answer.json()["code"])
        for answer in answers
    )


def _bets_at_once(player: Player, session_id: str) -> list[httpx.Response]:
    return at_once(BETS, lambda _: player.bet(session_id, STAKE_MINOR, target=2))


def test_fifty_bets_on_a_wallet_that_affords_ten(client: httpx.Client) -> None:
    """Exactly ten are accepted when none wins. One in fifty wins and buys forty-eight more, so the
    law is checked on every attempt and the exact ten on the first without a win (82 in 100).
    """
    for _ in range(ATTEMPTS):
        player = join(client, funds_minor=AFFORDABLE * STAKE_MINOR)
        session = player.open_game()["session_id"]
        codes = _codes(_bets_at_once(player, session))
        assert codes.keys() <= {"ok", "insufficient_funds"}
        events = assert_adds_up(player)
        bets = [event for event in events if event["type"] == "BET"]
        assert len(bets) == codes["ok"]
        wins_minor = totals(events)["WIN"]
        affordable = (AFFORDABLE * STAKE_MINOR + wins_minor) // STAKE_MINOR
        assert codes["ok"] == min(BETS, affordable)
        if wins_minor == 0:
            assert codes == {"ok": AFFORDABLE, "insufficient_funds": BETS - AFFORDABLE}
            assert player.wallet()["cash_minor"] == 0
            return
    raise AssertionError(f"no attempt of {ATTEMPTS} without a win: the game pays too often")


def test_every_round_has_a_nonce_of_its_own(client: httpx.Client) -> None:
    player = join(client, funds_minor=100_000)
    session = player.open_game()["session_id"]
    rounds = [expect(a, 201) for a in at_once(30, lambda _: player.bet(session, 100))]
    assert sorted(played["fairness"]["nonce"] for played in rounds) == list(range(30))
    assert len({played["round_id"] for played in rounds}) == 30
    assert_adds_up(player)


def test_one_key_twenty_times_is_one_round_and_twenty_equal_answers(client: httpx.Client) -> None:
    player = join(client, funds_minor=20_000)
    session = player.open_game()["session_id"]
    before, key = player.wallet()["seq"], fresh_key()
    answers = at_once(20, lambda _: player.bet(session, STAKE_MINOR, key=key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = ["idempotency-replayed" in answer.headers for answer in answers]
    assert replayed.count(False) == 1
    assert player.wallet()["seq"] == before + 2
    assert_adds_up(player)


def test_one_key_for_two_stakes_at_once_plays_one_of_them(client: httpx.Client) -> None:
    player = join(client, funds_minor=20_000)
    session = player.open_game()["session_id"]
    before, key = player.wallet()["seq"], fresh_key()
    answers = at_once(10, lambda n: player.bet(session, 100 + n % 2, key=key))
    codes = _codes(answers)
    assert codes == {"ok": 5, "idempotency_key_conflict": 5}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert player.wallet()["seq"] == before + 2


def test_withdrawals_at_once_never_hold_more_than_there_is(client: httpx.Client) -> None:
    player = join(client, funds_minor=5_500)
    body = {"amount_minor": 1_000}
    answers = at_once(20, lambda _: player.post("/v1/me/withdrawals", body, key=fresh_key()))
    assert _codes(answers) == {"ok": 5, "insufficient_funds": 15}
    wallet = until(player.wallet, lambda now: bool(now["held_minor"] == 0))
    assert wallet["cash_minor"] == 500
    listed = expect(player.get("/v1/me/withdrawals"), 200)["items"]
    assert [item["status"] for item in listed] == ["paid"] * 5
    assert totals(assert_adds_up(player))["WITHDRAWAL"] == 5_000


def test_one_key_for_ten_withdrawals_holds_once(client: httpx.Client) -> None:
    player = join(client, funds_minor=5_000)
    key, body = fresh_key(), {"amount_minor": 1_000}
    answers = at_once(10, lambda _: player.post("/v1/me/withdrawals", body, key=key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    until(player.wallet, lambda now: bool(now["held_minor"] == 0))
    assert totals(assert_adds_up(player))["WITHDRAWAL"] == 1_000


def test_bets_and_withdrawals_at_once_share_one_purse(client: httpx.Client) -> None:
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]

    def ask(number: int) -> httpx.Response:
        if number % 2:
            return player.bet(session, STAKE_MINOR, target=2)
        body = {"amount_minor": STAKE_MINOR}
        return player.post("/v1/me/withdrawals", body, key=fresh_key())

    codes = _codes(at_once(40, ask))
    assert codes.keys() <= {"ok", "insufficient_funds"}
    until(player.wallet, lambda now: bool(now["held_minor"] == 0))
    sums = totals(assert_adds_up(player))
    spent = sums.get("BET", 0) + sums.get("WITHDRAWAL", 0)
    assert codes["ok"] * STAKE_MINOR == spent
    assert spent <= 10_000 + sums.get("WIN", 0)
    assert codes["ok"] >= AFFORDABLE


def test_one_charge_paid_ten_times_at_once_is_credited_once(client: httpx.Client) -> None:
    player = join(client)
    key = fresh_key()
    body = {"amount_minor": 2_500, "method": "pix"}
    opened = at_once(5, lambda _: player.post("/v1/me/deposits", body, key=key))
    assert len({answer.content for answer in opened}) == 1
    deposit = expect(opened[0], 201)
    paid = at_once(10, lambda _: player.pay(deposit["pix"]["txid"]))
    assert {answer["status"] for answer in paid} == {"credited"}
    assert player.wallet()["cash_minor"] == 2_500
    assert totals(assert_adds_up(player))["DEPOSIT"] == 2_500


def test_rotations_at_once_reveal_each_seed_once(client: httpx.Client) -> None:
    player = join(client)
    rotations = at_once(8, lambda _: expect(player.post("/v1/me/fairness/rotate", {}), 200))
    revealed = {rotation["revealed"]["server_seed_hash"] for rotation in rotations}
    current = {rotation["current"]["server_seed_hash"] for rotation in rotations}
    assert (len(revealed), len(current), len(revealed | current)) == (8, 8, 9)
    assert_adds_up(player)


def test_wallets_of_different_players_never_mix(client: httpx.Client) -> None:
    players = [join(client, funds_minor=10_000) for _ in range(4)]
    sessions = [player.open_game()["session_id"] for player in players]
    answers = at_once(40, lambda n: players[n % 4].bet(sessions[n % 4], 100 + n % 4))
    assert _codes(answers) == {"ok": 40}
    for number, player in enumerate(players):
        bets = [event for event in assert_adds_up(player) if event["type"] == "BET"]
        assert [bet["amount_minor"] for bet in bets] == [100 + number] * 10
