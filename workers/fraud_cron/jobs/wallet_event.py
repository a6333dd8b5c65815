"""One wallet event as it travels: a JSON object with every column of the projection.

What leaves this module has the type of each column, so that a row which D1 would refuse is refused
here and does not take its neighbours in the batch with it. The columns stay one flat tuple: they
cross into D1 as one JSON text per batch, where an integer stays an integer (a bound Python integer
would arrive as REAL) and the limit of 100 bound parameters does not matter.
"""

import json
from dataclasses import dataclass, fields
from typing import Final

from shared.kernel.errors import InvariantBroken
from shared.kernel.money import CURRENCIES
from shared.wallet.chain import event_hash
from shared.wallet.model import Event
from shared.wallet.posting import postings

type Column = int | str | None

_TEXT: Final = ("player_id", "event_id", "type", "currency", "data", "prev_hash", "hash")
_TEXT_OR_NULL: Final = ("round_id", "game_version", "idempotency_key", "causation_id")
_AT_LEAST: Final = {"seq": 1, "schema_version": 1, "amount_minor": 0, "recorded_at": 0}
_LARGEST_INTEGER: Final = (1 << 53) - 1
"""Beyond it the runtime's JavaScript side no longer tells neighbouring integers apart."""

COLUMNS: Final = (
    "player_id",
    "seq",
    "event_id",
    "type",
    "schema_version",
    "currency",
    "amount_minor",
    "cash_delta",
    "bonus_delta",
    "held_delta",
    "cash_after",
    "bonus_after",
    "held_after",
    "round_id",
    "game_version",
    "idempotency_key",
    "causation_id",
    "recorded_at",
    "data",
    "prev_hash",
    "hash",
)
"""The columns of the D1 table `wallet_events`, in its order."""


_CHAINED: Final = tuple(field.name for field in fields(Event))


class NotAnEventError(ValueError):
    """The text is no wallet event; the message says which member, never its value."""


@dataclass(frozen=True, slots=True)
class WalletEvent:
    """A validated event: what the projection decides by, and the row it will write."""

    player_id: str
    seq: int
    recorded_at: int
    prev_hash: str
    hash: str
    is_authentic: bool
    """Its hash is the hash of what it says was decided."""
    row: tuple[Column, ...]
    movements: tuple[tuple[str, int], ...]
    """Accounts and what is added to each, in minor units of the row's currency."""


def events_from_text(text: object) -> tuple[WalletEvent, ...]:
    """The events of one queue message: a JSON array of one wallet's, or the one object that earlier
    releases sent.

    Raises:
        NotAnEventError: when the message is no text, holds nothing, or events of several wallets,
            or a member of one is missing or mistyped.
    """
    told = _parsed(text)
    events = tuple(event_from_members(one) for one in (told if isinstance(told, list) else [told]))
    if len({event.player_id for event in events}) != 1:
        raise NotAnEventError("the message holds no event, or events of several wallets")
    return events


def event_from_text(text: object) -> WalletEvent:
    """The event of one line of the archive.

    Raises:
        NotAnEventError: when it is no text, no JSON object, or a member is missing or mistyped.
    """
    return event_from_members(_parsed(text))


def _parsed(text: object) -> object:
    if not isinstance(text, str):
        raise NotAnEventError("the message is not a text")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnEventError("the message is not JSON") from error


def event_from_members(members: object) -> WalletEvent:
    """The event of a decoded JSON object: of a message, or of the wallet's `event_range`.

    Raises:
        NotAnEventError: when it is no object, or a member is missing or mistyped.
    """
    if not isinstance(members, dict):
        raise NotAnEventError("the event is not a JSON object")
    for name in COLUMNS:
        if name not in members:
            raise NotAnEventError(f"{name} is missing")
        if not _fits(name, members[name]):
            raise NotAnEventError(f"{name} has the wrong type or range")
    event = Event(**{name: members[name] for name in _CHAINED})
    return WalletEvent(
        player_id=members["player_id"],
        seq=members["seq"],
        recorded_at=members["recorded_at"],
        prev_hash=members["prev_hash"],
        hash=members["hash"],
        is_authentic=event_hash(event) == event.hash,
        row=tuple(members[name] for name in COLUMNS),
        movements=movements(event),
    )


def movements(event: Event) -> tuple[tuple[str, int], ...]:
    """The postings of `event`; of one that no rule explains, the player's side alone.

    A wallet of a newer release may send a type that this one has no rule for. Its deltas are real
    and the projection goes on; the accounts then no longer add up to zero, which is what the
    reconciliation looks for.
    """
    try:
        return tuple((posting.account, posting.amount_minor) for posting in postings(event))
    except InvariantBroken:
        sides = (
            ("player:cash", event.cash_delta),
            ("player:bonus", event.bonus_delta),
            ("player:held", event.held_delta),
        )
        return tuple(side for side in sides if side[1])


def _fits(name: str, value: object) -> bool:
    if name == "currency":
        return value in CURRENCIES
    if name == "data":
        return isinstance(value, str) and _is_unicode(value) and _is_json_object(value)
    if name in _TEXT:
        return isinstance(value, str) and value != "" and _is_unicode(value)
    if name in _TEXT_OR_NULL:
        return value is None or (isinstance(value, str) and _is_unicode(value))
    if type(value) is not int:
        return False
    return _AT_LEAST.get(name, -_LARGEST_INTEGER) <= value <= _LARGEST_INTEGER


def _is_unicode(text: str) -> bool:
    """A lone surrogate has no UTF-8 and would fail the whole batch at the database's border."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
