"""The provider of games, the bank and the desk."""

from random import Random
from typing import Any

from simulation.sim.acting import Step, amount_of, answered, command
from simulation.sim.protection_actors import context_of, recovers
from simulation.sim.world import World

# The provider of games decided elsewhere


def _round(world: World, chance: Random, wallet: int) -> str:
    rounds = world.places[wallet].rounds
    return rounds[-1 - chance.randrange(min(6, len(rounds)))] if rounds else "r0"


def provider_bets(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if (step := recovers(world, chance, wallet, number)) is not None:
        return step
    rounds = world.places[wallet].rounds
    if rounds and chance.random() < 0.1:
        round_id = _round(world, chance, wallet)
    else:
        round_id = f"r{number}"
        rounds.append(round_id)
    payload = {"round_id": round_id, "game_id": "slot", "amount_minor": amount_of(chance)}
    context = context_of(world, chance, wallet)
    return command("bet", number, world.logins[wallet], payload, context=context)


def provider_pays(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payout = chance.choice((0, 0, chance.randint(0, 2_000), chance.randint(0, 9_000)))
    payload = {"round_id": _round(world, chance, wallet), "amount_minor": payout}
    return command("win", number, "", payload)


def provider_undoes(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    round_id = _round(world, chance, wallet)
    if chance.random() < 0.1:
        # The rollback is there before its bet.
        round_id = f"r{number}"
        world.places[wallet].rounds.append(round_id)
    payload: dict[str, Any] = {"round_id": round_id, "reason": "timeout"}
    played = world.places[wallet].played
    if played and chance.random() < 0.1:
        payload["round_id"] = answered(chance.choice(played[-6:]), "round_id")
    if chance.random() < 0.2:
        payload["after_win"] = chance.choice(("reject", "reverse"))
    if chance.random() < 0.3:
        payload["allow_negative"] = chance.random() < 0.8
    return command("rollback", number, "", payload)


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
            "deposit_id": answered(of, "deposit_id"),
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
    payload: dict[str, Any] = {"withdrawal_id": answered(of, "withdrawal_id")}
    if chance.random() < 0.65:
        payment = answered(of, "end_to_end_id") if chance.random() < 0.96 else "E-of-somebody"
        payload["end_to_end_id"] = payment
        key = chance.choice((f"settle:{of}:{payment}", f"k{number}"))
        return command("withdrawal_settle", number, "", payload, key=key.replace(" ", ""))
    payload["reason"] = "refused by the bank"
    return command("withdrawal_release", number, "", payload)


# The desk


def desk_grants(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    grants = world.places[wallet].grants
    grant = f"g{number}" if not grants or chance.random() < 0.8 else chance.choice(grants)
    if grant not in grants:
        grants.append(grant)
    payload: dict[str, Any] = {
        "grant_id": grant,
        "amount_minor": amount_of(chance),
        "reason": "welcome",
    }
    if chance.random() < 0.7:
        payload["terms"] = _terms(world, chance)
    return command("bonus_credit", number, "", payload)


def _terms(world: World, chance: Random) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if chance.random() < 0.7:
        terms["wagering_multiplier"] = chance.choice((1, 1, 2, 5))
    if chance.random() < 0.3:
        terms["contributions"] = {"slot": chance.choice((0, 1_000, 5_000)), "plain": 2_500}
    if chance.random() < 0.2:
        terms["max_stake_minor"] = chance.randint(100, 2_000)
    if chance.random() < 0.4:
        terms["expires_at_ms"] = world.now_ms + chance.choice((0, 5_000, 600_000, 7_200_000))
    if chance.random() < 0.2:
        terms["on_withdrawal"] = "forfeit"
    return terms


def desk_ends_bonus(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    if chance.random() < 0.5:
        return command("bonus_expire", number, "", {}, key=chance.choice(("", f"k{number}")))
    grants = world.places[wallet].grants
    if not grants:
        return None
    payload = {"grant_id": chance.choice(grants), "reason": "asked for"}
    return command("bonus_forfeit", number, "", payload)


def two_people_adjust(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    payload: dict[str, Any] = {
        "approval_id": f"a{number}",
        "maker_id": "ana",
        "checker_id": "ana" if chance.random() < 0.05 else "rui",
        "reason": "a complaint",
    }
    if chance.random() < 0.1:
        return command("unfreeze", number, "", payload, key=f"a{number}")
    payload |= {
        "direction": chance.choice(("credit", "credit", "debit")),
        "amount_minor": amount_of(chance),
    }
    return command("adjustment", number, "", payload, key=f"a{number}")


def travels(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    return "travel", {"back": chance.choice((0, 0, chance.randint(0, 200)))}


def desk_takes_back(world: World, chance: Random, wallet: int, number: int) -> Step | None:
    grants = world.places[wallet].grants
    if not grants:
        return None
    grant = chance.choice(grants) if chance.random() < 0.95 else "unknown"
    amount = amount_of(chance, 1_500)
    payload = {"grant_id": grant, "amount_minor": amount, "reason": "expired"}
    return command("bonus_debit", number, "", payload)
