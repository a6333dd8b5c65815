"""An intervention on its way to the wallet: decided in D1, carried out there, once.

Each command bears a key made of the intervention's id, and the end of a pause is stored before the
wallet is told, so that a repetition after a lost answer says the same and does nothing. What the
wallet cannot do now stays pending and is asked again, ever more seldom; what it refuses for good is
closed with the code of its refusal, for the desk to see.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.kernel.canonical import canonical_json
from shared.kernel.times import HOUR_MS, MINUTE_MS
from shared.platform.ports import Database, Record, Unreachable, Wallets

FIRST_RETRY_MS: Final = 5 * MINUTE_MS
LONGEST_RETRY_MS: Final = 6 * HOUR_MS
ALREADY_LONGER: Final = "exclusion_not_shortened"
"""A pause that the wallet refuses because a longer one is in force is as good as done."""

type Carried = Literal["carried_out", "pending", "refused"]

PENDING: Final = """
SELECT * FROM interventions WHERE status = 'pending' AND try_at <= ?
ORDER BY try_at LIMIT CAST(? AS INTEGER)
"""
ONE_PENDING: Final = "SELECT * FROM interventions WHERE intervention_id = ? AND status = 'pending'"

_SET_UNTIL: Final = """
UPDATE interventions SET pause_until = ? WHERE intervention_id = ? AND pause_until IS NULL
"""
_UNTIL: Final = "SELECT pause_until FROM interventions WHERE intervention_id = ?"
_CLOSE: Final = """
UPDATE interventions SET status = ?, refusal = ?, carried_out_at = ?, attempts = attempts + 1
WHERE intervention_id = ? AND status = 'pending'
"""
_AGAIN: Final = """
UPDATE interventions SET try_at = ?, refusal = ?, attempts = attempts + 1
WHERE intervention_id = ? AND status = 'pending'
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the house to the player's wallet."""

    kind: str
    key: str
    payload: Mapping[str, object]


_DEMANDS: Final[Mapping[str, str]] = {
    "acknowledge": "acknowledge",
    "choose": "choose",
    "pause": "choose",
    "lift": "none",
}


class _Refused(Exception):
    """The wallet refused; `again` when the cause may pass."""

    def __init__(self, code: str, *, again: bool) -> None:
        super().__init__(code)
        self.code = code
        self.again = again


def commands_of(
    order: Record, pause_until: int | None, reality_minutes: int | None
) -> tuple[Command, ...]:
    """What the wallet is told of the row `order`, what protects most first. `reality_minutes` is
    the player's own interval between reality checks: a shorter one is left alone.
    """
    name = str(order["intervention_id"])
    commands: list[Command] = []
    if pause_until is not None:
        commands.append(Command("pause", f"{name}.pause", {"until": pause_until, "source": "harm"}))
    if order["deposit_limit_minor"] is not None:
        limit = {
            "kind": "deposit",
            "period": "weekly",
            "value": order["deposit_limit_minor"],
            "reason": "player_protection",
            "actor": str(order["actor_id"] or "policy"),
            "only_tighter": True,  # than what was set since the order was planned, too
        }
        commands.append(Command("operator_limit_set", f"{name}.tighter_limit", limit))
    shortest = order["reality_check_minutes"]
    if isinstance(shortest, int) and (reality_minutes is None or reality_minutes > shortest):
        commands.append(Command("reality_check_set", f"{name}.reality", {"minutes": shortest}))
    if order["action"] != "message":
        told = {
            "intervention_id": name,
            "level": str(order["level"]),
            "template": str(order["template"]),
            "demands": _DEMANDS[str(order["action"])],
            "bonus_block": bool(order["blocks_bonus"]),
        }
        commands.append(Command("intervention_set", f"{name}.set", told))
    return tuple(commands)


async def carry(db: Database, wallets: Wallets, order: Record, now_ms: int) -> Carried:
    """Have the row `order` of `interventions` carried out, and store how that went."""
    name, player_id = str(order["intervention_id"]), str(order["player_id"])
    try:
        for command in await _commands(db, wallets, order):
            await _tell(wallets, player_id, command)
    except _Refused as refused:
        if refused.again:
            return await _later(db, order, refused.code, now_ms)
        await db.execute(_CLOSE, "refused", refused.code, now_ms, name)
        return "refused"
    except Unreachable:
        return await _later(db, order, "unreachable", now_ms)
    await db.execute(_CLOSE, "carried_out", None, now_ms, name)
    return "carried_out"


async def _later(db: Database, order: Record, code: str, now_ms: int) -> Carried:
    attempts = order["attempts"]
    assert isinstance(attempts, int)
    wait_ms = min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(attempts, 10))
    await db.execute(_AGAIN, now_ms + wait_ms, code, str(order["intervention_id"]))
    return "pending"


async def _commands(db: Database, wallets: Wallets, order: Record) -> tuple[Command, ...]:
    if order["pause_ms"] is None and order["reality_check_minutes"] is None:
        return commands_of(order, None, None)
    gate = _body(await wallets.query(str(order["player_id"]), "gate", "", "{}"))
    own = gate["reality_check"]
    assert isinstance(own, dict)
    return commands_of(order, await _pause_until(db, order, gate["now_ms"]), own["minutes"])


async def _pause_until(db: Database, order: Record, wallet_now_ms: object) -> int | None:
    """When the pause ends, by the wallet's clock, the same at every attempt."""
    pause_ms, until = order["pause_ms"], order["pause_until"]
    if pause_ms is None or isinstance(until, int):
        return until if isinstance(until, int) else None
    assert isinstance(pause_ms, int)
    assert isinstance(wallet_now_ms, int)
    name = str(order["intervention_id"])
    await db.execute(_SET_UNTIL, wallet_now_ms + pause_ms, name)
    row = await db.first(_UNTIL, name)
    assert row is not None
    stored = row["pause_until"]
    assert isinstance(stored, int)
    return stored


async def _tell(wallets: Wallets, player_id: str, command: Command) -> None:
    text = await wallets.execute(
        player_id, command.kind, command.key, "", canonical_json(dict(command.payload))
    )
    try:
        _body(text)
    except _Refused as refused:
        if refused.code != ALREADY_LONGER:
            raise


def _body(text: str) -> dict[str, object]:
    """The body of a wallet's answer (`shared.platform.ports.Wallets`)."""
    status_text, _, body_text = text.split(" ", 2)
    status, body = int(status_text), json.loads(body_text)
    if status >= 400:
        # A frozen wallet is released one day; too early is a matter of time, and so is no answer.
        raise _Refused(str(body["code"]), again=status in (423, 425, 429) or status >= 500)
    assert isinstance(body, dict)
    return body
