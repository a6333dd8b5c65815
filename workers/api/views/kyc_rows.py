"""Rows of identity checks as the answers that show them: players see codes, no words of staff."""

import json
from dataclasses import replace
from typing import Any

from views.kyc import (
    EvidenceDocumentView,
    EvidenceView,
    MadeDecisionView,
    MatchView,
    NextView,
    OwnDocumentView,
    OwnKycView,
    PersonView,
    ReadingView,
    WaitingView,
)

from shared.compliance.evidence import Document, complete_level, missing_kinds
from shared.compliance.kyc import Case, effective_status, expired
from shared.compliance.rules import IdentityRules
from shared.identity.cpf import mask_cpf
from shared.identity.disclosure import mask_email, mask_phone
from shared.kernel.times import rfc3339
from shared.platform.ports import Record, SqlValue


def own_view(
    case: Case,
    documents: tuple[Document, ...],
    rows: tuple[Record, ...],
    *,
    reason_code: str | None,
    rules: IdentityRules,
    now_ms: int,
) -> OwnKycView:
    """What a player sees of their own identity check, as of now."""
    now = expired(case, documents, now_ms)
    changed = [
        replace(known, status=now.documents.get(known.document_id, known.status))
        for known in documents
    ]
    missing = missing_kinds(changed, rules)
    done = complete_level(changed, rules)
    return OwnKycView.model_validate(
        {
            "level": now.case.level,
            "status": now.case.status,
            "reason": reason_code,
            "expires_at": optional_time(now.case.expires_at),
            "documents": [
                _own_document(row, known.status) for row, known in zip(rows, changed, strict=True)
            ],
            "next": NextView.model_validate(
                {"level": done + 1 if missing else None, "missing": list(missing)}
            ),
        }
    )


def queue_item(row: Record, now_ms: int) -> WaitingView:
    """Somebody who waits."""
    since = row["waiting_since"]
    assert isinstance(since, int)
    return WaitingView.model_validate(
        {
            "player_id": row["player_id"],
            "status": row["kyc_status"],
            "level": row["level"],
            "waiting_since": rfc3339(since),
            "age_seconds": max(now_ms - since, 0) // 1000,
            "documents": _words(row["kinds"]),
            "flags": _words(row["flags"]),
        }
    )


def evidence_view(
    case: Case,
    person: Record,
    known: dict[str, Any],
    cpf: str,
    *,
    lists: tuple[tuple[Record, ...], list[Record], list[Record], list[Record]],
    missing: tuple[str, ...],
    now_ms: int,
) -> EvidenceView:
    """A case as an analyst sees it; `lists` are its documents, matches, readings and decisions."""
    documents, matches, readings, decisions = lists
    return EvidenceView.model_validate(
        {
            "player_id": person["player_id"],
            "status": effective_status(case, now_ms),
            "level": case.level,
            "version": case.version,
            "waiting_since": optional_time(case.waiting_since),
            "expires_at": optional_time(case.expires_at),
            "missing": list(missing),
            "person": _person(person, known, cpf),
            "documents": [_evidence_document(row) for row in documents],
            "matches": [_match(row) for row in matches],
            "birth_dates": [_reading(row) for row in readings],
            "age_settled": json.loads(str(person["age_settled"] or "[]")),
            "decisions": [_decision(row) for row in decisions],
        }
    )


def optional_time(at_ms: SqlValue) -> str | None:
    """RFC 3339, or None for a time that is not there."""
    return rfc3339(at_ms) if isinstance(at_ms, int) else None


def _person(person: Record, known: dict[str, Any], cpf: str) -> PersonView:
    address = known["address"]
    return PersonView(
        full_name=known["full_name"],
        birth_date=str(person["birth_date"]),
        cpf=mask_cpf(cpf),
        email=mask_email(known["email"]),
        phone=mask_phone(known["phone"]),
        city=address["city"],
        state=address["state"],
        country=address["country"],
        registered_at=str(optional_time(person["registered_at"])),
    )


def _own(row: Record, status: str) -> dict[str, object]:
    return {
        "document_id": row["document_id"],
        "kind": row["kind"],
        "content_type": row["content_type"],
        "size_bytes": row["size_bytes"],
        "status": status,
        "reason": row["reason_code"],
        "submitted_at": optional_time(row["created_at"]),
    }


def _own_document(row: Record, status: str) -> OwnDocumentView:
    return OwnDocumentView.model_validate(_own(row, status))


def _evidence_document(row: Record) -> EvidenceDocumentView:
    more = (
        "sha256",
        "opinion",
        "provider",
        "provider_reference",
        "read_birth_date",
        "times_opened",
    )
    return EvidenceDocumentView.model_validate(
        _own(row, str(row["status"]))
        | {name: row[name] for name in more}
        | {"vouches": json.loads(str(row["vouches"]))}
    )


def _match(row: Record) -> MatchView:
    return MatchView.model_validate(
        {
            "list_id": row["list_id"],
            "entry_id": row["entry_id"],
            "kind": row["kind"],
            "outcome": row["outcome"],
            "found_at": optional_time(row["found_at"]),
            "resolved_at": optional_time(row["resolved_at"]),
        }
    )


def _reading(row: Record) -> ReadingView:
    return ReadingView(
        reading_id=str(row["reading_id"]),
        born=None if row["born"] is None else str(row["born"]),
        documents=json.loads(str(row["documents"])),
        actor_id=str(row["actor_id"]),
        read_at=str(optional_time(row["read_at"])),
    )


def _decision(row: Record) -> MadeDecisionView:
    names = MadeDecisionView.model_fields.keys() - {"decided_at"}
    return MadeDecisionView.model_validate(
        {name: row[name] for name in names} | {"decided_at": optional_time(row["decided_at"])}
    )


def _words(text: SqlValue) -> list[str]:
    return sorted(str(text).split(",")) if text else []
