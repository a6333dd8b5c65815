"""From a command to its decision: load what it must know, then decide; nothing is written here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.wallet.commands import (
    Bet,
    BonusCredit,
    BonusDebit,
    Command,
    DepositCredit,
    DepositRequest,
    GameInForce,
    GameSessionOpen,
    Play,
    Rollback,
    SeedRotate,
    SessionRevoke,
    Win,
    WithdrawalHold,
    WithdrawalRelease,
    WithdrawalSettle,
)
from shared.wallet.decide_account import (
    decide_game_session_open,
    decide_seed_rotate,
    decide_session_revoke,
)
from shared.wallet.decide_bonus import decide_bonus_credit, decide_bonus_debit
from shared.wallet.decide_payments import (
    decide_deposit_credit,
    decide_deposit_request,
    decide_withdrawal_hold,
    decide_withdrawal_release,
    decide_withdrawal_settle,
)
from shared.wallet.decide_play import Standing, decide_bet, decide_play
from shared.wallet.decide_rounds import Played, decide_rollback, decide_win
from shared.wallet.model import Decision, Head, Moment
from shared.wallet.ports import GameRules
from shared.wallet.store import Store


@dataclass(frozen=True, slots=True)
class Situation:
    """What every decision may look at: the wallet, the moment, the house's games."""

    store: Store
    head: Head
    moment: Moment
    games: GameRules
    in_force: Mapping[str, GameInForce]


def decide(command: Command, at: Situation) -> Decision:
    """The decision on a command of an open wallet.

    Raises:
        Rejected, InvariantBroken: as the decision functions say.
    """
    return _HANDLERS[type(command)](command, at)


def _play(command: Play, at: Situation) -> Decision:
    session = at.store.game_session(command.session_id)
    standing = _standing(at, command.stake_minor)
    seed = at.store.seed()
    return decide_play(standing, session, seed, at.in_force, command, at.moment, at.games)


def _bet(command: Bet, at: Situation) -> Decision:
    found = at.store.round(command.round_id)
    return decide_bet(_standing(at, command.amount_minor), found, command, at.moment)


def _standing(at: Situation, stake_minor: int) -> Standing:
    """Grants only when the stake needs them: most bets are cash and skip the look-up."""
    limits, usage = at.store.protection(at.moment.now_ms)
    needs_bonus = at.head.cash_minor < stake_minor <= at.head.spendable_minor
    return Standing(at.head, limits, usage, at.store.grants() if needs_bonus else ())


def _win(command: Win, at: Situation) -> Decision:
    found = at.store.round(command.round_id)
    _, usage = at.store.protection(at.moment.now_ms)
    grants = at.store.grants() if found is not None and found.stake_bonus else ()
    return decide_win(at.head, found, usage, grants, command, at.moment)


def _rollback(command: Rollback, at: Situation) -> Decision:
    store = at.store
    found = store.round(command.round_id)
    if found is None:
        return decide_rollback(at.head, None, command, at.moment)
    played = Played(
        round=found,
        bet_day=store.day(found.opened_at),
        win_day=store.day(found.opened_at if found.settled_at is None else found.settled_at),
        grants=store.grants() if found.stake_bonus else (),
        closing=None if found.rolled_back_seq is None else store.event(found.rolled_back_seq),
    )
    return decide_rollback(at.head, played, command, at.moment)


def _deposit_request(command: DepositRequest, at: Situation) -> Decision:
    limits, usage = at.store.protection(at.moment.now_ms)
    pending_minor = at.store.pending_deposits_minor(at.moment.now_ms)
    return decide_deposit_request(at.head, limits, usage, pending_minor, command, at.moment)


def _deposit_credit(command: DepositCredit, at: Situation) -> Decision:
    deposit = at.store.deposit(command.deposit_id)
    payment_used = at.store.is_credited(command.end_to_end_id)
    _, usage = at.store.protection(at.moment.now_ms)
    return decide_deposit_credit(
        at.head, deposit, usage, command, at.moment, payment_used=payment_used
    )


def _withdrawal_settle(command: WithdrawalSettle, at: Situation) -> Decision:
    withdrawal = at.store.withdrawal(command.withdrawal_id)
    return decide_withdrawal_settle(at.head, withdrawal, command, at.moment)


def _withdrawal_release(command: WithdrawalRelease, at: Situation) -> Decision:
    withdrawal = at.store.withdrawal(command.withdrawal_id)
    return decide_withdrawal_release(at.head, withdrawal, command, at.moment)


_HANDLERS: Final[Mapping[type[Any], Callable[[Any, Situation], Decision]]] = {
    Play: _play,
    Bet: _bet,
    Win: _win,
    Rollback: _rollback,
    DepositRequest: _deposit_request,
    DepositCredit: _deposit_credit,
    WithdrawalHold: lambda c, at: decide_withdrawal_hold(at.head, c, at.moment),
    WithdrawalSettle: _withdrawal_settle,
    WithdrawalRelease: _withdrawal_release,
    GameSessionOpen: lambda c, at: decide_game_session_open(at.head, at.store.seed(), c, at.moment),
    SeedRotate: lambda c, at: decide_seed_rotate(at.head, at.store.seed(), c, at.moment),
    SessionRevoke: lambda c, at: decide_session_revoke(c, at.moment),
    BonusCredit: lambda c, at: decide_bonus_credit(at.head, at.store.grants(), c, at.moment),
    BonusDebit: lambda c, at: decide_bonus_debit(at.head, at.store.grants(), c, at.moment),
}
