"""What an accepted command must do: to the model, to the log, and what its answer must say.

Each function changes the model as the wallet must have changed, and gives the types of the events
that the log must have grown by. What only the wallet can know (ids, draws) is read from its answer;
whatever can be computed is computed, and `require` compares.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from simulation.sim.broken import require
from simulation.sim.calendar import DAY_MS, MINUTE_MS, day_of
from simulation.sim.model_bonus import (
    FORFEITED,
    Purse,
    grant_of,
    keep,
    pay_out,
    purse_of,
    stake_purse,
    take_stake,
    undo,
)
from simulation.sim.model_limits import LIMIT_EFFECTS
from simulation.sim.model_presence import PRESENCE_EFFECTS, touch
from simulation.sim.model_state import (
    Body,
    Effect,
    ModelDay,
    ModelDeposit,
    ModelGrant,
    ModelHold,
    ModelRound,
    ModelSession,
    ModelState,
    Payload,
    Types,
    active_ms,
    used_of,
)

MAX_NONCES: Final = 1_000
EXPIRES_MS: Final = 60 * MINUTE_MS
DUE_MS: Final = 120 * MINUTE_MS
ROTATION: Final = ("SEED_REVEALED", "SEED_COMMITTED")


def count_bet(model: ModelState, stake: int, now_ms: int) -> int:
    """What the limits count of a bet; the day it counts on."""
    day = day_of(now_ms)
    seen = model.day(day)
    seen.play_ms += model.active_ms(now_ms)
    seen.wagered += stake
    seen.bets += 1
    model.last_bet_at = now_ms
    return day


def place(model: ModelState, stake: int, game_id: str, now_ms: int) -> tuple[ModelRound, Purse]:
    """A stake taken out of the purse, which is not yet the model's."""
    purse = stake_purse(model, now_ms)
    placed = take_stake(model, purse, stake, game_id, now_ms)
    purse.types.append("BET")
    placed.bet_day = count_bet(model, stake, now_ms)
    _require_within_limits(model, now_ms)
    return placed, purse


def _require_within_limits(model: ModelState, now_ms: int) -> None:
    """Whatever comes of the bet that was counted, no limit of either source is passed."""
    binding = model.gate.binding()
    seen = model.totals(now_ms) if binding else {}
    for (kind, period), value in binding.items():
        if kind != "deposit" and period in seen:
            used = used_of(kind, seen[period])
            require(used <= value, "the strictest limit is never passed", (kind, period, used))


def rotate(model: ModelState, client_seed: str | None, now_ms: int) -> None:
    """The seed that was committed next is in use; the log's reader learns the hash after it."""
    model.seed_hash, model.next_hash = model.next_hash, ""
    model.client_seed = model.client_seed if client_seed is None else client_seed
    model.nonce, model.committed_at = 0, now_ms
    model.revealing, model.draws = model.draws, []


def rotate_if_due(model: ModelState, now_ms: int) -> Types:
    if model.nonce < MAX_NONCES and now_ms - model.committed_at < DAY_MS:
        return ()
    rotate(model, None, now_ms)
    return ROTATION


def _fairness(model: ModelState) -> Body:
    return {
        "server_seed_hash": model.seed_hash,
        "client_seed": model.client_seed,
        "nonce": model.nonce,
    }


