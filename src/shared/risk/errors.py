"""The risk context refuses nothing: it watches. A rule that is wrong is a defect, not a rejection."""

from typing import Final

from shared.kernel.errors import Problem

ALL_PROBLEMS: Final[tuple[Problem, ...]] = ()
