"""Every suite by the name of the port that it is about, and the checks of each, in order."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from contract.suites import (
    alarm_suite,
    clock_suite,
    crypto_suite,
    database_suite,
    entropy_suite,
    key_value_suite,
    object_store_suite,
    queue_suite,
    sql_rules_suite,
    sql_suite,
    wallets_suite,
)

SUITES: Final[dict[str, tuple[ModuleType, ...]]] = {
    "sql": (sql_suite, sql_rules_suite),
    "database": (database_suite,),
    "key_value": (key_value_suite,),
    "object_store": (object_store_suite,),
    "queue": (queue_suite,),
    "alarm": (alarm_suite,),
    "clock": (clock_suite,),
    "entropy": (entropy_suite,),
    "crypto": (crypto_suite,),
    "wallets": (wallets_suite,),
}


def checks_of(port: str) -> dict[str, Callable[[Any], Any]]:
    """The checks of a port by name, in the order they are written in; some are coroutines."""
    return {
        name.removeprefix("check_"): check
        for suite in SUITES[port]
        for name, check in vars(suite).items()
        if name.startswith("check_") and inspect.isfunction(check)
    }


def every_check() -> list[tuple[str, str]]:
    """Port and name of every check there is."""
    return [(port, name) for port in SUITES for name in checks_of(port)]


async def run_check(port: str, name: str, subject: object) -> None:
    """Run one check on an adapter; it raises what went wrong."""
    outcome = checks_of(port)[name](subject)
    if inspect.isawaitable(outcome):
        await outcome
