"""A player's end of live play: what a game client would be, over the `websockets` library."""

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

import jwt
from e2e.edge import ROOT, Edge
from e2e.player import Json, Player, fresh_key
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7

PROTOCOL: Final = "acme.play.v1"
PATIENCE_S: Final = 20
CLOSE_PATIENCE_S: Final = 0.2
POLL_S: Final = 0.05


class Closed(Exception):
    """The server closed; `messages` is what came before, `code` and `reason` the close frame."""

    def __init__(self, messages: list[Json], code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.messages = messages
        self.code = code
        self.reason = reason


class Live:
    """One open socket. Pushes that come between a message and its answer are kept in `pushes`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.pushes: list[Json] = []
        self._numbers = iter(range(1, 1 << 30))

    def receive(self) -> Json:
        """The next message, whatever it is.

        Raises:
            Closed: when there is none any more.
        """
        try:
            message: Json = json.loads(self.connection.recv(PATIENCE_S))
        except ConnectionClosed as closed:
            frame = closed.rcvd
            raise Closed(
                self.pushes, frame.code if frame else 1006, frame.reason if frame else ""
            ) from None
        if "id" not in message:
            self.pushes.append(message)
        return message

    def send(self, text: str | bytes) -> None:
        self.connection.send(text)

    def ask(self, kind: str, **members: object) -> Json:
        """Send a message and wait for its answer."""
        number = next(self._numbers)
        self.send(json.dumps({"id": number, "type": kind, **members}))
        while (message := self.receive()).get("id", "push") not in (number, None):
            assert "id" not in message, message
        return message

    def raw(self, text: str) -> Json:
        """Send any text; the answer to it."""
        self.send(text)
        while "id" not in (message := self.receive()):
            pass
        return message

    def bet(
        self, session_id: str, stake_minor: int, *, target: int = 50, key: str | None = None
    ) -> Json:
        return self.ask(
            "round",
            idempotency_key=key or fresh_key(),
            session_id=session_id,
            stake_minor=stake_minor,
            params={"target": target, "over": False},
        )

    def until_push(self, kind: str) -> Json:
        """The next push of a kind."""
        while (message := self.receive())["type"] != kind or "id" in message:
            pass
        return message

    def until_closed(self) -> Closed:
        """Read until the close frame. The library would also wait for the end of the connection,
        which the platform keeps until the object hibernates.
        """
        protocol, deadline = self.connection.protocol, time.monotonic() + PATIENCE_S
        while protocol.close_rcvd is None:
            assert time.monotonic() < deadline, self.pushes
            with suppress(TimeoutError, ConnectionClosed):
                self.pushes.append(json.loads(self.connection.recv(POLL_S)))
        return Closed(self.pushes, protocol.close_rcvd.code, protocol.close_rcvd.reason)


def upgrade(
    base_url: str,
    headers: Mapping[str, str],
    *,
    protocols: list[str] | None = None,
    origin: str | None = None,
) -> AbstractContextManager[ClientConnection]:
    """Open `GET /v1/play`; raises `InvalidStatus` when it is refused."""
    return connect(
        f"ws{base_url.removeprefix('http')}/v1/play",
        additional_headers=dict(headers),
        subprotocols=[Subprotocol(name) for name in protocols] if protocols else None,
        origin=origin,  # type: ignore[arg-type]
        proxy=None,
        open_timeout=PATIENCE_S,
        close_timeout=CLOSE_PATIENCE_S,
    )


def token_of(player: Player, lifetime_s: int = 600, **claims: Any) -> str:
    """An access token of the player's running session, signed with the local edge's own key."""
    key, key_id = _token_key()
    proven = jwt.decode(
        player.headers["Authorization"].removeprefix("Bearer "),
        options={"verify_signature": False},
    )
    now_s = int(time.time())
    signed = {
        **proven,
        "iat": now_s,
        "exp": now_s + lifetime_s,
        "jti": uuid7(now_s * 1000, secrets.token_bytes(RANDOM_BYTES_PER_ID)),
    }
    return jwt.encode(signed | claims, key, "HS256", {"kid": key_id, "typ": "at+jwt"})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _token_key() -> tuple[bytes, str]:
    lines = (ROOT / ".dev.vars.api").read_text(encoding="utf-8").splitlines()
    variables = {name: value.strip("'") for name, _, value in (x.partition("=") for x in lines)}
    key_id = variables["JWT_ACTIVE_KID"]
    text = json.loads(variables["JWT_KEYS"])[key_id]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), key_id


@contextmanager
def playing(edge: Edge, player: Player, token: str | None = None) -> Iterator[Live]:
    """An open socket of a player, its first balance read."""
    headers = dict(player.headers) | ({} if token is None else bearer(token))
    with upgrade(edge.base_url, headers) as connection:
        live = Live(connection)
        assert live.receive()["type"] == "balance"
        live.pushes.clear()
        yield live
