"""What a handler gets (`Call`) and gives (`Answer`), and the request and response around them.

Nothing here knows workerd: the entry point fills `Incoming` and sends `Outgoing`, tests do the same
natively. A handler sees a body that has been validated, a caller who has been authenticated, path
parameters of the right shape and, where the route demands one, an Idempotency-Key.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from http_layer.registry import wallet_rejection
from shared.compliance.places import Sighting
from shared.identity.model import Principal
from shared.kernel.values import value

if TYPE_CHECKING:
    # The house holds services that name `Defer`: at run time this module comes before it.
    from services.container import House

ANONYMOUS = Principal(subject_id="", session_id="", role=None)


class Headers(Protocol):
    """Request headers; names are given in lower case."""

    def get(self, name: str, /) -> str | None: ...


type Defer = Callable[[Coroutine[Any, Any, object]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request as the runtime hands it over. `read(limit)` gives the whole body, or raises
    `Rejected(BODY_TOO_LARGE)` as soon as more than `limit` bytes have arrived; `sighting()` asks
    the platform where it comes from, which few requests need to know.
    """

    method: str
    path: str
    query: str
    headers: Headers
    read: Callable[[int], Awaitable[bytes]]
    defer: Defer
    colo: str = ""
    sighting: Callable[[], Sighting] = Sighting


@value
class Outgoing:
    """A response as the runtime shall send it; `body` is empty for HEAD, `socket` goes with 101.
    Bytes are sent as they are.
    """

    status: int
    headers: dict[str, str]
    body: str | bytes
    socket: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call[Body]:
    """One request, ready to be handled. `defer` finishes work after the answer (waitUntil)."""

    body: Body
    query: Any
    path: dict[str, str]
    principal: Principal
    key: str
    house: "House"
    now_ms: int
    request_id: str
    headers: Headers
    raw_body: bytes
    client_ip: str
    defer: Defer
    sighting: Callable[[], Sighting]


@value
class Answer:
    """A response: a model, or a text or bytes sent as they are (JSON unless a Content-Type says
    else), or the client's end of a WebSocket with 101.
    """

    status: int
    body: BaseModel | str | bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    socket: Any = None

    @classmethod
    def from_wallet(cls, text: str) -> "Answer":
        """The wallet's `"<status> <replayed 0|1> <body>"`, its body passed through unparsed.

        Raises:
            Rejected: when the wallet refused (a status of 400 or more).
        """
        status, replayed, body = text.split(" ", 2)
        if int(status) >= 400:
            raise wallet_rejection(int(status), body)
        replay = {"Idempotency-Replayed": "true"} if replayed == "1" else {}
        return cls(int(status), body, replay)
