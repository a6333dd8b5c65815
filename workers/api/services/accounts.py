"""Registration: a person in D1 and a wallet, two homes that no transaction spans.

The row comes first, with `wallet_opened_at` empty, and the wallet is opened after it; opening is
idempotent. Whatever fails in between is completed by the next login, or by registering
again with the same e-mail, CPF and password. That there is one account for a CPF and for an e-mail
address is a constraint of the database and not a look-up, so two registrations at once cannot both
succeed.
"""

import json
from dataclasses import asdict, dataclass
from typing import cast

from services.container import House
from services.gate import asks_identity, wallet_rules
from services.inherited_protection import take_over_protection
from services.kyc_screening import screen_again
from services.register_moments import check_at_registration
from services.registers import first_standings
from services.successions import former_account
from shared.compliance.model import profile_now
from shared.identity.decide import check_application
from shared.identity.errors import ALREADY_REGISTERED, WALLET_PENDING
from shared.identity.model import Application, PlayerStatus, registration_rules
from shared.identity.passwords import SALT_BYTES, check_password
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, SqlConstraintError, Statement, Unreachable
from shared.wallet.answer import decode_answer


@dataclass(frozen=True, slots=True)
class Registered:
    """A player whose wallet is open."""

    player_id: str
    status: PlayerStatus


async def register(
    house: House, application: Application, password: str, *, client_ip: str, now_ms: int
) -> Registered:
    """Make a player, or complete one that was left half made.

    Raises:
        Rejected: UNDERAGE, CONSENT_REQUIRED, LIMITS_REQUIRED, CURRENCY_NOT_ALLOWED,
            PASSWORD_TOO_WEAK or ALREADY_REGISTERED; WALLET_PENDING when the person is stored and
            the wallet could not be opened yet.
    """
    check_application(application, registration_rules(house.settings.jurisdiction, now_ms), now_ms)
    check_password(password, application.email)
    existing = await _find_same_person(house, application)
    former = None if existing is None else await former_account(house, application)
    if existing is not None and former is None:
        return await _resume(house, existing, password, now_ms)
    player_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    statements = await _rows(house, player_id, application, password, client_ip, now_ms)
    if former is not None:
        statements = [former.release(), *statements, former.followed_by(player_id, now_ms)]
    try:
        await house.db.batch(statements)
    except SqlConstraintError:
        raise _taken() from None
    await screen_again(house, player_id, now_ms)
    await open_wallet(house, player_id, now_ms)
    await check_at_registration(house, player_id)
    return Registered(player_id, "active")


async def open_wallet(house: House, player_id: str, now_ms: int) -> None:
    """Open the wallet of a player from what was registered; harmless when it is open.

    Raises:
        Rejected: WALLET_PENDING when the wallet, or a former one of the person, gave no answer or
            a refusal.
    """
    row = await house.db.first(
        "SELECT currency, jurisdiction, limits_requested, wallet_opened_at FROM players"
        " WHERE player_id = ?",
        player_id,
    )
    if row is None or row["wallet_opened_at"] is not None:
        return
    profile = profile_now(str(row["jurisdiction"]), now_ms)
    payload = {
        "player_id": player_id,
        "currency": row["currency"],
        "jurisdiction": row["jurisdiction"],
        "limits": json.loads(str(row["limits_requested"])),
        "day_offset_ms": profile.profile.day_offset_ms,
        "rules": wallet_rules(profile),
    }
    key = f"open:{player_id}"
    try:
        text = await house.wallets.execute(player_id, "open", key, "", canonical_json(payload))
        if decode_answer(text).status >= 400:
            raise _pending()
        if not asks_identity(profile):
            await take_over_protection(house, player_id, now_ms)
    except Unreachable:
        raise _pending() from None
    await house.db.execute(
        "UPDATE players SET wallet_opened_at = ? WHERE player_id = ? AND wallet_opened_at IS NULL",
        now_ms,
        player_id,
    )


