"""The route table: what a route promises, said once, and a tree that finds it.

A `Route` is data: the dispatcher, the OpenAPI document and the tests read the same table. Paths are
matched segment by segment through nested dictionaries, so finding a route costs the same however
many there are; a literal segment beats a parameter. Path parameters have a shape by name, and a
segment of another shape is an address that does not exist: 404, never a look-up with odd input.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import BaseModel

from http_layer.call import Answer, Call
from http_layer.multipart import Part
from http_layer.rate import RateClass
from shared.kernel.errors import Problem
from shared.kernel.values import value

type Handler = Callable[[Call[Any]], Awaitable[Answer | BaseModel]]
type Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@value
class Auth:
    """Who may call: anyone, a logged-in player, or staff with one of `roles` (empty: any role)."""

    audience: Literal["public", "player", "staff"]
    roles: frozenset[str] = frozenset()


PUBLIC: Final = Auth("public")
PLAYER: Final = Auth("player")


def staff(*roles: str) -> Auth:
    """Staff with one of `roles`; without any, every staff role."""
    return Auth("staff", frozenset(roles))


@value
class Form:
    """A body that may come as `multipart/form-data` too: how its parts become what the handler
    gets, and the schema of the form in the OpenAPI document.
    """

    read: Callable[[dict[str, Part]], object]
    schema: Mapping[str, object]


async def _no_handler(call: Call[Any]) -> Answer:
    raise NotImplementedError(f"{call.request_id} reached a route without a handler")


@value
class Route:
    """One operation of the API: `@route("GET", "/v1/…", …)` over `async def handler(call)`.

    `idempotent` demands an Idempotency-Key. `live_session` reads D1 to refuse a revoked session
    before its access token expires; staff routes always do. `sandbox_only` routes do not exist
    (404) outside the sandbox profile. An `upgrade` to a WebSocket takes the token also as an
    offered subprotocol. A token that may only enrol a second factor opens `enrolment` routes alone.
    `rate` defaults to READ for GET and WRITE for the rest.
    `media` are the types of an answer that is no JSON.
    `problems` are the refusals special to this route; the layer's own are documented by itself.
    """

    method: Method
    path: str
    _: KW_ONLY
    tag: str
    summary: str
    auth: Auth = PUBLIC
    body: type[BaseModel] | None = None
    form: Form | None = None
    query: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    media: tuple[str, ...] = ()
    status: int = 200
    idempotent: bool = False
    body_limit: int = 64 * 1024
    rate: RateClass | None = None
    problems: tuple[Problem, ...] = ()
    live_session: bool = False
    sandbox_only: bool = False
    upgrade: bool = False
    enrolment: bool = False
    handler: Handler = _no_handler

    def __call__(self, handler: Handler) -> "Route":
        """The same route with its handler: a `Route` is its own decorator."""
        return replace(self, handler=handler)

    @property
    def rate_class(self) -> RateClass:
        """The class of requests that this one counts in."""
        return self.rate or (RateClass.READ if self.method == "GET" else RateClass.WRITE)

    @property
    def checks_session(self) -> bool:
        """Whether D1 is asked if the session was revoked."""
        return self.live_session or self.auth.audience == "staff"


route = Route


_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_SLUG: Final = "[a-z0-9][a-z0-9_-]{0,63}"
_TOKEN: Final = "[A-Za-z0-9._-]{1,64}"  # noqa: S105 - a pattern
_SLUG_PARAMETERS: Final = frozenset({"game_id", "provider", "code", "kind", "period", "name"})


def parameter_pattern(name: str) -> str:
    """The regular expression of a path parameter: `*_id` is a UUID, words are slugs."""
    if name in _SLUG_PARAMETERS:
        return _SLUG
    return _UUID if name.endswith("_id") else _TOKEN


def path_parameters(path: str) -> tuple[str, ...]:
    """Names of the parameters of a path template."""
    return tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    routes: dict[str, tuple[Route, tuple[tuple[str, re.Pattern[str]], ...]]] = field(
        default_factory=dict
    )


@value
class Found:
    """The route of a request, or `None` with the methods that the path does have."""

    route: Route | None
    path: dict[str, str]
    allow: tuple[str, ...]


class RouteTree:
    """Finds routes. Two routes with one method and one path shape are a mistake at start-up."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for entry in routes:
            self._add(entry)

    def _add(self, entry: Route) -> None:
        node = self._root
        for segment in entry.path.split("/")[1:]:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        if entry.method in node.routes:
            raise ValueError(f"two routes for {entry.method} {entry.path}")
        shapes = [
            (name, re.compile(parameter_pattern(name))) for name in path_parameters(entry.path)
        ]
        node.routes[entry.method] = (entry, tuple(shapes))

    def find(self, method: str, path: str) -> Found:
        """The route for `method` (HEAD is answered by GET) and a raw, undecoded `path`."""
        node = self._root
        values: list[str] = []
        for segment in path.split("/")[1:]:
            following = node.literals.get(segment)
            if following is None:
                following = node.parameter
                values.append(segment)
            if following is None:
                return Found(None, {}, ())
            node = following
        hit = node.routes.get("GET" if method == "HEAD" else method)
        if hit is None:
            allow = set(node.routes) | ({"HEAD"} if "GET" in node.routes else set())
            return Found(None, {}, tuple(sorted(allow)))
        entry, shapes = hit
        parameters: dict[str, str] = {}
        for (name, pattern), text in zip(shapes, values, strict=True):
            if not pattern.fullmatch(text):
                return Found(None, {}, ())
            parameters[name] = text
        return Found(entry, parameters, ())
