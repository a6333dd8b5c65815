"""A D1 migration that somebody has applied is never edited: a change is a new file.

Whoever kept data with `STATE=`, or deployed, has these applied; editing one would leave their
database without the change and without a word. A new migration gets its line in
`migrations_d1.sha256`, in the form of `sha256sum`.
"""

from hashlib import sha256
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "migrations_d1"

FROZEN = {
    name: digest
    for digest, name in map(str.split, (HERE / "migrations_d1.sha256").read_text().splitlines())
}


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_an_applied_migration_is_as_it_was(name: str) -> None:
    assert sha256((FOLDER / name).read_bytes()).hexdigest() == FROZEN[name]


def test_every_migration_is_frozen_and_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in FOLDER.glob("*.sql"))
    assert names == sorted(FROZEN)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
