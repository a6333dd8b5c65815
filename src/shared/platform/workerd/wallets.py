"""`Wallets` by the Durable Object namespace: one object per player, found by the player's id."""

from shared.platform.ports import Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, unwrapped


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


def _unreachable(error: JsException) -> Unreachable:
    lines = str(error.message).strip().splitlines() or [error.name]
    # A Python traceback ends with what was raised; a message of the platform is its own first line.
    return Unreachable(lines[-1] if lines[0].startswith(("Traceback", "PythonError")) else lines[0])
