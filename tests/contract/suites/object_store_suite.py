"""What every `ObjectStore` does. Checks share one bucket, whose adapter lists two keys a page."""

from contract.suites.expect import equal, refused

from shared.platform.ports import ObjectStore


async def check_a_missing_object_is_none(store: ObjectStore) -> None:
    equal(await store.get("missing"), None)


async def check_a_body_comes_back_as_it_was(store: ObjectStore) -> None:
    for body in (b"", b"\0", bytes(range(256)) * 400):
        await store.put("body", body, content_type="application/octet-stream")
        found = await store.get("body")
        equal(found, body)
        equal(type(found), bytes)


async def check_the_last_put_wins_with_metadata_or_without(store: ObjectStore) -> None:
    await store.put("twice", b"one", content_type="text/plain", metadata={"sha256": "ab"})
    await store.put("twice", b"two", content_type="text/plain")
    equal(await store.get("twice"), b"two")


async def check_a_deleted_object_is_missing_and_may_be_deleted_again(store: ObjectStore) -> None:
    await store.put("gone", b"soon", content_type="text/plain")
    await store.delete("gone")
    await store.delete("gone")
    equal(await store.get("gone"), None)


async def check_a_listing_has_every_page_sorted(store: ObjectStore) -> None:
    keys = [f"list/day={day:02d}/é.ndjson" for day in range(1, 8)]
    for key in reversed(keys):
        await store.put(key, b"x", content_type="application/x-ndjson")
    await store.put("listing", b"x", content_type="text/plain")
    equal(await store.list("list/"), keys)
    equal(await store.list("list/day=03"), keys[2:3])


async def check_a_listing_of_nothing_is_empty(store: ObjectStore) -> None:
    equal(await store.list("nothing/here/"), [])


async def check_what_is_no_key_is_refused(store: ObjectStore) -> None:
    longest = "é" * 512
    await store.put(longest, b"fits", content_type="text/plain")
    equal(await store.get(longest), b"fits")
    for key in ("", longest + "x"):
        with refused(ValueError):
            await store.put(key, b"x", content_type="text/plain")
        with refused(ValueError):
            await store.get(key)
        with refused(ValueError):
            await store.delete(key)
