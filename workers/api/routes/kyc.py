"""Identity checks: a player sends documents, an analyst looks at them and decides."""

from typing import Final

from http_layer.call import Answer, Call
from http_layer.intake import invalid_body
from http_layer.multipart import Part
from http_layer.problems import MALFORMED_FORM
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, Form, route, staff
from pydantic import ValidationError
from services.kyc import SUFFIXES, Sent, submit_document
from services.kyc_desk import open_document, open_evidence, waiting
from services.kyc_rulings import Ruling, override_proposal, rule
from services.kyc_store import find_case, identity_rules
from services.proposals import propose
from services.rows import integer
from views.kyc import (
    DocumentBody,
    DocumentFields,
    EvidenceView,
    KeptDocumentView,
    KycDecisionBody,
    KycDecisionView,
    OverrideBody,
    OwnKycView,
    QueueQuery,
    QueueView,
)
from views.kyc_rows import evidence_view, optional_time, own_view, queue_item
from views.ops import ApprovalView

from routes.ops import approval_view
from shared.compliance.documents import decode_base64
from shared.compliance.errors import (
    DOCUMENT_NOT_FOUND,
    DOCUMENT_REFUSED,
    DOCUMENT_TOO_LARGE,
    DOCUMENT_UNREADABLE,
    KYC_BIRTH_DATE_DIFFERS,
    KYC_CASE_NOT_FOUND,
    KYC_DECIDED,
    KYC_INCOMPLETE,
    KYC_REFUSED_BY_PROVIDER,
    KYC_SCREENING_OPEN,
    KYC_UNDERAGE,
    TOO_MANY_DOCUMENTS,
)
from shared.compliance.evidence import missing_kinds
from shared.compliance.kyc import Findings, effective_status
from shared.identity.errors import PERSONAL_DATA_ERASED
from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS

ANALYSTS: Final = staff("kyc", "admin")
UPLOAD_LIMIT: Final = 7 * 1024 * 1024
"""5 MiB in base64 are 6.7 MiB; the rest is for the frame around them."""


def _sent_in_a_form(parts: dict[str, Part]) -> Sent:
    """The parts `kind` and `content`, a file with its type.

    Raises:
        Rejected: MALFORMED_FORM, VALIDATION_FAILED.
    """
    if parts.keys() != {"kind", "content"}:
        raise Rejected(MALFORMED_FORM, "A document has the parts kind and content.")
    content = parts["content"]
    named = {"kind": parts["kind"].content.decode("latin-1"), "content_type": content.content_type}
    try:
        fields = DocumentFields.model_validate(named)
    except ValidationError as error:
        raise invalid_body(error) from None
    return Sent(fields.kind, fields.content_type, content.content)


DOCUMENT_FORM: Final = Form(
    _sent_in_a_form,
    {
        "type": "object",
        "properties": {
            "kind": {"enum": ["id_front", "id_back", "selfie", "proof_of_address"]},
            "content": {
                "type": "string",
                "format": "binary",
                "description": "The file, with its Content-Type: image/jpeg, image/png or "
                "application/pdf",
            },
        },
        "required": ["kind", "content"],
        "additionalProperties": False,
    },
)


@route(
    "POST",
    "/v1/me/kyc/documents",
    tag="Identity",
    summary="Send a document; the same file again is the same document",
    auth=PLAYER,
    body=DocumentBody,
    form=DOCUMENT_FORM,
    response=KeptDocumentView,
    status=201,
    body_limit=UPLOAD_LIMIT,
    rate=RateClass.UPLOAD,
    live_session=True,
    problems=(DOCUMENT_TOO_LARGE, DOCUMENT_UNREADABLE, DOCUMENT_REFUSED, TOO_MANY_DOCUMENTS),
)
async def send_document(call: Call[DocumentBody | Sent]) -> Answer:
    body = call.body
    sent = body if isinstance(body, Sent) else _sent_in_json(body)
    kept = await submit_document(call.house, call.principal.subject_id, sent, call.now_ms)
    view = KeptDocumentView.model_validate({"document_id": kept.document_id, "status": kept.status})
    return Answer(201, view, {"Idempotency-Replayed": "true"} if kept.is_replay else {})


def _sent_in_json(body: DocumentBody) -> Sent:
    return Sent(body.kind, body.content_type, decode_base64(body.content_base64))


@route(
    "GET",
    "/v1/me/kyc",
    tag="Identity",
    summary="How far the player's identity check is, and what is missing next",
    auth=PLAYER,
    response=OwnKycView,
    live_session=True,
)
async def read_kyc(call: Call[None]) -> OwnKycView:
    found = await find_case(call.house, call.principal.subject_id)
    return own_view(
        found.case,
        found.documents,
        found.rows,
        reason_code=found.reason_code,
        rules=identity_rules(call.house, call.now_ms),
        now_ms=call.now_ms,
    )


