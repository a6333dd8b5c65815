"""The live counters of the platform, read from the projection and never from a wallet.

Money of different currencies is never added up: the members at the top are those of the house's
first currency, `by_currency` has one entry for each. The return to player is wins over stakes in
percent with two decimals, half up, from integers alone: no float touches money. What was rolled
back is in neither.
"""

import json
from typing import Final

from shared.kernel.money import Currency, format_major
from shared.kernel.times import rfc3339
from shared.platform.ports import Database, Record

FIRST_CURRENCY: Final[Currency] = "BRL"

_COUNTS: Final = """
SELECT (SELECT count(*) FROM players) AS players,
       (SELECT count(*) FROM aml_alerts WHERE status = 'open') AS alerts_open
"""

_TOTALS: Final = """
SELECT currency, events, rounds, stakes_minor, wins_minor, deposits_minor, withdrawals_minor
FROM projection_totals ORDER BY currency
"""

_NEWEST: Final = """
SELECT e.recorded_at, h.updated_at FROM wallet_events AS e
JOIN projection_heads AS h ON h.player_id = e.player_id
ORDER BY e.recorded_at DESC LIMIT 1
"""


_CONSERVATION: Final = """
SELECT currency, drift_minor, difference_minor, accounts, checked_at FROM conservation
ORDER BY currency
"""


async def platform_stats(db: Database, now_ms: int) -> dict[str, object]:
    """The body of `GET /v1/stats`.

    `players` counts accounts, `rounds` bets accepted and not rolled back, `rtp_actual` is `"96.03"`
    or null before the first stake, `events_projected` counts every event of every currency,
    `projection_lag_ms` is that of the newest event, null before any. `conservation` has the last
    reconciliation of each currency: `drift_minor` is the sum of all accounts, `difference_minor` by
    how much the players' accounts differ from their wallets' last balances; both are zero.
    """
    counts = (await db.query(_COUNTS))[0]
    totals = await db.query(_TOTALS)
    by_currency = {str(record["currency"]): _currency_totals(record) for record in totals}
    first = by_currency.get(FIRST_CURRENCY) or _NOTHING_YET
    return {
        "players": _integer(counts, "players"),
        **{name: first[name] for name in ("rounds", "stakes_minor", "wins_minor", "rtp_actual")},
        "alerts_open": _integer(counts, "alerts_open"),
        "events_projected": sum(_integer(record, "events") for record in totals),
        "projection_lag_ms": await projection_lag_ms(db),
        "as_of": rfc3339(now_ms),
        "by_currency": by_currency,
        "conservation": await conservation_by_currency(db),
    }


async def conservation_by_currency(db: Database) -> dict[str, dict[str, object]]:
    """The last reconciliation of each currency."""
    found = await db.query(_CONSERVATION)
    return {str(record["currency"]): _conservation(record) for record in found}


async def projection_lag_ms(db: Database) -> int | None:
    """How long after it was recorded the newest projected event was here; None before any.

    A wallet's clock may run ahead of this Worker's (sandbox, skew): a lag is never negative.
    """
    newest = await db.first(_NEWEST)
    if newest is None:
        return None
    return max(0, _integer(newest, "updated_at") - _integer(newest, "recorded_at"))


def rtp_text(stakes_minor: int, wins_minor: int) -> str | None:
    """Wins over stakes in percent with two decimals, half up; None when nothing was staked."""
    if stakes_minor == 0:
        return None
    return format_major((2 * 10_000 * wins_minor + stakes_minor) // (2 * stakes_minor))


_NOTHING_YET: Final[dict[str, object]] = {
    "rounds": 0,
    "stakes_minor": 0,
    "wins_minor": 0,
    "rtp_actual": None,
    "deposits_minor": 0,
    "withdrawals_minor": 0,
}


def _currency_totals(record: Record) -> dict[str, object]:
    stakes_minor, wins_minor = _integer(record, "stakes_minor"), _integer(record, "wins_minor")
    return {
        "rounds": _integer(record, "rounds"),
        "stakes_minor": stakes_minor,
        "wins_minor": wins_minor,
        "rtp_actual": rtp_text(stakes_minor, wins_minor),
        "deposits_minor": _integer(record, "deposits_minor"),
        "withdrawals_minor": _integer(record, "withdrawals_minor"),
    }


def _conservation(record: Record) -> dict[str, object]:
    return {
        "drift_minor": _integer(record, "drift_minor"),
        "difference_minor": _integer(record, "difference_minor"),
        "checked_at": rfc3339(_integer(record, "checked_at")),
        "accounts": json.loads(str(record["accounts"])),
    }


def _integer(record: Record, column: str) -> int:
    value = record[column]
    if type(value) is not int:
        raise TypeError(f"{column} is no integer")
    return value
