"""Staff who lost their phone, let in again by another administrator (GLI-19 §2.8.9, B.2.3).

The reset takes the old factor and every session away and gives a code that is good once and for a
day. It is handed over in person; with it and the password the owner gets in as far as enrolling a
new app, and nobody with the password alone gets anywhere. Nobody resets their own.
"""

from views.security import ResetView, StaffListView, StaffMemberView

from services import second_factors
from services.audit import Action, carry_out
from services.container import House
from services.rows import page_of
from services.session_endings import end_all
from shared.identity.errors import RECOVERY_NEEDS_ANOTHER, STAFF_NOT_FOUND
from shared.identity.model import Principal
from shared.identity.second_factor import RESET_CODE_LIFETIME_MS
from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.platform.ports import Statement


async def list_staff(house: House, limit: int, cursor: str | None) -> StaffListView:
    """Every account of staff, by id; addresses are opened for administrators only."""
    rows = await house.db.query(
        "SELECT s.*, f.confirmed_at IS NOT NULL AS has_factor FROM staff s"
        " LEFT JOIN second_factors f ON f.subject_id = s.staff_id"
        " WHERE s.staff_id > ? ORDER BY s.staff_id LIMIT ?",
        cursor or "",
        limit + 1,
    )
    page, following = page_of(rows, limit, "staff_id")
    items = [
        StaffMemberView.model_validate(
            {
                "staff_id": row["staff_id"],
                "email": await house.sealing.unseal(
                    str(row["email_sealed"]), bound=f"staff:{row['staff_id']!s}:email"
                ),
                "role": row["role"],
                "status": row["status"],
                "has_second_factor": row["has_factor"] == 1,
            }
        )
        for row in page
    ]
    return StaffListView(items=items, next_cursor=following)


async def reset_second_factor(
    house: House, actor: Principal, staff_id: str, reason: str, now_ms: int
) -> ResetView:
    """Take a second factor away and give the code to enrol another.

    Raises:
        Rejected: RECOVERY_NEEDS_ANOTHER for one's own, STAFF_NOT_FOUND.
    """
    if staff_id == actor.subject_id:
        raise Rejected(RECOVERY_NEEDS_ANOTHER, "Ask another administrator.")
    known = await house.db.first("SELECT 1 FROM staff WHERE staff_id = ?", staff_id)
    if known is None:
        raise Rejected(STAFF_NOT_FOUND, "There is no member of staff with this id.")
    expires_at = now_ms + RESET_CODE_LIFETIME_MS
    code, storing = second_factors.reset_code(house, staff_id, now_ms, expires_at)
    statements = (
        *second_factors.forgetting(staff_id),
        Statement("DELETE FROM recovery_codes WHERE subject_id = ?", (staff_id,)),
        storing,
    )

    async def plan() -> Action:
        return Action("staff.second_factor.reset", staff_id, {"reason": reason}, statements)

    await carry_out(house, actor, now_ms, plan)
    await end_all(house, staff_id, "staff", "second_factor_reset", now_ms)
    return ResetView(staff_id=staff_id, reset_code=code, expires_at=rfc3339(expires_at))
