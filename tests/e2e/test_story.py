"""The whole story of a player over HTTP, from sign-up to a paid withdrawal, with its proofs."""

import hashlib
import hmac
import itertools
from binascii import crc_hqx
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
from e2e import bank
from e2e.player import Json, Player, assert_adds_up, expect, join, totals, until

WEBHOOKS_AT_ONCE = 5
ROUNDS = 12


def _fields(text: str) -> dict[str, str]:
    """The fields of a BR Code: two digits of id, two of length, the value (EMV QRCPS-MPM)."""
    fields, at = {}, 0
    while at < len(text):
        length = int(text[at + 2 : at + 4])
        fields[text[at : at + 2]] = text[at + 4 : at + 4 + length]
        at += 4 + length
    assert at == len(text)
    return fields


def _words(server_seed: str, client_seed: str, nonce: int) -> Iterator[int]:
    """The stream of the published rule, written from the rule."""
    for block in itertools.count():
        message = f"{client_seed}:{nonce}:{block}".encode()
        digest = hmac.new(server_seed.encode(), message, hashlib.sha256).digest()
        for at in range(0, 32, 4):
            yield int.from_bytes(digest[at : at + 4], "big")


def _roll(server_seed: str, client_seed: str, nonce: int) -> int:
    fair = (1 << 32) - (1 << 32) % 10_000
    return next(w for w in _words(server_seed, client_seed, nonce) if w < fair) % 10_000


def _pays(stake_minor: int, roll: int, target: int, *, over: bool, rtp_bps: int) -> int:
    wins = roll >= 10_000 - target * 100 if over else roll < target * 100
    return stake_minor * rtp_bps // (target * 100) if wins else 0


def _deposit_is_credited_once(player: Player, amount_minor: int) -> None:
    deposit = player.request_deposit(amount_minor)
    assert deposit["status"] == "pending"
    code = deposit["pix"]["br_code"]
    assert code[-4:] == f"{crc_hqx(code[:-4].encode(), 0xFFFF):04X}"
    fields = _fields(code)
    assert (fields["00"], fields["53"], fields["58"]) == ("01", "986", "BR")
    assert fields["54"] == f"{amount_minor // 100}.{amount_minor % 100:02d}"
    assert deposit["pix"]["txid"] in _fields(fields["26"])["25"]

    paid = player.pay(deposit["pix"]["txid"])
    again = player.pay(deposit["pix"]["txid"])
    assert (paid["status"], again) == ("credited", paid)
    assert player.wallet()["cash_minor"] == amount_minor


def _webhook_is_worked_off_once(player: Player, amount_minor: int) -> None:
    deposit = player.request_deposit(amount_minor)
    message = bank.notice(bank.payment(deposit["pix"]["txid"], amount_minor, player.cpf))
    with ThreadPoolExecutor(WEBHOOKS_AT_ONCE) as pool:
        posts = [
            pool.submit(bank.deliver, player.client, bank.PAYMENTS, message)
            for _ in range(WEBHOOKS_AT_ONCE)
        ]
        answers = [expect(post.result(), 200) for post in posts]
    assert answers == [{"received": 1, "credited": 1, "refunded": 0, "unknown": 0}] * 5
    shown = expect(player.get(f"/v1/me/deposits/{deposit['deposit_id']}"), 200)
    assert (shown["status"], shown["refusal"]) == ("credited", None)
    assert shown["settled_at"] >= shown["requested_at"]


def _rounds_are_provable(player: Player, rounds: list[Json], rtp_bps: int) -> None:
    """Each round is what its revealed seed decides: by our code, and by the public verifier."""
    committed = rounds[0]["fairness"]["server_seed_hash"]
    rotation = expect(player.post("/v1/me/fairness/rotate", {"client_seed": "my-own-seed"}), 200)
    revealed, current = rotation["revealed"], rotation["current"]
    assert hashlib.sha256(revealed["server_seed"].encode()).hexdigest() == committed
    assert revealed["server_seed_hash"] == committed
    assert revealed["last_nonce"] == len(rounds) - 1
    assert (current["client_seed"], current["nonce"]) == ("my-own-seed", 0)
    assert current["server_seed_hash"] != committed
    assert expect(player.get("/v1/me/fairness"), 200) == {
        "current": current,
        "revealed": [revealed],
    }
    for nonce, played in enumerate(rounds):
        recalled = expect(player.get(f"/v1/me/rounds/{played['round_id']}"), 200)
        fairness, params = played["fairness"], recalled["params"]
        assert fairness["nonce"] == nonce
        assert fairness["server_seed_hash"] == committed
        roll = _roll(revealed["server_seed"], fairness["client_seed"], nonce)
        assert played["outcome"]["roll"] == roll
        assert played["payout_minor"] == _pays(
            played["stake_minor"], roll, params["target"], over=params["over"], rtp_bps=rtp_bps
        )
        claim = {
            "server_seed": revealed["server_seed"],
            "client_seed": fairness["client_seed"],
            "nonce": nonce,
            "game_id": played["game_id"],
            "game_version": played["game_version"],
            "params": params,
            "stake_minor": played["stake_minor"],
        }
        verified = expect(player.client.post("/v1/fairness/verify", json=claim), 200)
        assert verified["server_seed_hash"] == committed
        assert verified["outcome"] == played["outcome"]
        assert verified["payout_minor"] == played["payout_minor"]


