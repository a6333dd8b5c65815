"""`Wallets` in one process: a wallet per player, made by the given function on first use."""

from collections.abc import Callable
from typing import Protocol


class PlayerWallet(Protocol):
    """What `WalletDO` offers by RPC, without the RPC."""

    def execute(
        self, kind: str, key: str, session_id: str, payload: str, context: str = ""
    ) -> str: ...

    def query(self, kind: str, session_id: str, payload: str) -> str: ...


class NativeWallets:
    """`Wallets` over `open_wallet(player_id)`; `evict` drops one, as the platform may any time."""

    def __init__(self, open_wallet: Callable[[str], PlayerWallet]) -> None:
        self._open_wallet = open_wallet
        self._open: dict[str, PlayerWallet] = {}

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str:
        return self._of(player_id).execute(kind, key, session_id, payload, context)

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        return self._of(player_id).query(kind, session_id, payload)

    def evict(self, player_id: str) -> None:
        """Forget the object of a player: the next call opens it again from what it stored."""
        self._open.pop(player_id, None)

    def _of(self, player_id: str) -> PlayerWallet:
        if player_id not in self._open:
            self._open[player_id] = self._open_wallet(player_id)
        return self._open[player_id]
