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
from shared.platform.ports import PlatformError, Sql
from shared.wallet import chain, decide_payments, decide_play, decide_rounds, errors, limits, tables
from shared.wallet.delivery import Delivery
from shared.wallet.funding import Split
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
    async def sent(self: Any, messages: list[str]) -> bool:
        self._wallet.delivered(json.loads(messages[-1])["seq"])
        try:
            await self._queue.send_batch(messages)
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
    right = decide_play.place

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


def _lets_ended_sessions_play(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_play, "refuse_revoked", lambda _: None)


def _leaves_no_tombstone(patch: pytest.MonkeyPatch) -> None:
    right = decide_rounds._tombstone

    def tombstone(*parts: Any) -> Decision:
        return replace(right(*parts), rows=())

    patch.setattr(decide_rounds, "_tombstone", tombstone)


TWICE: Final = "retries never move money twice"
ONE_KEY: Final = "a key stands for one request"
MOVED: Final = "balances are those of an independent fold"
ROUNDS: Final = "rounds settle once"
UNDONE: Final = "a rollback is answered as the first one was"
ORDER: Final = "refusals keep their precedence"
ALLOWED: Final = "what is allowed is done"
FROZEN: Final = "a sound wallet is never frozen"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant("the idempotency look-up is skipped", _forgets_keys, frozenset({TWICE, ONE_KEY})),
    Mutant("a refund comes back as cash", _refunds_as_cash, frozenset({MOVED, FROZEN, ORDER})),
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
    Mutant("bonus money wins cash", _pays_bonus_as_cash, frozenset({MOVED, ROUNDS})),
    Mutant(
        "a wallet's time runs back",
        _lets_time_run_back,
        frozenset({"an event is recorded at the wallet's time", ORDER, FROZEN}),
    ),
    Mutant("expected deposits do not count", _forgets_expected_deposits, frozenset({ORDER})),
    Mutant("an ended session goes on playing", _lets_ended_sessions_play, frozenset({ORDER})),
    Mutant(
        "a rollback before its bet is forgotten",
        _leaves_no_tombstone,
        frozenset({ALLOWED, ORDER, UNDONE}),
    ),
)
