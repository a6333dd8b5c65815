"""Values between Python and the two SQLite databases of the platform, exact or refused."""

from collections.abc import Iterable, Sequence
from typing import Final

from shared.platform.limits import MAX_SAFE_INTEGER, check_sql_parameter, integer_of_float
from shared.platform.ports import SqlConstraintError, SqlError, SqlValue, Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, jsnull, to_js

_CONSTRAINT: Final = "SQLITE_CONSTRAINT"

_SIGNS_OF_A_REFUSAL: Final = (
    "SQLITE_",
    "To execute a transaction, please use",
    "Wrong number of parameter bindings",
)


def bound(params: Sequence[Foreign]) -> list[Foreign]:
    """The JavaScript values of parameters; raises what `check_sql_parameter` raises."""
    # Plain text and ordinary integers are nearly all there is, and a call for each of them was a
    # fifth of the time of an INSERT.
    return [
        value
        if ((kind := type(value)) is str and value.isascii())
        or (kind is int and -MAX_SAFE_INTEGER < value < MAX_SAFE_INTEGER)
        else _bound(value)
        for value in params
    ]


def read(values: Iterable[Foreign]) -> list[SqlValue]:
    """The Python values of columns.

    A BLOB is an ArrayBuffer in a Durable Object and an array of numbers in D1.

    Raises:
        TypeError: for a fraction.
        OverflowError: for a number of 2^53 or more.
    """
    return [
        value if (kind := type(value)) is str or kind is int else _read(value) for value in values
    ]


def _bound(value: Foreign) -> Foreign:
    check_sql_parameter(value)
    if value is None:
        return jsnull
    return to_js(value) if isinstance(value, bytes) else value


def _read(value: Foreign) -> SqlValue:
    if value is None or value is jsnull:
        return None
    kind = type(value)
    if kind is float:
        return integer_of_float(value)
    return bytes(value) if kind is list or kind is memoryview else bytes(value.to_bytes())


def refusal(error: JsException) -> SqlError:
    """The port's error for what SQLite threw; its message names columns, never values."""
    message = str(error.message)
    return SqlConstraintError(message) if _CONSTRAINT in message else SqlError(message)


def refusal_or_silence(error: JsException) -> SqlError | Unreachable:
    """The same for a database behind a network: what is not SQLite's refusal has no outcome."""
    message = str(error.message)
    if any(sign in message for sign in _SIGNS_OF_A_REFUSAL):
        return refusal(error)
    return Unreachable(message)
