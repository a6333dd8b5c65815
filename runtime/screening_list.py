"""Turns a list of politically exposed or sanctioned people into SQL for D1.

The list takes the place of what was there under its id. Matches that were found before stay.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

from shared.compliance.screening import Listed, read_list  # noqa: E402 - found by the line above


def sql_of(list_id: str, kind: str, entries: tuple[Listed, ...], now_ms: int) -> str:
    """Statements that put `entries` in the place of the list `list_id`."""
    # D1 takes a file of plain SQL; every value goes through `_literal`.
    rows = [
        "INSERT OR IGNORE INTO screening_lists VALUES ("  # noqa: S608 - see above
        + ", ".join(map(_literal, (list_id, entry.entry_id, kind, entry.name_key, entry.born)))
        + f", {now_ms});"
        for entry in entries
    ]
    delete = f"DELETE FROM screening_lists WHERE list_id = {_literal(list_id)};"  # noqa: S608
    # By this the api knows that everybody is to be screened again.
    revise = (
        "INSERT INTO screening_revisions (list_id, revision, changed_at)"  # noqa: S608
        f" VALUES ({_literal(list_id)}, 1, {now_ms}) ON CONFLICT (list_id)"
        " DO UPDATE SET revision = revision + 1, changed_at = excluded.changed_at;"
    )
    return "\n".join([delete, *rows, revise]) + "\n"


def _literal(value: str | None) -> str:
    """A SQL literal of a text; a text with a zero byte has none."""
    if value is None:
        return "NULL"
    if "\x00" in value:
        raise ValueError("a text has a zero byte")
    return "'" + value.replace("'", "''") + "'"


def main() -> int:
    """Read the list and write the SQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--list", required=True, help="the list's id, for instance un")
    parser.add_argument("--kind", required=True, choices=["pep", "sanction"])
    parser.add_argument("--sql", required=True, type=Path)
    wanted = parser.parse_args()
    try:
        entries = read_list(wanted.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{wanted.file}: {error}", file=sys.stderr)
        return 1
    sql = sql_of(wanted.list, wanted.kind, entries, time.time_ns() // 1_000_000)
    wanted.sql.write_text(sql, encoding="utf-8")
    print(f"{len(entries)} names of {wanted.list} written to {wanted.sql}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
