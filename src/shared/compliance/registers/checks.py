"""When a person is to be asked about, and what the wallet is told of the answers.

A standing is the last thing known about one person at one register. Nothing known, or an outage at
a moment at which an answer is owed, is `pending`, and pending closes the gate; an outage of the
sweep leaves an answer that is still fresh alone. The wallet is told the reason only when the person
has shown who they are: with somebody else's number one learns no more than that checks are being
completed (SPA/MF, questions on social benefits, item 4: no oracle of CPFs). Times are UTC
milliseconds of the player's clock unless a name says otherwise.
"""

from typing import Final, Literal

from shared.compliance.registers.ports import RegisterAnswer, RegisterName
from shared.compliance.rules import RegisterChecks
from shared.kernel.times import DAY_MS, MINUTE_MS, local_day
from shared.kernel.values import value

type Occasion = Literal["registration", "login", "sweep", "retry"]
type Status = Literal["clear", "listed", "pending"]
type FactName = Literal["impediment", "register"]

FACT_OF: Final[dict[RegisterName, FactName]] = {"sigap": "impediment", "gamstop": "register"}
"""Which fact of the wallet the answers of a register are."""

_LISTED_AS: Final[dict[FactName, str]] = {"impediment": "impeded", "register": "excluded"}

FIRST_RETRY_MS: Final = MINUTE_MS
LONGEST_RETRY_MS: Final = 30 * MINUTE_MS


@value
class Standing:
    """`checked_at` is of the last answer, None before the first; `attempts` have failed since."""

    status: Status
    reasons: tuple[str, ...]
    checked_at: int | None
    attempts: int


NOTHING_KNOWN: Final = Standing("pending", (), None, 0)


@value
class Told:
    """What a wallet is told: the `status` of its fact, until when, and for which reasons."""

    name: FactName
    status: str
    valid_until: int | None
    reasons: tuple[str, ...]


def is_due_at_login(standing: Standing, now_ms: int, day_offset_ms: int) -> bool:
    """Whether a login now must ask: the first one of the day, and while no answer is there
    (BR-IMP-01).
    """
    if standing.status == "pending" or standing.checked_at is None:
        return True
    return local_day(standing.checked_at, day_offset_ms) < local_day(now_ms, day_offset_ms)


def after_answer(answer: RegisterAnswer, now_ms: int) -> Standing:
    """What is known once the register has answered."""
    return Standing("listed" if answer.is_listed else "clear", answer.reasons, now_ms, 0)


def after_outage(standing: Standing, occasion: Occasion) -> Standing:
    """What is known when it has not: a listing stays, and a clear answer counts no longer when a
    new one is owed before anything else (BR-IMP-05).
    """
    owed = occasion in ("registration", "login")
    status = "pending" if owed and standing.status == "clear" else standing.status
    return Standing(status, standing.reasons, standing.checked_at, standing.attempts + 1)


def next_after(standing: Standing, rules: RegisterChecks, now_ms: int) -> int:
    """When to ask next without an occasion; `now_ms` and the answer are of the house's clock."""
    if standing.attempts:
        return now_ms + min(FIRST_RETRY_MS << (standing.attempts - 1), LONGEST_RETRY_MS)
    return now_ms + rules.aim_days * DAY_MS


def told_of(
    register: RegisterName,
    standing: Standing,
    rules: RegisterChecks,
    *,
    leaves: bool,
    is_identified: bool,
) -> Told:
    """What the wallet is told. `leaves`: the person is being off-boarded, which no later answer
    undoes (BR-IMP-10). A clear answer holds until the next one is overdue.
    """
    name = FACT_OF[register]
    if leaves or standing.status == "listed":
        if not is_identified:
            return Told(name, "pending", None, ())
        return Told(name, _LISTED_AS[name], None, standing.reasons)
    if standing.status == "pending" or standing.checked_at is None:
        return Told(name, "pending", None, ())
    return Told(name, "clear", standing.checked_at + rules.sweep_days * DAY_MS, ())
