"""What the events of limits and terms say: written by decisions, read by `replay` and `books`."""

from shared.wallet.gate_model import FOREVER, Exclusion, LimitChange
from shared.wallet.model import Draft, EventType, Limit, Moment


def limit_changed(
    moment: Moment, limit: Limit, *, is_tighter: bool, is_removed: bool = False, **told: object
) -> Draft:
    """A limit came into force or, `is_removed`, ended. A pending change of the player's limit of
    this kind and period ends with it. `told` is what else belongs to the record, such as the reason
    and the actor of an operator.
    """
    return Draft(
        moment.new_id(),
        "LIMIT_CHANGED",
        {
            "kind": limit.kind,
            "period": limit.period,
            "value": None if is_removed else limit.value,
            "source": limit.source,
            "tighter": is_tighter,
            **told,
        },
    )


def limit_requested(moment: Moment, change: LimitChange) -> Draft:
    """The player asked for a looser limit, which waits until `due_at`."""
    return Draft(
        moment.new_id(),
        "LIMIT_REQUESTED",
        {
            "kind": change.kind,
            "period": change.period,
            "value": change.value,
            "due_at": change.due_at,
        },
    )


def limit_cancelled(moment: Moment, change: LimitChange) -> Draft:
    """The player dropped a looser limit that waited."""
    return Draft(moment.new_id(), "LIMIT_CANCELLED", {"kind": change.kind, "period": change.period})


def term_begun(moment: Moment, term: Exclusion) -> Draft:
    """A self-exclusion or a pause began, or its end moved later. The event is `term.seq`."""
    kind: EventType = "EXCLUDED" if term.kind == "excluded" else "PAUSED"
    return Draft(moment.new_id(), kind, {"until": term.until, "source": term.source})


def ends_at(until: int | None) -> int:
    """The end of a term as the gate keeps it: one without an end ends at the end of time."""
    return FOREVER if until is None else until
