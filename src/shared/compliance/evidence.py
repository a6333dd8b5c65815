"""Which documents of an identity check there are, and which levels they are enough for.

Of each kind the newest counts that was neither refused nor replaced. A provider that compares face
and CPF with the official base may vouch, by one document, for kinds that were not sent; a refusal
outweighs it: for a kind whose newest document an analyst has rejected nobody vouches, and a
document that the provider itself refused vouches for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from shared.compliance.rules import DocumentKind, IdentityRules

type DocumentStatus = Literal["received", "accepted", "rejected", "replaced", "expired"]
type Opinion = Literal["passed", "failed", "unsure", "not_asked"]

LIVE: Final = frozenset({"received", "accepted"})


@dataclass(frozen=True, slots=True)
class Document:
    """One document that is kept. `vouches` are kinds that the provider vouches for by it."""

    document_id: str
    kind: DocumentKind
    status: DocumentStatus
    opinion: Opinion = "not_asked"
    vouches: frozenset[DocumentKind] = frozenset()


def newest_of_each_kind(documents: Iterable[Document]) -> dict[DocumentKind, Document]:
    """The documents that count: of each kind the newest that was neither refused nor replaced.

    `documents` are in the order in which they came, here and everywhere.
    """
    return {document.kind: document for document in documents if document.status in LIVE}


def vouched_kinds(documents: Iterable[Document]) -> frozenset[DocumentKind]:
    """The kinds that a provider vouches for by a document that counts."""
    known = tuple(documents)
    last = {document.kind: document for document in known if document.status != "replaced"}
    vouched = {
        kind
        for document in newest_of_each_kind(known).values()
        if document.opinion == "passed"
        for kind in document.vouches
    }
    return frozenset(
        kind for kind in vouched if kind not in last or last[kind].status != "rejected"
    )


def missing_kinds(documents: Iterable[Document], rules: IdentityRules) -> tuple[DocumentKind, ...]:
    """What the next level still asks for; empty when both levels have their documents."""
    have = _there(documents)
    for level in (rules.level_1, rules.level_2):
        lacking = tuple(kind for kind in level if kind not in have)
        if lacking:
            return lacking
    return ()


def complete_level(documents: Iterable[Document], rules: IdentityRules) -> int:
    """The highest level whose documents, and those of the levels below, are all there."""
    have = _there(documents)
    if not have >= set(rules.level_1):
        return 0
    return 2 if rules.level_2 and have >= set(rules.level_2) else 1


def refused_kinds(documents: Iterable[Document]) -> tuple[DocumentKind, ...]:
    """The kinds whose document that counts was refused by the provider."""
    newest = newest_of_each_kind(documents)
    return tuple(sorted(kind for kind, one in newest.items() if one.opinion == "failed"))


def _there(documents: Iterable[Document]) -> frozenset[DocumentKind]:
    known = tuple(documents)
    return frozenset(newest_of_each_kind(known)) | vouched_kinds(known)
