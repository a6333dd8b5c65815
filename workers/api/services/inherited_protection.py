"""What protected a person in a former account protects them in the one that follows it.

A self-exclusion is of the person and not of the account (Portaria SPA/MF 1.231/2024 art. 4): a new
registration after an off-boarding is no way out of one that still runs, of a pause, or of a limit
that the house set.

It is given before the wallet hears that the identity is verified, and not before anybody has shown
who they are: whoever registers with somebody else's number would read in their own account that
this person was excluded. Until then the missing identity closes the gate. Where a profile lets
people play first, it is given before the wallet counts as opened. Whoever was cut off in between is
no further than before, and the next attempt does it again without harm.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from services.container import House
from services.marketing import withdraw_marketing
from services.player_clock import player_now_ms
from services.unknown_wallet import says_never_opened
from shared.kernel.canonical import canonical_json
from shared.kernel.times import parse_rfc3339
from shared.platform.ports import Unreachable
from shared.wallet.answer import decode_answer
from shared.wallet.errors import EXCLUSION_NOT_SHORTENED

# All of them: one whose person never identified took nothing over from the one before it.
_FORMERS: Final = """
WITH RECURSIVE former (player_id) AS (
  SELECT former_id FROM account_successions WHERE player_id = ? AND taken_over_at IS NULL
  UNION SELECT s.former_id FROM account_successions s JOIN former f ON s.player_id = f.player_id)
SELECT player_id, p.wallet_opened_at IS NOT NULL AS was_opened
FROM former JOIN players p USING (player_id)
"""
_TAKEN_OVER: Final = """
UPDATE account_successions SET taken_over_at = ? WHERE player_id = ? AND taken_over_at IS NULL
"""
_ACTOR: Final = "succession"
_REASON: Final = "carried over from the former account"

type _Panel = Mapping[str, Any]
type _Order = tuple[str, str, dict[str, object]]
"""Kind, idempotency key and payload of a command."""


async def take_over_protection(house: House, player_id: str, now_ms: int) -> None:
    """Give a wallet, once, the exclusion, the pause and the house's limits that are in force in the
    former wallets of its person: of each limit the tightest.

    Raises:
        Unreachable: when a wallet gave no answer or a refusal; do it again.
    """
    formers = await house.db.query(_FORMERS, player_id)
    if not formers:
        return
    at_ms = await player_now_ms(house, player_id, now_ms)
    panels: dict[str, _Panel] = {}
    for row in formers:
        former_id = str(row["player_id"])
        panel = await _panel(house, former_id, was_opened=row["was_opened"] == 1)
        if panel is not None:
            panels[former_id] = panel
    terms = [order for name, panel in panels.items() for order in _terms(name, panel, at_ms)]
    for kind, key, payload in (*terms, *_limits(panels.values())):
        await _give(house, player_id, kind, key, payload)
    if any(kind == "exclude" for kind, _, _ in terms):
        await withdraw_marketing(house, player_id, now_ms)
    await house.db.execute(_TAKEN_OVER, now_ms, player_id)


def _terms(former_id: str, panel: _Panel, at_ms: int) -> Iterator[_Order]:
    """The exclusion and the pause of a wallet; what has ended by either clock is left out."""
    over_ms = max(at_ms, parse_rfc3339(panel["now"]))
    if panel["is_excluded_for_ever"]:
        source = _source(panel, "excluded", None)
        key = f"succession:{former_id}:exclude:None"
        yield "exclude", key, {"until": None, "source": source}
    for kind, state in (("exclude", "excluded"), ("pause", "paused")):
        until = panel[f"{state}_until"]
        if until is not None and parse_rfc3339(until) > over_ms:
            until_ms, source = parse_rfc3339(until), _source(panel, state, until)
            key = f"succession:{former_id}:{kind}:{until_ms}"
            yield kind, key, {"until": until_ms, "source": source}


def _limits(panels: Iterable[_Panel]) -> Iterator[_Order]:
    """The tightest limit of the house of each kind and period; the desk may have set a tighter one
    since, which stays.
    """
    tightest: dict[tuple[str, str], int] = {}
    for limit in (limit for panel in panels for limit in panel["limits"]):
        if limit["operator"] is not None:
            named = limit["kind"], limit["period"]
            tightest[named] = min(limit["operator"], tightest.get(named, limit["operator"]))
    for (kind, period), value in tightest.items():
        asked = {"kind": kind, "period": period, "value": value, "only_tighter": True}
        key = f"succession:{kind}:{period}:{value}"
        yield "operator_limit_set", key, {**asked, "reason": _REASON, "actor": _ACTOR}


def _source(panel: _Panel, kind: str, until: str | None) -> str:
    """Who asked for the term; the house when it is too old to be among those that are shown."""
    found = (
        str(term["source"])
        for term in panel["terms"]
        if (term["kind"], term["until"]) == (kind, until)
    )
    return next(found, "operator")


async def _panel(house: House, player_id: str, *, was_opened: bool) -> _Panel | None:
    """The protection of a wallet; None when it was never opened. One that D1 knows to have been
    opened and that does not know it has lost what it held, exclusions too.
    """
    answer = decode_answer(await house.wallets.query(player_id, "protection", "", "{}"))
    body: _Panel = json.loads(answer.body)
    if says_never_opened(answer) and not was_opened:
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
