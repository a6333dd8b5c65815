"""From the queue into D1: at least once, in no order, and yet each event exactly once and in
order.

A message holds the events of one turn of a wallet. It is acknowledged when all of them are stored,
or when what they say is settled by an alert; it is asked for again when it could not be decided
now. Messages of one player stand or fall together, those of other players do not fall with them. A
message with anything but events is never acknowledged: its retries run out and it rests in the
dead-letter queue, where a person finds it, and blocks nobody meanwhile.

One batch costs three trips to D1 when all is well, however many players it holds.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from jobs.alerts import raise_alerts
from jobs.chain import Advance, Head, chain_alert, continue_chain
from jobs.ports import Ports
from jobs.projection_store import append, heads_of, stored_events
from jobs.refill import Refill, refill, time_of
from jobs.wallet_event import NotAnEventError, WalletEvent, events_from_text
from shared.risk.model import Alert

FIRST_RETRY_S: Final = 5
LONGEST_RETRY_S: Final = 300


class Message(Protocol):
    """One message of a queue batch; exactly one of `ack` and `retry` is called on it."""

    @property
    def message_id(self) -> str: ...

    @property
    def text(self) -> object:
        """The body; what a producer of ours sends is text, and nothing forces others to."""
        ...

    @property
    def attempts(self) -> int:
        """Deliveries so far, this one included."""
        ...

    def ack(self) -> None: ...

    def retry(self, *, delay_s: int) -> None: ...


@dataclass(slots=True)
class BatchOutcome:
    """What became of a batch; the wide log line of the consumer."""

    messages: int = 0
    acknowledged: int = 0
    projected: int = 0
    refilled: int = 0
    contradictions: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    """Message id → why it is no event."""
    failed: dict[str, str] = field(default_factory=dict)
    """Player id → name of the error that made the group wait."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    message: Message
    events: tuple[WalletEvent, ...]


type _Groups = dict[str, list[_Delivery]]


def _events(group: Sequence[_Delivery]) -> list[WalletEvent]:
    return [event for delivery in group for event in delivery.events]


async def project(messages: Sequence[Message], ports: Ports) -> BatchOutcome:
    """Store the events of one batch and acknowledge or retry each message of it."""
    outcome = BatchOutcome(messages=len(messages))
    waiting = _group(messages, outcome)
    try:
        waiting = await _append_together(waiting, ports, outcome)
        waiting = await _drop_repeats(waiting, ports, outcome)
    except Exception as error:  # noqa: BLE001 - one bad group must not hold up the rest of the batch
        outcome.failed["*"] = type(error).__name__
    for player_id, group in waiting.items():
        try:
            settled = await _settle(player_id, group, ports, outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is, only this player's group waits
            outcome.failed[player_id] = type(error).__name__
            settled = False
        if settled:
            _acknowledge(group, outcome)
        else:
            for delivery in group:
                _retry(delivery.message)
    return outcome


def _group(messages: Sequence[Message], outcome: BatchOutcome) -> _Groups:
    groups: _Groups = defaultdict(list)
    for message in messages:
        try:
            events = events_from_text(message.text)
        except NotAnEventError as error:
            outcome.unreadable[message.message_id] = str(error)
            _retry(message)
        else:
            groups[events[0].player_id].append(_Delivery(message, events))
    return dict(groups)


async def _append_together(groups: _Groups, ports: Ports, outcome: BatchOutcome) -> _Groups:
    """The ordinary case, all players in one transaction; returns the groups that need more."""
    if not groups:
        return groups
    heads = await heads_of(ports.db, groups)
    advances = [
        Advance(player_id, heads[player_id], run)
        for player_id, group in groups.items()
        if (run := continue_chain(heads[player_id], _events(group)))
    ]
    now_ms = ports.clock.now_ms()
    if not await append(ports.db, advances, now_ms=now_ms, arrival=ports.arrival()):
        return groups
    outcome.projected += sum(len(advance.events) for advance in advances)
    stored = {
        (event.player_id, event.seq, event.hash) for advance in advances for event in advance.events
    }
    return _acknowledge_stored(groups, stored, outcome)


async def _drop_repeats(groups: _Groups, ports: Ports, outcome: BatchOutcome) -> _Groups:
    """Acknowledge the groups whose every event is stored already; returns the others."""
    places = [(event.player_id, event.seq) for group in groups.values() for event in _events(group)]
    known = await stored_events(ports.db, places)
    stored = {(player_id, seq, known_hash) for (player_id, seq), (known_hash, _) in known.items()}
    return _acknowledge_stored(groups, stored, outcome)


def _acknowledge_stored(
    groups: _Groups, stored: set[tuple[str, int, str]], outcome: BatchOutcome
) -> _Groups:
    waiting: _Groups = {}
    for player_id, group in groups.items():
        events = _events(group)
        if all(e.is_authentic and (player_id, e.seq, e.hash) in stored for e in events):
            _acknowledge(group, outcome)
        else:
            waiting[player_id] = group
    return waiting


def _acknowledge(group: Sequence[_Delivery], outcome: BatchOutcome) -> None:
    for delivery in group:
        delivery.message.ack()
    outcome.acknowledged += len(group)


async def _settle(
    player_id: str, group: Sequence[_Delivery], ports: Ports, outcome: BatchOutcome
) -> bool:
    """A gap, a contradiction, a lost race: ask the wallet. True when no message need come again."""
    events = _events(group)
    filled = await refill(ports, player_id, up_to=max(event.seq for event in events))
    outcome.refilled += filled.projected
    known = await stored_events(ports.db, [(player_id, event.seq) for event in events])
    alerts = await _contradictions(events, known, filled, ports)
    outcome.contradictions += len(alerts)
    await raise_alerts(ports, alerts)
    return filled.ending != "paused"


async def _contradictions(
    events: Sequence[WalletEvent],
    known: Mapping[tuple[str, int], tuple[str, int]],
    filled: Refill,
    ports: Ports,
) -> list[Alert]:
    """What the messages say against the events that the projection and the wallet agree on."""
    alerts: list[Alert] = []
    for event in events:
        law, known_hash = "one event has one content", None
        if place := known.get((event.player_id, event.seq)):
            known_hash, agreed_at = place
            if event.is_authentic and event.hash == known_hash:
                continue
        elif filled.ending == "ended":
            law = "an event was recorded by its wallet"
            agreed_at = await time_of(ports, event.player_id, filled.head.seq)
        else:
            continue
        alerts.append(
            chain_alert(
                event.player_id,
                Head(event.seq, event.hash),
                law=law,
                source="queue",
                known_hash=known_hash,
                agreed_at=agreed_at,
                found_at=ports.clock.now_ms(),
            )
        )
    return alerts


def _retry(message: Message) -> None:
    doubled = FIRST_RETRY_S << min(message.attempts, 10)
    message.retry(delay_s=min(LONGEST_RETRY_S, doubled))
