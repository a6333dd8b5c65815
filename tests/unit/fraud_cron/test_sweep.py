"""What no event brings to light: lost alarms, rewound wallets, payments that never came."""

import json

import pytest
from jobs import sweep as sweep_job
from jobs.chain import CHAIN_RULE_ID
from jobs.ports import Ports
from jobs.projection import project
from jobs.runs import Outcome, run_once
from jobs.sweep import sweep, unsettled_withdrawals
from unit.fraud_cron.streams import Stream, World, deliveries

from shared.kernel.ids import uuid7
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.native.clock import TEST_EPOCH_MS

LONG_AGO = TEST_EPOCH_MS - 90 * DAY_MS


def register(world: World, number: int, *, at_ms: int = LONG_AGO, opened: bool = True) -> str:
    player_id = uuid7(at_ms, number.to_bytes(10))
    world.insert(
        "players",
        player_id=player_id,
        brand_id="house",
        jurisdiction="br",
        currency="BRL",
        status="active",
        kyc_status="approved",
        vip_tier="bronze",
        birth_date="1990-05-17",
        gender="f",
        email_index=f"email of {player_id}",
        cpf_index=f"cpf of {player_id}",
        pii_sealed="",
        cpf_sealed="",
        limits_requested="{}",
        terms_version="1",
        privacy_version="1",
        registered_ip_index="",
        wallet_opened_at=at_ms if opened else None,
        created_at=at_ms,
        updated_at=at_ms,
    )
    return player_id


def wallet(world: World, player_id: str) -> Stream:
    return world.stream(player_id).add("OPENED").add("DEPOSIT", 10_000).add("BET", 100)


def arrive(world: World, stream: Stream, count: int | None = None) -> None:
    async def job(ports: Ports) -> None:
        await project(deliveries(stream.texts()[:count]), ports)

    world.run(job)


def tick(world: World) -> Outcome:
    """A sweep as the Worker runs it, five minutes after the last."""
    slot = world.clock.advance(5 * MINUTE_MS)

    async def job(ports: Ports) -> Outcome:
        outcome = await run_once(ports, sweep_job.JOB, slot, lambda: sweep(ports))
        assert outcome is not None
        return outcome

    return world.run(job)


def test_a_wallet_whose_alarm_was_lost_is_brought_level() -> None:
    world = World()
    stream = wallet(world, register(world, 1))
    arrive(world, stream, 1)
    assert tick(world)["events_projected"] == 2
    assert world.projected(stream.player_id) == [1, 2, 3]


def test_a_wallet_that_never_reported_is_found_by_its_player() -> None:
    world = World()
    stream = wallet(world, register(world, 1))
    tick(world)
    assert world.projected(stream.player_id) == [1, 2, 3]


def test_a_level_wallet_is_asked_once_and_costs_no_write() -> None:
    world = World()
    stream = wallet(world, register(world, 1))
    arrive(world, stream)
    before = world.rows("SELECT * FROM projection_heads")
    assert tick(world)["events_projected"] == 0
    assert world.wallets.asked == [(stream.player_id, "head")]
    assert world.rows("SELECT * FROM projection_heads") == before


def test_players_without_an_open_wallet_are_not_asked() -> None:
    world = World()
    register(world, 1, opened=False)
    assert tick(world)["wallets"] == 0


def test_the_round_goes_on_where_it_ended_and_begins_again_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep_job, "WALLETS_PER_TICK", 2)
    world = World()
    players = [register(world, number) for number in range(5)]
    for player_id in players:
        arrive(world, wallet(world, player_id))
    visits = []
    for _ in range(4):
        world.wallets.asked.clear()
        tick(world)
        visits.append([player_id for player_id, _ in world.wallets.asked])
    assert visits == [players[:2], players[2:4], players[4:], players[:2]]


