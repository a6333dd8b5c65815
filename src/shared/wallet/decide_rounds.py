"""Decisions that give money back: the win of a round decided elsewhere, and the rollback of any.

Nothing of the player's protection stands here: a win or refund is accepted however late, from any
session. A rollback restores the exact split of the stake, grant by grant, and the wagering that it
counted, and takes a win back in the same step. It refuses rather than leave a balance below zero,
unless the caller's dialect lets the player owe: only the return of a win may leave cash below zero,
and its event says so. Bonus money is never owed: what a grant has lost since is waived. A rollback
that arrives before its bet leaves a tombstone which the late bet meets, so the order of the two
does not matter.
"""

from collections.abc import Sequence

from shared.kernel.errors import Rejected
from shared.kernel.values import altered, value
from shared.wallet import errors
from shared.wallet.commands import Rollback, Win
from shared.wallet.funding import GrantShares, Split, split_of, split_payout, with_shares
from shared.wallet.gates import refuse_archived
from shared.wallet.grants import Judged, changed, judge, with_progress
from shared.wallet.limits import Usage
from shared.wallet.model import (
    DayUsage,
    Decision,
    Draft,
    Event,
    GameSession,
    Grant,
    Head,
    Moment,
    Round,
)
from shared.wallet.stakes import round_body, settled_round


def decide_win(
    head: Head,
    found: Round | None,
    usage: Usage,
    grants: Sequence[Grant],
    command: Win,
    moment: Moment,
) -> Decision:
    """Pay a round and close it; a win of nothing closes it too. `grants`: all of them when bonus
    money is in the round or in the wallet, else none.

    Raises:
        Rejected: `round_not_found`, `round_archived`, `round_rolled_back`, `round_closed`.
    """
    if found is None:
        raise Rejected(errors.ROUND_NOT_FOUND, "the round has no bet")
    refuse_archived(found)
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
    judged = judge(with_shares(grants, payout.grants, +1), moment, win)
    return Decision(
        answer=lambda after: round_body(found.round_id, after),
        drafts=(win, *judged.drafts),
        rows=(
            settled_round(found, head.seq + 1, win, payout, moment),
            usage.plus(won=command.amount_minor).today,
            *changed(grants, judged.grants),
        ),
    )


@value
class Played:
    """A round that may be rolled back, with the days and grants that it moved.

    `bet_day` and `win_day` are the rows of the days of its events; `counted` is the wagering that
    its bet made; `closing` is the event that rolled it back already, when one did; `session` is the
    game session that it was played in, None for a round decided elsewhere.
    """

    round: Round
    bet_day: DayUsage
    win_day: DayUsage
    grants: Sequence[Grant]
    counted: GrantShares
    closing: Event | None
    session: GameSession | None = None


