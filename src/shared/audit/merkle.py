"""Merkle trees of RFC 6962 §2.1: a root commits to every leaf, and a short proof shows one of them.

A leaf's hash is SHA-256(0x00 ‖ leaf), a node's SHA-256(0x01 ‖ left ‖ right), the empty tree's
SHA-256 of nothing. A tree of n leaves splits at the largest power of two below n, so every aligned
run of 2^k leaves is a complete subtree: `root` over the roots of such runs is the root over all
leaves, and a proof within the run followed by the proof of the run is the proof of the leaf. Large
trees are therefore built in portions, and proved by reading one portion and the portions' roots.
"""

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + leaf).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the roots of aligned runs of 2^k leaves each (the last run
    may be shorter).
    """
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        # Without a neighbour a node rises as it is: that is what splitting at powers of two means.
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion_path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings of `hashes[index]` from the bottom up (RFC 6962 §2.1.1).

    Raises:
        IndexError: when there is no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    path: list[bytes] = []
    level = list(hashes)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        index //= 2
    return tuple(path)


def root_of_path(leaf: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` leads to from the hash `leaf` at `index` of a tree of `leaves` leaves;
    None when no such tree has a path of this length (RFC 9162 §2.1.3.2).
    """
    if not 0 <= index < leaves:
        return None
    node, last = leaf, leaves - 1
    for sibling in path:
        if last == 0:
            return None
        if index % 2 == 1 or index == last:
            node = _node(sibling, node)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = _node(node, sibling)
        index, last = index // 2, last // 2
    return node if last == 0 else None


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
