"""Values between Python and the two SQLite databases of the platform, exact or refused."""

from typing import Final

from shared.platform.limits import check_sql_parameter, integer_of_float
from shared.platform.ports import SqlConstraintError, SqlError, SqlValue, Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, jsnull, to_js

_CONSTRAINT: Final = "SQLITE_CONSTRAINT"

_SIGNS_OF_A_REFUSAL: Final = (
    "SQLITE_",
    "To execute a transaction, please use",
    "Wrong number of parameter bindings",
)


def bound(value: SqlValue) -> Foreign:
    """The JavaScript value of one parameter; raises what `check_sql_parameter` raises."""
    check_sql_parameter(value)
    if value is None:
        return jsnull
    return to_js(value) if isinstance(value, bytes) else value


def read(value: Foreign) -> SqlValue:
    """The Python value of one column.

    A BLOB is an ArrayBuffer in a Durable Object and an array of numbers in D1.

    Raises:
        TypeError: for a fraction.
        OverflowError: for a number of 2^53 or more.
    """
    kind = type(value)
    if kind is int or kind is str:
        return value  # type: ignore[no-any-return]  # what the line above says
    if value is None or value is jsnull:
        return None
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