async def _find_same_person(house: House, application: Application) -> Record | None:
    """The row that this e-mail or this CPF belongs to; `is_same` when it is both."""
    emails = json.dumps(house.blind_index.all_of("email", application.email))
    cpfs = json.dumps(house.blind_index.all_of("cpf", application.cpf))
    return await house.db.first(
        "SELECT p.player_id, p.status, p.wallet_opened_at, c.password_hash,"
        " p.email_index IN (SELECT value FROM json_each(?1))"
        " AND p.cpf_index IN (SELECT value FROM json_each(?2)) AS is_same"
        " FROM players p LEFT JOIN credentials c ON c.subject_id = p.player_id"
        " WHERE p.brand_id = ?3 AND (p.email_index IN (SELECT value FROM json_each(?1))"
        " OR p.cpf_index IN (SELECT value FROM json_each(?2))) ORDER BY is_same DESC",
        emails,
        cpfs,
        house.settings.brand_id,
    )


async def _resume(house: House, existing: Record, password: str, now_ms: int) -> Registered:
    if existing["wallet_opened_at"] is not None or existing["is_same"] != 1:
        raise _taken()
    verified = await house.passwords.verify(password, str(existing["password_hash"]))
    if not verified.matches:
        raise _taken()
    player_id = str(existing["player_id"])
    await open_wallet(house, player_id, now_ms)
    await check_at_registration(house, player_id)
    return Registered(player_id, cast("PlayerStatus", existing["status"]))


async def _rows(
    house: House,
    player_id: str,
    application: Application,
    password: str,
    client_ip: str,
    now_ms: int,
) -> list[Statement]:
    """The person, their credentials and their payment account: all of them or none."""
    rules = registration_rules(house.settings.jurisdiction, now_ms)
    index, sealing, entropy = house.blind_index, house.sealing, house.entropy
    pii = {
        "email": application.email,
        "full_name": application.full_name,
        "phone": application.phone,
        "address": asdict(application.address),
    }
    player: dict[str, str | int] = {
        "player_id": player_id,
        "brand_id": house.settings.brand_id,
        "jurisdiction": house.settings.jurisdiction,
        "currency": application.currency or rules.currency,
        "status": "active",
        "kyc_status": "pending",
        "vip_tier": "bronze",
        "birth_date": application.birth_date.isoformat(),
        "gender": application.gender,
        "email_index": index.of("email", application.email),
        "cpf_index": index.of("cpf", application.cpf),
        "pii_sealed": await sealing.seal(canonical_json(pii), bound=f"player:{player_id}:pii"),
        "cpf_sealed": await sealing.seal(application.cpf, bound=f"player:{player_id}:cpf"),
        "limits_requested": canonical_json([asdict(limit) for limit in application.limits]),
        "terms_version": rules.terms_version,
        "privacy_version": rules.privacy_version,
        "registered_ip_index": index.of("ip", client_ip),
        "created_at": now_ms,
        "updated_at": now_ms,
    }
    credentials: dict[str, str | int] = {
        "subject_id": player_id,
        "subject_kind": "player",
        "password_hash": await house.passwords.hash(password, entropy.token(SALT_BYTES)),
        "changed_at": now_ms,
    }
    account: dict[str, str | int] = {
        "payment_account_id": uuid7(now_ms, entropy.token(RANDOM_BYTES_PER_ID)),
        "player_id": player_id,
        "kind": "pix",
        "key_type": "cpf",
        "key_index": index.of("cpf", application.cpf),
        "created_at": now_ms,
    }
    return [
        _insert("players", player),
        _insert("credentials", credentials),
        _insert("payment_accounts", account),
        *first_standings(house, player_id, now_ms),
    ]


def _insert(table: str, values: dict[str, str | int]) -> Statement:
    """An INSERT whose table and columns are names of this module, never input."""
    marks = ", ".join("?" * len(values))
    sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - see above
    return Statement(sql, tuple(values.values()))


def _pending() -> Rejected:
    return Rejected(WALLET_PENDING, "You are registered. Log in to complete the account.")


def _taken() -> Rejected:
    return Rejected(ALREADY_REGISTERED, "An account exists for this e-mail address or CPF. Log in.")
