"""Anchors and inclusion proofs out of D1.

A proof reads one subtree of 256 leaves and the roots of all subtrees, never all leaves.
"""

from typing import Final

from services.container import House
from services.rows import integer
from shared.audit.anchors import WalletHead, prove
from shared.audit.errors import ANCHOR_NOT_FOUND, PROOF_NOT_FOUND
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Record

_RUN: Final = """
SELECT number FROM anchor_subtrees WHERE day = ?1 AND first_player_id <= ?2
ORDER BY first_player_id DESC LIMIT 1
"""

_HEADS: Final = """
SELECT player_id, seq, head_hash FROM anchor_heads
WHERE day = ?1 AND seq IS NOT NULL AND player_id >=
  (SELECT first_player_id FROM anchor_subtrees WHERE day = ?1 AND number = ?2)
ORDER BY player_id
LIMIT (SELECT leaves FROM anchor_subtrees WHERE day = ?1 AND number = ?2)
"""


async def anchors_before(house: House, day: str | None, limit: int) -> list[Record]:
    """`limit` rows of `anchors` of days before `day`, newest first."""
    return await house.db.query(
        "SELECT * FROM anchors WHERE day < ? ORDER BY day DESC LIMIT ?", day or "9999", limit
    )


async def inclusion_proof(house: House, player_id: str, day: str) -> dict[str, object]:
    """The proof that the player's head of `day` is under that day's root.

    Raises:
        Rejected: ANCHOR_NOT_FOUND, PROOF_NOT_FOUND.
    """
    anchor = await house.db.first("SELECT root, leaves FROM anchors WHERE day = ?", day)
    if anchor is None:
        raise Rejected(ANCHOR_NOT_FOUND, "The wallets were not anchored on this day.")
    run = await house.db.first(_RUN, day, player_id)
    number = -1 if run is None else integer(run["number"])
    rows = [] if run is None else await house.db.query(_HEADS, day, number)
    heads = [
        WalletHead(str(row["player_id"]), integer(row["seq"]), str(row["head_hash"]))
        for row in rows
    ]
    mine = next((head for head in heads if head.player_id == player_id), None)
    if mine is None:
        raise Rejected(
            PROOF_NOT_FOUND,
            "The anchor has no leaf of this wallet, or its proofs are no longer kept here.",
        )
    roots = await house.db.query(
        "SELECT root FROM anchor_subtrees WHERE day = ? ORDER BY number", day
    )
    leaves = integer(anchor["leaves"])
    proof = prove(heads, player_id, [str(row["root"]) for row in roots], number, leaves)
    return {
        "day": day,
        "leaf": mine.leaf,
        "player_id": player_id,
        "seq": mine.seq,
        "head_hash": mine.head_hash,
        "index": proof.index,
        "leaves": leaves,
        "path": list(proof.path),
        "root": anchor["root"],
    }


def anchor_members(row: Record) -> dict[str, object]:
    """A row of `anchors` as the API shows it."""
    return {**row, "made_at": rfc3339(integer(row["made_at"]))}
