"""Whatever is sent: a clear 4xx problem, nothing changed, never a 5xx and never a trace."""

import base64
import hmac
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from e2e.edge import ROOT, Edge
from e2e.player import Json, Player, expect, fresh_key, join, problem, staff

ROUNDS = "/v1/me/rounds"
DEPOSITS = "/v1/me/deposits"
WITHDRAWALS = "/v1/me/withdrawals"
SESSIONS = "/v1/me/game-sessions"
ROTATE = "/v1/me/fairness/rotate"
NOBODY = "00000000-0000-7000-8000-000000000000"
SOCKET_PATIENCE_S = 10


@dataclass(frozen=True, slots=True)
class Victim:
    """A player who must not be changed by anything in this module."""

    player: Player
    session_id: str
    round_id: str
    deposit_id: str
    withdrawal_id: str


@pytest.fixture(scope="module")
def victim(edge: Edge) -> Iterator[Victim]:
    with edge.client() as client:
        player = join(client, funds_minor=10_000)
        session = player.open_game()["session_id"]
        yield Victim(
            player,
            session,
            player.play(session, 100)["round_id"],
            player.request_deposit(100)["deposit_id"],
            player.withdraw(100)["withdrawal_id"],
        )


@pytest.fixture(autouse=True)
def nothing_changes(victim: Victim) -> Iterator[None]:
    before = _everything(victim)
    yield
    assert _everything(victim) == before


def _everything(victim: Victim) -> Json:
    """The wallet but for the payout that is on its way when the module begins."""
    deadline = time.monotonic() + SOCKET_PATIENCE_S
    while (wallet := victim.player.wallet())["held_minor"] and time.monotonic() < deadline:
        time.sleep(0.05)
    return wallet | {"fairness": expect(victim.player.get("/v1/me/fairness"), 200)}


def _raw(
    victim: Victim,
    path: str,
    content: bytes,
    *,
    media_type: str = "application/json",
    method: str = "POST",
) -> httpx.Response:
    headers = {**victim.player.headers, "Idempotency-Key": fresh_key()}
    if media_type:
        headers["Content-Type"] = media_type
    return victim.player.client.request(method, path, content=content, headers=headers)


def _round(victim: Victim, **change: object) -> dict[str, object]:
    body: dict[str, object] = {
        "session_id": victim.session_id,
        "stake_minor": 100,
        "params": {"target": 50, "over": False},
    }
    return body | change


# Bodies


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"{'stake_minor': 100}",
        b'{"amount_minor": 100, "amount_minor": 100000, "method": "pix"}',
        b'{"amount_minor": NaN, "method": "pix"}',
        b'{"amount_minor": Infinity, "method": "pix"}',
        b'{"amount_minor": 0x10, "method": "pix"}',
        b'{"amount_minor": 100, "method": "pix"} trailing',
        b'{"amount_minor": 100, "method": "p\xffx"}',
        b'{"amount_minor": 100, "method": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b"[" * 30_000,
        b"{" + b",".join(b'"k%d": 1' % n for n in range(3_000)) + b"}",
        b'{"amount_minor": ' + b"9" * 5_000 + b', "method": "pix"}',
    ],
    ids=lambda content: repr(content[:30]),
)
@pytest.mark.parametrize("path", [DEPOSITS, ROUNDS])
def test_what_is_not_a_json_object_of_the_schema_is_refused(
    victim: Victim, path: str, content: bytes
) -> None:
    answer = _raw(victim, path, content)
    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code, answer.json()["code"])
    assert answer.json()["code"] in {"malformed_json", "validation_failed"}


AMOUNTS: tuple[Any, ...] = (
    -1,
    0,
    0.5,
    100.0,
    1e18,
    10**12,
    10**18,
    2**53,
    2**63,
    -(2**63),
    "100",
    "",
    None,
    True,
    [100],
    {"amount_minor": 100},
)


@pytest.mark.parametrize("amount", AMOUNTS, ids=repr)
def test_what_is_not_an_amount_moves_nothing(victim: Victim, amount: object) -> None:
    player = victim.player
    bodies: dict[str, dict[str, object]] = {
        DEPOSITS: {"amount_minor": amount, "method": "pix"},
        WITHDRAWALS: {"amount_minor": amount},
        ROUNDS: _round(victim, stake_minor=amount),
    }
    for path, body in bodies.items():
        problem(player.post(path, body, key=fresh_key()), 422, "validation_failed")


