"""`KeyValue` in memory. Time to live runs on the injected clock, so a test can let it pass."""

from shared.platform.limits import MAX_KEY_VALUE_KEY_BYTES, check_key, check_ttl
from shared.platform.ports import Clock


class NativeKv:
    """`KeyValue` whose entries end when `clock` says so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[str, int]] = {}

    async def get(self, key: str) -> str | None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        value, ends_at_ms = self._entries.get(key, ("", 0))
        return value if self._clock.now_ms() < ends_at_ms else None

    async def put(self, key: str, value: str, *, ttl_s: int) -> None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        check_ttl(ttl_s)
        self._entries[key] = (value, self._clock.now_ms() + ttl_s * 1000)

    async def delete(self, key: str) -> None:
        check_key(key, max_bytes=MAX_KEY_VALUE_KEY_BYTES)
        self._entries.pop(key, None)
