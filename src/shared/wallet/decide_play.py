"""Decisions that stake money: a round of the house's own games, and a bet decided elsewhere.

A house round is one command: the draw, the BET and the WIN that closes it, also with nothing, are
appended together or not at all, and the nonce moves with them. Checks stand in the order of
`errors.BET_REJECTIONS`; the outcome sees the draw and the game's version, never the balance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.kernel.errors import Rejected
from shared.kernel.times import MINUTE_MS
from shared.wallet import errors, funding, seeds
from shared.wallet.commands import Bet, GameInForce, Play
from shared.wallet.decide_bonus import refuse_torn_bonus
from shared.wallet.funding import Split, split_payout, split_stake
from shared.wallet.gates import refuse_frozen, refuse_revoked
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

IDLE_SESSION_MS: Final = 30 * MINUTE_MS
"""A game session without a round for this long is over (Portaria SPA/MF 722/2024)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What any bet is judged by. `grants` are needed, oldest first, only when cash is short."""

    head: Head
    limits: Sequence[Limit]
    usage: Usage
    grants: Sequence[Grant]


@dataclass(frozen=True, slots=True)
class Placed:
    """A stake that may be taken: its funding, and grants and usage once it is."""

    stake: Split
    grants: tuple[Grant, ...]
    usage: Usage


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
    head = standing.head
    refuse_frozen(head)
    refuse_revoked(head)
    session = _playable(session, in_force, moment.now_ms)
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
    placed = place(standing, stake_minor, moment.now_ms)
    payout = split_payout(payout_minor, placed.stake)
    usage = placed.usage.plus(won=payout_minor)

    fairness = seeds.current_body(current)
    told = {"game_id": session.game_id, "session_id": session.session_id}
    bet = Draft(
        moment.new_id(),
        "BET",
        {**told, "params": command.params, "fairness": fairness, **placed.stake.as_data()},
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
    opened = opened_round(head.seq + len(rotation.drafts) + 1, bet, placed.stake, moment)
    settled = settled_round(opened, opened.opened_seq + 1, win, payout, moment)
    drawn = replace(current, nonce=current.nonce + 1)
    rows: list[Row] = [
        settled,
        replace(session, last_active_at=moment.now_ms),
        drawn,
        usage.today,
        *funding.with_shares(placed.grants, payout.grants, +1),
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

    return Decision(answer, (*rotation.drafts, bet, win), tuple(rows), status=201)


def decide_bet(standing: Standing, found: Round | None, command: Bet, moment: Moment) -> Decision:
    """Take the stake of a round that is decided elsewhere; the round stays open for its win.

    Raises:
        Rejected: `wallet_frozen`, `session_expired`, then `round_open`, `round_closed` or
            `round_rolled_back` for a round that is known, the limits, `insufficient_funds`.
    """
    head = standing.head
    refuse_frozen(head)
    refuse_revoked(head)
    if found is not None:
        problem = {
            "open": errors.ROUND_OPEN,
            "settled": errors.ROUND_CLOSED,
            "rolled_back": errors.ROUND_ROLLED_BACK,
        }[found.status]
        raise Rejected(problem, "the round has had its bet")
    placed = place(standing, command.amount_minor, moment.now_ms)
    bet = Draft(
        moment.new_id(),
        "BET",
        {"game_id": command.game_id, **placed.stake.as_data()},
        amount_minor=command.amount_minor,
        cash_delta=-placed.stake.cash,
        bonus_delta=-placed.stake.bonus,
        round_id=command.round_id,
    )
    return Decision(
        answer=lambda after: round_body(command.round_id, after),
        drafts=(bet,),
        rows=(
            opened_round(head.seq + 1, bet, placed.stake, moment),
            placed.usage.today,
            *placed.grants,
        ),
    )


def place(standing: Standing, stake_minor: int, now_ms: int) -> Placed:
    """Judge a stake by the player's limits and funds, and fund it.

    Raises:
        Rejected: `limit_time`, `limit_bet_count`, `limit_wager`, `limit_loss`,
            `insufficient_funds`, in this order.
    """
    head = standing.head
    usage = standing.usage.with_bet(stake_minor, now_ms)
    refuse_bet_over_limit(standing.limits, usage, now_ms)
    if stake_minor > head.spendable_minor:
        raise Rejected(
            errors.INSUFFICIENT_FUNDS,
            "the balance does not cover the stake",
            balance={"amount_minor": head.spendable_minor, "currency": head.currency},
        )
    if stake_minor <= head.cash_minor:
        return Placed(Split(stake_minor, 0, ()), (), usage)
    refuse_torn_bonus(head, standing.grants)
    stake = split_stake(stake_minor, head.cash_minor, standing.grants)
    used = dict(stake.grants)
    touched = [grant for grant in standing.grants if grant.grant_id in used]
    return Placed(stake, funding.with_shares(touched, stake.grants, -1), usage)


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


def _playable(
    session: GameSession | None, in_force: Mapping[str, GameInForce], now_ms: int
) -> GameSession:
    if session is None:
        raise Rejected(errors.GAME_SESSION_NOT_FOUND, "there is no such game session")
    if now_ms - session.last_active_at > IDLE_SESSION_MS:
        raise Rejected(errors.SESSION_EXPIRED, "the game session was idle for over 30 minutes")
    game = in_force.get(session.game_id)
    if game is None or not game.enabled:
        raise Rejected(errors.GAME_DISABLED, f"{session.game_id} is switched off")
    if game.version != session.game_version:
        raise Rejected(
            errors.GAME_VERSION_RETIRED,
            f"version {session.game_version} of {session.game_id} is no longer in force",
        )
    return session


def _refuse_stake(session: GameSession, stake_minor: int) -> None:
    if stake_minor < session.min_stake_minor:
        raise Rejected(errors.STAKE_BELOW_MIN, f"the least stake is {session.min_stake_minor}")
    if stake_minor > session.max_stake_minor:
        raise Rejected(errors.STAKE_ABOVE_MAX, f"the highest stake is {session.max_stake_minor}")
