"""Schemathesis over the committed OpenAPI document, against the running edge.

For every operation, as nobody, as a player and as staff: bodies and parameters that the schema
allows and ones that it does not. No answer is a 5xx, each has a documented status and media type
and the shape that the document promises, and what the schema forbids is never accepted. The seed is
fixed and printed; `FUZZ_SEED` and `FUZZ_EXAMPLES` look further.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from e2e.edge import ROOT, Edge
from e2e.player import Caller, join, own_address, staff
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SEED: Final = int(os.environ.get("FUZZ_SEED", "20261122"))
EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "10"))
BUDGET_S: Final = 30.0
"""For each of the three callers: a slow machine tries fewer examples, never fewer operations."""

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT: Final = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT)
LOGS_OUT: Final = "/v1/auth/logout"
MOVES_THE_CLOCK: Final = "/v1/sandbox/clock"

type Headers = Callable[[str], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks, with what is really theirs: made-up ids alone would only find 404s."""

    headers: Headers
    ids: dict[str, str] = field(default_factory=dict)

    def make_real(self, case: Any) -> None:
        """Put ids that exist where an example that the schema allows has made-up ones."""
        own = {name: self.ids[name] for name in case.path_parameters or {} if name in self.ids}
        case.path_parameters = {**(case.path_parameters or {}), **own}
        if not isinstance(case.body, dict):
            return
        if "rtp" in case.body:
            case.body["rtp"] = "95.50"
        if "session_id" in case.body and "session_id" in self.ids:
            stake_minor = 100 + case.body["stake_minor"] % 1_000
            dice = {"target": 2 + stake_minor % 97, "over": stake_minor % 2 == 0}
            case.body |= {
                "session_id": self.ids["session_id"],
                "stake_minor": stake_minor,
                "params": dice,
            }


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    """An edge of its own: what is tried here switches registers and banks off for everybody."""
    with Edge() as running:
        yield running


@pytest.fixture(scope="module")
def callers(edge: Edge) -> Iterator[dict[str, Who]]:
    """By who asks. Logging out is tried as nobody, because it would end the session of the rest;
    the clock is moved by somebody else, because a session would be idle after it.
    """
    with edge.client() as client:
        player, traveller = join(client, funds_minor=1_000_000), join(client)
        session_id = player.open_game()["session_id"]
        deposit = player.request_deposit(100)
        ids = {
            "session_id": session_id,
            "round_id": player.play(session_id, 100)["round_id"],
            "deposit_id": deposit["deposit_id"],
            "withdrawal_id": player.withdraw(100)["withdrawal_id"],
            "txid": deposit["pix"]["txid"],
            "game_id": "dice",
            "code": "not_found",
        }

        def as_(caller: Caller) -> Headers:
            special = {LOGS_OUT: {}, MOVES_THE_CLOCK: dict(traveller.headers)}
            return lambda path: special.get(path, dict(caller.headers))

        yield {
            "nobody": Who(lambda _: {}),
            "player": Who(as_(player), ids),
            "staff": Who(as_(staff(client, "admin")), {"game_id": "dice"}),
        }


def _operations() -> Iterator[Any]:
    for found in SCHEMA.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def _explore(
    edge: Edge, operation: Any, who: Who, mode: GenerationMode, deadline: float
) -> Counter[int]:
    """Statuses of the answers; the first example is always tried, whatever the time."""
    statuses: Counter[int] = Counter()
    checks = CHECKS + ([negative_data_rejection] if mode is GenerationMode.NEGATIVE else [])

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if statuses and time.monotonic() > deadline:
            return
        if mode is GenerationMode.POSITIVE:
            who.make_real(case)
        answer = case.call(
            base_url=edge.base_url, headers=own_address() | who.headers(operation.path)
        )
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    ask()
    return statuses


@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "player", "staff"])
def test_every_operation_keeps_what_the_document_promises(
    edge: Edge, callers: dict[str, Who], who: str
) -> None:
    sys.stdout.write(f"FUZZ_SEED={SEED} FUZZ_EXAMPLES={EXAMPLES}\n")
    deadline = time.monotonic() + BUDGET_S
    statuses: Counter[int] = Counter()
    operations = 0
    for operation in _operations():
        operations += 1
        raw = DOCUMENT["paths"][operation.path][operation.method.lower()]
        modes = [GenerationMode.POSITIVE]
        if "parameters" in raw or "requestBody" in raw:
            modes.append(GenerationMode.NEGATIVE)
        for mode in modes:
            statuses += _explore(edge, operation, callers[who], mode, deadline)
    assert operations == sum(
        method in {"get", "post", "put", "patch", "delete"}
        for path in DOCUMENT["paths"].values()
        for method in path
    )
    sys.stdout.write(f"{operations} operations as {who}: {dict(sorted(statuses.items()))}\n")
    assert statuses[200] > 0
    assert (statuses[201] > 0) == (who != "nobody")
    assert statuses[422] > 0
