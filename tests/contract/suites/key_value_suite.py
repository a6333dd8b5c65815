"""What every `KeyValue` does. The checks share one namespace: each uses keys of its own."""

from contract.suites.expect import equal, refused

from shared.platform.ports import KeyValue


async def check_a_missing_key_is_none(cache: KeyValue) -> None:
    equal(await cache.get("missing"), None)


async def check_a_value_comes_back_as_it_was(cache: KeyValue) -> None:
    for text in ("", "null", '{"a":1}', "São Paulo \U0001f3b2", "x" * 100_000):
        await cache.put("value", text, ttl_s=60)
        equal(await cache.get("value"), text)


async def check_the_last_put_wins(cache: KeyValue) -> None:
    await cache.put("twice", "one", ttl_s=60)
    await cache.put("twice", "two", ttl_s=3600)
    equal(await cache.get("twice"), "two")


async def check_a_deleted_key_is_missing_and_may_be_deleted_again(cache: KeyValue) -> None:
    await cache.put("gone", "soon", ttl_s=60)
    await cache.delete("gone")
    await cache.delete("gone")
    equal(await cache.get("gone"), None)


async def check_a_life_below_a_minute_is_refused(cache: KeyValue) -> None:
    for ttl_s in (59, 1, 0, -60):
        with refused(ValueError):
            await cache.put("short", "life", ttl_s=ttl_s)
    equal(await cache.get("short"), None)


async def check_what_is_no_key_is_refused(cache: KeyValue) -> None:
    longest = "é" * 256
    await cache.put(longest, "fits", ttl_s=60)
    equal(await cache.get(longest), "fits")
    for key in ("", ".", "..", longest + "x"):
        with refused(ValueError):
            await cache.put(key, "value", ttl_s=60)
        with refused(ValueError):
            await cache.get(key)
        with refused(ValueError):
            await cache.delete(key)
