"""The wallet itself closes a gap: its events from the projection's head on, verified like any
others.

The wallet is the truth, yet what it answers must still continue what was projected before. When it
does not, one of the two has changed its history (a restored object, a tampered database): that is
an alert of band critical, the projection of that player stands still, and a person decides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from jobs.alerts import raise_alerts
from jobs.book_files import BookFailedError, archived_events
from jobs.chain import EMPTY, Advance, Head, chain_alert, continue_chain
from jobs.ports import Ports
from jobs.projection_store import append, heads_of, stored_events
from jobs.wallet_event import NotAnEventError, WalletEvent, event_from_members
from shared.kernel.canonical import canonical_json
from shared.wallet.answer import decode_answer
from shared.wallet.errors import EVENT_ARCHIVED

EVENTS_PER_CALL: Final = 500
"""What the wallet gives at most for one `event_range`."""

CALLS_PER_REFILL: Final = 8
"""4,000 events a visit; a longer gap is closed by the next delivery or the next sweep."""


class WalletUnavailableError(Exception):
    """The wallet answered with an error or not at all as agreed; ask again later."""


class EventArchivedError(WalletUnavailableError):
    """The wallet's books are closed over what was asked for: it is in the archive."""


@dataclass(frozen=True, slots=True)
class Refill:
    """Where a refill ended.

    `reached`: up to what was asked. `ended`: the wallet has no more events. `broken`: the wallet
    does not continue the projection, an alert is raised. `paused`: the visit's share of calls is
    used up.
    """

    head: Head
    projected: int
    ending: Literal["reached", "ended", "broken", "paused"]


async def ask_wallet(
    ports: Ports, player_id: str, kind: str, payload: Mapping[str, int | str]
) -> dict[str, Any]:
    """The body of a wallet query made for the house.

    Raises:
        WalletUnavailableError: for an answer of status 400 or more, or of another shape.
    """
    return _body(
        kind, await ports.wallets.query(player_id, kind, "", canonical_json(dict(payload)))
    )


async def tell_wallet(
    ports: Ports, player_id: str, kind: str, payload: Mapping[str, int | str]
) -> dict[str, Any]:
    """The body that answers a command of the house which takes no key.

    Raises:
        WalletUnavailableError: as for `ask_wallet`.
    """
    text = await ports.wallets.execute(player_id, kind, "", "", canonical_json(dict(payload)))
    return _body(kind, text)


def _body(kind: str, text: str) -> dict[str, Any]:
    try:
        answer = decode_answer(text)
        body = json.loads(answer.body)
    except ValueError as error:
        raise WalletUnavailableError(f"{kind} was answered with no answer of a wallet") from error
    if not isinstance(body, dict) or answer.status != 200:
        is_archived = isinstance(body, dict) and body.get("code") == EVENT_ARCHIVED.code
        failure = EventArchivedError if is_archived else WalletUnavailableError
        raise failure(f"{kind} was answered with status {answer.status}")
    return body


async def refill(ports: Ports, player_id: str, *, up_to: int) -> Refill:
    """Project the wallet's own events from the head to `up_to`, page by page.

    Each page is stored before the next is asked for, so an interrupted refill loses nothing.

    Raises:
        WalletUnavailableError: the wallet did not answer as agreed; what came before is stored.
    """
    projected = 0
    head = EMPTY
    for _ in range(CALLS_PER_REFILL):
        head = (await heads_of(ports.db, [player_id]))[player_id]
        if head.seq >= up_to:
            return Refill(head, projected, "reached")
        events = await event_range(
            ports, player_id, head.seq + 1, min(up_to, head.seq + EVENTS_PER_CALL)
        )
        if not events:
            return Refill(head, projected, "ended")
        run = continue_chain(head, events)
        if run:
            advance = Advance(player_id, head, run)
            now_ms = ports.clock.now_ms()
            if not await append(ports.db, [advance], now_ms=now_ms, arrival=ports.arrival()):
                continue
            projected += len(run)
            head = advance.head
        if len(run) < len(events):
            broken = events[len(run)]
            await report_break(ports, player_id, Head(broken.seq, broken.hash), head)
            return Refill(head, projected, "broken")
    return Refill(head, projected, "paused")


async def report_break(ports: Ports, player_id: str, claimed: Head, head: Head) -> None:
    """Raise the alert that what the wallet claims does not continue the projection's `head`."""
    alert = chain_alert(
        player_id,
        claimed,
        law="a wallet continues what was projected",
        source="wallet",
        known_hash=head.hash,
        agreed_at=await time_of(ports, player_id, head.seq),
        found_at=ports.clock.now_ms(),
    )
    await raise_alerts(ports, [alert])


async def time_of(ports: Ports, player_id: str, seq: int) -> int:
    """When the projected event at `seq` was recorded; 0 before the first."""
    stored = await stored_events(ports.db, [(player_id, seq)])
    return stored[(player_id, seq)][1] if stored else 0


async def event_range(
    ports: Ports, player_id: str, from_seq: int, to_seq: int
) -> list[WalletEvent]:
    """The wallet's events from `from_seq` to `to_seq`, at most 500, in order; those of its closed
    books come from the archive.

    Raises:
        WalletUnavailableError: the wallet did not answer as agreed, or its books are not there.
    """
    try:
        body = await ask_wallet(
            ports, player_id, "event_range", {"from_seq": from_seq, "to_seq": to_seq}
        )
    except EventArchivedError:
        return await _with_archived(ports, player_id, from_seq, to_seq)
    members = body.get("events")
    if not isinstance(members, list):
        raise WalletUnavailableError("event_range was answered without events")
    try:
        events = sorted(map(event_from_members, members), key=lambda event: event.seq)
    except NotAnEventError as error:
        raise WalletUnavailableError(f"event_range holds no event: {error}") from error
    if any(event.player_id != player_id for event in events):
        raise WalletUnavailableError("event_range holds another player's events")
    return events


async def _with_archived(
    ports: Ports, player_id: str, from_seq: int, to_seq: int
) -> list[WalletEvent]:
    limit = min(to_seq - from_seq + 1, EVENTS_PER_CALL)
    try:
        events = await archived_events(ports.archive, player_id, from_seq, limit)
    except BookFailedError as error:
        raise WalletUnavailableError(f"a closed book cannot be read: {error}") from error
    if not events:
        raise WalletUnavailableError(f"no book holds event {from_seq}")
    if len(events) == limit:
        return events
    following = events[-1].seq + 1
    return events + await event_range(ports, player_id, following, from_seq + limit - 1)
