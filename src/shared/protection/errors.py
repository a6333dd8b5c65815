"""Refusals of player protection towards staff and players."""

from typing import Final

from shared.kernel.errors import Problem

MESSAGE_NOT_FOUND: Final = Problem(
    "protection_message_not_found", 404, "There is no such message", "never"
)
TASK_NOT_FOUND: Final = Problem("protection_task_not_found", 404, "There is no such task", "never")
TASK_CLOSED: Final = Problem(
    "protection_task_closed", 409, "The task has been closed already", "never"
)

ALL_PROBLEMS: Final[tuple[Problem, ...]] = (MESSAGE_NOT_FOUND, TASK_NOT_FOUND, TASK_CLOSED)
