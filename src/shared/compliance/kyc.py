"""Who a player is: the states of an identity check, and what moves it from one to the next.

    pending ──set complete──▶ in_review ──approve──▶ approved ──time, reverify──▶ expired
                                 │  ▲                                               │
                                 ▼  └────────── a complete new set ◀────────────────┤
                              rejected ─────────────────────────────────────────────┘

Pure: the case, its documents, the rules of the jurisdiction and the time are arguments. An approval
stands on a complete set of documents (`evidence`) that no provider refused; one person, whatever
their role, approves nothing else, and two people may waive the set or the refusal, never an `age`.
A match with a list opens a review and is never said to the player. The case's version grows with
every change, so that of two changes at once the second is decided anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.compliance.age import Age, check_age
from shared.compliance.errors import (
    KYC_DECIDED,
    KYC_INCOMPLETE,
    KYC_REFUSED_BY_PROVIDER,
    KYC_SCREENING_OPEN,
)
from shared.compliance.evidence import (
    LIVE,
    Document,
    DocumentStatus,
    complete_level,
    missing_kinds,
    newest_of_each_kind,
    refused_kinds,
    vouched_kinds,
)
from shared.compliance.rules import DocumentKind, IdentityRules
from shared.identity.model import KycStatus
from shared.kernel.errors import Rejected
from shared.kernel.times import DAY_MS

type Decision = Literal["approve", "reject", "reverify"]
type ScreeningOutcome = Literal["false_positive", "accepted_pep"]
type ReasonCode = Literal[
    "not_confirmed",
    "unreadable",
    "document_expired",
    "does_not_match",
    "wrong_document",
    "reverification",
]

MAX_DOCUMENTS_A_DAY: Final = 20


@dataclass(frozen=True, slots=True)
class Case:
    """The identity check of one player. `waiting_since` is set while an analyst has to look;
    `level` is 0 (unknown), 1 (identity) or 2 (identity and address). Times are UTC milliseconds.
    """

    status: KycStatus = "pending"
    level: int = 0
    version: int = 0
    waiting_since: int | None = None
    decided_at: int | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case after a decision, and the documents whose status it changes."""

    case: Case
    documents: Mapping[str, DocumentStatus]


def effective_status(case: Case, now_ms: int) -> KycStatus:
    """The status at `now_ms`: an approval ends by itself, not when somebody notices."""
    is_over = case.expires_at is not None and now_ms >= case.expires_at
    return "expired" if case.status == "approved" and is_over else case.status


def expired(case: Case, documents: Sequence[Document], now_ms: int) -> Verdict:
    """The case with an approval whose time is over taken away, and its documents with it; a
    review that is going on goes on without them.
    """
    if case.expires_at is None or now_ms < case.expires_at:
        return Verdict(case, {})
    over = _without_approval(case, documents)
    if case.status == "approved":
        return over
    return Verdict(
        replace(over.case, status=case.status, waiting_since=case.waiting_since), over.documents
    )


def after_upload(
    case: Case,
    documents: Sequence[Document],
    new: Document,
    *,
    rules: IdentityRules,
    is_flagged: bool,
    now_ms: int,
) -> Verdict:
    """A new document takes the place of a waiting one of its kind; a complete set goes to review.

    `documents` are those before it; `is_flagged` says that a match with a list is open.
    """
    settled = expired(case, documents, now_ms)
    known = _changed(documents, settled.documents)
    replaced: dict[str, DocumentStatus] = {
        document.document_id: "replaced"
        for document in known
        if document.kind == new.kind
        and document.status == "received"
        and document.document_id != new.document_id
    }
    now_there = [*_changed(known, replaced), new]
    changes = {**settled.documents, **replaced, new.document_id: new.status}
    base = settled.case
    waits = base.waiting_since if base.waiting_since is not None else now_ms
    if base.status == "approved" and not is_flagged:
        return Verdict(replace(base, waiting_since=waits, version=base.version + 1), changes)
    if is_flagged or complete_level(now_there, rules) > 0:
        return Verdict(_in_review(base, now_ms), changes)
    status: KycStatus = "pending" if base.status == "rejected" else base.status
    return Verdict(replace(base, status=status, version=base.version + 1), changes)


def after_match(case: Case, now_ms: int) -> Case:
    """The case after a match with a list was found: somebody has to look, whatever it was."""
    return case if case.status == "in_review" else _in_review(case, now_ms)


@dataclass(frozen=True, slots=True)
class Findings:
    """What whoever decides has found. `outcome` is what became of open matches; `kinds` are the
    documents that a rejection is about (none named: all of them); `is_waived` says that two people
    approve without a complete set, or against a provider; `settles_age` that the two also say that
    a date under the legal age was a misreading.
    """

    outcome: ScreeningOutcome | None = None
    kinds: frozenset[DocumentKind] = frozenset()
    is_waived: bool = False
    settles_age: bool = False


