"""`Alarm` of a Durable Object: it may come late and more than once, so times are stored."""

from shared.platform.limits import check_integer
from shared.platform.workerd.foreign import Foreign, optional, unwrapped


class DurableAlarm:
    """`Alarm` of the object that `ctx` belongs to."""

    __slots__ = ("_storage",)

    def __init__(self, ctx: Foreign) -> None:
        self._storage = unwrapped(ctx).storage

    async def set_at(self, at_ms: int) -> None:
        check_integer(at_ms)
        await self._storage.setAlarm(at_ms)

    async def get(self) -> int | None:
        at_ms = optional(await self._storage.getAlarm())
        return None if at_ms is None else int(at_ms)
