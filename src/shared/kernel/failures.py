"""How a failure is told in a log: where it happened, never what it said.

The message of an exception may quote a row, a body or a header, and logs carry nothing personal.
"""

import traceback

from shared.kernel.errors import InvariantBroken

_INNERMOST = 8


def anonymous_trace(failure: BaseException) -> str:
    """Type (with the law that an `InvariantBroken` names) and places, the innermost first."""
    frames = traceback.extract_tb(failure.__traceback__)[-_INNERMOST:]
    places = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in frames
    ]
    law = f" ({failure.law})" if isinstance(failure, InvariantBroken) else ""
    return f"{type(failure).__name__}{law} at " + " < ".join(reversed(places))
