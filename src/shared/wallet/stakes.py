"""A stake before it becomes a round: judged, funded, and the row of the round that it opens.

Checks stand in the order of `errors.BET_REJECTIONS`, after those of the gate and of the game. What
is placed here is what a rollback restores.
"""

from collections.abc import Sequence

from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.values import altered, value
from shared.wallet import errors
from shared.wallet.funding import GrantShares, Split, split_stake, with_shares
from shared.wallet.gates import (
    View,
    refuse_pace,
)
from shared.wallet.grants import (
    Judged,
    contribution,
    expire,
    refuse_stake_over_bonus_max,
    refuse_torn_bonus,
    with_progress,
)
from shared.wallet.limits import Usage, refuse_bet_over_limit
from shared.wallet.model import (
    Draft,
    GameSession,
    Grant,
    Head,
    Limit,
    Moment,
    Round,
)
from shared.wallet.profiles import bonus_profile


@value
class Standing:
    """What any bet is judged by. `grants` are the active ones, oldest first; there are none to
    look at while the bonus balance is nothing. `view` is what the gate must look at; None when the
    head says that it is open.
    """

    head: Head
    limits: Sequence[Limit]
    usage: Usage
    grants: Sequence[Grant]
    view: View | None


@value
class Placed:
    """A stake that may be taken: its funding, what it counts towards which grant, grants and usage
    once it is, and the events that come before it.
    """

    stake: Split
    usage: Usage
    counted: GrantShares = ()
    grants: tuple[Grant, ...] = ()
    drafts: tuple[Draft, ...] = ()

    def as_data(self) -> dict[str, object]:
        """What a BET says of its stake; `wagering` only when it counted."""
        told = self.stake.as_data()
        if self.counted:
            told["wagering"] = [list(share) for share in self.counted]
        return told


def place(
    standing: Standing, stake_minor: int, moment: Moment, game_id: str, session: GameSession | None
) -> Placed:
    """Judge a stake by the pace of its game, the player's limits, bonus terms and funds,
    and fund it. Grants that are past their time fund nothing: they are closed before the bet. Who
    owes (cash below zero after the return of a win) stakes nothing at all.

    Raises:
        Rejected: `stake_above_max` for bonus money that is being wagered, `round_too_fast`,
            `limit_time`, `limit_bet_count`, `limit_wager`, `limit_loss`, `insufficient_funds`, in
            this order.
    """
    head = standing.head
    before = expire(standing.grants, moment) if standing.grants else Judged(())
    refuse_stake_over_bonus_max(before.grants, stake_minor)
    refuse_pace(session, standing.usage.last_bet_at, moment.now_ms)
    usage = standing.usage if session is None else standing.usage.of_session(session)
    usage = usage.with_bet(stake_minor, moment.now_ms)
    refuse_bet_over_limit(standing.limits, usage, moment.now_ms, head.day_offset_ms)
    cash_minor = head.cash_minor + before.cash_delta
    spendable_minor = cash_minor + sum(grant.balance_minor for grant in before.grants)
    if cash_minor < 0 or stake_minor > spendable_minor:
        raise Rejected(
            errors.INSUFFICIENT_FUNDS,
            "the balance does not cover the stake",
            balance={"amount_minor": spendable_minor, "currency": head.currency},
        )
    if not standing.grants:
        if head.bonus_minor:
            raise InvariantBroken("grants", "there is bonus money without a grant")
        return Placed(Split(stake_minor, 0, ()), usage)
    refuse_torn_bonus(head, standing.grants)
    bonus_first = bonus_profile(head.jurisdiction).stake_order == "bonus_first"
    stake = split_stake(stake_minor, cash_minor, before.grants, bonus_first=bonus_first)
    counted = contribution(before.grants, game_id, stake_minor, moment.now_ms)
    taken = with_shares(before.grants, stake.grants, -1)
    return Placed(stake, usage, counted, with_progress(taken, counted, +1), before.drafts)


def opened_round(seq: int, bet: Draft, stake: Split, moment: Moment) -> Round:
    """The row of a round whose BET is the event `seq`."""
    assert bet.round_id is not None
    return Round(
        round_id=bet.round_id,
        opened_seq=seq,
        settled_seq=None,
        rolled_back_seq=None,
        stake_cash=stake.cash,
        stake_bonus=stake.bonus,
        stake_grants=stake.grants_json,
        payout_cash=0,
        payout_bonus=0,
        payout_grants="[]",
        bet_event_id=bet.event_id,
        win_event_id=None,
        opened_at=moment.now_ms,
        settled_at=None,
        rolled_back_at=None,
    )


def settled_round(opened: Round, seq: int, win: Draft, payout: Split, moment: Moment) -> Round:
    """The row of `opened` once its WIN is the event `seq`."""
    return altered(
        opened,
        settled_seq=seq,
        payout_cash=payout.cash,
        payout_bonus=payout.bonus,
        payout_grants=payout.grants_json,
        win_event_id=win.event_id,
        settled_at=moment.now_ms,
    )


def round_body(round_id: str, after: Head) -> dict[str, object]:
    """The answer to a bet, win or rollback of a round decided elsewhere."""
    return {
        "round_id": round_id,
        "cash_minor": after.cash_minor,
        "bonus_minor": after.bonus_minor,
        "seq": after.seq,
    }
