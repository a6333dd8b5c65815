"""Self-exclusions and pauses: in force from the next command on, and never shortened by anybody.

Each has an end or none. A later end extends what is in force, whoever asks; an earlier one is
refused, to the player, the operator and the desk alike: no command of the wallet can shorten one.
In force, no bet, deposit or bonus is taken, and what is owed is paid as ever. Loosenings
of limits that wait are dropped: who stops comes back to the limits that were in force. Sources:
Portaria SPA/MF 1.231/2024 art. 4 IV to VI, X and XI, Portaria SPA/MF 2.579/2025, GLI-19 A.3.8.
"""

from collections.abc import Sequence
from typing import Final

from shared.kernel.errors import Rejected
from shared.kernel.times import SECOND_MS, rfc3339
from shared.kernel.values import altered
from shared.wallet import errors
from shared.wallet.commands import Exclude, Pause
from shared.wallet.gate_model import Exclusion, Gate, LimitChange
from shared.wallet.gates import refuse_revoked
from shared.wallet.model import Decision, Head, Moment
from shared.wallet.payload import refuse
from shared.wallet.protection_events import ends_at, term_begun

EXCLUDED: Final = "excluded"
PAUSED: Final = "paused"


def refuse_stopped(gate: Gate, now_ms: int) -> None:
    """Refuse what a person who stopped may not do.

    Raises:
        Rejected: `excluded`, `paused`.
    """
    if now_ms < gate.excluded_until:
        raise Rejected(errors.EXCLUDED, "the player is self-excluded")
    if now_ms < gate.paused_until:
        raise Rejected(
            errors.PAUSED,
            "the pause runs",
            until=rfc3339(gate.paused_until),
            retry_after=-(-(gate.paused_until - now_ms) // SECOND_MS),
        )


def decide_exclude(
    head: Head,
    gate: Gate,
    last: Exclusion | None,
    pending: Sequence[LimitChange],
    command: Exclude | Pause,
    moment: Moment,
) -> Decision:
    """Exclude or pause until a moment, or without end; what is in force is kept or extended. Also
    in a frozen wallet, since nothing may keep a person from stopping. `last` is the newest of its
    kind that was made, which ends no earlier than any before it that still runs.

    Raises:
        Rejected: `session_expired`, `invalid_payload` for an end that is not in the future,
            `exclusion_not_shortened`.
    """
    refuse_revoked(head)
    end = ends_at(command.until)
    if end <= moment.now_ms:
        refuse("until", "is not in the future")
    if last is not None and ends_at(last.until) > moment.now_ms:
        if end < ends_at(last.until):
            raise Rejected(
                errors.EXCLUSION_NOT_SHORTENED,
                "what is in force ends later and stays",
                until=None if last.until is None else rfc3339(last.until),
            )
        if (last.until, last.source) == (command.until, command.source):
            return Decision(answer=lambda _: _body(last))
    is_exclusion = isinstance(command, Exclude)
    asked = Exclusion(
        seq=head.seq + 1,
        kind=EXCLUDED if is_exclusion else PAUSED,
        until=command.until,
        source=command.source,
        made_at=moment.now_ms,
    )
    closed = altered(gate, excluded_until=end) if is_exclusion else altered(gate, paused_until=end)
    return Decision(
        answer=lambda _: _body(asked),
        drafts=(term_begun(moment, asked),),
        rows=(asked, closed),
        gone=tuple(pending),
    )


def _body(made: Exclusion) -> dict[str, object]:
    return {
        "kind": made.kind,
        "until": made.until,
        "source": made.source,
        "made_at": made.made_at,
    }
