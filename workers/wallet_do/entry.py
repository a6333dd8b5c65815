"""`WalletDO`: one object per player, a shell around `shared.wallet`; no route leads here.

The shell owns what the domain does not: the storage of the object, its alarm, the sockets of live
play, and the RPC edge, which no exception crosses, because a traceback would travel as text to
whoever called. A command is one synchronous block, so nothing interleaves with it.
"""

import json
from typing import Final

from live.table import Table

from shared.games.catalogue import CATALOGUE
from shared.kernel.failures import anonymous_trace
from shared.platform.workerd.alarm import DurableAlarm
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.env import env_text, queue
from shared.platform.workerd.foreign import Foreign, optional
from shared.platform.workerd.log import log_line
from shared.platform.workerd.sockets import DurableSocket, DurableSockets
from shared.platform.workerd.sql import DurableSql
from shared.platform.workerd.wallets import HAND_OVER_HEADER, REFUSED_STATUS
from shared.platform.workerd.worker import DurableObject, Request, Response, WorkerEntrypoint
from shared.wallet.answer import encode_answer
from shared.wallet.delivery import Delivery
from shared.wallet.earliest import EarliestAlarm
from shared.wallet.service import Wallet

_FAILED: Final = encode_answer(
    500,
    json.dumps({"code": "internal_error", "detail": "the wallet failed; ask again with the key"}),
)
_NORMAL_CLOSURE: Final = 1000


class WalletDO(DurableObject):
    """The wallet of one player. Payloads, contexts and answers are texts (docs/wallet.md)."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        sandbox = env_text(env, "PROFILE", "production") == "sandbox"
        self._wallet = Wallet(
            DurableSql(ctx), SystemClock(), SystemEntropy(), CATALOGUE, sandbox=sandbox
        )
        alarm = EarliestAlarm(DurableAlarm(ctx), SystemClock())
        self._delivery = Delivery(self._wallet, queue(env, "WALLET_EVENTS"), alarm)
        self._table = Table(
            self._wallet, DurableSockets(ctx), SystemClock(), alarm, _log_failure, log_line
        )

    async def execute(
        self, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        """Run a command; see `shared.wallet.service`."""
        try:
            answer = self._wallet.execute(kind, key, session_id, payload, context)
        except Exception as error:  # noqa: BLE001 - the RPC edge: nothing may cross it
            _log_failure("execute", error)
            return _FAILED
        if self._table.is_occupied:
            self._heed(kind, payload, answer, context)
        await self._arm()
        return answer

    async def query(self, kind: str, session_id: str, payload: str) -> str:
        """Answer a question; see `shared.wallet.service`."""
        try:
            answer = self._wallet.query(kind, session_id, payload)
        except Exception as error:  # noqa: BLE001 - the RPC edge: nothing may cross it
            _log_failure("query", error)
            return _FAILED
        await self._arm()
        return answer

    async def fetch(self, request: Request) -> Response:
        """Take over a client whom the api has authenticated. Only a Worker that holds the binding
        can ask, and the api passes on no header that a client sent.
        """
        handed = optional(request.js_object.headers.get(HAND_OVER_HEADER))
        if handed is None:
            return Response("Not found", status=404)
        try:
            seated = self._table.seat(str(handed))
        except Exception as error:  # noqa: BLE001 - as at the RPC edge
            _log_failure("hand-over", error)
            return Response(_FAILED, status=REFUSED_STATUS)
        if isinstance(seated, str):
            return Response(seated, status=REFUSED_STATUS)
        await self._arm_table()
        return Response(None, status=101, web_socket=seated)

    async def webSocketMessage(self, socket: Foreign, message: Foreign) -> None:  # noqa: N802 - the platform's name
        """Answer a message of live play."""
        self._table.message(DurableSocket(socket), message)
        await self._arm()

    async def webSocketClose(  # noqa: N802 - the platform's name
        self, socket: Foreign, _code: int, _reason: str, _was_clean: object
    ) -> None:
        """Forget a client who left, and answer the close frame, which the platform does not."""
        leaving = DurableSocket(socket)
        leaving.close(_NORMAL_CLOSURE, "")
        self._table.left(leaving, "closed")

    async def webSocketError(self, socket: Foreign, _error: Foreign) -> None:  # noqa: N802 - the platform's name
        """Forget a client whose connection broke."""
        self._table.left(DurableSocket(socket), "broken")

    async def alarm(self, _alarm_info: Foreign = None) -> None:
        """Deliver what waits in the outbox, and end sockets whose time is over; raising makes the
        platform try again.
        """
        await self._delivery.drain()
        self._table.sweep()
        await self._arm_table()

    def _heed(self, kind: str, payload: str, answer: str, context: str) -> None:
        """What sockets are told of a command never changes its answer."""
        try:
            self._table.heed(kind, payload, answer, context)
        except Exception as error:  # noqa: BLE001 - see above
            _log_failure("heed", error)

    async def _arm(self) -> None:
        """A command that is done stays done: failing to set the alarm is only logged, and the next
        call, or the sweep that compares heads, makes up for it.
        """
        try:
            await self._delivery.arm()
        except Exception as error:  # noqa: BLE001 - see above
            _log_failure("arm", error)

    async def _arm_table(self) -> None:
        """Without its alarm a socket ends with the first message after its time."""
        try:
            await self._table.arm()
        except Exception as error:  # noqa: BLE001 - see above
            _log_failure("arm", error)


class Default(WorkerEntrypoint):
    """This Worker has no address; whoever finds one meets nothing."""

    async def fetch(self, _request: Request) -> Response:
        return Response("Not found", status=404)


def _log_failure(during: str, error: Exception) -> None:
    told = {"event": "wallet.failed", "level": "error", "during": during}
    log_line({**told, "failure": anonymous_trace(error)})