@pytest.mark.parametrize(
    "change",
    [
        {"session_id": 7},
        {"session_id": ""},
        {"session_id": "1; DROP TABLE events"},
        {"session_id": NOBODY.upper() + "A"},
        {"params": None},
        {"params": []},
        {"params": "over"},
        {"payout_minor": 1_000_000},
        {"bonus_minor": 1},
        {"__proto__": {"admin": True}},
        {"params": {f"p{n}": n for n in range(20)}},
    ],
    ids=repr,
)
def test_a_round_with_other_fields_or_types_is_refused(victim: Victim, change: Json) -> None:
    answer = victim.player.post(ROUNDS, _round(victim, **change), key=fresh_key())
    problem(answer, 422, "validation_failed")


@pytest.mark.parametrize(
    "params",
    [
        {"target": 50.5, "over": False},
        {"target": 1e400, "over": False},
        {"target": 10**30, "over": False},
        {"target": -50, "over": False},
        {"target": [50], "over": False},
        {"target": {"$gt": 0}, "over": False},
        {"target": 50, "over": "false"},
        {"target": 50, "over": None},
        {"target": 50, "over": False, "x" * 5_000: 1},
        {"target": 50, "over": False, "ção": "\U0001f3b2"},
    ],
    ids=lambda params: repr(params)[:40],
)
def test_parameters_that_are_no_bet_are_refused(victim: Victim, params: Json) -> None:
    body = json.dumps(_round(victim, params=params)).replace("Infinity", "1e400").encode()
    answer = _raw(victim, ROUNDS, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"invalid_params", "invalid_payload", "validation_failed"}


def test_a_body_over_the_limit_is_refused_before_it_is_read(victim: Victim) -> None:
    at_limit = json.dumps(_round(victim, extra="x" * (64 * 1024))).encode()
    problem(_raw(victim, ROUNDS, at_limit), 413, "body_too_large")
    huge = b'{"x": "' + b"y" * (6 * 1024 * 1024) + b'"}'
    problem(_raw(victim, ROUNDS, huge), 413, "body_too_large")


def test_a_body_without_a_length_is_counted(victim: Victim) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"x": "'
        for _ in range(64):
            yield b"y" * 4_096
        yield b'"}'

    headers = {
        **victim.player.headers,
        "Idempotency-Key": fresh_key(),
        "Content-Type": "application/json",
    }
    answer = victim.player.client.post(ROUNDS, content=endless(), headers=headers)
    problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(victim: Victim, media_type: str) -> None:
    content = json.dumps(_round(victim)).encode()
    answer = _raw(victim, ROUNDS, content, media_type=media_type)
    problem(answer, 415, "unsupported_media_type")


# Tokens


def _claims_of(token: str) -> tuple[Json, Json]:
    header, claims, _ = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    return json.loads(header), json.loads(claims)


def _token(header: Json, claims: Json, key: bytes | None) -> str:
    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    signature = b"" if key is None else hmac.new(key, signed.encode(), "sha256").digest()
    return f"{signed}.{encoded(signature)}"


def _house_key(kid: str) -> bytes:
    text = (ROOT / ".dev.vars.api").read_text(encoding="utf-8")
    found = re.search(r"^JWT_KEYS='?(\{[^\n]*?\})'?$", text, re.MULTILINE)
    assert found is not None
    key = str(json.loads(found[1])[kid])
    return base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))


def _forgeries(token: str) -> dict[str, str]:
    header, claims = _claims_of(token)
    key = _house_key(header["kid"])
    assert _token(header, claims, key).count(".") == 2
    now = int(time.time())
    return {
        "none": _token(header | {"alg": "none"}, claims, None),
        "None": _token(header | {"alg": "None"}, claims, None),
        "no signature": token.rpartition(".")[0] + ".",
        "another key": _token(header, claims, b"k" * 32),
        "empty key": _token(header, claims, b""),
        "another algorithm": _token(header | {"alg": "HS512"}, claims, key),
        "another type": _token(header | {"typ": "JWT"}, claims, key),
        "unknown key id": _token(header | {"kid": "../../etc/passwd"}, claims, key),
        "no key id": _token({k: v for k, v in header.items() if k != "kid"}, claims, key),
        "key in the header": _token(header | {"jwk": {"kty": "oct", "k": "aa"}}, claims, b"i"),
        "another audience": _token(header, claims | {"aud": "acme:staff"}, key),
        "another issuer": _token(header, claims | {"iss": "https://evil.example"}, key),
        "a role": _token(header, claims | {"role": "admin"}, key),
        "from the future": _token(header, claims | {"iat": now + 3_600}, key),
        "no subject": _token(header, {k: v for k, v in claims.items() if k != "sub"}, key),
        "no session": _token(header, {k: v for k, v in claims.items() if k != "sid"}, key),
        "a subject that is none": _token(header, claims | {"sub": "admin"}, key),
        "no expiry": _token(header, {k: v for k, v in claims.items() if k != "exp"}, key),
        "text as expiry": _token(header, claims | {"exp": "never"}, key),
        "garbage": "a.b.c",
        "not three parts": "abc",
        "too long": token + "A" * 4_000,
    }


