"""The api Worker: the platform's request in, the thin HTTP layer, the platform's response out.

Everything that knows workerd about a request is here. The house is built once for each isolate from
the bindings, on the first request, for nothing may be read or drawn while a Worker is imported. A
Worker that is set up wrongly answers 503 to everything: it never serves without a key or a pepper.
Every five minutes the payments desk has its tick here, where the secrets that it needs are.

The handlers are functions of the module and not methods of an entrypoint class: the runtime makes
an object for every request of a class, and the SDK converts its request and response, which costs
about half of what the rest of a small answer does (docs/performance.md, ADR 12). The compatibility
flag `disable_python_no_global_handlers` of this Worker allows it.
"""

from asyncio import ensure_future
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar

from http_layer.app import SECURITY_HEADERS, App
from http_layer.call import Defer, Incoming, Outgoing
from http_layer.intake import too_large
from routes import ROUTES
from services.container import House, Ports, build_house
from services.ticks import tick_all

from shared.compliance.places import Sighting
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
from shared.platform.workerd.foreign import Foreign, create_once_callable, js, optional, to_js
from shared.platform.workerd.http import FetchClient
from shared.platform.workerd.log import log_line

_DEFAULTS = {
    "RATE_LIMIT_SCALE": "1",
    "SIGAP_TOKEN": "",
    "GAMSTOP_KEY": "",
    "BLIND_INDEX_KEYS": "{}",
    "BLIND_INDEX_ACTIVE": "",
}


class _Isolate:
    """What one isolate builds once and keeps: no state of a player, none of a request."""

    house: ClassVar[House | None] = None
    app: ClassVar[App | None] = None
    headers: ClassVar[Foreign] = None


async def on_fetch(request: Foreign, env: Foreign, ctx: Foreign) -> Foreign:
    """Answer one request."""
    app = _Isolate.app
    if app is None:
        try:
            app = _Isolate.app = App(ROUTES, _house(env))
        except (MissingConfiguration, ValueError) as failure:
            log_line({"failure": "configuration", "detail": str(failure)})
            return _response(Outgoing(503, _PROBLEM_HEADERS, _MISCONFIGURED))
    return _response(await app.handle(_incoming(request, ctx)))


async def on_scheduled(controller: Foreign, env: Foreign, _ctx: Foreign) -> None:
    """The tick of the payments desk, and of the jobs that need this Worker's keys."""
    await tick_all(_house(env), int(controller.scheduledTime))


def _house(env: Foreign) -> House:
    if _Isolate.house is None:
        _Isolate.house = _build_house(env)
    return _Isolate.house


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
        http=FetchClient(),
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


def _incoming(raw: Foreign, ctx: Foreign) -> Incoming:
    _, _, rest = raw.url.partition("://")
    target, _, query = rest.partition("?")
    cf = optional(raw.cf)
    return Incoming(
        method=raw.method,
        path="/" + target.partition("/")[2],
        query=query,
        headers=_Headers(raw.headers),
        read=_reader(raw),
        defer=_after_the_answer(ctx),
        colo="" if cf is None else str(cf.colo or ""),
        sighting=lambda: Sighting() if cf is None else _sighting(cf),
    )


def _sighting(cf: Foreign) -> Sighting:
    """What Cloudflare says about the address; all of it may be missing."""
    network = _told(cf, "asn")
    return Sighting(
        country=str(_told(cf, "country") or ""),
        network=None if network is None else int(network),
        organisation=str(_told(cf, "asOrganization") or ""),
        latitude_tenths=_tenths(_told(cf, "latitude")),
        longitude_tenths=_tenths(_told(cf, "longitude")),
    )


def _told(cf: Foreign, name: str) -> Foreign | None:
    """A member that is undefined is no attribute at all."""
    return optional(getattr(cf, name, None))


def _tenths(degrees: Foreign | None) -> int | None:
    """Cloudflare gives coordinates as texts of degrees."""
    return None if degrees is None else round(float(str(degrees)) * 10)


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


def _after_the_answer(ctx: Foreign) -> Defer:
    """`waitUntil` for coroutines. It takes promises of JavaScript only: a task of Python, handed
    over as it is, would start and never be resumed once the answer is sent.
    """

    def defer(work: Coroutine[Any, Any, object]) -> None:
        task = ensure_future(work)

        def executor(done: Foreign, _failed: Foreign) -> None:
            task.add_done_callback(lambda _: done())

        ctx.waitUntil(js.Promise.new(create_once_callable(executor)))

    return defer


def _response(outgoing: Outgoing) -> Foreign:
    """The platform's response. Converting eight headers one by one costs more than all else about
    it, so those that every answer has are converted once and copied from there.
    """
    if _Isolate.headers is None:
        _Isolate.headers = js.Headers.new(to_js(list(SECURITY_HEADERS.items())))
    headers = js.Headers.new(_Isolate.headers)
    for name, text in outgoing.headers.items():
        if SECURITY_HEADERS.get(name) != text:
            headers.set(name, text)
    if outgoing.socket is not None:
        return js.Response.new(
            None, status=outgoing.status, headers=headers, webSocket=outgoing.socket
        )
    body = outgoing.body or None
    return js.Response.new(
        to_js(body) if isinstance(body, bytes) else body, status=outgoing.status, headers=headers
    )
