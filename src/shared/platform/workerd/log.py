"""One structured line per event on the console, where the platform's log pipeline reads it."""

import json
from collections.abc import Mapping

from shared.platform.workerd.foreign import js


def log_line(fields: Mapping[str, object]) -> None:
    """Write `fields` as one line of JSON. No personal data: the caller chooses what goes in.

    Raises:
        TypeError: for a value that JSON does not have.
    """
    js.console.log(json.dumps(fields, separators=(",", ":"), ensure_ascii=False))
