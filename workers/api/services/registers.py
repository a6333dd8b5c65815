"""One question to a register about one player, and everything that follows from the answer in D1.

The answer, what is known now, the set of impediments, the case of somebody who must leave and the
mark for the ministry's file are one transaction. The wallet hears of it after that, as a fact that
is told again until it is accepted. Nothing here logs, stores or raises a CPF.
"""

import json
from dataclasses import dataclass
from typing import Final, cast

from services.container import House
from services.register_records import (
    Asked,
    answered,
    case_statements,
    impediment_statements,
    unanswered,
)
from services.rows import optional_integer
from shared.compliance.model import profile_now
from shared.compliance.profile import InForce
from shared.compliance.registers.checks import (
    NOTHING_KNOWN,
    Occasion,
    Standing,
    Status,
    after_answer,
    after_outage,
    next_after,
)
from shared.compliance.registers.ports import RegisterDown, RegisterName, Subject
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, Statement

_PERSON: Final = """
SELECT player_id, jurisdiction, status, kyc_status, birth_date, pii_sealed, cpf_sealed FROM players
WHERE player_id = ?
"""
_STANDINGS: Final = "SELECT * FROM register_standings WHERE player_id = ?"
_FIRST: Final = """
INSERT OR IGNORE INTO register_standings (player_id, register, status, reasons, next_at)
VALUES (?, ?, 'pending', '[]', ?)
"""
_NO_MORE: Final = "UPDATE register_standings SET next_at = NULL WHERE player_id = ?"
ASKED_BY_THE_SWEEP_AFTER_MS: Final = 120_000
"""A registration asks at once; the sweep asks for one that did not get that far."""


@dataclass(frozen=True, slots=True)
class Known:
    """What D1 holds of one player at one register."""

    register: RegisterName
    standing: Standing
    is_told: bool


def registers_of(rules: InForce) -> tuple[RegisterName, ...]:
    """The registers that a jurisdiction has people asked about at."""
    return tuple(register.adapter for register in rules.registers if register.adapter is not None)


def first_standings(house: House, player_id: str, now_ms: int) -> list[Statement]:
    """The standings of somebody who registers: nothing is known, and somebody will ask."""
    rules = profile_now(house.settings.jurisdiction, now_ms)
    next_at = now_ms + ASKED_BY_THE_SWEEP_AFTER_MS
    return [Statement(_FIRST, (player_id, name, next_at)) for name in registers_of(rules)]


async def known_of(house: House, player_id: str) -> list[Known]:
    """Everything known of a player."""
    return [
        Known(
            cast("RegisterName", row["register"]), standing_of(row), is_told=row["told"] is not None
        )
        for row in await house.db.query(_STANDINGS, player_id)
    ]


def standing_of(row: Record) -> Standing:
    """The standing of a row of `register_standings`."""
    return Standing(
        cast("Status", row["status"]),
        tuple(json.loads(str(row["reasons"]))),
        optional_integer(row["checked_at"]),
        cast("int", row["attempts"]),
    )


async def ask(
    house: House, player_id: str, register: RegisterName, occasion: Occasion, at_ms: int
) -> Standing | None:
    """Ask about a player and record what was answered, or that nothing was; `at_ms` is the time of
    the player's wallet. None when nobody is to be asked about: the account is closed, however it
    was closed, and is asked about no more.

    Raises:
        PlatformError: when D1 gave no answer; nothing is recorded then, and the gate stays as the
            last fact left it.
    """
    person = await house.db.first(_PERSON, player_id)
    assert person is not None, player_id
    if person["status"] == "closed":
        await house.db.execute(_NO_MORE, player_id)
        return None
    before = await _standing(house, player_id, register)
    rules = profile_now(str(person["jurisdiction"]), at_ms)
    assert rules.register_checks is not None, person["jurisdiction"]
    subject = await _subject(house, person)
    now_ms = house.clock.now_ms()
    check_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    asked = Asked(check_id, player_id, register, occasion, at_ms, now_ms)
    try:
        answer = await house.registers[register].ask(subject)
    except RegisterDown as down:
        after = after_outage(before, occasion)
        next_at = next_after(after, rules.register_checks, now_ms)
        await house.db.batch(unanswered(asked, down.outage, after, next_at))
        house.log({"event": "register_down", "register": register, "outage": down.outage})
        return after
    after = after_answer(answer, at_ms)
    next_at = next_after(after, rules.register_checks, now_ms)
    statements = [
        *answered(asked, answer, after, next_at),
        *impediment_statements(asked, answer),
    ]
    if answer.is_listed and rules.offboarding is not None:
        case_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
        day_offset_ms = rules.profile.day_offset_ms
        statements += case_statements(asked, answer, case_id, day_offset_ms)
    await house.db.batch(statements)
    return after


async def _standing(house: House, player_id: str, register: RegisterName) -> Standing:
    known = {one.register: one.standing for one in await known_of(house, player_id)}
    return known.get(register, NOTHING_KNOWN)


async def _subject(house: House, person: Record) -> Subject:
    player_id = str(person["player_id"])
    cpf = await house.sealing.unseal(str(person["cpf_sealed"]), bound=f"player:{player_id}:cpf")
    sealed = str(person["pii_sealed"])
    pii = json.loads(await house.sealing.unseal(sealed, bound=f"player:{player_id}:pii"))
    return Subject(
        cpf=cpf,
        full_name=str(pii["full_name"]),
        birth_date=str(person["birth_date"]),
        email=str(pii["email"]),
        phone=str(pii["phone"]),
        postal_code=str(pii["address"]["postal_code"]),
    )
