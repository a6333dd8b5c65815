"""Who a player is: the states of an identity check, and what moves it from one to the next.

    pending ──set complete──▶ in_review ──approve──▶ approved ──time, reverify──▶ expired
                                 │  ▲                                               │
                                 ▼  └────────── a complete new set ◀────────────────┤
                              rejected ─────────────────────────────────────────────┘

Pure: the case, its documents, the rules of the jurisdiction and the time are arguments. An approval
always stands on a complete set of documents, each of them the newest of its kind; nobody, whatever
their role, approves without it. A match with a list opens a review and is never said to the player.
The case's version grows with every change, so a fact pushed elsewhere can be told old from new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.compliance.errors import KYC_DECIDED, KYC_INCOMPLETE, KYC_SCREENING_OPEN
from shared.compliance.rules import DocumentKind, IdentityRules
from shared.identity.model import KycStatus
from shared.kernel.errors import Rejected
from shared.kernel.times import DAY_MS

type DocumentStatus = Literal["received", "accepted", "rejected", "replaced", "expired"]
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
_LIVE: Final = frozenset({"received", "accepted"})


@dataclass(frozen=True, slots=True)
class Document:
    """One document that is kept."""

    document_id: str
    kind: DocumentKind
    status: DocumentStatus


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


def newest_of_each_kind(documents: Iterable[Document]) -> dict[DocumentKind, Document]:
    """The documents that count: of each kind the newest that was neither refused nor replaced.

    `documents` are in the order in which they came, here and everywhere.
    """
    return {document.kind: document for document in documents if document.status in _LIVE}


def missing_kinds(documents: Iterable[Document], rules: IdentityRules) -> tuple[DocumentKind, ...]:
    """What the next level still asks for; empty when both levels have their documents."""
    have = newest_of_each_kind(documents)
    for level in (rules.level_1, rules.level_2):
        lacking = tuple(kind for kind in level if kind not in have)
        if lacking:
            return lacking
    return ()


def complete_level(documents: Iterable[Document], rules: IdentityRules) -> int:
    """The highest level whose documents, and those of the levels below, are all there."""
    have = newest_of_each_kind(documents).keys()
    if not have >= set(rules.level_1):
        return 0
    return 2 if rules.level_2 and have >= set(rules.level_2) else 1


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


def decide(
    case: Case,
    documents: Sequence[Document],
    decision: Decision,
    *,
    rules: IdentityRules,
    open_matches: Iterable[str],
    outcome: ScreeningOutcome | None,
    kinds: frozenset[DocumentKind],
    now_ms: int,
) -> Verdict:
    """An analyst's decision. `open_matches` are the kinds (`pep`, `sanction`) of unresolved
    matches, `outcome` what the analyst found about them, `kinds` the documents that a rejection is
    about (none named: all of them).

    Raises:
        Rejected: KYC_INCOMPLETE, KYC_SCREENING_OPEN or KYC_DECIDED.
    """
    settled = expired(case, documents, now_ms)
    known = _changed(documents, settled.documents)
    if decision == "approve":
        made = _approved(settled.case, known, rules, frozenset(open_matches), outcome, now_ms)
    elif decision == "reject":
        made = _rejected(settled.case, known, kinds)
    else:
        if settled.case.status != "approved":
            raise Rejected(KYC_DECIDED, f"The identity is {settled.case.status}, not approved.")
        made = _without_approval(settled.case, known)
    decided = replace(made.case, decided_at=now_ms)
    return Verdict(decided, {**settled.documents, **made.documents})


def _approved(
    case: Case,
    documents: Sequence[Document],
    rules: IdentityRules,
    matches: frozenset[str],
    outcome: ScreeningOutcome | None,
    now_ms: int,
) -> Verdict:
    if case.status == "approved" and case.waiting_since is None:
        raise Rejected(KYC_DECIDED, "The identity is approved and no new document waits.")
    level = complete_level(documents, rules)
    if level == 0:
        raise Rejected(
            KYC_INCOMPLETE,
            "An approval stands on a complete set of documents; nobody can do without.",
            missing=list(missing_kinds(documents, rules)),
        )
    if matches and (outcome is None or (outcome == "accepted_pep" and "sanction" in matches)):
        raise Rejected(
            KYC_SCREENING_OPEN,
            "Say what became of the match: false_positive, or accepted_pep where no sanction is.",
            matches=sorted(matches),
        )
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
        level=level,
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
    refused: dict[str, DocumentStatus] = {
        document.document_id: "rejected"
        for document in documents
        if document.status in (("received",) if keeps_approval else _LIVE)
        and (not kinds or document.kind in kinds)
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
