"""One path for every request: find, authenticate, limit, read, handle, answer, log.

The order is the contract: an address that does not exist is 404 for everyone; a caller without a
valid token learns nothing about bodies; a caller over the limit costs no parsing. Whatever fails in
a handler becomes a problem document, and never carries a traceback, a value or a name of a person.
"""

import re
from typing import Final

from pydantic import BaseModel
from services.container import House

from http_layer.call import ANONYMOUS, Answer, Call, Incoming, Outgoing
from http_layer.intake import declared_length, offered_bearer, read_body, read_key, read_query
from http_layer.multipart import is_form, read_form
from http_layer.problems import (
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    RATE_LIMITED,
    UNAVAILABLE,
    problem_document,
)
from http_layer.rate import RateTable, address_key
from http_layer.routing import Route, RouteTree
from shared.identity.errors import (
    FORBIDDEN,
    SECOND_FACTOR_ENROLMENT_REQUIRED,
    TOKEN_MISSING,
)
from shared.identity.model import Principal
from shared.kernel.errors import Rejected, Rejection
from shared.kernel.failures import anonymous_trace
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Unreachable

SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TYPE: Final = "Content-Type"


class App:
    """The routes and the house behind them: one for each isolate, without any state of a player."""

    def __init__(self, routes: tuple[Route, ...], house: House) -> None:
        is_sandbox = house.settings.profile == "sandbox"
        # Left out of the tree, and not refused at the door: a 405 would tell that they exist.
        self._tree = RouteTree(entry for entry in routes if is_sandbox or not entry.sandbox_only)
        self._house = house
        self._rates = RateTable(house.settings.rate_limit_scale)

    async def handle(self, incoming: Incoming) -> Outgoing:
        """The response to a request; never raises, and writes one line to the log."""
        house = self._house
        started_ms = house.clock.now_ms()
        request_id = self._request_id(incoming.headers.get("x-request-id"), started_ms)
        line: dict[str, object] = {"method": incoming.method, "request_id": request_id}
        try:
            answer = await self._answer(incoming, request_id, started_ms, line)
        except Rejected as refused:
            answer = _problem(refused.rejection, request_id, line)
        except Unreachable as failure:
            line["failure"] = anonymous_trace(failure)
            detail = "The outcome is unknown. Ask again, with the same key where there is one."
            answer = _problem(Rejection(UNAVAILABLE, detail), request_id, line)
        except Exception as failure:  # noqa: BLE001 - the last line of defence answers
            line["failure"] = anonymous_trace(failure)
            detail = "The failure was recorded under this request_id."
            answer = _problem(Rejection(INTERNAL_ERROR, detail), request_id, line)
        body = answer.body
        sent = body.model_dump_json() if isinstance(body, BaseModel) else body
        headers = SECURITY_HEADERS | {_TYPE: "application/json", "X-Request-Id": request_id}
        headers.update(answer.headers)
        if "Idempotency-Replayed" in headers:
            line["replayed"] = True
        line["status"] = answer.status
        line["ms"] = house.clock.now_ms() - started_ms
        if incoming.colo:
            line["colo"] = incoming.colo
        house.log(line)
        if incoming.method == "HEAD":
            sent = ""
        return Outgoing(answer.status, headers, sent, answer.socket)

    async def _answer(
        self, incoming: Incoming, request_id: str, now_ms: int, line: dict[str, object]
    ) -> Answer:
        house, headers = self._house, incoming.headers
        found = self._tree.find(incoming.method, incoming.path)
        entry = found.route
        if entry is None:
            raise _no_such_route(incoming.method, found.allow)
        line["route"] = entry.path
        client_ip = headers.get("cf-connecting-ip") or ""
        authorization = headers.get("authorization")
        if authorization is None and entry.upgrade:
            authorization = offered_bearer(headers.get("sec-websocket-protocol"))
        try:
            principal = self._principal(entry, authorization, now_ms)
        except Rejected:
            # Nobody has been proven: it counts for the address, so that guessing is not free.
            self._spend(entry, address_key(client_ip), now_ms)
            raise
        if principal is not ANONYMOUS:
            line["subject"] = principal.subject_id
        self._spend(entry, principal.subject_id or address_key(client_ip), now_ms)
        if entry.checks_session:
            await house.sessions.require_live(principal, now_ms)
        key = read_key(headers.get("idempotency-key")) if entry.idempotent else ""
        query = read_query(entry.query, incoming.query)
        raw = b""
        if entry.method not in ("GET", "DELETE"):
            declared_length(headers.get("content-length"), entry.body_limit)
            raw = await incoming.read(entry.body_limit)
        body = _read(entry, headers.get("content-type"), raw)
        result = await entry.handler(
            Call(
                body=body,
                query=query,
                path=found.path,
                principal=principal,
                key=key,
                house=house,
                now_ms=now_ms,
                request_id=request_id,
                headers=headers,
                raw_body=raw,
                client_ip=client_ip,
                defer=incoming.defer,
                sighting=incoming.sighting,
            )
        )
        return Answer(entry.status, result) if isinstance(result, BaseModel) else result

    def _principal(self, entry: Route, authorization: str | None, now_ms: int) -> Principal:
        audience = entry.auth.audience
        if audience == "public":
            return ANONYMOUS
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Rejected(TOKEN_MISSING, "Send the access token as Authorization: Bearer.")
        principal = self._house.tokens.verify(token, audience, now_ms)
        if principal.may_only_enrol and not entry.enrolment:
            raise Rejected(
                SECOND_FACTOR_ENROLMENT_REQUIRED,
                "Set up a second factor, then refresh the session.",
            )
        if entry.auth.roles and principal.role not in entry.auth.roles:
            raise Rejected(FORBIDDEN, "This role may not do that.")
        return principal

    def _spend(self, entry: Route, caller: str, now_ms: int) -> None:
        verdict = self._rates.take(caller, entry.rate_class, now_ms)
        if verdict.retry_after_ms:
            seconds = -(-verdict.retry_after_ms // 1000)
            raise Rejected(
                RATE_LIMITED, "Slow down.", retry_after=seconds, limit=entry.rate_class.label
            )

    def _request_id(self, inbound: str | None, now_ms: int) -> str:
        if inbound is not None and _REQUEST_ID.fullmatch(inbound):
            return inbound
        return uuid7(now_ms, self._house.entropy.token(RANDOM_BYTES_PER_ID))


def _read(entry: Route, media_type: str | None, raw: bytes) -> object:
    """The body of a request, as JSON or, where the route takes one, as a form."""
    if entry.form is not None and is_form(media_type):
        return entry.form.read(read_form(media_type, raw))
    return read_body(entry.body, media_type, raw)


def _no_such_route(method: str, allow: tuple[str, ...]) -> Rejected:
    if allow:
        return Rejected(METHOD_NOT_ALLOWED, f"{method[:16]} is not known here.", allow=list(allow))
    return Rejected(NOT_FOUND, "No such address.")


def _problem(rejection: Rejection, request_id: str, line: dict[str, object]) -> Answer:
    problem, extensions = rejection.problem, rejection.extensions
    line["problem"] = problem.code
    headers = {_TYPE: "application/problem+json"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(allow := extensions.get("allow"), list):
        headers["Allow"] = ", ".join(allow)
    if "retry_after" in extensions:
        headers["Retry-After"] = str(extensions["retry_after"])
    if problem is RATE_LIMITED:
        headers["RateLimit"] = f'"{extensions["limit"]}";r=0;t={extensions["retry_after"]}'
    return Answer(problem.status, problem_document(rejection, request_id), headers)
