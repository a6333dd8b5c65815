"""A projected wallet is always a verified prefix of that wallet's stream: events 1 … head, no gap.

An event joins only behind the event it names (`seq` = head + 1 and `prev_hash` = the head's hash)
and only when its own hash is the hash of its content. Everything else is a question for the wallet
or an alert for a person; nothing that is stored is ever replaced. Decisions here are pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from jobs.wallet_event import WalletEvent
from shared.risk.model import Alert
from shared.wallet.model import GENESIS_HASH

CHAIN_RULE_ID: Final = "projection.chain"


@dataclass(frozen=True, slots=True)
class Head:
    """A place in a stream; of the projection, the last event it holds and has verified (or
    `EMPTY`).
    """

    seq: int
    hash: str


EMPTY: Final = Head(0, GENESIS_HASH)


@dataclass(frozen=True, slots=True)
class Advance:
    """Events that continue `base` without a gap, in order; never empty."""

    player_id: str
    base: Head
    events: tuple[WalletEvent, ...]

    @property
    def head(self) -> Head:
        """Where the projection stands once the events are stored."""
        return Head(self.events[-1].seq, self.events[-1].hash)


def continue_chain(head: Head, events: Iterable[WalletEvent]) -> tuple[WalletEvent, ...]:
    """The longest run of `events`, by `seq`, that continues `head`; repeats are skipped."""
    run: list[WalletEvent] = []
    seq, last_hash = head.seq, head.hash
    for event in sorted(events, key=lambda event: event.seq):
        if event.seq <= seq:
            continue
        if event.seq != seq + 1 or event.prev_hash != last_hash or not event.is_authentic:
            break
        run.append(event)
        seq, last_hash = event.seq, event.hash
    return tuple(run)


def chain_alert(
    player_id: str,
    claimed: Head,
    *,
    law: str,
    source: str,
    known_hash: str | None,
    agreed_at: int,
    found_at: int,
) -> Alert:
    """An alert of band critical: `source` claims an event that contradicts what is known.

    One alert a place: the window opens at the recorded time of the last event on which both sides
    agree (or of the stored event that is contradicted), so finding the same again changes nothing.
    """
    return Alert(
        player_id=player_id,
        rule_id=CHAIN_RULE_ID,
        window_started_at=agreed_at,
        window_ended_at=max(agreed_at, found_at),
        band="critical",
        observed=1,
        threshold=1,
        evidence={
            "law": law,
            "source": source,
            "seq": claimed.seq,
            "claimed_hash": claimed.hash,
            "known_hash": known_hash,
        },
    )
