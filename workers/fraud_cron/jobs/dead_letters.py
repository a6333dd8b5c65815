"""What the queue gave up: kept where a person sees it, and worked off from the wallet when asked.

A message comes here after its last retry. Its events are not lost, their wallet has them: replaying
means bringing the projection level with the wallet up to the last of them. What is no event exists
nowhere else, so its text is kept as it came; there is nothing to replay.
"""

from collections.abc import Sequence
from typing import Final

from jobs.ports import Ports
from jobs.projection import Message
from jobs.projection_store import stored_events
from jobs.records import integer, text
from jobs.refill import WalletUnavailableError, refill
from jobs.runs import Outcome
from jobs.wallet_event import NotAnEventError, WalletEvent, events_from_text
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import PlatformError, Record

JOB: Final = "dead_letters"
QUEUE: Final = "wallet-events-dead"

LETTERS_PER_TICK: Final = 50
BODY_CHARS: Final = 64_000
"""Of a text that is no event; a wallet's message is shorter (`shared.wallet.outbox`)."""

UNDELIVERED: Final = "events that could not be projected within their retries"

_KEEP: Final = """
INSERT INTO dead_letters (dead_letter_id, message_id, player_id, seq, reason, body, attempts,
                          status, outcome, created_at, updated_at)
SELECT l.value ->> 0, l.value ->> 1, l.value ->> 2, l.value ->> 3, l.value ->> 4, l.value ->> 5,
       l.value ->> 6, 'dead', NULL, l.value ->> 7, l.value ->> 7
FROM json_each(?) AS l WHERE true
ON CONFLICT (message_id) DO UPDATE
SET attempts = max(attempts, excluded.attempts), updated_at = excluded.updated_at
"""

_ASKED: Final = """
SELECT dead_letter_id, player_id, seq, body FROM dead_letters WHERE status = 'replay_asked'
ORDER BY dead_letter_id LIMIT CAST(? AS INTEGER)
"""

_SETTLE: Final = """
UPDATE dead_letters SET status = ?, outcome = ?, updated_at = ?
WHERE dead_letter_id = ? AND status = 'replay_asked'
"""


async def keep_letters(messages: Sequence[Message], ports: Ports) -> Outcome:
    """Store one batch of the dead-letter queue; each message is acknowledged once it is stored."""
    now_ms = ports.clock.now_ms()
    rows = []
    for message in messages:
        events, reason = _read(message)
        rows.append(
            [
                uuid7(now_ms, ports.entropy.token(RANDOM_BYTES_PER_ID)),
                message.message_id,
                events[-1].player_id if events else None,
                events[-1].seq if events else None,
                reason,
                _body(message),
                message.attempts,
                now_ms,
            ]
        )
    await ports.db.execute(_KEEP, canonical_json(rows))
    for message in messages:
        message.ack()
    return {"letters": len(rows)}


async def replay(ports: Ports) -> Outcome:
    """Work off the letters that somebody asked to be replayed."""
    replayed = refused = waiting = 0
    for letter in await ports.db.query(_ASKED, LETTERS_PER_TICK):
        try:
            status, outcome = await _replay(ports, letter)
        except (WalletUnavailableError, PlatformError):
            waiting += 1
            continue
        replayed += status == "replayed"
        refused += status == "refused"
        now_ms = ports.clock.now_ms()
        letter_id = text(letter, "dead_letter_id")
        await ports.db.execute(_SETTLE, status, outcome, now_ms, letter_id)
    return {"replayed": replayed, "refused": refused, "waiting": waiting}


async def _replay(ports: Ports, letter: Record) -> tuple[str, str]:
    if letter["player_id"] is None:
        return "refused", "no event: there is nothing to replay"
    player_id, seq = text(letter, "player_id"), integer(letter, "seq")
    filled = await refill(ports, player_id, up_to=seq)
    events = events_from_text(letter["body"])
    stored = await stored_events(ports.db, [(player_id, event.seq) for event in events])
    if (player_id, seq) not in stored:
        if filled.ending == "paused":
            raise WalletUnavailableError("the gap is longer than one visit fills")
        return "refused", f"the wallet's chain is {filled.ending} before this event"
    hashes = [stored.get((player_id, event.seq), ("", 0))[0] for event in events]
    if all(e.is_authentic and e.hash == known for e, known in zip(events, hashes, strict=True)):
        return "replayed", f"projected, {filled.projected} events were missing"
    return "refused", "the wallet has another event in this place; the letter contradicts it"


def _read(message: Message) -> tuple[tuple[WalletEvent, ...], str]:
    try:
        return events_from_text(message.text), UNDELIVERED
    except NotAnEventError as error:
        return (), str(error)


def _body(message: Message) -> str:
    """The text with what has no UTF-8 made visible, since no database takes it."""
    if not isinstance(message.text, str):
        return ""
    return message.text.encode("utf-8", "backslashreplace").decode()[:BODY_CHARS]
