"""Who acts in the simulated world, and what they would do next.

Each actor is a function of the world, a generator of chance and a wallet's number; it gives the
kind and the arguments of an operation, or None when it has nothing to do. `ACTORS` says how often
each comes to act. A new command of the wallet needs a line here, a judge and an effect.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from simulation.sim.games import game_of
from simulation.sim.known import CLOCK_SET_BACK_FREEZES
from simulation.sim.model_judge import IDLE_MS
from simulation.sim.world import World

type Step = tuple[str, dict[str, Any]]
type Actor = Callable[[World, Random, int, int], Step | None]
"""World, chance, number of the wallet, number of the operation."""


def _command(
    kind: str,
    number: int,
    session: str,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    **more: Any,
) -> Step:
    key = f"k{number}" if key is None else key
    args = {"kind": kind, "key": key, "session": session, "payload": payload}
    return "command", {**args, **more}


def _amount(chance: Random, most: int = 3_000) -> int:
    return chance.choice((1, 7, chance.randint(1, most), chance.randint(1, most)))


def _of(number: int, field: str) -> dict[str, Any]:
    return {"of": number, "field": field}


# The player


def opens_game(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    game = chance.choice(("dice", "plain", "plain"))
    version, enabled = world.versions[game]
    config = game_of(game, version) | {"enabled": bool(enabled)}
    key = chance.choice(("", f"k{number}"))
    return _command("game_session_open", number, world.logins[wallet], {"game": config}, key=key)


def plays(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    sessions = world.places[wallet].sessions
    if not sessions:
        return opens_game(world, chance, wallet, number)
    of = sessions[-1] if chance.random() < 0.9 else chance.choice(sessions)
    model = world.wallets[wallet].model
    idle_ms = model.now(world.wallets[wallet].clock.now_ms()) - max(
        session.active_at for session in model.sessions.values()
    )
    if idle_ms > IDLE_MS and chance.random() < 0.8:
        return opens_game(world, chance, wallet, number)
    config = world.done[of].request.payload["game"]
    stake = chance.choice((100, 101, 150, chance.randint(100, 1_200), chance.randint(1, 6_000)))
    params: dict[str, Any]
    if config["game_id"] == "dice":
        params = {"target": chance.randint(2, 96), "over": chance.random() < 0.5}
    else:
        params = {"payout": chance.choice((0, 0, stake // 2, chance.randint(0, 4 * stake)))}
        if chance.random() < 0.02:
            params = {"illegal": True}
    in_force = dict(world.versions)
    if chance.random() < 0.02:
        # What this isolate holds of KV is of another time.
        in_force[config["game_id"]] = chance.choice(([1, 1], [2, 1], [1, 0]))
    payload = {"session_id": _of(of, "session_id"), "stake_minor": stake, "params": params}
    context = json.dumps(in_force)
    return _command("play", number, world.logins[wallet], payload, context=context)


def asks_for_a_charge(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"amount_minor": chance.randint(1, 20_000), "method": "pix"}
    return _command("deposit_request", number, world.logins[wallet], payload)


def withdraws(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    cash = world.wallets[wallet].model.cash
    amount = chance.choice((max(1, cash), cash + 1, chance.randint(1, 3_000)))
    payload = {"amount_minor": amount, "payment_account_id": "own"}
    return _command("withdrawal_hold", number, world.logins[wallet], payload)


def rotates(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = chance.choice(({}, {"client_seed": f"mine-{number}"}))
    return _command("seed_rotate", number, world.logins[wallet], payload, key="")


def logs_out(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"session_id": world.logins[wallet]}
    return _command("session_revoke", number, "", payload, key="")


def looks(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    what = chance.choice(("balance", "balance", "balance", "protection", "head", "fairness"))
    return "ask", {"what": what, "session": world.logins[wallet]}


def reads_the_statement(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    what = chance.choice(("events", "rounds"))
    return "ask", {"what": what, "session": "", "payload": {"limit": chance.randint(1, 5)}}


# Whoever sent something before


def retries_the_unknown(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    unknown = world.places[wallet].unknown
    return ("retry", {"of": chance.choice(unknown)}) if unknown else None


def retries_anything(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if not world.sent:
        return None
    of = max(0, number - chance.randint(1, 60))
    found = world.sent.get(of)
    return ("retry", {"of": of}) if found is not None and found[0] == wallet else None


def reuses_a_key(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    of = max(0, number - chance.randint(1, 60))
    found = world.sent.get(of)
    if found is None or found[0] != wallet:
        return None
    payload = {"round_id": f"other-{number}", "amount_minor": 12_345}
    return "conflict", {"of": of, "kind": "win", "payload": payload}


def sends_nonsense(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"round_id": "r", "game_id": "g", "amount_minor": 100, "unknown": 1}
    return _command("bet", number, world.logins[wallet], payload)


# The provider of games decided elsewhere


def _round(world: World, chance: Random, wallet: int) -> str:
    rounds = world.places[wallet].rounds
    return rounds[-1 - chance.randrange(min(6, len(rounds)))] if rounds else "r0"


def provider_bets(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    rounds = world.places[wallet].rounds
    if rounds and chance.random() < 0.1:
        round_id = _round(world, chance, wallet)
    else:
        round_id = f"r{number}"
        rounds.append(round_id)
    payload = {"round_id": round_id, "game_id": "slot", "amount_minor": _amount(chance)}
    return _command("bet", number, world.logins[wallet], payload)


def provider_pays(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payout = chance.choice((0, 0, chance.randint(0, 2_000), chance.randint(0, 9_000)))
    payload = {"round_id": _round(world, chance, wallet), "amount_minor": payout}
    return _command("win", number, "", payload)


def provider_undoes(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    round_id = _round(world, chance, wallet)
    if chance.random() < 0.1:
        # The rollback is there before its bet.
        round_id = f"r{number}"
        world.places[wallet].rounds.append(round_id)
    return _command("rollback", number, "", {"round_id": round_id, "reason": "timeout"})


# The bank


def bank_tells(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """A notice of one to three payments, some of them wrong, some repeated, some cut short."""
    notices = world.places[wallet].notices
    if notices and chance.random() < 0.4:
        return "notice", {"of": chance.choice(notices[-5:]), "until": chance.randint(1, 3)}
    payments = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        payer = chance.randrange(len(world.wallets))
        deposits = world.places[payer].deposits
        if not deposits:
            continue
        of = deposits[-1 - chance.randrange(min(4, len(deposits)))]
        amount = world.done[of].body["amount_minor"] + (chance.random() < 0.04)
        # Mostly a payment of its own; sometimes one that was told before, for another charge.
        payment = f"E{of if chance.random() < 0.9 else chance.randrange(number)}"
        payload = {
            "deposit_id": _of(of, "deposit_id"),
            "amount_minor": amount,
            "end_to_end_id": payment,
        }
        payments.append({"wallet": payer, "key": f"pix:{payment}", "payload": payload})
    if not payments:
        return None
    notices.append(number)
    return "notice", {"payments": payments, "until": chance.randint(0, 3)}


def bank_settles(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    holds = world.places[wallet].holds
    if not holds:
        return None
    of = holds[-1 - chance.randrange(min(4, len(holds)))]
    payload: dict[str, Any] = {"withdrawal_id": _of(of, "withdrawal_id")}
    if chance.random() < 0.65:
        payment = _of(of, "end_to_end_id") if chance.random() < 0.96 else "E-of-somebody"
        payload["end_to_end_id"] = payment
        key = chance.choice((f"settle:{of}:{payment}", f"k{number}"))
        return _command("withdrawal_settle", number, "", payload, key=key.replace(" ", ""))
    payload["reason"] = "refused by the bank"
    return _command("withdrawal_release", number, "", payload)


# The desk


def desk_grants(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    grants = world.places[wallet].grants
    grant = f"g{number}" if not grants or chance.random() < 0.8 else chance.choice(grants)
    if grant not in grants:
        grants.append(grant)
    payload = {"grant_id": grant, "amount_minor": _amount(chance), "reason": "welcome"}
    return _command("bonus_credit", number, "", payload)


def desk_takes_back(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    grants = world.places[wallet].grants
    if not grants:
        return None
    grant = chance.choice(grants) if chance.random() < 0.95 else "unknown"
    amount = _amount(chance, 1_500)
    payload = {"grant_id": grant, "amount_minor": amount, "reason": "expired"}
    return _command("bonus_debit", number, "", payload)


# The platform


def evicts(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    return "evict", {}


def skews_the_clock(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    model = world.wallets[wallet].model
    ms = chance.choice((0, 0, -1, chance.randint(-2_000, 2_000), chance.randint(-90_000, 90_000)))
    if CLOCK_SET_BACK_FREEZES:
        opened = [session.active_at for session in model.sessions.values()]
        ms = max(ms, max(opened, default=0) - model.offset_ms - world.now_ms)
    return "skew", {"ms": ms}


def advances_the_clock(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"advance_ms": chance.choice((1, 60_000, 3_600_000))}
    return _command("clock_advance", number, "", payload, key="")


def fires_the_alarm(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    how = chance.choices(("due", "twice", "unset", "lost"), (90, 4, 3, 3))[0]
    return "alarm", {"how": how}


def configures(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    version = chance.choice(([1, 1], [1, 1], [2, 1], [1, 0]))
    return "configure", {"game": chance.choice(("dice", "plain")), "version": version}


def consumes(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if world.projection is None or not world.queue.waiting:
        return None
    consumers = 1 if chance.random() < 0.7 else 2
    return "consume", {"consumers": consumers, "faulty": chance.random() < 0.6}


def ticks(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if world.projection is None:
        return None
    firings, slots = chance.choice(((1, 1), (2, 1), (2, 2)))
    return "tick", {"firings": firings, "slots": slots, "faulty": chance.random() < 0.6}


ACTORS: Final[tuple[tuple[int, Actor], ...]] = (
    (14, plays),
    (14, provider_bets),
    (10, provider_pays),
    (4, provider_undoes),
    (3, opens_game),
    (4, asks_for_a_charge),
    (7, bank_tells),
    (3, withdraws),
    (4, bank_settles),
    (2, desk_grants),
    (1, desk_takes_back),
    (1, rotates),
    (1, logs_out),
    (9, looks),
    (1, reads_the_statement),
    (9, retries_the_unknown),
    (5, retries_anything),
    (2, reuses_a_key),
    (1, sends_nonsense),
    (3, evicts),
    (2, skews_the_clock),
    (1, advances_the_clock),
    (5, fires_the_alarm),
    (1, configures),
    (6, consumes),
    (1, ticks),
)