def test_the_newest_players_without_a_projection_do_not_wait_for_the_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep_job, "WALLETS_PER_TICK", 1)
    world = World()
    for number in range(3):
        arrive(world, wallet(world, register(world, number)))
    newest = wallet(world, register(world, 9, at_ms=TEST_EPOCH_MS - HOUR_MS))
    tick(world)
    assert world.projected(newest.player_id) == [1, 2, 3]


def test_an_unreachable_wallet_is_counted_and_the_others_are_swept() -> None:
    world = World()
    first, second = register(world, 1), register(world, 2)
    wallet(world, first)
    stream = wallet(world, second)
    world.wallets.failing.add(first)
    outcome = tick(world)
    assert outcome["wallets_failed"] == 1
    assert outcome["first_failure"] == f"{first} WalletUnavailableError"
    assert world.projected(stream.player_id) == [1, 2, 3]


@pytest.mark.parametrize("remaining", [2, 3], ids=["rewound", "rewritten"])
def test_a_wallet_that_lost_or_changed_its_history_raises_one_alert(remaining: int) -> None:
    world = World()
    stream = wallet(world, register(world, 1))
    arrive(world, stream)
    restored = Stream(stream.player_id, seed=2)
    for _ in range(remaining):
        restored.add("DEPOSIT", 1)
    world.wallets.streams[stream.player_id] = restored
    for _ in range(2):
        tick(world)
    (alert,) = world.alerts()
    assert (alert["rule_id"], alert["band"]) == (CHAIN_RULE_ID, "critical")
    assert json.loads(str(alert["evidence"]))["seq"] == remaining
    assert world.projected(stream.player_id) == [1, 2, 3]


def deposit(world: World, player_id: str, name: str, status: str, expires_at: int) -> None:
    world.insert(
        "deposits",
        deposit_id=name,
        player_id=player_id,
        txid=f"tx-{name}",
        amount_minor=100,
        currency="BRL",
        status=status,
        requested_at=0,
        expires_at=expires_at,
    )


def test_only_pending_deposits_past_their_time_and_the_grace_expire() -> None:
    world = World()
    player_id = register(world, 1)
    wallet(world, player_id)
    now_ms = world.clock.now_ms()
    deposit(world, player_id, "late", "pending", now_ms - HOUR_MS)
    deposit(world, player_id, "just", "pending", now_ms)
    deposit(world, player_id, "paid", "credited", now_ms - HOUR_MS)
    assert tick(world)["deposits_expired"] == 1
    rows = world.rows("SELECT deposit_id, status FROM deposits ORDER BY deposit_id")
    assert {str(row["deposit_id"]): row["status"] for row in rows} == {
        "just": "pending",
        "late": "expired",
        "paid": "credited",
    }


def test_withdrawals_that_wait_too_long_are_counted_and_the_overdue_among_them() -> None:
    world = World()
    player_id = register(world, 1)
    wallet(world, player_id)
    world.insert(
        "payment_accounts",
        payment_account_id="account",
        player_id=player_id,
        kind="pix",
        key_type="cpf",
        key_index="key",
        created_at=0,
    )
    now_ms = world.clock.now_ms()
    for name, status, age_ms in (
        ("fresh", "processing", -5 * MINUTE_MS),
        ("waiting", "processing", 3 * MINUTE_MS),
        ("overdue", "processing", 3 * HOUR_MS),
        ("done", "paid", 3 * HOUR_MS),
    ):
        requested_at = now_ms - age_ms
        world.insert(
            "withdrawals",
            withdrawal_id=name,
            player_id=player_id,
            payment_account_id="account",
            amount_minor=100,
            currency="BRL",
            status=status,
            requested_at=requested_at,
            due_at=requested_at + 2 * HOUR_MS,
            end_to_end_id=f"e2e-{name}",
        )
    outcome = tick(world)
    assert (outcome["withdrawals_unsettled"], outcome["withdrawals_overdue"]) == (2, 1)

    async def job(ports: Ports) -> list[str]:
        found = await unsettled_withdrawals(ports.db, ports.clock.now_ms())
        return [withdrawal.withdrawal_id for withdrawal in found]

    assert world.run(job) == ["overdue", "waiting"]
