"""Decisions that stake money: a round of the house's own games, and a bet decided elsewhere.

A house round is one command: the draw, the BET and the WIN that closes it, also with nothing, are
appended together or not at all, and the nonce moves with them. Checks stand in the order of
`errors.BET_REJECTIONS`; the outcome sees the draw and the game's version, never the balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.values import value
from shared.wallet import errors, seeds
from shared.wallet.commands import Bet, GameInForce, Play
from shared.wallet.funding import GrantShares, Split, split_payout, split_stake, with_shares
from shared.wallet.gates import (
    IDLE_SESSION_MS,
    View,
    refuse_barred,
    refuse_elsewhere,
    refuse_frozen,
    refuse_idle,
    refuse_pace,
    refuse_unanswered,
)
from shared.wallet.grants import (
    Judged,
    changed,
    contribution,
    expire,
    judge,
    refuse_stake_over_bonus_max,
    refuse_torn_bonus,
    with_progress,
)
from shared.wallet.limits import Usage, refuse_bet_over_limit, warnings
from shared.wallet.model import (
    Decision,
    Draft,
    GameSession,
    Grant,
    Head,
    Limit,
    Moment,
    Round,
    Row,
    Seed,
)
from shared.wallet.ports import GameRules
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


def decide_play(
    standing: Standing,
    session: GameSession | None,
    seed: Seed,
    in_force: Mapping[str, GameInForce],
    command: Play,
    moment: Moment,
    games: GameRules,
) -> Decision:
    """One round of a house game: bet, draw, settle.

    Raises:
        Rejected: any of `errors.BET_REJECTIONS`, in that order; `game_session_not_found` stands
            with `session_expired`.
    """
    head, view, now_ms = standing.head, standing.view, moment.now_ms
    refuse_frozen(head)
    refuse_barred(view, now_ms)
    refuse_idle(head, view, now_ms)
    session = _running(session, now_ms)
    refuse_elsewhere(view, now_ms)
    refuse_unanswered(view, now_ms)
    _refuse_not_in_force(session, in_force)
    rotation = seeds.rotate_if_due(seed, moment)
    current = rotation.current
    stake_minor = command.stake_minor
    payout_minor, outcome = games.outcome(
        session.game_id,
        session.rtp_bps,
        stake_minor,
        command.params,
        current.server_seed,
        current.client_seed,
        current.nonce,
    )
    _refuse_stake(session, stake_minor)
    placed = place(standing, stake_minor, moment, session.game_id, session)
    payout = split_payout(payout_minor, placed.stake)
    usage = placed.usage.plus(won=payout_minor)

    fairness = seeds.current_body(current)
    told = {"game_id": session.game_id, "session_id": session.session_id}
    bet = Draft(
        moment.new_id(),
        "BET",
        {**told, "params": command.params, "fairness": fairness, **placed.as_data()},
        amount_minor=stake_minor,
        cash_delta=-placed.stake.cash,
        bonus_delta=-placed.stake.bonus,
        round_id=moment.new_id(),
        game_version=str(session.game_version),
    )
    win = Draft(
        moment.new_id(),
        "WIN",
        {**told, "outcome": outcome, **payout.as_data()},
        amount_minor=payout_minor,
        cash_delta=payout.cash,
        bonus_delta=payout.bonus,
        round_id=bet.round_id,
        game_version=bet.game_version,
        causation_id=bet.event_id,
    )
    before = (*rotation.drafts, *placed.drafts)
    opened = opened_round(head.seq + len(before) + 1, bet, placed.stake, moment)
    settled = settled_round(opened, opened.opened_seq + 1, win, payout, moment)
    judged = judge(with_shares(placed.grants, payout.grants, +1), moment, win)
    drawn = replace(current, nonce=current.nonce + 1)
    rows: list[Row] = [
        settled,
        played(session, usage),
        drawn,
        usage.today,
        *changed(standing.grants, judged.grants),
    ]
    if rotation.revealed is not None:
        rows.insert(0, rotation.revealed)

    def answer(after: Head) -> dict[str, object]:
        return {
            "round_id": settled.round_id,
            "status": "settled",
            "game_id": session.game_id,
            "game_version": session.game_version,
            "stake_minor": stake_minor,
            "payout_minor": payout_minor,
            "outcome": outcome,
            "fairness": fairness,
            "wallet": {
                "cash_minor": after.cash_minor,
                "bonus_minor": after.bonus_minor,
                "seq": after.seq,
            },
            "warnings": warnings(standing.limits, usage),
        }

    return Decision(answer, (*before, bet, win, *judged.drafts), tuple(rows), status=201)


def decide_bet(standing: Standing, found: Round | None, command: Bet, moment: Moment) -> Decision:
    """Take the stake of a round that is decided elsewhere; the round stays open for its win.

    Raises:
        Rejected: `wallet_frozen`, the gate, then `round_open`, `round_closed` or
            `round_rolled_back` for a round that is known, the limits, `insufficient_funds`.
    """
    head, view, now_ms = standing.head, standing.view, moment.now_ms
    refuse_frozen(head)
    refuse_barred(view, now_ms)
    refuse_idle(head, view, now_ms)
    refuse_elsewhere(view, now_ms)
    refuse_unanswered(view, now_ms)
    if found is not None:
        problem = {
            "open": errors.ROUND_OPEN,
            "settled": errors.ROUND_CLOSED,
            "rolled_back": errors.ROUND_ROLLED_BACK,
        }[found.status]
        raise Rejected(problem, "the round has had its bet")
    placed = place(standing, command.amount_minor, moment, command.game_id, None)
    bet = Draft(
        moment.new_id(),
        "BET",
        {"game_id": command.game_id, **placed.as_data()},
        amount_minor=command.amount_minor,
        cash_delta=-placed.stake.cash,
        bonus_delta=-placed.stake.bonus,
        round_id=command.round_id,
    )
    return Decision(
        answer=lambda after: round_body(command.round_id, after),
        drafts=(*placed.drafts, bet),
        rows=(
            opened_round(head.seq + len(placed.drafts) + 1, bet, placed.stake, moment),
            placed.usage.today,
            *changed(standing.grants, placed.grants),
        ),
    )


def place(
    standing: Standing, stake_minor: int, moment: Moment, game_id: str, session: GameSession | None
) -> Placed:
    """Judge a stake by the pace of its game session, the player's limits, bonus terms and funds,
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
    refuse_pace(session, moment.now_ms)
    usage = standing.usage if session is None else standing.usage.of_session(session)
    usage = usage.with_bet(stake_minor, moment.now_ms)
    refuse_bet_over_limit(standing.limits, usage, moment.now_ms)
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
    return replace(
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


def played(session: GameSession, usage: Usage) -> GameSession:
    """The game session with the round that is in `usage`."""
    assert usage.session is not None
    totals = usage.session.totals
    return replace(
        session,
        last_active_at=usage.session.last_active_at,
        wagered_minor=totals.wagered_minor,
        won_minor=totals.won_minor,
        bets=totals.bets,
        play_ms=totals.play_ms,
    )


def _running(session: GameSession | None, now_ms: int) -> GameSession:
    if session is None:
        raise Rejected(errors.GAME_SESSION_NOT_FOUND, "there is no such game session")
    if now_ms - session.last_active_at > IDLE_SESSION_MS:
        raise Rejected(errors.SESSION_EXPIRED, "the game session was idle for over 30 minutes")
    return session


def _refuse_not_in_force(session: GameSession, in_force: Mapping[str, GameInForce]) -> None:
    game = in_force.get(session.game_id)
    if game is None or not game.enabled:
        raise Rejected(errors.GAME_DISABLED, f"{session.game_id} is switched off")
    # An older one is an edge that has not heard of this version yet, and says nothing against it.
    if game.version > session.game_version:
        raise Rejected(
            errors.GAME_VERSION_RETIRED,
            f"version {session.game_version} of {session.game_id} is no longer in force",
        )


def _refuse_stake(session: GameSession, stake_minor: int) -> None:
    if stake_minor < session.min_stake_minor:
        raise Rejected(errors.STAKE_BELOW_MIN, f"the least stake is {session.min_stake_minor}")
    if stake_minor > session.max_stake_minor:
        raise Rejected(errors.STAKE_ABOVE_MAX, f"the highest stake is {session.max_stake_minor}")
