"""`ObjectStore` in memory."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.platform.limits import MAX_OBJECT_KEY_BYTES, check_key


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What one `put` stored."""

    body: bytes
    content_type: str
    metadata: Mapping[str, str]


class NativeR2:
    """`ObjectStore` whose content a test can look at: `objects` by key."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}

    async def put(
        self, key: str, body: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        self.objects[key] = StoredObject(body, content_type, dict(metadata or {}))

    async def get(self, key: str) -> bytes | None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        stored = self.objects.get(key)
        return stored.body if stored else None

    async def delete(self, key: str) -> None:
        check_key(key, max_bytes=MAX_OBJECT_KEY_BYTES)
        self.objects.pop(key, None)

    async def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))