def test_the_forged_tokens_differ_from_a_good_one_in_one_thing_only(victim: Victim) -> None:
    """The same maker with nothing changed gives a token that is taken: forgeries can fail."""
    token = victim.player.headers["Authorization"].removeprefix("Bearer ")
    header, claims = _claims_of(token)
    remade = _token(header, claims, _house_key(header["kid"]))
    answer = victim.player.client.get(
        "/v1/me/wallet", headers={"Authorization": f"Bearer {remade}"}
    )
    assert answer.status_code == 200


def test_a_forged_token_opens_nothing(victim: Victim) -> None:
    token = victim.player.headers["Authorization"].removeprefix("Bearer ")
    for name, forged in _forgeries(token).items():
        headers = {"Authorization": f"Bearer {forged}", "Idempotency-Key": fresh_key()}
        client = victim.player.client
        for answer in (
            client.get("/v1/me/wallet", headers=headers),
            client.post(ROUNDS, json=_round(victim), headers=headers),
        ):
            assert (name, answer.status_code) == (name, 401)
            problem(answer, 401, "token_invalid")
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_expired_token_says_so(victim: Victim) -> None:
    token = victim.player.headers["Authorization"].removeprefix("Bearer ")
    header, claims = _claims_of(token)
    old = claims | {"iat": claims["iat"] - 7_200, "exp": claims["exp"] - 7_200}
    headers = {"Authorization": f"Bearer {_token(header, old, _house_key(header['kid']))}"}
    problem(victim.player.client.get("/v1/me/wallet", headers=headers), 401, "token_expired")


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YTpi", "Token abc", "bearer"])
def test_a_header_without_a_bearer_token_is_a_missing_token(victim: Victim, value: str) -> None:
    answer = victim.player.client.get("/v1/me/wallet", headers={"Authorization": value})
    problem(answer, 401, "token_missing")


def test_a_token_opens_the_doors_of_its_audience_only(victim: Victim) -> None:
    admin = staff(victim.player.client, "admin")
    for path in ("/v1/me", "/v1/me/wallet", DEPOSITS, ROUNDS, "/v1/me/fairness"):
        problem(admin.get(path), 401, "token_invalid")
    problem(admin.post(ROUNDS, _round(victim), key=fresh_key()), 401, "token_invalid")
    for path in ("/v1/ops/audit", "/v1/ops/aml/alerts", "/v1/ops/approvals"):
        problem(victim.player.get(path), 401, "token_invalid")
    body = {"rtp": "99.00", "reason": "more for me"}
    problem(victim.player.send("PUT", "/v1/ops/games/dice/rtp", body), 401, "token_invalid")


# Other people's things


def test_what_belongs_to_another_player_does_not_exist(victim: Victim) -> None:
    thief = join(victim.player.client, funds_minor=1_000)
    for path, code in (
        (f"{ROUNDS}/{victim.round_id}", "round_not_found"),
        (f"{DEPOSITS}/{victim.deposit_id}", "deposit_not_found"),
        (f"{WITHDRAWALS}/{victim.withdrawal_id}", "withdrawal_not_found"),
    ):
        assert victim.player.get(path).status_code == 200
        problem(thief.get(path), 404, code)
    problem(thief.bet(victim.session_id, 100), 404, "game_session_not_found")
    accounts = expect(victim.player.get("/v1/me/payment-accounts"), 200)["items"]
    body = {"amount_minor": 100, "payment_account_id": accounts[0]["payment_account_id"]}
    refused = thief.post(WITHDRAWALS, body, key=fresh_key())
    problem(refused, 404, "payment_account_not_found")


# Addresses, methods and headers


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/me/wallet/",
        "//v1/me/wallet",
        "/v1//me/wallet",
        "/v1/me/wallet/..%2fwallet",
        "/v1/me/%77allet",
        "/v1/me/wallet%00",
        "/v1/me/wallet;a=b",
        "/V1/ME/WALLET",
        "/v1/me/rounds/..",
        "/v1/me/rounds/%2e%2e%2fwallet",
        "/v1/me/rounds/' OR 1=1 --",
        f"/v1/me/rounds/{NOBODY}/x",
        "/v1/games/dice%0d%0aX-Evil:1",
        "/v1/sandbox/pix/../../me/wallet",
        "/v1/" + "a" * 8_000,
        "/v1" + "/a" * 2_000,
    ],
    ids=lambda path: path[:40],
)
def test_a_path_that_is_no_address_is_not_found(victim: Victim, path: str) -> None:
    answer = victim.player.client.get(path, headers=dict(victim.player.headers))
    if answer.status_code == 200:
        # The client itself resolves `..` before it asks: then it is an honest address.
        assert ".." in path
    elif answer.headers["content-type"].startswith("text/html"):
        # Outside of /v1/ the pages answer, without waking Python.
        assert (answer.status_code, path.startswith("/v1/")) == (404, False)
        assert "cash_minor" not in answer.text
    else:
        problem(answer, 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "BREW"])
