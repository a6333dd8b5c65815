"""How a decision by two people, or a question about a proof, can be refused.

Rejected
├── APPROVAL_NOT_FOUND   no proposal has this id
├── MAKER_IS_CHECKER     who proposed may not decide
├── APPROVAL_DECIDED     somebody decided before
├── APPROVAL_EXPIRED     it was proposed too long ago
├── ANCHOR_NOT_FOUND     the day has no anchor
├── PROOF_NOT_FOUND      the anchor of the day has no leaf of this wallet, or no longer here
├── DEAD_LETTER_NOT_FOUND  no dead letter has this id
├── REBUILD_RUNNING      one rebuild at a time
└── REBUILD_NOT_FOUND    no rebuild has this id
"""

from typing import Final

from shared.kernel.errors import Problem

APPROVAL_NOT_FOUND: Final = Problem("approval_not_found", 404, "No such proposal", "never")
MAKER_IS_CHECKER: Final = Problem(
    "maker_is_checker", 409, "Another person must decide what you proposed", "never"
)
APPROVAL_DECIDED: Final = Problem("approval_decided", 409, "Somebody decided this before", "never")
APPROVAL_EXPIRED: Final = Problem(
    "approval_expired", 409, "This was proposed too long ago", "never"
)

ANCHOR_NOT_FOUND: Final = Problem(
    "anchor_not_found", 404, "The wallets were not anchored on this day", "never"
)
PROOF_NOT_FOUND: Final = Problem(
    "proof_not_found", 404, "This wallet has no proof of this day here", "never"
)
DEAD_LETTER_NOT_FOUND: Final = Problem("dead_letter_not_found", 404, "No such dead letter", "never")
REBUILD_RUNNING: Final = Problem("rebuild_running", 409, "A rebuild is running", "same_key")
REBUILD_NOT_FOUND: Final = Problem("rebuild_not_found", 404, "No such rebuild", "never")

ALL_PROBLEMS: Final = (
    APPROVAL_NOT_FOUND,
    MAKER_IS_CHECKER,
    APPROVAL_DECIDED,
    APPROVAL_EXPIRED,
    ANCHOR_NOT_FOUND,
    PROOF_NOT_FOUND,
    DEAD_LETTER_NOT_FOUND,
    REBUILD_RUNNING,
    REBUILD_NOT_FOUND,
)
