"""Is a player on a list of politically exposed or sanctioned people? A local list, read as data.

A name is compared without accents, case, punctuation and order of its words. Two people match when
the words are the same and no birth date speaks against it, or when the birth date is the same and
the words are alike to 90 % (one changed letter in ten). The rule finds candidates and decides
nothing: a person looks at each. The list format is CSV or JSON with `entry_id, name, birth_date?`
(ISO 8601, empty when the list does not know it); aliases are further lines with the same entry_id.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

type ListKind = Literal["pep", "sanction"]

ALIKE_PER_MILLE: Final = 900
MAX_NAME: Final = 200
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """One name of one entry of a list; `name_key` is normalised, `born` is ISO 8601 or None."""

    entry_id: str
    name_key: str
    born: str | None


def name_key(name: str) -> str:
    """One form for every way to write a name: ASCII words in lower case, sorted."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join(sorted(_NOT_A_LETTER.sub(" ", letters).split()))


def is_match(key: str, born: str, listed: Listed) -> bool:
    """Whether somebody with this name key and birth date may be the one on the list."""
    if listed.name_key == key:
        return listed.born is None or listed.born == born
    return listed.born == born and likeness_per_mille(key, listed.name_key) >= ALIKE_PER_MILLE


def likeness_per_mille(one: str, other: str) -> int:
    """1000 minus the share of letters to change (Levenshtein over the longer of both)."""
    longer = max(len(one), len(other))
    return 1_000 if longer == 0 else 1_000 - 1_000 * _distance(one, other) // longer


def _distance(one: str, other: str) -> int:
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        current = [row]
        for column, right in enumerate(other, start=1):
            current.append(
                min(
                    previous[column] + 1,
                    current[column - 1] + 1,
                    previous[column - 1] + (left != right),
                )
            )
        previous = current
    return previous[-1]


def read_list(text: str) -> tuple[Listed, ...]:
    """The entries of a list in CSV (with a header) or JSON (an array of objects).

    Raises:
        ValueError: naming the line, for an entry without id or name or with a date that is none.
    """
    lines: Iterable[Mapping[str, object]]
    if text.lstrip().startswith("["):
        lines = json.loads(text)
    else:
        lines = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    return tuple(_entries(lines))


def _entries(lines: Iterable[Mapping[str, object]]) -> Iterator[Listed]:
    for number, line in enumerate(lines, start=1):
        entry_id, name = str(line.get("entry_id") or ""), str(line.get("name") or "")
        key = name_key(name)
        if not entry_id or not key or len(name) > MAX_NAME:
            raise ValueError(f"entry {number} has no entry_id or no usable name")
        born = str(line.get("birth_date") or "") or None
        try:
            if born is not None:
                born = date.fromisoformat(born).isoformat()
        except ValueError:
            raise ValueError(f"entry {number} has a birth_date that is none") from None
        yield Listed(entry_id, key, born)
