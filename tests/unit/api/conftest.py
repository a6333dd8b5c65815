"""The folder of a Worker's entry is its import root: here too, for the tests of this Worker."""

import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).parents[3] / "workers" / "api"

for folder in (WORKER, Path(__file__).parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from api_under_test import World  # noqa: E402 - found by the lines above


@pytest.fixture
def world() -> World:
    """The whole API over native adapters, in the sandbox profile."""
    return World()