def do_play(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    rotation = rotate_if_due(model, now_ms)
    session = model.sessions[payload["session_id"]]
    require(body["fairness"] == _fairness(model), "every draw has a nonce of its own", body)
    stake, params = payload["stake_minor"], payload["params"]
    payout = body["payout_minor"]
    if "payout" in params:
        require(payout == params["payout"], "a round pays what was drawn", body)
    else:
        model.draws.append((model.nonce, stake, params, payout, body["outcome"]))
    model.nonce += 1
    gap = active_ms(session.active_at, now_ms) if session.use.bets else 0
    count_in_session(session.use, gap, stake, payout)
    session.active_at = max(session.active_at, now_ms)
    touch(model, now_ms, payload["session_id"])
    played, purse = place(model, stake, session.game_id, now_ms)
    pay_out(model, purse, played, payout, now_ms)
    played.win_day, played.session = played.bet_day, payload["session_id"]
    model.day(played.win_day).won += payout
    keep(model, purse)
    require(body["round_id"] not in model.rounds, "a round is played once", body)
    model.rounds[body["round_id"]] = played
    _require_warnings(model, body, now_ms, session.use)
    require(
        (body["wallet"]["cash_minor"], body["wallet"]["bonus_minor"]) == (model.cash, model.bonus),
        "an answer tells the balance",
        body,
    )
    require((body["status"], body["stake_minor"]) == ("settled", stake), "rounds settle", body)
    return (*rotation, *purse.types)


def count_in_session(use: ModelDay, played_ms: int, stake: int, payout: int) -> None:
    """What the limits of one game session count of a round."""
    use.play_ms += played_ms
    use.wagered += stake
    use.won += payout
    use.bets += 1


def _require_warnings(model: ModelState, body: Body, now_ms: int, use: ModelDay) -> None:
    """A round warns of each limit of play of which 90 per cent are used."""
    binding = model.gate.binding()
    seen = {**model.totals(now_ms), "session": use} if binding else {}
    expected = {
        (kind, period, value)
        for (kind, period), value in binding.items()
        if kind != "deposit" and used_of(kind, seen[period]) * 10 >= value * 9
    }
    told = {(one["kind"], one["period"], one["value"]) for one in body["warnings"]}
    require(told == expected, "limits warn from 90 per cent on", (told, expected))


def do_bet(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    touch(model, now_ms)
    placed, purse = place(model, payload["amount_minor"], payload["game_id"], now_ms)
    model.rounds[payload["round_id"]] = placed
    keep(model, purse)
    return tuple(purse.types)


def do_win(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    found, purse = model.rounds[payload["round_id"]], purse_of(model)
    pay_out(model, purse, found, payload["amount_minor"], now_ms)
    found.win_day = day_of(now_ms)
    model.day(found.win_day).won += payload["amount_minor"]
    keep(model, purse)
    return tuple(purse.types)


def do_rollback(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    found = model.rounds.get(payload["round_id"])
    if found is None:
        tombstone = ModelRound(0, 0, {}, day_of(now_ms), undone=body)
        model.rounds[payload["round_id"]] = tombstone
        return ("ROLLBACK",)
    if found.undone is not None:
        require(body == found.undone, "a rollback is answered as the first one was", body)
        return ()
    purse = undo(model, found, payload, now_ms)
    assert purse is not None, "the judge looked at the funds"
    keep(model, purse)
    played_in = model.sessions.get(found.session)
    for seen in (model.day(found.bet_day), *([played_in.use] if played_in is not None else ())):
        seen.wagered -= found.stake
        seen.bets -= 1
    if found.payout is not None:
        model.day(found.win_day).won -= found.payout
        if played_in is not None:
            played_in.use.won -= found.payout
    found.undone = body
    return tuple(purse.types)


def do_deposit_request(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    amount = payload["amount_minor"]
    require(body["amount_minor"] == amount, "a charge asks for what was wanted", body)
    require(
        (body["requested_at_ms"], body["expires_at_ms"]) == (now_ms, now_ms + EXPIRES_MS),
        "a charge lives one hour",
        body,
    )
    require(body["deposit_id"] not in model.deposits, "ids are new", body)
    expected = model.pending_minor(now_ms) + amount
    warned = {
        (period, value)
        for (kind, period), value in model.gate.binding().items()
        if kind == "deposit"
        and (model.totals(now_ms)[period].deposited + expected) * 10 >= value * 9
    }
    told = {(one["period"], one["value"]) for one in body["warnings"]}
    require(told == warned, "limits warn from 90 per cent on", body)
    touch(model, now_ms)
    model.deposits[body["deposit_id"]] = ModelDeposit(amount, body["expires_at_ms"])
    model.pending.add(body["deposit_id"])
    return ()


def do_deposit_credit(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    deposit = model.deposits[payload["deposit_id"]]
    deposit.paid_by = payload["end_to_end_id"]
    model.pending.discard(payload["deposit_id"])
    model.payments.add(payload["end_to_end_id"])
    model.cash += deposit.amount
    model.day(day_of(now_ms)).deposited += deposit.amount
    return ("DEPOSIT",)


def do_withdrawal_hold(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    amount = payload["amount_minor"]
    require(body["due_at_ms"] == now_ms + DUE_MS, "a withdrawal is due in 120 minutes", body)
    require(body["withdrawal_id"] not in model.holds, "ids are new", body)
    touch(model, now_ms)
    model.holds[body["withdrawal_id"]] = ModelHold(amount, body["end_to_end_id"])
    model.cash -= amount
    model.held += amount
    forfeited = [grant for grant in model.grants.values() if _ends_by_withdrawal(grant)]
    for grant in forfeited:
        grant.balance, grant.status = 0, "forfeited"
    return ("WITHDRAWAL_HELD", *(FORFEITED for _ in forfeited))


def _ends_by_withdrawal(grant: ModelGrant) -> bool:
    return grant.status == "active" and grant.on_withdrawal == "forfeit"


def do_withdrawal_settle(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    hold = model.holds[payload["withdrawal_id"]]
    hold.status = "paid"
    model.held -= hold.amount
    require(body["status"] == "paid", "a hold settles once", body)
    return ("WITHDRAWAL",)


def do_withdrawal_release(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    hold = model.holds[payload["withdrawal_id"]]
    hold.status = "released"
    model.held -= hold.amount
    model.cash += hold.amount
    require(body["status"] == "released", "a hold settles once", body)
    return ("WITHDRAWAL_RELEASED",)


def do_bonus_credit(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    model.grants[payload["grant_id"]] = grant_of(payload)
    return ("BONUS_CREDIT",)


def do_bonus_debit(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    model.grants[payload["grant_id"]].balance -= payload["amount_minor"]
    return ("BONUS_DEBIT",)


def do_bonus_forfeit(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    purse = purse_of(model)
    purse.close(purse.grants[payload["grant_id"]], "forfeited")
    keep(model, purse)
    return tuple(purse.types)


def do_bonus_expire(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    purse = purse_of(model)
    purse.expire(now_ms)
    changed = [name for name, grant in purse.grants.items() if grant != model.grants[name]]
    require(body["expired"] == changed, "grants end at their time", body)
    keep(model, purse)
    return tuple(purse.types)


def do_adjustment(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    sign = 1 if payload["direction"] == "credit" else -1
    model.cash += sign * payload["amount_minor"]
    return ("ADJUSTMENT",)


def do_game_session_open(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    rotation = rotate_if_due(model, now_ms)
    game = payload["game"]
    require(body["fairness"] == _fairness(model), "a session shows the commitment", body)
    require(body["session_id"] not in model.sessions, "ids are new", body)
    model.sessions[body["session_id"]] = ModelSession(
        game["game_id"],
        game["version"],
        game["min_stake_minor"],
        game["max_stake_minor"],
        now_ms,
        game.get("min_round_ms", 0),
    )
    touch(model, now_ms, body["session_id"])
    return rotation


def do_seed_rotate(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    revealed = body["revealed"]
    require(revealed["server_seed_hash"] == model.seed_hash, "the committed seed is revealed", body)
    digest = sha256(revealed["server_seed"].encode()).hexdigest()
    require(digest == model.seed_hash, "the committed seed is revealed", body)
    require(revealed["last_nonce"] == model.nonce - 1, "every draw has a nonce of its own", body)
    rotate(model, payload.get("client_seed"), now_ms)
    require(body["current"] == _fairness(model), "a rotation goes on as committed", body)
    return ROTATION


def do_unfreeze(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    model.gate.frozen = False
    return ("RELEASED",)


def do_clock_advance(model: ModelState, payload: Payload, now_ms: int, body: Body) -> Types:
    model.offset_ms += payload["advance_ms"]
    return ()


EFFECTS: Final[Mapping[str, Effect]] = {
    "play": do_play,
    "bet": do_bet,
    "win": do_win,
    "rollback": do_rollback,
    "deposit_request": do_deposit_request,
    "deposit_credit": do_deposit_credit,
    "withdrawal_hold": do_withdrawal_hold,
    "withdrawal_settle": do_withdrawal_settle,
    "withdrawal_release": do_withdrawal_release,
    "bonus_credit": do_bonus_credit,
    "bonus_debit": do_bonus_debit,
    "bonus_forfeit": do_bonus_forfeit,
    "bonus_expire": do_bonus_expire,
    "adjustment": do_adjustment,
    "game_session_open": do_game_session_open,
    "seed_rotate": do_seed_rotate,
    "unfreeze": do_unfreeze,
    "clock_advance": do_clock_advance,
    **LIMIT_EFFECTS,
    **PRESENCE_EFFECTS,
}
