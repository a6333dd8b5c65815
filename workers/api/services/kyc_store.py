"""Identity checks in D1: rows as values, and a case written only over the version that was read.

Every change of a case is one batch whose last statement moves the version on. Each statement before
it asks for the version that was read, so of two changes at once the second changes nothing and is
decided anew. `players.kyc_status` moves in the same batch, and so does `fact_at`, by which
`services.kyc_fact` knows what the wallet has not heard of.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from services.container import House
from services.rows import optional_integer
from shared.compliance.errors import KYC_CASE_NOT_FOUND
from shared.compliance.evidence import Document, DocumentStatus, Opinion
from shared.compliance.kyc import Case, Verdict
from shared.compliance.model import DocumentKind, IdentityRules, profile_now
from shared.identity.model import KycStatus
from shared.kernel.errors import InvariantBroken, Rejected
from shared.platform.ports import Record, Statement

_READ_CASE: Final = (
    "SELECT p.player_id, p.kyc_status, p.jurisdiction, p.birth_date, p.pii_sealed, p.cpf_sealed,"
    " p.created_at AS registered_at, k.level, k.version, k.waiting_since, k.decided_at,"
    " k.expires_at, k.reason_code, k.age_settled"
    " FROM players p LEFT JOIN kyc_cases k USING (player_id)"
    " WHERE p.player_id = ?"
)
_READ_DOCUMENTS: Final = (
    "SELECT * FROM kyc_documents WHERE player_id = ? AND status <> 'storing' ORDER BY rowid"
)
_OPEN_CASE: Final = "INSERT OR IGNORE INTO kyc_cases (player_id) VALUES (?)"
_MOVE_DOCUMENT: Final = """
UPDATE kyc_documents SET status = ?, reason_code = ? WHERE document_id = ? AND player_id = ?
AND EXISTS (SELECT 1 FROM kyc_cases k WHERE k.player_id = ? AND k.version = ?)
"""
_MOVE_PLAYER: Final = """
UPDATE players SET kyc_status = ?, updated_at = ? WHERE player_id = ?
AND EXISTS (SELECT 1 FROM kyc_cases k WHERE k.player_id = ? AND k.version = ?)
"""
_MOVE_CASE: Final = (
    "UPDATE kyc_cases SET fact_at = max(CAST(? AS INTEGER), fact_at + 1), level = ?, version = ?,"
    " waiting_since = ?, decided_at = ?, expires_at = ?, reason_code = ?"
    " WHERE player_id = ? AND version = ?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A player's case as it was read, with the rows that it came from."""

    player_id: str
    case: Case
    documents: tuple[Document, ...]
    person: Record
    rows: tuple[Record, ...]

    @property
    def at(self) -> tuple[str, int]:
        """Player and version: what a statement that takes part in a change asks for last."""
        return self.player_id, self.case.version

    @property
    def reason_code(self) -> str | None:
        """Why the last decision went against the player, as the player may read it."""
        code = self.person["reason_code"]
        return None if code is None else str(code)


async def find_case(house: House, player_id: str) -> Found:
    """The case of a player; a player without one has an empty case.

    Raises:
        Rejected: KYC_CASE_NOT_FOUND when there is no such player.
    """
    person = await house.db.first(_READ_CASE, player_id)
    if person is None:
        raise Rejected(KYC_CASE_NOT_FOUND, "There is no player with this id.")
    rows = await house.db.query(_READ_DOCUMENTS, player_id)
    case = Case(
        status=cast("KycStatus", person["kyc_status"]),
        level=optional_integer(person["level"]) or 0,
        version=optional_integer(person["version"]) or 0,
        waiting_since=optional_integer(person["waiting_since"]),
        decided_at=optional_integer(person["decided_at"]),
        expires_at=optional_integer(person["expires_at"]),
    )
    return Found(player_id, case, tuple(map(_document, rows)), person, tuple(rows))


async def open_case(house: House, player_id: str) -> None:
    """Make the row of a case; harmless when it is there."""
    await house.db.execute(_OPEN_CASE, player_id)


def identity_rules(house: House, now_ms: int) -> IdentityRules:
    """What the jurisdiction asks now; a house without such a rule must not run."""
    rules = profile_now(house.settings.jurisdiction, now_ms).identity
    if rules is None:
        raise InvariantBroken("identity_rules", "the profile does not say which documents it asks")
    return rules


def change_case(
    found: Found,
    verdict: Verdict,
    *,
    reason_code: str | None,
    document_reasons: Mapping[DocumentStatus, str],
    now_ms: int,
) -> list[Statement]:
    """The statements of a change, the case itself last; none takes effect over another version."""
    at = found.at
    moved = verdict.case
    statements = [
        Statement(
            _MOVE_DOCUMENT,
            (status, document_reasons.get(status), document_id, found.player_id, *at),
        )
        for document_id, status in verdict.documents.items()
    ]
    statements.append(Statement(_MOVE_PLAYER, (moved.status, now_ms, found.player_id, *at)))
    case = (
        now_ms,
        moved.level,
        moved.version,
        moved.waiting_since,
        moved.decided_at,
        moved.expires_at,
        reason_code,
    )
    return [*statements, Statement(_MOVE_CASE, (*case, *at))]


def _document(row: Record) -> Document:
    return Document(
        document_id=str(row["document_id"]),
        kind=cast("DocumentKind", row["kind"]),
        status=cast("DocumentStatus", row["status"]),
        opinion=cast("Opinion", row["opinion"] or "not_asked"),
        vouches=frozenset(json.loads(str(row["vouches"]))),
    )
