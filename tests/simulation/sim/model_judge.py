"""Which refusal a command must meet, if any: the order of precedence, written a second time.

Each function takes the model, the payload, the caller's session, the time and the context, and
gives the code of the first refusal that applies, or None. It changes nothing.
"""

import json
from collections.abc import Mapping
from typing import Final

from simulation.sim.calendar import MINUTE_MS, day_of, start_of, windows_of
from simulation.sim.model_bonus import (
    FIRST_BET_FIRST,
    grant_of,
    is_over_bonus_max,
    stake_purse,
    undo,
)
from simulation.sim.model_gate import (
    IDLE_MS,
    refuse_barred,
    refuse_elsewhere,
    refuse_unanswered,
)
from simulation.sim.model_limits import LIMIT_JUDGES, is_over, judge_never
from simulation.sim.model_presence import PRESENCE_JUDGES, last_active_at
from simulation.sim.model_state import Judge, ModelSession, ModelState, Payload, active_ms

PERIODS: Final = ("daily", "weekly", "monthly")


def refuse_idle(model: ModelState, session: str, now_ms: int) -> str | None:
    """A login session that was ended, is not known, or was idle, bets included."""
    gate = model.gate
    if not session or "session" not in gate.requires:
        return is_over(gate, session)
    login = gate.logins.get(session)
    if login is None or login.is_over:
        return "session_expired"
    is_idle = now_ms - last_active_at(model, login) > IDLE_MS
    return "session_expired" if is_idle else None


def refuse_stake(
    model: ModelState, stake: int, now_ms: int, played: ModelSession | None = None
) -> str | None:
    """The terms of bonus money that runs, the pace, the limits, then the funds."""
    purse = stake_purse(model, now_ms)
    if is_over_bonus_max(purse, stake):
        return "stake_above_max"
    pace_ms = 0 if played is None else played.pace_ms
    if pace_ms and model.last_bet_at and now_ms < model.last_bet_at + pace_ms:
        return "round_too_fast"
    binding = model.gate.binding()
    if binding:
        over = _limit_passed(model, binding, stake, now_ms, played)
        if over is not None:
            return over
    lacks = purse.cash < 0 or stake > purse.cash + purse.bonus
    return "insufficient_funds" if lacks else None


def _limit_passed(
    model: ModelState,
    binding: Mapping[tuple[str, str], int],
    stake: int,
    now_ms: int,
    played: ModelSession | None,
) -> str | None:
    totals = model.totals(now_ms)
    active = dict.fromkeys(PERIODS, model.active_ms(now_ms))
    if played is not None:
        totals["session"] = played.use
        active["session"] = active_ms(played.active_at, now_ms) if played.use.bets else 0

    def used(kind: str, period: str) -> int:
        seen = totals[period]
        if kind == "time":
            return seen.play_ms + active[period]
        if kind == "bet_count":
            return seen.bets + 1
        return seen.wagered + stake - (seen.won if kind == "loss" else 0)

    for kind in ("time", "bet_count", "wager", "loss"):
        for period in totals:
            value = binding.get((kind, period))
            if value is None:
                continue
            if used(kind, period) > value * (MINUTE_MS if kind == "time" else 1):
                return f"limit_{kind}"
    return None


