"""What the eligibility gate costs a bet: `PYTHONPATH=.:src:tests python -m bench.gate`.

The same bet, natively, on the wallet as it is and on one whose head query has neither the gate nor
the login session in it, in turns; once for bets that follow each other and once for bets that find
an object that has just woken. CPU of this process, the least of several repetitions each: read the
ratio. What a bet costs beside the wallet (HTTP, RPC, commit) is left out, so the share of the whole
path is smaller.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from shared.games.catalogue import CATALOGUE
from shared.platform.native.clock import ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.wallet import store
from shared.wallet.gate_model import FOREVER
from shared.wallet.service import Wallet

BETS: Final = 300
REPETITIONS: Final = 15
LOGIN: Final = "login"
ADDRESS: Final = "home"
CONTEXT: Final = json.dumps({"games": {"dice": [1, 1]}, "address": ADDRESS})
RULES: Final = {
    "requires": ["kyc", "impediment", "session", "place"],
    "mandatory": ["loss", "time"],
    "reality_check_minutes": 60,
    "loosening_delay_ms": 86_400_000,
}
_HEAD_ALONE: Final = f"""
SELECT m.player_id, m.currency, m.jurisdiction, m.clock_offset_ms, m.frozen_law,
       e.seq, e.hash, e.cash_after, e.bonus_after, e.held_after, e.recorded_at, m.closed_seq,
       0, {FOREVER}, {FOREVER}, '{ADDRESS}', NULL, 0
FROM meta m, events e WHERE m.id = 1 AND ?1 = ?1 ORDER BY e.seq DESC LIMIT 1
"""


class Subject:
    """One wallet that may bet, under the rules of Brazil."""

    def __init__(self, head: str) -> None:
        self.head = head
        self.sql, self.clock, self.keys = NativeSql(), ManualClock(), 0
        self.entropy = SeededEntropy("gate")
        self.wake()
        limits = [{"kind": kind, "period": "daily", "value": 1_400} for kind in ("time",)]
        limits.append({"kind": "loss", "period": "daily", "value": 10**11})
        opening = {"player_id": "p", "currency": "BRL", "jurisdiction": "br", "limits": limits}
        self._tell("open", **opening, rules=RULES)
        for name, good in (("kyc", "verified"), ("impediment", "clear")):
            fact = {"name": name, "version": 1, "status": good, "valid_until": None}
            self._tell("fact_record", **fact, reasons=[])
        place = {"verdict": "inside", "reason": None, "address": ADDRESS}
        self._tell("session_begin", session_id=LOGIN, place=place)
        self._fund()
        game = {"game_id": "dice", "version": 1, "rtp_bps": 9600, "enabled": True}
        game |= {"min_stake_minor": 100, "max_stake_minor": 10**6, "min_round_ms": 0}
        self.session = self._do("game_session_open", "", game=game)["session_id"]

    def wake(self) -> None:
        """A new object over the same storage."""
        self.wallet = Wallet(self.sql, self.clock, self.entropy, CATALOGUE, sandbox=False)

    def _tell(self, kind: str, **payload: object) -> None:
        answer = self.wallet.execute(kind, "", "", json.dumps(payload))
        assert answer[0] == "2", answer

    def _do(self, kind: str, key: str, **payload: object) -> dict[str, Any]:
        answer = self.wallet.execute(kind, key, LOGIN, json.dumps(payload), CONTEXT)
        assert answer[0] == "2", answer
        body: dict[str, Any] = json.loads(answer[6:])
        return body

    def _fund(self) -> None:
        deposit = self._do("deposit_request", "d", amount_minor=10**9, method="pix")
        paid = {"deposit_id": deposit["deposit_id"], "amount_minor": 10**9}
        credit = json.dumps(paid | {"end_to_end_id": "E1"})
        assert self.wallet.execute("deposit_credit", "c", "", credit)[0] == "2"

    def bet(self) -> None:
        """One round that is accepted."""
        self.keys += 1
        params = {"target": 50, "over": False}
        self._do("play", f"k{self.keys}", session_id=self.session, stake_minor=100, params=params)

    def bet_after_waking(self) -> None:
        """The same, with nothing left from the bet before."""
        self.wallet._store.forget()  # noqa: SLF001 - waking for real would be measured too
        self.bet()


def least(subjects: dict[str, Subject], act: Callable[[Subject], None]) -> dict[str, float]:
    """Microseconds of CPU a bet, the least of all repetitions, by subject."""
    found = dict.fromkeys(subjects, float("inf"))
    for _ in range(REPETITIONS):
        for name, subject in subjects.items():
            store._HEAD = subject.head  # type: ignore[misc]  # noqa: SLF001 - what is compared
            began = time.process_time_ns()
            for _ in range(BETS):
                act(subject)
            found[name] = min(found[name], (time.process_time_ns() - began) / BETS / 1_000)
    return found


def main() -> None:
    """Print the table of docs/performance.md."""
    subjects = {"with": Subject(store._HEAD), "without": Subject(_HEAD_ALONE)}  # noqa: SLF001
    print("| bet, natively | with the gate | without | ratio |\n|---|--:|--:|--:|")
    for name, act in (
        ("after another bet", Subject.bet),
        ("of an object that has just woken", Subject.bet_after_waking),
    ):
        cost = least(subjects, act)
        ratio = cost["with"] / cost["without"]
        print(f"| {name} | {cost['with']:.0f} µs | {cost['without']:.0f} µs | {ratio:.3f} |")


if __name__ == "__main__":
    main()
