"""Plays the whole story against a running edge and checks every step of it.

Invariant: it trusts nothing it can compute. Payouts, rolls, the gapless statement and the balance
are worked out here from the public rules, with none of the house's code, and compared with what
the edge says. The first deviation ends the demo with exit status 1.
"""

import argparse
import hmac
import os
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import httpx

DEFAULT_URL: Final = "http://127.0.0.1:8787"
DEPOSIT_MINOR: Final = 100_00
STAKE_MINOR: Final = 2_00
ROUNDS: Final = 20
WITHDRAWAL_PATIENCE_S: Final = 60
POLL_S: Final = 0.25
FACES: Final = 10_000
ONE_PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A picture: the sandbox's identity provider passes every one."""
WORD_SPACE: Final = 2**32
MONEY_COLUMNS: Final = {"DEPOSIT": 1, "WITHDRAWAL": -1, "BET": -1, "WIN": 1}


class DeviationError(Exception):
    """The edge did something else than what its own rules say."""


def must(condition: object, law: str) -> None:
    """Stops the demo when a law does not hold.

    Raises:
        DeviationError: naming the law.
    """
    if not condition:
        raise DeviationError(law)


def reais(minor: int) -> str:
    """`-5` → `-R$ 0.05`."""
    return f"{'-' if minor < 0 else ''}R$ {abs(minor) // 100}.{abs(minor) % 100:02d}"


def random_cpf() -> str:
    """A CPF with valid check digits (Receita Federal, modulo 11)."""
    digits = [1, *(secrets.randbelow(10) for _ in range(7)), 2]
    for length in (9, 10):
        total = sum(digit * (length + 1 - at) for at, digit in enumerate(digits))
        digits.append(total * 10 % 11 % 10)
    return "".join(map(str, digits))


def roll_of(server_seed: str, client_seed: str, nonce: int) -> int:
    """The roll of a round by the published rule: HMAC-SHA256 blocks, 4-byte words, no bias."""
    fair = WORD_SPACE - WORD_SPACE % FACES
    block_number = 0
    while True:
        message = f"{client_seed}:{nonce}:{block_number}".encode("ascii")
        block = hmac.digest(server_seed.encode("ascii"), message, "sha256")
        for at in range(0, len(block), 4):
            word = int.from_bytes(block[at : at + 4])
            if word < fair:
                return word % FACES
        block_number += 1


def payout_of(roll: int, stake_minor: int, params: dict[str, Any], rtp_bps: int) -> int:
    """What a dice round pays by the published rule, in minor units."""
    winning = params["target"] * 100
    win = roll >= FACES - winning if params["over"] else roll < winning
    return stake_minor * rtp_bps // winning if win else 0


