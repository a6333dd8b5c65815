"""A player's own identity check: documents come in, and the player sees how far it is.

A document is a row first, then bytes in R2, then part of the case. Whatever is cut off in between
is completed by sending the same file again: the row is found by player, kind and SHA-256, and its
id is the object's key, so nothing is stored twice and no object is left without a row. The bytes
are sealed under the player's own key and bound to their player and document.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

from services.container import House
from services.kyc_fact import try_to_tell_wallet
from services.kyc_screening import open_kinds, screen
from services.kyc_store import change_case, find_case, identity_rules, open_case
from services.rows import integer
from shared.compliance.documents import ContentType, check_document
from shared.compliance.errors import TOO_MANY_DOCUMENTS
from shared.compliance.evidence import Document, DocumentStatus
from shared.compliance.kyc import MAX_DOCUMENTS_A_DAY, after_upload
from shared.compliance.model import DocumentKind
from shared.compliance.ports import NOT_ASKED, Checked, Offered
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import PlatformError, Record, SqlConstraintError

_ATTEMPTS: Final = 8
SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}

_INSERT: Final = (
    "INSERT INTO kyc_documents (document_id, player_id, kind, content_type, size_bytes, sha256,"
    " object_key, status, seal, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'storing', 'v2', ?)"
)
_KNOWN: Final = "SELECT * FROM kyc_documents WHERE player_id = ? AND kind = ? AND sha256 = ?"
_RECENT: Final = (
    "SELECT count(*) AS sent, min(created_at) AS first FROM kyc_documents"
    " WHERE player_id = ? AND created_at > ?"
)
# Of a file that was cut off and sent again the provider is asked again; it unsays no younger date.
_OPINION: Final = (
    "UPDATE kyc_documents SET opinion = ?1, provider = ?2, provider_reference = ?3, vouches = ?4,"
    " read_birth_date = nullif(max(coalesce(read_birth_date, ''), coalesce(?5, '')), '')"
    " WHERE document_id = ?6"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A document as a player sends it, checked by `check_document`."""

    kind: DocumentKind
    content_type: ContentType
    content: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A document that is kept; `is_replay` when the very same file had been sent before."""

    document_id: str
    status: DocumentStatus
    is_replay: bool


async def submit_document(house: House, player_id: str, sent: Sent, now_ms: int) -> Kept:
    """Keep a document and move the case on.

    Raises:
        Rejected: DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE, DOCUMENT_REFUSED, TOO_MANY_DOCUMENTS.
    """
    check_document(sent.kind, sent.content_type, sent.content)
    digest = sha256(sent.content).hexdigest()
    row = await house.db.first(_KNOWN, player_id, sent.kind, digest)
    if row is None:
        row = await _new_row(house, player_id, sent, digest, now_ms)
    document_id = str(row["document_id"])
    if row["status"] != "storing":
        return Kept(document_id, cast("DocumentStatus", row["status"]), is_replay=True)
    bound = binding(player_id, document_id)
    await house.documents.put(
        str(row["object_key"]),
        await house.sealing.seal_bytes(sent.content, bound=bound),
        content_type="application/octet-stream",
    )
    checked = await _opinion(house, document_id, sent)
    await _remember(house, document_id, checked)
    new = Document(document_id, sent.kind, "received", checked.opinion, checked.vouches)
    await _enter(house, player_id, new, now_ms)
    await try_to_tell_wallet(house, player_id)
    return Kept(document_id, "received", is_replay=False)


def binding(player_id: str, document_id: str) -> str:
    """What a sealed document is bound to: it opens for this player and document only."""
    return f"kyc:{player_id}:{document_id}"


async def _new_row(house: House, player_id: str, sent: Sent, digest: str, now_ms: int) -> Record:
    await _refuse_too_many(house, player_id, now_ms)
    document_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    # Of the same file sent twice at once, one makes the row and both go on with it.
    with suppress(SqlConstraintError):
        await house.db.execute(
            _INSERT,
            document_id,
            player_id,
            sent.kind,
            sent.content_type,
            len(sent.content),
            digest,
            f"kyc/{player_id}/{document_id}",
            now_ms,
        )
    row = await house.db.first(_KNOWN, player_id, sent.kind, digest)
    assert row is not None
    return row


async def _refuse_too_many(house: House, player_id: str, now_ms: int) -> None:
    recent = await house.db.first(_RECENT, player_id, now_ms - DAY_MS)
    assert recent is not None
    if integer(recent["sent"]) >= MAX_DOCUMENTS_A_DAY:
        wait_ms = integer(recent["first"]) + DAY_MS - now_ms
        raise Rejected(
            TOO_MANY_DOCUMENTS,
            f"At most {MAX_DOCUMENTS_A_DAY} documents are taken in a day.",
            retry_after=max(-(-wait_ms // 1000), 1),
        )


async def _opinion(house: House, document_id: str, sent: Sent) -> Checked:
    """A provider that does not answer keeps nobody waiting: the analyst looks without it."""
    if house.identity_provider is None:
        return NOT_ASKED
    try:
        return await house.identity_provider.check(
            Offered(document_id, sent.kind, sent.content_type, sent.content)
        )
    except PlatformError:
        return NOT_ASKED


async def _remember(house: House, document_id: str, checked: Checked) -> None:
    await house.db.execute(
        _OPINION,
        checked.opinion,
        checked.provider,
        checked.reference,
        json.dumps(sorted(checked.vouches)),
        None if checked.birth_date is None else checked.birth_date.isoformat(),
        document_id,
    )


async def _enter(house: House, player_id: str, new: Document, now_ms: int) -> None:
    """Make a stored document part of the case."""
    rules = identity_rules(house, now_ms)
    await open_case(house, player_id)
    for _ in range(_ATTEMPTS):
        found = await find_case(house, player_id)
        if any(known.document_id == new.document_id for known in found.documents):
            return  # the same file, sent at once, has been through here
        if await screen(house, found, now_ms):
            found = await find_case(house, player_id)
        verdict = after_upload(
            found.case,
            found.documents,
            new,
            rules=rules,
            is_flagged=bool(await open_kinds(house, player_id)),
            now_ms=now_ms,
        )
        statements = change_case(
            found, verdict, reason_code=found.reason_code, document_reasons={}, now_ms=now_ms
        )
        if (await house.db.batch(statements))[-1]:
            return
    raise TimeoutError("the case changed under every attempt")
