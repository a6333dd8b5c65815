"""A key of the house is turned over while everything stays readable: a slice a tick.

The operator adds a key and makes it the active one (docs/privacy.md). From then on everything new
is sealed under it, and the tick wraps the keys of people anew, seals what is under a key of the
house itself (staff's factors too), gives rows from before there were keys of people theirs, and
writes blind indexes under the active index key. Each change is written over the very text that was
read, so nobody's change is lost. `standing` counts what still needs which key: at zero an old key
can go. Recovery codes are hashes and stand under the key of their day until their owner has new
ones or spends them.
"""

import json
from collections.abc import Mapping
from typing import Final, cast

from services import second_factors
from services.container import House
from services.kyc import binding
from services.rows import integer
from services.vault import wrapping
from shared.identity.model import Audience
from shared.kernel.errors import Rejected
from shared.kernel.failures import anonymous_trace
from shared.platform.ports import PlatformError, Record, SqlConstraintError, Statement

JOB: Final = "key_rotation"
KEYS_PER_TICK: Final = 200
PEOPLE_PER_TICK: Final = 50
FILES_PER_TICK: Final = 5
"""Five mebibytes each, which one isolate must hold."""

# Ranges, and no inequality: when nothing is left to do, a tick reads two places of an index.
_WRAPPED: Final = """
SELECT player_id, purpose, wrapped FROM person_keys
WHERE key_id IS NOT NULL AND (key_id < ?1 OR key_id > ?1) LIMIT CAST(?2 AS INTEGER)
"""
_WRAP: Final = """
UPDATE person_keys SET wrapped = ?, key_id = ? WHERE player_id = ? AND purpose = ? AND wrapped = ?
"""
_OLD_PEOPLE: Final = """
SELECT player_id, pii_sealed, cpf_sealed FROM players
WHERE pii_sealed GLOB 'v1.*' OR cpf_sealed GLOB 'v1.*' LIMIT CAST(? AS INTEGER)
"""
_RESEAL_PERSON: Final = """
UPDATE players SET pii_sealed = ?, cpf_sealed = ?
WHERE player_id = ? AND pii_sealed = ? AND cpf_sealed = ?
"""
_OLD_FILES: Final = "SELECT * FROM kyc_documents WHERE seal = 'v1' LIMIT CAST(? AS INTEGER)"
_FILE_DONE: Final = "UPDATE kyc_documents SET seal = 'v2' WHERE document_id = ?"
_OLD_STAFF: Final = """
SELECT staff_id, email_index, email_sealed FROM staff
WHERE email_sealed NOT GLOB ? OR email_index NOT GLOB ? LIMIT CAST(? AS INTEGER)
"""
_RESEAL_STAFF: Final = """
UPDATE staff SET email_sealed = ?, email_index = ? WHERE staff_id = ? AND email_sealed = ?
"""
_OLD_FACTORS: Final = """
SELECT subject_id, subject_kind, secret_sealed FROM second_factors
WHERE secret_sealed GLOB 'v1.*' AND secret_sealed NOT GLOB ? LIMIT CAST(? AS INTEGER)
"""
_RESEAL_FACTOR: Final = """
UPDATE second_factors SET secret_sealed = ? WHERE subject_id = ? AND secret_sealed = ?
"""
# A tombstone begins with the last character of ASCII that can be seen, and is no index.
_OLD_INDEX: Final = """
SELECT player_id, {index}, pii_sealed, cpf_sealed FROM players
WHERE brand_id = ?1 AND ({index} < ?2 || '.' OR ({index} >= ?2 || '/' AND {index} < '~'))
LIMIT CAST(?3 AS INTEGER)
"""


async def rotate(house: House, _slot: int) -> Mapping[str, int]:
    """One tick; how much was done.

    Raises:
        PlatformError: when D1 or R2 gave no answer; the next tick finds the same work.
    """
    return {
        "keys_wrapped": await _wrap_keys(house),
        "people_sealed": await _reseal_people(house),
        "files_sealed": await _reseal_files(house),
        "staff_sealed": await _reseal_staff(house),
        "factors_sealed": await _reseal_factors(house),
        "people_indexed": await _reindex_people(house),
    }