def test_a_method_that_an_address_does_not_know_is_named(victim: Victim, method: str) -> None:
    answer = victim.player.client.request(method, ROUNDS, headers=dict(victim.player.headers))
    if method in ("PROPFIND", "BREW") and answer.status_code in (400, 501):
        return  # the runtime itself does not know the word
    problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "access-control-allow-origin" not in answer.headers


def test_a_head_request_answers_without_a_body(victim: Victim) -> None:
    answer = victim.player.client.head("/v1/me/wallet", headers=dict(victim.player.headers))
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "query", ["limit=1&limit=2", "unknown=1", "limit=1e1", "cursor=%00", "cursor=" + "a" * 200]
)
def test_a_query_that_is_not_known_is_refused(victim: Victim, query: str) -> None:
    answer = victim.player.client.get(
        f"/v1/me/wallet/events?{query}", headers=dict(victim.player.headers)
    )
    problem(answer, 422, "validation_failed")


def test_a_request_id_that_is_none_is_replaced_and_never_echoed(victim: Victim) -> None:
    for sent in ("<script>", "a" * 200, "x", "white space here"):
        answer = victim.player.client.get("/healthz", headers={"X-Request-Id": sent})
        assert answer.headers["x-request-id"] != sent
    answer = victim.player.client.get("/healthz", headers={"X-Request-Id": "my-trace-0001"})
    assert answer.headers["x-request-id"] == "my-trace-0001"


def test_a_problem_never_repeats_what_was_sent(victim: Victim) -> None:
    secret = "hunter2-secret-value"
    answers = [
        victim.player.post(ROUNDS, _round(victim, stake_minor=secret), key=fresh_key()),
        victim.player.post(DEPOSITS, {"amount_minor": 1, "method": secret}, key=fresh_key()),
        victim.player.client.post("/v1/auth/login", json={"email": secret, "password": secret}),
        victim.player.client.get("/v1/me/wallet", headers={"Authorization": f"Bearer {secret}"}),
        victim.player.get(f"/v1/games/{secret}"),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert secret not in answer.text.replace(f"game {secret}", "")


def _over_the_wire(edge: Edge, request: bytes) -> bytes:
    """What the api Worker's own socket answers to bytes that no client library would send."""
    url = httpx.URL(edge.direct_url)
    address = (url.host, url.port or 80)
    with socket.create_connection(address, timeout=SOCKET_PATIENCE_S) as wire:
        answer = b""
        try:
            wire.sendall(request)
            while part := wire.recv(65_536):
                answer += part
        except ConnectionError:
            pass  # hung up on: that is an answer too
    return answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v1/me/wallet HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
        + b"a" * 200_000
        + b"\r\n\r\n",
        b"GET /v1/me/wallet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        + b"X-A: b\r\n" * 20_000
        + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET ../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"POST /v1/me/rounds HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/me/rounds HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /v1/me/rounds HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /v1/me/rounds HTTP/9.9\r\nHost: x\r\n\r\n",
    ],
    ids=[
        "long header",
        "many headers",
        "long target",
        "relative target",
        "no http",
        "negative length",
        "two lengths",
        "broken chunks",
        "another version",
    ],
)
def test_bytes_that_are_no_request_are_refused_or_hung_up_on(edge: Edge, request_: bytes) -> None:
    answer = _over_the_wire(edge, request_)
    assert answer == b"" or re.match(rb"HTTP/1\.1 4\d\d ", answer), answer[:300]
    assert httpx.get(f"{edge.direct_url}/healthz").status_code == 200


def test_no_answer_of_this_module_was_an_error_of_ours(edge: Edge, victim: Victim) -> None:
    """The log has one wide line for each request; none of them may tell of a failure."""
    lines = [entry.message for entry in edge.logs() if entry.message.startswith("{")]
    told = [json.loads(line) for line in lines]
    failures = [line for line in told if line.get("failure") or line.get("status", 0) >= 500]
    assert failures == []
    secret = victim.player.email
    assert not [line for line in lines if secret in line or victim.player.cpf in line]
