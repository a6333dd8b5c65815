"""`ObjectStore` on R2: strongly consistent; a listing is read page by page to its end."""

from collections.abc import Mapping

from shared.platform.limits import MAX_OBJECT_KEY_BYTES, check_key
from shared.platform.ports import Unreachable
from shared.platform.workerd.foreign import (
    Foreign,
    JsException,
    members,
    optional,
    to_js,
    unwrapped,
)

PAGE_SIZE = 1000
"""Most keys that R2 lists in one answer."""


class WorkerR2:
    """`ObjectStore` of one R2 binding; `page_size` is how many keys one listing call asks for."""

    __slots__ = ("_bucket", "_page_size")

    def __init__(self, binding: Foreign, *, page_size: int = PAGE_SIZE) -> None:
        self._bucket = unwrapped(binding)
        self._page_size = page_size

    async def put(
        self, key: str, body: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        options = members(
            httpMetadata={"contentType": content_type}, customMetadata=dict(metadata or {})
        )
        try:
            await self._bucket.put(key, to_js(body), options)
        except JsException as error:
            raise Unreachable(error.message) from None

    async def get(self, key: str) -> bytes | None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        try:
            found = optional(await self._bucket.get(key))
            return None if found is None else bytes((await found.arrayBuffer()).to_bytes())
        except JsException as error:
            raise Unreachable(error.message) from None

    async def delete(self, key: str) -> None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        try:
            await self._bucket.delete(key)
        except JsException as error:
            raise Unreachable(error.message) from None

    async def list(self, prefix: str) -> list[str]:
        keys: list[str] = []
        start: dict[str, str] = {}
        while True:
            try:
                page = await self._bucket.list(
                    members(prefix=prefix, limit=self._page_size, **start)
                )
            except JsException as error:
                raise Unreachable(error.message) from None
            keys += [found.key for found in page.objects]
            if not page.truncated:
                return sorted(keys)
            start = {"cursor": page.cursor}
