"""What an identity check asks of others: a provider of document and face checks.

A provider gives an opinion and never a decision: an analyst decides. It may be slow, wrong or gone;
when it gives no answer the document waits for the analyst like any other.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from shared.compliance.documents import ContentType
from shared.compliance.evidence import Opinion
from shared.compliance.rules import DocumentKind


@dataclass(frozen=True, slots=True)
class Checked:
    """A provider's opinion of one document; `reference` finds it again at the provider. By a face
    and a CPF that it compared with the official base it may vouch for further kinds of documents;
    `birth_date` is what it read on this one.
    """

    opinion: Opinion
    provider: str
    reference: str
    vouches: frozenset[DocumentKind] = frozenset()
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A document that a provider shall look at."""

    document_id: str
    kind: DocumentKind
    content_type: ContentType
    content: bytes


NOT_ASKED: Final = Checked("not_asked", "none", "")
"""Nobody looked, or nobody answered."""


class IdentityProvider(Protocol):
    """OCR of documents, liveness and comparison of faces."""

    async def check(self, offered: Offered) -> Checked:
        """The opinion of one document. Asked again with the same id, it is the same opinion."""
        ...
