"""What a wallet answers without changing: balance, statement, rounds, seeds, limits, proof.

Answers that people see carry RFC 3339 times; `event_range` gives the columns as they are stored,
`data` as its text, because that text is what the hash covers. Lists are pages: newest first, the
cursor is the place of the last item and only this wallet knows what it means.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.kernel.values import value
from shared.platform.ports import Sql
from shared.wallet import seeds
from shared.wallet.closing import answers
from shared.wallet.eligibility import gate_body
from shared.wallet.errors import ROUND_NOT_FOUND
from shared.wallet.gates import refuse_archived
from shared.wallet.history import (
    asked_seq,
    explanation,
    refuse_archived_event,
    state_at,
    state_body,
)
from shared.wallet.model import Event, Head, Round
from shared.wallet.opening import opening_body
from shared.wallet.outbox import as_message
from shared.wallet.payload import Fields, refuse
from shared.wallet.protection import SHOWN_TERMS, Panel, panel_body
from shared.wallet.store import Store
from shared.wallet.verify import verify

MAX_RANGE: Final = 500
ANSWERS_PER_CALL: Final = 500
MAX_PAGE: Final = 100
REVEALED_SHOWN: Final = 50
_SLOT: Final = re.compile(r"[!-~]{1,310}")
_BEYOND: Final = (1 << 53) - 2


@value
class Asked:
    """Everything a query may look at."""

    sql: Sql
    store: Store
    head: Head
    now_ms: int
    fields: Fields
    session_id: str


type Body = dict[str, object]


def balance(asked: Asked) -> Body:
    head = asked.head
    return {
        "currency": head.currency,
        "cash_minor": head.cash_minor,
        "bonus_minor": head.bonus_minor,
        "held_minor": head.held_minor,
        "withdrawable_minor": max(0, head.cash_minor),
        "seq": head.seq,
        "head_hash": head.hash,
    }


def head(asked: Asked) -> Body:
    """Where the chain ends, and behind which event the wallet's own log begins."""
    found = asked.head
    return {"seq": found.seq, "head_hash": found.hash, "closed_seq": found.closed_seq}


def events(asked: Asked) -> Body:
    """The statement, newest first; a player reads of a house's events what is the player's to read:
    neither reasons of a register, nor the level of a risk, nor who of the house acted. The house
    asks `for_player` for what it gives into the player's hands.
    """
    before, limit = _page(asked.fields, "before_seq")
    found = asked.store.events_before(before, limit + 1, asked.head.closed_seq)
    page = found[:limit]
    told = asked.fields.has("for_player") and asked.fields.flag("for_player")
    for_player = bool(asked.session_id) or told
    return {
        "items": [_statement_line(event, for_player=for_player) for event in page],
        "next_cursor": str(page[-1].seq) if len(found) > limit else None,
    }


def event_range(asked: Asked) -> Body:
    """Events `from_seq` to `to_seq`, both included, at most 500, all columns. Without a `from_seq`
    they begin where the wallet's log begins; what the closed books brought comes with the first.

    Raises:
        Rejected: `invalid_payload`, `event_archived`.
    """
    first = asked.head.closed_seq + 1
    from_seq, to_seq = first, first + MAX_RANGE - 1
    if asked.fields.has("from_seq"):
        from_seq = asked.fields.whole("from_seq", least=1)
        to_seq = asked.fields.whole("to_seq", least=from_seq)
    refuse_archived_event(asked.head, from_seq)
    found = asked.store.events_from(from_seq, min(to_seq - from_seq + 1, MAX_RANGE))
    body: Body = {"events": [as_message(event, asked.head) for event in found]}
    if from_seq == first > 1:
        body["opening"] = opening_body(asked.sql)
    return body


def book_answers(asked: Asked) -> Body:
    """Answers that the book on its way takes along, by key, `after` the one named."""
    after = asked.fields.matching("after", _SLOT) if asked.fields.has("after") else ""
    return answers(asked.sql, after, ANSWERS_PER_CALL)


def rounds(asked: Asked) -> Body:
    """Rounds that had a bet, newest first, as `round` shows each."""
    before, limit = _page(asked.fields, "before")
    rows = asked.store.rounds_before(before, limit + 1, asked.head.closed_seq)
    page = rows[:limit]
    told = {
        **asked.store.events_at([found.opened_seq for found in page]),
        **asked.store.events_at([found.settled_seq for found in page if found.settled_seq]),
        **asked.store.events_at([found.rolled_back_seq for found in page if found.rolled_back_seq]),
    }
    return {
        "items": [_recall(found, told) for found in page],
        "next_cursor": str(page[-1].opened_seq) if len(rows) > limit else None,
    }


def round_(asked: Asked) -> Body:
    """One round as it was played (GLI-19 §4.14): bet, draw, outcome, and the balances around it."""
    found = asked.store.round(asked.fields.id("round_id"), asked.head.closed_seq)
    if found is not None:
        refuse_archived(found)
    if found is None or found.bet_event_id is None:
        raise Rejected(ROUND_NOT_FOUND, "there is no such round")
    places = (found.opened_seq, found.settled_seq, found.rolled_back_seq)
    return _recall(found, asked.store.events_at([seq for seq in places if seq is not None]))


def fairness(asked: Asked) -> Body:
    """The seed in use and the newest revealed ones."""
    return {
        "current": seeds.current_body(asked.store.seed()),
        "revealed": [
            seeds.revealed_body(seed) for seed in asked.store.revealed_seeds(REVEALED_SHOWN)
        ],
    }


