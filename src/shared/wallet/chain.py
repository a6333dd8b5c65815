"""The chain: each event carries the SHA-256 of the one before it, so no past event can be changed,
dropped or moved without every later hash changing.

Hashed is what was decided, in a fixed order, as one JSON array of texts and integers after the
previous hash; running balances are not part of it, they can be folded again at any time. The array
has no white space and no escapes but those that JSON demands, which is what `JSON.stringify` gives.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Final

from shared.kernel.canonical import canonical_json
from shared.kernel.errors import InvariantBroken
from shared.kernel.values import altered
from shared.wallet.model import EVENT_SCHEMA_VERSION, Draft, Event, Head

_decided: Final = attrgetter(
    "seq",
    "event_id",
    "type",
    "schema_version",
    "amount_minor",
    "cash_delta",
    "bonus_delta",
    "held_delta",
    "round_id",
    "game_version",
    "idempotency_key",
    "causation_id",
    "recorded_at",
    "data",
)
_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def link(head: Head, drafts: Sequence[Draft], key: str | None, now_ms: int) -> tuple[Event, ...]:
    """The drafts as events that follow `head`, gapless, balances folded, each chained to the last.

    Raises:
        InvariantBroken: `never_negative`, when an event would leave a balance below zero and is not
            one that may.
    """
    events: list[Event] = []
    seq, prev_hash = head.seq, head.hash
    cash, bonus, held = head.cash_minor, head.bonus_minor, head.held_minor
    for draft in drafts:
        seq += 1
        cash += draft.cash_delta
        bonus += draft.bonus_delta
        held += draft.held_delta
        if bonus < 0 or held < 0 or (cash < 0 and not may_leave_debt(draft, draft.data)):
            raise InvariantBroken("never_negative", f"{draft.type} at seq {seq}")
        data = canonical_json(draft.data)
        decided = (
            seq,
            draft.event_id,
            draft.type,
            EVENT_SCHEMA_VERSION,
            draft.amount_minor,
            draft.cash_delta,
            draft.bonus_delta,
            draft.held_delta,
            draft.round_id,
            draft.game_version,
            key,
            draft.causation_id,
            now_ms,
            data,
        )
        sealed = Event(
            *decided[:8], cash, bonus, held, *decided[8:], prev_hash, _sealed(prev_hash, decided)
        )
        events.append(sealed)
        prev_hash = sealed.hash
    return tuple(events)


def may_leave_debt(event: Draft | Event, data: Mapping[str, object]) -> bool:
    """True when cash may be below zero after this: it was before and is not made less, or a win was
    taken back that the player had spent and the event says so.
    """
    return event.cash_delta >= 0 or (event.type == "ROLLBACK" and data.get("negative") is True)


def event_hash(event: Event) -> str:
    """Lower-case hexadecimal SHA-256 over `prev_hash` and the decided columns of `event`."""
    return _sealed(event.prev_hash, _decided(event))


def _sealed(prev_hash: str, decided: tuple[object, ...]) -> str:
    return sha256((prev_hash + _encode(decided)).encode()).hexdigest()


def head_after(head: Head, events: Sequence[Event]) -> Head:
    """The head once `events` are appended; `head` itself when there are none."""
    if not events:
        return head
    last = events[-1]
    return altered(
        head,
        seq=last.seq,
        hash=last.hash,
        cash_minor=last.cash_after,
        bonus_minor=last.bonus_after,
        held_minor=last.held_after,
        recorded_at=last.recorded_at,
    )
