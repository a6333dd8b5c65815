"""The api Worker: the platform's request in, the thin HTTP layer, the platform's response out.

Everything that knows workerd about a request is here. The house is built once for each isolate from
the bindings, on the first request, for nothing may be read or drawn while a Worker is imported. A
Worker that is set up wrongly answers 503 to everything: it never serves without a key or a pepper.
Every five minutes the payments desk has its tick here, where the secrets that it needs are.
"""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from http_layer.app import App
from http_layer.call import Incoming, Outgoing
from http_layer.intake import too_large
from routes import ROUTES
from services.container import House, Ports, build_house
from services.payout_desk import tick

from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.crypto import WebCrypto
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.env import (
    MissingConfiguration,
    database,
    env_text,
    key_value,
    object_store,
    wallets,
)
from shared.platform.workerd.foreign import Foreign, optional
from shared.platform.workerd.log import log_line
from shared.platform.workerd.worker import Request, Response, WorkerEntrypoint

_DEFAULTS = {"RATE_LIMIT_SCALE": "1"}


class Default(WorkerEntrypoint):
    """The entrypoint of every public request, and of the payments desk's tick."""

    _house: ClassVar[House | None] = None
    _app: ClassVar[App | None] = None

    async def fetch(self, request: Request) -> Response:
        """Answer one request."""
        if Default._app is None:
            try:
                Default._app = App(ROUTES, self._built_house())
            except (MissingConfiguration, ValueError) as failure:
                log_line({"failure": "configuration", "detail": str(failure)})
                return Response(_MISCONFIGURED, status=503, headers=_PROBLEM_HEADERS)
        outgoing = await Default._app.handle(_incoming(request, self.ctx))
        return _response(outgoing)

    async def scheduled(self, controller: Foreign, *_platform: Foreign) -> None:
        """The tick of the payments desk."""
        await tick(self._built_house(), int(controller.scheduledTime))

    def _built_house(self) -> House:
        if Default._house is None:
            Default._house = _build_house(self.env)
        return Default._house


_PROBLEM_HEADERS = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
_MISCONFIGURED = (
    '{"type": "/problems/not_ready", "title": "A part of the service does not answer",'
    ' "status": 503, "detail": "The service is not configured.", "code": "not_ready"}'
)


def _build_house(env: Foreign) -> House:
    wallet_objects = wallets(env, "WALLET")
    ports = Ports(
        db=database(env, "DB"),
        cache=key_value(env, "CACHE"),
        documents=object_store(env, "DOCUMENTS"),
        wallets=wallet_objects,
        live_wallets=wallet_objects,
        clock=SystemClock(),
        entropy=SystemEntropy(),
        crypto=WebCrypto(),
        log=log_line,
    )
    return build_house(ports, lambda name: env_text(env, name, _DEFAULTS.get(name)))


class _Headers:
    """Request headers, fetched one by one: most of them are never asked for."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Foreign) -> None:
        self._headers = headers

    def get(self, name: str, /) -> str | None:
        value = optional(self._headers.get(name))
        return None if value is None else str(value)


def _incoming(request: Request, ctx: Foreign) -> Incoming:
    raw = request.js_object
    _, _, rest = raw.url.partition("://")
    target, _, query = rest.partition("?")
    cf = optional(raw.cf)
    return Incoming(
        method=raw.method,
        path="/" + target.partition("/")[2],
        query=query,
        headers=_Headers(raw.headers),
        read=_reader(raw),
        defer=ctx.waitUntil,
        colo="" if cf is None else str(cf.colo or ""),
    )


def _reader(raw: Foreign) -> Callable[[int], Awaitable[bytes]]:
    async def read(limit: int) -> bytes:
        stream = optional(raw.body)
        if stream is None:
            return b""
        if optional(raw.headers.get("content-length")) is not None:
            # The runtime delivers no more than was declared, and that has been checked.
            body: bytes = (await raw.arrayBuffer()).to_bytes()
        else:
            body = await _read_stream(stream.getReader(), limit)
        if len(body) > limit:
            raise too_large(limit)
        return body

    return read


async def _read_stream(reader: Foreign, limit: int) -> bytes:
    """A body of unknown length, given up as soon as it is longer than `limit`."""
    chunks: list[bytes] = []
    size = 0
    while size <= limit:
        part = await reader.read()
        if part.done:
            return b"".join(chunks)
        chunks.append(part.value.to_bytes())
        size += len(chunks[-1])
    await reader.cancel()
    raise too_large(limit)


def _response(outgoing: Outgoing) -> Response:
    return Response(
        outgoing.body or None,
        status=outgoing.status,
        headers=outgoing.headers,
        web_socket=outgoing.socket,
    )
