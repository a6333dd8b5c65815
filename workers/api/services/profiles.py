"""A player's own profile: personal data is opened for its owner only, and the CPF stays masked."""

import json
from typing import cast

from services.container import House
from services.eligibility import Asker, eligibility_of
from services.marketing import marketing_of
from services.rows import optional_integer
from shared.compliance.kyc import Case, effective_status
from shared.identity.cpf import mask_cpf
from shared.identity.model import KycStatus, PlayerStatus
from shared.identity.schemas import (
    AddressView,
    EligibilityView,
    MarketingView,
    PaymentAccountView,
    ProfilePatchBody,
    ProfileView,
)
from shared.kernel.canonical import canonical_json
from shared.kernel.times import rfc3339
from shared.platform.ports import Record

_MAX_TRIES = 3


async def read_profile(
    house: House, player_id: str, session_id: str = "", address: str = ""
) -> ProfileView:
    """The profile of the player behind a live session. What the player may do now is asked for that
    session at its `address`; without one, for the player alone.
    """
    row = await _row(house, player_id)
    may = await eligibility_of(
        house,
        Asker(player_id, session_id, address),
        cast("PlayerStatus", row["status"]),
        has_bet=row["has_bet"] == 1,
    )
    marketing = await marketing_of(house, player_id, may.reasons)
    accounts = await house.db.query(
        "SELECT payment_account_id FROM payment_accounts WHERE player_id = ? ORDER BY created_at",
        player_id,
    )
    pii = json.loads(await house.sealing.unseal(str(row["pii_sealed"]), bound=_pii_of(player_id)))
    cpf = await house.sealing.unseal(str(row["cpf_sealed"]), bound=f"player:{player_id}:cpf")
    return ProfileView.model_validate(
        {
            "player_id": player_id,
            "email": pii["email"],
            "full_name": pii["full_name"],
            "birth_date": row["birth_date"],
            "gender": row["gender"],
            "cpf": mask_cpf(cpf),
            "phone": pii["phone"],
            "address": AddressView(**pii["address"]),
            "currency": row["currency"],
            "jurisdiction": row["jurisdiction"],
            "status": row["status"],
            "kyc_status": _kyc_status(house, row),
            "vip_tier": row["vip_tier"],
            "created_at": rfc3339(cast("int", row["created_at"])),
            "eligibility": EligibilityView(
                can_bet=may.can_bet,
                can_deposit=may.can_deposit,
                can_use_bonus=may.can_use_bonus,
                reasons=list(may.reasons),
            ),
            "marketing": MarketingView(consent=marketing.consent, effective=marketing.effective),
            "payment_accounts": [
                PaymentAccountView(
                    payment_account_id=str(account["payment_account_id"]),
                    kind="pix",
                    key_type="cpf",
                    key_masked=mask_cpf(cpf),
                )
                for account in accounts
            ],
        }
    )


async def change_profile(
    house: House, player_id: str, change: ProfilePatchBody, now_ms: int
) -> ProfileView:
    """Change phone or address. Two changes at once both take effect: the later one starts again."""
    for _ in range(_MAX_TRIES):
        row = await _row(house, player_id)
        sealed = str(row["pii_sealed"])
        pii = json.loads(await house.sealing.unseal(sealed, bound=_pii_of(player_id)))
        if change.phone is not None:
            pii["phone"] = change.phone
        if change.address is not None:
            pii["address"] = change.address.model_dump()
        changed = await house.db.execute(
            "UPDATE players SET pii_sealed = ?, updated_at = ?"
            " WHERE player_id = ? AND pii_sealed = ?",
            await house.sealing.seal(canonical_json(pii), bound=_pii_of(player_id)),
            now_ms,
            player_id,
            sealed,
        )
        if changed:
            return await read_profile(house, player_id)
    raise TimeoutError("the profile changed under every try")


def _pii_of(player_id: str) -> str:
    return f"player:{player_id}:pii"


async def _row(house: House, player_id: str) -> Record:
    row = await house.db.first(
        "SELECT p.*, EXISTS (SELECT 1 FROM wallet_events e WHERE e.player_id = p.player_id"
        " AND e.type = 'BET') AS has_bet, k.expires_at AS kyc_expires_at"
        " FROM players p LEFT JOIN kyc_cases k USING (player_id) WHERE p.player_id = ?",
        player_id,
    )
    if row is None:
        raise LookupError("a live session names a player that D1 does not have")
    return row


def _kyc_status(house: House, row: Record) -> KycStatus:
    """As of now: an approval ends by itself."""
    case = Case(
        status=cast("KycStatus", row["kyc_status"]),
        expires_at=optional_integer(row["kyc_expires_at"]),
    )
    return effective_status(case, house.clock.now_ms())
