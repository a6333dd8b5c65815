"""The boundaries hold in every module, and each rule bites on a sample that breaks it."""

import pytest
from unit.source_modules import Module, module_of, modules_below
from unit.source_rules import (
    Rule,
    a_context_knows_only_the_models_of_others,
    chance_is_never_pythons,
    money_is_never_a_float,
    nothing_at_import_depends_on_the_moment,
    nothing_is_imported_by_a_computed_name,
    nothing_runs_beside,
    only_the_adapters_know_the_runtime,
    only_the_native_adapters_know_sqlite,
    pydantic_stays_at_the_edge,
    third_parties_of,
    time_and_chance_are_arguments,
)

WORKERS = ("workers/api", "workers/wallet_do", "workers/fraud_cron")

RULES_OF_ALL_CODE: tuple[Rule, ...] = (
    only_the_adapters_know_the_runtime,
    only_the_native_adapters_know_sqlite,
    nothing_is_imported_by_a_computed_name,
    chance_is_never_pythons,
    nothing_runs_beside,
    nothing_at_import_depends_on_the_moment,
    time_and_chance_are_arguments,
)
RULES_OF_THE_DOMAIN: tuple[Rule, ...] = (
    a_context_knows_only_the_models_of_others,
    pydantic_stays_at_the_edge,
)


def shared() -> tuple[Module, ...]:
    return modules_below("src/shared", "shared")


def money_code() -> list[Module]:
    contexts = ("shared.wallet", "shared.payments", "shared.kernel.money")
    return [module for module in shared() if module.name.startswith(contexts)]


