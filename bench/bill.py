"""What a bet writes, and what a month of bets costs: `make bill` prints docs/scaling.md's tables.

Rows and bytes are measured on the real wallet over SQLite, by counting what 10,000 bets change.
Prices are Cloudflare's list prices for Workers Paid as of November 2026 (developers.cloudflare.com:
Workers, Durable Objects, D1, Queues and R2 pricing pages), in dollars, with the included amounts.
"""

import json
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.games.catalogue import CATALOGUE
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.native.clock import ManualClock
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.ports import SqlValue
from shared.wallet.service import Wallet

type Payload = dict[str, object]

CONTEXT: Final = '{"games":{"dice":[1,1]},"address":""}'
BETS: Final = 10_000
DAYS: Final = 30
BETS_A_DAY: Final = (1_000, 1_000_000, 100_000_000)
D1_ROWS_A_BET: Final = 9
"""Two events, their index rows, two moves of totals, head and accounts of a batch of one."""
MESSAGES_A_BET: Final = 1
"""A bet of a player who bets every five seconds or more seldom: a turn's events share a message."""
OPERATIONS_A_MESSAGE: Final = 3
API_CPU_MS: Final = 1.5
WALLET_ACTIVE_MS: Final = 5.0
GIB_OF_OBJECT: Final = 128 / 1024


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million units beyond those that the plan includes each month."""

    name: str
    units_a_bet: float
    included: float
    a_million: float

    def of_month(self, bets: int) -> float:
        return max(0.0, self.units_a_bet * bets - self.included) / 1e6 * self.a_million


@dataclass(frozen=True, slots=True)
class Weight:
    """What one bet leaves behind."""

    wallet_rows: float
    wallet_bytes: float
    message_bytes: float
    archived_bytes: float


class CountingSql(NativeSql):
    """Counts the rows that statements write, as the platform bills them: index rows included."""

    rows_written = 0

    def execute(self, statement: str, *params: SqlValue) -> None:
        super().execute(statement, *params)
        verb, _, rest = statement.strip().partition(" ")
        if verb not in ("INSERT", "UPDATE"):
            return
        table = rest.removeprefix("INTO ").split()[0]
        rows = 2 if table == "events" else 1
        self.rows_written += rows + (table == "rounds")


def weigh() -> Weight:
    """Play `BETS` rounds on a wallet of its own and weigh what they left."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wallet.sqlite"
        sql = CountingSql(str(path))
        entropy, clock = SeededEntropy("bill"), ManualClock()
        wallet = Wallet(sql, clock, entropy, CATALOGUE, sandbox=False)

        def ask(kind: str, payload: Payload, session: str = "") -> Payload:
            key = uuid7(clock.now_ms(), entropy.token(RANDOM_BYTES_PER_ID))
            text = wallet.execute(kind, key, session, json.dumps(payload), CONTEXT)
            status, _, body = text.split(" ", 2)
            assert int(status) < 300, text
            answer: Payload = json.loads(body)
            return answer

        terms: Payload = {
            "player_id": "p",
            "currency": "BRL",
            "jurisdiction": "br",
            "limits": [],
            "rules": {"requires": [], "loosening_delay_ms": 86_400_000},
        }
        ask("open", terms)
        asked = ask("deposit_request", {"amount_minor": 10**9, "method": "pix"})
        paid = {"amount_minor": 10**9, "end_to_end_id": "E" + "0" * 31}
        ask("deposit_credit", {"deposit_id": asked["deposit_id"], **paid})
        game: Payload = {
            "game_id": "dice",
            "version": 1,
            "rtp_bps": 9600,
            "enabled": True,
        }
        stakes = {"min_stake_minor": 100, "max_stake_minor": 1_000_000}
        session = ask("game_session_open", {"game": {**game, **stakes}})
        params = {"target": 50, "over": False}
        bet: Payload = {
            "session_id": session["session_id"],
            "stake_minor": 100,
            "params": params,
        }
        ask("play", bet, "login")
        before = (sql.rows_written, _size(folder))
        for _ in range(BETS):
            clock.advance(2_000)
            ask("play", bet, "login")
        rows, size = sql.rows_written - before[0], _size(folder) - before[1]
        messages = wallet.undelivered(2 * BETS)
        text = "\n".join(messages).encode()
        return Weight(
            wallet_rows=rows / BETS,
            wallet_bytes=size / BETS,
            message_bytes=len(text) / len(messages),
            archived_bytes=2 * len(zlib.compress(text, 6)) / len(messages),
        )


def prices(weight: Weight) -> list[Price]:
    """The meters that a bet moves; the wallet's alarm and cursor are one row each a burst."""
    gib_s = WALLET_ACTIVE_MS / 1000 * GIB_OF_OBJECT
    return [
        Price("Workers requests", 1, 10e6, 0.30),
        Price("Workers CPU ms", API_CPU_MS, 30e6, 0.02),
        Price("Durable Object requests", 1, 1e6, 0.15),
        Price("Durable Object GB-s", gib_s, 400e3, 12.50),
        Price("Durable Object rows written", weight.wallet_rows + 1, 50e6, 1.00),
        Price("D1 rows written", D1_ROWS_A_BET, 50e6, 1.00),
        Price("Queue operations", MESSAGES_A_BET * OPERATIONS_A_MESSAGE, 1e6, 0.40),
    ]


def storage(weight: Weight, bets: int) -> float:
    """Dollars a month for what one month of bets adds to wallets, D1's window and the archive."""
    gb = bets / 1e9
    wallets = max(0.0, weight.wallet_bytes * gb - 5) * 0.20
    projection = max(0.0, 2 * weight.message_bytes * gb - 5) * 0.75
    return wallets + projection + max(0.0, weight.archived_bytes * gb - 10) * 0.015


def _size(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).iterdir())


def main() -> None:
    weight = weigh()
    print("| a bet leaves | |")
    print("|---|--:|")
    print(f"| rows written in the wallet, index rows included | {weight.wallet_rows:.2f} |")
    print(f"| bytes in the wallet | {weight.wallet_bytes:,.0f} |")
    print(
        f"| bytes of an event on its way (two a bet, one message) | {weight.message_bytes:,.0f} |"
    )
    print(f"| bytes in the archive, compressed | {weight.archived_bytes:,.0f} |\n")
    months = [day * DAYS for day in BETS_A_DAY]
    print("| $ a month at bets a day | " + " | ".join(f"{day:,}" for day in BETS_A_DAY) + " |")
    print("|---|" + "--:|" * len(months))
    totals = [5.0] * len(months)
    for price in prices(weight):
        row = [price.of_month(bets) for bets in months]
        totals = [total + cost for total, cost in zip(totals, row, strict=True)]
        print(f"| {price.name} | " + " | ".join(f"{cost:,.2f}" for cost in row) + " |")
    kept = [storage(weight, bets) for bets in months]
    totals = [total + cost for total, cost in zip(totals, kept, strict=True)]
    print("| storage of that month's bets | " + " | ".join(f"{cost:,.2f}" for cost in kept) + " |")
    print("| **plan and all** | " + " | ".join(f"**{total:,.2f}**" for total in totals) + " |")
    each = [total / bets * 1e6 for total, bets in zip(totals, months, strict=True)]
    print("| a million bets | " + " | ".join(f"{cost:,.2f}" for cost in each) + " |")


if __name__ == "__main__":
    main()
