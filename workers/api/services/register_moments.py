"""The moments at which somebody waits for a register: registration and the first login of a day.

Whatever goes wrong here closes the gate and nothing else: a registration is answered like every
other, a login succeeds, and the wallet refuses bets and deposits until an answer is there. Nobody
learns from either whether a CPF is on a register (BR-IMP-05).
"""

from services.container import House
from services.player_clock import player_now_ms
from services.register_facts import tell_wallet
from services.registers import ask, known_of
from shared.compliance.model import profile_now
from shared.compliance.registers.checks import is_due_at_login
from shared.platform.ports import PlatformError


async def check_at_registration(house: House, player_id: str) -> None:
    """Ask about somebody who has just registered, and tell their new wallet."""
    try:
        at_ms = await player_now_ms(house, player_id, house.clock.now_ms())
        for known in await known_of(house, player_id):
            if known.standing.checked_at is None:
                await ask(house, player_id, known.register, "registration", at_ms)
        await tell_wallet(house, player_id, at_ms)
    except PlatformError as failure:
        _log(house, "registration", failure)


async def check_at_login(house: House, player_id: str) -> None:
    """Ask about somebody who logs in for the first time today, or waits for an answer."""
    try:
        at_ms = await player_now_ms(house, player_id, house.clock.now_ms())
        day_offset_ms = profile_now(house.settings.jurisdiction, at_ms).profile.day_offset_ms
        for known in await known_of(house, player_id):
            if is_due_at_login(known.standing, at_ms, day_offset_ms):
                await ask(house, player_id, known.register, "login", at_ms)
        await tell_wallet(house, player_id, at_ms)
    except PlatformError as failure:
        _log(house, "login", failure)


def _log(house: House, occasion: str, failure: PlatformError) -> None:
    line = {"event": "register_not_asked", "occasion": occasion}
    house.log({**line, "failure": type(failure).__name__})