def name_of(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", RULES_OF_ALL_CODE, ids=name_of)
def test_the_rule_holds_in_the_domain_and_in_the_workers(rule: Rule) -> None:
    code = [*shared(), *(module for folder in WORKERS for module in modules_below(folder))]
    assert [broken for module in code for broken in rule(module)] == []


@pytest.mark.parametrize("rule", RULES_OF_THE_DOMAIN, ids=name_of)
def test_the_rule_holds_in_the_domain(rule: Rule) -> None:
    assert [broken for module in shared() for broken in rule(module)] == []


def test_no_float_touches_money() -> None:
    assert [broken for module in money_code() for broken in money_is_never_a_float(module)] == []


def test_the_wallet_imports_no_third_party_package() -> None:
    known = {module.name: module for module in (*shared(), *modules_below("workers/wallet_do"))}
    entries = [
        module
        for module in known.values()
        if module.name.startswith("shared.wallet") or module.where.startswith("workers/wallet_do/")
    ]
    assert third_parties_of(entries, known) == {}


@pytest.mark.parametrize("context", ["wallet", "payments", "kernel", "games", "platform"])
def test_the_rules_see_the_code_that_they_are_about(context: str) -> None:
    assert len([m for m in shared() if m.name.startswith(f"shared.{context}.")]) >= 2


BAD: dict[Rule, list[tuple[str, str]]] = {
    only_the_adapters_know_the_runtime: [
        ("shared.wallet.decide", "import js"),
        ("entry", "from workers import Response"),
        ("entry", "def late():\n    from pyodide.ffi import to_js"),
        ("shared.platform.ports", "import _pyodide_helper"),
        ("shared.platform.workerdly", "import js"),
    ],
    only_the_native_adapters_know_sqlite: [
        ("shared.wallet.store", "import sqlite3"),
        ("entry", "from shared.platform.native.sql import NativeSql"),
        ("shared.rtp.model", "from shared.platform import native"),
    ],
    nothing_is_imported_by_a_computed_name: [
        ("entry", "import importlib as i\ni.import_module(name)"),
        ("entry", "from importlib import import_module\nimport_module(name)"),
        ("entry", "__import__('js')"),
        ("entry", "from shared.wallet.model import *"),
    ],
    chance_is_never_pythons: [
        ("shared.games.dice", "import random"),
        ("shared.games.dice", "from random import choice"),
    ],
    nothing_runs_beside: [
        ("entry", "import threading"),
        ("entry", "from concurrent.futures import ThreadPoolExecutor"),
    ],
    nothing_at_import_depends_on_the_moment: [
        ("entry", "import time\nSTARTED = time.time()"),
        ("entry", "import secrets\nKEY = secrets.token_hex(8)"),
        ("entry", "from os import urandom\nKEY = urandom(8)"),
        ("entry", "import uuid\nclass A:\n    ID = uuid.uuid4()"),
        ("entry", "from datetime import datetime as d\ndef f(now=d.now(UTC)): ..."),
        ("entry", "from datetime import date\n@cached(date.today())\ndef f(): ..."),
        ("entry", "NOW = SystemClock().now_ms()"),
        ("entry", "NONCE = SystemEntropy().token(8)"),
    ],
    time_and_chance_are_arguments: [
        ("shared.bonus.decide", "import time\ndef f():\n    return time.time()"),
        ("shared.bonus.decide", "import datetime as dt\ndef f():\n    return dt.date.today()"),
        ("routes.me", "from uuid import uuid4\nasync def f():\n    return uuid4()"),
    ],
    a_context_knows_only_the_models_of_others: [
        ("shared.wallet.decide", "import shared.rtp.decide"),
        ("shared.wallet.decide", "from shared.games import dice"),
        ("shared.wallet.decide", "from ..games.dice import play"),
        ("shared.wallet.decide", "from shared.platform.workerd.sql import DurableSql"),
        ("shared.kernel.money", "from shared.wallet.model import Event"),
        ("shared.kernel.ids", "from shared.platform.ports import Entropy"),
        ("shared.platform.ports", "from shared.wallet.model import Event"),
    ],
    pydantic_stays_at_the_edge: [
        ("shared.wallet.schemas", "from pydantic import BaseModel"),
        ("shared.games.model", "import pydantic"),
    ],
    money_is_never_a_float: [
        ("shared.wallet.decide", "SHARE = 0.5"),
        ("shared.wallet.decide", "def half(amount):\n    return amount / 2"),
        ("shared.wallet.decide", "def half(amount):\n    amount /= 2"),
        ("shared.payments.pix", "amount = float(text)"),
    ],
}

GOOD: dict[Rule, list[tuple[str, str]]] = {
    only_the_adapters_know_the_runtime: [("shared.platform.workerd.sql", "import js")],
    only_the_native_adapters_know_sqlite: [("shared.platform.native.sql", "import sqlite3")],
    nothing_at_import_depends_on_the_moment: [
        ("entry", "import time\ndef f():\n    return time.time()"),
        ("entry", "import time\nLATER = lambda: time.time()"),
    ],
    time_and_chance_are_arguments: [
        ("shared.platform.workerd.entropy", "import os\nos.urandom(8)"),
        ("shared.wallet.decide", "from shared.kernel.ids import uuid7\nuuid7(now_ms, token)"),
        ("shared.wallet.decide", "def f(clock):\n    return clock.now_ms()"),
    ],
    a_context_knows_only_the_models_of_others: [
        ("shared.wallet.decide", "from .model import Event"),
        ("shared.wallet.decide", "from shared.games.model import Draw"),
        ("shared.wallet.decide", "from shared.games import model"),
        ("shared.wallet.store", "from shared.platform.ports import Sql"),
        ("shared.wallet.store", "from shared.kernel.ids import uuid7"),
    ],
    pydantic_stays_at_the_edge: [
        ("shared.identity.schemas", "from pydantic import BaseModel"),
    ],
    money_is_never_a_float: [("shared.wallet.decide", "def half(a):\n    return a // 2")],
}


def cases(samples: dict[Rule, list[tuple[str, str]]]) -> list[object]:
    return [
        pytest.param(rule, name, source, id=f"{name_of(rule)}-{number}")
        for rule, group in samples.items()
        for number, (name, source) in enumerate(group)
    ]


@pytest.mark.parametrize("rule", [*RULES_OF_ALL_CODE, *RULES_OF_THE_DOMAIN], ids=name_of)
def test_every_rule_has_samples_that_break_it(rule: Rule) -> None:
    assert BAD[rule]


@pytest.mark.parametrize(("rule", "name", "source"), cases(BAD))
def test_the_rule_bites(rule: Rule, name: str, source: str) -> None:
    assert len(rule(module_of(name, source))) == 1


@pytest.mark.parametrize(("rule", "name", "source"), cases(GOOD))
def test_the_rule_lets_good_code_pass(rule: Rule, name: str, source: str) -> None:
    assert rule(module_of(name, source)) == []


def test_third_parties_are_found_behind_any_number_of_our_modules() -> None:
    entry = module_of("entry", "from shared.wallet.service import Wallet\nimport json, js")
    service = module_of("shared.wallet.service", "from shared.games import dice")
    dice = module_of("shared.games.dice", "def late():\n    import numpy.linalg")
    known = {module.name: module for module in (entry, service, dice)}
    assert third_parties_of([entry], known) == {"numpy": ["<shared.games.dice>:2"]}


def test_what_a_packages_init_imports_counts_too() -> None:
    entry = module_of("entry", "from shared.wallet.service import Wallet")
    package = module_of("shared.wallet", "import pydantic")
    service = module_of("shared.wallet.service", "")
    known = {module.name: module for module in (entry, package, service)}
    assert third_parties_of([entry], known) == {"pydantic": ["<shared.wallet>:1"]}