def decide(
    case: Case,
    documents: Sequence[Document],
    decision: Decision,
    *,
    rules: IdentityRules,
    open_matches: Iterable[str],
    findings: Findings,
    age: Age,
    now_ms: int,
) -> Verdict:
    """A decision about a case. `open_matches` are the kinds (`pep`, `sanction`) of unresolved
    matches.

    Raises:
        Rejected: KYC_DECIDED, KYC_UNDERAGE, KYC_BIRTH_DATE_DIFFERS, KYC_INCOMPLETE,
            KYC_REFUSED_BY_PROVIDER or KYC_SCREENING_OPEN, the first that applies.
    """
    settled = expired(case, documents, now_ms)
    known = _changed(documents, settled.documents)
    if decision == "approve":
        if settled.case.status == "approved" and settled.case.waiting_since is None:
            raise Rejected(KYC_DECIDED, "The identity is approved and no new document waits.")
        check_age(age, is_settled=findings.is_waived and findings.settles_age)
        _check_set(known, rules, findings)
        _check_matches(frozenset(open_matches), findings.outcome)
        made = _approved(settled.case, known, rules, now_ms)
    elif decision == "reject":
        made = _rejected(settled.case, known, findings.kinds)
    else:
        if settled.case.status != "approved":
            raise Rejected(KYC_DECIDED, f"The identity is {settled.case.status}, not approved.")
        made = _without_approval(settled.case, known)
    decided = replace(made.case, decided_at=now_ms)
    return Verdict(decided, {**settled.documents, **made.documents})


def _check_set(documents: Sequence[Document], rules: IdentityRules, findings: Findings) -> None:
    if findings.is_waived:
        return
    if complete_level(documents, rules) == 0:
        raise Rejected(
            KYC_INCOMPLETE,
            "An approval stands on a complete set of documents; only two people can do without.",
            missing=list(missing_kinds(documents, rules)),
        )
    if refused := refused_kinds(documents):
        raise Rejected(
            KYC_REFUSED_BY_PROVIDER,
            "The identity provider refused a document; only two people can approve against it.",
            kinds=list(refused),
        )


def _check_matches(matches: frozenset[str], outcome: ScreeningOutcome | None) -> None:
    if matches and (outcome is None or (outcome == "accepted_pep" and "sanction" in matches)):
        raise Rejected(
            KYC_SCREENING_OPEN,
            "Say what became of the match: false_positive, or accepted_pep where no sanction is.",
            matches=sorted(matches),
        )


def _approved(
    case: Case, documents: Sequence[Document], rules: IdentityRules, now_ms: int
) -> Verdict:
    until = now_ms + rules.valid_days * DAY_MS
    # Looking again at old documents does not make them newer.
    holds_until = until if case.expires_at is None else case.expires_at
    accepted: dict[str, DocumentStatus] = {
        document.document_id: "accepted"
        for document in newest_of_each_kind(documents).values()
        if document.status == "received"
    }
    case = replace(
        case,
        status="approved",
        # Two people who do without a document vouch for the identity, not for an address.
        level=max(complete_level(documents, rules), 1),
        waiting_since=None,
        expires_at=holds_until,
        version=case.version + 1,
    )
    return Verdict(case, accepted)


def _rejected(case: Case, documents: Sequence[Document], kinds: frozenset[DocumentKind]) -> Verdict:
    """Of an approved identity only what waits is rejected: `reverify` takes the approval away."""
    keeps_approval = case.status == "approved"
    if case.waiting_since is None and case.status in ("approved", "rejected"):
        raise Rejected(KYC_DECIDED, f"The identity is {case.status} and no new document waits.")
    # A kind that nobody sent falls with the document by which a provider vouches for it.
    unsent = kinds & vouched_kinds(documents) - newest_of_each_kind(documents).keys()
    refused: dict[str, DocumentStatus] = {
        document.document_id: "rejected"
        for document in documents
        if document.status in (("received",) if keeps_approval else LIVE)
        and (not kinds or document.kind in kinds or document.vouches & unsent)
    }
    case = replace(case, waiting_since=None, version=case.version + 1)
    if not keeps_approval:
        case = replace(case, status="rejected", level=0, expires_at=None)
    return Verdict(case, refused)


def _without_approval(case: Case, documents: Sequence[Document]) -> Verdict:
    over: dict[str, DocumentStatus] = {
        document.document_id: "expired" for document in documents if document.status == "accepted"
    }
    case = replace(
        case,
        status="expired",
        level=0,
        expires_at=None,
        waiting_since=None,
        version=case.version + 1,
    )
    return Verdict(case, over)


def _in_review(case: Case, now_ms: int) -> Case:
    waits = case.waiting_since if case.waiting_since is not None else now_ms
    return replace(case, status="in_review", waiting_since=waits, version=case.version + 1)


def _changed(
    documents: Iterable[Document], changes: Mapping[str, DocumentStatus]
) -> list[Document]:
    return [
        replace(document, status=changes.get(document.document_id, document.status))
        for document in documents
    ]
