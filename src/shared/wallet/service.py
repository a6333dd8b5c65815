"""The wallet of one player: commands in, one text out, everything in one transaction.

Either every event, row and remembered answer of a command is there, or none. The key is looked up
first: the same request gets the stored answer byte for byte, another request a named conflict.
Rejections are not remembered, because a refused command changed nothing. A broken invariant rolls
the command back and freezes the wallet under the name of the law; it never guesses.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import InvariantBroken, Rejected, Rejection
from shared.kernel.values import value
from shared.platform.ports import Clock, Entropy, Sql, SqlConstraintError
from shared.wallet import closing, errors, tables
from shared.wallet.answer import encode_answer, encode_body, encode_rejection
from shared.wallet.chain import head_after, link
from shared.wallet.commands import (
    Adjustment,
    BooksCommit,
    BooksDrop,
    BooksPrepare,
    ClockAdvance,
    Command,
    Open,
    Play,
    Unfreeze,
)
from shared.wallet.decide_account import decide_open
from shared.wallet.gates import refuse_revoked
from shared.wallet.handlers import decide
from shared.wallet.memory import RememberingStore
from shared.wallet.model import Decision, Draft, Head, Moment
from shared.wallet.outbox import Outbox
from shared.wallet.payload import Fields, decode_payload, refuse
from shared.wallet.ports import GameRules
from shared.wallet.posting import postings
from shared.wallet.queries import QUERIES, Asked
from shared.wallet.read_books import BOOK_COMMANDS
from shared.wallet.read_commands import (
    COMMANDS,
    KEYLESS,
    read_command,
    read_context,
    read_currency,
)
from shared.wallet.read_protection import HOUSE_ONLY
from shared.wallet.schema import migrate
from shared.wallet.situation import Situation
from shared.wallet.store import head_before_opening

_KEY: Final = re.compile(r"[!-~]{1,300}")
"""A client's key has at most 255 visible characters; the house may put a prefix before it."""


@value
class _Request:
    """A command as it was asked, and what an idempotency key stands for."""

    command: Command
    key: str
    hash: str
    session_id: str
    context: str
    currency: str | None

    @property
    def slot(self) -> str:
        """Where the answer is remembered: a player's keys and the house's never meet, so nobody can
        take the key under which a payment or a logout will come.
        """
        return f"{'player' if self.session_id else 'house'}:{self.key}"


