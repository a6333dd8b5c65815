"""The JavaScript Worker and Durable Object as a contender: what the platform can do at best."""

import json
import secrets
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.contender import Bettor, Contender
from bench.environment import NODE, ROOT
from bench.services import Service
from bench.tokens import new_id, sign_token

HOST_SCRIPT: Final = Path(__file__).parent / "js_worker" / "host.mjs"


class JavaScriptWorker(Contender):
    """Two Workers in one workerd, like the house's: api, and the wallet objects."""

    def __init__(self, scratch: Path) -> None:
        super().__init__()
        self.name = "js"
        self._folder = scratch / "js"
        self._service: Service | None = None

    def start(self, wallets: int) -> None:
        self._folder.mkdir(parents=True)
        token_key = secrets.token_bytes(32)
        service = Service(
            [NODE, HOST_SCRIPT],
            self._folder / "host.log",
            environment={
                "JS_WORKER_STATE": str(self._folder / "state"),
                "JS_WORKER_TOKEN_KEY": token_key.hex(),
            },
            folder=ROOT,
        )
        self._service = service
        self.port = int(service.wait_for_line("DIRECT ").rpartition(":")[2])
        self.bettors = [self._open_wallet(token_key) for _ in range(wallets)]

    def _open_wallet(self, token_key: bytes) -> Bettor:
        player_id, session_id = new_id(), new_id()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/bench/wallets",
            json.dumps({"player_id": player_id, "session_id": session_id}).encode(),
        )
        urllib.request.urlopen(request, timeout=30).close()
        return Bettor(player_id, session_id, sign_token(player_id, token_key, "k1"))

    def stop(self) -> None:
        if self._service is not None:
            self._service.stop()
            self._service = None

    def roots(self) -> Sequence[int]:
        assert self._service is not None
        return [self._service.pid]
