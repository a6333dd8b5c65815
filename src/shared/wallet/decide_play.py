"""Decisions that stake money: a round of the house's own games, and a bet decided elsewhere.

A house round is one command: the draw, the BET and the WIN that closes it, also with nothing, are
appended together or not at all, and the nonce moves with them. Checks stand in the order of
`errors.BET_REJECTIONS`; the outcome sees the draw and the game's version, never the balance.
"""

from collections.abc import Mapping

from shared.kernel.errors import Rejected
from shared.kernel.values import altered
from shared.wallet import errors, seeds
from shared.wallet.commands import Bet, GameInForce, Play
from shared.wallet.funding import split_payout, with_shares
from shared.wallet.gates import (
    IDLE_SESSION_MS,
    refuse_barred,
    refuse_elsewhere,
    refuse_frozen,
    refuse_idle,
    refuse_unanswered,
)
from shared.wallet.grants import (
    changed,
    judge,
)
from shared.wallet.limits import Usage, warnings
from shared.wallet.model import (
    Decision,
    Draft,
    GameSession,
    Head,
    Moment,
    Round,
    Row,
    Seed,
)
from shared.wallet.ports import GameRules
from shared.wallet.stakes import Standing, opened_round, place, round_body, settled_round


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
    session = _may_play(standing, session, in_force, moment.now_ms)
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
    opened = opened_round(standing.head.seq + len(before) + 1, bet, placed.stake, moment)
    settled = settled_round(opened, opened.opened_seq + 1, win, payout, moment)
    judged = judge(with_shares(placed.grants, payout.grants, +1), moment, win)
    drawn = altered(current, nonce=current.nonce + 1)
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


def _may_play(
    standing: Standing,
    session: GameSession | None,
    in_force: Mapping[str, GameInForce],
    now_ms: int,
) -> GameSession:
    """The game session, when nothing that stands before a stake stands in the way."""
    head, view = standing.head, standing.view
    refuse_frozen(head)
    refuse_barred(view, now_ms)
    refuse_idle(head, view, now_ms)
    running = _running(session, now_ms)
    refuse_elsewhere(view, now_ms)
    refuse_unanswered(view, now_ms)
    _refuse_not_in_force(running, in_force)
    return running


def decide_bet(standing: Standing, found: Round | None, command: Bet, moment: Moment) -> Decision:
    """Take the stake of a round that is decided elsewhere; the round stays open for its win.

    Raises:
        Rejected: `wallet_frozen`, the gate, then `round_open`, `round_closed`,
            `round_rolled_back` or `round_archived` for a round that is known, the limits,
            `insufficient_funds`.
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
            "archived": errors.ROUND_ARCHIVED,
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


def played(session: GameSession, usage: Usage) -> GameSession:
    """The game session with the round that is in `usage`."""
    assert usage.session is not None
    totals = usage.session.totals
    return altered(
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