@dataclass
class Player:
    """One person's connection to the edge."""

    http: httpx.Client
    steps: int = 0

    def step(self, sentence: str) -> None:
        self.steps += 1
        print(f"{self.steps:2}. {sentence}", flush=True)

    def call(self, method: str, path: str, status: int, **options: Any) -> httpx.Response:
        """A request that must answer with `status`."""
        answer = self.http.request(method, path, **options)
        told = f"{method} {path} answered {answer.status_code}, not {status}: {answer.text[:500]}"
        must(answer.status_code == status, told)
        return answer

    def get(self, path: str) -> Any:
        return self.call("GET", path, 200).json()

    def post(self, path: str, body: object, status: int = 200, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.call("POST", path, status, json=body, headers=headers).json()


def enter(player: Player) -> None:
    """Registers a fresh person and logs in."""
    email, password = f"demo-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
    registered = player.post(
        "/v1/players",
        {
            "email": email,
            "password": password,
            "full_name": "Ana de Souza",
            "birth_date": "1990-05-17",
            "cpf": random_cpf(),
            "phone": "+5511912345678",
            "address": {
                "street": "Avenida Paulista",
                "number": "1000",
                "district": "Bela Vista",
                "city": "São Paulo",
                "state": "SP",
                "postal_code": "01310-100",
                "country": "BR",
            },
            "gender": "female",
            "limits": {
                "loss": {"period": "daily", "amount_minor": 500_00},
                "time": {"period": "daily", "minutes": 120},
            },
            "accept_terms": True,
            "accept_privacy": True,
        },
        201,
    )
    player.step(f"registered {email}: player {registered['player_id']}")
    tokens = player.post("/v1/auth/login", {"email": email, "password": password})
    player.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    player.step(f"logged in; the access token lives {tokens['expires_in']} s")


def identify(player: Player) -> None:
    """Sends a selfie, which an analyst of the sandbox approves."""
    player_id = player.get("/v1/me")["player_id"]
    selfie = {"kind": "selfie", "content_type": "image/png", "content_base64": ONE_PIXEL}
    player.post("/v1/me/kyc/documents", selfie, 201)
    closed = player.get("/v1/me")["eligibility"]["reasons"]
    must("kyc_required" in closed, f"the gate is closed by {closed}, and not by the identity")
    credentials = {"email": "kyc@acme.test", "password": "demo-Only-1!"}
    analyst = player.post("/v1/ops/auth/login", credentials)
    decision = {"decision": "approve", "reason": "the face is that of the document"}
    path = f"/v1/ops/kyc/{player_id}/decision"
    headers = {"Authorization": f"Bearer {analyst['access_token']}"}
    player.call("POST", path, 200, json=decision, headers=headers)
    must(player.get("/v1/me")["eligibility"]["can_deposit"], "the gate stays closed")
    player.step("sent a selfie; an analyst approved it, and the wallet takes deposits and bets")


def deposit(player: Player) -> None:
    """Deposits by PIX, paid in the sandbox bank."""
    body = {"amount_minor": DEPOSIT_MINOR, "method": "pix"}
    asked = player.post("/v1/me/deposits", body, 201)
    player.step(f"asked for a PIX of {reais(DEPOSIT_MINOR)}: {asked['pix']['br_code'][:40]}…")
    player.post(f"/v1/sandbox/pix/{asked['pix']['txid']}/pay", {})
    status = player.get(f"/v1/me/deposits/{asked['deposit_id']}")["status"]
    must(status == "credited", f"the paid deposit is {status}, not credited")
    cash = player.get("/v1/me/wallet")["cash_minor"]
    must(cash == DEPOSIT_MINOR, f"{reais(cash)} in the wallet after {reais(DEPOSIT_MINOR)}")
    player.step(f"paid in the sandbox bank, credited: {reais(cash)} in cash")


def play(player: Player) -> tuple[list[dict[str, Any]], int]:
    """Plays the rounds; them with their parameters, and the RTP in basis points."""
    game = player.get("/v1/games/dice")
    rtp_bps = int(game["paytable"]["rtp_bps"])
    session = player.post("/v1/me/game-sessions", {"game_id": "dice"}, 201)
    committed = session["fairness"]["server_seed_hash"]
    player.step(f"opened dice version {session['game_version']}, RTP {game['rtp_target']} %")
    print(f"    the house is committed to {committed}")
    rounds = []
    cash = DEPOSIT_MINOR
    for number in range(ROUNDS):
        params = {"target": 25 + 5 * (number % 11), "over": number % 2 == 1}
        bet = {"session_id": session["session_id"], "stake_minor": STAKE_MINOR, "params": params}
        key = secrets.token_hex(16)
        played = player.post("/v1/me/rounds", bet, 201, key)
        cash += played["payout_minor"] - STAKE_MINOR
        told = played["wallet"]["cash_minor"]
        must(told == cash, f"round {number} leaves {reais(told)}, it should be {reais(cash)}")
        must(played["fairness"]["server_seed_hash"] == committed, "the commitment changed")
        must(
            played["fairness"]["nonce"] == session["fairness"]["nonce"] + number,
            "a nonce is missing",
        )
        rounds.append({**played, "params": params, "key": key, "bet": bet})
    wins = sum(game_round["outcome"]["win"] for game_round in rounds)
    player.step(
        f"played {ROUNDS} rounds of {reais(STAKE_MINOR)}: {wins} won; {reais(cash)} in cash"
    )
    return rounds, rtp_bps


def replay_and_recall(player: Player, rounds: list[dict[str, Any]]) -> None:
    """Sends a bet again under its key, and asks for a round of the past."""
    first = rounds[0]
    headers = {"Idempotency-Key": first["key"]}
    again = player.call("POST", "/v1/me/rounds", 201, json=first["bet"], headers=headers)
    replayed = again.headers.get("Idempotency-Replayed")
    must(replayed == "true", f"Idempotency-Replayed is {replayed}")
    must(again.json()["round_id"] == first["round_id"], "the same key made another round")
    player.step(f"sent round 1 again with its key: same round, Idempotency-Replayed: {replayed}")
    recalled = player.get(f"/v1/me/rounds/{first['round_id']}")
    for name in ("stake_minor", "payout_minor", "outcome", "params", "fairness"):
        must(recalled[name] == first[name], f"the recalled round has another {name}")
    player.step(f"recalled round 1: roll {first['outcome']['roll']}, as it was played")


def prove(player: Player, rounds: list[dict[str, Any]], rtp_bps: int) -> None:
    """Rotates the seed and recomputes every round here."""
    revealed = player.post("/v1/me/fairness/rotate", {"client_seed": "demo-next"})["revealed"]
    seed = revealed["server_seed"]
    hashed = sha256(seed.encode("ascii")).hexdigest()
    must(hashed == rounds[0]["fairness"]["server_seed_hash"], "another seed than was promised")
    player.step(f"rotated the seeds; the house reveals {seed}")
    for number, played in enumerate(rounds, 1):
        fairness = played["fairness"]
        roll = roll_of(seed, fairness["client_seed"], fairness["nonce"])
        must(roll == played["outcome"]["roll"], f"round {number} should have rolled {roll}")
        payout = payout_of(roll, played["stake_minor"], played["params"], rtp_bps)
        must(payout == played["payout_minor"], f"round {number} should have paid {reais(payout)}")
    player.step(f"recomputed all {len(rounds)} rounds with HMAC-SHA256: rolls and payouts agree")


def withdraw(player: Player) -> None:
    """Withdraws half of the cash and waits until the bank has paid."""
    amount = player.get("/v1/me/wallet")["withdrawable_minor"] // 2
    account = player.get("/v1/me/payment-accounts")["items"][0]["payment_account_id"]
    body = {"amount_minor": amount, "payment_account_id": account}
    asked = player.post("/v1/me/withdrawals", body, 201)
    player.step(f"asked to withdraw {reais(amount)}: {asked['status']}, due by {asked['due_at']}")
    give_up_at = time.monotonic() + WITHDRAWAL_PATIENCE_S
    while (
        status := player.get(f"/v1/me/withdrawals/{asked['withdrawal_id']}")["status"]
    ) != "paid":
        must(time.monotonic() < give_up_at, f"the withdrawal is still {status}")
        must(status == "processing", f"the withdrawal is {status}")
        time.sleep(POLL_S)
    player.step("the sandbox bank has paid the withdrawal")


def read_statement(player: Player) -> list[dict[str, Any]]:
    """All events, oldest first: they must be gapless, and their deltas add up to each balance."""
    page = player.get("/v1/me/wallet/events?limit=25")
    events: list[dict[str, Any]] = page["items"]
    while page["next_cursor"] is not None:
        page = player.get(f"/v1/me/wallet/events?limit=25&cursor={page['next_cursor']}")
        events += page["items"]
    events.reverse()
    must([event["seq"] for event in events] == [*range(1, len(events) + 1)], "a seq is missing")
    for pot in ("cash", "bonus", "held"):
        balance = 0
        for event in events:
            balance += event[f"{pot}_delta"]
            must(balance == event[f"{pot}_after"], f"{pot} does not add up at event {event['seq']}")
    kinds = Counter(event["type"] for event in events)
    player.step(f"read the statement: {len(events)} events, gapless, every balance adds up")
    print("    " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    return events


def verify(player: Player, events: list[dict[str, Any]]) -> None:
    """Asks the house to verify the chain, and works out the balance from the statement."""
    wallet = player.get("/v1/me/wallet")
    chain = player.get("/v1/me/wallet/verify")
    must(chain["ok"], f"the chain breaks at event {chain.get('broken_at')}")
    must(chain["events"] == len(events), "the chain has other events than the statement")
    must(chain["head_hash"] == events[-1]["hash"] == wallet["head_hash"], "two different heads")
    sums = {
        kind: sum(event["amount_minor"] for event in events if event["type"] == kind)
        for kind in MONEY_COLUMNS
    }
    balance = sum(sign * sums[kind] for kind, sign in MONEY_COLUMNS.items())
    held = wallet["cash_minor"] + wallet["bonus_minor"] + wallet["held_minor"]
    player.step(f"chain verified: {chain['events']} events, head {chain['head_hash']}")
    print("    deposits − withdrawals − stakes + wins = balance")
    print(
        f"    {reais(sums['DEPOSIT'])} − {reais(sums['WITHDRAWAL'])} − {reais(sums['BET'])}"
        f" + {reais(sums['WIN'])} = {reais(balance)}; in the wallet: {reais(held)}"
    )
    must(balance == held, f"the equation gives {reais(balance)}, the wallet has {reais(held)}")


def tell_story(url: str) -> None:
    """The whole story.

    Raises:
        DeviationError: at the first step that is not as it should be.
        httpx.HTTPError: when the edge does not answer.
    """
    with httpx.Client(base_url=url, timeout=60) as http:
        player = Player(http)
        enter(player)
        identify(player)
        deposit(player)
        rounds, rtp_bps = play(player)
        replay_and_recall(player, rounds)
        prove(player, rounds, rtp_bps)
        withdraw(player)
        events = read_statement(player)
        verify(player, events)


def main() -> int:
    arguments = argparse.ArgumentParser(description="Play the whole story against a running edge.")
    arguments.add_argument("--url", default=os.environ.get("URL", DEFAULT_URL))
    url = arguments.parse_args().url
    try:
        tell_story(url)
    except DeviationError as deviation:
        print(f"DEVIATION: {deviation}", file=sys.stderr)
        return 1
    except httpx.HTTPError as trouble:
        print(f"error: no answer from {url}: {trouble!r}\n  → start it: make dev", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
