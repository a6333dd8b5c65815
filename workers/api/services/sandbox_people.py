"""The people of the sandbox: one of each staff role and a player. They exist nowhere else.

Repeating it changes nothing. The password is public on purpose, so the profile is checked here as
well as at the route: in production these accounts could be opened by anyone who reads this file.
"""

import json
from base64 import b64decode
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.accounts import register
from services.container import House
from services.kyc import Sent, submit_document
from services.kyc_rulings import Ruling, rule
from services.kyc_screening import replace_list
from shared.compliance.kyc import Findings
from shared.compliance.screening import read_list
from shared.identity.errors import ALREADY_REGISTERED
from shared.identity.model import ROLES, Address, Application, Principal, RequestedLimit, Role
from shared.identity.passwords import SALT_BYTES
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import SqlConstraintError, Statement

DEMO_PASSWORD: Final = "demo-Only-1!"  # noqa: S105 - public on purpose, see above
DEMO_PLAYER: Final = Application(
    email="ana@acme.test",
    full_name="Ana Demonstração",
    birth_date=date(1990, 5, 17),
    cpf="31415926590",
    phone="+5511900000000",
    address=Address("Rua Exemplo", "1", None, "Centro", "São Paulo", "SP", "01001-000", "BR"),
    gender="undisclosed",
    currency="BRL",
    limits=(RequestedLimit("loss", "daily", 1_000_000), RequestedLimit("time", "daily", 240)),
    accepts_terms=True,
    accepts_privacy=True,
)


_PICTURE: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""One pixel: the sandbox's provider passes every picture."""

SANDBOX_LIST: Final = """entry_id,name,birth_date
made-up-pep,Prefeito Fictício de Exemplo,1970-01-01
made-up-sanction,Fulano Sancionado de Exemplo,1970-01-01
"""
"""Nobody real: names by which the sandbox shows what a match with a list does."""


class SeedView(BaseModel):
    """Who can log in now."""

    model_config = ConfigDict(extra="forbid")

    staff: list[str]
    player: str
    password: str


async def seed_people(house: House, now_ms: int) -> SeedView:
    """Make the missing ones of the staff and the demo player."""
    if house.settings.profile != "sandbox":
        raise PermissionError("the people of the sandbox exist in the sandbox only")
    emails = [f"{role}@acme.test" for role in ROLES]
    for role, email in zip(ROLES, emails, strict=True):
        await _staff_member(house, role, email, now_ms)
    pep, sanctioned = read_list(SANDBOX_LIST)
    await replace_list(house, "sandbox-pep", "pep", [pep], now_ms)
    await replace_list(house, "sandbox-sanction", "sanction", [sanctioned], now_ms)
    try:
        player = await register(house, DEMO_PLAYER, DEMO_PASSWORD, client_ip="", now_ms=now_ms)
    except Rejected as refused:
        if refused.rejection.problem is not ALREADY_REGISTERED:
            raise
    else:
        await _identified(house, player.player_id, now_ms)
    return SeedView(staff=emails, player=DEMO_PLAYER.email, password=DEMO_PASSWORD)


async def _identified(house: House, player_id: str, now_ms: int) -> None:
    """The way of every player: a selfie, which the sandbox's provider passes, and an analyst."""
    await submit_document(house, player_id, Sent("selfie", "image/png", _PICTURE), now_ms)
    email_index = house.blind_index.of("email", "kyc@acme.test")
    row = await house.db.first("SELECT staff_id FROM staff WHERE email_index = ?", email_index)
    assert row is not None
    analyst = Principal(subject_id=str(row["staff_id"]), session_id="", role="kyc")
    ruling = Ruling("approve", "the demo player of the sandbox", "not_confirmed", Findings())
    await rule(house, analyst, player_id, ruling, now_ms)


async def _staff_member(house: House, role: Role, email: str, now_ms: int) -> None:
    email_index = house.blind_index.of("email", email)
    known = await house.db.first(
        "SELECT 1 FROM staff WHERE email_index IN (SELECT value FROM json_each(?))",
        json.dumps(house.blind_index.all_of("email", email)),
    )
    if known is not None:
        return
    staff_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    sealed = await house.sealing.seal(email, bound=f"staff:{staff_id}:email")
    password_hash = await house.passwords.hash(DEMO_PASSWORD, house.entropy.token(SALT_BYTES))
    try:
        await house.db.batch(
            [
                Statement(
                    "INSERT INTO staff (staff_id, email_index, email_sealed, role, status,"
                    " created_at) VALUES (?, ?, ?, ?, 'active', ?)",
                    (staff_id, email_index, sealed, role, now_ms),
                ),
                Statement(
                    "INSERT INTO credentials (subject_id, subject_kind, password_hash, changed_at)"
                    " VALUES (?, 'staff', ?, ?)",
                    (staff_id, password_hash, now_ms),
                ),
            ]
        )
    except SqlConstraintError:
        return  # another request made the same person in the meantime
