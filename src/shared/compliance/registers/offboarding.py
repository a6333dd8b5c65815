"""The clock of somebody who is found impeded, computed from stored times (BR-IMP-06).

Bets are blocked with the answer itself; then the person is told, has time to withdraw, the account
is closed, what is left is sent to the registered account, and what cannot be sent is tried until
the tail ends and then belongs to the funds of the law (IN SPA/MF 22/2025, IN SPA/MF 31/2025). No
step depends on when a job ran: the same case at the same time is always in the same state, and a
job that comes late finds the steps due in their order.
"""

from typing import Literal

from shared.compliance.rules import Offboarding
from shared.kernel.times import DAY_MS, HOUR_MS
from shared.kernel.values import value

type State = Literal["IMPEDED", "NOTIFIED", "CLOSED", "UNCLAIMED", "REFUNDED", "ESCHEATED"]
type Step = Literal["notify", "close", "refund", "escheat"]


@value
class Case:
    """When each thing happened, on the player's clock; None: not yet. `is_identified`: the person
    has shown who they are.
    """

    found_at: int
    notified_at: int | None = None
    closed_at: int | None = None
    refunded_at: int | None = None
    escheated_at: int | None = None
    is_identified: bool = True


@value
class Deadlines:
    """`*_from` is when a step may begin, `*_by` by when it must have happened."""

    notify_from: int
    notify_by: int
    withdraw_until: int
    close_from: int
    close_by: int
    refund_from: int
    refund_by: int
    escheat_from: int


@value
class Alarm:
    """A step that is about to be late, or `is_late`."""

    step: Step
    due_at: int
    is_late: bool


def deadlines(case: Case, rules: Offboarding) -> Deadlines:
    """Every deadline of a case. What has not happened yet is taken to happen at its latest time.

    Whoever may have given somebody else's number is told as late as is safe: the notice tells them
    for certain that the number is on a register. The account closes as late as is safe, so that
    there is time to withdraw, and never after `close_by`, even if the notice was late; then the
    refund waits for the end of the days that the notice promised.
    """
    notify_by = case.found_at + rules.notice_days * DAY_MS
    close_by = case.found_at + rules.close_days * DAY_MS
    notified = notify_by if case.notified_at is None else case.notified_at
    withdraw_until = notified + rules.voluntary_days * DAY_MS
    unhurried = max(withdraw_until, close_by - rules.lead_hours * HOUR_MS)
    closed = close_by if case.closed_at is None else case.closed_at
    was_promised = case.notified_at is not None and case.notified_at < closed
    lead_ms = rules.lead_hours * HOUR_MS
    return Deadlines(
        notify_from=case.found_at if case.is_identified else notify_by - lead_ms,
        notify_by=notify_by,
        withdraw_until=withdraw_until,
        close_from=min(unhurried, close_by),
        close_by=close_by,
        refund_from=max(closed, withdraw_until) if was_promised else closed,
        refund_by=closed + rules.refund_days * DAY_MS,
        escheat_from=notified + rules.tail_days * DAY_MS,
    )


def state_of(case: Case, rules: Offboarding, now_ms: int) -> State:
    """Where a case stands at `now_ms`."""
    if case.refunded_at is not None:
        return "REFUNDED"
    if case.escheated_at is not None:
        return "ESCHEATED"
    if case.closed_at is not None:
        return "UNCLAIMED" if now_ms > deadlines(case, rules).refund_by else "CLOSED"
    return "IMPEDED" if case.notified_at is None else "NOTIFIED"


def has_ended(case: Case) -> bool:
    """Whether nothing is left to do: the money is where it belongs, and the person was told."""
    is_settled = case.refunded_at is not None or case.escheated_at is not None
    return is_settled and case.notified_at is not None


def steps_due(case: Case, rules: Offboarding, now_ms: int) -> tuple[Step, ...]:
    """What is to be done at `now_ms`, in this order. Once due, a notice is tried until it is given,
    whatever else happens; money falls to the funds only after a notice and its whole tail.
    """
    times = deadlines(case, rules)
    due: list[Step] = []
    if case.notified_at is None and now_ms >= times.notify_from:
        due.append("notify")
    if case.closed_at is None:
        if now_ms >= times.close_from:
            due.append("close")
    elif case.refunded_at is None and case.escheated_at is None:
        if case.notified_at is not None and now_ms >= times.escheat_from:
            due.append("escheat")
        elif now_ms >= times.refund_from:
            due.append("refund")
    return tuple(due)


def alarms(case: Case, rules: Offboarding, now_ms: int) -> tuple[Alarm, ...]:
    """The deadlines of what has not happened, from `alarm_lead_hours` before they pass."""
    lead_ms = rules.alarm_lead_hours * HOUR_MS
    return tuple(
        Alarm(step, due_at, is_late=now_ms > due_at)
        for step, due_at in _open_deadlines(case, rules)
        if now_ms >= due_at - lead_ms
    )


def wake_at(case: Case, rules: Offboarding, now_ms: int) -> int | None:
    """The next time after `now_ms` at which something can become due or an alarm can begin; None
    when only a new attempt can change anything.
    """
    times = deadlines(case, rules)
    lead_ms = rules.alarm_lead_hours * HOUR_MS
    moments = [times.notify_from, times.close_from, times.refund_from, times.escheat_from]
    for _, due_at in _open_deadlines(case, rules):
        moments += [due_at - lead_ms, due_at + 1]
    return min((moment for moment in moments if moment > now_ms), default=None)


def _open_deadlines(case: Case, rules: Offboarding) -> tuple[tuple[Step, int], ...]:
    times = deadlines(case, rules)
    found: list[tuple[Step, int]] = []
    if case.notified_at is None:
        found.append(("notify", times.notify_by))
    if case.closed_at is None:
        found.append(("close", times.close_by))
    if case.refunded_at is None and case.escheated_at is None:
        found.append(("refund", times.refund_by))
    return tuple(found)
