"""The fact `kyc` of a wallet: what an identity check decided, told until the wallet has it.

D1 decides and the wallet enforces, and anything may be cut off between the two. So every change of
a case moves `fact_at` in its own transaction, and `fact_told_at` follows only when the wallet has
answered: what it has not heard is told at the next change, at the next login, and by the tick. The
number is the version of the fact, so a late telling never undoes a newer one. That an approval ends
needs no telling: the fact says until when it holds.
"""

from collections.abc import Mapping
from typing import Final

from services.container import House
from services.gate import record_fact
from services.rows import integer, optional_integer
from shared.kernel.failures import anonymous_trace
from shared.platform.ports import Unreachable

_UNTOLD: Final = """
SELECT k.player_id, k.fact_at, k.expires_at, p.kyc_status FROM kyc_cases AS k
JOIN players AS p USING (player_id)
WHERE k.player_id = ? AND k.fact_told_at < k.fact_at AND p.wallet_opened_at IS NOT NULL
"""
_TOLD: Final = """
UPDATE kyc_cases SET fact_told_at = CAST(?1 AS INTEGER) WHERE player_id = ?2 AND fact_told_at < ?1
"""
_NEXT: Final = """
SELECT k.player_id FROM kyc_cases AS k JOIN players AS p USING (player_id)
WHERE k.fact_told_at < k.fact_at AND p.wallet_opened_at IS NOT NULL AND k.player_id > ?
ORDER BY k.player_id LIMIT CAST(? AS INTEGER)
"""


async def tell_wallet(house: House, player_id: str) -> bool:
    """Tell the wallet what it has not heard; False when there is nothing.

    Raises:
        Unreachable: when D1 or the wallet gave no answer, or the wallet refused.
    """
    row = await house.db.first(_UNTOLD, player_id)
    if row is None:
        return False
    is_verified = row["kyc_status"] == "approved"
    await record_fact(
        house,
        player_id,
        "kyc",
        version=integer(row["fact_at"]),
        status="verified" if is_verified else "missing",
        valid_until=optional_integer(row["expires_at"]) if is_verified else None,
    )
    await house.db.execute(_TOLD, row["fact_at"], player_id)
    return True


async def try_to_tell_wallet(house: House, player_id: str) -> None:
    """As `tell_wallet`, for whoever has done what was asked: a failure is logged and told later."""
    try:
        await tell_wallet(house, player_id)
    except Exception as failure:  # noqa: BLE001 - the decision stands, and the tick tells it again
        house.log({"event": "kyc_fact_untold", "failure": anonymous_trace(failure)})


async def tell_next(house: House, after: str, limit: int) -> tuple[str, Mapping[str, int]]:
    """Tell up to `limit` wallets what they have not heard, by player id; where to go on (from the
    beginning: empty) and how many were told. Who does not answer stands in nobody's way.
    """
    rows = await house.db.query(_NEXT, after, limit)
    failed = 0
    for row in rows:
        try:
            await tell_wallet(house, str(row["player_id"]))
        except Unreachable:
            failed += 1
        except Exception as failure:  # noqa: BLE001 - the next one may take it
            failed += 1
            house.log({"event": "kyc_fact_untold", "failure": anonymous_trace(failure)})
    cursor = str(rows[-1]["player_id"]) if len(rows) == limit else ""
    return cursor, {"facts_told": len(rows) - failed, "facts_failed": failed}
