"""The second person: decides what another proposed, and has it carried out.

The maker can never be the checker; the database refuses it too. What a decision changes in D1 moves
in its transaction. What a wallet does comes after it, under the approval's id as the idempotency
key, so it happens once however often it is asked for; when the wallet gave no answer, or refused
for a cause that may pass, the checker sends the same decision again, while the proposal holds. Who
may decide a kind may read its proposals, and who only watches reads all.
"""

import json
from collections.abc import Iterable
from typing import Final

from views.ops import DecisionBody

from services import catalogue_changes, kyc_rulings, ledger_ops
from services.audit import Action, carry_out
from services.container import House
from services.personal_data import log_page
from services.proposals import Approved, Kind, Outcome
from services.rows import integer
from shared.audit.errors import (
    APPROVAL_DECIDED,
    APPROVAL_EXPIRED,
    APPROVAL_NOT_FOUND,
    MAKER_IS_CHECKER,
)
from shared.identity.errors import FORBIDDEN
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.platform.ports import Record, Statement

KINDS: Final[dict[str, Kind]] = {
    "game_version": catalogue_changes.GAME_VERSION,
    "adjustment": ledger_ops.ADJUSTMENT,
    "wallet_release": ledger_ops.WALLET_RELEASE,
    "bonus": ledger_ops.BONUS,
    "kyc_override": kyc_rulings.KYC_OVERRIDE,
}

_WATCHERS: Final = frozenset({"auditor", "regulator"})

# The approval moves last: of two deciders at once, the second changes nothing.
_DECIDE: Final = """
UPDATE approvals SET status = ?, checker_id = ?, decided_at = ?, decision_reason = ?
WHERE approval_id = ? AND status = 'pending'
"""
_CARRIED_OUT: Final = """
UPDATE approvals SET carried_out_at = ?, refusal = ? WHERE approval_id = ?
AND carried_out_at IS NULL
"""
# What was approved, cut off, and is over now holds nothing up any more.
_OVER: Final = """
UPDATE approvals SET refusal = ? WHERE approval_id = ? AND status = 'approved'
AND carried_out_at IS NULL AND refusal IS NULL
"""
# Whoever erases the player meanwhile sees that something is on its way to the wallet again.
_AGAIN: Final = "UPDATE approvals SET refusal = NULL WHERE approval_id = ? AND refusal IS NOT NULL"


def readable_kinds(principal: Principal) -> list[str]:
    """The kinds whose proposals somebody may read."""
    if principal.role in _WATCHERS:
        return sorted(KINDS)
    return sorted(name for name, kind in KINDS.items() if principal.role in kind.deciders)


async def log_readers(
    house: House, reader: Principal, approvals: Iterable[Record], now_ms: int
) -> None:
    """Who reads what two people say about a person is in the log of looks, before it is shown."""
    about = {
        str(json.loads(str(row["subject"]))["player_id"])
        for row in approvals
        if KINDS[str(row["kind"])].keeps_words
    }
    await log_page(house, reader, about, "approvals", now_ms)


async def decide_approval(
    house: House, checker: Principal, approval_id: str, body: DecisionBody, now_ms: int
) -> Record:
    """The approval after the decision and, when it was approved, after it was carried out.

    Raises:
        Rejected: APPROVAL_NOT_FOUND, FORBIDDEN, MAKER_IS_CHECKER, APPROVAL_EXPIRED,
            APPROVAL_DECIDED.
        Unreachable: the decision stands and the wallet gave no answer; send it again.
    """
    approval = await _approval(house, approval_id)
    kind = KINDS[str(approval["kind"])]
    if checker.role not in kind.deciders:
        raise Rejected(FORBIDDEN, f"This role does not decide a {approval['kind']!s}.")
    if approval["maker_id"] == checker.subject_id:
        raise Rejected(MAKER_IS_CHECKER, "You proposed this; a second person must decide.")
    is_sent_again = _waits_to_be_done(approval, body)
    if approval["status"] != "pending" and not is_sent_again:
        raise Rejected(APPROVAL_DECIDED, f"It was {approval['status']!s} already.")
    if body.decision == "approve" and _is_over(approval, kind, now_ms):
        await house.db.execute(_OVER, APPROVAL_EXPIRED.code, approval_id)
        raise Rejected(APPROVAL_EXPIRED, "It was proposed too long ago; propose it anew.")
    if not is_sent_again:
        await _decide(house, checker, approval, kind, body, now_ms)
        approval = await _approval(house, approval_id)
    if approval["status"] == "approved":
        await house.db.execute(_AGAIN, approval_id)
        refusal = await kind.carry_out(house, _approved(approval), now_ms)
        done_at = now_ms if refusal is None else None
        await house.db.execute(_CARRIED_OUT, done_at, refusal, approval_id)
    return await _approval(house, approval_id)


async def _decide(
    house: House,
    checker: Principal,
    approval: Record,
    kind: Kind,
    body: DecisionBody,
    now_ms: int,
) -> None:
    approval_id, subject = str(approval["approval_id"]), json.loads(str(approval["subject"]))
    outcome: Outcome = "approved" if body.decision == "approve" else "rejected"
    decision = (outcome, checker.subject_id, now_ms, body.reason, approval_id)
    told = {"subject": subject} if kind.keeps_words else {"subject": subject, "reason": body.reason}
    action = Action(
        f"approval.{body.decision}",
        approval_id,
        told,
        (
            *kind.statements(subject, approval_id, outcome, now_ms),
            Statement(_DECIDE, decision),
        ),
    )

    async def plan() -> Action:
        return action

    _, decided = await carry_out(house, checker, now_ms, plan)
    if not decided:
        raise Rejected(APPROVAL_DECIDED, "Somebody decided this a moment ago.")


def _waits_to_be_done(approval: Record, body: DecisionBody) -> bool:
    """True when somebody approved it and it has not been carried out. Whoever may decide may send
    it again: its checker may have left the house, and the decision stays theirs.
    """
    return (
        body.decision == "approve"
        and approval["status"] == "approved"
        and approval["carried_out_at"] is None
    )


def _is_over(approval: Record, kind: Kind, now_ms: int) -> bool:
    return kind.holds_ms is not None and now_ms - integer(approval["created_at"]) >= kind.holds_ms


def _approved(approval: Record) -> Approved:
    return Approved(
        approval_id=str(approval["approval_id"]),
        subject=json.loads(str(approval["subject"])),
        maker_id=str(approval["maker_id"]),
        checker_id=str(approval["checker_id"]),
        reason=str(approval["reason"]),
    )


async def _approval(house: House, approval_id: str) -> Record:
    row = await house.db.first("SELECT * FROM approvals WHERE approval_id = ?", approval_id)
    if row is None:
        raise Rejected(APPROVAL_NOT_FOUND, "There is no approval with this id.")
    return row
