"""Who has a word about permission to play: the player, the operator, the house's checks, the desk.

Most of what they do leaves the gate open, or opens it again, so that histories go on being played;
what comes late, twice, out of order or of another time comes often enough.
"""

import json
from random import Random
from typing import Any, Final

from simulation.sim.acting import Step, command
from simulation.sim.model_gate import ModelGate, refuse_elsewhere
from simulation.sim.model_judge import refuse_idle
from simulation.sim.world import GOOD, HOME, World

KINDS: Final = ("deposit", "loss", "wager", "time", "bet_count")
PERIODS: Final = ("daily", "weekly", "monthly")
SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000


def _gate(world: World, wallet: int) -> ModelGate:
    return world.wallets[wallet].model.gate


def _now(world: World, wallet: int) -> int:
    return world.wallets[wallet].model.now(world.wallets[wallet].clock.now_ms())


def _key(chance: Random, number: int) -> str:
    return chance.choice(("", f"k{number}"))


def context_of(
    world: World, chance: Random, wallet: int, games: dict[str, list[int]] | None = None
) -> str:
    """What the house says beside a request: mostly from the place that was looked at."""
    login = _gate(world, wallet).logins.get(world.logins[wallet])
    address = login.address if login is not None and chance.random() < 0.98 else "elsewhere"
    return json.dumps({"games": world.versions if games is None else games, "address": address})