async def standing(house: House) -> dict[str, dict[str, int]]:
    """How many things need which key, by the key's id (`first`: the one without an id)."""
    people = await house.db.query(
        "SELECT key_id AS k, count(*) AS n FROM person_keys WHERE key_id IS NOT NULL GROUP BY 1"
    )
    staff = await house.db.query(
        "SELECT substr(email_sealed, 4, instr(substr(email_sealed, 4), '.') - 1) AS k,"
        " count(*) AS n FROM staff GROUP BY 1"
    )
    factors = await house.db.query(
        "SELECT substr(secret_sealed, 4, instr(substr(secret_sealed, 4), '.') - 1) AS k,"
        " count(*) AS n FROM second_factors WHERE secret_sealed GLOB 'v1.*' GROUP BY 1"
    )
    old = await house.db.query(
        "SELECT substr(pii_sealed, 4, instr(substr(pii_sealed, 4), '.') - 1) AS k,"
        " count(*) AS n FROM players WHERE pii_sealed GLOB 'v1.*' OR cpf_sealed GLOB 'v1.*'"
        " GROUP BY 1"
    )
    files = await house.db.first("SELECT count(*) AS n FROM kyc_documents WHERE seal = 'v1'")
    assert files is not None
    indexes = await house.db.query(
        "SELECT CASE WHEN instr(i, '.') THEN substr(i, 1, instr(i, '.') - 1) ELSE 'first' END AS k,"
        " count(*) AS n FROM (SELECT cpf_index AS i FROM players UNION ALL"
        " SELECT email_index FROM players UNION ALL SELECT email_index FROM staff)"
        " WHERE i < '~' GROUP BY 1"
    )
    codes = await house.db.query(
        "SELECT CASE WHEN instr(code_index, '.')"
        " THEN substr(code_index, 1, instr(code_index, '.') - 1) ELSE 'first' END AS k,"
        " count(*) AS n FROM recovery_codes"
        " WHERE used_at IS NULL AND (expires_at IS NULL OR expires_at > ?) GROUP BY 1",
        house.clock.now_ms(),
    )
    return {
        "person_keys": _counts(people),
        "staff": _counts(staff),
        "second_factors": _counts(factors),
        "people_without_keys": _counts(old),
        "files_under_keys_of_the_house": {"any": integer(files["n"])},
        "blind_indexes": _counts(indexes),
        "recovery_codes": _counts(codes),
    }


def _counts(rows: list[Record]) -> dict[str, int]:
    return {str(row["k"]): integer(row["n"]) for row in rows}


async def _wrap_keys(house: House) -> int:
    sealing = house.sealing.house
    wrapped = []
    for row in await house.db.query(_WRAPPED, sealing.active_key_id, KEYS_PER_TICK):
        bound = wrapping(str(row["player_id"]), str(row["purpose"]))
        before = str(row["wrapped"])
        try:
            anew = await sealing.seal(await sealing.unseal(before, bound=bound), bound=bound)
        except (Rejected, ValueError) as failure:
            _tell(house, str(row["player_id"]), failure)
            continue
        values = (anew, sealing.active_key_id, row["player_id"], row["purpose"], before)
        wrapped.append(Statement(_WRAP, values))
    return sum(await house.db.batch(wrapped)) if wrapped else 0


async def _reseal_people(house: House) -> int:
    done = 0
    for row in await house.db.query(_OLD_PEOPLE, PEOPLE_PER_TICK):
        player_id = str(row["player_id"])
        before = (str(row["pii_sealed"]), str(row["cpf_sealed"]))
        try:
            anew = [
                await _anew(house, text, f"player:{player_id}:{field}")
                for text, field in zip(before, ("pii", "cpf"), strict=True)
            ]
        except (Rejected, ValueError) as failure:
            _tell(house, player_id, failure)
            continue
        done += await house.db.execute(_RESEAL_PERSON, *anew, player_id, *before)
    return done


async def _anew(house: House, sealed: str, bound: str) -> str:
    return await house.sealing.seal(await house.sealing.unseal(sealed, bound=bound), bound=bound)


async def _reseal_files(house: House) -> int:
    done = 0
    for row in await house.db.query(_OLD_FILES, FILES_PER_TICK):
        try:
            await _reseal_file(house, row)
        except (PlatformError, Rejected, ValueError) as failure:
            _tell(house, str(row["player_id"]), failure)
            continue
        done += await house.db.execute(_FILE_DONE, row["document_id"])
    return done


