"""Events of earlier releases, read as this release would have written them.

The stored text is what the hash covers and never changes; readers that rebuild the wallet's state
take `data` from here. Each step lifts one schema version to the next, so the oldest event passes
all of them.

    version 2   BONUS_CREDIT says its terms; WITHDRAWAL_HELD says when it is due
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.kernel.times import MINUTE_MS
from shared.wallet.model import Event, GrantTerms

_DUE_MS_OF_VERSION_1: Final = 120 * MINUTE_MS


def newest_data(event: Event) -> dict[str, Any]:
    """The data of an event in the form of this release.

    Raises:
        ValueError, TypeError, AttributeError: when the text is no JSON object.
    """
    data: dict[str, Any] = json.loads(event.data)
    if event.schema_version < 2:
        step = _TO_VERSION_2.get(event.type)
        if step is not None:
            data = {**data, **step(event)}
    return data


_TO_VERSION_2: Final[Mapping[str, Callable[[Event], dict[str, Any]]]] = {
    "BONUS_CREDIT": lambda _: {"terms": GrantTerms().as_data()},
    "WITHDRAWAL_HELD": lambda event: {"due_at": event.recorded_at + _DUE_MS_OF_VERSION_1},
}