def recovers(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """What somebody does first who wants to bet and may not; sometimes they try anyway."""
    if chance.random() < 0.15:
        return None
    gate, now_ms = _gate(world, wallet), _now(world, wallet)
    if gate.frozen:
        return two_people_release(number) if chance.random() < 0.3 else None
    if _bad_news(gate, now_ms) and chance.random() < 0.8:
        return learns_a_fact(world, chance, wallet, number)
    model, login = world.wallets[wallet].model, world.logins[wallet]
    known = gate.logins.get(login)
    address = known.address if known is not None else ""
    if refuse_idle(model, login, now_ms) or refuse_elsewhere(gate, login, address, now_ms):
        return arrives(world, chance, wallet, number)
    if now_ms >= gate.period_ends_at():
        return command("reality_check_ack", number, login, {}, key=_key(chance, number))
    is_asked = gate.message is not None and chance.random() < 0.5
    return reacts(world, chance, wallet, number) if is_asked else None


def two_people_release(number: int) -> Step:
    """Two people release a frozen wallet."""
    approval = f"a{number}"
    people = {"maker_id": "ana", "checker_id": "rui", "reason": "the proof holds"}
    payload = {"approval_id": approval, **people}
    return command("unfreeze", number, "", payload, key=approval)


def _bad_news(gate: ModelGate, now_ms: int) -> list[str]:
    """The facts that keep the player from betting, or may if the rules ask for them."""
    asked = [name for name in GOOD if name in gate.requires]
    worst = {"impediment": "impeded", "register": "excluded"}
    said = [name for name, bad in worst.items() if gate.says(name, bad)]
    stale = [name for name in asked if not gate.is_good(name, GOOD[name], now_ms)]
    return [*said, *stale]


# The player


def arrives(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """A login, or another look at the place of one that goes on."""
    login = world.logins[wallet]
    is_over = refuse_idle(world.wallets[wallet].model, login, _now(world, wallet)) is not None
    if chance.random() < (0.95 if is_over else 0.1):
        login = f"login-{number}"
    verdict = chance.choices(("inside", "outside", "unknown"), (92, 5, 3))[0]
    reason = "anonymiser" if verdict == "outside" and chance.random() < 0.5 else None
    address = HOME if chance.random() < 0.9 else "away"
    place = {"verdict": verdict, "reason": reason, "address": address}
    payload = {"session_id": login, "place": place}
    return command("session_begin", number, "", payload, key=_key(chance, number))


def _named(chance: Random) -> tuple[str, str]:
    kind = chance.choice(KINDS)
    periods = PERIODS if kind == "deposit" else ("session", *PERIODS)
    return kind, chance.choice(periods)


def _value(chance: Random, kind: str, current: int | None) -> int | None:
    """Near the limit that is set, or an ample one, so that most bets pass."""
    if chance.random() < 0.2:
        return None
    if current is not None and chance.random() < 0.7:
        return max(0, current + chance.choice((0, -1, 1, current // 2, current, -current // 3)))
    ample = {"bet_count": (5, 400), "time": (1, 600)}.get(kind, (500, 500_000))
    return chance.randint(*ample)


def sets_limit(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    gate = _gate(world, wallet)
    name = _named(chance)
    waits = list(gate.waiting)
    if waits and chance.random() < 0.3:
        name = chance.choice(waits)
    elif gate.own and chance.random() < 0.7:
        name = chance.choice(list(gate.own))
    value = _value(chance, name[0], gate.own.get(name))
    if name in gate.waiting and chance.random() < 0.5:
        value = gate.waiting[name][0]
    payload = {"kind": name[0], "period": name[1], "value": value}
    return command("limit_set", number, world.logins[wallet], payload, key=_key(chance, number))


def confirms_limit(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    waits = list(_gate(world, wallet).waiting)
    name = chance.choice(waits) if waits and chance.random() < 0.95 else _named(chance)
    kind = "limit_confirm" if chance.random() < 0.9 else "limit_cancel"
    payload = {"kind": name[0], "period": name[1]}
    return command(kind, number, world.logins[wallet], payload, key=_key(chance, number))


TERMS: Final = (("exclude", "excluded"), ("pause", "paused"))
"""The commands that stop play, and the code while they do."""


def stops(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """The player, or somebody for them, takes a pause or an exclusion; mostly a short one."""
    gate, now_ms = _gate(world, wallet), _now(world, wallet)
    running = [both for both in TERMS if gate.ends[both[1]] > now_ms]
    kind, code = chance.choice(running if running and chance.random() < 0.7 else TERMS)
    until: int | None = now_ms + chance.choice(
        (1, 5 * SECOND_MS, 60 * SECOND_MS, HOUR_MS // 6, chance.randint(1, 2 * HOUR_MS))
    )
    if gate.ends[code] > now_ms and chance.random() < 0.6:
        until = min(gate.ends[code], now_ms + HOUR_MS) + chance.choice(
            (-SECOND_MS, -1, 0, 1, SECOND_MS)
        )
    if kind == "exclude" and chance.random() < 0.02:
        until = None
    if chance.random() < 0.03:
        until = now_ms - 1
    source = chance.choice(("player", "player", "operator", "harm"))
    login = world.logins[wallet] if source == "player" else ""
    payload = {"until": until, "source": source}
    return command(kind, number, login, payload, key=_key(chance, number))


def minds_the_time(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    login, key = world.logins[wallet], _key(chance, number)
    if chance.random() < 0.7:
        return command("reality_check_ack", number, login, {}, key=key)
    return command(
        "reality_check_set", number, login, {"minutes": chance.choice((10, 30, 120))}, key=key
    )


def reacts(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    message = _gate(world, wallet).message
    named = message.message_id if message is not None and chance.random() < 0.95 else "nothing"
    reaction = chance.choice(("acknowledged", "acknowledged", "limit_set", "paused", "excluded"))
    payload = {"intervention_id": named, "reaction": reaction}
    login = world.logins[wallet]
    return command("intervention_ack", number, login, payload, key=_key(chance, number))


# The operator and the house


def operator_limits(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    gate = _gate(world, wallet)
    operators, name = gate.operators, _named(chance)
    both = [*operators, *gate.own]
    if both and chance.random() < 0.8:
        name = chance.choice(both)
    near = operators.get(name, gate.own.get(name))
    value = None if chance.random() < 0.3 else _value(chance, name[0], near)
    payload: dict[str, Any] = {"kind": name[0], "period": name[1], "value": value}
    payload |= {"reason": "markers", "actor": "ana"}
    if chance.random() < 0.3:
        payload["only_tighter"] = True
    return command("operator_limit_set", number, "", payload, key=_key(chance, number))


def learns_a_fact(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """A register or the desk answers: late, of another time, or with bad news now and then."""
    gate, now_ms = _gate(world, wallet), _now(world, wallet)
    bad = _bad_news(gate, now_ms)
    name = chance.choice(bad) if bad and chance.random() < 0.9 else chance.choice(list(GOOD))
    status = GOOD[name]
    if chance.random() < (0.1 if name in bad else 0.2):
        worse = {
            "kyc": ("missing",),
            "impediment": ("impeded", "pending"),
            "register": ("excluded", "pending"),
        }
        status = chance.choice(worse[name])
    ago = chance.choice((0, 0, 0, 1, 5 * SECOND_MS, 2 * HOUR_MS))
    lasts = chance.choice((None, None, None, chance.randint(1, HOUR_MS), 24 * HOUR_MS))
    reasons = {"impeded": ["PROGRAMA_SOCIAL"], "excluded": ["REGISTER"]}.get(status, [])
    payload = {
        "name": name,
        "status": status,
        "version": now_ms - ago,
        "valid_until": None if lasts is None else now_ms + lasts,
        "reasons": reasons,
    }
    return command("fact_record", number, "", payload, key=_key(chance, number))


def changes_the_rules(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """Another version of the profile, sometimes one that was replaced already."""
    rules = dict(world.setting.rules)
    if chance.random() < 0.5:
        rules["reality_check_minutes"] = chance.choice((None, 10, 60))
    if chance.random() < 0.3:
        rules["requires"] = [name for name in rules["requires"] if chance.random() < 0.8]
    version = max(1, _gate(world, wallet).rules_version + chance.choice((-1, 0, 1, 1, 2)))
    payload = {"rules": rules, "version": version}
    return command("rules_set", number, "", payload, key=_key(chance, number))


def sends_a_message(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload = {
        "intervention_id": f"i{number}",
        "level": chance.choice(("medium", "high")),
        "template": "net-loss",
        "demands": chance.choice(("none", "acknowledge", "acknowledge", "choose")),
        "bonus_block": chance.random() < 0.3,
    }
    return command("intervention_set", number, "", payload, key=_key(chance, number))


def damages_a_row(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    """Somebody who holds the database changes a row that commands rely on."""
    return "freeze", {"damage": number, "row": number // 7}