async def _reseal_file(house: House, row: Record) -> None:
    key, document_id = str(row["object_key"]), str(row["document_id"])
    kept = await house.documents.get(key)
    # Without an object the upload was cut off: what comes again is sealed as it is today.
    if kept is not None:
        bound = binding(str(row["player_id"]), document_id)
        plain = await house.sealing.unseal_bytes(kept, bound=bound)
        sealed = await house.sealing.seal_bytes(plain, bound=bound)
        await house.documents.put(key, sealed, content_type="application/octet-stream")


async def _reseal_staff(house: House) -> int:
    sealing, index = house.sealing.house, house.blind_index
    done = 0
    wanted = f"{index.active_key_id}.*" if index.active_key_id else "*"
    rows = await house.db.query(
        _OLD_STAFF, f"v1.{sealing.active_key_id}.*", wanted, PEOPLE_PER_TICK
    )
    for row in rows:
        bound, before = f"staff:{row['staff_id']!s}:email", str(row["email_sealed"])
        try:
            email = await sealing.unseal(before, bound=bound)
            anew = await sealing.seal(email, bound=bound)
            done += await house.db.execute(
                _RESEAL_STAFF, anew, index.of("email", email), row["staff_id"], before
            )
        except (Rejected, ValueError, SqlConstraintError) as failure:
            # Made a second time by hand while the keys changed: one of the two is to be suspended.
            _tell(house, str(row["staff_id"]), failure)
    return done


async def _reseal_factors(house: House) -> int:
    """Second factors under a key of the house: those of staff, who have no keys of their own."""
    done = 0
    active = f"v1.{house.sealing.house.active_key_id}.*"
    for row in await house.db.query(_OLD_FACTORS, active, PEOPLE_PER_TICK):
        subject_id, before = str(row["subject_id"]), str(row["secret_sealed"])
        bound = second_factors.bound(subject_id, cast("Audience", row["subject_kind"]))
        try:
            anew = await _anew(house, before, bound)
        except (Rejected, ValueError) as failure:
            _tell(house, subject_id, failure)
            continue
        done += await house.db.execute(_RESEAL_FACTOR, anew, subject_id, before)
    return done


async def _reindex_people(house: House) -> int:
    """Nothing while the first key is the active one: there is no other to come from."""
    active = house.blind_index.active_key_id
    if not active:
        return 0
    done = 0
    for column in ("email_index", "cpf_index"):
        query = _OLD_INDEX.format(index=column)
        for row in await house.db.query(query, house.settings.brand_id, active, PEOPLE_PER_TICK):
            done += await _reindex(house, column, row)
    return done


async def _reindex(house: House, column: str, row: Record) -> int:
    player_id, before = str(row["player_id"]), str(row[column])
    try:
        if column == "cpf_index":
            bound = f"player:{player_id}:cpf"
            cpf = await house.sealing.unseal(str(row["cpf_sealed"]), bound=bound)
            anew = house.blind_index.of("cpf", cpf)
        else:
            bound = f"player:{player_id}:pii"
            pii = json.loads(await house.sealing.unseal(str(row["pii_sealed"]), bound=bound))
            anew = house.blind_index.of("email", pii["email"])
    except (Rejected, ValueError) as failure:
        _tell(house, player_id, failure)
        return 0
    statements = [
        Statement(
            # The column is one of two names of this module.
            f"UPDATE players SET {column} = ? WHERE player_id = ? AND {column} = ?",  # noqa: S608
            (anew, player_id, before),
        )
    ]
    if column == "cpf_index":
        # The payment account that is the player's own CPF is found by the same index.
        statements.append(
            Statement(
                "UPDATE payment_accounts SET key_index = ? WHERE player_id = ? AND key_index = ?",
                (anew, player_id, before),
            )
        )
    try:
        return (await house.db.batch(statements))[0]
    except SqlConstraintError as failure:
        # Somebody else stands under the new index already: a person has to look at the two.
        _tell(house, player_id, failure)
        return 0


def _tell(house: House, player_id: str, failure: Exception) -> None:
    house.log(
        {"event": "rotation_failed", "subject": player_id, "failure": anonymous_trace(failure)}
    )
