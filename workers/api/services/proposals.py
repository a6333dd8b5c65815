"""What one person proposes and another must decide: the proposal, and what a kind of it does.

A `Kind` says who may decide, which statements belong into the transaction of the decision, and what
is carried out elsewhere once it is approved. `services.approvals` knows all kinds.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from services.audit import Action, carry_out
from services.container import House
from shared.identity.model import Principal, Role
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, Statement
from shared.wallet.errors import IDEMPOTENCY_KEY_CONFLICT

type Subject = Mapping[str, Any]
Outcome = Literal["approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved proposal, with the two people of it."""

    approval_id: str
    subject: Subject
    maker_id: str
    checker_id: str
    reason: str


async def _nothing(_house: House, _approved: Approved, _now_ms: int) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """`statements(subject, approval_id, outcome, now_ms)` move with the decision; `carry_out` is
    done after it, may be done again, and gives the code of a refusal. `keeps_words`: the reasons of
    both people stay with the approval and are not in the log of actions, which nobody can correct
    or erase: they are about a person, not about money or a game, and who reads them is logged.
    `holds_ms`: after this time since the proposal nobody approves it, or sends it again; None: it
    waits, because what it is about does not grow old, or the wallet asks its own state.
    """

    deciders: frozenset[Role]
    statements: Callable[[Subject, str, Outcome, int], Sequence[Statement]] = lambda *_: ()
    carry_out: Callable[[House, Approved, int], Awaitable[str | None]] = _nothing
    keeps_words: bool = False
    holds_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants done. `action` and `about` are how the log of actions tells it; `seen` is
    what there was to see when it was proposed: it becomes part of the subject, and the same
    proposal sent again is the same although there is more to see by then. `keeps_words` as of its
    `Kind`.
    """

    kind: str
    action: str
    about: str
    subject: Subject
    reason: str
    seen: Subject = field(default_factory=dict)
    keeps_words: bool = False


class _AlreadyProposed(Exception):
    def __init__(self, row: Record) -> None:
        super().__init__()
        self.row = row


async def propose(
    house: House, maker: Principal, key: str, proposal: Proposal, now_ms: int
) -> tuple[Record, bool]:
    """The pending approval, and whether it was proposed under this key before.

    Raises:
        Rejected: IDEMPOTENCY_KEY_CONFLICT when the key was used for another proposal.
    """
    approval_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    whole = {**proposal.seen, **proposal.subject}
    subject = json.dumps(whole, sort_keys=True)

    async def plan() -> Action:
        known = await house.db.first(
            "SELECT * FROM approvals WHERE maker_id = ? AND proposal_key = ?",
            maker.subject_id,
            key,
        )
        if known is not None:
            raise _AlreadyProposed(known)
        values = (approval_id, proposal.kind, subject, maker.subject_id, proposal.reason, now_ms)
        insertion = Statement(
            "INSERT INTO approvals (approval_id, kind, subject, maker_id, reason, status, "
            "created_at, proposal_key) VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)",
            (*values, key),
        )
        told = {**whole, "approval_id": approval_id}
        if not proposal.keeps_words:
            told["reason"] = proposal.reason
        return Action(proposal.action, proposal.about, told, (insertion,))

    try:
        await carry_out(house, maker, now_ms, plan)
    except _AlreadyProposed as again:
        row = again.row
        asked = {
            name: told
            for name, told in json.loads(str(row["subject"])).items()
            if name not in proposal.seen
        }
        if (row["kind"], asked, row["reason"]) != (
            proposal.kind,
            dict(proposal.subject),
            proposal.reason,
        ):
            raise Rejected(
                IDEMPOTENCY_KEY_CONFLICT, "The key was used for another proposal."
            ) from None
        return row, True
    row_now = await house.db.first("SELECT * FROM approvals WHERE approval_id = ?", approval_id)
    assert row_now is not None
    return row_now, False
