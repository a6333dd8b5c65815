"""The ways identity checks and the terms of player protection say no.

    Rejected
    ├── protection   PAUSE_TERM_NOT_OFFERED · EXCLUSION_TERM_NOT_OFFERED · LIMIT_NOT_OFFERED ·
    │                MARKETING_NOT_POSSIBLE
    ├── a document   DOCUMENT_TOO_LARGE · DOCUMENT_UNREADABLE · DOCUMENT_REFUSED ·
    │                TOO_MANY_DOCUMENTS · DOCUMENT_NOT_FOUND
    ├── privacy      ERASURE_NOT_FOUND · ERASURE_DECIDED · ERASURE_MONEY_OPEN ·
    │                DATA_EXPORT_NOT_FOUND · DATA_EXPORT_NOT_READY · PERSONAL_DATA_NOT_FOR_ROLE
    └── a decision   KYC_CASE_NOT_FOUND · KYC_INCOMPLETE · KYC_REFUSED_BY_PROVIDER ·
                     KYC_UNDERAGE · KYC_BIRTH_DATE_DIFFERS · KYC_SCREENING_OPEN · KYC_DECIDED

Nothing a player can meet tells of screening: being on a list is never said to the person.
"""

from typing import Final

from shared.kernel.errors import Problem

PAUSE_TERM_NOT_OFFERED: Final = Problem(
    "pause_term_not_offered", 422, "A pause of this length is not on offer", "never"
)
EXCLUSION_TERM_NOT_OFFERED: Final = Problem(
    "exclusion_term_not_offered", 422, "A self-exclusion of this length is not on offer", "never"
)
LIMIT_NOT_OFFERED: Final = Problem("limit_not_offered", 404, "There is no such limit", "never")
MARKETING_NOT_POSSIBLE: Final = Problem(
    "marketing_not_possible", 409, "No advertising while playing is closed", "never"
)
DOCUMENT_TOO_LARGE: Final = Problem(
    "document_too_large", 413, "A document has at most 5 MiB", "never"
)
DOCUMENT_UNREADABLE: Final = Problem(
    "document_unreadable", 422, "The file is not what it is said to be", "never"
)
DOCUMENT_REFUSED: Final = Problem(
    "document_refused", 422, "Such a file is not accepted as a document", "never"
)
TOO_MANY_DOCUMENTS: Final = Problem(
    "too_many_documents", 429, "Too many documents in one day", "after"
)
DOCUMENT_NOT_FOUND: Final = Problem("document_not_found", 404, "There is no such document", "never")
KYC_CASE_NOT_FOUND: Final = Problem("kyc_case_not_found", 404, "There is no such player", "never")
KYC_INCOMPLETE: Final = Problem(
    "kyc_incomplete", 409, "The set of documents is not complete", "never"
)
KYC_REFUSED_BY_PROVIDER: Final = Problem(
    "kyc_refused_by_provider", 409, "The identity provider refused a document", "never"
)
KYC_UNDERAGE: Final = Problem(
    "kyc_underage", 409, "The document is of somebody under the legal age", "never"
)
KYC_BIRTH_DATE_DIFFERS: Final = Problem(
    "kyc_birth_date_differs", 409, "The document shows another birth date", "never"
)
KYC_SCREENING_OPEN: Final = Problem(
    "kyc_screening_open", 409, "A match with a list has not been resolved", "never"
)
KYC_DECIDED: Final = Problem("kyc_decided", 409, "There is nothing to decide", "never")
ERASURE_NOT_FOUND: Final = Problem(
    "erasure_not_found", 404, "There is no such request of erasure", "never"
)
ERASURE_DECIDED: Final = Problem("erasure_decided", 409, "The request was decided", "never")
ERASURE_MONEY_OPEN: Final = Problem(
    "erasure_money_open",
    409,
    "There is money, a bet, a payment or a proposal that has not ended",
    "never",
)
DATA_EXPORT_NOT_FOUND: Final = Problem(
    "data_export_not_found", 404, "There is no such export", "never"
)
DATA_EXPORT_NOT_READY: Final = Problem(
    "data_export_not_ready", 409, "The export is still being made", "after"
)
PERSONAL_DATA_NOT_FOR_ROLE: Final = Problem(
    "personal_data_not_for_role", 403, "This role may not open these data", "never"
)

ALL_PROBLEMS: Final = (
    PAUSE_TERM_NOT_OFFERED,
    EXCLUSION_TERM_NOT_OFFERED,
    LIMIT_NOT_OFFERED,
    MARKETING_NOT_POSSIBLE,
    DOCUMENT_TOO_LARGE,
    DOCUMENT_UNREADABLE,
    DOCUMENT_REFUSED,
    TOO_MANY_DOCUMENTS,
    DOCUMENT_NOT_FOUND,
    KYC_CASE_NOT_FOUND,
    KYC_INCOMPLETE,
    KYC_REFUSED_BY_PROVIDER,
    KYC_UNDERAGE,
    KYC_BIRTH_DATE_DIFFERS,
    KYC_SCREENING_OPEN,
    KYC_DECIDED,
    ERASURE_NOT_FOUND,
    ERASURE_DECIDED,
    ERASURE_MONEY_OPEN,
    DATA_EXPORT_NOT_FOUND,
    DATA_EXPORT_NOT_READY,
    PERSONAL_DATA_NOT_FOR_ROLE,
)
