"""A register outside the house: one question about one person, one answer or none.

What is asked of a register is one `Subject`; each takes of it what it knows people by. An answer is
read strictly: what is not understood is no answer, because a person who may not play would pass
with it. `RegisterDown` carries no personal data, so it may be logged and stored.
"""

from typing import Final, Literal, Protocol

from shared.compliance.rules import RegisterName
from shared.kernel.values import value

__all__ = [
    "MAX_ANSWER_BYTES",
    "OUTAGES_OF_THE_REGISTER",
    "TIMEOUT_MS",
    "NoRegister",
    "Outage",
    "Register",
    "RegisterAnswer",
    "RegisterDown",
    "RegisterName",
    "Subject",
]

type Outage = Literal["not_connected", "no_answer", "refused", "unreadable"]
"""Nothing is configured; nobody answered in time; we were turned away; not an answer we know."""

OUTAGES_OF_THE_REGISTER: Final[frozenset[Outage]] = frozenset(
    {"not_connected", "no_answer", "refused"}
)
"""Those that befall everybody; an unreadable answer may be about one person only."""

TIMEOUT_MS: Final = 4_000
"""A login waits for the register no longer than this."""
MAX_ANSWER_BYTES: Final = 16_384


@value
class Subject:
    """Whom a register is asked about. `birth_date` is ISO 8601, `cpf` eleven digits."""

    cpf: str
    full_name: str
    birth_date: str
    email: str
    phone: str
    postal_code: str


@value
class RegisterAnswer:
    """`is_listed`: the person may not play, for `reasons` (sorted codes, never empty when listed).
    `request_id` is the register's own id of the question.
    """

    is_listed: bool
    reasons: tuple[str, ...]
    request_id: str


class RegisterDown(Exception):
    """The register gave no answer that can be used. `detail` holds no personal data."""

    def __init__(self, outage: Outage, detail: str) -> None:
        super().__init__(f"{outage}: {detail}")
        self.outage: Outage = outage
        self.detail = detail


class Register(Protocol):
    """One register."""

    async def ask(self, subject: Subject) -> RegisterAnswer:
        """The answer now. Raises `RegisterDown`."""
        ...


class NoRegister:
    """A register that nobody has connected: never an answer, so the gate stays closed."""

    async def ask(self, subject: Subject) -> RegisterAnswer:
        raise RegisterDown("not_connected", "no token is configured")
