"""A person takes home everything that is held about them: made a slice at a time, as JSON.

An export is a row that says where the next slice begins. A slice is one page of one section,
written to R2 sealed under the person's own key, and only then the row moves on, by the very place
that was read: cut off or made twice, a slice is the same object again. Slices are made by the tick
and by whoever asks how far it is. The rows are found by the player's id alone; what the export
leaves out, and why, stands in `personal_tables`.
"""

import json
from base64 import b64encode
from typing import Any, Final

from services.container import House
from services.kyc import binding
from services.personal_tables import EXPORTED, HOLDINGS
from services.rows import integer
from shared.compliance.errors import DATA_EXPORT_NOT_FOUND, DATA_EXPORT_NOT_READY
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.failures import anonymous_trace
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record, Unreachable
from shared.wallet.answer import decode_answer

JOB: Final = "data_exports"
ROWS_PER_SLICE: Final = 500
EVENTS_PER_SLICE: Final = 100
SLICES_PER_REQUEST: Final = 8
SLICES_PER_TICK: Final = 40
KEPT_MS: Final = 7 * DAY_MS
AGAIN_AFTER_MS: Final = DAY_MS
SECTIONS: Final = ("profile", "wallet", *EXPORTED, "documents")
END: Final = ""

type Slice = tuple[list[Any], str | None]
"""What is in a slice, and where the next of its section begins; None: it was the last."""

_LAST: Final = "SELECT * FROM data_exports WHERE player_id = ? ORDER BY rowid DESC LIMIT 1"
_FIND: Final = "SELECT * FROM data_exports WHERE export_id = ? AND player_id = ?"
_BEGIN: Final = """
INSERT INTO data_exports (export_id, player_id, status, section, cursor, requested_at, expires_at)
VALUES (?, ?, 'building', ?, '', ?, ?)
"""
_MOVE: Final = """
UPDATE data_exports SET section = ?, cursor = ?, parts = parts + 1, status = ?, ready_at = ?
WHERE export_id = ? AND section = ? AND cursor = ? AND status = 'building'
"""
_BUILDING: Final = """
SELECT * FROM data_exports WHERE status = 'building'
ORDER BY (instr('0123456789abcdef', substr(export_id, -1)) + ?) % 17 LIMIT CAST(? AS INTEGER)
"""
"""Each tick begins elsewhere, so that exports that cannot be made keep no other waiting."""
_OVER: Final = """
SELECT * FROM data_exports WHERE status <> 'expired' AND expires_at <= ?
LIMIT CAST(? AS INTEGER)
"""


async def begin_export(house: House, player_id: str, now_ms: int) -> tuple[Record, bool]:
    """An export of a player, and whether it was there before: one a day is made."""
    known = await house.db.first(_LAST, player_id)
    is_recent = known is not None and integer(known["requested_at"]) > now_ms - AGAIN_AFTER_MS
    if known is not None and is_recent and known["status"] != "expired":
        return known, True
    export_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    await house.db.execute(_BEGIN, export_id, player_id, SECTIONS[0], now_ms, now_ms + KEPT_MS)
    return await find_export(house, player_id, export_id), False


async def find_export(house: House, player_id: str, export_id: str) -> Record:
    """An export of this player.

    Raises:
        Rejected: DATA_EXPORT_NOT_FOUND, for one of somebody else too.
    """
    row = await house.db.first(_FIND, export_id, player_id)
    if row is None:
        raise Rejected(DATA_EXPORT_NOT_FOUND, "You have no export with this id.")
    return row


async def go_on(house: House, row: Record, slices: int) -> Record:
    """Make up to `slices` more of an export; the export after them.

    Raises:
        PlatformError: when D1, R2 or the wallet gave no answer; asked again it goes on.
    """
    player_id, export_id = str(row["player_id"]), str(row["export_id"])
    for _ in range(slices):
        if row["status"] != "building":
            break
        await _make_slice(house, row)
        row = await find_export(house, player_id, export_id)
    return row


async def read_part(house: House, player_id: str, export_id: str, number: int) -> str:
    """One part of a finished export, as JSON.

    Raises:
        Rejected: DATA_EXPORT_NOT_FOUND, DATA_EXPORT_NOT_READY.
    """
    row = await find_export(house, player_id, export_id)
    if row["status"] == "building":
        raise Rejected(DATA_EXPORT_NOT_READY, "Ask how far it is.", retry_after=5)
    key = _key(player_id, export_id, number)
    sealed = await house.documents.get(key) if row["status"] == "ready" else None
    if sealed is None:
        raise Rejected(DATA_EXPORT_NOT_FOUND, "There is no such part, or its time is over.")
    plain = await house.sealing.unseal_bytes(sealed, bound=_bound(player_id, export_id, number))
    return plain.decode()


async def advance_exports(house: House, slot: int) -> dict[str, int]:
    """One tick: delete what is over, then finish what nobody asks for any more. What fails keeps
    nothing else waiting and is tried again by a later tick, until its time is over.
    """
    done = {"exports_ready": 0, "exports_expired": 0, "exports_failed": 0}
    for row in await house.db.query(_OVER, house.clock.now_ms(), SLICES_PER_TICK):
        try:
            await _expire(house, row)
            done["exports_expired"] += 1
        except Exception as failure:  # noqa: BLE001 - the next one may go
            done["exports_failed"] += _tell(house, row, failure)
    left = SLICES_PER_TICK
    for row in await house.db.query(_BUILDING, slot, SLICES_PER_TICK):
        if left <= 0:
            break
        try:
            after = await go_on(house, row, left)
        except Exception as failure:  # noqa: BLE001 - the next one may be possible all the same
            done["exports_failed"] += _tell(house, row, failure)
            left -= 1
            continue
        left -= integer(after["parts"]) - integer(row["parts"])
        done["exports_ready"] += after["status"] == "ready"
    return done


