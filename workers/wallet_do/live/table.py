"""The table at which a player's sockets sit: who may play on, who is told what, who is sent away.

Invariant: a message runs as one synchronous block, as the same command that HTTP would send, in
the name of the login session that the API vouched for; a socket that is over (token, session,
freeze) neither plays nor hears a balance. Seats are in memory; what makes one is in the socket's
attachment, so an eviction forgets nothing but the pace. A bet here asks the storage for nothing
that it does not ask for over HTTP.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from live.ports import Socket, Sockets
from shared.kernel.errors import Rejection
from shared.platform.ports import Clock
from shared.wallet import live
from shared.wallet.answer import encode_body
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.live import Ending, HandOver, Message, Pace
from shared.wallet.service import Wallet

_NO_WARNINGS: Final = '"warnings":[]}'
_MAX_GAMES_CHARS: Final = 1_500
"""Longer words about the games in force do not survive an eviction: they are asked for again."""

type Failed = Callable[[str, Exception], None]
type Log = Callable[[dict[str, object]], None]


@dataclass(slots=True)
class Seat:
    """A socket, and what the API vouched for when it was opened; `address` is a JSON text."""

    socket: Socket
    session_id: str
    opened_at: int
    ends_at: int
    address: str
    pace: Pace
    messages: int = 0


class Table:
    """The sockets of one wallet. `failed` hears of exceptions, `log` of every socket that ends."""

    def __init__(
        self,
        wallet: Wallet,
        sockets: Sockets,
        clock: Clock,
        alarm: EarliestAlarm,
        failed: Failed,
        log: Log,
    ) -> None:
        self._wallet = wallet
        self._sockets = sockets
        self._clock = clock
        self._alarm = alarm
        self._failed = failed
        self._log = log
        self._games = ""
        self._games_heard_at = 0
        self._context = ""
        self._told_balance = ""
        self._shown_since = ""
        self._warned: frozenset[tuple[str, str]] = frozenset()
        self._seats: dict[int, Seat] = {}
        for socket in sockets.all():
            self._adopt(socket)
        self.is_occupied = bool(self._seats)

    # Coming and going

    def seat(self, handed: str) -> object:
        """The client's end of a new socket, or the wallet's answer, a text, when it refuses."""
        offer = HandOver.decode(handed)
        balance = self._wallet.query("balance", offer.session_id, "{}")
        if balance[0] != "2":
            return balance
        while len(self._seats) >= live.MAX_SOCKETS:
            oldest = min(self._seats.values(), key=lambda seat: seat.opened_at)
            self._end(oldest, live.REPLACED)
        kept = offer if len(offer.games) <= _MAX_GAMES_CHARS else replace(offer, games="")
        client, socket = self._sockets.accept(kept.encode())
        self._sockets.answer(live.PING, live.PONG)
        self._adopt(socket)
        self._hear(offer.games, self._clock.now_ms())
        self.is_occupied = True
        socket.send(live.pushed("balance", balance[6:]))
        return client

    def _adopt(self, socket: Socket) -> Seat:
        offer = HandOver.decode(socket.attachment)
        seat = Seat(
            socket,
            offer.session_id,
            offer.opened_at,
            offer.ends_at,
            json.dumps(offer.address),
            Pace(offer.per_second),
        )
        self._seats[socket.key] = seat
        if offer.games:
            self._hear(offer.games, offer.opened_at)
        return seat

    def left(self, socket: Socket, reason: str) -> None:
        """The client is gone."""
        seat = self._seats.pop(socket.key, None)
        self.is_occupied = bool(self._seats)
        if seat is not None:
            self._log_end(seat, reason)

    def _end(self, seat: Seat, ending: Ending) -> None:
        del self._seats[seat.socket.key]
        self.is_occupied = bool(self._seats)
        seat.socket.send(live.session_end(ending))
        seat.socket.close(ending.code, ending.reason)
        self._log_end(seat, ending.reason)

    def _log_end(self, seat: Seat, reason: str) -> None:
        self._log(
            {
                "event": "live.ended",
                "reason": reason,
                "session": seat.session_id,
                "messages": seat.messages,
                "ms": self._clock.now_ms() - seat.opened_at,
            }
        )

    # What a client sends

    def message(self, socket: Socket, text: object) -> None:
        """Answer one message, or end its socket; never raises. Whoever talks on after the end is
        not heard.
        """
        seat = self._seats.get(socket.key)
        if seat is None:
            if not socket.is_open:
                return
            seat = self._adopt(socket)
            self.is_occupied = True
        now_ms = self._clock.now_ms()
        seat.messages += 1
        if now_ms >= seat.ends_at:
            self._end(seat, live.TOKEN_EXPIRED)
        elif not isinstance(text, str):
            self._end(seat, live.NOT_TEXT)
        elif live.is_too_large(text):
            self._end(seat, live.TOO_LARGE)
        elif not seat.pace.admits(now_ms):
            self._refuse_pace(seat)
        else:
            self._answer(seat, text, now_ms)

    def _refuse_pace(self, seat: Seat) -> None:
        if seat.pace.refused > live.MAX_REFUSED:
            self._end(seat, live.RATE_EXCEEDED)
            return
        slow_down = Rejection(live.RATE_LIMITED, "Slow down.", {"retry_after": 1})
        seat.socket.send(live.problem_message("null", slow_down))

    def _answer(self, seat: Seat, text: str, now_ms: int) -> None:
        try:
            message = live.read_message(text)
        except live.Refused as refused:
            self._send(seat, live.problem_message(refused.message_id, refused.rejection))
            return
        try:
            self._run(seat, message, now_ms)
        except Exception as error:  # noqa: BLE001 - the edge: nothing may cross it
            self._failed("message", error)
            unknown = Rejection(
                live.INTERNAL_ERROR, "The wallet failed. Ask again with the same key."
            )
            self._send(seat, live.problem_message(message.id, unknown))

    def _run(self, seat: Seat, message: Message, now_ms: int) -> None:
        if message.type == "ping":
            self._send(seat, f'{{"id":{message.id},"type":"pong"}}')
            return
        if message.type == "balance":
            answer = self._wallet.query("balance", seat.session_id, "{}")
            self._send(seat, live.answered(message, answer))
            return
        is_fresh = now_ms - self._games_heard_at < live.GAMES_VALID_MS
        games = (self._games if is_fresh else "") or "{}"
        answer = self._wallet.execute(
            live.COMMANDS[message.type],
            message.key,
            seat.session_id,
            message.payload,
            f'{{"games":{games},"address":{seat.address}}}',
        )
        if answer[0] == "2":
            self._send(seat, live.answered(message, answer))
            if answer[4] == "0":
                self._warn(answer)
                self._tell_balance(but=seat)
            return
        code = live.rejection_code(answer)
        if code == "game_disabled" and not is_fresh:
            # Without a word about games the wallet says that all are off. It has looked for the key
            # and at everything that is refused before that.
            stale = Rejection(
                live.REFRESH_REQUIRED,
                "Send the same command over HTTP with the same key, or open another socket.",
            )
            self._send(seat, live.problem_message(message.id, stale))
            return
        self._send(seat, live.answered(message, answer))
        self._follow_refusal(code, answer)

    def _send(self, seat: Seat, text: str) -> None:
        if seat.socket.unsent_bytes > live.MAX_UNSENT_BYTES:
            if seat.socket.key in self._seats:
                self._end(seat, live.TOO_SLOW)
            return
        seat.socket.send(text)

    # What happens elsewhere

    def heed(self, kind: str, payload: str, answer: str, context: str) -> None:
        """A command came by RPC while sockets were open: cut, renew and tell what follows."""
        if context and context != self._context:
            self._context = context
            self._games = live.games_of(context)
        if context:
            self._games_heard_at = self._clock.now_ms()
        if answer[0] != "2":
            self._follow_refusal(live.rejection_code(answer), answer)
        elif kind == "session_revoke":
            self._end_session(json.loads(payload)["session_id"])
        elif kind in live.MAY_END_PLAY:
            self._end_if_barred()
        elif answer[4] == "0":
            self._warn(answer)
            self._tell_balance()

    def _hear(self, games: str, at_ms: int) -> None:
        if at_ms >= self._games_heard_at:
            self._games = games
            self._games_heard_at = at_ms

    def _end_session(self, session_id: str) -> None:
        for seat in list(self._seats.values()):
            if seat.session_id == session_id:
                self._end(seat, live.SESSION_REVOKED)

    def _end_if_barred(self) -> None:
        """A term began or a fact came in: whoever may not play any more is told so at once."""
        answer = self._wallet.query("gate", "", "{}")
        if answer[0] == "2":
            for code in json.loads(answer[6:])["reasons"]:
                self._end_all_if_over(code)

    def _follow_refusal(self, code: str, answer: str) -> None:
        """A reality check that falls due at a bet is shown on every socket, once."""
        if code == live.REALITY_CHECK:
            since, shown = live.reality_check(answer)
            if since != self._shown_since:
                self._shown_since = since
                self._push(shown, None)
        else:
            self._end_all_if_over(code)

    def _end_all_if_over(self, code: str) -> None:
        ending = live.ENDS_PLAY.get(code)
        if ending is not None:
            for seat in list(self._seats.values()):
                self._end(seat, ending)

    # What clients are told

    def _tell_balance(self, but: Seat | None = None) -> None:
        """Push the balance to the other sockets, if it is another than they know."""
        if but is not None and len(self._seats) == 1:
            return
        answer = self._wallet.query("balance", "", "{}")
        if answer[0] == "2" and answer != self._told_balance:
            self._told_balance = answer
            self._push(live.pushed("balance", answer[6:]), but)

    def _warn(self, answer: str) -> None:
        """Push warnings of limits that this table has not given yet."""
        if answer.endswith(_NO_WARNINGS):
            self._warned = frozenset()
            return
        given = json.loads(answer[6:]).get("warnings")
        if given is None:
            return
        fresh = [one for one in given if (one["kind"], one["period"]) not in self._warned]
        self._warned = frozenset((one["kind"], one["period"]) for one in given)
        if fresh:
            self._push(live.pushed("limit_warning", encode_body({"warnings": fresh})), None)

    def _push(self, text: str, but: Seat | None) -> None:
        now_ms = self._clock.now_ms()
        for seat in list(self._seats.values()):
            if now_ms >= seat.ends_at:
                self._end(seat, live.TOKEN_EXPIRED)
            elif seat is not but:
                self._send(seat, text)

    # The end of what nobody talks on

    def sweep(self) -> None:
        """End the sockets whose time is over; for the alarm."""
        now_ms = self._clock.now_ms()
        for seat in list(self._seats.values()):
            if now_ms >= seat.ends_at:
                self._end(seat, live.TOKEN_EXPIRED)

    async def arm(self) -> None:
        """See that an alarm comes when the first socket is over; it may come for more than that."""
        if not self._seats:
            return
        await self._alarm.no_later_than(min(seat.ends_at for seat in self._seats.values()))
