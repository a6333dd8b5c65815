"""Players as the desk sees them: found by an exact mark, personal data masked by role, the look
logged.

E-mail address and CPF are found by their blind index; nothing else of a person can be searched, so
the desk cannot be used to browse people.
"""

import json
from typing import Final, Literal

from views.ledger_ops import PlayerSummaryView

from services.container import House
from services.personal_data import masked_person
from services.rows import integer
from shared.identity.cpf import normalise_cpf
from shared.identity.decide import normalise_email
from shared.identity.errors import PLAYER_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.kernel.ids import is_uuid
from shared.kernel.times import rfc3339
from shared.platform.ports import Record

_ANY_OF: Final = "{} IN (SELECT value FROM json_each(?))"
_SELECT: Final = "SELECT * FROM players WHERE brand_id = ? AND "


async def find_players(
    house: House, actor: Principal, query: str, now_ms: int
) -> list[PlayerSummaryView]:
    """The player with this id, e-mail address or CPF; none when there is no such player."""
    text = query.strip()
    if is_uuid(text.lower()):
        where, value = "player_id = ?", text.lower()
    elif "@" in text:
        where, value = (
            _ANY_OF.format("email_index"),
            _indexes(house, "email", normalise_email(text)),
        )
    else:
        try:
            where, value = _ANY_OF.format("cpf_index"), _indexes(house, "cpf", normalise_cpf(text))
        except ValueError:
            return []
    rows = await house.db.query(_SELECT + where, house.settings.brand_id, value)
    return [await _summary(house, actor, row, now_ms) for row in rows]


async def read_player(
    house: House, actor: Principal, player_id: str, now_ms: int
) -> PlayerSummaryView:
    """One player, masked.

    Raises:
        Rejected: PLAYER_NOT_FOUND.
    """
    row = await house.db.first(_SELECT + "player_id = ?", house.settings.brand_id, player_id)
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    return await _summary(house, actor, row, now_ms)


def _indexes(house: House, purpose: Literal["email", "cpf"], value: str) -> str:
    return json.dumps(house.blind_index.all_of(purpose, value))


async def _summary(house: House, actor: Principal, row: Record, now_ms: int) -> PlayerSummaryView:
    shown = await masked_person(house, actor, row, "desk", now_ms)
    return PlayerSummaryView.model_validate(
        {
            "player_id": row["player_id"],
            "status": row["status"],
            "kyc_status": row["kyc_status"],
            "vip_tier": row["vip_tier"],
            "jurisdiction": row["jurisdiction"],
            "currency": row["currency"],
            "name_masked": shown["full_name"],
            "email_masked": shown["email"],
            "phone_masked": shown["phone"],
            "cpf_masked": shown["cpf"],
            "created_at": rfc3339(integer(row["created_at"])),
        }
    )
