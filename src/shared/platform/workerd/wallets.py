"""`Wallets` by the Durable Object namespace: one object per player, found by the player's id."""

from typing import Final

from shared.platform.ports import Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, members, to_js, unwrapped

HAND_OVER_HEADER: Final = "x-hand-over"
REFUSED_STATUS: Final = 409
"""Of an upgrade that the object refuses; its body is a wallet's answer."""


class WalletObjects:
    """`Wallets` of one namespace binding. Only texts cross, which is the cheapest there is.

    An exception in the object arrives as the text of its traceback, which must reach no client: it
    becomes `Unreachable` with the first line only. A fresh stub is taken for every call, because a
    stub stays broken after a failure.
    """

    __slots__ = ("_namespace",)

    def __init__(self, namespace_binding: Foreign) -> None:
        self._namespace = unwrapped(namespace_binding)

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str:
        try:
            answer = await self._namespace.getByName(player_id).execute(
                kind, key, session_id, payload, context
            )
        except JsException as error:
            raise _unreachable(error) from None
        return str(answer)

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        try:
            answer = await self._namespace.getByName(player_id).query(kind, session_id, payload)
        except JsException as error:
            raise _unreachable(error) from None
        return str(answer)

    async def hand_over(self, player_id: str, handed: str) -> Foreign | str:
        """`LiveWallets`: the request is made anew, so no header of a client comes with it."""
        headers = to_js([["Upgrade", "websocket"], [HAND_OVER_HEADER, handed]])
        stub = self._namespace.getByName(player_id)
        try:
            response = await stub.fetch("https://wallet.internal/", members(headers=headers))
            if response.status == REFUSED_STATUS:
                return str(await response.text())
        except JsException as error:
            raise _unreachable(error) from None
        if response.status != 101:
            raise Unreachable(f"the wallet answered an upgrade with {response.status}")
        return response.webSocket


def _unreachable(error: JsException) -> Unreachable:
    lines = str(error.message).strip().splitlines() or [error.name]
    # A Python traceback ends with what was raised; a message of the platform is its own first line.
    return Unreachable(lines[-1] if lines[0].startswith(("Traceback", "PythonError")) else lines[0])
