"""Limits that change: tighter at once, looser only after a delay and a second word.

The player's own limit and the operator's stand beside each other, and whichever is stricter binds;
neither can undo the other. What the player loosens or removes waits for `loosening_delay_ms` of the
wallet's rules and then for a confirmation: until both, the stricter value binds. A tightening binds
from this command on and ends a loosening that waits, so that the second tightening wins. What a
person asked for before an exclusion or a pause is dropped by it, and while one is in force nothing
is loosened. Sources: Portaria SPA/MF 1.231/2024 art. 4 X and XI (24 hours), GLI-19 §2.5.5 b and
A.3.7; loss and time are mandatory in Brazil (Portaria SPA/MF 2.579/2025).
"""

from collections.abc import Sequence
from typing import Final

from shared.kernel.errors import Rejected
from shared.kernel.values import value
from shared.wallet import errors
from shared.wallet.commands import LimitCancel, LimitConfirm, LimitSet, OperatorLimitSet
from shared.wallet.decide_exclusion import refuse_stopped
from shared.wallet.gate_model import Gate, LimitChange
from shared.wallet.gates import refuse_revoked
from shared.wallet.limits import SESSION
from shared.wallet.model import PERIODS, Decision, Head, Limit, Moment
from shared.wallet.protection_events import limit_cancelled, limit_changed, limit_requested

OPERATOR: Final = "operator"
PLAYER: Final = "player"


@value
class LimitBook:
    """What a change of limits is decided on: both sources' limits, the loosenings that wait, the
    gate with its rules.
    """

    limits: Sequence[Limit]
    pending: Sequence[LimitChange]
    gate: Gate

    def value_of(self, source: str, kind: str, period: str) -> int | None:
        """The limit that `source` has set, None when there is none."""
        for limit in self.limits:
            if (limit.source, limit.kind, limit.period) == (source, kind, period):
                return limit.value
        return None

    def waiting(self, kind: str, period: str) -> LimitChange | None:
        """The player's loosening that waits for its time or its confirmation."""
        for change in self.pending:
            if (change.kind, change.period) == (kind, period):
                return change
        return None


def is_looser(value: int | None, current: int | None) -> bool:
    """True when `value` allows more than `current`; None is no limit."""
    if current is None:
        return False
    return value is None or value > current


def decide_limit_set(head: Head, book: LimitBook, command: LimitSet, moment: Moment) -> Decision:
    """Tighten at once, or ask for a loosening; asking for the same again when its time has come
    confirms it. The value that is in force already only ends a loosening that waits.

    Raises:
        Rejected: `session_expired`; for a loosening `limit_mandatory`, `excluded`, `paused`.
    """
    refuse_revoked(head)
    kind, period, value = command.kind, command.period, command.value
    current, waiting = book.value_of(PLAYER, kind, period), book.waiting(kind, period)
    if not is_looser(value, current):
        if value is None or value == current:
            if waiting is None:
                return Decision(answer=lambda _: _active(kind, period, value, moment))
            return _cancelled(waiting, current, moment)
        return _changed(Limit(kind, period, value, PLAYER), current, waiting, moment)
    _refuse_loosening(book, kind, period, value, moment)
    if waiting is not None and waiting.value == value:
        if moment.now_ms >= waiting.due_at:
            return _confirmed(waiting, current, moment)
        return Decision(answer=lambda _: _pending(waiting, current))
    due_at = moment.now_ms + book.gate.read_rules().loosening_delay_ms
    change = LimitChange(kind, period, value, moment.now_ms, due_at)
    return Decision(
        answer=lambda _: _pending(change, current),
        drafts=(limit_requested(moment, change),),
        rows=(change,),
    )


