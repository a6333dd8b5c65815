"""Time travel: what the wallet was at any past event, and which events make a balance.

Both answers come from the log alone. The sums of `explain` add up to the balances at that event:
everything that ever moved them is in one of its lines.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final, cast

from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Row, Sql
from shared.wallet import tables
from shared.wallet.eligibility import terms_body
from shared.wallet.errors import EVENT_ARCHIVED, EVENT_NOT_FOUND
from shared.wallet.gate_model import Gate, moment_or_none
from shared.wallet.model import Event, Head
from shared.wallet.opening import Opening, opening_of
from shared.wallet.payload import Fields
from shared.wallet.replay import State, replayed
from shared.wallet.upcast import newest_data
from shared.wallet.verify import newest_state

LATEST_SHOWN: Final = 20
_PAGE: Final = 500
_MOVED: Final = (
    "WHERE seq > ? AND seq <= ? AND (cash_delta <> 0 OR bonus_delta <> 0 OR held_delta <> 0)"
)
_LATEST: Final = f"{_MOVED} ORDER BY seq DESC LIMIT {LATEST_SHOWN}"
_SUMS: Final = ("type", "of", "events", "cash_minor", "bonus_minor", "held_minor")
_BY_TYPE: Final = f"""
SELECT type,
       CASE type WHEN 'ROLLBACK' THEN data ->> 'of'
                 WHEN 'ADJUSTMENT' THEN data ->> 'direction' END AS which,
       count(*), sum(cash_delta), sum(bonus_delta), sum(held_delta)
