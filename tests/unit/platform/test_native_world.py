"""Time, chance and bindings that a test holds in its hand."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.native.alarm import NativeAlarm
from shared.platform.native.clock import TEST_EPOCH_MS, ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.kv import NativeKv
from shared.platform.native.queue import NativeQueue
from shared.platform.native.r2 import NativeR2, StoredObject
from shared.platform.native.wallets import NativeWallets


def test_a_clock_stands_where_it_is_told_to() -> None:
    clock = ManualClock()
    assert clock.now_ms() == TEST_EPOCH_MS
    assert clock.advance(1_500) == TEST_EPOCH_MS + 1_500
    assert clock.advance(-500) == clock.now_ms() == TEST_EPOCH_MS + 1_000
    clock.set(5)
    assert clock.now_ms() == 5


@given(st.integers() | st.text(), st.lists(st.integers(0, 100), max_size=10))
def test_entropy_of_one_seed_repeats(seed: int | str, sizes: list[int]) -> None:
    first, second = SeededEntropy(seed), SeededEntropy(seed)
    assert [first.token(size) for size in sizes] == [second.token(size) for size in sizes]


@given(st.integers(), st.integers())
def test_entropy_of_two_seeds_differs(one: int, other: int) -> None:
    tokens = SeededEntropy(one).token(32), SeededEntropy(other).token(32)
    assert (tokens[0] == tokens[1]) == (one == other)


def test_fresh_entropy_announces_the_seed_that_repeats_it() -> None:
    said: list[str] = []
    entropy = SeededEntropy.fresh(said.append)
    assert said == [f"entropy seed: {entropy.seed}"]
    assert SeededEntropy(entropy.seed).token(40) == entropy.token(40)
    assert SeededEntropy.fresh(said.append).seed != entropy.seed
    assert repr(entropy) == f"SeededEntropy(seed={entropy.seed}, counter=2)"


def test_a_cached_value_ends_when_its_time_is_over() -> None:
    clock = ManualClock()
    cache = NativeKv(clock)
    asyncio.run(cache.put("session", "open", ttl_s=60))
    clock.advance(59_999)
    assert asyncio.run(cache.get("session")) == "open"
    clock.advance(1)
    assert asyncio.run(cache.get("session")) is None


def test_a_queue_hands_out_the_oldest_first() -> None:
    queue = NativeQueue()
    asyncio.run(queue.send_batch(["a", "b"]))
    asyncio.run(queue.send_batch(["c"]))
    assert queue.take(2) == ["a", "b"]
    assert queue.take() == ["c"]
    assert queue.take() == []


def test_a_stored_object_keeps_its_type_and_metadata() -> None:
    store = NativeR2()
    asyncio.run(store.put("k", b"x", content_type="image/png", metadata={"sha256": "ab"}))
    assert store.objects["k"] == StoredObject(b"x", "image/png", {"sha256": "ab"})


def test_an_alarm_rings_once_when_it_is_due() -> None:
    alarm = NativeAlarm()
    assert not alarm.take_if_due(10)
    asyncio.run(alarm.set_at(10))
    assert not alarm.take_if_due(9)
    assert alarm.take_if_due(10)
    assert not alarm.take_if_due(11)


class CountingWallet:
    """Answers with how many were opened when it was."""

    opened = 0

    def __init__(self) -> None:
        type(self).opened += 1
        self._number = type(self).opened

    def execute(self, kind: str, key: str, session_id: str, payload: str, context: str = "") -> str:
        return f"{self._number} {kind} {key} {session_id} {payload} {context}"

    def query(self, kind: str, session_id: str, payload: str) -> str:
        return f"{self._number} {kind} {session_id} {payload}"


def test_a_wallet_is_opened_once_until_it_is_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountingWallet, "opened", 0)
    wallets = NativeWallets(lambda _player_id: CountingWallet())
    assert asyncio.run(wallets.execute("ana", "play", "k", "s", "{}", "c")) == "1 play k s {} c"
    assert asyncio.run(wallets.query("ana", "head", "s", "{}")) == "1 head s {}"
    assert asyncio.run(wallets.query("bea", "head", "s", "{}")) == "2 head s {}"
    wallets.evict("ana")
    wallets.evict("nobody")
    assert asyncio.run(wallets.query("ana", "head", "s", "{}")) == "3 head s {}"
