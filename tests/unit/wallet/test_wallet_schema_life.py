"""Wallets that earlier releases wrote: they open, migrate, prove themselves and go on betting."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from unit.wallet.old_wallets import FIXTURES
from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS, SAO_PAULO_OFFSET_MS
from shared.platform.native.sql import NativeSql
from shared.wallet.schema import MIGRATIONS

OLD = sorted(FIXTURES.glob("schema_v*.sql"))
FROZEN = sorted(FIXTURES.glob("schema_frozen_v*.sql"))


def woken(dump: Path, folder: Path) -> House:
    path = str(folder / "wallet.sqlite")
    database = sqlite3.connect(path)
    database.executescript(dump.read_text(encoding="utf-8"))
    database.close()
    house = House(sql=NativeSql(path))
    house.clock.advance(2 * DAY_MS)
    house.keys = 1_000
    return house


def test_every_earlier_schema_has_its_wallets() -> None:
    versions = [f"{number}" for number in range(1, len(MIGRATIONS))]
    assert [dump.stem.removeprefix("schema_v") for dump in OLD] == versions
    assert [dump.stem.removeprefix("schema_frozen_v") for dump in FROZEN] == versions


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_an_old_wallet_migrates_proves_itself_and_goes_on(dump: Path, tmp_path: Path) -> None:
    house = woken(dump, tmp_path)
    assert house.sql.query("SELECT max(version) FROM migrations") == [(len(MIGRATIONS),)]
    assert house.sql.query("SELECT day_offset_ms FROM meta") == [(SAO_PAULO_OFFSET_MS,)]
    assert house.is_proven()
    before = house.ask("event_range", from_seq=1, to_seq=500).body["events"]
    assert len({event["type"] for event in before}) >= 13

    # Nobody has said yet that this player is verified.
    if dump.stem in ("schema_v1", "schema_v2"):
        # Their migration gave them the rules of the law, and nobody has said yet who they are.
        refused = house.do("deposit_request", amount_minor=1, method="pix").code
        assert refused in ("kyc_required", "impediment_check_pending")
    house.admit()
    house.deposit(5_000)
    assert house.play(house.session(), 200, payout=400).status == 201
    assert house.do("win", round_id="open", amount_minor=60).status == 200
    held = house.sql.query("SELECT withdrawal_id FROM withdrawals WHERE status = 'held'")
    for (withdrawal_id,) in held:
        released = house.do("withdrawal_release", withdrawal_id=withdrawal_id, reason="closed")
        assert released.status == 200
    lost = house.do("rollback", round_id="lost", reason="late")
    assert lost.status == 200
    assert house.do("bonus_debit", grant_id="second", amount_minor=1, reason="x").status == 200
    assert house.do("play", key="key-8", **_first_play(house)).code == "idempotency_key_conflict"
    assert house.is_proven()
    assert house.events[: len(before)] == [
        {**event, "data": after["data"]} for event, after in zip(before, house.events, strict=False)
    ], "what was written stays as it was"


def _first_play(house: House) -> dict[str, Any]:
    return {"session_id": house.session(), "stake_minor": 100, "params": {"payout": 0}}


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_the_state_of_an_old_wallet_can_be_rebuilt_at_every_event(
    dump: Path, tmp_path: Path
) -> None:
    house = woken(dump, tmp_path)
    seq = house.ask("head").body["seq"]
    for at in range(1, seq + 1):
        state = house.ask("state_at", seq=at).body
        event = house.ask("event_range", from_seq=at, to_seq=at).body["events"][0]
        assert (state["cash_minor"], state["bonus_minor"], state["held_minor"]) == (
            event["cash_after"],
            event["bonus_after"],
            event["held_after"],
        )
        assert sum(grant["balance_minor"] for grant in state["grants"]) == event["bonus_after"]
        held = sum(hold["amount_minor"] for hold in state["held_withdrawals"])
        assert held == event["held_after"]


@pytest.mark.parametrize("dump", FROZEN, ids=lambda dump: dump.stem)
def test_an_old_frozen_wallet_stays_frozen_until_two_people_release_it(
    dump: Path, tmp_path: Path
) -> None:
    house = woken(dump, tmp_path)
    assert house.ask("state_at").body["frozen_law"] == "grants"
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).code == "wallet_frozen"
    released = house.do(
        "unfreeze",
        key="approval-1",
        login="",
        approval_id="approval-1",
        maker_id="a",
        checker_id="b",
        reason="repaired",
    )
    assert released.status == 200
    house.admit().deposit(100)
    assert house.do("bet", round_id="r", game_id="g", amount_minor=1).status == 200
    assert house.is_proven()
