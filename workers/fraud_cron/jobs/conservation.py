"""Money is conserved: in every currency all accounts add up to zero, and the players' accounts hold
what the last event of every wallet says.

Both are computed from the projection. The accounts were moved by the postings of each event when it
arrived; the balances are those that the wallets wrote into their newest events. The two come from
different columns by different ways, so a changed row, a posting rule that does not balance or an
event counted twice shows as a difference. Shards of players are compared in turn while the tick's
time lasts; the sums are taken anew every time.
"""

from dataclasses import dataclass
from typing import Final

from jobs.alerts import raise_alerts
from jobs.ports import Ports
from jobs.records import integer, text
from jobs.runs import Outcome
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS, SECOND_MS
from shared.platform.ports import Database, Statement
from shared.risk.model import Alert

JOB: Final = "conservation"
RULE_ID: Final = "conservation"
HOUSE: Final = "house"
"""The alert concerns no player."""

SHARDS: Final = "0123456789abcdef"
TICK_BUDGET_MS: Final = 20 * SECOND_MS

# One statement is one snapshot: an event that arrives meanwhile is in both sums or in neither.
_COMPARE: Final = """
SELECT currency, sum(players) AS players, abs(sum(cash_minor)) + abs(sum(bonus_minor))
       + abs(sum(held_minor)) AS difference_minor
FROM (
  SELECT e.currency, 1 AS players, e.cash_after AS cash_minor, e.bonus_after AS bonus_minor,
         e.held_after AS held_minor
  FROM projection_heads AS h
  JOIN wallet_events AS e ON e.player_id = h.player_id AND e.seq = h.seq
  WHERE substr(h.player_id, -1) = ?1
  UNION ALL
  SELECT currency, 0, iif(account = 'player:cash', -amount_minor, 0),
         iif(account = 'player:bonus', -amount_minor, 0),
         iif(account = 'player:held', -amount_minor, 0)
  FROM account_totals WHERE shard = ?1
) GROUP BY currency
"""

_KEEP_SHARD: Final = """
INSERT OR REPLACE INTO conservation_shards (shard, currency, players, difference_minor, checked_at)
SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, ?2 FROM json_each(?3) AS r
"""

_ORDER: Final = (
    "SELECT shard, max(checked_at) AS checked_at FROM conservation_shards GROUP BY shard"
)

_SUMS: Final = """
SELECT currency, sum(amount_minor) AS drift_minor,
       json_group_object(account, amount_minor) AS accounts,
       (SELECT coalesce(sum(s.difference_minor), 0) FROM conservation_shards AS s
        WHERE s.currency = t.currency) AS difference_minor
FROM (SELECT currency, account, sum(amount_minor) AS amount_minor FROM account_totals
      GROUP BY currency, account ORDER BY currency, account) AS t
GROUP BY currency
"""

_KEEP: Final = """
INSERT OR REPLACE INTO conservation (currency, drift_minor, difference_minor, accounts, checked_at)
SELECT c.value ->> 0, c.value ->> 1, c.value ->> 2, c.value ->> 3, ?2 FROM json_each(?1) AS c
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one currency: the sum of all accounts, and by how much the players' accounts differ from
    their wallets' last balances. Both are zero when money is conserved.
    """

    currency: str
    drift_minor: int
    difference_minor: int
    accounts: str


async def reconcile(ports: Ports) -> Outcome:
    """Compare shards, sum accounts, store the verdicts, raise an alert where one is not zero."""
    started_at = ports.clock.now_ms()
    compared = 0
    for shard in await _oldest_first(ports.db):
        if compared and ports.clock.now_ms() - started_at > TICK_BUDGET_MS:
            break
        await _compare(ports.db, shard, ports.clock.now_ms())
        compared += 1
    verdicts = [
        Verdict(
            text(record, "currency"),
            integer(record, "drift_minor"),
            integer(record, "difference_minor"),
            text(record, "accounts"),
        )
        for record in await ports.db.query(_SUMS)
    ]
    now_ms = ports.clock.now_ms()
    rows = [[v.currency, v.drift_minor, v.difference_minor, v.accounts] for v in verdicts]
    await ports.db.execute(_KEEP, canonical_json(rows), now_ms)
    broken = [v for v in verdicts if v.drift_minor or v.difference_minor]
    await raise_alerts(ports, [_alert(verdict, now_ms) for verdict in broken])
    return {"shards": compared, "currencies": len(verdicts), "broken": len(broken)}


async def _oldest_first(db: Database) -> list[str]:
    """Every shard: those never compared first, then by the time of the last comparison."""
    compared = {text(r, "shard"): integer(r, "checked_at") for r in await db.query(_ORDER)}
    return sorted({*SHARDS, *compared}, key=lambda shard: (compared.get(shard, 0), shard))


async def _compare(db: Database, shard: str, now_ms: int) -> None:
    rows = [
        [text(r, "currency"), integer(r, "players"), integer(r, "difference_minor")]
        for r in await db.query(_COMPARE, shard)
    ]
    # A shard without players keeps a row, so that it is not taken for one that was never compared.
    rows = rows or [["", 0, 0]]
    await db.batch([Statement(_KEEP_SHARD, (shard, now_ms, canonical_json(rows)))])


def _alert(verdict: Verdict, now_ms: int) -> Alert:
    """One alert a day and currency; a larger difference updates it."""
    return Alert(
        player_id=HOUSE,
        rule_id=f"{RULE_ID}.{verdict.currency}",
        window_started_at=now_ms // DAY_MS * DAY_MS,
        window_ended_at=now_ms,
        band="critical",
        observed=max(1, abs(verdict.drift_minor) + verdict.difference_minor),
        threshold=1,
        evidence={
            "currency": verdict.currency,
            "drift_minor": verdict.drift_minor,
            "difference_minor": verdict.difference_minor,
        },
    )
