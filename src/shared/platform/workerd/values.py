"""Values between Python and the two SQLite databases of the platform, exact or refused."""

from shared.platform.limits import check_sql_parameter, integer_of_float
from shared.platform.ports import SqlConstraintError, SqlError, SqlValue, Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, jsnull, to_js


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
        OverflowError: for a number of 2^53 - 1 or more.
    """
    kind = type(value)
    if kind is int or kind is str:
        return value  # type: ignore[no-any-return]  # what the line above says
    if value is None or value is jsnull:
        return None
    if kind is float:
        return integer_of_float(value)
    return bytes(value) if kind is list or kind is memoryview else bytes(value.to_bytes())


def refusal(error: JsException) -> SqlError | Unreachable:
    """The port's error for what a database threw; its message names columns, never values."""
    message = str(error.message)
    if "SQLITE_CONSTRAINT" in message:
        return SqlConstraintError(message)
    if error.name == "Error" and message.startswith("D1_ERROR") and "SQLITE_" not in message:
        return Unreachable(message)
    return SqlError(message)
