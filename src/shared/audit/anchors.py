"""An anchor: one hash a day that commits to the head of every wallet and of the operators' log.

The leaf of a wallet is the canonical JSON of `[player_id, seq, head_hash]`, leaves stand in the
order of their player ids, and the tree is that of RFC 6962 (`merkle`). The anchor's own hash covers
the root and the hash of the anchor before it: once an anchor has been seen outside the house,
neither a wallet's past nor the anchors before it can be changed without showing.
"""

from dataclasses import dataclass
from typing import Final

from shared.audit.merkle import inclusion_path, leaf_hash, root
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.times import DAY_MS, SAO_PAULO_OFFSET_MS, local_date, rfc3339

ANCHOR_FORMAT: Final = "acme.anchor/1"
GENESIS_ANCHOR: Final = "0" * 64
"""`previous` and `previous_hash` of the first anchor."""

SUBTREE_LEAVES: Final = 256


@dataclass(frozen=True, slots=True)
class WalletHead:
    """Where a wallet's chain ended when it was asked."""

    player_id: str
    seq: int
    head_hash: str

    @property
    def leaf(self) -> str:
        """The text whose UTF-8 bytes are the leaf."""
        return canonical_json([self.player_id, self.seq, self.head_hash])


@dataclass(frozen=True, slots=True)
class Anchor:
    """A day's commitment. `previous` and `previous_hash` are the root and hash of the anchor
    before; `missing` counts wallets that did not answer and are therefore in no leaf.
    """

    day: str
    root: str
    leaves: int
    missing: int
    previous: str
    audit_seq: int
    audit_hash: str
    made_at: int
    previous_hash: str

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of all fields as they are published, the format first."""
        return sha256_hex(
            canonical_json(
                [
                    ANCHOR_FORMAT,
                    self.day,
                    self.root,
                    self.leaves,
                    self.missing,
                    self.previous,
                    self.audit_seq,
                    self.audit_hash,
                    rfc3339(self.made_at),
                    self.previous_hash,
                ]
            )
        )


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf is in a tree: its place among `leaves`, and the siblings from the bottom up."""

    index: int
    leaves: int
    path: tuple[str, ...]


def subtree_root(heads: list[WalletHead]) -> str:
    """The root over one run of at most `SUBTREE_LEAVES` neighbouring heads, in hexadecimal."""
    return root(_hashes(heads)).hex()


def tree_root(subtree_roots: list[str]) -> str:
    """The root of the whole tree over the roots of its runs; all but the last run are full."""
    return root([bytes.fromhex(text) for text in subtree_roots]).hex()


def prove(
    heads: list[WalletHead], player_id: str, subtree_roots: list[str], number: int, leaves: int
) -> InclusionProof:
    """The proof of a player's leaf, from run `number`, whose heads are given, and all runs' roots.

    Raises:
        ValueError: when the player is not in that run.
    """
    place = [head.player_id for head in heads].index(player_id)
    within = inclusion_path(_hashes(heads), place)
    above = inclusion_path([bytes.fromhex(text) for text in subtree_roots], number)
    return InclusionProof(
        index=number * SUBTREE_LEAVES + place,
        leaves=leaves,
        path=tuple(node.hex() for node in within + above),
    )


def day_that_ended(now_ms: int) -> str:
    """The São Paulo day before the one that holds `now_ms`, as `YYYY-MM-DD`."""
    return local_date(now_ms - DAY_MS).isoformat()


def since_midnight_ms(now_ms: int) -> int:
    """How long the São Paulo day that holds `now_ms` has lasted."""
    return (now_ms + SAO_PAULO_OFFSET_MS) % DAY_MS


def _hashes(heads: list[WalletHead]) -> list[bytes]:
    return [leaf_hash(head.leaf.encode()) for head in heads]
