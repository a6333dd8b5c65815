"""A player as the end-to-end tests use one: registered, logged in, with money, over plain HTTP.

Nothing here knows the inside of the house: a `Player` is a client with a token, and what it asserts
is only that the documented status came back. Each player comes from an address of their own, as
people do, so that one test never uses up the rate limit of another.
"""

import itertools
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from e2e import people
from unit.compliance.files import jpeg

PATIENCE_S: Final = 20
POLL_S: Final = 0.05
STAFF_PASSWORD: Final = "demo-Only-1!"

type Json = dict[str, Any]

_addresses = itertools.count(secrets.randbelow(1 << 20))


def expect(response: httpx.Response, status: int) -> Json:
    """The JSON body of an answer that has this status."""
    assert response.status_code == status, (response.request.url.path, response.text)
    body: Json = response.json()
    return body


def problem(response: httpx.Response, status: int, code: str) -> Json:
    """The RFC 9457 document of a refusal, checked for its shape."""
    body = expect(response, status)
    assert body["code"] == code, body
    assert response.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body


def fresh_key() -> str:
    """An Idempotency-Key that nobody used."""
    return secrets.token_urlsafe(16)


def own_address() -> dict[str, str]:
    """The header by which the platform tells a caller's address; another one with every call."""
    number = next(_addresses)
    return {"CF-Connecting-IP": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def until[T](ask: Callable[[], T], holds: Callable[[T], bool], patience_s: float = PATIENCE_S) -> T:
    """Ask until the answer holds: for what happens behind an answer, such as the projection."""
    deadline = time.monotonic() + patience_s
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(POLL_S)
    return answer


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with an access token."""

    client: httpx.Client
    headers: Mapping[str, str]

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.client.get(path, headers=dict(self.headers), params=query or None)

    def send(
        self, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> httpx.Response:
        """A request with a JSON body, and with an Idempotency-Key when one is given."""
        headers = dict(self.headers) | ({} if key is None else {"Idempotency-Key": key})
        if body is None:
            return self.client.request(method, path, headers=headers)
        return self.client.request(method, path, headers=headers, json=body)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        return self.send("POST", path, body, key=key)


@dataclass(frozen=True, slots=True)
class Player(Caller):
    """A person with an account, a session and a wallet."""

    player_id: str
    email: str
    password: str
    cpf: str
    refresh_token: str

    def wallet(self) -> Json:
        return expect(self.get("/v1/me/wallet"), 200)

    def statement(self) -> list[Json]:
        """Every event, oldest first, through the pages of the API."""
        events: list[Json] = []
        cursor: str | None = None
        while True:
            query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = expect(self.get("/v1/me/wallet/events", **query), 200)
            events += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return events[::-1]

    def verify(self) -> Json:
        """The wallet's own proof, which must hold."""
        proof = expect(self.get("/v1/me/wallet/verify"), 200)
        assert proof["ok"], proof
        assert (proof["broken_at"], proof["law"]) == (None, None)
        return proof

    def request_deposit(self, amount_minor: int, *, key: str | None = None) -> Json:
        """A pending charge."""
        body = {"amount_minor": amount_minor, "method": "pix"}
        return expect(self.post("/v1/me/deposits", body, key=key or fresh_key()), 201)

    def pay(self, txid: str, payer_cpf: str | None = None) -> Json:
        """The sandbox's bank pays a charge."""
        body = {} if payer_cpf is None else {"payer_cpf": payer_cpf}
        return expect(self.post(f"/v1/sandbox/pix/{txid}/pay", body), 200)

    def fund(self, amount_minor: int) -> Json:
        """A deposit that has been paid."""
        deposit = self.request_deposit(amount_minor)
        assert self.pay(deposit["pix"]["txid"])["status"] == "credited"
        return deposit

    def open_game(self, game_id: str = "dice") -> Json:
        return expect(self.post("/v1/me/game-sessions", {"game_id": game_id}), 201)

    def bet(
        self,
        session_id: str,
        stake_minor: int,
        *,
        target: int = 50,
        over: bool = False,
        key: str | None = None,
    ) -> httpx.Response:
        """One round of dice, whatever the answer."""
        body = {
            "session_id": session_id,
            "stake_minor": stake_minor,
            "params": {"target": target, "over": over},
        }
        return self.post("/v1/me/rounds", body, key=key or fresh_key())

    def play(self, session_id: str, stake_minor: int, *, target: int = 50) -> Json:
        """One round of dice that is accepted."""
        return expect(self.bet(session_id, stake_minor, target=target), 201)

    def withdraw(self, amount_minor: int, *, key: str | None = None) -> Json:
        body = {"amount_minor": amount_minor}
        return expect(self.post("/v1/me/withdrawals", body, key=key or fresh_key()), 201)

    def payout_of(self, withdrawal_id: str) -> str:
        """The end-to-end id under which a withdrawal is paid."""
        held = [e for e in self.statement() if e["data"].get("withdrawal_id") == withdrawal_id]
        return str(held[0]["data"]["end_to_end_id"])

    def move_clock(self, ms: int) -> None:
        """Move the clock of this player's wallet forward."""
        expect(self.post("/v1/sandbox/clock", {"advance_ms": ms}), 200)


def join(
    client: httpx.Client, *, funds_minor: int = 0, identified: bool = True, **registration: object
) -> Player:
    """A new player, logged in, whose identity is verified unless `identified` is False; with
    `funds_minor` already deposited.
    """
    person = people.registration(**registration)
    headers = own_address()
    made = expect(client.post("/v1/players", json=person, headers=headers), 201)
    credentials = {"email": person["email"], "password": person["password"]}
    session = expect(client.post("/v1/auth/login", json=credentials, headers=headers), 200)
    player = Player(
        client=client,
        headers={**headers, "Authorization": f"Bearer {session['access_token']}"},
        player_id=made["player_id"],
        email=str(person["email"]),
        password=str(person["password"]),
        cpf=str(person["cpf"]),
        refresh_token=session["refresh_token"],
    )
    if identified:
        identify(player)
    if funds_minor:
        player.fund(funds_minor)
    return player


def identify(player: Player) -> None:
    """A selfie and an analyst's approval, as everybody needs before money moves towards risk."""
    selfie = {
        "kind": "selfie",
        "content_type": "image/jpeg",
        "content_base64": b64encode(jpeg()).decode(),
    }
    expect(player.post("/v1/me/kyc/documents", selfie), 201)
    decision = {"decision": "approve", "reason": "the face is that of the document"}
    path = f"/v1/ops/kyc/{player.player_id}/decision"
    address = str(player.client.base_url)
    if address not in _analysts:
        _analysts[address] = staff(player.client, "kyc").headers
    answer = Caller(player.client, _analysts[address]).post(path, decision)
    if answer.status_code == 401:
        _analysts[address] = staff(player.client, "kyc").headers
        answer = Caller(player.client, _analysts[address]).post(path, decision)
    expect(answer, 200)


_analysts: Final[dict[str, Mapping[str, str]]] = {}
"""The analyst's token at each edge, by its address: a login costs more than all else here."""


def staff(client: httpx.Client, role: str) -> Caller:
    """The member of the sandbox's staff who has this role."""
    headers = own_address()
    credentials = {"email": f"{role}@acme.test", "password": STAFF_PASSWORD}
    session = expect(client.post("/v1/ops/auth/login", json=credentials, headers=headers), 200)
    assert session["role"] == role
    return Caller(client, {**headers, "Authorization": f"Bearer {session['access_token']}"})


def totals(events: list[Json]) -> dict[str, int]:
    """Sums of the amounts of a statement by type of event."""
    sums: dict[str, int] = {}
    for event in events:
        sums[event["type"]] = sums.get(event["type"], 0) + event["amount_minor"]
    return sums


def assert_adds_up(player: Player) -> list[Json]:
    """The laws of a wallet, from its statement alone; returns the statement, oldest first.

    No gap, never below zero, balances are folds of the events, and
    deposits − withdrawals (paid or held) − stakes + wins = cash.
    """
    wallet, events = player.wallet(), player.statement()
    cash = bonus = held = 0
    for seq, event in enumerate(events, start=1):
        assert event["seq"] == seq
        cash += event["cash_delta"]
        bonus += event["bonus_delta"]
        held += event["held_delta"]
        assert (event["cash_after"], event["bonus_after"], event["held_after"]) == (
            cash,
            bonus,
            held,
        )
        assert min(cash, bonus, held) >= 0, event
    assert (wallet["cash_minor"], wallet["bonus_minor"], wallet["held_minor"]) == (
        cash,
        bonus,
        held,
    )
    assert (wallet["seq"], wallet["head_hash"]) == (len(events), events[-1]["hash"])
    sums = totals(events)
    withdrawn = sums.get("WITHDRAWAL_HELD", 0) - sums.get("WITHDRAWAL_RELEASED", 0)
    assert sums.get("WITHDRAWAL", 0) == withdrawn - held
    assert cash == (sums.get("DEPOSIT", 0) - withdrawn - sums.get("BET", 0) + sums.get("WIN", 0))
    proof = player.verify()
    assert (proof["events"], proof["head_hash"]) == (wallet["seq"], wallet["head_hash"])
    return events
