"""HTTP/1.1 and WebSocket as far as a load generator needs them: bytes out, whole answers in."""

import base64
import os
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Final, Protocol

_RECEIVE: Final = 1 << 16


class Channel(Protocol):
    """One connection that has at most one request under way."""

    def fileno(self) -> int: ...

    def send(self) -> None:
        """Send the next request."""

    def receive(self) -> bool:
        """Read what has arrived; True when the answer is complete.

        Raises:
            UnexpectedAnswer: when it is not the answer to a bet that was accepted.
        """

    def close(self) -> None: ...


class UnexpectedAnswer(Exception):
    """The server closed, or answered something else; carries what it said."""


def connect(port: int) -> socket.socket:
    """A connection to the loopback interface that sends at once."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class HttpChannel:
    """A keep-alive connection; every request must be answered with `status`."""

    __slots__ = ("_buffer", "_connection", "_make", "_status")

    def __init__(self, port: int, make: Callable[[], bytes], status: int) -> None:
        self._connection = connect(port)
        self._make = make
        self._status = str(status).encode()
        self._buffer = b""

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self) -> None:
        self._connection.sendall(self._make())

    def receive(self) -> bool:
        received = self._connection.recv(_RECEIVE)
        self._buffer += received
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        complete = end >= 0 and _http_complete(buffer[:end].lower(), buffer, end + 4)
        if not received or (complete and buffer[9:12] != self._status):
            raise UnexpectedAnswer(buffer.decode(errors="replace") or "the connection was closed")
        if complete:
            self._buffer = b""
        return complete

    def close(self) -> None:
        self._connection.close()


def _http_complete(head: bytes, buffer: bytes, body: int) -> bool:
    length = head.find(b"\r\ncontent-length:")
    if length >= 0:
        return len(buffer) - body >= int(head[length + 17 :].partition(b"\r\n")[0])
    if b"\r\ntransfer-encoding: chunked" in head:
        return buffer.endswith(b"0\r\n\r\n")
    return True


class WebSocketChannel:
    """A WebSocket of one player: `make()` gives the text of a request and the mark that its answer
    must contain; other messages are pushes, and are skipped.
    """

    __slots__ = ("_buffer", "_connection", "_make", "_mark")

    def __init__(
        self, port: int, path: str, token: str, make: Callable[[], tuple[str, bytes]]
    ) -> None:
        self._connection = connect(port)
        self._make = make
        self._mark = b""
        self._buffer = b""
        status = self._upgrade(path, token)
        if status != 101:
            self._connection.close()
            raise UpgradeRefused(status)

    def _upgrade(self, path: str, token: str) -> int:
        key = base64.b64encode(os.urandom(16)).decode()
        self._connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            part = self._connection.recv(_RECEIVE)
            if not part:
                return 0
            received += part
        head, _, self._buffer = received.partition(b"\r\n\r\n")
        return int(head[9:12])

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self) -> None:
        text, self._mark = self._make()
        self._connection.sendall(_frame(0x1, text.encode()))

    def receive(self) -> bool:
        received = self._connection.recv(_RECEIVE)
        if not received:
            raise UnexpectedAnswer("the WebSocket was closed")
        self._buffer += received
        answered = False
        while (frame := _take_frame(self._buffer)) is not None:
            opcode, payload, self._buffer = frame
            if opcode == 0x9:
                self._connection.sendall(_frame(0xA, payload))
            elif opcode == 0x8:
                raise UnexpectedAnswer(f"the WebSocket was closed: {payload!r}")
            elif self._mark in payload:
                if b'"round_id"' not in payload:
                    raise UnexpectedAnswer(payload.decode(errors="replace"))
                answered = True
        return answered

    def close(self) -> None:
        self._connection.close()


class UpgradeRefused(Exception):
    """The upgrade was answered with another status than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the upgrade was answered with {status}")
        self.status = status


def _frame(opcode: int, payload: bytes) -> bytes:
    """A final frame as a client sends it, masked (RFC 6455 §5.3)."""
    size = len(payload)
    mask = secrets.token_bytes(4)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | min(size, 126))
    if size >= 126:
        head += struct.pack("!H", size)
    key = int.from_bytes(mask * (size // 4 + 1))
    shift = (4 - size % 4) * 8
    masked = int.from_bytes(payload) ^ (key >> shift)
    return head + mask + masked.to_bytes(size)


def _take_frame(buffer: bytes) -> tuple[int, bytes, bytes] | None:
    """Opcode and payload of the first frame, and what follows it; None when it is not complete."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1] & 0x7F, 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, start = int.from_bytes(buffer[2 : 2 + width]), 2 + width
    if len(buffer) < start + size:
        return None
    return buffer[0] & 0x0F, buffer[start : start + size], buffer[start + size :]
