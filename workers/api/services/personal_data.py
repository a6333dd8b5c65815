"""Personal data for people of the house: opened by what a role may see, and never without a trace.

Who looked at whose data, at which fields, in which form, what for and when is in an append-only log
before anything is shown. A full value is a disclosure: it names its purpose and is in the chain of
what staff did as well. Of an erased person there is only what law keeps.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

from services.audit import Action, carry_out
from services.container import House
from shared.compliance.errors import PERSONAL_DATA_NOT_FOR_ROLE
from shared.compliance.model import profile_now
from shared.identity.disclosure import FIELDS, HIDDEN, MAY_OPEN, Field, Purpose, masked
from shared.identity.errors import PERSONAL_DATA_ERASED, PLAYER_NOT_FOUND
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record, Statement

type Opened = dict[Field, Any]

_PURPOSES: Final = {"protection": "desk", "approvals": "identity_check"}
LEAST_DAYS_OF_LOG: Final = 183
"""Where the profile says nothing: six months, as Lei 12.965/2014 art. 15 has it."""

_LOOKED: Final = """
INSERT INTO personal_data_access (access_id, player_id, actor_id, actor_role, fields, form, purpose,
  note, accessed_at, keep_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_PERSON: Final = (
    "SELECT p.player_id, p.birth_date, p.pii_sealed, p.cpf_sealed, k.sealed AS kept_sealed"
    " FROM players p LEFT JOIN kept_identities k USING (player_id)"
    " WHERE p.brand_id = ? AND p.player_id = ?"
)


def looked(
    house: House,
    actor: Principal,
    player_id: str,
    fields: Collection[str],
    *,
    form: str,
    purpose: str,
    note: str = "",
    now_ms: int,
) -> Statement:
    """The entry of one look at somebody's data."""
    assert actor.role is not None
    rules = profile_now(house.settings.jurisdiction, now_ms)
    days = rules.retention_days("access_log") or LEAST_DAYS_OF_LOG
    access_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    named = json.dumps(sorted(fields))
    who = (actor.subject_id, actor.role)
    keep_until = now_ms + days * DAY_MS
    values = (access_id, player_id, *who, named, form, purpose, note, now_ms, keep_until)
    return Statement(_LOOKED, values)


async def open_person(house: House, row: Record) -> Opened:
    """Everything that is known of a person, from a row of `players`.

    Raises:
        Rejected: PERSONAL_DATA_ERASED.
    """
    player_id = str(row["player_id"])
    sealed = str(row["pii_sealed"])
    pii = json.loads(await house.sealing.unseal(sealed, bound=f"player:{player_id}:pii"))
    cpf = await house.sealing.unseal(str(row["cpf_sealed"]), bound=f"player:{player_id}:cpf")
    return {
        "full_name": pii["full_name"],
        "email": pii["email"],
        "phone": pii["phone"],
        "cpf": cpf,
        "birth_date": str(row["birth_date"]),
        "address": pii["address"],
    }


async def masked_person(
    house: House, actor: Principal, row: Record, purpose: str, now_ms: int
) -> dict[Field, str]:
    """A person as a page of the desk shows them to this role; the look is logged. Of an erased
    person nothing is shown.
    """
    role = actor.role
    assert role is not None
    try:
        known = await open_person(house, row)
    except Rejected as refused:
        if refused.rejection.problem is not PERSONAL_DATA_ERASED:
            raise
        return dict.fromkeys(FIELDS, HIDDEN)
    shown = {field: masked(role, field, known[field]) for field in FIELDS}
    seen = [field for field in FIELDS if shown[field] != HIDDEN]
    player_id = str(row["player_id"])
    entry = looked(house, actor, player_id, seen, form="masked", purpose=purpose, now_ms=now_ms)
    await house.db.batch([entry])
    return shown


async def log_page(
    house: House,
    actor: Principal,
    players: Collection[str],
    section: Literal["protection", "register_checks", "communications", "approvals"],
    now_ms: int,
) -> None:
    """The looks of a page of the desk that shows `section` of these players as it is stored; before
    it is shown. That somebody looked at registers is told to nobody in their export.
    """
    purpose = _PURPOSES.get(section, "aml_duty")
    entries = [
        looked(house, actor, player_id, [section], form="full", purpose=purpose, now_ms=now_ms)
        for player_id in sorted(players)
    ]
    if entries:
        await house.db.batch(entries)


async def disclose(
    house: House,
    actor: Principal,
    player_id: str,
    fields: Sequence[Field],
    *,
    purpose: Purpose,
    note: str,
    now_ms: int,
) -> Opened:
    """The full values of `fields`; without the entries in both logs nothing is opened.

    Raises:
        Rejected: PLAYER_NOT_FOUND, PERSONAL_DATA_NOT_FOR_ROLE, or PERSONAL_DATA_ERASED for what is
            not kept by law.
    """
    assert actor.role is not None
    refused = sorted(set(fields) - MAY_OPEN[actor.role])
    if refused:
        raise Rejected(
            PERSONAL_DATA_NOT_FOR_ROLE, "Your role may not open these fields.", fields=refused
        )
    row = await house.db.first(_PERSON, house.settings.brand_id, player_id)
    if row is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    entry = looked(
        house, actor, player_id, fields, form="full", purpose=purpose, note=note, now_ms=now_ms
    )
    told = {"fields": sorted(fields), "purpose": purpose}

    async def plan() -> Action:
        return Action("personal_data.disclose", player_id, told, (entry,))

    _, happened = await carry_out(house, actor, now_ms, plan)
    if not happened:
        raise InvariantBroken("access_is_logged", "personal_data.disclose")
    known = await _kept(house, row) if row["kept_sealed"] else await open_person(house, row)
    gone = sorted(set(fields) - known.keys())
    if gone:
        raise Rejected(PERSONAL_DATA_ERASED, "These data were erased.", fields=gone)
    return {field: known[field] for field in fields}


async def _kept(house: House, row: Record) -> Opened:
    """What law keeps of an erased person."""
    player_id = str(row["player_id"])
    text = await house.sealing.unseal(str(row["kept_sealed"]), bound=f"player:{player_id}:record")
    kept: Opened = json.loads(text)
    cpf = await house.sealing.unseal(str(row["cpf_sealed"]), bound=f"player:{player_id}:cpf")
    return {**kept, "cpf": cpf}