def decide_rollback(
    head: Head, played: Played | None, command: Rollback, moment: Moment
) -> Decision:
    """Undo a round: the refund of its stake, then the return of its win.

    Raises:
        Rejected: `round_closed` when the dialect does not undo a round that had its win,
            `rollback_exceeds_balance`.
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
    if found.status == "settled" and not command.takes_win_back:
        raise Rejected(errors.ROUND_CLOSED, "the round has had its win")
    stake = split_of(found.stake_cash, found.stake_bonus, found.stake_grants)
    payout = split_of(found.payout_cash, found.payout_bonus, found.payout_grants)
    refund = _refund(found, stake, played.counted, command, moment)
    refunded = with_shares(played.grants, stake.grants, +1)
    judged = judge(with_progress(refunded, played.counted, -1), moment, refund, settles=False)
    drafts = [refund, *judged.drafts]
    grants = judged.grants
    if payout.total:
        cash_minor = head.cash_minor + stake.cash + judged.cash_delta
        back = _winnings(head, cash_minor, payout, judged, command)
        drafts.append(_return_of_win(found, back, cash_minor, command, moment))
        grants = with_shares(grants, back.taken.grants, -1)
    undone = altered(found, rolled_back_seq=head.seq + len(drafts), rolled_back_at=moment.now_ms)
    return Decision(
        answer=lambda after: round_body(found.round_id, after),
        drafts=tuple(drafts),
        rows=(
            undone,
            *_days_without(played, stake.total, payout.total),
            *_session_without(played.session, stake.total, payout.total),
            *changed(played.grants, grants),
        ),
    )


def _session_without(
    session: GameSession | None, stake_minor: int, payout_minor: int
) -> tuple[GameSession, ...]:
    """The game session as if the round had not been played. One that is older than its counters may
    not have counted the round.
    """
    if session is None:
        return ()
    return (
        altered(
            session,
            wagered_minor=max(0, session.wagered_minor - stake_minor),
            won_minor=max(0, session.won_minor - payout_minor),
            bets=max(0, session.bets - 1),
        ),
    )


@value
class _Winnings:
    """What of a win is taken back: `converted` is the part of `taken.cash` that was won as bonus,
    `waived` the part of the win that is not taken.
    """

    taken: Split
    converted: GrantShares
    waived: GrantShares


def _winnings(
    head: Head, cash_minor: int, payout: Split, judged: Judged, command: Rollback
) -> _Winnings:
    """From where a win comes back: from cash what a converted grant won, from nowhere what went
    back to the house with a closed grant.

    Raises:
        Rejected: `rollback_exceeds_balance`.
    """
    grants = {grant.grant_id: grant for grant in judged.grants}
    taken: list[tuple[str, int]] = []
    converted: list[tuple[str, int]] = []
    waived: list[tuple[str, int]] = []
    short = False
    for grant_id, amount in payout.grants:
        grant = grants[grant_id]
        if grant.status == "converted":
            converted.append((grant_id, amount))
            continue
        left = min(amount, grant.balance_minor)
        short = short or (left < amount and grant.status == "active")
        taken.append((grant_id, left))
        waived.append((grant_id, amount - left))
    cash = payout.cash + sum(amount for _, amount in converted)
    if (short or cash > cash_minor) and not command.may_owe:
        raise Rejected(
            errors.ROLLBACK_EXCEEDS_BALANCE,
            "the win was spent: taking it back would leave less than nothing",
            balance={"amount_minor": head.spendable_minor, "currency": head.currency},
        )
    shares = _some(taken)
    return _Winnings(
        Split(cash, sum(amount for _, amount in shares), shares), _some(converted), _some(waived)
    )


def _some(shares: Sequence[tuple[str, int]]) -> GrantShares:
    return tuple(share for share in shares if share[1])


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


def _refund(
    found: Round, stake: Split, counted: GrantShares, command: Rollback, moment: Moment
) -> Draft:
    wagering = {"wagering": [list(share) for share in counted]} if counted else {}
    return Draft(
        moment.new_id(),
        "ROLLBACK",
        {"of": "BET", "reason": command.reason, **stake.as_data(), **wagering},
        amount_minor=stake.total,
        cash_delta=stake.cash,
        bonus_delta=stake.bonus,
        round_id=found.round_id,
        causation_id=found.bet_event_id,
    )


def _return_of_win(
    found: Round, back: _Winnings, cash_minor: int, command: Rollback, moment: Moment
) -> Draft:
    """`negative` is the fact that an alert is raised on: the player owes `shortfall_minor`."""
    data: dict[str, object] = {
        "of": "WIN",
        "reason": command.reason,
        **back.taken.as_data(),
    }
    if back.converted:
        data["converted"] = [list(share) for share in back.converted]
    if back.waived:
        data["waived"] = [list(share) for share in back.waived]
    if back.taken.cash > cash_minor:
        data |= {"negative": True, "shortfall_minor": back.taken.cash - cash_minor}
    return Draft(
        moment.new_id(),
        "ROLLBACK",
        data,
        amount_minor=back.taken.total,
        cash_delta=-back.taken.cash,
        bonus_delta=-back.taken.bonus,
        round_id=found.round_id,
        causation_id=found.win_event_id,
    )


def _days_without(played: Played, stake_minor: int, payout_minor: int) -> tuple[DayUsage, ...]:
    """The days of the round as if it had not been played; the time spent on it stays spent."""
    bet_day = altered(
        played.bet_day,
        wagered_minor=played.bet_day.wagered_minor - stake_minor,
        bets=played.bet_day.bets - 1,
    )
    same_day = played.win_day.day == bet_day.day
    before = bet_day if same_day else played.win_day
    win_day = altered(before, won_minor=before.won_minor - payout_minor)
    return (win_day,) if same_day else (bet_day, win_day)
