"""What staff order for a player's protection: a limit of the house, an exclusion.

The order and its entry in the audit log are one transaction, and come before the wallet is asked:
nothing is done to a player that no log tells of. The order's id is the key of the wallet's command.
An order that the wallet did not answer keeps an empty outcome, for everybody at the desk to see.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.audit import Action, carry_out
from services.container import House
from services.marketing import withdraw_marketing
from services.protection import Body, exclusion_end, told
from shared.compliance.terms import Term
from shared.identity.errors import FORBIDDEN, PLAYER_NOT_FOUND
from shared.identity.model import Principal, Role
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, Statement
from shared.wallet.answer import decode_answer

_ORDER: Final = (
    "INSERT INTO protection_orders (order_id, player_id, command, payload, reason, actor_id,"
    " actor_role, ordered_at) SELECT ?, player_id, ?, ?, ?, ?, ?, ? FROM players"
    " WHERE player_id = ? AND brand_id = ?"
)
_CLOSE: Final = "UPDATE protection_orders SET outcome = ?, carried_out_at = ? WHERE order_id = ?"
_KNOWN: Final = "SELECT 1 FROM players WHERE player_id = ? AND brand_id = ?"
LOOSENS: Final[frozenset[Role | None]] = frozenset({"aml", "admin"})
"""Who may loosen or remove a limit of the house; everybody else tightens."""
_NEWEST: Final = (
    "SELECT * FROM protection_orders WHERE player_id = ? ORDER BY order_id DESC LIMIT 50"
)


@dataclass(frozen=True, slots=True)
class HouseLimit:
    """A limit of the house; `value` None takes it away."""

    kind: str
    period: str
    value: int | None


async def order_limit(
    house: House, actor: Principal, player_id: str, limit: HouseLimit, reason: str, now_ms: int
) -> Body:
    """Set or remove the house's limit for a player; the player's own is not touched. A limit may be
    the policy's, or somebody's who saw harm: roles that are not in `LOOSENS` only tighten it. What
    is in force is compared by the wallet, so that no order of somebody else comes in between.

    Raises:
        Rejected: PLAYER_NOT_FOUND; FORBIDDEN when it would loosen or remove a limit and the role
            may not; or as the wallet refuses.
    """
    payload: dict[str, object] = {
        "kind": limit.kind,
        "period": limit.period,
        "value": limit.value,
        "reason": reason,
        "actor": actor.subject_id,
    }
    if actor.role not in LOOSENS:
        if limit.value is None:
            raise _only_tightens()
        payload["only_tighter"] = True
    body = await _carry_out(house, actor, player_id, "operator_limit_set", payload, reason, now_ms)
    if not _is_as_asked(payload, body):
        raise _only_tightens()
    return body


async def order_exclusion(
    house: House, actor: Principal, player_id: str, term: Term, reason: str, now_ms: int
) -> Body:
    """Exclude a player for `term`. Like the player's own it is never shortened by anybody.

    Raises:
        Rejected: PLAYER_NOT_FOUND, EXCLUSION_TERM_NOT_OFFERED, or as the wallet refuses.
    """
    await require_player(house, player_id)
    until = await exclusion_end(house, player_id, term, now_ms)
    payload: dict[str, object] = {"until": until, "source": "operator"}
    body = await _carry_out(house, actor, player_id, "exclude", payload, reason, now_ms)
    await withdraw_marketing(house, player_id, now_ms)
    return body


async def require_player(house: House, player_id: str) -> None:
    """That there is such a player; nothing of the person is read.

    Raises:
        Rejected: PLAYER_NOT_FOUND.
    """
    known = await house.db.first(_KNOWN, player_id, house.settings.brand_id)
    if known is None:
        raise _no_player()


async def newest_orders(house: House, player_id: str) -> list[Record]:
    """What was ordered for a player, newest first."""
    return await house.db.query(_NEWEST, player_id)


async def _carry_out(
    house: House,
    actor: Principal,
    player_id: str,
    kind: str,
    payload: dict[str, object],
    reason: str,
    now_ms: int,
) -> Body:
    order_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    entry = {name: value for name, value in payload.items() if name not in ("reason", "actor")}
    row = (
        order_id,
        kind,
        canonical_json(payload),
        reason,
        actor.subject_id,
        actor.role,
        now_ms,
        player_id,
        house.settings.brand_id,
    )

    async def plan() -> Action:
        data = {"order_id": order_id, **entry}
        return Action(f"protection.{kind}", player_id, data, (Statement(_ORDER, row),))

    _, happened = await carry_out(house, actor, now_ms, plan)
    if not happened:
        raise _no_player()
    text = await house.wallets.execute(player_id, kind, order_id, "", canonical_json(payload))
    answer = decode_answer(text)
    body = json.loads(answer.body)
    outcome = "done" if answer.status < 400 else str(body["code"])
    if answer.status < 400 and not _is_as_asked(payload, body):
        outcome = FORBIDDEN.code
    if await house.db.execute(_CLOSE, outcome, now_ms, order_id) != 1:
        raise InvariantBroken("order_is_stored", order_id)
    return told(answer)


def _is_as_asked(payload: Mapping[str, object], body: Body) -> bool:
    """False when a tighter limit of the house stays, which the order was not to loosen."""
    return "only_tighter" not in payload or body["value"] == payload["value"]


def _only_tightens() -> Rejected:
    return Rejected(FORBIDDEN, "This role may tighten a limit of the house, and not loosen it.")


def _no_player() -> Rejected:
    return Rejected(PLAYER_NOT_FOUND, "There is no player with this id.")
