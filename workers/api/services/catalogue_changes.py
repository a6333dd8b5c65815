"""A change of RTP: one person proposes a new version, another puts it in force.

Versions are immutable (GLI-19 A.6.1: an RTP change makes the game a new game in reports). The maker
can never be the checker; the database refuses it too. A version that would pay less than the
jurisdiction allows at any legal bet and stake cannot even be proposed.
"""

import json
from typing import Final

from views.ops import DecisionBody, GameVersionView, RtpBody

from services.audit import Action, carry_out
from services.container import House
from services.rows import integer
from shared.audit.errors import APPROVAL_DECIDED, APPROVAL_NOT_FOUND, MAKER_IS_CHECKER
from shared.games.catalogue import CATALOGUE
from shared.identity.model import Principal
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, Statement
from shared.rtp.bounds import check_rtp, check_version, parse_rtp, percent_of_bps

# Every statement of a decision asks that the approval is still pending, and the approval itself
# moves last: of two deciders at once, the second changes nothing.
_RETIRE: Final = """
UPDATE game_versions SET status = 'retired' WHERE game_id = ? AND status = 'active'
AND EXISTS (SELECT 1 FROM approvals WHERE approval_id = ? AND status = 'pending')
"""
_PUT_IN_FORCE: Final = """
UPDATE game_versions SET status = 'active', activated_at = ? WHERE game_id = ? AND version = ?
AND EXISTS (SELECT 1 FROM approvals WHERE approval_id = ? AND status = 'pending')
"""
_TURN_DOWN: Final = """
UPDATE game_versions SET status = 'rejected' WHERE game_id = ? AND version = ?
AND EXISTS (SELECT 1 FROM approvals WHERE approval_id = ? AND status = 'pending')
"""
_DECIDE: Final = """
UPDATE approvals SET status = ?, checker_id = ?, decided_at = ?, decision_reason = ?
WHERE approval_id = ? AND status = 'pending'
"""


async def propose_rtp(
    house: House, maker: Principal, game_id: str, body: RtpBody, now_ms: int
) -> GameVersionView:
    """A pending version with another RTP, and the approval it waits for.

    Raises:
        Rejected: GAME_NOT_FOUND, or a rule of `shared.rtp` on the RTP.
    """
    rtp_bps = parse_rtp(body.rtp)
    game = await house.games.get_now(game_id, now_ms)
    check_rtp(house.settings.jurisdiction, rtp_bps)
    worst = CATALOGUE.worst_case(game_id, rtp_bps, game.min_stake_minor, game.max_stake_minor)
    check_version(house.settings.jurisdiction, rtp_bps, worst)
    approval_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))

    async def plan() -> Action:
        return await _proposal(house, maker, game_id, rtp_bps, body.reason, approval_id, now_ms)

    action, _ = await carry_out(house, maker, now_ms, plan)
    return GameVersionView(
        game_id=game_id,
        version=integer(action.data["version"]),
        rtp_target=percent_of_bps(rtp_bps),
        status="pending",
        approval_id=approval_id,
    )


async def _proposal(
    house: House,
    maker: Principal,
    game_id: str,
    rtp_bps: int,
    reason: str,
    approval_id: str,
    now_ms: int,
) -> Action:
    """The next version. Of two proposals at once, the loser is asked again and takes the next."""
    row = await house.db.first(
        "SELECT max(version) AS newest FROM game_versions WHERE game_id = ?", game_id
    )
    assert row is not None
    version = integer(row["newest"]) + 1
    subject = {"game_id": game_id, "version": version, "rtp_bps": rtp_bps}
    pending_version = Statement(
        "INSERT INTO game_versions (game_id, version, name, kind, rtp_bps, min_stake_minor, "
        "max_stake_minor, status, created_by, reason, created_at) "
        "SELECT game_id, ?, name, kind, ?, min_stake_minor, max_stake_minor, 'pending', ?, ?, ? "
        "FROM game_versions WHERE game_id = ? AND status = 'active'",
        (version, rtp_bps, maker.subject_id, reason, now_ms, game_id),
    )
    approval = Statement(
        "INSERT INTO approvals (approval_id, kind, subject, maker_id, reason, status, created_at) "
        "VALUES (?, 'game_version', ?, ?, ?, 'pending', ?)",
        (approval_id, json.dumps(subject), maker.subject_id, reason, now_ms),
    )
    return Action(
        "game.rtp.propose",
        f"{game_id}@{version}",
        {"version": version, "rtp_bps": rtp_bps, "reason": reason, "approval_id": approval_id},
        (pending_version, approval),
    )


async def decide_approval(
    house: House, checker: Principal, approval_id: str, body: DecisionBody, now_ms: int
) -> Record:
    """The approval after the decision; an approved game version is in force for new sessions.

    Raises:
        Rejected: APPROVAL_NOT_FOUND, MAKER_IS_CHECKER, APPROVAL_DECIDED.
    """
    approval = await _approval(house, approval_id)
    if approval["maker_id"] == checker.subject_id:
        raise Rejected(MAKER_IS_CHECKER, "You proposed this; a second person must decide.")
    if approval["status"] != "pending":
        raise Rejected(APPROVAL_DECIDED, f"It was {approval['status']!s} already.")
    subject = json.loads(str(approval["subject"]))
    outcome = "approved" if body.decision == "approve" else "rejected"
    game_id, version = subject["game_id"], subject["version"]
    if outcome == "approved":
        changes = [
            Statement(_RETIRE, (game_id, approval_id)),
            Statement(_PUT_IN_FORCE, (now_ms, game_id, version, approval_id)),
        ]
    else:
        changes = [Statement(_TURN_DOWN, (game_id, version, approval_id))]
    decision = (outcome, checker.subject_id, now_ms, body.reason, approval_id)
    action = Action(
        f"approval.{body.decision}",
        approval_id,
        {"subject": subject, "reason": body.reason},
        (*changes, Statement(_DECIDE, decision)),
    )

    async def plan() -> Action:
        return action

    _, decided = await carry_out(house, checker, now_ms, plan)
    if not decided:
        raise Rejected(APPROVAL_DECIDED, "Somebody decided this a moment ago.")
    if outcome == "approved":
        await house.games.refresh(now_ms)
    return await _approval(house, approval_id)


async def _approval(house: House, approval_id: str) -> Record:
    row = await house.db.first("SELECT * FROM approvals WHERE approval_id = ?", approval_id)
    if row is None:
        raise Rejected(APPROVAL_NOT_FOUND, "There is no approval with this id.")
    return row
