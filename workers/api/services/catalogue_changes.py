"""A change of RTP: one person proposes a new version, another puts it in force.

Versions are immutable (GLI-19 A.6.1: an RTP change makes the game a new game in reports). The maker
can never be the checker; the database refuses it too. A version that would pay less than the
jurisdiction allows at any legal bet and stake cannot even be proposed.
"""

import json
from typing import Final

from views.ops import GameVersionView, RtpBody

from services.audit import Action, carry_out
from services.container import House
from services.proposals import Approved, Kind, Outcome, Subject
from services.rows import integer
from shared.games.catalogue import CATALOGUE
from shared.identity.model import Principal
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Statement
from shared.rtp.bounds import check_rtp, check_version, parse_rtp, percent_of_bps

# Every statement of a decision asks that the approval is still pending, because of two deciders at
# once the second must change nothing.
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


def _statements(
    subject: Subject, approval_id: str, outcome: Outcome, now_ms: int
) -> tuple[Statement, ...]:
    game_id, version = subject["game_id"], subject["version"]
    if outcome == "rejected":
        return (Statement(_TURN_DOWN, (game_id, version, approval_id)),)
    return (
        Statement(_RETIRE, (game_id, approval_id)),
        Statement(_PUT_IN_FORCE, (now_ms, game_id, version, approval_id)),
    )


async def _announce(house: House, _approved: Approved, now_ms: int) -> str | None:
    """An approved version is in force for new sessions."""
    await house.games.refresh(now_ms)
    return None


GAME_VERSION: Final = Kind(
    frozenset({"game_ops", "finance", "admin"}), statements=_statements, carry_out=_announce
)
