"""`KeyValue` on Workers KV: a cache. A written value may be seen elsewhere only a minute later."""

from shared.platform.limits import MAX_KEY_VALUE_KEY_BYTES, check_key, check_ttl
from shared.platform.ports import Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, members, optional, unwrapped


class WorkerKv:
    """`KeyValue` of one KV binding."""

    __slots__ = ("_namespace",)

    def __init__(self, binding: Foreign) -> None:
        self._namespace = unwrapped(binding)

    async def get(self, key: str) -> str | None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        try:
            value: str | None = optional(await self._namespace.get(key))
        except JsException as error:
            raise Unreachable(error.message) from None
        return value

    async def put(self, key: str, value: str, *, ttl_s: int) -> None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        check_ttl(ttl_s)
        try:
            await self._namespace.put(key, value, members(expirationTtl=ttl_s))
        except JsException as error:
            raise Unreachable(error.message) from None

    async def delete(self, key: str) -> None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        try:
            await self._namespace.delete(key)
        except JsException as error:
            raise Unreachable(error.message) from None
