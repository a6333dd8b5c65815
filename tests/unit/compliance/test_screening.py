"""Names against lists: written any way, and alike within a letter in ten."""

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screening_list import sql_of

from shared.compliance.screening import (
    Listed,
    is_match,
    likeness_per_mille,
    name_key,
    read_list,
)

NAMES = st.text(st.characters(categories=["L", "Zs", "P", "Mn"]), max_size=40)


@pytest.mark.parametrize(
    "name",
    ["João da Silva", "JOAO DA SILVA", "silva, joão da", "Joa\u0303o  da-Silva", "da Silva João."],
)
def test_the_ways_to_write_a_name_have_one_key(name: str) -> None:
    assert name_key(name) == "da joao silva"


@given(NAMES)
def test_a_key_of_a_key_is_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text("abc ", max_size=12), st.text("abc ", max_size=12))
def test_likeness_is_symmetric_and_whole_for_equals_only(one: str, other: str) -> None:
    assert likeness_per_mille(one, other) == likeness_per_mille(other, one)
    assert 0 <= likeness_per_mille(one, other) <= 1_000
    assert (likeness_per_mille(one, other) == 1_000) == (one == other)


@pytest.mark.parametrize(
    ("listed", "matches"),
    [
        (Listed("1", "da joao silva", None), True),
        (Listed("1", "da joao silva", "1960-01-02"), True),
        (Listed("1", "da joao silva", "1961-01-02"), False),
        (Listed("1", "da joao silwa", "1960-01-02"), True),
        (Listed("1", "da joao silwa", None), False),
        (Listed("1", "de joao silwa", "1960-01-02"), False),
    ],
)
def test_a_name_matches_with_nothing_against_it_or_nearly_with_the_birth_date(
    listed: Listed, matches: bool
) -> None:
    assert is_match("da joao silva", "1960-01-02", listed) == matches


def test_a_list_reads_the_same_from_csv_and_json() -> None:
    table = "\ufeffentry_id,name,birth_date\n7,João da Silva,1960-01-02\n7,Joca Silva,\n"
    rows = [
        {"entry_id": "7", "name": "João da Silva", "birth_date": "1960-01-02"},
        {"entry_id": "7", "name": "Joca Silva", "birth_date": None},
    ]
    expected = (
        Listed("7", "da joao silva", "1960-01-02"),
        Listed("7", "joca silva", None),
    )
    assert read_list(table) == read_list(json.dumps(rows)) == expected


@pytest.mark.parametrize(
    "line", [",Someone,", "1,,", "1,!!!,", "1,Someone,02/01/1960", f"1,{'a' * 201},"]
)
def test_a_line_that_cannot_be_used_is_named_and_not_skipped(line: str) -> None:
    with pytest.raises(ValueError, match="entry 2 has"):
        read_list(f"entry_id,name,birth_date\n0,Somebody,\n{line}\n")


def test_a_list_becomes_sql_that_replaces_it_whatever_its_names_are() -> None:
    table = "entry_id,name,birth_date\n1,O'Neil; DROP TABLE players,1960-01-02\n2,Somebody,\n"
    database = sqlite3.connect(":memory:")
    database.executescript(
        "CREATE TABLE screening_lists (list_id, entry_id, kind, name_key, born, listed_at,"
        " PRIMARY KEY (list_id, entry_id, name_key)) WITHOUT ROWID;"
        "CREATE TABLE screening_revisions (list_id PRIMARY KEY, revision, changed_at);"
        "INSERT INTO screening_lists VALUES ('un', 'old', 'pep', 'x', NULL, 0),"
        " ('it''s', 'kept', 'pep', 'x', NULL, 0);"
    )
    for list_id in ("un", "it's"):
        database.executescript(sql_of(list_id, "sanction", read_list(table), 7))
    rows = database.execute("SELECT * FROM screening_lists ORDER BY 1, 2").fetchall()
    revised = database.execute("SELECT list_id, revision FROM screening_revisions").fetchall()
    database.close()
    assert sorted(revised) == [("it's", 1), ("un", 1)]
    assert rows == [
        (list_id, *row)
        for list_id in ("it's", "un")
        for row in (
            ("1", "sanction", "drop neil o players table", "1960-01-02", 7),
            ("2", "sanction", "somebody", None, 7),
        )
    ]
