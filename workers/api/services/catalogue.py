"""Which version of each game is in force: D1 decides, KV carries it to the edge, the isolate
remembers.

A bet must not wait for D1, so an entry older than `FRESH_MS` is still used while it is renewed
after the answer. The wallet pins the version of an open game session, therefore a late renewal can
never change the odds of a session: it only delays the notice that a newer version is in force.
"""

import json
from dataclasses import dataclass
from typing import Final

from services.rows import integer
from shared.games.errors import GAME_NOT_FOUND
from shared.kernel.errors import Rejected
from shared.platform.ports import Database, Defer, KeyValue, Record

FRESH_MS: Final = 5_000
CACHE_KEY: Final = "games:in-force:v1"
CACHE_TTL_S: Final = 60

_IN_FORCE: Final = """
SELECT game_id, version, name, kind, rtp_bps, min_stake_minor, max_stake_minor, enabled
FROM game_versions WHERE status = 'active' ORDER BY game_id
"""


@dataclass(frozen=True, slots=True)
class GameInForce:
    """The version of a game that new sessions get."""

    game_id: str
    version: int
    name: str
    kind: str
    rtp_bps: int
    min_stake_minor: int
    max_stake_minor: int
    enabled: bool

    def for_wallet(self, min_round_ms: int) -> dict[str, object]:
        """The flat form that `game_session_open` pins, with the pace that the law asks for."""
        return {
            "game_id": self.game_id,
            "version": self.version,
            "rtp_bps": self.rtp_bps,
            "min_stake_minor": self.min_stake_minor,
            "max_stake_minor": self.max_stake_minor,
            "enabled": self.enabled,
            "min_round_ms": min_round_ms,
        }


class GameCatalogue:
    """The games in force, cached. Holds configuration only, nothing of any player."""

    def __init__(self, db: Database, cache: KeyValue) -> None:
        self._db = db
        self._cache = cache
        self._games: dict[str, GameInForce] = {}
        self._in_force = "{}"
        self._read_at_ms = 0
        self._renewing = False

    async def all(self, now_ms: int, defer: Defer) -> dict[str, GameInForce]:
        """Games by id. Waits for a read only when nothing was ever read in this isolate."""
        if not self._games:
            await self._renew(now_ms)
        elif now_ms - self._read_at_ms >= FRESH_MS and not self._renewing:
            self._renewing = True
            defer(self._renew(now_ms))
        return self._games

    async def get(self, game_id: str, now_ms: int, defer: Defer) -> GameInForce:
        """One game in force. Raises `Rejected(GAME_NOT_FOUND)`."""
        await self.all(now_ms, defer)
        return self._known(game_id)

    async def get_now(self, game_id: str, now_ms: int) -> GameInForce:
        """As `get`, but what D1 says at this moment: for decisions about the game itself."""
        await self.refresh(now_ms)
        return self._known(game_id)

    async def in_force_text(self, now_ms: int, defer: Defer) -> str:
        """JSON text `{game_id: [version, enabled 0|1]}` that a bet carries to the wallet."""
        await self.all(now_ms, defer)
        return self._in_force

    async def in_force_text_now(self, now_ms: int) -> str:
        """As `in_force_text`, but no older than `FRESH_MS`: for whoever will rely on it longer."""
        if not self._games or now_ms - self._read_at_ms >= FRESH_MS:
            await self._renew(now_ms)
        return self._in_force

    async def refresh(self, now_ms: int) -> None:
        """Read D1 again and publish to KV: called by whoever puts a version in force."""
        rows = await self._db.query(_IN_FORCE)
        await self._cache.put(CACHE_KEY, json.dumps(rows), ttl_s=CACHE_TTL_S)
        self._remember(rows, now_ms)

    def _known(self, game_id: str) -> GameInForce:
        game = self._games.get(game_id)
        if game is None:
            raise Rejected(GAME_NOT_FOUND, f"There is no game {game_id}.")
        return game

    async def _renew(self, now_ms: int) -> None:
        try:
            cached = await self._cache.get(CACHE_KEY)
            if cached is None:
                await self.refresh(now_ms)
            else:
                self._remember(json.loads(cached), now_ms)
        finally:
            self._renewing = False

    def _remember(self, rows: list[Record], now_ms: int) -> None:
        games = [_game(row) for row in rows]
        self._games = {game.game_id: game for game in games}
        self._in_force = json.dumps(
            {game.game_id: [game.version, int(game.enabled)] for game in games},
            separators=(",", ":"),
        )
        self._read_at_ms = now_ms


def _game(row: Record) -> GameInForce:
    return GameInForce(
        game_id=str(row["game_id"]),
        version=integer(row["version"]),
        name=str(row["name"]),
        kind=str(row["kind"]),
        rtp_bps=integer(row["rtp_bps"]),
        min_stake_minor=integer(row["min_stake_minor"]),
        max_stake_minor=integer(row["max_stake_minor"]),
        enabled=row["enabled"] == 1,
    )
