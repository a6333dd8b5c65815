"""Whether a player may be sent advertising: their own choice, and never while playing is closed.

Two values: `consent` is what the player last chose, `effective` is whether anybody may act on it
now. It is false whenever the wallet says that the player is excluded, paused or impeded, and when
the wallet or a register has not answered (Portaria SPA/MF 1.231/2024 art. 11; BR-IMP-13), and at a
level of the markers of harm that gets no marketing (RG-A3). Whoever has not shown who they are may
choose and is sent nothing: an exclusion of an earlier account may be theirs. A self-exclusion
withdraws the consent, so its end does not begin the advertising again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from services.container import House
from services.eligibility import UNAVAILABLE
from shared.compliance.errors import MARKETING_NOT_POSSIBLE
from shared.identity.decide import ACCOUNT_NOT_ACTIVE
from shared.kernel.errors import Rejected
from shared.kernel.failures import anonymous_trace
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Unreachable
from shared.protection.model import Level, restrictions
from shared.wallet.errors import (
    EXCLUDED,
    IMPEDED,
    IMPEDIMENT_CHECK_PENDING,
    INTERVENTION_DUE,
    KYC_REQUIRED,
    PAUSED,
    WALLET_NOT_FOUND,
)

_SILENT: Final = frozenset(
    {
        ACCOUNT_NOT_ACTIVE,
        UNAVAILABLE,
        WALLET_NOT_FOUND.code,
        EXCLUDED.code,
        PAUSED.code,
        IMPEDED.code,
        IMPEDIMENT_CHECK_PENDING.code,
        INTERVENTION_DUE.code,
    }
)
_CHOOSE: Final = (
    "INSERT INTO marketing_choices (choice_id, player_id, consent, source, chosen_at)"
    " VALUES (?, ?, ?, ?, ?)"
)
_STANDING: Final = """
SELECT (SELECT consent FROM marketing_choices WHERE player_id = ?1 ORDER BY rowid DESC LIMIT 1)
         AS consent,
       coalesce((SELECT level FROM harm_players WHERE player_id = ?1), 'none') AS level
"""
_NEWEST: Final = (
    "SELECT consent FROM marketing_choices WHERE player_id = ? ORDER BY rowid DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Marketing:
    """The choice, and whether anybody may act on it now."""

    consent: bool
    effective: bool


async def marketing_of(house: House, player_id: str, reasons: Iterable[str]) -> Marketing:
    """The choice of a player; `reasons` are those for which playing is closed to them."""
    row = await house.db.first(_STANDING, player_id)
    assert row is not None
    consent = row["consent"] == 1
    silent = restrictions(cast("Level", row["level"])).marketing
    is_heard = (_SILENT | {KYC_REQUIRED.code}).isdisjoint(reasons)
    return Marketing(consent, consent and not silent and is_heard)


async def choose_marketing(
    house: House, player_id: str, reasons: Iterable[str], now_ms: int, *, consent: bool
) -> None:
    """Record the player's own choice.

    Raises:
        Rejected: MARKETING_NOT_POSSIBLE for a consent while playing is closed to them.
    """
    if consent and not _SILENT.isdisjoint(reasons):
        raise Rejected(MARKETING_NOT_POSSIBLE, "You get no advertising while playing is closed.")
    await _record(house, player_id, "player", now_ms, consent=consent)


async def withdraw_marketing(house: House, player_id: str, now_ms: int) -> None:
    """End the consent with a self-exclusion. The exclusion stands in the wallet already: failing
    here is logged and never makes it look undone.
    """
    try:
        row = await house.db.first(_NEWEST, player_id)
        if row is not None and row["consent"] == 1:
            await _record(house, player_id, "exclusion", now_ms, consent=False)
    except Unreachable as failure:
        house.log({"event": "marketing.not_withdrawn", "failure": anonymous_trace(failure)})


async def _record(house: House, player_id: str, source: str, now_ms: int, *, consent: bool) -> None:
    choice_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    await house.db.execute(_CHOOSE, choice_id, player_id, int(consent), source, now_ms)
