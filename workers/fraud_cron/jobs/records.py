"""Typed reading of D1 records: a column of another type is a broken invariant, not a value to
guess.
"""

from shared.platform.ports import Record


def integer(record: Record, column: str) -> int:
    """The integer in `column`; `TypeError` when it holds anything else."""
    value = record[column]
    if type(value) is not int:
        raise TypeError(f"{column} is no integer")
    return value


def text(record: Record, column: str) -> str:
    """The text in `column`; `TypeError` when it holds anything else."""
    value = record[column]
    if not isinstance(value, str):
        raise TypeError(f"{column} is no text")
    return value
