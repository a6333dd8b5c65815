"""From a command to its decision: load what it must know, then decide; nothing is written here."""

import json
from collections.abc import Sequence
from typing import Final

from shared.kernel.values import altered
from shared.wallet.commands import (
    Adjustment,
    Bet,
    BonusCredit,
    BonusDebit,
    BonusExpire,
    BonusForfeit,
    Command,
    DepositCredit,
    DepositRequest,
    GameSessionOpen,
    Play,
    Rollback,
    SeedRotate,
    Unfreeze,
    Win,
    WithdrawalHold,
    WithdrawalRelease,
    WithdrawalSettle,
)
from shared.wallet.decide_account import (
    decide_game_session_open,
    decide_seed_rotate,
)
from shared.wallet.decide_bonus import (
    decide_bonus_credit,
    decide_bonus_debit,
    decide_bonus_expire,
    decide_bonus_forfeit,
)
from shared.wallet.decide_desk import decide_adjustment, decide_unfreeze
from shared.wallet.decide_payments import (
    decide_deposit_credit,
    decide_deposit_request,
    decide_withdrawal_hold,
    decide_withdrawal_release,
    decide_withdrawal_settle,
)
from shared.wallet.decide_play import decide_bet, decide_play
from shared.wallet.decide_rounds import Played, decide_rollback, decide_win
from shared.wallet.funding import GrantShares, shares_of
from shared.wallet.gates import refuse_archived
from shared.wallet.handle_gate import GATE_HANDLERS
from shared.wallet.handle_limits import LIMIT_HANDLERS
from shared.wallet.model import Decision, Event, GameSession, Grant
from shared.wallet.profiles import bonus_profile
from shared.wallet.situation import Handlers, Situation
from shared.wallet.stakes import Standing


def decide(command: Command, at: Situation) -> Decision:
    """The decision on a command of an open wallet.

    Raises:
        Rejected, InvariantBroken: as the decision functions say.
    """
    return _HANDLERS[type(command)](command, at)


def _play(command: Play, at: Situation) -> Decision:
    session = at.store.game_session(command.session_id)
    standing = _standing(at)
    if standing.view is not None:
        # The head does not say that the gate is open, so the next bet must look again as well.
        at.store.forget()
    seed = at.store.seed()
    games = at.context.games
    decision = decide_play(standing, session, seed, games, command, at.moment, at.games)
    if at.head.caller_game_session in (None, command.session_id):
        return decision
    # The bets of this game session are the login session's activity from now on.
    return altered(decision, rows=(*decision.rows, *at.touched(command.session_id)))


def _bet(command: Bet, at: Situation) -> Decision:
    found = at.store.round(command.round_id, at.head.closed_seq)
    return _active(decide_bet(_standing(at), found, command, at.moment), at)


def _standing(at: Situation) -> Standing:
    """Most wallets hold no bonus and skip the look-up of grants."""
    limits, usage = at.store.protection(at.moment.now_ms)
    return Standing(at.head, limits, usage, _grants_in_play(at), at.doubts())


def _active(decision: Decision, at: Situation) -> Decision:
    """The decision, which is an activity of the caller's login session."""
    return altered(decision, rows=(*decision.rows, *at.touched()))


def _grants_in_play(at: Situation) -> Sequence[Grant]:
    return at.store.active_grants() if at.head.bonus_minor else ()


def _win(command: Win, at: Situation) -> Decision:
    found = at.store.round(command.round_id, at.head.closed_seq)
    _, usage = at.store.protection(at.moment.now_ms)
    is_bonus = at.head.bonus_minor or (found is not None and found.stake_bonus)
    grants = at.store.grants() if is_bonus else ()
    return decide_win(at.head, found, usage, grants, command, at.moment)


