"""From the commands about limits and terms to their decisions: load what they must know."""

from typing import Final

from shared.wallet.commands import (
    Exclude,
    LimitCancel,
    LimitConfirm,
    LimitSet,
    OperatorLimitSet,
    Pause,
)
from shared.wallet.decide_exclusion import EXCLUDED, PAUSED, decide_exclude
from shared.wallet.decide_limits import (
    LimitBook,
    decide_limit_cancel,
    decide_limit_confirm,
    decide_limit_set,
    decide_operator_limit_set,
)
from shared.wallet.model import Decision
from shared.wallet.payload import refuse
from shared.wallet.situation import Handlers, Situation


def _book(at: Situation) -> LimitBook:
    return LimitBook(at.store.limits(), at.store.limit_changes(), at.store.gate())


def _exclude(command: Exclude | Pause, at: Situation) -> Decision:
    if at.session_id and command.source != "player":
        refuse("source", "is not the player")
    store = at.store
    last = store.last_exclusion(EXCLUDED if isinstance(command, Exclude) else PAUSED)
    return decide_exclude(at.head, store.gate(), last, store.limit_changes(), command, at.moment)


LIMIT_HANDLERS: Final[Handlers] = {
    LimitSet: lambda c, at: decide_limit_set(at.head, _book(at), c, at.moment),
    LimitConfirm: lambda c, at: decide_limit_confirm(at.head, _book(at), c, at.moment),
    LimitCancel: lambda c, at: decide_limit_cancel(at.head, _book(at), c, at.moment),
    OperatorLimitSet: lambda c, at: decide_operator_limit_set(_book(at), c, at.moment),
    Exclude: _exclude,
    Pause: _exclude,
}
