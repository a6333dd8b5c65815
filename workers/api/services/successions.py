"""A new account of somebody whose former one was closed by an off-boarding (BR-IMP-10, BR-IMP-11).

Nobody is re-admitted by themselves: the person registers again, and is asked about like everybody.
The former account keeps its history and gives up its place in the indexes, so that there is one
account for each person that is not closed; which followed which is kept with the CPF's index.
"""

import json
from dataclasses import dataclass
from typing import Final

from services.container import House
from shared.identity.model import Application
from shared.platform.ports import Statement

_MATCHES: Final = """
SELECT p.player_id, p.cpf_index, p.cpf_index IN (SELECT value FROM json_each(?3)) AS is_person,
  p.status = 'closed' AND o.closed_at IS NOT NULL AS has_left
FROM players p LEFT JOIN offboardings o USING (player_id)
WHERE p.brand_id = ?1 AND (p.email_index IN (SELECT value FROM json_each(?2))
  OR p.cpf_index IN (SELECT value FROM json_each(?3)))
"""
# A tombstone begins with the last character of ASCII that can be seen, and is no index.
_RELEASE: Final = """
UPDATE players SET cpf_index = '~former:' || player_id || ':' || cpf_index,
  email_index = '~former:' || player_id || ':' || email_index
WHERE player_id = ? AND status = 'closed' AND cpf_index = ?
"""
_FOLLOWS: Final = """
INSERT INTO account_successions (former_id, player_id, cpf_index, succeeded_at) VALUES (?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Former:
    """The closed account of a person who registers again."""

    player_id: str
    cpf_index: str

    def release(self) -> Statement:
        """Before the new account is made: the former one gives up its place."""
        return Statement(_RELEASE, (self.player_id, self.cpf_index))

    def followed_by(self, player_id: str, now_ms: int) -> Statement:
        """After the new account is made: which follows which."""
        return Statement(_FOLLOWS, (self.player_id, player_id, self.cpf_index, now_ms))


async def former_account(house: House, application: Application) -> Former | None:
    """The account that the applicant had, if it was closed by an off-boarding and nothing else
    stands in the way of a new one.
    """
    cpfs = json.dumps(house.blind_index.all_of("cpf", application.cpf))
    emails = json.dumps(house.blind_index.all_of("email", application.email))
    matches = await house.db.query(_MATCHES, house.settings.brand_id, emails, cpfs)
    if len(matches) != 1 or matches[0]["is_person"] != 1 or matches[0]["has_left"] != 1:
        return None
    return Former(str(matches[0]["player_id"]), str(matches[0]["cpf_index"]))