def gate(asked: Asked) -> Body:
    """What the player may do now, from `address` when one is named."""
    address = asked.fields.text("address") if asked.fields.has("address") else None
    return gate_body(asked.head, asked.store.view(asked.session_id, address), asked.now_ms)


def protection(asked: Asked) -> Body:
    """The panel of player protection: time, net position, limits with their use, terms."""
    store, view = asked.store, asked.store.view(asked.session_id, "")
    limits, usage = store.protection(asked.now_ms, asked.head.day_offset_ms)
    played = None if view.login is None else view.login.game_session_id
    session = None if played is None else store.game_session(played)
    panel = Panel(
        view=view,
        limits=limits,
        changes=store.limit_changes(),
        terms=store.exclusions(SHOWN_TERMS),
        usage=usage if session is None else usage.of_session(session),
        day_offset_ms=asked.head.day_offset_ms,
    )
    return panel_body(panel, asked.now_ms)


def verification(asked: Asked) -> Body:
    """The chain, the folds and the rows, recomputed: whole for a wallet of ordinary length, else
    the next part of a proof (see `verify`). The house hears too under which law it is frozen.
    """
    is_full = asked.fields.has("full") and asked.fields.flag("full")
    verdict = verify(asked.sql, "full" if is_full else "newest")
    body: Body = {
        "ok": verdict.law is None,
        "events": verdict.events,
        "from_seq": verdict.from_seq,
        "is_complete": verdict.is_complete,
        "head_hash": asked.head.hash,
        "broken_at": verdict.broken_at,
        "law": verdict.law,
    }
    if not asked.session_id:
        body["frozen_law"] = asked.head.frozen_law or verdict.law
    return body


def past_state(asked: Asked) -> Body:
    """The state at an event, the newest when none is named."""
    return state_body(state_at(asked.sql, asked_seq(asked.fields, asked.head)))


def explain(asked: Asked) -> Body:
    """What makes the balances at an event, the newest when none is named."""
    return explanation(asked.sql, asked_seq(asked.fields, asked.head))


QUERIES: Final[Mapping[str, Callable[[Asked], Body]]] = {
    "balance": balance,
    "head": head,
    "events": events,
    "event_range": event_range,
    "book_answers": book_answers,
    "rounds": rounds,
    "round": round_,
    "fairness": fairness,
    "gate": gate,
    "protection": protection,
    "verify": verification,
    "state_at": past_state,
    "explain": explain,
}


def _page(fields: Fields, position: str) -> tuple[int, int]:
    """Place to go on below, and the number of items; `cursor` is a `next_cursor`, `position` the
    same as a number.
    """
    limit = fields.whole("limit", least=1, most=MAX_PAGE) if fields.has("limit") else MAX_PAGE
    before = fields.whole(position, least=1, most=_BEYOND) if fields.has(position) else _BEYOND
    if fields.has("cursor"):
        cursor = fields.id("cursor")
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
            refuse("cursor", "is not a cursor of this list")
        before = int(cursor)
    return before, limit


_PLAYERS_PART: Final[Mapping[str, tuple[str, ...]]] = {
    "ADJUSTMENT": ("direction", "approval_id"),
    "RELEASED": (),
    "FROZEN": ("law",),
    "FACT_RECORDED": ("name", "status"),
    "INTERVENTION_SET": ("intervention_id", "template", "demands", "bonus_block"),
    "LIMIT_CHANGED": ("kind", "period", "value", "source"),
}
"""What a statement shows a player of these events; of every other one it shows all."""


def _statement_line(event: Event, *, for_player: bool) -> Body:
    data: Body = json.loads(event.data)
    shown = _PLAYERS_PART.get(event.type) if for_player else None
    if shown is not None:
        data = {name: data[name] for name in shown if name in data}
    return {
        "seq": event.seq,
        "event_id": event.event_id,
        "type": event.type,
        "amount_minor": event.amount_minor,
        "cash_delta": event.cash_delta,
        "bonus_delta": event.bonus_delta,
        "held_delta": event.held_delta,
        "cash_after": event.cash_after,
        "bonus_after": event.bonus_after,
        "held_after": event.held_after,
        "round_id": event.round_id,
        "recorded_at": rfc3339(event.recorded_at),
        "data": data,
        "hash": event.hash,
    }


def _recall(found: Round, told: Mapping[int, Event]) -> Body:
    """A round from the events that tell it: the log is the record, the row only finds it."""
    bet = told[found.opened_seq]
    asked: dict[str, Any] = json.loads(bet.data)
    win = told[found.settled_seq] if found.settled_seq is not None else None
    drawn: dict[str, Any] = json.loads(win.data) if win is not None else {}
    last = told[found.rolled_back_seq or found.settled_seq or found.opened_seq]
    closed_at = found.rolled_back_at or found.settled_at
    return {
        "round_id": found.round_id,
        "status": found.status,
        "session_id": asked.get("session_id"),
        "game_id": asked["game_id"],
        "game_version": int(bet.game_version) if bet.game_version is not None else None,
        "stake_minor": found.stake_minor,
        "payout_minor": found.payout_minor,
        "params": asked.get("params"),
        "outcome": drawn.get("outcome"),
        "fairness": asked.get("fairness"),
        "cash_before_minor": bet.cash_after - bet.cash_delta,
        "cash_after_minor": last.cash_after,
        "opened_at": rfc3339(found.opened_at),
        "closed_at": rfc3339(closed_at) if closed_at is not None else None,
    }
