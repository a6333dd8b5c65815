"""Deposits as the player sees them. The wallet opens the charge (its limits stand in the way) and
chooses deposit id and txid; the row in D1 only finds the wallet again when the bank's notice names
the txid, and is inserted once. What is paid for it: `services.pix_notices`.
"""

from views.payments import DepositView, PixChargeView

from services.container import House
from services.rows import integer
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Record
from shared.wallet.errors import DEPOSIT_NOT_FOUND


def deposit_view(house: House, row: Record, now_ms: int) -> DepositView:
    """A deposit as the player sees it at `now_ms`, with the code to pay it."""
    settled_at = row["settled_at"]
    is_over = row["status"] == "pending" and now_ms >= integer(row["expires_at"])
    return DepositView.model_validate(
        {
            "deposit_id": row["deposit_id"],
            "status": "expired" if is_over else row["status"],
            "amount_minor": row["amount_minor"],
            "currency": row["currency"],
            "requested_at": rfc3339(integer(row["requested_at"])),
            "settled_at": rfc3339(settled_at) if isinstance(settled_at, int) else None,
            "refusal": row["refusal"],
            "pix": PixChargeView(
                br_code=house.bank.charge(str(row["txid"]), integer(row["amount_minor"])),
                txid=str(row["txid"]),
                expires_at=rfc3339(integer(row["expires_at"])),
            ),
        }
    )


async def remember_charge(house: House, player_id: str, charge: dict[str, object]) -> Record:
    """The deposit's row; `charge` is the wallet's answer to `deposit_request`."""
    await house.db.execute(
        "INSERT OR IGNORE INTO deposits (deposit_id, player_id, txid, amount_minor, currency, "
        "status, requested_at, expires_at) VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)",
        str(charge["deposit_id"]),
        player_id,
        str(charge["txid"]),
        integer(charge["amount_minor"]),
        str(charge["currency"]),
        integer(charge["requested_at_ms"]),
        integer(charge["expires_at_ms"]),
    )
    return await own_deposit(house, player_id, str(charge["deposit_id"]))


async def own_deposit(house: House, player_id: str, deposit_id: str) -> Record:
    """This player's deposit. Raises `Rejected(DEPOSIT_NOT_FOUND)`, also for another player's."""
    row = await house.db.first(
        "SELECT * FROM deposits WHERE deposit_id = ? AND player_id = ?", deposit_id, player_id
    )
    if row is None:
        raise Rejected(DEPOSIT_NOT_FOUND, "There is no deposit of yours with this id.")
    return row
