"""How a decision by two people can be refused.

Rejected
├── APPROVAL_NOT_FOUND   no proposal has this id
├── MAKER_IS_CHECKER     who proposed may not decide
└── APPROVAL_DECIDED     somebody decided before
"""

from typing import Final

from shared.kernel.errors import Problem

APPROVAL_NOT_FOUND: Final = Problem("approval_not_found", 404, "No such proposal", "never")
MAKER_IS_CHECKER: Final = Problem(
    "maker_is_checker", 409, "Another person must decide what you proposed", "never"
)
APPROVAL_DECIDED: Final = Problem("approval_decided", 409, "Somebody decided this before", "never")

ALL_PROBLEMS: Final = (APPROVAL_NOT_FOUND, MAKER_IS_CHECKER, APPROVAL_DECIDED)
