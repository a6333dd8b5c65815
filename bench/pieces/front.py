"""The pieces of a bet in the api Worker, each as it is run on the way of `POST /v1/me/rounds`."""

import json
from collections.abc import Callable
from typing import Any

from http_layer.app import SECURITY_HEADERS  # type: ignore[import-not-found, unused-ignore]
from http_layer.intake import read_json  # type: ignore[import-not-found, unused-ignore]
from http_layer.rate import RateClass, RateTable  # type: ignore[import-not-found, unused-ignore]
from http_layer.routing import RouteTree  # type: ignore[import-not-found, unused-ignore]
from routes import ROUTES  # type: ignore[import-not-found, unused-ignore]
from sample import ANSWER, LOG_LINE, LOGIN_SESSION, PLAYER, payload  # type: ignore[import-not-found, unused-ignore]
from services.tokens import Tokens  # type: ignore[import-not-found, unused-ignore]
from views.play import RoundBody  # type: ignore[import-not-found, unused-ignore]

from shared.identity.model import Principal
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.foreign import js, optional
from shared.platform.workerd.log import log_line
from shared.platform.workerd.worker import Request, Response
from workers import python_from_rpc, python_to_rpc

_HEADERS_READ = (
    "x-request-id",
    "cf-connecting-ip",
    "authorization",
    "idempotency-key",
    "content-length",
    "content-type",
)
_HEADERS_SENT = {**SECURITY_HEADERS, "Content-Type": "application/json", "X-Request-Id": PLAYER}


def front_pieces(request: Request) -> dict[str, Callable[[], object]]:
    """What can be run many times, by name."""
    raw = request.js_object
    clock, entropy = SystemClock(), SystemEntropy()
    now_ms = clock.now_ms()
    tokens = Tokens({"k": bytes(32)}, "k")
    token = tokens.issue(Principal(PLAYER, LOGIN_SESSION, None), "player", now_ms, PLAYER)
    tree, rates = RouteTree(ROUTES), RateTable(1000)
    body = payload().encode()
    base = js.Headers.new(SECURITY_HEADERS.items())

    def headers() -> list[str | None]:
        found = raw.headers
        return [optional(found.get(name)) for name in _HEADERS_READ]

    def response_past_the_sdk() -> Any:
        sent = js.Headers.new(base)
        sent.set("Content-Type", "application/json")
        sent.set("X-Request-Id", PLAYER)
        return js.Response.new(ANSWER, status=201, headers=sent)

    answered = Response(ANSWER)
    return {
        "nothing": lambda: None,
        "SDK: request in": lambda: python_from_rpc(raw),
        "method, url, cf": lambda: (raw.method, raw.url, optional(raw.cf)),
        "six request headers": headers,
        "request id": lambda: uuid7(now_ms, entropy.token(RANDOM_BYTES_PER_ID)),
        "clock": clock.now_ms,
        "route": lambda: tree.find("POST", "/v1/me/rounds"),
        "token, remembered": lambda: tokens.verify(token, "player", now_ms),
        "rate limit": lambda: rates.take(PLAYER, RateClass.MONEY, now_ms),
        "body": lambda: read_json(RoundBody, "application/json", body),
        "body, pydantic alone": lambda: RoundBody.model_validate_json(body),
        "payload for the wallet": payload,
        "log line": lambda: log_line(LOG_LINE),
        "log line, its text alone": lambda: json.dumps(LOG_LINE, separators=(",", ":")),
        "response": lambda: Response(ANSWER, status=201, headers=_HEADERS_SENT),
        "response past the SDK": response_past_the_sdk,
        "SDK: response out": lambda: python_to_rpc(answered),
    }
