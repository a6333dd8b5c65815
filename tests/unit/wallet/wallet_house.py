"""A wallet on native adapters, spoken to as the API does: texts in, one text out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.games.catalogue import CATALOGUE
from shared.kernel.errors import Rejected
from shared.kernel.times import SAO_PAULO_OFFSET_MS
from shared.platform.native.clock import ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Sql
from shared.wallet import errors
from shared.wallet.answer import decode_answer
from shared.wallet.ports import GameRules
from shared.wallet.precedence import CALL, PRECEDENCE
from shared.wallet.service import Wallet

PLAYER = "019ab0de-0000-7000-8000-000000000001"
LOGIN = "019ab0de-0000-7000-8000-0000000000aa"
DICE = {
    "game_id": "dice",
    "version": 1,
    "rtp_bps": 9600,
    "min_stake_minor": 100,
    "max_stake_minor": 1_000_000,
    "enabled": True,
}
IN_FORCE = '{"dice":[1,1]}'
CONTEXT = f'{{"games":{IN_FORCE},"address":""}}'
NO_DEMANDS: dict[str, Any] = {"requires": [], "loosening_delay_ms": 86_400_000}
"""Rules under which a player may play without a word of the house about them."""


class ChosenPayout:
    """A game that pays what the parameters say, so that a test decides who wins."""

    def outcome(
        self,
        game_id: str,
        rtp_bps: int,
        stake_minor: int,
        params: Mapping[str, object],
        server_seed: str,
        client_seed: str,
        nonce: int,
    ) -> tuple[int, dict[str, Any]]:
        payout = params.get("payout")
        if not isinstance(payout, int):
            raise Rejected(errors.INVALID_PARAMS, "payout is missing")
        return payout, {"paid": payout}


@dataclass(frozen=True)
class Reply:
    status: int
    replayed: bool
    text: str
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class House:
    """One wallet. Keys are fresh unless given; `login` is the session that asks.

    `requires` is what the gate asks for: nothing, where a test is not about the gate; `admit` says
    all of it, so that the player may bet.
    """

    sql: Sql = field(default_factory=NativeSql)
    clock: ManualClock = field(default_factory=ManualClock)
    games: GameRules = field(default_factory=ChosenPayout)
    sandbox: bool = False
    in_force: str = IN_FORCE
    jurisdiction: str = "uk"
    currency: str = "BRL"
    day_offset_ms: int = SAO_PAULO_OFFSET_MS
    requires: tuple[str, ...] = ()
    rules: dict[str, Any] = field(default_factory=dict)
    address: str = "home"
    keys: int = 0
    told_version: int = 0

    def __post_init__(self) -> None:
        self.entropy = SeededEntropy("wallet")
        self.wallet = self.woken()

    def woken(self) -> Wallet:
        """The wallet as it comes back after an eviction."""
        self.wallet = Wallet(self.sql, self.clock, self.entropy, self.games, sandbox=self.sandbox)
        return self.wallet

    def do(
        self, kind: str, /, *, key: str | None = None, login: str = LOGIN, **payload: object
    ) -> Reply:
        if key is None:
            self.keys += 1
            key = f"key-{self.keys}"
        context = self.context if kind in ("play", "game_session_open", "bet") else ""
        answer = reply(self.wallet.execute(kind, key, login, json.dumps(payload), context))
        if answer.status >= 400 and answer.code != "wallet_frozen":
            named = (*CALL, *PRECEDENCE.get(kind, ()))
            assert answer.code in {problem.code for problem in named}, (kind, answer)
        return answer

    def ask(self, kind: str, *, login: str = LOGIN, **payload: object) -> Reply:
        return reply(self.wallet.query(kind, login, json.dumps(payload)))

    @property
    def context(self) -> str:
        """What the house says beside a bet."""
        if not self.in_force:
            return ""
        return f'{{"games":{self.in_force},"address":{json.dumps(self.address)}}}'

    def tell(self, name: str, status: str, valid_until: int | None = None, *reasons: str) -> Reply:
        """A fact, established now, and after every one that was told before."""
        self.told_version = max(self.told_version + 1, self.clock.now_ms())
        return self.do(
            "fact_record",
            key="",
            login="",
            name=name,
            version=self.told_version,
            status=status,
            valid_until=valid_until,
            reasons=list(reasons),
        )

    def begin(self, login: str = LOGIN, verdict: str = "inside", **place: object) -> Reply:
        """A login, or another look at where it is."""
        looked = {"verdict": verdict, "reason": None, "address": self.address, **place}
        return self.do("session_begin", key="", login="", session_id=login, place=looked)

    def admit(self) -> "House":
        """Everything that a gate may ask for: the player may bet."""
        for name, status in (("kyc", "verified"), ("impediment", "clear"), ("register", "clear")):
            assert self.tell(name, status).body["applied"]
        assert self.begin().status == 200
        return self

    def open(self, *limits: tuple[str, str, int]) -> "House":
        opened = self.do(
            "open",
            key="",
            login="",
            player_id=PLAYER,
            currency=self.currency,
            jurisdiction=self.jurisdiction,
            day_offset_ms=self.day_offset_ms,
            limits=[{"kind": k, "period": p, "value": v} for k, p, v in limits],
            rules={**NO_DEMANDS, "requires": list(self.requires), **self.rules},
        )
        assert opened.status == 201, opened
        return self

    def deposit(self, amount_minor: int) -> "House":
        asked = self.do("deposit_request", amount_minor=amount_minor, method="pix")
        assert asked.status == 201, asked
        credited = self.do(
            "deposit_credit",
            login="",
            deposit_id=asked.body["deposit_id"],
            amount_minor=amount_minor,
            end_to_end_id=f"E{asked.body['txid'][-31:]}",
        )
        assert credited.status == 200, credited
        return self

    def grant(self, grant_id: str, amount_minor: int, **terms: object) -> "House":
        payload: dict[str, Any] = {"grant_id": grant_id, "amount_minor": amount_minor}
        if terms:
            payload["terms"] = terms
        credited = self.do("bonus_credit", login="", reason="test", **payload)
        assert credited.status == 200, credited
        return self

    def session(self, **game: object) -> str:
        opened = self.do("game_session_open", key="", game={**DICE, **game})
        assert opened.status == 201, opened
        return str(opened.body["session_id"])

    def play(
        self, session_id: str, stake_minor: int, payout: int = 0, *, key: str | None = None
    ) -> Reply:
        return self.do(
            "play",
            key=key,
            session_id=session_id,
            stake_minor=stake_minor,
            params={"payout": payout},
        )

    @property
    def money(self) -> tuple[int, int, int]:
        """Cash, bonus, held."""
        body = self.ask("balance", login="").body
        return body["cash_minor"], body["bonus_minor"], body["held_minor"]

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events of a small wallet, oldest first, data parsed."""
        found = self.ask("event_range", login="", from_seq=1, to_seq=500).body["events"]
        return [{**event, "data": json.loads(event["data"])} for event in found]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that is stored."""
        rows = self.sql.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        names = [str(row[0]) for row in rows]
        return {name: sorted(self.sql.query(f"SELECT * FROM {name}"), key=repr) for name in names}

    def is_proven(self) -> bool:
        verdict = self.ask("verify", login="").body
        return bool(verdict["ok"])


def dice_house() -> House:
    """A house with the real dice."""
    return House(games=CATALOGUE)


def reply(text: str) -> Reply:
    answer = decode_answer(text)
    return Reply(answer.status, answer.replayed, text, json.loads(answer.body))
