"""Everything that an impeded person was told: date, channel and content, unchangeable, five years.

The content is sealed, for it says why somebody may not play; its hash stays in clear. A message is
stored once it has left, under an id that the provider knows too, so a message whose storing failed
is sent again under the same id and delivered once (IN SPA/MF 31/2025).
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from services.container import House
from services.messenger import Message
from shared.compliance.model import profile_now
from shared.compliance.registers.notices import Notice, NoticeKind
from shared.compliance.rules import TextLanguage
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record

_FIVE_YEARS_DAYS: Final = 5 * 365 + 2
_STORE: Final = """
INSERT OR IGNORE INTO communications (communication_id, player_id, case_id, kind, channel, language,
  template_version, content_sealed, content_sha256, reference, sent_at, recorded_at, keep_until)
VALUES (?, ?, ?, ?, 'email', ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be told, to whom, and in which case; one of each kind in a case."""

    player_id: str
    case_id: str
    kind: NoticeKind
    language: TextLanguage
    notice: Notice


async def send_letter(house: House, letter: Letter, at_ms: int) -> None:
    """Send and store a message, unless that was done; `at_ms` is the player's time.

    Raises:
        PlatformError: when it could not be sent or stored; asking again is harmless.
    """
    known = await house.db.first(
        "SELECT 1 FROM communications WHERE case_id = ? AND kind = ?", letter.case_id, letter.kind
    )
    if known is not None:
        return
    person = await house.db.first(
        "SELECT pii_sealed, jurisdiction FROM players WHERE player_id = ?", letter.player_id
    )
    assert person is not None, letter.player_id
    bound = f"player:{letter.player_id}:pii"
    pii = json.loads(await house.sealing.unseal(str(person["pii_sealed"]), bound=bound))
    message_id = _id_of(letter)
    notice = letter.notice
    reference = await house.messenger.send(
        Message(message_id, str(pii["email"]), notice.subject, notice.text)
    )
    content = canonical_json({"subject": notice.subject, "text": notice.text})
    rules = profile_now(str(person["jurisdiction"]), at_ms)
    keep_days = rules.retention_days("exclusion_notice") or _FIVE_YEARS_DAYS
    await house.db.execute(
        _STORE,
        message_id,
        letter.player_id,
        letter.case_id,
        letter.kind,
        letter.language,
        notice.version,
        await house.sealing.seal(content, bound=_bound(letter.player_id, message_id)),
        sha256(content.encode()).hexdigest(),
        reference,
        at_ms,
        house.clock.now_ms(),
        at_ms + keep_days * DAY_MS,
    )


async def letters_of(house: House, player_id: str) -> list[Record]:
    """Everything that a player was told, oldest first, with `subject` and `text` opened."""
    rows = await house.db.query(
        "SELECT * FROM communications WHERE player_id = ? ORDER BY sent_at, kind", player_id
    )
    return [{**row, **await _opened(house, row)} for row in rows]


async def _opened(house: House, row: Record) -> dict[str, str]:
    bound = _bound(str(row["player_id"]), str(row["communication_id"]))
    text = await house.sealing.unseal(str(row["content_sealed"]), bound=bound)
    content: dict[str, str] = json.loads(text)
    return content


def _bound(player_id: str, communication_id: str) -> str:
    return f"player:{player_id}:communication:{communication_id}"


def _id_of(letter: Letter) -> str:
    """The same id for the same letter, however often it is tried: of the case's own time."""
    digest = sha256(f"{letter.case_id}:{letter.kind}".encode()).digest()
    return uuid7(int(letter.case_id.replace("-", "")[:12], 16), digest)