def _recall_tells_what_was_played(player: Player, rounds: list[Json]) -> None:
    listed = expect(player.get("/v1/me/rounds", limit=100), 200)["items"][::-1]
    assert [r["round_id"] for r in listed] == [r["round_id"] for r in rounds]
    for played, recalled in zip(rounds, listed, strict=True):
        assert expect(player.get(f"/v1/me/rounds/{played['round_id']}"), 200) == recalled
        for name in ("status", "game_id", "game_version", "stake_minor", "payout_minor"):
            assert recalled[name] == played[name], name
        assert recalled["outcome"] == played["outcome"]
        assert recalled["fairness"] == played["fairness"]
        assert recalled["cash_after_minor"] == played["wallet"]["cash_minor"]
        assert recalled["cash_after_minor"] == (
            recalled["cash_before_minor"] - recalled["stake_minor"] + recalled["payout_minor"]
        )


def _withdrawal_is_held_and_paid(player: Player, amount_minor: int) -> None:
    before = player.wallet()
    withdrawal = player.withdraw(amount_minor)
    assert (withdrawal["status"], withdrawal["amount_minor"]) == ("processing", amount_minor)
    assert withdrawal["due_at"] > withdrawal["requested_at"]
    assert withdrawal["explanation"]
    paid = until(
        lambda: expect(player.get(f"/v1/me/withdrawals/{withdrawal['withdrawal_id']}"), 200),
        lambda shown: bool(shown["status"] == "paid"),
    )
    assert paid["settled_at"] >= paid["requested_at"]
    after = player.wallet()
    assert after["cash_minor"] == before["cash_minor"] - amount_minor
    assert after["held_minor"] == 0


def test_a_player_registers_deposits_plays_verifies_and_is_paid(client: httpx.Client) -> None:
    player = join(client)
    assert player.wallet()["cash_minor"] == 0
    profile = expect(player.get("/v1/me"), 200)
    assert (profile["status"], profile["eligibility"]["can_deposit"]) == ("active", True)

    _deposit_is_credited_once(player, 50_000)
    _webhook_is_worked_off_once(player, 25_050)
    assert player.wallet()["cash_minor"] == 75_050

    game = expect(client.get("/v1/games/dice"), 200)
    rtp_bps = round(float(game["rtp_target"]) * 100)
    session = player.open_game()
    assert session["game_version"] == game["version"]
    assert session["fairness"] == expect(player.get("/v1/me/fairness"), 200)["current"]
    rounds = [
        expect(player.bet(session["session_id"], 100 + 37 * n, target=target, over=over), 201)
        for n, (target, over) in enumerate(
            itertools.islice(itertools.product((2, 33, 50, 98), (True, False, True)), ROUNDS)
        )
    ]
    assert all(played["fairness"]["client_seed"] for played in rounds)
    _recall_tells_what_was_played(player, rounds)
    _rounds_are_provable(player, rounds, rtp_bps)

    _withdrawal_is_held_and_paid(player, 30_000)
    sums = totals(assert_adds_up(player))
    assert (sums["DEPOSIT"], sums["WITHDRAWAL"]) == (75_050, 30_000)
    assert sums["BET"] == sum(played["stake_minor"] for played in rounds)
    assert sums["WIN"] == sum(played["payout_minor"] for played in rounds)


def test_the_projection_shows_what_the_wallets_did(client: httpx.Client) -> None:
    before = expect(client.get("/v1/stats"), 200)
    player = join(client, funds_minor=10_000)
    session = player.open_game()["session_id"]
    rounds = [player.play(session, 250) for _ in range(4)]
    wins = sum(played["payout_minor"] for played in rounds)
    seq = player.wallet()["seq"]

    def has_arrived(now: Json) -> bool:
        return bool(
            now["rounds"] >= before["rounds"] + 4
            and now["stakes_minor"] >= before["stakes_minor"] + 1_000
            and now["wins_minor"] >= before["wins_minor"] + wins
            and now["events_projected"] >= before["events_projected"] + seq
        )

    stats = until(lambda: expect(client.get("/v1/stats"), 200), has_arrived)
    assert stats["players"] > before["players"]
    assert stats["by_currency"]["BRL"]["stakes_minor"] == stats["stakes_minor"]
