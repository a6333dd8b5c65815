"""The player and whoever sends a request again."""

from random import Random
from typing import Any

from simulation.sim.acting import Step, answered, command
from simulation.sim.games import game_of
from simulation.sim.model_gate import IDLE_MS
from simulation.sim.protection_actors import context_of, recovers
from simulation.sim.world import HOME, World

# The player


def opens_game(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if (step := recovers(world, chance, wallet, number)) is not None:
        return step
    game = chance.choice(("dice", "plain", "plain"))
    version, enabled = world.versions[game]
    config = game_of(game, version) | {"enabled": bool(enabled)}
    if chance.random() < 0.1:
        config["min_round_ms"] = chance.choice((0, 300, 5_000))
    key = chance.choice(("", f"k{number}"))
    login, context = world.logins[wallet], context_of(world, chance, wallet)
    payload = {"game": config}
    return command("game_session_open", number, login, payload, key=key, context=context)


def plays(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    sessions = world.places[wallet].sessions
    if (step := recovers(world, chance, wallet, number)) is not None:
        return step
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
    payload = {"session_id": answered(of, "session_id"), "stake_minor": stake, "params": params}
    context = context_of(world, chance, wallet, in_force)
    return command("play", number, world.logins[wallet], payload, context=context)


def asks_for_a_charge(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if (step := recovers(world, chance, wallet, number)) is not None:
        return step
    payload = {"amount_minor": chance.randint(1, 20_000), "method": "pix"}
    return command("deposit_request", number, world.logins[wallet], payload)


def withdraws(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    cash = world.wallets[wallet].model.cash
    amount = chance.choice((max(1, cash), max(1, cash + 1), chance.randint(1, 3_000)))
    payload = {"amount_minor": amount, "payment_account_id": "own"}
    return command("withdrawal_hold", number, world.logins[wallet], payload)


def rotates(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = chance.choice(({}, {"client_seed": f"mine-{number}"}))
    return command("seed_rotate", number, world.logins[wallet], payload, key="")


def logs_out(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {"session_id": world.logins[wallet]}
    return command("session_revoke", number, "", payload, key="")


def looks(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    what = chance.choice(("balance", "balance", "protection", "gate", "head", "fairness"))
    args: dict[str, Any] = {"what": what, "session": world.logins[wallet]}
    if what == "gate":
        args["payload"] = {"address": chance.choice((HOME, HOME, "away"))}
        args["session"] = chance.choice(("", world.logins[wallet]))
    return "ask", args


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
    # The player's key or the house's, whosever it was: they must not meet.
    session = chance.choice(("", world.logins[wallet]))
    return "conflict", {"of": of, "kind": "win", "payload": payload, "session": session}


def sends_nonsense(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload: dict[str, Any] = {"round_id": f"r{number}", "game_id": "g", "amount_minor": 100}
    payload |= chance.choice(({"unknown": 1}, {"currency": "EUR"}, {"currency": "BRL"}))
    return command("bet", number, world.logins[wallet], payload)