def judge_play(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    refused = refuse_barred(model.gate, now_ms) or refuse_idle(model, session, now_ms)
    if refused is not None:
        return refused
    game_session = model.sessions.get(payload["session_id"])
    if game_session is None:
        return "game_session_not_found"
    said: Payload = json.loads(context) if context else {"games": {}, "address": ""}
    version, enabled = said["games"].get(game_session.game_id, (0, 0))
    stake = payload["stake_minor"]
    first = (
        "session_expired" if now_ms - game_session.active_at > IDLE_MS else None,
        refuse_elsewhere(model.gate, session, said["address"], now_ms),
        refuse_unanswered(model.gate, session, now_ms),
        None if enabled else "game_disabled",
        "game_version_retired" if version > game_session.version else None,
        "invalid_params" if payload["params"].get("illegal") else None,
        "stake_below_min" if stake < game_session.least else None,
        "stake_above_max" if stake > game_session.most else None,
    )
    refused = next((code for code in first if code is not None), None)
    return refused or refuse_stake(model, stake, now_ms, game_session)


def judge_bet(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    address = json.loads(context)["address"] if context else ""
    refused = (
        refuse_barred(model.gate, now_ms)
        or refuse_idle(model, session, now_ms)
        or refuse_elsewhere(model.gate, session, address, now_ms)
        or refuse_unanswered(model.gate, session, now_ms)
    )
    if refused is not None:
        return refused
    found = model.rounds.get(payload["round_id"])
    if found is not None:
        if found.undone is not None:
            return "round_rolled_back"
        return "round_open" if found.payout is None else "round_closed"
    return refuse_stake(model, payload["amount_minor"], now_ms)


def judge_win(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    found = model.rounds.get(payload["round_id"])
    if found is None:
        return "round_not_found"
    if found.undone is not None:
        return "round_rolled_back"
    return "round_closed" if found.payout is not None else None


def judge_rollback(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    found = model.rounds.get(payload["round_id"])
    if found is None or found.undone is not None:
        return None
    if found.payout is not None and payload.get("after_win") == "reject":
        return "round_closed"
    covered = undo(model, found, payload, now_ms) is not None
    return None if covered else "rollback_exceeds_balance"


def judge_deposit_request(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    refused = refuse_barred(model.gate, now_ms) or refuse_idle(model, session, now_ms)
    if refused is not None:
        return refused
    binding = model.gate.binding()
    if any(kind == "deposit" for kind, _ in binding):
        expected = model.pending_minor(now_ms) + payload["amount_minor"]
        totals = model.totals(now_ms)
        for period in PERIODS:
            value = binding.get(("deposit", period))
            if value is not None and totals[period].deposited + expected > value:
                return "limit_deposit"
    return None


def judge_deposit_credit(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    deposit = model.deposits.get(payload["deposit_id"])
    if model.gate.frozen:
        return "wallet_frozen"
    if deposit is None:
        return "deposit_not_found"
    if deposit.paid_by is not None:
        return "deposit_already_credited"
    if payload["end_to_end_id"] in model.payments:
        return "payment_already_used"
    return None if deposit.amount == payload["amount_minor"] else "deposit_amount_mismatch"


def judge_withdrawal_hold(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    """Nothing of player protection: who is excluded, paused or impeded is paid."""
    if model.gate.frozen:
        return "wallet_frozen"
    refused = refuse_idle(model, session, now_ms)
    return refused or ("insufficient_funds" if payload["amount_minor"] > model.cash else None)


def judge_withdrawal_settle(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    hold = model.holds.get(payload["withdrawal_id"])
    if hold is None:
        return "withdrawal_not_found"
    if hold.status != "held":
        return "withdrawal_not_pending"
    return None if payload["end_to_end_id"] == hold.payment else "payment_mismatch"


def judge_withdrawal_release(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    hold = model.holds.get(payload["withdrawal_id"])
    if hold is None:
        return "withdrawal_not_found"
    return None if hold.status == "held" else "withdrawal_not_pending"


def judge_bonus_credit(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    if (refused := refuse_barred(model.gate, now_ms)) is not None:
        return refused
    if model.gate.blocks_bonus:
        return "bonus_blocked"
    if model.jurisdiction in FIRST_BET_FIRST and not model.has_staked_cash:
        return "bonus_before_first_bet"
    if payload["grant_id"] in model.grants:
        return "grant_exists"
    return "grant_closed" if grant_of(payload).is_over(now_ms) else None


def judge_bonus_debit(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    closed = judge_bonus_forfeit(model, payload, session, now_ms, context)
    if closed is not None:
        return closed
    balance = model.grants[payload["grant_id"]].balance
    return "insufficient_bonus" if payload["amount_minor"] > balance else None


def judge_bonus_forfeit(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    grant = model.grants.get(payload["grant_id"])
    if model.gate.frozen:
        return "wallet_frozen"
    if grant is None:
        return "grant_not_found"
    return None if grant.status == "active" else "grant_closed"


def judge_bonus_expire(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    return "wallet_frozen" if model.gate.frozen else None


def judge_adjustment(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    if payload["maker_id"] == payload["checker_id"]:
        return "maker_is_checker"
    if model.gate.frozen:
        return "wallet_frozen"
    short = payload["direction"] == "debit" and payload["amount_minor"] > model.cash
    return "insufficient_funds" if short else None


def judge_unfreeze(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    if payload["maker_id"] == payload["checker_id"]:
        return "maker_is_checker"
    return None if model.gate.frozen else "wallet_not_frozen"


def judge_game_session_open(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    address = json.loads(context)["address"] if context else ""
    refused = (
        refuse_barred(model.gate, now_ms)
        or refuse_idle(model, session, now_ms)
        or refuse_elsewhere(model.gate, session, address, now_ms)
    )
    return refused or (None if payload["game"]["enabled"] else "game_disabled")


def judge_seed_rotate(
    model: ModelState, payload: Payload, session: str, now_ms: int, context: str
) -> str | None:
    return "wallet_frozen" if model.gate.frozen else is_over(model.gate, session)


JUDGES: Final[Mapping[str, Judge]] = {
    "play": judge_play,
    "bet": judge_bet,
    "win": judge_win,
    "rollback": judge_rollback,
    "deposit_request": judge_deposit_request,
    "deposit_credit": judge_deposit_credit,
    "withdrawal_hold": judge_withdrawal_hold,
    "withdrawal_settle": judge_withdrawal_settle,
    "withdrawal_release": judge_withdrawal_release,
    "bonus_credit": judge_bonus_credit,
    "bonus_debit": judge_bonus_debit,
    "bonus_forfeit": judge_bonus_forfeit,
    "bonus_expire": judge_bonus_expire,
    "adjustment": judge_adjustment,
    "unfreeze": judge_unfreeze,
    "game_session_open": judge_game_session_open,
    "seed_rotate": judge_seed_rotate,
    "clock_advance": judge_never,
    **LIMIT_JUDGES,
    **PRESENCE_JUDGES,
}


def resets_after_s(period: str, now_ms: int, day_offset_ms: int) -> int:
    """Seconds until the window of a limit is over, rounded up: what `retry_after` must say."""
    day = day_of(now_ms, day_offset_ms)
    first = dict(windows_of(day))[period]
    if period == "monthly":
        following = day
        while dict(windows_of(following))["monthly"] == first:
            following += 1
    else:
        following = first + (1 if period == "daily" else 7)
    return -(-(start_of(following, day_offset_ms) - now_ms) // 1000)
