"""The classes of the `workers` SDK, imported here and nowhere else.

A Worker's `entry.py` subclasses `WorkerEntrypoint` and `DurableObject` from this module. The SDK
does not exist outside the runtime, so what is used of it is declared for the type checker.
"""

from typing import TYPE_CHECKING, Any

from shared.platform.workerd.foreign import Foreign

if TYPE_CHECKING:

    class WorkerEntrypoint:
        """A stateless entrypoint: `fetch`, `scheduled`, `queue`."""

        ctx: Foreign
        env: Foreign

        def __init__(self, ctx: Foreign, env: Foreign) -> None: ...

    class DurableObject:
        """One object with storage: every public async method is callable by RPC."""

        ctx: Foreign
        env: Foreign

        def __init__(self, ctx: Foreign, env: Foreign) -> None: ...

    class Request:
        """A request; `js_object` is the platform's own."""

        url: str
        method: str
        headers: Any
        js_object: Foreign

        async def text(self) -> str: ...

        async def bytes(self) -> bytes: ...

    class Response:
        """An answer; `js_object` is the platform's own."""

        js_object: Foreign

        def __init__(
            self,
            body: str | bytes | None = None,
            status: int | None = None,
            status_text: str = "",
            headers: dict[str, str] | list[tuple[str, str]] | None = None,
            web_socket: Foreign = None,
        ) -> None: ...

else:
    from workers import DurableObject, Request, Response, WorkerEntrypoint

__all__ = ["DurableObject", "Request", "Response", "WorkerEntrypoint"]
