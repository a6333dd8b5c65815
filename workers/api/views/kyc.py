"""Bodies and answers of identity checks, for players and for analysts."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from views.common import UUID_PATTERN, Body, Id, PageQuery, Reason, Sha256Hex, Time, View

Kind = Literal["id_front", "id_back", "selfie", "proof_of_address"]
ContentTypeName = Literal["image/jpeg", "image/png", "application/pdf"]
Status = Literal["pending", "in_review", "approved", "rejected", "expired"]
DocumentStatusName = Literal["received", "accepted", "rejected", "replaced", "expired"]
PlayerReason = Literal[
    "not_confirmed",
    "unreadable",
    "document_expired",
    "does_not_match",
    "wrong_document",
    "reverification",
]
Level = Annotated[
    int,
    Field(ge=0, le=2, description="0 unknown, 1 identity confirmed, 2 address confirmed as well"),
]
Flag = Literal["pep", "sanction"]
SeenVersion = Annotated[
    int | None,
    Field(
        ge=0,
        description="Of the case, as the evidence showed it: one that changed since is refused."
        " `screening` and `settles_age` need it",
    ),
]


class DocumentFields(Body):
    """What is said about a file."""

    kind: Kind
    content_type: ContentTypeName


class DocumentBody(DocumentFields):
    """A document in JSON; the same in a form has the file as the part `content`."""

    content_base64: Annotated[
        str, Field(min_length=4, description="At most 5 MiB when decoded (RFC 4648 §4)")
    ]


class KeptDocumentView(View):
    """A document that is kept."""

    document_id: Id
    status: DocumentStatusName


class OwnDocumentView(KeptDocumentView):
    """A document as its owner sees it."""

    kind: Kind
    content_type: ContentTypeName
    size_bytes: int
    reason: PlayerReason | None
    submitted_at: Time


class NextView(View):
    """What is still missing for the next level; nothing when both are complete."""

    level: Level | None
    missing: list[Kind]


class OwnKycView(View):
    """`GET /v1/me/kyc`."""

    level: Level
    status: Status
    reason: PlayerReason | None
    expires_at: Time | None
    documents: list[OwnDocumentView]
    next: NextView


class QueueQuery(PageQuery):
    """Which of those who wait."""

    cursor: Annotated[
        str | None, Field(pattern=f"^[0-9]{{1,15}}_{UUID_PATTERN.removeprefix('^')}")
    ] = None
    status: Annotated[Status | None, Field(description="`approved`: a further document")] = None
    flagged: Annotated[bool | None, Field(description="With an open match with a list")] = None
    older_than_minutes: Annotated[int | None, Field(ge=0, le=1_000_000)] = None


class WaitingView(View):
    """Somebody whom an analyst must look at."""

    player_id: Id
    status: Status
    level: Level
    waiting_since: Time
    age_seconds: int
    documents: list[Kind]
    flags: list[Flag]


class QueueView(View):
    items: list[WaitingView]
    next_cursor: str | None


class PersonView(View):
    """Who the player says they are: what the documents are compared with. The rest is masked."""

    full_name: str
    birth_date: str
    cpf: Annotated[str, Field(description="Masked")]
    email: Annotated[str, Field(description="Masked")]
    phone: Annotated[str, Field(description="Masked")]
    city: str
    state: str
    country: str
    registered_at: Time


class EvidenceDocumentView(OwnDocumentView):
    """A document as an analyst sees it; its bytes have an address of their own."""

    sha256: Sha256Hex
    opinion: Literal["passed", "failed", "unsure", "not_asked"] | None
    vouches: Annotated[
        list[Kind], Field(description="Kinds that the provider vouches for by this document")
    ]
    read_birth_date: Annotated[str | None, Field(description="As the provider read it")]
    provider: str | None
    provider_reference: str | None
    times_opened: int


class MatchView(View):
    """A match with a list. The player never sees it."""

    list_id: str
    entry_id: str
    kind: Flag
    outcome: Literal["open", "false_positive", "accepted_pep"]
    found_at: Time
    resolved_at: Time | None


class ReadingView(View):
    """A birth date as an analyst read it, on these documents."""

    reading_id: Id
    born: str | None
    documents: list[Id]
    actor_id: str
    read_at: Time


class MadeDecisionView(View):
    """A decision of the past."""

    decision_id: Id
    decision: Literal["approve", "reject", "reverify"]
    from_status: Status
    to_status: Status
    level: Level
    reason: str
    reason_code: PlayerReason | None
    outcome: Literal["false_positive", "accepted_pep"] | None
    actor_id: str
    actor_role: str
    decided_at: Time


class EvidenceView(View):
    """`GET /v1/ops/kyc/{player_id}`."""

    player_id: Id
    status: Status
    level: Level
    version: int
    waiting_since: Time | None
    expires_at: Time | None
    missing: list[Kind]
    person: PersonView
    documents: list[EvidenceDocumentView]
    matches: list[MatchView]
    birth_dates: Annotated[list[ReadingView], Field(description="As analysts read them")]
    age_settled: Annotated[
        list[Id],
        Field(description="Documents and readings under age that two people settled as misread"),
    ]
    decisions: list[MadeDecisionView]


class KycDecisionBody(Body):
    """What an analyst decides. `reason` stays in the house; the player reads `reason_code`."""

    decision: Annotated[
        Literal["approve", "reject", "reverify"],
        Field(description="`reverify` takes an approval away and asks for a new set"),
    ]
    reason: Reason
    version: SeenVersion = None
    reason_code: PlayerReason = "not_confirmed"
    kinds: Annotated[
        tuple[Kind, ...],
        Field(max_length=4, description="A rejection is about these; empty: about all"),
    ] = ()
    screening: Annotated[
        Literal["false_positive", "accepted_pep"] | None,
        Field(description="What became of open matches; an approval needs it where there are any"),
    ] = None
    document_birth_date: Annotated[
        date | None,
        Field(
            strict=False,
            description="As the analyst reads it on the document; it is kept, and the age is"
            " checked by it, now and later",
        ),
    ] = None

    @model_validator(mode="after")
    def _says_what_was_seen(self) -> Self:
        return _seen(self, said=self.screening is not None)


class OverrideBody(Body):
    """Why an identity is to be approved without a complete set, or against the provider."""

    reason: Reason
    screening: Annotated[
        Literal["false_positive", "accepted_pep"] | None,
        Field(description="What became of open matches; it is needed where there are any"),
    ] = None
    version: SeenVersion = None
    settles_age: Annotated[
        bool,
        Field(
            description="Both people say that a date under the legal age was a misreading; a newer"
            " document must show the registered one"
        ),
    ] = False

    @model_validator(mode="after")
    def _says_what_was_seen(self) -> Self:
        return _seen(self, said=self.screening is not None or self.settles_age)


def _seen[Said: KycDecisionBody | OverrideBody](body: Said, *, said: bool) -> Said:
    """Who says what became of a match or a date says what they looked at.

    Raises:
        ValueError: when they do not.
    """
    if said and body.version is None:
        raise ValueError("say the version of the case that you looked at")
    return body


class KycDecisionView(View):
    """The case after a decision."""

    player_id: Id
    status: Status
    level: Level
    expires_at: Time | None
