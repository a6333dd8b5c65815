"""The one path of every request: find, authenticate, limit, read, handle, answer, log."""

import json
import re
from typing import Annotated, Any

import pytest
from api_under_test import Reply, World
from http_layer.app import SECURITY_HEADERS
from http_layer.call import Answer, Call
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, PUBLIC, Route, route
from pydantic import BaseModel, ConfigDict, Field

from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken, Problem, Rejected
from shared.kernel.ids import is_uuid
from shared.platform.ports import Unreachable

SECRET = "123.456.789-09"
PLAYER_ID = "01a2039c-3aa0-7f31-a426-8f3d79065486"
OTHER_ID = "01a2039c-3aa0-7f31-a426-8f3d79065487"


class Stake(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    stake_minor: Annotated[int, Field(gt=0, le=10**12)]
    note: str = ""


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    newest: bool = True
    cursor: str | None = None


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    seed: str | None = None


@route("GET", "/v1/things/{thing_id}", tag="T", summary="One", auth=PLAYER)
async def one_thing(call: Call[None]) -> Answer:
    return Answer(200, json.dumps({"path": call.path, "subject": call.principal.subject_id}))


@route("POST", "/v1/stakes", tag="T", summary="Bet", body=Stake, response=Stake, status=201)
async def post_stake(call: Call[Stake]) -> Stake:
    return call.body


@route(
    "POST",
    "/v1/me/rounds",
    tag="T",
    summary="Play",
    auth=PLAYER,
    body=Stake,
    idempotent=True,
    rate=RateClass.MONEY,
)
async def play(call: Call[Stake]) -> Answer:
    text = {"again": "201 1 {}", "fresh": "201 0 {}"}.get(call.body.note)
    refused = '409 0 {"code":"insufficient_funds","detail":"Not enough.","balance_minor":5}'
    return Answer.from_wallet(text or refused)


@route("GET", "/v1/pages", tag="T", summary="Page", query=Page)
async def pages(call: Call[None]) -> Answer:
    return Answer(200, call.query.model_dump_json())


@route("POST", "/v1/choices", tag="T", summary="Choose", body=Choice)
async def choose(call: Call[Choice]) -> Choice:
    return call.body


@route("POST", "/v1/hooks", tag="T", summary="Raw", body_limit=16)
async def hook(call: Call[None]) -> Answer:
    return Answer(200, call.raw_body.decode(), {"Content-Type": "text/plain"})


FAILURES: dict[str, Exception] = {
    "crash": RuntimeError(f"row of {SECRET} is odd"),
    "invariant": InvariantBroken("balance_never_negative", f"of {SECRET}"),
    "unreachable": Unreachable(f"no answer about {SECRET}"),
    "refused": Rejected(Problem("odd", 409, "Odd", "after"), "Wait.", retry_after=7, status=1),
}


@route("GET", "/v1/failures/{name}", tag="T", summary="Fail", auth=PUBLIC)
async def fail(call: Call[None]) -> Answer:
    raise FAILURES[call.path["name"]]


@route("GET", "/v1/later", tag="T", summary="Defer")
async def later(call: Call[None]) -> Answer:
    async def work() -> None:
        call.house.log({"deferred": call.request_id})

    call.defer(work())
    return Answer(200, "{}")


ROUTES: tuple[Route, ...] = (one_thing, post_stake, play, pages, choose, hook, fail, later)
BET = {"stake_minor": 100, "note": "fresh"}


@pytest.fixture
def api() -> World:
    return World(ROUTES)


def _token(api: World, subject_id: str = PLAYER_ID) -> str:
    principal = Principal(subject_id, OTHER_ID, None)
    return api.house.tokens.issue(principal, "player", api.clock.now_ms(), OTHER_ID)


def _bet(api: World, body: object = BET, key: str | None = "k1", **options: Any) -> Reply:
    headers = {} if key is None else {"idempotency-key": key}
    return api.call("POST", "/v1/me/rounds", body, token=_token(api), headers=headers, **options)


# Addresses


def test_the_root_of_the_worker_and_odd_paths_do_not_exist(api: World) -> None:
    paths = ["/", "", "//", "/v1", "/v1/stakes/", "/v1//stakes", "/V1/stakes", "/v1/stak%65s"]
    for path in [*paths, "/v1/../v1/stakes", "/v1/stakes;a=1"]:
        reply = api.call("GET", path)
        assert (reply.status, reply.code) == (404, "not_found"), path


def test_another_method_is_405_and_names_the_ones_that_exist(api: World) -> None:
    reply = api.call("DELETE", "/v1/pages")
    assert (reply.status, reply.code, reply.headers["Allow"]) == (
        405,
        "method_not_allowed",
        "GET, HEAD",
    )
    assert api.call("GET", "/v1/stakes").headers["Allow"] == "POST"
    assert api.call("OPTIONS", "/v1/stakes").status == 405


def test_head_is_get_without_the_body(api: World) -> None:
    reply = api.call("HEAD", "/v1/pages")
    assert (reply.status, reply.text) == (200, "")
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("thing_id", ["1", "x" * 36, PLAYER_ID.upper(), PLAYER_ID + "0", "%00"])
def test_an_id_that_cannot_be_one_is_an_address_that_does_not_exist(thing_id: str) -> None:
    api = World(ROUTES)
    reply = api.call("GET", f"/v1/things/{thing_id}", token=_token(api))
    assert (reply.status, reply.code) == (404, "not_found")


def test_path_parameters_and_the_caller_reach_the_handler(api: World) -> None:
    reply = api.call("GET", f"/v1/things/{OTHER_ID}", token=_token(api))
    assert reply.json == {"path": {"thing_id": OTHER_ID}, "subject": PLAYER_ID}


# Who calls


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi"])
def test_without_a_bearer_token_the_answer_is_401(authorization: str | None) -> None:
    api = World(ROUTES)
    headers = {} if authorization is None else {"authorization": authorization}
    reply = api.call("GET", f"/v1/things/{OTHER_ID}", headers=headers)
    assert (reply.status, reply.code) == (401, "token_missing")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_who_is_not_known_learns_nothing_about_bodies_and_keys(api: World) -> None:
    assert api.call("POST", "/v1/me/rounds", raw=b"{").code == "token_missing"


# Idempotency-Key


def test_a_missing_key_and_an_odd_key_are_refused(api: World) -> None:
    assert _bet(api, key=None).code == "idempotency_key_required"
    for key in ("", " ", "a b", "ç", "a\tb", "x" * 256):
        reply = _bet(api, key=key)
        assert (reply.status, reply.code) == (400, "idempotency_key_invalid"), key
    for key in ("!", "~", "x" * 255):
        assert _bet(api, key=key).status == 201, key


def test_the_wallets_answer_passes_through_and_a_replay_says_so(api: World) -> None:
    fresh, again = _bet(api), _bet(api, BET | {"note": "again"})
    assert (fresh.status, fresh.text) == (again.status, again.text) == (201, "{}")
    assert "Idempotency-Replayed" not in fresh.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [line.get("replayed") for line in api.log] == [None, True]


def test_the_wallets_refusal_becomes_a_problem_with_its_documented_title(api: World) -> None:
    reply = _bet(api, BET | {"note": ""})
    assert (reply.status, reply.code) == (409, "insufficient_funds")
    assert reply.json["balance_minor"] == 5
    assert reply.json["type"] == "/problems/insufficient_funds"
    assert reply.json["request_id"] == reply.headers["X-Request-Id"]


def test_the_wallets_errors_look_like_those_of_the_api() -> None:
    error = '{"field":"params","message":"params is odd"}'
    text = f'422 0 {{"code":"invalid_payload","detail":"Odd.","errors":[{error}]}}'
    with pytest.raises(Rejected) as refused:
        Answer.from_wallet(text)
    extensions = refused.value.rejection.extensions
    assert extensions["errors"] == [{"loc": ["params"], "msg": "params is odd"}]


# Bodies

MALFORMED = [
    b"",
    b"{",
    b"nope",
    b'{"stake_minor":1,"stake_minor":2}',
    b'{"stake_minor":NaN}',
    b'{"stake_minor":1}{}',
    b"\xff\xfe",
    b'\xef\xbb\xbf{"stake_minor":1}',
    b'{"stake_minor":1,"note":"\\ud800"}',
    b"[" * 17 + b"]" * 17,
    b"[" * 30_000,
    b'{"note":"x","a":' * 1_025 + b"1" + b"}" * 1_025,
    b"{" + b",".join(b'"k%d":1' % n for n in range(1_025)) + b"}",
    b'{"stake_minor":' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("raw", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_not_one_plain_json_value_is_400(raw: bytes) -> None:
    api = World(ROUTES)
    headers = {"content-type": "application/json"}
    reply = api.call("POST", "/v1/stakes", raw=raw, headers=headers)
    assert (reply.status, reply.code) == (400, "malformed_json")


INVALID: list[Any] = [
    {"stake_minor": "10"},
    {"stake_minor": 1.0},
    {"stake_minor": 1.5},
    {"stake_minor": True},
    {"stake_minor": None},
    {"stake_minor": 0},
    {"stake_minor": -1},
    {"stake_minor": 10**18},
    {"stake_minor": [1]},
    {"stake_minor": 1, "note": 1},
    {"stake_minor": 1, "extra": 1},
    {},
    [],
    "text",
    None,
]


@pytest.mark.parametrize("body", INVALID, ids=map(str, INVALID))
def test_what_the_model_does_not_describe_is_422(body: Any) -> None:
    api = World(ROUTES)
    headers = {"content-type": "application/json"}
    reply = api.call("POST", "/v1/stakes", raw=json.dumps(body).encode(), headers=headers)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert reply.json["errors"][0]["loc"][0] == "body"
    assert set(reply.json["errors"][0]) == {"loc", "msg"}


def test_brackets_within_texts_do_not_count_as_depth(api: World) -> None:
    body = {"stake_minor": 1, "note": '[{"' * 40}
    assert api.call("POST", "/v1/stakes", body).status == 201


def test_depth_is_refused_behind_texts_with_quotes_too(api: World) -> None:
    raw = b'{"note":"\\\\","x":' + b"[" * 16 + b"]" * 16 + b"}"
    headers = {"content-type": "application/json"}
    assert api.call("POST", "/v1/stakes", raw=raw, headers=headers).code == "malformed_json"


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/x-www-form-urlencoded"]
)
def test_another_media_type_is_415(media_type: str | None) -> None:
    api = World(ROUTES)
    headers = {} if media_type is None else {"content-type": media_type}
    reply = api.call("POST", "/v1/stakes", raw=b'{"stake_minor":1}', headers=headers)
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


def test_parameters_of_the_media_type_are_fine(api: World) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert api.call("POST", "/v1/stakes", BET, headers=headers).status == 201


def test_no_body_is_an_empty_one_where_no_field_is_required(api: World) -> None:
    assert api.call("POST", "/v1/choices").json == {"seed": None}
    assert api.call("POST", "/v1/choices", {"seed": "mine"}).json == {"seed": "mine"}
    assert api.call("POST", "/v1/choices", raw=b"x").code == "unsupported_media_type"


def test_a_body_over_the_cap_is_413_by_its_length_and_by_what_arrives(api: World) -> None:
    declared = api.call("POST", "/v1/hooks", raw=b"", headers={"content-length": "17"})
    arrived = api.call("POST", "/v1/hooks", raw=b"x" * 17)
    lying = api.call("POST", "/v1/hooks", raw=b"x" * 17, headers={"content-length": "2"})
    for reply in (declared, arrived, lying):
        assert (reply.status, reply.code, reply.json["limit"]) == (413, "body_too_large", 16)
    assert api.call("POST", "/v1/hooks", raw=b"x" * 16).text == "x" * 16


# Queries


def test_a_query_is_read_into_its_model(api: World) -> None:
    reply = api.call("GET", "/v1/pages?limit=7&newest=false&cursor=12")
    assert reply.json == {"limit": 7, "newest": False, "cursor": "12"}
    assert api.call("GET", "/v1/pages").json == {"limit": 50, "newest": True, "cursor": None}


QUERIES = ["limit=0", "limit=101", "limit=1.0", "limit=1_0", "limit=+1", "limit=", "limit=%201"]
QUERIES += [
    "limit=1&limit=2",
    "newest=1",
    "newest=True",
    "other=1",
    "a",
    "&".join("abcdefghijklmnopqrstu"),
]


@pytest.mark.parametrize("query", QUERIES)
def test_an_odd_query_is_422(query: str) -> None:
    reply = World(ROUTES).call("GET", f"/v1/pages?{query}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert reply.json["errors"][0]["loc"][0] == "query"


def test_a_query_where_none_is_known_is_refused(api: World) -> None:
    assert api.call("GET", "/v1/later?x=1").code == "validation_failed"


# Failures


def test_a_crash_is_500_and_tells_nothing_outside_and_no_person_inside(api: World) -> None:
    for name in ("crash", "invariant"):
        reply = api.call("GET", f"/v1/failures/{name}")
        assert (reply.status, reply.code) == (500, "internal_error")
        assert "Traceback" not in reply.text
        assert "RuntimeError" not in reply.text
    assert SECRET not in json.dumps(api.log)
    crash, invariant = api.log
    assert crash["failure"].startswith("RuntimeError at test_http_layer.py:")
    assert invariant["failure"].startswith("InvariantBroken (balance_never_negative) at ")


def test_a_part_that_gives_no_answer_is_503_and_asks_for_the_same_key(api: World) -> None:
    reply = api.call("GET", "/v1/failures/unreachable")
    assert (reply.status, reply.code, reply.json["retry"]) == (503, "unavailable", "same_key")
    assert SECRET not in json.dumps(api.log) + reply.text


def test_extensions_of_a_problem_cannot_replace_its_members(api: World) -> None:
    reply = api.call("GET", "/v1/failures/refused")
    assert (reply.status, reply.json["status"], reply.json["retry_after"]) == (409, 409, 7)
    assert reply.headers["Retry-After"] == "7"


# Headers and log


def test_every_answer_carries_the_security_headers_and_no_cors(api: World) -> None:
    for path in ("/v1/pages", "/nothing", "/v1/failures/crash"):
        headers = api.call("GET", path, headers={"origin": "https://evil.example"}).headers
        assert SECURITY_HEADERS.items() <= headers.items()
        assert not [name for name in headers if name.startswith("Access-Control-")]


def test_a_sane_request_id_is_echoed_and_any_other_replaced(api: World) -> None:
    sane = api.call("GET", "/v1/pages", headers={"x-request-id": "client-12345678"})
    assert sane.headers["X-Request-Id"] == "client-12345678"
    for odd in ("", "short", 'x"\n{}' + "a" * 8, "a" * 65):
        made = api.call("GET", "/v1/pages", headers={"x-request-id": odd}).headers["X-Request-Id"]
        assert is_uuid(made)
    assert len({line["request_id"] for line in api.log}) == 5


def test_one_line_for_each_request_with_nothing_personal(api: World) -> None:
    token = _token(api)
    api.call("GET", f"/v1/things/{OTHER_ID}?cpf={SECRET}", token=token)
    api.call("POST", "/v1/stakes", {"stake_minor": 1, "note": SECRET})
    text = json.dumps(api.log)
    for personal in (SECRET, token, "192.0.2.7", OTHER_ID):
        assert personal not in text
    first, second = api.log
    assert first == {
        "method": "GET",
        "request_id": first["request_id"],
        "route": "/v1/things/{thing_id}",
        "subject": PLAYER_ID,
        "problem": "validation_failed",
        "status": 422,
        "ms": 0,
        "colo": "GRU",
    }
    assert (second["route"], second["status"]) == ("/v1/stakes", 201)


def test_work_can_go_on_after_the_answer(api: World) -> None:
    api.call("GET", "/v1/later")
    assert [set(line) >= {"deferred"} for line in api.log] == [False, True]


# Rate limits


def test_a_caller_over_the_limit_is_429_until_the_bucket_has_a_drop() -> None:
    api = World(ROUTES, RATE_LIMIT_SCALE="1")
    codes = [_bet(api).status for _ in range(61)]
    assert codes == [201] * 60 + [429]
    reply = _bet(api)
    assert (reply.code, reply.headers["Retry-After"]) == ("rate_limited", "1")
    assert reply.headers["RateLimit"] == '"money";r=0;t=1'
    api.clock.advance(100)
    assert _bet(api).status == 201
    assert _bet(api).status == 429


def test_limits_are_for_each_caller_and_class() -> None:
    api = World(ROUTES, RATE_LIMIT_SCALE="1")
    while _bet(api).status == 201:
        pass
    other = api.call(
        "POST",
        "/v1/me/rounds",
        BET,
        token=_token(api, OTHER_ID),
        headers={"idempotency-key": "k"},
    )
    assert other.status == 201
    assert api.call("GET", f"/v1/things/{OTHER_ID}", token=_token(api)).status == 200


def test_who_has_no_token_is_limited_by_address() -> None:
    api = World(ROUTES, RATE_LIMIT_SCALE="1")
    here, there = {"cf-connecting-ip": "192.0.2.1"}, {"cf-connecting-ip": "192.0.2.2"}
    codes = [api.call("GET", "/v1/pages", headers=here).status for _ in range(121)]
    assert codes == [200] * 120 + [429]
    assert api.call("GET", "/v1/pages", headers=there).status == 200


@pytest.mark.parametrize("token", ["not-a-token", "a.b.c", None])
def test_a_token_that_proves_nobody_is_counted_for_its_address(token: str | None) -> None:
    api = World(ROUTES, RATE_LIMIT_SCALE="1")
    here, there = {"cf-connecting-ip": "192.0.2.1"}, {"cf-connecting-ip": "192.0.2.2"}
    path = f"/v1/things/{OTHER_ID}"
    codes = [api.call("GET", path, token=token, headers=here).status for _ in range(121)]
    assert codes == [401] * 120 + [429]
    assert api.call("GET", path, token=token, headers=there).status == 401
    assert api.call("GET", path, token=_token(api), headers=here).status == 200


def test_a_request_id_made_by_us_is_of_this_moment(api: World) -> None:
    made = api.call("GET", "/v1/pages").headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made)
    assert int(made.replace("-", "")[:12], 16) == api.clock.now_ms()