def decide_limit_confirm(
    head: Head, book: LimitBook, command: LimitConfirm, moment: Moment
) -> Decision:
    """Put a loosening in force whose time has come.

    Raises:
        Rejected: `session_expired`, `limit_change_not_found`, `limit_change_not_due` with
            `retry_after`, `limit_mandatory`, `excluded`, `paused`.
    """
    refuse_revoked(head)
    waiting = _found(book, command.kind, command.period)
    if moment.now_ms < waiting.due_at:
        raise Rejected(
            errors.LIMIT_CHANGE_NOT_DUE,
            "the change takes effect later, and only when confirmed then",
            retry_after=-(-(waiting.due_at - moment.now_ms) // 1000),
        )
    _refuse_loosening(book, waiting.kind, waiting.period, waiting.value, moment)
    current = book.value_of(PLAYER, waiting.kind, waiting.period)
    return _confirmed(waiting, current, moment)


def decide_limit_cancel(
    head: Head, book: LimitBook, command: LimitCancel, moment: Moment
) -> Decision:
    """Drop a loosening that waits; the limit in force stays.

    Raises:
        Rejected: `session_expired`, `limit_change_not_found`.
    """
    refuse_revoked(head)
    waiting = _found(book, command.kind, command.period)
    return _cancelled(waiting, book.value_of(PLAYER, waiting.kind, waiting.period), moment)


def decide_operator_limit_set(
    book: LimitBook, command: OperatorLimitSet, moment: Moment
) -> Decision:
    """Set or lift the operator's limit at once; the player's own stays as it is. Never refused: who
    may only tighten reads in the answer that the limit in force was tighter, and stays.
    """
    kind, period, value = command.kind, command.period, command.value
    current = book.value_of(OPERATOR, kind, period)
    if command.only_tighter and is_looser(value, current):
        return Decision(answer=lambda _: _active(kind, period, current, moment))
    if value == current:
        return Decision(answer=lambda _: _active(kind, period, value, moment))
    limit = Limit(kind, period, value or 0, OPERATOR)
    changed = limit_changed(
        moment,
        limit,
        is_tighter=not is_looser(value, current),
        is_removed=value is None,
        reason=command.reason,
        actor=command.actor,
    )
    return Decision(
        answer=lambda _: _active(kind, period, value, moment),
        drafts=(changed,),
        rows=() if value is None else (limit,),
        gone=(limit,) if value is None else (),
    )


def _refuse_loosening(
    book: LimitBook, kind: str, period: str, value: int | None, moment: Moment
) -> None:
    is_mandatory = value is None and kind in book.gate.read_rules().mandatory
    if is_mandatory and period != SESSION and not _has_another(book, kind, period):
        raise Rejected(errors.LIMIT_MANDATORY, f"one {kind} limit by day, week or month must stay")
    refuse_stopped(book.gate, moment.now_ms)


def _has_another(book: LimitBook, kind: str, period: str) -> bool:
    """A limit by game session does not count: the next session begins anew."""
    return any(
        (limit.source, limit.kind) == (PLAYER, kind)
        and limit.period != period
        and limit.period in PERIODS
        for limit in book.limits
    )


def _found(book: LimitBook, kind: str, period: str) -> LimitChange:
    waiting = book.waiting(kind, period)
    if waiting is None:
        raise Rejected(errors.LIMIT_CHANGE_NOT_FOUND, "no change of this limit waits")
    return waiting


def _confirmed(waiting: LimitChange, current: int | None, moment: Moment) -> Decision:
    """What waited binds from now on; a removal leaves no limit of the player's."""
    limit = Limit(waiting.kind, waiting.period, waiting.value or 0, PLAYER)
    if waiting.value is not None:
        return _changed(limit, current, waiting, moment)
    return Decision(
        answer=lambda _: _active(waiting.kind, waiting.period, None, moment),
        drafts=(limit_changed(moment, limit, is_tighter=False, is_removed=True),),
        gone=(limit, waiting),
    )


def _changed(
    limit: Limit, current: int | None, waiting: LimitChange | None, moment: Moment
) -> Decision:
    """The player's limit binds from now on, and nothing waits any more."""
    is_tighter = not is_looser(limit.value, current)
    return Decision(
        answer=lambda _: _active(limit.kind, limit.period, limit.value, moment),
        drafts=(limit_changed(moment, limit, is_tighter=is_tighter),),
        rows=(limit,),
        gone=() if waiting is None else (waiting,),
    )


def _cancelled(waiting: LimitChange, current: int | None, moment: Moment) -> Decision:
    return Decision(
        answer=lambda _: _active(waiting.kind, waiting.period, current, moment),
        drafts=(limit_cancelled(moment, waiting),),
        gone=(waiting,),
    )


def _active(kind: str, period: str, value: int | None, moment: Moment) -> dict[str, object]:
    """The answer when nothing waits: `value` binds now."""
    return {
        "kind": kind,
        "period": period,
        "value": value,
        "status": "active",
        "effective_at": moment.now_ms,
        "pending": None,
    }


def _pending(waiting: LimitChange, current: int | None) -> dict[str, object]:
    """The answer while a loosening waits: `value` binds now, what is pending may be confirmed from
    `effective_at` on.
    """
    return {
        "kind": waiting.kind,
        "period": waiting.period,
        "value": current,
        "status": "pending",
        "effective_at": waiting.due_at,
        "pending": {
            "value": waiting.value,
            "requested_at": waiting.requested_at,
            "due_at": waiting.due_at,
        },
    }
