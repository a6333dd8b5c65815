"""The sockets of a Durable Object as the table needs them; `DurableSockets` is the platform's."""

from collections.abc import Sequence
from typing import Any, Protocol


class Socket(Protocol):
    """One WebSocket. It stays connected while the object is evicted from memory."""

    @property
    def key(self) -> int:
        """Names the socket as long as the object is in memory."""
        ...

    @property
    def attachment(self) -> str:
        """The text that it was accepted with."""
        ...

    @property
    def is_open(self) -> bool:
        """False as soon as either side has closed it, although messages may still come."""
        ...

    @property
    def unsent_bytes(self) -> int:
        """What was sent and the client has not taken yet."""
        ...

    def send(self, text: str) -> None:
        """Send a text message; nothing happens on a socket that is closed."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; nothing happens on a socket that is closed."""
        ...


class Sockets(Protocol):
    """All sockets of one object."""

    def all(self) -> Sequence[Socket]:
        """Those that are open, also those that an evicted object had accepted."""
        ...

    def accept(self, attachment: str) -> tuple[Any, Socket]:
        """The client's end of a new socket, for the response, and ours."""
        ...

    def answer(self, request: str, response: str) -> None:
        """Let the platform answer messages that are exactly `request`, without the object."""
        ...