FROM events {_MOVED}
GROUP BY type, which ORDER BY min(seq)
"""  # noqa: S608 - names of ours


def state_at(sql: Sql, seq: int) -> State:
    """The state right after the event `seq`, by replay."""
    state = newest_state(sql, seq)
    return replayed(_events(sql, seq, after=state.seq), state)


def state_body(state: State) -> dict[str, object]:
    """A state as people read it."""
    return {
        "seq": state.seq,
        "head_hash": state.hash,
        "recorded_at": rfc3339(state.recorded_at),
        "currency": state.currency,
        "jurisdiction": state.jurisdiction,
        "cash_minor": state.cash_minor,
        "bonus_minor": state.bonus_minor,
        "held_minor": state.held_minor,
        "frozen_law": state.frozen_law,
        "gate": _gate_body(Gate(**state.gate)),
        "limits": [
            {"kind": kind, "period": period, "value": value, "source": source}
            for source, kinds in state.limits.items()
            for kind, periods in kinds.items()
            for period, value in periods.items()
        ],
        "limit_changes": [
            _timed({"kind": kind, "period": period, **change}, "requested_at", "due_at")
            for kind, periods in state.limit_changes.items()
            for period, change in periods.items()
        ],
        "grants": [
            _timed({"grant_id": name, **grant}, "expires_at")
            for name, grant in state.grants.items()
        ],
        "open_rounds": [
            _timed({"round_id": name, **told}, "opened_at")
            for name, told in state.open_rounds.items()
        ],
        "held_withdrawals": [
            _timed({"withdrawal_id": name, **hold}, "requested_at", "due_at")
            for name, hold in state.held_withdrawals.items()
        ],
        "seed": None
        if state.seed is None
        else {
            **_timed(state.seed, "committed_at"),
            "number": state.seeds_committed,
            "draws": state.draws,
        },
    }


def _gate_body(gate: Gate) -> dict[str, object]:
    """What closed the gate then, if anything did; an endless exclusion ends at null."""
    return {
        "rules": gate.read_rules().as_data(),
        "facts": {
            name: _timed(fact.as_data(), "valid_until") for name, fact in gate.read_facts().items()
        },
        **terms_body(gate),
        "reality_check": {
            "minutes": gate.reality_minutes,
            "since": moment_or_none(gate.reality_since),
            "due_at": moment_or_none(gate.reality_due_at),
        },
        "intervention": None if gate.intervention is None else json.loads(gate.intervention),
        "bonus_blocked": gate.bonus_blocked == 1,
    }


def asked_seq(fields: Fields, head: Head) -> int:
    """The event that a question is about: the newest when it names none.

    Raises:
        Rejected: `invalid_payload`, `event_not_found`, `event_archived`; the last event of closed
            books can still be asked about.
    """
    seq = fields.whole("seq", least=1) if fields.has("seq") else head.seq
    if seq > head.seq:
        raise Rejected(EVENT_NOT_FOUND, f"the newest event is {head.seq}")
    refuse_archived_event(head, seq + 1)
    return seq


def refuse_archived_event(head: Head, seq: int) -> None:
    """Raises `Rejected(event_archived)` for an event in closed books."""
    if seq <= head.closed_seq:
        raise Rejected(
            EVENT_ARCHIVED,
            "the event is in closed books: the archive answers for it",
            closed_seq=head.closed_seq,
        )


def explanation(sql: Sql, seq: int) -> dict[str, object]:
    """What makes the balances at `seq`: sums by type, the same grant by grant, the last events.
    What closed books brought is one line, `BOOKS_CLOSED`.
    """
    opening = opening_of(sql)
    closed_seq = opening.book.closed_seq if opening else 0
    cash, bonus, held = _balances(sql, opening, seq)
    latest = tables.events(sql, _LATEST, closed_seq, seq)
    return {
        "seq": seq,
        "cash_minor": cash,
        "bonus_minor": bonus,
        "held_minor": held,
        "by_type": [
            dict(zip(_SUMS, sums, strict=True))
            for sums in (*_brought(opening), *sql.query(_BY_TYPE, closed_seq, seq))
        ],
        "grants": _by_grant(sql, opening, seq),
        "latest": [
            {
                "seq": event.seq,
                "event_id": event.event_id,
                "type": event.type,
                "cash_delta": event.cash_delta,
                "bonus_delta": event.bonus_delta,
                "held_delta": event.held_delta,
                "round_id": event.round_id,
                "recorded_at": rfc3339(event.recorded_at),
            }
            for event in latest
        ],
    }


def _balances(sql: Sql, opening: Opening | None, seq: int) -> tuple[int, int, int]:
    if opening is not None and seq == opening.book.closed_seq:
        return opening.book.cash_minor, opening.book.bonus_minor, opening.book.held_minor
    at = tables.events(sql, "WHERE seq = ?", seq)[0]
    return at.cash_after, at.bonus_after, at.held_after


def _brought(opening: Opening | None) -> list[Row]:
    if opening is None:
        return []
    book = opening.book
    balances = (book.cash_minor, book.bonus_minor, book.held_minor)
    return [("BOOKS_CLOSED", None, book.closed_seq, *balances)]


def _by_grant(sql: Sql, opening: Opening | None, seq: int) -> list[dict[str, object]]:
    sums: dict[str, Counter[str]] = {}
    after = 0
    if opening is not None:
        after = opening.book.closed_seq
        for grant_id, grant in opening.state["grants"].items():
            sums[grant_id] = Counter({"BOOKS_CLOSED": grant["balance_minor"]})
    for event in _events(sql, seq, "AND bonus_delta <> 0", after=after):
        data = newest_data(event)
        if "grant_id" in data:
            shares = [(str(data["grant_id"]), abs(event.bonus_delta))]
        else:
            shares = data["grants"]
        kind = f"{event.type} of {data['of']}" if event.type == "ROLLBACK" else event.type
        sign = 1 if event.bonus_delta > 0 else -1
        for grant_id, amount in shares:
            sums.setdefault(grant_id, Counter())[kind] += sign * amount
    return [
        {
            "grant_id": grant_id,
            "balance_minor": sum(moves.values()),
            "by_type": [{"type": kind, "bonus_minor": amount} for kind, amount in moves.items()],
        }
        for grant_id, moves in sums.items()
    ]


def _events(sql: Sql, until: int, condition: str = "", *, after: int = 0) -> Iterator[Event]:
    """Events after `after` up to `until`, oldest first, in pages."""
    while page := tables.events(
        sql,
        f"WHERE seq > ? AND seq <= ? {condition} ORDER BY seq LIMIT {_PAGE}",
        after,
        until,
    ):
        yield from page
        after = page[-1].seq


def _timed(facts: dict[str, object], *names: str) -> dict[str, object]:
    """`facts` with these times as RFC 3339."""
    times = {name: facts[name] for name in names if facts[name] is not None}
    return {**facts, **{name: rfc3339(cast("int", at_ms)) for name, at_ms in times.items()}}
