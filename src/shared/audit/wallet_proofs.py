"""The house's own proof of a wallet, and its trace in D1: what each said last.

A wallet proves itself a slice a call (`verify {"full": true}`). What it answers is a finding, also
when it refuses: one that cannot say where its log ends, or says that it was never opened, is
broken.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from shared.kernel.canonical import canonical_json
from shared.platform.ports import Statement

ASKED: Final = canonical_json({"full": True})

_NOT_FOUND: Final = 404
_FROZEN: Final = 423

# An unfinished proof says nothing new of how far the last one came, and nothing of a broken law.
_KEEP: Final = """
INSERT INTO wallet_proofs (player_id, through_seq, law, asked_at)
SELECT f.value ->> 0, f.value ->> 1, f.value ->> 2, ?2
FROM json_each(?1) AS f WHERE true
ON CONFLICT (player_id) DO UPDATE SET
  through_seq = CASE WHEN excluded.law IS NOT NULL THEN 0
                     WHEN excluded.through_seq > 0 THEN excluded.through_seq
                     ELSE through_seq END,
  law = excluded.law, asked_at = excluded.asked_at
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a wallet said. `through_seq` is how far the proof has come, `law` what does not hold,
    `frozen_law` under which law the wallet is frozen.
    """

    player_id: str
    through_seq: int
    is_complete: bool
    law: str | None
    frozen_law: str | None

    @property
    def proved_seq(self) -> int:
        """Up to where the wallet is proved; 0 while it is not."""
        return self.through_seq if self.is_complete and self.law is None else 0


def finding_of(player_id: str, status: int, body: str) -> Finding | None:
    """What a wallet's answer to `verify` says; None for one that says nothing of the wallet.

    Raises:
        ValueError, KeyError: the body is none of `verify`.
    """
    if status not in (200, _NOT_FOUND, _FROZEN):
        return None
    told: dict[str, Any] = json.loads(body)
    if status != 200:
        found = str(told.get("law", told["code"]))
        return Finding(player_id, 0, is_complete=True, law=found, frozen_law=found)
    law = None if told["ok"] else str(told["law"])
    return Finding(
        player_id, int(told["events"]), told["is_complete"] is True, law, told["frozen_law"]
    )


def kept(findings: Iterable[Finding], now_ms: int) -> Statement:
    """The statement that notes what wallets said."""
    rows = [[found.player_id, found.proved_seq, found.law] for found in findings]
    return Statement(_KEEP, (canonical_json(rows), now_ms))
