"""The risk context watches and refuses nothing, so it has no problem to name."""

from typing import Final

from shared.kernel.errors import Problem

ALL_PROBLEMS: Final[tuple[Problem, ...]] = ()