@route(
    "GET",
    "/v1/ops/kyc/queue",
    tag="Operators: identity",
    summary="Who waits for an analyst, the longest wait first",
    auth=ANALYSTS,
    query=QueueQuery,
    response=QueueView,
)
async def read_queue(call: Call[None]) -> QueueView:
    wanted: QueueQuery = call.query
    rows = await waiting(
        call.house,
        after=_after(wanted.cursor),
        status=wanted.status,
        waiting_before=call.now_ms - (wanted.older_than_minutes or 0) * MINUTE_MS,
        flagged=wanted.flagged,
        limit=wanted.limit + 1,
    )
    page = rows[: wanted.limit]
    cursor = None
    if len(rows) > wanted.limit:
        last = page[-1]
        cursor = f"{integer(last['waiting_since'])}_{last['player_id']!s}"
    return QueueView(items=[queue_item(row, call.now_ms) for row in page], next_cursor=cursor)


def _after(cursor: str | None) -> tuple[int, str]:
    """Where a page begins; without a cursor at the first."""
    since, _, player_id = (cursor or "0_").partition("_")
    return int(since), player_id


@route(
    "GET",
    "/v1/ops/kyc/{player_id}",
    tag="Operators: identity",
    summary="The evidence of a case; reading it is logged",
    auth=ANALYSTS,
    response=EvidenceView,
    problems=(KYC_CASE_NOT_FOUND, PERSONAL_DATA_ERASED),
)
async def read_evidence(call: Call[None]) -> EvidenceView:
    evidence = await open_evidence(call.house, call.principal, call.path["player_id"], call.now_ms)
    found = evidence.found
    return evidence_view(
        found.case,
        found.person,
        evidence.person,
        evidence.cpf,
        lists=(found.rows, evidence.matches, evidence.readings, evidence.decisions),
        missing=missing_kinds(found.documents, identity_rules(call.house, call.now_ms)),
        now_ms=call.now_ms,
    )


@route(
    "GET",
    "/v1/ops/kyc/{player_id}/documents/{document_id}",
    tag="Operators: identity",
    summary="The bytes of a document; opening it is logged",
    auth=ANALYSTS,
    media=tuple(SUFFIXES),
    problems=(DOCUMENT_NOT_FOUND,),
)
async def read_document(call: Call[None]) -> Answer:
    opened = await open_document(
        call.house,
        call.principal,
        call.path["player_id"],
        call.path["document_id"],
        call.now_ms,
    )
    # An attachment in a sandbox: whatever is in the file, no browser runs it as part of this site.
    file = f"{opened.kind}.{SUFFIXES[opened.content_type]}"
    headers = {
        "Content-Type": opened.content_type,
        "Content-Disposition": f'attachment; filename="{file}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    }
    return Answer(200, opened.content, headers)


@route(
    "POST",
    "/v1/ops/kyc/{player_id}/decision",
    tag="Operators: identity",
    summary="Approve, reject, or ask for a new set",
    auth=ANALYSTS,
    body=KycDecisionBody,
    response=KycDecisionView,
    problems=(
        KYC_CASE_NOT_FOUND,
        KYC_DECIDED,
        KYC_UNDERAGE,
        KYC_BIRTH_DATE_DIFFERS,
        KYC_INCOMPLETE,
        KYC_REFUSED_BY_PROVIDER,
        KYC_SCREENING_OPEN,
    ),
)
async def decide_kyc(call: Call[KycDecisionBody]) -> KycDecisionView:
    body = call.body
    ruling = Ruling(
        decision=body.decision,
        reason=body.reason,
        reason_code=body.reason_code,
        findings=Findings(outcome=body.screening, kinds=frozenset(body.kinds)),
        version=body.version,
        born=body.document_birth_date,
    )
    found = await rule(call.house, call.principal, call.path["player_id"], ruling, call.now_ms)
    return KycDecisionView(
        player_id=found.player_id,
        status=effective_status(found.case, call.now_ms),
        level=found.case.level,
        expires_at=optional_time(found.case.expires_at),
    )


@route(
    "POST",
    "/v1/ops/kyc/{player_id}/override",
    tag="Operators: identity",
    summary="Propose to approve without a complete set or against the provider, by two people",
    auth=ANALYSTS,
    body=OverrideBody,
    response=ApprovalView,
    status=201,
    idempotent=True,
    problems=(KYC_CASE_NOT_FOUND,),
)
async def propose_override(call: Call[OverrideBody]) -> Answer:
    body = call.body
    proposal = await override_proposal(
        call.house,
        call.path["player_id"],
        body.reason,
        Findings(outcome=body.screening, settles_age=body.settles_age),
        body.version,
    )
    row, replayed = await propose(call.house, call.principal, call.key, proposal, call.now_ms)
    replay = {"Idempotency-Replayed": "true"} if replayed else {}
    return Answer(201, approval_view(row), replay)


ROUTES = (
    send_document,
    read_kyc,
    read_queue,
    read_evidence,
    read_document,
    decide_kyc,
    propose_override,
)