async def _expire(house: House, row: Record) -> None:
    for key in await house.documents.list(f"exports/{row['player_id']!s}/{row['export_id']!s}/"):
        await house.documents.delete(key)
    await house.db.execute(
        "UPDATE data_exports SET status = 'expired' WHERE export_id = ?", row["export_id"]
    )


def _tell(house: House, row: Record, failure: Exception) -> int:
    told = {"export_id": row["export_id"], "failure": anonymous_trace(failure)}
    house.log({"event": "export_failed", **told})
    return 1


async def _make_slice(house: House, row: Record) -> None:
    player_id, export_id = str(row["player_id"]), str(row["export_id"])
    section, cursor, number = str(row["section"]), str(row["cursor"]), integer(row["parts"]) + 1
    items, following = await _slice(house, player_id, section, cursor)
    text = canonical_json({"section": section, "part": number, "items": items})
    sealed = await house.sealing.seal_bytes(
        text.encode(), bound=_bound(player_id, export_id, number)
    )
    await house.documents.put(
        _key(player_id, export_id, number), sealed, content_type="application/octet-stream"
    )
    after, place = section, following or ""
    if following is None:
        after = (*SECTIONS, END)[SECTIONS.index(section) + 1]
    is_end = after == END
    ended_at = house.clock.now_ms() if is_end else None
    moved = (after, place, "ready" if is_end else "building", ended_at)
    await house.db.execute(_MOVE, *moved, export_id, section, cursor)


async def _slice(house: House, player_id: str, section: str, cursor: str) -> Slice:
    if section == "profile":
        return [await _profile(house, player_id)], None
    if section == "wallet":
        return await _events(house, player_id, cursor)
    if section == "documents":
        return await _document(house, player_id, cursor)
    return await _rows(house, player_id, section, cursor)


async def _profile(house: House, player_id: str) -> dict[str, object]:
    row = await house.db.first("SELECT * FROM players WHERE player_id = ?", player_id)
    assert row is not None
    sealing, sealed = house.sealing, str(row["pii_sealed"])
    shown = (
        "player_id",
        "jurisdiction",
        "currency",
        "status",
        "kyc_status",
        "vip_tier",
        "birth_date",
        "gender",
        "terms_version",
        "privacy_version",
        "created_at",
        "updated_at",
    )
    return {
        **{name: row[name] for name in shown},
        **json.loads(await sealing.unseal(sealed, bound=f"player:{player_id}:pii")),
        "cpf": await sealing.unseal(str(row["cpf_sealed"]), bound=f"player:{player_id}:cpf"),
        "limits_requested": json.loads(str(row["limits_requested"])),
    }


async def _events(house: House, player_id: str, cursor: str) -> Slice:
    """The statement, newest first, as the wallet shows it to its player."""
    asked = canonical_json(
        {"limit": EVENTS_PER_SLICE, "cursor": cursor or None, "for_player": True}
    )
    answer = decode_answer(await house.wallets.query(player_id, "events", "", asked))
    if answer.status == 404:
        return [], None
    if answer.status >= 400:
        raise Unreachable("the wallet did not show its events")
    page = json.loads(answer.body)
    return page["items"], page["next_cursor"]


async def _rows(house: House, player_id: str, section: str, cursor: str) -> Slice:
    holding = HOLDINGS[section]
    # Table and columns are names of `personal_tables`, never input.
    rows = await house.db.query(
        f"SELECT {', '.join(holding.columns)}, CAST({holding.key} AS TEXT) AS place"  # noqa: S608
        f" FROM {section} WHERE {holding.owner} = ? AND CAST({holding.key} AS TEXT) > ?"
        f" AND {holding.only}"
        f" ORDER BY CAST({holding.key} AS TEXT) LIMIT CAST(? AS INTEGER)",
        player_id,
        cursor,
        ROWS_PER_SLICE,
    )
    places = [str(row.pop("place")) for row in rows]
    return list(rows), places[-1] if len(rows) == ROWS_PER_SLICE else None


async def _document(house: House, player_id: str, cursor: str) -> Slice:
    """One file a slice: a file alone may be five mebibytes."""
    row = await house.db.first(
        "SELECT document_id, kind, content_type, object_key FROM kyc_documents"
        " WHERE player_id = ? AND document_id > ? AND status <> 'storing'"
        " ORDER BY document_id LIMIT 1",
        player_id,
        cursor,
    )
    if row is None:
        return [], None
    document_id = str(row["document_id"])
    sealed = await house.documents.get(str(row["object_key"]))
    content = None
    if sealed is not None:
        bound = binding(player_id, document_id)
        plain = await house.sealing.unseal_bytes(sealed, bound=bound)
        content = b64encode(plain).decode()
    named = {name: row[name] for name in ("document_id", "kind", "content_type")}
    return [{**named, "content_base64": content}], document_id


def _key(player_id: str, export_id: str, number: int) -> str:
    return f"exports/{player_id}/{export_id}/{number:06}"


def _bound(player_id: str, export_id: str, number: int) -> str:
    return f"export:{player_id}:{export_id}:{number}"
