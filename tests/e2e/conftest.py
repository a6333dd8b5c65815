"""Fixtures of the end-to-end tests: one edge for all of them, fresh ones for tests that break
things.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from e2e.edge import Edge, shared_edge

HERE = Path(__file__).parent
_OUTPUT_ON_FAILURE = 6000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Shows what the edge printed when a test that used it fails."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for value in item.funcargs.values():
            if isinstance(value, Edge):
                report.sections.append(("edge output", value.output[-_OUTPUT_ON_FAILURE:]))
    return report


@pytest.fixture(scope="session")
def edge() -> Iterator[Edge]:
    """The edge that all tests share: never stop it, never assume it is empty."""
    with shared_edge() as running:
        yield running


@pytest.fixture
def client(edge: Edge) -> Iterator[httpx.Client]:
    """An HTTP client on the shared edge."""
    with edge.client() as connection:
        yield connection


@pytest.fixture
def fresh_edge() -> Iterator[Callable[..., Edge]]:
    """Starts edges of one's own, with the arguments of `Edge`; they are stopped after the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Edge(*args, **options))