def _rollback(command: Rollback, at: Situation) -> Decision:
    store = at.store
    found = store.round(command.round_id, at.head.closed_seq)
    if found is None:
        return decide_rollback(at.head, None, command, at.moment)
    refuse_archived(found)
    closing: Event | None = None
    counted: GrantShares = ()
    session: GameSession | None = None
    if found.rolled_back_seq is not None:
        closing = store.event(found.rolled_back_seq)
    else:
        told = json.loads(store.event(found.opened_seq).data)
        counted = shares_of(told.get("wagering", ()))
        session = store.game_session(told["session_id"]) if "session_id" in told else None
    played = Played(
        round=found,
        bet_day=store.day(found.opened_at),
        win_day=store.day(found.opened_at if found.settled_at is None else found.settled_at),
        grants=store.grants() if found.stake_bonus or counted else (),
        counted=counted,
        closing=closing,
        session=session,
    )
    return decide_rollback(at.head, played, command, at.moment)


def _deposit_request(command: DepositRequest, at: Situation) -> Decision:
    limits, usage = at.store.protection(at.moment.now_ms)
    pending_minor = at.store.pending_deposits_minor(at.moment.now_ms)
    return _active(
        decide_deposit_request(
            at.head, limits, usage, pending_minor, command, at.moment, view=at.doubts()
        ),
        at,
    )


def _withdrawal_hold(command: WithdrawalHold, at: Situation) -> Decision:
    # A grant whose money is all staked is there too: what comes back of it is not kept either.
    grants = at.store.active_grants()
    return _active(
        decide_withdrawal_hold(at.head, grants, command, at.moment, view=at.doubts()), at
    )


def _game_session_open(command: GameSessionOpen, at: Situation) -> Decision:
    decision = decide_game_session_open(
        at.head, at.store.seed(), command, at.moment, login=at.session_id, view=at.doubts()
    )
    opened = next(row for row in decision.rows if isinstance(row, GameSession))
    return altered(decision, rows=(*decision.rows, *at.touched(opened.session_id)))


def _deposit_credit(command: DepositCredit, at: Situation) -> Decision:
    deposit = at.store.deposit(command.deposit_id)
    payment_used = at.store.is_credited(command.end_to_end_id)
    _, usage = at.store.protection(at.moment.now_ms)
    return decide_deposit_credit(
        at.head, deposit, usage, command, at.moment, payment_used=payment_used
    )


def _bonus_credit(command: BonusCredit, at: Situation) -> Decision:
    asks_first_bet = bonus_profile(at.head.jurisdiction).first_bet_first
    may_have_bonus = not asks_first_bet or at.store.has_staked_cash()
    return decide_bonus_credit(
        at.head, at.store.grants(), command, at.moment, at.view(), may_have_bonus=may_have_bonus
    )


def _unfreeze(command: Unfreeze, at: Situation) -> Decision:
    frozen = at.head.frozen_law is not None
    law = at.store.broken_law() if frozen else None
    return decide_unfreeze(at.head, law, command, at.moment)


def _withdrawal_settle(command: WithdrawalSettle, at: Situation) -> Decision:
    withdrawal = at.store.withdrawal(command.withdrawal_id)
    return decide_withdrawal_settle(at.head, withdrawal, command, at.moment)


def _withdrawal_release(command: WithdrawalRelease, at: Situation) -> Decision:
    withdrawal = at.store.withdrawal(command.withdrawal_id)
    return decide_withdrawal_release(at.head, withdrawal, command, at.moment)


_HANDLERS: Final[Handlers] = {
    Play: _play,
    Bet: _bet,
    Win: _win,
    Rollback: _rollback,
    DepositRequest: _deposit_request,
    DepositCredit: _deposit_credit,
    WithdrawalHold: _withdrawal_hold,
    WithdrawalSettle: _withdrawal_settle,
    WithdrawalRelease: _withdrawal_release,
    GameSessionOpen: _game_session_open,
    SeedRotate: lambda c, at: decide_seed_rotate(at.head, at.store.seed(), c, at.moment),
    BonusCredit: _bonus_credit,
    BonusDebit: lambda c, at: decide_bonus_debit(at.head, at.store.grants(), c, at.moment),
    BonusForfeit: lambda c, at: decide_bonus_forfeit(at.head, at.store.grants(), c, at.moment),
    BonusExpire: lambda _, at: decide_bonus_expire(at.head, at.store.grants(), at.moment),
    Adjustment: lambda c, at: decide_adjustment(at.head, c, at.moment),
    Unfreeze: _unfreeze,
    **GATE_HANDLERS,
    **LIMIT_HANDLERS,
}
