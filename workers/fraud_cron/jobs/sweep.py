"""Every five minutes: what events alone would not bring to light, a slice at a time.

A wallet tells the queue of its events by an alarm, and the platform gives an alarm up after six
failures. So the sweep asks wallets for their head, round and round by player id, the newest
players first, and projects what is missing; to be asked is also what makes a wallet arm its alarm
again. Each tick is bounded, and the next begins where the last one ended.

Deposits that nobody paid in time get the status expired here when the wallet expects them no more,
for the eye only: a late payment is credited by the wallet. Withdrawals that wait for their payment
too long are reported; paying them again is the business of the payments context. Bonus grants past
their time are closed by their wallets, which are asked to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.bonus_expiry import expire_bonuses
from jobs.chain import Head
from jobs.ports import Ports
from jobs.projection_store import heads_of
from jobs.records import integer, text
from jobs.refill import WalletUnavailableError, ask_wallet, refill, report_break
from jobs.runs import Outcome
from shared.kernel.ids import first_id_at
from shared.kernel.times import DAY_MS, MINUTE_MS
from shared.platform.ports import Database
from shared.reporting.stats import projection_lag_ms
from shared.wallet.model import DEPOSIT_GRACE_MS

JOB: Final = "sweep"

WALLETS_PER_TICK: Final = 40
NEWEST_PER_TICK: Final = 10
"""40 wallets in five minutes are 11,520 a day: a lost alarm stays unnoticed for at most the number
of wallets divided by that, and not at all when the wallet sends anything after it.
"""

NEW_FOR_MS: Final = DAY_MS
DEPOSITS_PER_TICK: Final = 500
WITHDRAWAL_PATIENCE_MS: Final = 2 * MINUTE_MS
WITHDRAWALS_PER_TICK: Final = 100

_CURSOR: Final = """
SELECT outcome ->> 'cursor' AS cursor FROM job_runs
WHERE job = ? AND outcome ->> 'cursor' IS NOT NULL ORDER BY slot DESC LIMIT 1
"""

_NEXT: Final = """
SELECT player_id FROM players WHERE player_id > ? AND wallet_opened_at IS NOT NULL
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

_NEWEST: Final = """
SELECT p.player_id FROM players AS p
LEFT JOIN projection_heads AS h ON h.player_id = p.player_id
WHERE p.player_id >= ? AND p.wallet_opened_at IS NOT NULL AND h.player_id IS NULL
ORDER BY p.player_id DESC LIMIT CAST(? AS INTEGER)
"""

_EXPIRE: Final = """
UPDATE deposits SET status = 'expired' WHERE deposit_id IN (
  SELECT deposit_id FROM deposits WHERE status = 'pending' AND expires_at < ?
  LIMIT CAST(? AS INTEGER))
"""

_UNSETTLED: Final = """
SELECT withdrawal_id, player_id, requested_at, due_at FROM withdrawals
WHERE status = 'processing' AND requested_at < ?
ORDER BY requested_at LIMIT CAST(? AS INTEGER)
"""


@dataclass(frozen=True, slots=True)
class UnsettledWithdrawal:
    """A withdrawal whose money is held and whose payment is not known to have been made."""

    withdrawal_id: str
    player_id: str
    requested_at: int
    due_at: int


async def sweep(ports: Ports) -> Outcome:
    """Bring a bounded number of wallets level, expire deposits and bonus grants, count withdrawals
    that wait.
    """
    cursor, players = await _players(ports)
    heads = await heads_of(ports.db, players)
    failed = events = behind = 0
    first_failure = None
    for player_id in players:
        try:
            missing = await level(ports, player_id, heads[player_id])
            events += missing
            behind += missing > 0
        except Exception as error:  # noqa: BLE001 - one unreachable wallet must not stop the round
            failed += 1
            first_failure = first_failure or f"{player_id} {type(error).__name__}"
    now_ms = ports.clock.now_ms()
    expired = await ports.db.execute(_EXPIRE, now_ms - DEPOSIT_GRACE_MS, DEPOSITS_PER_TICK)
    unsettled = await unsettled_withdrawals(ports.db, now_ms)
    bonuses = await expire_bonuses(ports, JOB)
    return {
        "cursor": cursor,
        "wallets": len(players),
        "wallets_behind": behind,
        "events_projected": events,
        "wallets_failed": failed,
        "first_failure": first_failure,
        "projection_lag_ms": await projection_lag_ms(ports.db),
        "deposits_expired": expired,
        "withdrawals_unsettled": len(unsettled),
        "withdrawals_overdue": sum(withdrawal.due_at < now_ms for withdrawal in unsettled),
        **bonuses,
    }


async def level(ports: Ports, player_id: str, projected: Head) -> int:
    """Project what one wallet has beyond `projected`; returns the number of events.

    `projected` is read before the wallet is asked, so a wallet that is behind it, or stands at the
    same place with another hash, has lost or changed its history: that raises the chain's alert.

    Raises:
        WalletUnavailableError: the wallet did not answer as agreed.
    """
    body = await ask_wallet(ports, player_id, "head", {})
    seq, head_hash = body.get("seq"), body.get("head_hash")
    if type(seq) is not int or not isinstance(head_hash, str):
        raise WalletUnavailableError("head was answered without seq and head_hash")
    if seq > projected.seq:
        return (await refill(ports, player_id, up_to=seq)).projected
    if Head(seq, head_hash) != projected:
        await report_break(ports, player_id, Head(seq, head_hash), projected)
    return 0


async def unsettled_withdrawals(db: Database, now_ms: int) -> list[UnsettledWithdrawal]:
    """Withdrawals that have waited longer than a payment takes, oldest first, a bounded number.

    A withdrawal is to be paid within 120 minutes of its request (Portaria SPA/MF 615/2024):
    `due_at`.
    """
    return [
        UnsettledWithdrawal(
            withdrawal_id=text(record, "withdrawal_id"),
            player_id=text(record, "player_id"),
            requested_at=integer(record, "requested_at"),
            due_at=integer(record, "due_at"),
        )
        for record in await db.query(
            _UNSETTLED, now_ms - WITHDRAWAL_PATIENCE_MS, WITHDRAWALS_PER_TICK
        )
    ]


async def _players(ports: Ports) -> tuple[str, Sequence[str]]:
    """Where the next tick begins, and whom this one visits, each once."""
    last = await ports.db.first(_CURSOR, JOB)
    after = text(last, "cursor") if last else ""
    following = await ports.db.query(_NEXT, after, WALLETS_PER_TICK)
    players = [text(record, "player_id") for record in following]
    cursor = players[-1] if len(players) == WALLETS_PER_TICK else ""
    newest = await ports.db.query(
        _NEWEST, first_id_at(ports.clock.now_ms() - NEW_FOR_MS), NEWEST_PER_TICK
    )
    return cursor, list(dict.fromkeys([text(record, "player_id") for record in newest] + players))
