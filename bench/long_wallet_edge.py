"""The same bet over HTTP on the real runtime, on a new wallet and on old ones, in turns.

    PYTHONPATH=.:src:tests python -m bench.long_wallet_edge WALLET.sqlite [MORE.sqlite]

A player's object is given the file of a long wallet while the edge is stopped, as a restored object
would be; everything else is the edge as it is. Times are medians of a turn, the least of the turns.
The files belong to nobody whom the projection knows, so nothing of them is projected.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from e2e.edge import Edge
from e2e.player import Player, expect, join

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "runtime"))

from state_folder import StateFolder  # noqa: E402

BETS: Final = 100
TURNS: Final = 5
WARM_UP: Final = 600
"""Compiling CPython's wasm takes the first thousand bets of an isolate (docs/performance.md)."""


def edge_bets(wallets: Sequence[Path]) -> list[float]:
    """Milliseconds of a bet on a new wallet, and then on each of `wallets`."""
    with tempfile.TemporaryDirectory(prefix="acmetocasino-long-wallet-") as folder:
        state = Path(folder)
        edge = Edge(state)
        with edge, edge.client() as client:
            players = [join(client, funds_minor=10_000_000) for _ in (None, *wallets)]
        files = dict(StateFolder(state).wallets())
        for player, wallet in zip(players[1:], wallets, strict=True):
            for suffix in ("-wal", "-shm"):
                Path(f"{files[player.player_id]}{suffix}").unlink(missing_ok=True)
            shutil.copy(wallet, files[player.player_id])
        with edge, edge.client() as client:
            seated = [_seated(client, player) for player in players]
            for player, session in seated * (WARM_UP // len(seated)):
                player.play(session, 100)
            turns = [[_turn(player, session) for player, session in seated] for _ in range(TURNS)]
    return [min(times) for times in zip(*turns, strict=True)]


def _seated(client: object, player: Player) -> tuple[Player, str]:
    """The player logged in again, at a table."""
    credentials = {"email": player.email, "password": player.password}
    headers = {name: value for name, value in player.headers.items() if name != "Authorization"}
    session = expect(client.post("/v1/auth/login", json=credentials, headers=headers), 200)  # type: ignore[attr-defined]
    again = Player(
        client=client,  # type: ignore[arg-type]
        headers={**headers, "Authorization": f"Bearer {session['access_token']}"},
        player_id=player.player_id,
        email=player.email,
        password=player.password,
        cpf=player.cpf,
        refresh_token=session["refresh_token"],
    )
    return again, str(again.open_game()["session_id"])


def _turn(player: Player, session: str) -> float:
    times = []
    for _ in range(BETS):
        began = time.perf_counter()
        player.play(session, 100)
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def table(names: Sequence[str], times: Sequence[float]) -> str:
    """One line a wallet, with its ratio to the new one."""
    rows = [
        f"| {name} | {ms:.2f} | {ms / times[0]:.2f} |"
        for name, ms in zip(names, times, strict=True)
    ]
    return "\n".join(["| over HTTP, in workerd | ms | ÷ new |", "|---|--:|--:|", *rows])


def main() -> None:
    wallets = [Path(name) for name in sys.argv[1:]]
    print(table(["new", *(wallet.stem for wallet in wallets)], edge_bets(wallets)))


if __name__ == "__main__":
    main()
