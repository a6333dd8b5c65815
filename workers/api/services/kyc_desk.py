"""The analysts' desk: who waits, and what there is to see. `kyc_rulings` decides.

Whoever looks at evidence or opens a document is written into the audit log before they see it. The
log names ids and codes; names, numbers and the analyst's own words stay with the case.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.audit import Action, carry_out
from services.container import House
from services.kyc import binding
from services.kyc_age import readings_of
from services.kyc_screening import matches_of, screen_again
from services.kyc_store import (
    Found,
    find_case,
    open_case,
)
from services.personal_data import looked
from shared.compliance.errors import DOCUMENT_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken, Rejected
from shared.platform.ports import Record, Statement

_QUEUE: Final = (
    "SELECT k.player_id, p.kyc_status, k.level, k.waiting_since,"
    " (SELECT group_concat(DISTINCT d.kind) FROM kyc_documents d WHERE d.player_id = k.player_id"
    " AND d.status = 'received') AS kinds,"
    " (SELECT group_concat(DISTINCT m.kind) FROM screening_matches m"
    " WHERE m.player_id = k.player_id AND m.outcome = 'open') AS flags"
    " FROM kyc_cases k JOIN players p USING (player_id)"
    " WHERE k.waiting_since IS NOT NULL AND (k.waiting_since, k.player_id) > (?1, ?2)"
    " AND (?3 IS NULL OR p.kyc_status = ?3) AND k.waiting_since <= ?4"
    " AND (?5 IS NULL OR ?5 = EXISTS (SELECT 1 FROM screening_matches m"
    " WHERE m.player_id = k.player_id AND m.outcome = 'open'))"
    " ORDER BY k.waiting_since, k.player_id LIMIT CAST(?6 AS INTEGER)"
)
_SHOWN_IN_FULL: Final = {
    "kyc.evidence.read": ("full_name", "birth_date"),
    "kyc.document.read": ("document",),
}
_OPEN_DOCUMENT: Final = (
    "UPDATE kyc_documents SET times_opened = times_opened + 1"
    " WHERE document_id = ? AND player_id = ? AND status <> 'storing'"
)
_OPEN_EVIDENCE: Final = "UPDATE kyc_cases SET times_opened = times_opened + 1 WHERE player_id = ?"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about a case, for who may decide it."""

    found: Found
    person: dict[str, Any]
    cpf: str
    matches: list[Record]
    readings: list[Record]
    decisions: list[Record]


@dataclass(frozen=True, slots=True)
class Opened:
    """A document's bytes and what they are."""

    kind: str
    content_type: str
    content: bytes


async def waiting(
    house: House,
    *,
    after: tuple[int, str],
    status: str | None,
    waiting_before: int,
    flagged: bool | None,
    limit: int,
) -> list[Record]:
    """Up to `limit` cases that wait since `waiting_before` or earlier, the oldest first."""
    flag = None if flagged is None else int(flagged)
    return await house.db.query(_QUEUE, *after, status, waiting_before, flag, limit)


async def open_evidence(house: House, analyst: Principal, player_id: str, now_ms: int) -> Evidence:
    """The evidence of a case; that it was looked at is in the log.

    Raises:
        Rejected: KYC_CASE_NOT_FOUND.
    """
    await screen_again(house, player_id, now_ms)
    await open_case(house, player_id)
    found = await find_case(house, player_id)
    await _logged(house, analyst, "kyc.evidence.read", player_id, {}, _OPEN_EVIDENCE, now_ms)
    sealing = house.sealing
    sealed = str(found.person["pii_sealed"])
    cpf = str(found.person["cpf_sealed"])
    return Evidence(
        found=found,
        person=json.loads(await sealing.unseal(sealed, bound=f"player:{player_id}:pii")),
        cpf=await sealing.unseal(cpf, bound=f"player:{player_id}:cpf"),
        matches=await matches_of(house, player_id),
        readings=await readings_of(house, player_id),
        decisions=await house.db.query(
            "SELECT * FROM kyc_decisions WHERE player_id = ? ORDER BY decision_id DESC LIMIT 100",
            player_id,
        ),
    )


async def open_document(
    house: House, analyst: Principal, player_id: str, document_id: str, now_ms: int
) -> Opened:
    """A document's bytes; that it was opened is in the log before they are read.

    Raises:
        Rejected: DOCUMENT_NOT_FOUND.
    """
    row = await house.db.first(
        "SELECT * FROM kyc_documents WHERE document_id = ? AND player_id = ?"
        " AND status <> 'storing'",
        document_id,
        player_id,
    )
    if row is None:
        raise Rejected(DOCUMENT_NOT_FOUND, "This player has no document with this id.")
    told = {"document_id": document_id, "kind": row["kind"]}
    statement = Statement(_OPEN_DOCUMENT, (document_id, player_id))
    await _logged(house, analyst, "kyc.document.read", player_id, told, statement, now_ms)
    sealed = await house.documents.get(str(row["object_key"]))
    if sealed is None:
        raise InvariantBroken("kyc_document_is_stored", f"no object for {document_id}")
    content = await house.sealing.unseal_bytes(sealed, bound=binding(player_id, document_id))
    return Opened(str(row["kind"]), str(row["content_type"]), content)


async def _logged(
    house: House,
    analyst: Principal,
    action: str,
    player_id: str,
    data: Mapping[str, object],
    statement: Statement | str,
    now_ms: int,
) -> None:
    """Write into the log what somebody is about to see; without the entry nothing is shown."""
    count = statement if isinstance(statement, Statement) else Statement(statement, (player_id,))
    look = looked(
        house,
        analyst,
        player_id,
        _SHOWN_IN_FULL[action],
        form="full",
        purpose="identity_check",
        note=action,
        now_ms=now_ms,
    )

    async def plan() -> Action:
        return Action(action, player_id, data, (look, count))

    _, happened = await carry_out(house, analyst, now_ms, plan)
    if not happened:
        raise InvariantBroken("access_is_logged", action)
