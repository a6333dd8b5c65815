"""Writes the wallets that `test_wallet_schema_life` opens: one dump for each schema version.

Run it before a schema changes, with `PYTHONPATH=src:tests`. It plays a life with every event type
of that release, in which rounds, holds and grants stay open, and writes it as SQL under the version
that wrote it. A dump that exists is never written again.
"""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS
from shared.platform.native.sql import NativeSql
from shared.wallet import tables
from shared.wallet.model import Grant
from shared.wallet.schema import MIGRATIONS

FIXTURES: Final = Path(__file__).parent / "fixtures"


def lived(sql: NativeSql) -> House:
    """A wallet that has seen every type of event but FROZEN, over two days."""
    house = House(sql=sql).open(("loss", "daily", 1_000_000), ("wager", "weekly", 5_000_000))
    house.deposit(10_000).grant("first", 400).grant("second", 600)
    session_id = house.session()
    house.play(session_id, 10_200, payout=9_000)
    house.play(session_id, 100)
    house.do("seed_rotate", client_seed="mine")
    for round_id, won in (("undone", 300), ("lost", 0)):
        house.do("bet", round_id=round_id, game_id="slot", amount_minor=200)
        house.do("win", round_id=round_id, amount_minor=won)
    house.clock.advance(DAY_MS)
    house.do("rollback", round_id="undone", reason="cancelled")
    house.do("rollback", round_id="early", reason="cancelled")
    house.play(house.session(), 100, payout=150)
    for end in ("withdrawal_settle", "withdrawal_release", None):
        held = house.do("withdrawal_hold", amount_minor=500, payment_account_id="a").body
        if end == "withdrawal_settle":
            payment = {"end_to_end_id": held["end_to_end_id"]}
        else:
            payment = {"reason": "refused"}
        if end is not None:
            house.do(end, withdrawal_id=held["withdrawal_id"], **payment)
    house.do("bonus_debit", grant_id="second", amount_minor=1, reason="expired")
    for grant_id in ("met", "ended"):
        house.grant(
            grant_id, 300, wagering_multiplier=1, expires_at_ms=house.clock.now_ms() + DAY_MS
        )
    house.play(house.session(), 300, payout=10)
    house.do("bonus_forfeit", grant_id="ended", reason="asked for")
    desk = {"approval_id": "approval-0", "maker_id": "a", "checker_id": "b", "reason": "goodwill"}
    credit = {"direction": "credit", "amount_minor": 5, **desk}
    house.do("adjustment", key="approval-0", login="", **credit)
    house.do("session_revoke", key="", login="", session_id="login-over")
    house.do("bet", round_id="open", game_id="slot", amount_minor=house.money[0] + 10)
    house.do("deposit_request", amount_minor=700, method="pix")
    assert house.is_proven()
    return house


def frozen(sql: NativeSql) -> House:
    """The same wallet after a law broke: its last event is FROZEN."""
    house = lived(sql)
    grant = next(iter(tables.find(sql, Grant, "FROM grants WHERE grant_id = 'second'")))
    sql.execute("UPDATE grants SET balance_minor = balance_minor + 1 WHERE grant_id = 'second'")
    assert house.do("bonus_debit", grant_id="second", amount_minor=1, reason="x").status == 423
    tables.put(sql, grant)
    return house


def main() -> None:
    """Write the dumps of this release's schema."""
    for name, life in (("schema", lived), ("schema_frozen", frozen)):
        target = FIXTURES / f"{name}_v{len(MIGRATIONS)}.sql"
        if target.exists():
            continue
        with TemporaryDirectory() as folder:
            path = f"{folder}/wallet.sqlite"
            sql = NativeSql(path)
            life(sql)
            sql.close()
            database = sqlite3.connect(path)
            target.write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
            database.close()


if __name__ == "__main__":
    main()
