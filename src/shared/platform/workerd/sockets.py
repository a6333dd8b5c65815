"""`Sockets` of a Durable Object: WebSockets that outlive it in memory (hibernation).

The platform keeps the connections while the object is evicted and wakes it with the next message.
What must survive that is the attachment, one text. The platform takes at most 16 KiB and used to
take 2; longer ones are refused here, before it does.
"""

from typing import Final

from shared.platform.workerd.foreign import Foreign, JsException, js, optional, unwrapped

MAX_ATTACHMENT_CHARS: Final = 2_000
_OPEN: Final = 1
"""`readyState`. After a `close` of ours the client may still send, and is still listed."""


class DurableSocket:
    """`Socket` by the server's end of a pair."""

    __slots__ = ("_raw", "key")

    def __init__(self, raw: Foreign) -> None:
        self._raw = raw
        self.key: int = raw.js_id

    @property
    def attachment(self) -> str:
        return str(self._raw.deserializeAttachment())

    @property
    def is_open(self) -> bool:
        return bool(self._raw.readyState == _OPEN)

    @property
    def unsent_bytes(self) -> int:
        return int(optional(self._raw.bufferedAmount) or 0)

    def send(self, text: str) -> None:
        try:
            self._raw.send(text)
        except JsException:
            # It has been closed meanwhile, and whoever holds it hears of that by an event.
            return

    def close(self, code: int, reason: str) -> None:
        try:
            self._raw.close(code, reason)
        except JsException:
            return


class DurableSockets:
    """`Sockets` of the object that `ctx` belongs to."""

    __slots__ = ("_ctx",)

    def __init__(self, ctx: Foreign) -> None:
        self._ctx = unwrapped(ctx)

    def all(self) -> list[DurableSocket]:
        found = [DurableSocket(raw) for raw in self._ctx.getWebSockets()]
        return [socket for socket in found if socket.is_open]

    def accept(self, attachment: str) -> tuple[Foreign, DurableSocket]:
        if len(attachment) > MAX_ATTACHMENT_CHARS or not attachment.isascii():
            raise ValueError(f"an attachment is at most {MAX_ATTACHMENT_CHARS} ASCII characters")
        client, server = js.WebSocketPair.new().object_values()
        self._ctx.acceptWebSocket(server)
        server.serializeAttachment(attachment)
        return client, DurableSocket(server)

    def answer(self, request: str, response: str) -> None:
        self._ctx.setWebSocketAutoResponse(js.WebSocketRequestResponsePair.new(request, response))
