"""What a command can answer instead of doing its work, and what must never happen.

    AcmeError
    ├── Rejected            a rule said no: carries a `Rejection`, nothing was changed
    └── InvariantBroken     the house is wrong: the wallet freezes, it never guesses

A `Problem` is one documented way to be refused: stable code, HTTP status, retry class and title
(RFC 9457). Every context lists its own in `errors.py`; `docs/problems.md` is generated from them.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from shared.kernel.values import value

Retry = Literal["never", "same_key", "after"]
"""`never`: the same request cannot succeed. `same_key`: safe to send again under the same key,
now or when the cause is gone. `after`: not before the time that the answer names."""


@value
class Problem:
    """One documented way to be refused."""

    code: str
    status: int
    title: str
    retry: Retry


@value
class Rejection:
    """A `Problem` that happened: a sentence for a person, extension members for a client."""

    problem: Problem
    detail: str
    extensions: Mapping[str, object] = field(default_factory=dict)


class AcmeError(Exception):
    """Base of every error of the platform."""


class Rejected(AcmeError):
    """A rule said no. Nothing was changed, and the idempotency key stays free."""

    def __init__(self, problem: Problem, detail: str, **extensions: object) -> None:
        super().__init__(f"{problem.code}: {detail}")
        self.rejection = Rejection(problem, detail, extensions)


class InvariantBroken(AcmeError):
    """A law of the house does not hold. The wallet that finds it freezes and raises an alert."""

    def __init__(self, law: str, detail: str) -> None:
        super().__init__(f"{law}: {detail}")
        self.law = law
        self.detail = detail
