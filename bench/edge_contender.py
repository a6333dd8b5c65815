"""The house's own edge as a contender: the three Workers on workerd, state on disk, the queue and
the projection at work, reached by the api Worker's own socket.

Any checkout can stand: this one, another commit beside it, or a copy with a part taken out. All of
them start from the same opened wallets (a copy of one state folder) and the same local keys.
"""

import base64
import json
import shutil
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from e2e.people import registration

from bench.contender import Bettor, Contender
from bench.environment import NODE, ROOT
from bench.services import Service
from bench.tokens import new_id, session_of, sign_token

DEPOSIT_MINOR: Final = 10_000_000
_COPIED: Final = ("migrations_d1", "runtime", "src", "web", "workers", "wrangler.toml")
_LINKED: Final = (".cache", ".venv", "node_modules", "python_modules")
_SECRETS: Final = (".dev.vars.api", ".dev.vars.wallet_do", ".dev.vars.fraud_cron")
_ARM: Final = "        if self._armed:\n            return\n"

ONE_PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A picture: the sandbox's identity provider passes every one."""


class Edge(Contender):
    """One checkout's edge. `state` is a folder of opened wallets to begin with, or None."""

    def __init__(
        self,
        name: str,
        scratch: Path,
        checkout: Path = ROOT,
        opened: "Opened | None" = None,
        *,
        delivers: bool = True,
    ) -> None:
        super().__init__()
        self.name = name
        self._folder = scratch / name.replace(" ", "-")
        self._checkout = checkout
        self._opened = opened
        self._delivers = delivers
        if delivers:
            # An alarm comes up to five seconds after the one before (`shared.wallet.outbox`), the
            # queue's batch a second after the alarm.
            self.settle_quiet_s = 7.0
        self._service: Service | None = None
        self._analyst = ""

    def start(self, wallets: int) -> None:
        state = self._folder / "state"
        if self._opened is None:
            state.mkdir(parents=True)
        else:
            shutil.copytree(self._opened.state, state)
        command: list[str | Path] = [NODE, self._checkout / "runtime/host.mjs", "--no-watch"]
        command += ["--no-cron", "--until-stdin-ends", "--port", "0", "--state", state]
        service = Service(command, self._folder / "host.log", folder=self._checkout)
        self._service = service
        direct = service.wait_for_line("DIRECT ")
        service.wait_for_line("READY ")
        self.port = int(direct.rpartition(":")[2])
        if self._opened is None:
            self.bettors = [self.open_wallet() for _ in range(wallets)]
        else:
            self.bettors = self._opened.bettors
            for bettor in self.bettors:
                # A place that was checked long ago takes no bets.
                self.call("/v1/me/location", {}, bettor.token)

    def stop(self) -> None:
        if self._service is not None:
            self._service.stop()
            self._service = None

    def roots(self) -> Sequence[int]:
        assert self._service is not None
        return [self._service.pid]

    def state(self) -> Path:
        """The folder with its data; whole only when it is stopped."""
        return self._folder / "state"

    def open_wallet(self) -> Bettor:
        person = registration()
        player_id = str(self.call("/v1/players", person)["player_id"])
        login = {name: person[name] for name in ("email", "password")}
        session_id = session_of(self.call("/v1/auth/login", login)["access_token"])
        token = sign_token(player_id, *_token_key(), session_id)
        self._identify(player_id, token)
        deposit = self.call(
            "/v1/me/deposits", {"amount_minor": DEPOSIT_MINOR, "method": "pix"}, token
        )
        self.call(f"/v1/sandbox/pix/{deposit['pix']['txid']}/pay", {}, token)
        session = self.call("/v1/me/game-sessions", {"game_id": "dice"}, token)
        return Bettor(player_id, session["session_id"], token)

    def _identify(self, player_id: str, token: str) -> None:
        """A selfie and an analyst's approval: without them a wallet takes no money."""
        if not self._analyst:
            analyst = {"email": "kyc@acme.test", "password": "demo-Only-1!"}
            self._analyst = str(self.call("/v1/ops/auth/login", analyst)["access_token"])
        picture = {"kind": "selfie", "content_type": "image/png", "content_base64": ONE_PIXEL}
        self.call("/v1/me/kyc/documents", picture, token)
        decision = {"decision": "approve", "reason": "a bettor of the benchmark"}
        self.call(f"/v1/ops/kyc/{player_id}/decision", decision, self._analyst)

    def check(self) -> str:
        """The projection has every event of the wallets that are played with."""
        heads = [int(self.call("/v1/me/wallet", None, b.token)["seq"]) for b in self.bettors]
        projected = int(self.call("/v1/stats", None)["events_projected"])
        if self._delivers:
            assert projected >= sum(heads), (projected, sum(heads))
        return f"{sum(heads)} events in the wallets, {projected} in the projection"

    def call(self, path: str, body: object, token: str = "") -> Any:
        """POST `body` with a fresh key, or GET when there is none; the parsed answer."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": new_id()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", content, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


class Opened:
    """A state folder with opened wallets, made once and copied for every edge."""

    def __init__(self, state: Path, bettors: Sequence[Bettor]) -> None:
        self.state = state
        self.bettors = bettors


def open_wallets(scratch: Path, wallets: int, checkout: Path = ROOT) -> Opened:
    """Register, fund and seat `wallets` players on an edge that is stopped afterwards."""
    edge = Edge("opening", scratch, checkout)
    try:
        edge.start(0)
        # Registrations hash passwords; together they keep workerd busy without pauses.
        with ThreadPoolExecutor(4) as pool:
            bettors = list(pool.map(lambda _: edge.open_wallet(), range(wallets)))
    finally:
        edge.stop()
    return Opened(edge.state(), bettors)


def without_delivery(checkout: Path, scratch: Path) -> Path:
    """A copy of `checkout` whose wallets never tell the queue: what is left is the bet alone.

    Raises:
        ValueError: when the place to change is not found, so that a figure is never mislabelled.
    """
    copy = scratch / "without-delivery"
    copy.mkdir(parents=True)
    for name in _COPIED:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    for name in _LINKED:
        (copy / name).symlink_to(ROOT / name)
    for name in _SECRETS:
        shutil.copy2(ROOT / name, copy / name)
    delivery = copy / "src/shared/wallet/delivery.py"
    text = delivery.read_text()
    if text.count(_ARM) != 1:
        raise ValueError("the outbox arms its alarm in another way now: adapt bench")
    delivery.write_text(text.replace(_ARM, "        if EVENTS_PER_MESSAGE:\n            return\n"))
    return copy


def _token_key() -> tuple[bytes, str]:
    """The local edge's own key for access tokens, and its id."""
    variables = dict(
        line.partition("=")[::2] for line in (ROOT / ".dev.vars.api").read_text().splitlines()
    )
    key_id = variables["JWT_ACTIVE_KID"].strip("'")
    text = json.loads(variables["JWT_KEYS"].strip("'"))[key_id]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), key_id
