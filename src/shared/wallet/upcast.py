"""Events of earlier releases, read as this release would have written them.

The stored text is what the hash covers and never changes; readers that rebuild the wallet's state
take `data` from here. Each step lifts one schema version to the next, so the oldest event passes
all of them.

    version 2   BONUS_CREDIT says its terms; WITHDRAWAL_HELD says when it is due
    version 3   OPENED says the rules; LIMIT_CHANGED says whose limit it is
    version 4   INTERVENTION_SET says whether bets wait for it
    version 5   OPENED says the days of the wallet
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.kernel.times import MINUTE_MS, SAO_PAULO_OFFSET_MS
from shared.wallet.gate_model import Rules
from shared.wallet.model import Event, GrantTerms

_DUE_MS_OF_VERSION_1: Final = 120 * MINUTE_MS


def newest_data(event: Event) -> dict[str, Any]:
    """The data of an event in the form of this release.

    Raises:
        ValueError, TypeError, AttributeError: when the text is no JSON object.
    """
    data: dict[str, Any] = json.loads(event.data)
    for version, steps in _STEPS:
        step = steps.get(event.type) if event.schema_version < version else None
        if step is not None:
            data = {**data, **step(event, data)}
    return data


def rules_of_old(jurisdiction: str) -> Rules:
    """The rules that a wallet got which was opened before wallets had any (`migrations.v3`)."""
    if jurisdiction == "br":
        return Rules(("kyc", "impediment", "session", "place"), ("loss", "time"), 60)
    return Rules(("kyc",))


type _Steps = Mapping[str, Callable[[Event, Mapping[str, Any]], dict[str, Any]]]

_TO_VERSION_2: Final[_Steps] = {
    "BONUS_CREDIT": lambda _, __: {"terms": GrantTerms().as_data()},
    "WITHDRAWAL_HELD": lambda event, _: {"due_at": event.recorded_at + _DUE_MS_OF_VERSION_1},
}
_TO_VERSION_3: Final[_Steps] = {
    "OPENED": lambda _, data: {"rules": rules_of_old(data["jurisdiction"]).as_data()},
    "LIMIT_CHANGED": lambda _, __: {"source": "player", "tighter": True},
}
_TO_VERSION_4: Final[_Steps] = {
    "INTERVENTION_SET": lambda _, data: {"waits": data["demands"] != "none"},
}
_TO_VERSION_5: Final[_Steps] = {
    "OPENED": lambda _, __: {"day_offset_ms": SAO_PAULO_OFFSET_MS},
}
_STEPS: Final = ((2, _TO_VERSION_2), (3, _TO_VERSION_3), (4, _TO_VERSION_4), (5, _TO_VERSION_5))
