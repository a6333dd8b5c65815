"""Decisions that give money back: the win of a round decided elsewhere, and the rollback of any.

Nothing of the player's protection stands here: a win or refund is accepted however late, from any
session. A rollback restores the exact split of the stake, grant by grant, and takes a win back in
the same step; it refuses rather than leave a balance below zero. A rollback that arrives before its
bet leaves a tombstone which the late bet meets, so the order of the two does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.kernel.errors import Rejected
from shared.wallet import errors
from shared.wallet.commands import Rollback, Win
from shared.wallet.decide_play import round_body, settled_round
from shared.wallet.funding import Split, split_of, split_payout, with_shares
from shared.wallet.limits import Usage
from shared.wallet.model import DayUsage, Decision, Draft, Event, Grant, Head, Moment, Round


def decide_win(
    head: Head,
    found: Round | None,
    usage: Usage,
    grants: Sequence[Grant],
    command: Win,
    moment: Moment,
) -> Decision:
    """Pay a round and close it; a win of nothing closes it too. `grants`: those of the stake.

    Raises:
        Rejected: `round_not_found`, `round_rolled_back`, `round_closed`.
    """
    if found is None:
        raise Rejected(errors.ROUND_NOT_FOUND, "the round has no bet")
    if found.status == "rolled_back":
        raise Rejected(errors.ROUND_ROLLED_BACK, "the round was rolled back")
    if found.status == "settled":
        raise Rejected(errors.ROUND_CLOSED, "the round has had its win")
    stake = split_of(found.stake_cash, found.stake_bonus, found.stake_grants)
    payout = split_payout(command.amount_minor, stake)
    win = Draft(
        moment.new_id(),
        "WIN",
        payout.as_data(),
        amount_minor=command.amount_minor,
        cash_delta=payout.cash,
        bonus_delta=payout.bonus,
        round_id=found.round_id,
        causation_id=found.bet_event_id,
    )
    return Decision(
        answer=lambda after: round_body(found.round_id, after),
        drafts=(win,),
        rows=(
            settled_round(found, head.seq + 1, win, payout, moment),
            usage.plus(won=command.amount_minor).today,
            *with_shares(grants, payout.grants, +1),
        ),
    )


@dataclass(frozen=True, slots=True)
class Played:
    """A round that may be rolled back, with the days and grants that it moved.

    `bet_day` and `win_day` are the rows of the days of its events; `closing` is the event that
    rolled it back already, when one did.
    """

    round: Round
    bet_day: DayUsage
    win_day: DayUsage
    grants: Sequence[Grant]
    closing: Event | None


def decide_rollback(
    head: Head, played: Played | None, command: Rollback, moment: Moment
) -> Decision:
    """Undo a round: the refund of its stake, then the return of its win.

    Raises:
        Rejected: `rollback_exceeds_balance`.
    """
    if played is None:
        return _tombstone(head, command, moment)
    if played.closing is not None:
        body: dict[str, object] = {
            "round_id": played.round.round_id,
            "cash_minor": played.closing.cash_after,
            "bonus_minor": played.closing.bonus_after,
            "seq": played.closing.seq,
        }
        return Decision(answer=lambda _: body)
    found = played.round
    stake = split_of(found.stake_cash, found.stake_bonus, found.stake_grants)
    payout = split_of(found.payout_cash, found.payout_bonus, found.payout_grants)
    grants = with_shares(with_shares(played.grants, stake.grants, +1), payout.grants, -1)
    short = (
        head.cash_minor + stake.cash < payout.cash
        or head.bonus_minor + stake.bonus < payout.bonus
        or any(grant.balance_minor < 0 for grant in grants)
    )
    if short:
        raise Rejected(
            errors.ROLLBACK_EXCEEDS_BALANCE,
            "the win was spent: taking it back would leave less than nothing",
            balance={"amount_minor": head.spendable_minor, "currency": head.currency},
        )
    drafts = [_refund(found, stake, command, moment)]
    if payout.total:
        drafts.append(_return_of_win(found, payout, command, moment))
    undone = replace(found, rolled_back_seq=head.seq + len(drafts), rolled_back_at=moment.now_ms)
    return Decision(
        answer=lambda after: round_body(found.round_id, after),
        drafts=tuple(drafts),
        rows=(undone, *_days_without(played, stake.total, payout.total), *grants),
    )


def _tombstone(head: Head, command: Rollback, moment: Moment) -> Decision:
    draft = Draft(
        moment.new_id(),
        "ROLLBACK",
        {"of": "NONE", "reason": command.reason},
        round_id=command.round_id,
    )
    seq = head.seq + 1
    tombstone = Round(
        round_id=command.round_id,
        opened_seq=seq,
        settled_seq=None,
        rolled_back_seq=seq,
        stake_cash=0,
        stake_bonus=0,
        stake_grants="[]",
        payout_cash=0,
        payout_bonus=0,
        payout_grants="[]",
        bet_event_id=None,
        win_event_id=None,
        opened_at=moment.now_ms,
        settled_at=None,
        rolled_back_at=moment.now_ms,
    )
    return Decision(
        answer=lambda after: round_body(command.round_id, after), drafts=(draft,), rows=(tombstone,)
    )


def _refund(found: Round, stake: Split, command: Rollback, moment: Moment) -> Draft:
    return Draft(
        moment.new_id(),
        "ROLLBACK",
        {"of": "BET", "reason": command.reason, **stake.as_data()},
        amount_minor=stake.total,
        cash_delta=stake.cash,
        bonus_delta=stake.bonus,
        round_id=found.round_id,
        causation_id=found.bet_event_id,
    )


def _return_of_win(found: Round, payout: Split, command: Rollback, moment: Moment) -> Draft:
    return Draft(
        moment.new_id(),
        "ROLLBACK",
        {"of": "WIN", "reason": command.reason, **payout.as_data()},
        amount_minor=payout.total,
        cash_delta=-payout.cash,
        bonus_delta=-payout.bonus,
        round_id=found.round_id,
        causation_id=found.win_event_id,
    )


def _days_without(played: Played, stake_minor: int, payout_minor: int) -> tuple[DayUsage, ...]:
    """The days of the round as if it had not been played; the time spent on it stays spent."""
    bet_day = replace(
        played.bet_day,
        wagered_minor=played.bet_day.wagered_minor - stake_minor,
        bets=played.bet_day.bets - 1,
    )
    same_day = played.win_day.day == bet_day.day
    before = bet_day if same_day else played.win_day
    win_day = replace(before, won_minor=before.won_minor - payout_minor)
    return (win_day,) if same_day else (bet_day, win_day)
