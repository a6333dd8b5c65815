"""The tree of RFC 6962, against the recursive definition of the RFC and its published vectors."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audit.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, root, root_of_path

# Leaves and roots of the reference implementation (github.com/google/certificate-transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def by_the_rfc(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it is written."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_the_rfc(leaves[:split]) + by_the_rfc(leaves[split:])).digest()


@pytest.mark.parametrize(("count", "expected"), list(enumerate(ROOTS, start=1)))
def test_the_published_vectors_hold(count: int, expected: str) -> None:
    assert root([leaf_hash(leaf) for leaf in LEAVES[:count]]).hex() == expected


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c442")


trees = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(trees)
def test_the_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root([leaf_hash(leaf) for leaf in leaves]) == by_the_rfc(leaves)


@given(trees, st.integers(1, 4))
def test_a_tree_over_aligned_runs_is_the_tree_over_their_leaves(
    leaves: list[bytes], height: int
) -> None:
    hashes, run = [leaf_hash(leaf) for leaf in leaves], 1 << height
    runs = [hashes[start : start + run] for start in range(0, len(hashes), run)]
    assert root([root(part) for part in runs]) == root(hashes)
    for index in range(len(hashes)):
        number, place = divmod(index, run)
        joined = inclusion_path(runs[number], place) + inclusion_path(
            [root(part) for part in runs], number
        )
        assert joined == inclusion_path(hashes, index)


@given(trees, st.data())
def test_every_leaf_is_proved_and_nothing_else_is(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(hashes, index)
    top = root(hashes)
    assert root_of_path(hashes[index], index, len(leaves), path) == top
    assert root_of_path(leaf_hash(b"another"), index, len(leaves), path) != top
    assert root_of_path(hashes[index], index, len(leaves), (*path, top)) is None
    if path:
        assert root_of_path(hashes[index], index, len(leaves), path[:-1]) != top
        flipped = bytes([path[0][0] ^ 1]) + path[0][1:]
        assert root_of_path(hashes[index], index, len(leaves), (flipped, *path[1:])) != top


def test_a_place_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        inclusion_path([leaf_hash(b"")], 1)
    assert root_of_path(leaf_hash(b""), 1, 1, ()) is None
