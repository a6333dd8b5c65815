"""`WalletDO`: one object per player, a shell around `shared.wallet`; no route leads here.

The shell owns what the domain does not: the storage of the object, its alarm, and the RPC edge,
which no exception crosses, because a traceback would travel as text to whoever called. A command is
one synchronous block, so nothing interleaves with it.
"""

import json
import traceback
from typing import Final

from shared.games.catalogue import CATALOGUE
from shared.platform.workerd.alarm import DurableAlarm
from shared.platform.workerd.clock import SystemClock
from shared.platform.workerd.entropy import SystemEntropy
from shared.platform.workerd.env import env_text, queue
from shared.platform.workerd.foreign import Foreign
from shared.platform.workerd.log import log_line
from shared.platform.workerd.sql import DurableSql
from shared.platform.workerd.worker import DurableObject, Request, Response, WorkerEntrypoint
from shared.wallet.answer import encode_answer
from shared.wallet.delivery import Delivery
from shared.wallet.service import Wallet

_FAILED: Final = encode_answer(
    500,
    json.dumps({"code": "internal_error", "detail": "the wallet failed; ask again with the key"}),
)


class WalletDO(DurableObject):
    """The wallet of one player. Payloads, contexts and answers are texts (docs/wallet.md)."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        sandbox = env_text(env, "PROFILE", "production") == "sandbox"
        self._wallet = Wallet(
            DurableSql(ctx), SystemClock(), SystemEntropy(), CATALOGUE, sandbox=sandbox
        )
        self._delivery = Delivery(self._wallet, queue(env, "WALLET_EVENTS"), DurableAlarm(ctx))

    async def execute(
        self, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str:
        """Run a command; see `shared.wallet.service`."""
        try:
            answer = self._wallet.execute(kind, key, session_id, payload, context)
        except Exception as error:  # noqa: BLE001 - the RPC edge: nothing may cross it
            _log_failure("execute", error)
            return _FAILED
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

    async def alarm(self, _alarm_info: Foreign = None) -> None:
        """Deliver what waits in the outbox; raising makes the platform try again."""
        await self._delivery.drain()

    async def _arm(self) -> None:
        """A command that is done stays done: failing to set the alarm is only logged, and the next
        call, or the sweep that compares heads, makes up for it.
        """
        try:
            await self._delivery.arm()
        except Exception as error:  # noqa: BLE001 - see above
            _log_failure("arm", error)


class Default(WorkerEntrypoint):
    """This Worker has no address; whoever finds one meets nothing."""

    async def fetch(self, _request: Request) -> Response:
        return Response("Not found", status=404)


def _log_failure(during: str, error: Exception) -> None:
    """The type and the places, never the message: it may quote what a player sent."""
    frames = traceback.extract_tb(error.__traceback__)
    log_line(
        {
            "event": "wallet.failed",
            "level": "error",
            "during": during,
            "error": type(error).__name__,
            "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames],
        }
    )
