"""Defects seeded into the real code, in memory: each is a mistake that somebody has made once."""

import importlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from simulation.sim import projection
from simulation.sim.faults import SimulatedSql

from shared.kernel.errors import Rejected
from shared.kernel.times import local_day
from shared.platform.ports import PlatformError, Sql
from shared.wallet import (
    chain,
    decide_exclusion,
    decide_gate,
    decide_limits,
    decide_payments,
    decide_play,
    decide_rounds,
    errors,
    gate_model,
    gates,
    handle_gate,
    handle_limits,
    handlers,
    limits,
    situation,
    stakes,
    tables,
)
from shared.wallet.delivery import Delivery
from shared.wallet.funding import Split
from shared.wallet.gate_model import FOREVER, Gate
from shared.wallet.memory import RememberingStore
from shared.wallet.model import GENESIS_HASH, Decision, Head, Seed, Withdrawal
from shared.wallet.service import Wallet
from shared.wallet.store import Store

type Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`laws` are those of which one must be the first to break; `projects`: in D1 only."""

    name: str
    patch: Patch
    laws: frozenset[str]
    projects: bool = False


def _forgets_keys(patch: pytest.MonkeyPatch) -> None:
    def remember_last(self: Store, key: str, *_: object) -> None:
        return

    patch.setattr(Store, "answer_to", lambda *_: None)
    patch.setattr(Store, "remember", remember_last)


def _refunds_as_cash(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_rounds, "split_of", lambda cash, bonus, _: Split(cash + bonus, 0, ()))


def _tells_before_sending(patch: pytest.MonkeyPatch) -> None:
    async def sent(self: Any, events: list[str]) -> bool:
        self._wallet.delivered(json.loads(events[-1])["seq"])
        try:
            await self._queue.send_batch([f"[{','.join(events)}]"])
        except PlatformError:
            return False
        return True

    patch.setattr(Delivery, "_sent", sent)


def _projects_over_gaps(patch: pytest.MonkeyPatch) -> None:
    def whatever_comes(head: Any, events: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(e for e in sorted(events, key=lambda e: e.seq) if e.seq > head.seq)

    projection.jobs()
    patch.setattr(importlib.import_module("jobs.projection"), "continue_chain", whatever_comes)


def _has_no_transaction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedSql, "transaction", lambda self, body: body())


def _allows_one_more(patch: pytest.MonkeyPatch) -> None:
    right = limits._passes
    patch.setattr(limits, "_passes", lambda kind, value, after: right(kind, value + 1, after))


def _settles_again(patch: pytest.MonkeyPatch) -> None:
    right = decide_payments._held

    def held(head: Head, found: Withdrawal | None) -> Withdrawal:
        if found is not None and found.status != "held" and head.held_minor >= found.amount_minor:
            return found
        return right(head, found)

    patch.setattr(decide_payments, "_held", held)


def _keeps_the_nonce(patch: pytest.MonkeyPatch) -> None:
    right = tables.put

    def put(sql: Sql, row: Any) -> None:
        if not (isinstance(row, Seed) and row.nonce and row.revealed_at is None):
            right(sql, row)

    patch.setattr(tables, "put", put)


def _chains_to_the_beginning(patch: pytest.MonkeyPatch) -> None:
    right = chain.link

    def link(head: Head, *rest: Any) -> Any:
        return right(replace(head, hash=GENESIS_HASH) if head.seq % 7 == 6 else head, *rest)

    patch.setattr("shared.wallet.service.link", link)


def _asks_for_funds_first(patch: pytest.MonkeyPatch) -> None:
    right = stakes.place

    def place(standing: Any, stake_minor: int, *more: Any) -> Any:
        if stake_minor > standing.head.spendable_minor:
            raise Rejected(errors.INSUFFICIENT_FUNDS, "the balance does not cover the stake")
        return right(standing, stake_minor, *more)

    patch.setattr(decide_play, "place", place)


def _forgets_to_close_the_hold(patch: pytest.MonkeyPatch) -> None:
    right = decide_payments._closed

    def closed(*parts: Any) -> Decision:
        return replace(right(*parts), rows=())

    patch.setattr(decide_payments, "_closed", closed)


def _pays_bonus_as_cash(patch: pytest.MonkeyPatch) -> None:
    def all_cash(payout_minor: int, _: Split, *more: Any, **named: Any) -> Split:
        return Split(payout_minor, 0, ())

    patch.setattr(decide_rounds, "split_payout", all_cash)
    patch.setattr(decide_play, "split_payout", all_cash)


def _lets_time_run_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Wallet, "_now", lambda self, head: self._clock.now_ms() + head.clock_offset_ms)


def _forgets_expected_deposits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Store, "pending_deposits_minor", lambda *_: 0)


def _lives_in_sao_paulo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "local_day", lambda at_ms, _: local_day(at_ms))


def _expects_no_late_notice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handlers, "DEPOSIT_GRACE_MS", 0)


def _lets_ended_sessions_play(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_play, "refuse_idle", lambda *_: None)


def _leaves_no_tombstone(patch: pytest.MonkeyPatch) -> None:
    right = decide_rounds._tombstone

    def tombstone(*parts: Any) -> Decision:
        return replace(right(*parts), rows=())

    patch.setattr(decide_rounds, "_tombstone", tombstone)


def _bets_after_an_exclusion(patch: pytest.MonkeyPatch) -> None:
    right = decide_exclusion.decide_exclude

    def decide_exclude(*parts: Any) -> Decision:
        decision = right(*parts)
        return replace(decision, rows=decision.rows[:1])

    patch.setattr(handle_limits, "decide_exclude", decide_exclude)


def _shortens_a_term(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Store, "last_exclusion", lambda *_: None)


def _keeps_what_waits_through_a_term(patch: pytest.MonkeyPatch) -> None:
    right = decide_exclusion.decide_exclude

    def decide_exclude(*parts: Any) -> Decision:
        return replace(right(*parts), gone=())

    patch.setattr(handle_limits, "decide_exclude", decide_exclude)


def _loosens_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_limits, "is_looser", lambda *_: False)


def _confirms_before_the_time(patch: pytest.MonkeyPatch) -> None:
    right = handle_limits._book

    def book(at: Any) -> Any:
        found = right(at)
        early = [replace(change, due_at=change.requested_at) for change in found.pending]
        return replace(found, pending=early)

    patch.setattr(handle_limits, "_book", book)


def _lets_the_looser_source_win(patch: pytest.MonkeyPatch) -> None:
    def loosest(found: Iterable[Any]) -> dict[tuple[str, str], int]:
        return {(one.kind, one.period): one.value for one in found}

    patch.setattr(limits, "strictest", loosest)


def _accepts_stale_facts(patch: pytest.MonkeyPatch) -> None:
    right = gate_model.facts_until

    def facts_until(*parts: Any) -> int:
        return FOREVER if right(*parts) else 0

    patch.setattr(gate_model, "facts_until", facts_until)
    patch.setattr(gates, "_is_good", lambda fact, good, _: fact is not None and fact.status == good)


def _takes_any_news(patch: pytest.MonkeyPatch) -> None:
    right = decide_gate.decide_fact_record

    def decide_fact_record(gate: Gate, command: Any, moment: Any) -> Decision:
        known = gate.read_facts().get(command.name)
        least = 1 if known is None else known.version
        fact = replace(command.fact, version=max(least, command.fact.version))
        return right(gate, replace(command, fact=fact), moment)

    patch.setattr(handle_gate, "decide_fact_record", decide_fact_record)


def _gates_withdrawals(patch: pytest.MonkeyPatch) -> None:
    right = gates.refuse_idle

    def refuse_idle(head: Head, view: Any, now_ms: int) -> None:
        gates.refuse_barred(view, now_ms)
        right(head, view, now_ms)

    patch.setattr(decide_payments, "refuse_idle", refuse_idle)


def _plays_from_anywhere(patch: pytest.MonkeyPatch) -> None:
    right = gates.is_open

    def is_open(head: Head, address: str, now_ms: int) -> bool:
        return right(replace(head, caller_address=None), address, now_ms)

    patch.setattr(situation, "is_open", is_open)


def _never_asks_for_a_reality_check(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("shared.wallet.decide_gate.due_at", lambda *_: FOREVER)
    patch.setattr("shared.wallet.replay_gate.due_at", lambda *_: FOREVER)


def _remembers_through_other_commands(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RememberingStore, "forget", lambda _: None)


TWICE: Final = "retries never move money twice"
ONE_KEY: Final = "a key stands for one request"
MOVED: Final = "balances are those of an independent fold"
ROUNDS: Final = "rounds settle once"
UNDONE: Final = "a rollback is answered as the first one was"
ORDER: Final = "refusals keep their precedence"
ALLOWED: Final = "what is allowed is done"
EVENTS: Final = "a command appends its events and no others"
BINDS: Final = "an answer tells what binds and what waits"
TOLD: Final = "an answer tells the balance"
HOUR: Final = "a charge lives one hour"
WARNED: Final = "limits warn from 90 per cent on"
IN_TIME: Final = "deposits in time pass no limit"
COUNTED: Final = "limits count what was played"
ENDS: Final = "a limit says when it ends"
FROZEN: Final = "a sound wallet is never frozen"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant("the idempotency look-up is skipped", _forgets_keys, frozenset({TWICE, ONE_KEY})),
    Mutant(
        "a refund comes back as cash", _refunds_as_cash, frozenset({MOVED, FROZEN, ORDER, ROUNDS})
    ),
    Mutant(
        "the outbox moves its cursor before it sends",
        _tells_before_sending,
        frozenset({"the queue is told every event"}),
    ),
    Mutant(
        "the projection takes events over a gap",
        _projects_over_gaps,
        frozenset({"what is projected is a prefix of the log"}),
        projects=True,
    ),
    Mutant(
        "a command has no transaction",
        _has_no_transaction,
        frozenset({"a failed command changes nothing"}),
    ),
    Mutant("a limit allows one more", _allows_one_more, frozenset({ORDER})),
    Mutant("a withdrawal settles twice", _settles_again, frozenset({ORDER})),
    Mutant(
        "the nonce does not move",
        _keeps_the_nonce,
        frozenset({"every draw has a nonce of its own", "a session shows the commitment"}),
    ),
    Mutant(
        "an event names the wrong predecessor",
        _chains_to_the_beginning,
        frozenset({"the chain is intact"}),
    ),
    Mutant("funds are looked at before limits", _asks_for_funds_first, frozenset({ORDER})),
    Mutant("a hold stays open", _forgets_to_close_the_hold, frozenset({ORDER, FROZEN})),
    Mutant("bonus money wins cash", _pays_bonus_as_cash, frozenset({MOVED, ROUNDS, TOLD})),
    Mutant(
        "a wallet's time runs back",
        _lets_time_run_back,
        frozenset({"an event is recorded at the wallet's time", HOUR, ORDER, FROZEN}),
    ),
    Mutant(
        "expected deposits do not count", _forgets_expected_deposits, frozenset({ORDER, WARNED})
    ),
    Mutant(
        "every wallet has the same days",
        _lives_in_sao_paulo,
        frozenset({ORDER, WARNED, FROZEN, ENDS, COUNTED}),
    ),
    Mutant(
        "a deposit is expected until its code expires",
        _expects_no_late_notice,
        frozenset({ORDER, WARNED, IN_TIME}),
    ),
    Mutant("an ended session goes on playing", _lets_ended_sessions_play, frozenset({ORDER})),
    Mutant(
        "a rollback before its bet is forgotten",
        _leaves_no_tombstone,
        frozenset({ALLOWED, ORDER, UNDONE}),
    ),
    Mutant(
        "a bet is taken after an exclusion", _bets_after_an_exclusion, frozenset({ORDER, ALLOWED})
    ),
    Mutant("a term is shortened", _shortens_a_term, frozenset({ORDER, EVENTS})),
    Mutant(
        "what waits is confirmed after a pause",
        _keeps_what_waits_through_a_term,
        frozenset({ORDER, BINDS, EVENTS, "the panel shows what waits"}),
    ),
    Mutant("a looser limit binds at once", _loosens_at_once, frozenset({EVENTS, BINDS})),
    Mutant(
        "a looser limit is confirmed at once",
        _confirms_before_the_time,
        frozenset({ORDER, BINDS}),
    ),
    Mutant(
        "the looser of two sources wins",
        _lets_the_looser_source_win,
        frozenset({ORDER, "the strictest limit binds", WARNED}),
    ),
    Mutant("a stale fact opens the gate", _accepts_stale_facts, frozenset({ORDER})),
    Mutant(
        "an older fact replaces a newer one",
        _takes_any_news,
        frozenset({"an older fact is ignored"}),
    ),
    Mutant("withdrawals pass the gate", _gates_withdrawals, frozenset({ALLOWED, ORDER})),
    Mutant("the address is not looked at", _plays_from_anywhere, frozenset({ORDER})),
    Mutant(
        "a reality check is never due",
        _never_asks_for_a_reality_check,
        frozenset({ORDER, "a reality check is due at its time"}),
    ),
    Mutant(
        "what a play left is kept through other commands",
        _remembers_through_other_commands,
        frozenset({FROZEN, ORDER, ALLOWED, "a session shows the commitment", "the log has no gap"}),
    ),
)
