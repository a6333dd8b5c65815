"""What the desk does to a wallet by two people: adjust cash, grant a bonus, release it.

A proposal changes no wallet. Once approved it is one command under the approval's id, built from
the stored approval alone: asked for again it is the same request, and the wallet does it once.
"""

import json
from typing import Final

from services.container import House
from services.proposals import Approved, Kind, Outcome, Proposal, Subject
from shared.identity.errors import ACCOUNT_CLOSED, PLAYER_NOT_FOUND
from shared.identity.model import Role
from shared.kernel.errors import Rejected
from shared.platform.ports import Statement
from shared.wallet.answer import decode_answer

_WAKE: Final = """
UPDATE offboardings SET next_at = min(next_at, ?) WHERE escheat_approval_id = ?
AND next_at IS NOT NULL
"""
# An off-boarding that goes on pays out what comes; from any other closed account nothing leaves.
_NOBODY_PAYS_OUT: Final = """
SELECT 1 FROM players AS p WHERE p.player_id = ? AND p.status = 'closed' AND NOT EXISTS (
  SELECT 1 FROM offboardings AS o WHERE o.player_id = p.player_id AND o.next_at IS NOT NULL)
"""
_MONEY_DESK: Final[frozenset[Role]] = frozenset({"finance", "admin"})


async def _command(
    house: House, kind: str, approved: Approved, payload: dict[str, object]
) -> str | None:
    """The code of the wallet's refusal; None when the command is done."""
    answer = decode_answer(
        await house.wallets.execute(
            str(approved.subject["player_id"]), kind, approved.approval_id, "", json.dumps(payload)
        )
    )
    if answer.status >= 500:
        raise RuntimeError(f"the wallet failed at a {kind}")
    return None if answer.status < 400 else str(json.loads(answer.body)["code"])


def _two_people(approved: Approved) -> dict[str, object]:
    return {
        "approval_id": approved.approval_id,
        "maker_id": approved.maker_id,
        "checker_id": approved.checker_id,
        "reason": approved.reason,
    }


async def _closed(house: House, approved: Approved) -> str | None:
    """The code that refuses a credit to an account that is closed for good."""
    closed = await house.db.first(_NOBODY_PAYS_OUT, approved.subject["player_id"])
    return None if closed is None else ACCOUNT_CLOSED.code


async def _adjust(house: House, approved: Approved, _now_ms: int) -> str | None:
    if approved.subject["direction"] == "credit" and (code := await _closed(house, approved)):
        return code
    moved = {name: approved.subject[name] for name in ("direction", "amount_minor", "currency")}
    return await _command(house, "adjustment", approved, {**_two_people(approved), **moved})


async def _release(house: House, approved: Approved, _now_ms: int) -> str | None:
    return await _command(house, "unfreeze", approved, _two_people(approved))


async def _grant(house: House, approved: Approved, _now_ms: int) -> str | None:
    """The grant has the approval's id, so that it can be found from either side."""
    if code := await _closed(house, approved):
        return code
    granted = {name: approved.subject[name] for name in ("amount_minor", "currency", "terms")}
    payload = {"grant_id": approved.approval_id, "reason": approved.reason, **granted}
    return await _command(house, "bonus_credit", approved, payload)


def _look_at_the_case(
    _subject: Subject, approval_id: str, _outcome: Outcome, now_ms: int
) -> list[Statement]:
    """An off-boarding that waits for this decision is looked at by the next tick."""
    return [Statement(_WAKE, (now_ms, approval_id))]


ADJUSTMENT: Final = Kind(_MONEY_DESK, _look_at_the_case, _adjust)
WALLET_RELEASE: Final = Kind(_MONEY_DESK, carry_out=_release)
BONUS: Final = Kind(_MONEY_DESK, carry_out=_grant)


async def proposal_about(
    house: House, kind: str, player_id: str, reason: str, subject: dict[str, object]
) -> Proposal:
    """A proposal about a wallet; amounts are of the wallet's currency.

    Raises:
        Rejected: PLAYER_NOT_FOUND.
    """
    player = await house.db.first("SELECT currency FROM players WHERE player_id = ?", player_id)
    if player is None:
        raise Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
    told = {"player_id": player_id, **subject}
    if "amount_minor" in subject:
        told["currency"] = player["currency"]
    return Proposal(kind, f"wallet.{kind}.propose", player_id, told, reason)