class Wallet:
    """One player's wallet over one SQLite. `sandbox` allows the clock to be moved forward."""

    __slots__ = ("_clock", "_entropy", "_games", "_outbox", "_sandbox", "_sql", "_store")

    def __init__(
        self, sql: Sql, clock: Clock, entropy: Entropy, games: GameRules, *, sandbox: bool
    ) -> None:
        migrate(sql)
        self._sql = sql
        self._clock = clock
        self._entropy = entropy
        self._games = games
        self._sandbox = sandbox
        self._store = RememberingStore(sql)
        self._outbox = Outbox(sql)

    def execute(self, kind: str, key: str, session_id: str, payload: str, context: str = "") -> str:
        """Run a command; the answer's text (see `answer`). Never raises for what a caller sends.

        Raises:
            PlatformError: when the storage fails; nothing was changed, ask again with the key.
        """
        try:
            request = self._read(kind, key, session_id, payload, context)
            answer = self._sql.transaction(lambda: self._run(request))
        except Rejected as refusal:
            return encode_rejection(refusal.rejection)
        except InvariantBroken as broken:
            return self._freeze(broken)
        except SqlConstraintError as refused:
            return self._freeze(InvariantBroken("constraint", str(refused)))
        else:
            self._store.keep()
            return answer
        finally:
            self._store.lay_down()

    def query(self, kind: str, session_id: str, payload: str) -> str:
        """Answer a question; nothing changes, unless the question finds a broken invariant."""
        try:
            body = self._ask(kind, session_id, payload)
            if kind == "verify" and not body["ok"]:
                self._freeze(InvariantBroken(str(body["law"]), f"at seq {body['broken_at']}"))
            return encode_answer(200, encode_body(body))
        except Rejected as refusal:
            return encode_rejection(refusal.rejection)
        except InvariantBroken as broken:
            return self._freeze(broken)

    def _ask(self, kind: str, session_id: str, payload: str) -> dict[str, object]:
        reader = QUERIES.get(kind)
        if reader is None:
            raise Rejected(errors.UNKNOWN_QUERY, "the wallet knows no such query")
        fields = Fields(decode_payload(payload))
        head = self._head(session_id)
        refuse_revoked(head)
        body = reader(Asked(self._sql, self._store, head, self._now(head), fields, session_id))
        fields.done()
        if kind == "verify" and body["ok"] and head.clock_offset_ms and not self._sandbox:
            return {**body, "ok": False, "law": "clock"}
        return body

    # Delivery to the queue

    def undelivered(self, limit: int) -> list[str]:
        """JSON texts of the oldest undelivered events, as many as one message holds: all columns,
        player_id and currency.
        """
        head = self._store.head("")
        return self._outbox.undelivered(head, limit) if head is not None else []

    def delivered(self, seq: int) -> None:
        """The queue has taken every event up to `seq`."""
        self._sql.transaction(lambda: self._outbox.delivered(seq, self._clock.now_ms()))

    def delivery_failed(self) -> None:
        """The queue refused; the next try waits longer."""
        self._sql.transaction(lambda: self._outbox.failed(self._clock.now_ms()))

    def next_delivery_at(self) -> int | None:
        """When to deliver next, in UTC milliseconds of the real clock; None when nothing waits."""
        return self._outbox.next_at(self._clock.now_ms())

    # Commands

    def _read(self, kind: str, key: str, session_id: str, payload: str, context: str) -> _Request:
        if (
            kind not in COMMANDS
            or (kind == "clock_advance" and not self._sandbox)
            or (session_id and kind in HOUSE_ONLY)
            or ((session_id or key) and kind in BOOK_COMMANDS)
        ):
            raise Rejected(errors.UNKNOWN_COMMAND, "the wallet knows no such command")
        if not key and kind not in KEYLESS:
            raise Rejected(errors.IDEMPOTENCY_KEY_REQUIRED, f"{kind} needs an idempotency key")
        if key and not _KEY.fullmatch(key):
            refuse("idempotency_key", "is not 1 to 300 visible characters")
        fields = decode_payload(payload)
        asked = fields
        if kind == "open":
            # Rules change with the law; opening again under newer ones is still the same opening.
            asked = {name: value for name, value in fields.items() if name != "rules"}
        try:
            request_hash = sha256_hex(canonical_json([kind, asked]))
        except (RecursionError, UnicodeEncodeError):
            refuse("payload", "is nested too deeply or holds half of a surrogate pair")
        currency = None if kind == "open" else read_currency(fields)
        command = read_command(kind, fields)
        if isinstance(command, Adjustment | Unfreeze) and key != command.approved.approval_id:
            refuse("approval_id", "is not the idempotency key")
        return _Request(command, key, request_hash, session_id, context, currency)

    def _run(self, request: _Request) -> str:
        command, key = request.command, request.key
        if isinstance(command, Open):
            return self._open(command, request.hash)
        replayed = self._replayed(request) if key else None
        if replayed is not None:
            return replayed
        if isinstance(command, Play):
            self._store.recall()
        else:
            self._store.forget()
        head = self._head(request.session_id)
        if key and head.closed_seq:
            self._refuse_archived(request)
        if request.currency is not None and request.currency != head.currency:
            raise Rejected(errors.CURRENCY_MISMATCH, f"the wallet is kept in {head.currency}")
        now_ms = self._now(head)
        if isinstance(command, ClockAdvance):
            decision = self._advance_clock(head, now_ms, command)
        elif isinstance(command, BooksPrepare | BooksCommit | BooksDrop):
            return encode_answer(200, encode_body(self._close_books(head, command, now_ms)))
        else:
            moment = Moment(now_ms, self._entropy)
            context = read_context(request.context)
            situation = Situation(
                self._store, head, moment, self._games, context, request.session_id
            )
            decision = decide(command, situation)
        after = self._write(head, decision, key or None, now_ms)
        if isinstance(command, Unfreeze):
            self._store.freeze(None)
        body = encode_body(decision.answer(after))
        if key:
            self._store.remember(request.slot, request.hash, decision.status, body, after.seq)
        return encode_answer(decision.status, body)

    def _replayed(self, request: _Request) -> str | None:
        """The answer that was given under the request's key."""
        stored = self._store.answer_to(request.slot)
        if stored is None:
            return None
        if stored.request_hash != request.hash:
            raise Rejected(errors.IDEMPOTENCY_KEY_CONFLICT, "the key was used for another request")
        return encode_answer(stored.status, stored.body, replayed=True)

    def _refuse_archived(self, request: _Request) -> None:
        archived = self._store.archived_answer(request.slot)
        if archived is None:
            return
        asked, book = archived
        if not request.hash.startswith(asked):
            raise Rejected(errors.IDEMPOTENCY_KEY_CONFLICT, "the key was used for another request")
        raise Rejected(
            errors.ANSWER_ARCHIVED, "the command was carried out; it is not repeated", book=book
        )

    def _close_books(
        self, head: Head, command: BooksPrepare | BooksCommit | BooksDrop, now_ms: int
    ) -> dict[str, object]:
        match command:
            case BooksPrepare():
                return closing.prepare(self._sql, head, command, now_ms)
            case BooksCommit():
                moment = Moment(now_ms, self._entropy)
                return closing.commit(
                    self._sql,
                    head,
                    command,
                    moment,
                    lambda draft: self._append(head, (draft,), None, now_ms),
                )
            case BooksDrop():
                return closing.drop(self._sql, head)

    def _open(self, command: Open, request_hash: str) -> str:
        opening = self._store.opening()
        if opening is not None:
            if opening[0] != request_hash:
                raise Rejected(errors.WALLET_OPEN_CONFLICT, "the wallet was opened otherwise")
            return encode_answer(201, opening[1], replayed=True)
        head = head_before_opening(command.player_id, command.currency, command.jurisdiction)
        now_ms = self._clock.now_ms()
        decision = decide_open(command, Moment(now_ms, self._entropy))
        after = self._write(head, decision, None, now_ms)
        body = encode_body(decision.answer(after))
        self._store.open(after, request_hash, body)
        return encode_answer(decision.status, body)

    def _write(self, head: Head, decision: Decision, key: str | None, now_ms: int) -> Head:
        after = self._append(head, decision.drafts, key, now_ms)
        for row in decision.rows:
            self._store.put(row)
        for row in decision.gone:
            tables.drop(self._sql, row)
        return after

    def _append(self, head: Head, drafts: Sequence[Draft], key: str | None, now_ms: int) -> Head:
        events = link(head, drafts, key, now_ms)
        for event in events:
            postings(event)
        after = head_after(head, events)
        self._store.append(events, after)
        return after

    def _advance_clock(self, head: Head, now_ms: int, command: ClockAdvance) -> Decision:
        self._store.advance_clock(head.clock_offset_ms + command.advance_ms)
        return Decision(answer=lambda _: {"now_ms": now_ms + command.advance_ms})

    # The wallet's own state

    def _head(self, session_id: str) -> Head:
        if not session_id.isascii():
            refuse("session_id", "is not a session")
        head = self._store.head(session_id)
        if head is None:
            raise Rejected(errors.WALLET_NOT_FOUND, "the wallet has not been opened")
        return head

    def _now(self, head: Head) -> int:
        """The wallet's time: it never runs behind the last event, whatever the clock does, and
        nothing moves it forward but the sandbox.
        """
        offset_ms = head.clock_offset_ms if self._sandbox else 0
        return max(self._clock.now_ms() + offset_ms, head.recorded_at)

    def _freeze(self, broken: InvariantBroken) -> str:
        """Freeze the wallet; the FROZEN event carries the alert out if the log still takes it."""
        self._store.forget()

        def announce(head: Head) -> None:
            now_ms = self._now(head)
            moment = Moment(now_ms, self._entropy)
            frozen = Draft(moment.new_id(), "FROZEN", {"law": broken.law, "detail": broken.detail})
            self._append(head, (frozen,), None, now_ms)

        def freeze() -> None:
            head = self._store.head("")
            if head is None:
                raise broken
            if head.frozen_law is None:
                self._store.freeze(broken.law)
                with suppress(InvariantBroken, SqlConstraintError):
                    self._sql.transaction(lambda: announce(head))

        self._sql.transaction(freeze)
        return encode_rejection(
            Rejection(
                errors.WALLET_FROZEN, "a law of the ledger does not hold", {"law": broken.law}
            )
        )
