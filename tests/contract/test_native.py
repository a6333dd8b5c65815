"""Every check of every port, on the native adapters."""

import asyncio
from collections.abc import Callable

import pytest
from contract.suites.catalogue import SUITES, checks_of, every_check, run_check
from contract.suites.wallets_suite import EchoWallet

from shared.platform.native.alarm import NativeAlarm
from shared.platform.native.clock import ManualClock
from shared.platform.native.crypto import NativeCrypto
from shared.platform.native.d1 import NativeD1
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.kv import NativeKv
from shared.platform.native.queue import NativeQueue
from shared.platform.native.r2 import NativeR2
from shared.platform.native.sql import NativeSql
from shared.platform.native.wallets import NativeWallets
from shared.platform.ports import (
    Alarm,
    Clock,
    Crypto,
    Database,
    Entropy,
    KeyValue,
    ObjectStore,
    Queue,
    Sql,
    Wallets,
)

pytestmark = pytest.mark.contract


def _wallets() -> Wallets:
    return NativeWallets(lambda _player_id: EchoWallet())


# Each entry is typed as its port, so the type checker compares every signature as well.
SQL: Callable[[], Sql] = NativeSql
DATABASE: Callable[[], Database] = NativeD1
KEY_VALUE: Callable[[Clock], KeyValue] = NativeKv
OBJECT_STORE: Callable[[], ObjectStore] = NativeR2
QUEUE: Callable[[], Queue] = NativeQueue
ALARM: Callable[[], Alarm] = NativeAlarm
CLOCK: Callable[[], Clock] = ManualClock
ENTROPY: Callable[[], Entropy] = SeededEntropy.fresh
CRYPTO: Callable[[], Crypto] = NativeCrypto

ADAPTERS: dict[str, Callable[[], object]] = {
    "sql": SQL,
    "database": DATABASE,
    "key_value": lambda: KEY_VALUE(CLOCK()),
    "object_store": OBJECT_STORE,
    "queue": QUEUE,
    "alarm": ALARM,
    "clock": CLOCK,
    "entropy": ENTROPY,
    "crypto": CRYPTO,
    "wallets": _wallets,
}


@pytest.mark.parametrize(("port", "check"), every_check())
def test_the_native_adapter_keeps_the_contract(port: str, check: str) -> None:
    asyncio.run(run_check(port, check, ADAPTERS[port]()))


@pytest.mark.parametrize("port", SUITES)
def test_every_port_has_checks_and_a_native_adapter(port: str) -> None:
    assert port in ADAPTERS
    assert len(checks_of(port)) >= 2
