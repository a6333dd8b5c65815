"""What protected a person in a former account protects them in the one that follows it.

A self-exclusion is of the person and not of the account (Portaria SPA/MF 1.231/2024 art. 4): a new
registration after an off-boarding is no way out of one that still runs, of a pause, or of a limit
that the house set. The former wallets are asked before the new one counts as opened, so whoever was
cut off in between is no further than before, and the next attempt does it again without harm.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.container import House
from services.player_clock import player_now_ms
from shared.kernel.canonical import canonical_json
from shared.kernel.times import parse_rfc3339
from shared.platform.ports import Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import EXCLUSION_NOT_SHORTENED, WALLET_NOT_FOUND

# All of them: a wallet that was never opened took nothing over from the one before it.
_FORMERS: Final = """
WITH RECURSIVE former (player_id) AS (
  SELECT former_id FROM account_successions WHERE player_id = ?
  UNION SELECT s.former_id FROM account_successions s JOIN former f ON s.player_id = f.player_id)
SELECT player_id FROM former
"""
_ACTOR: Final = "succession"
_REASON: Final = "carried over from the former account"

type _Panel = Mapping[str, Any]
type _Order = tuple[str, dict[str, object]]


async def take_over_protection(house: House, player_id: str, now_ms: int) -> None:
    """Give a wallet that was just opened the exclusion, the pause and the house's limits that are
    in force in the former wallets of its person.

    Raises:
        Unreachable: when a wallet gave no answer or a refusal; do it again.
    """
    formers = await house.db.query(_FORMERS, player_id)
    if not formers:
        return
    at_ms = await player_now_ms(house, player_id, now_ms)
    for row in formers:
        former_id = str(row["player_id"])
        panel = await _panel(house, former_id)
        if panel is None:
            continue
        for kind, payload in _orders(panel, at_ms):
            key = f"succession:{former_id}:{kind}:{_what(payload)}"
            await _give(house, player_id, kind, key, payload)


def _orders(panel: _Panel, at_ms: int) -> Iterator[_Order]:
    """The commands that make a wallet as strict as the one of `panel`; terms that have ended by
    either clock are left out.
    """
    over_ms = max(at_ms, parse_rfc3339(panel["now"]))
    if panel["is_excluded_for_ever"]:
        yield "exclude", {"until": None, "source": _source(panel, "excluded", None)}
    for kind, state in (("exclude", "excluded"), ("pause", "paused")):
        until = panel[f"{state}_until"]
        if until is not None and parse_rfc3339(until) > over_ms:
            source = _source(panel, state, until)
            yield kind, {"until": parse_rfc3339(until), "source": source}
    for limit in panel["limits"]:
        if limit["operator"] is not None:
            named = {"kind": limit["kind"], "period": limit["period"], "value": limit["operator"]}
            yield "operator_limit_set", {**named, "reason": _REASON, "actor": _ACTOR}


def _source(panel: _Panel, kind: str, until: str | None) -> str:
    """Who asked for the term; the house when it is too old to be among those that are shown."""
    found = (
        str(term["source"])
        for term in panel["terms"]
        if (term["kind"], term["until"]) == (kind, until)
    )
    return next(found, "operator")


def _what(payload: Mapping[str, object]) -> str:
    if "until" in payload:
        return str(payload["until"])
    return f"{payload['kind']}:{payload['period']}:{payload['value']}"


async def _panel(house: House, player_id: str) -> _Panel | None:
    """The protection of a wallet; None when it was never opened."""
    answer = decode_answer(await house.wallets.query(player_id, "protection", "", "{}"))
    body: _Panel = json.loads(answer.body)
    if answer.status == WALLET_NOT_FOUND.status and body["code"] == WALLET_NOT_FOUND.code:
        return None
    if answer.status >= 400:
        raise Unreachable(f"a former wallet does not show its protection: {body['code']}")
    return body


async def _give(
    house: House, player_id: str, kind: str, key: str, payload: dict[str, object]
) -> None:
    text = await house.wallets.execute(player_id, kind, key, "", canonical_json(payload))
    answer = decode_answer(text)
    code = "" if answer.status < 400 else json.loads(answer.body)["code"]
    if code not in ("", EXCLUSION_NOT_SHORTENED.code):
        raise Unreachable(f"the wallet does not take over a protection: {code}")
