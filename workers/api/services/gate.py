"""What the api tells the gate of a wallet, and asks it: rules, facts, login sessions, eligibility.

The wallet decides; nothing here does. What is told may be told again: the wallet keeps the newest
version of a fact, whatever the order in which it comes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from services.container import House
from shared.compliance.model import InForce, profile_now
from shared.compliance.registers.checks import FACT_OF
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Rejected
from shared.kernel.failures import anonymous_trace
from shared.kernel.times import HOUR_MS, SECOND_MS
from shared.platform.ports import Record, Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import SESSION_EXPIRED

REALITY_CHECK_MINUTES: Final = 60
"""The house's interval; a player may choose a shorter one."""
LOOSENING_DELAY_HOURS: Final = 24

_RULES_OF: Final = "SELECT player_id, jurisdiction, rules_told FROM players WHERE player_id = ?"
# What another told it later is newer, whoever writes last.
_RULES_TOLD: Final = """
UPDATE players SET rules_told = ?1, rules_version = ?2 WHERE player_id = ?3 AND rules_version < ?2
"""

FactName = Literal["kyc", "impediment", "register"]


class Seen(Protocol):
    """A look at a place: `verdict` is inside, outside or unknown, `reason` the provider's own."""

    @property
    def verdict(self) -> str: ...

    @property
    def reason(self) -> str | None: ...


def asks_identity(profile: InForce) -> bool:
    """Whether nobody plays before they have shown who they are."""
    return profile.identity is not None and profile.identity.before_play


def wallet_rules(profile: InForce) -> dict[str, object]:
    """The rules that a wallet is opened under, or told of by `rules_set`, from the profile of the
    day: what it requires before money moves towards risk, which limits nobody may be without, how
    often a reality check comes, how long a looser limit waits.
    """
    requires: list[str] = [
        FACT_OF[register.adapter] for register in profile.registers if register.adapter is not None
    ]
    if asks_identity(profile):
        requires.append("kyc")
    if profile.session is not None:
        requires.append("session")
        if profile.session.location_minutes is not None:
            requires.append("place")
    mandatory = profile.limits.mandatory if profile.limits is not None else frozenset()
    hours = profile.loosening_delay_hours
    return {
        "requires": requires,
        "mandatory": sorted(mandatory),
        "reality_check_minutes": REALITY_CHECK_MINUTES,
        "loosening_delay_ms": (LOOSENING_DELAY_HOURS if hours is None else hours) * HOUR_MS,
    }


async def renew_rules(house: House, player_id: str, now_ms: int, *, anyway: bool = False) -> None:
    """As `renew_rules_of`, for a player of whom only the id is known; `anyway` also when the rules
    are what the wallet was told last.
    """
    row = await house.db.first(_RULES_OF, player_id)
    assert row is not None
    await renew_rules_of(house, {**row, "rules_told": None} if anyway else row, now_ms)


async def renew_rules_of(house: House, player: Record, now_ms: int) -> None:
    """Tell a wallet the rules of today unless it was told the same last: D1 keeps their digest, so
    a session that goes on for days costs no call. `player` has `player_id`, `jurisdiction` and
    `rules_told`. Silence is logged and no harm: the wallet keeps what it has, and the next login
    or refresh tells it again.

    The version is the second of telling, so that a second change on one day counts too.
    """
    player_id = str(player["player_id"])
    rules = wallet_rules(profile_now(str(player["jurisdiction"]), now_ms))
    digest = sha256_hex(canonical_json(rules))
    if player["rules_told"] == digest:
        return
    version = now_ms // SECOND_MS
    payload = canonical_json({"rules": rules, "version": version})
    try:
        answer = decode_answer(await house.wallets.execute(player_id, "rules_set", "", "", payload))
    except Unreachable as failure:
        house.log({"event": "rules_untold", "failure": anonymous_trace(failure)})
        return
    if answer.status >= 400:
        house.log({"event": "rules_refused", "player_id": player_id})
    elif json.loads(answer.body)["applied"]:
        await house.db.execute(_RULES_TOLD, digest, version, player_id)


def min_round_ms(profile: InForce, kind: str) -> int:
    """How long a round of this kind of game takes at least; 0 while the rule is not in force."""
    pace = profile.round_pace
    if pace is None:
        return 0
    return pace.slots_ms if kind == "slot" else pace.other_games_ms


def context_text(games: str, address: str) -> str:
    """What comes with a bet: the games in force as text, and the opaque address of the caller."""
    return f'{{"games":{games},"address":{json.dumps(address)}}}'


async def record_fact(
    house: House,
    player_id: str,
    name: FactName,
    *,
    version: int,
    status: str,
    valid_until: int | None = None,
    reasons: Sequence[str] = (),
) -> bool:
    """Tell a fact; False when the wallet knows a newer one. `version` is the moment at which it was
    established (UTC milliseconds), `reasons` are codes. A wallet that does not ask for the fact has
    rules from before it was required: it is told those of today.

    Raises:
        Unreachable: when the wallet gave no answer, or refused.
    """
    payload = {
        "name": name,
        "version": version,
        "status": status,
        "valid_until": valid_until,
        "reasons": list(reasons),
    }
    text = await house.wallets.execute(player_id, "fact_record", "", "", canonical_json(payload))
    answer = decode_answer(text)
    body: dict[str, Any] = json.loads(answer.body)
    if answer.status >= 400:
        raise Unreachable(f"the wallet did not take a fact: {body['code']}")
    if not body["asked"]:
        await renew_rules(house, player_id, house.clock.now_ms(), anyway=True)
    return bool(body["applied"])


async def gate_of(
    house: House, player_id: str, session_id: str = "", address: str = ""
) -> Mapping[str, Any]:
    """What the player may do now and why not (docs/wallet.md, query `gate`); with a login session,
    what that session may do from that address.

    Raises:
        Unreachable: when the wallet gave no answer, or refused.
    """
    payload = canonical_json({"address": address} if address else {})
    answer = decode_answer(await house.wallets.query(player_id, "gate", session_id, payload))
    body: dict[str, Any] = json.loads(answer.body)
    if answer.status >= 400:
        raise Unreachable(f"the wallet did not show its gate: {body['code']}")
    return body


async def begin_session(
    house: House, player_id: str, session_id: str, place: Seen, address: str
) -> None:
    """Tell the wallet that a login session is there, and where.

    Raises:
        Rejected: SESSION_EXPIRED when the wallet knows the session as over.
        Unreachable: when the wallet gave no answer, or another refusal.
    """
    payload = {
        "session_id": session_id,
        "place": {"verdict": place.verdict, "reason": place.reason, "address": address},
    }
    text = await house.wallets.execute(player_id, "session_begin", "", "", canonical_json(payload))
    answer = decode_answer(text)
    if answer.status < 400:
        return
    code = json.loads(answer.body)["code"]
    if code == SESSION_EXPIRED.code:
        raise Rejected(SESSION_EXPIRED, "The session is over.")
    raise Unreachable(f"the wallet did not take a session: {code}")
