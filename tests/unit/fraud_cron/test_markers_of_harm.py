"""Play that reaches D1 is judged; what follows is stored first, then told to the wallet, once."""

import json

import pytest
from jobs import harm_store, markers_of_harm
from jobs.ports import Ports
from unit.fraud_cron.harm_streams import HarmWorld

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.native.clock import TEST_EPOCH_MS
from shared.platform.ports import SqlConstraintError
from shared.protection.carrying import carry

YOUNG = "2004-01-01"


def levels(world: HarmWorld) -> list[tuple[object, object]]:
    rows = world.rows("SELECT from_level, to_level FROM harm_levels ORDER BY change_id")
    return [(row["from_level"], row["to_level"]) for row in rows]


def at_medium(world: HarmWorld) -> None:
    """20 points of chasing, 10 of deposits in an hour, 20 of a contact."""
    world.project(world.player().chase(3))
    world.contact()


def at_high(world: HarmWorld) -> None:
    """As medium, and a quarter more for a player of 22 years: 62.5."""
    world.project(world.player(birth_date=YOUNG).chase(3))
    world.contact()


def at_critical(world: HarmWorld) -> None:
    """As high, and 25 for losing more than a fifth of the declared income."""
    at_high(world)
    world.insert(
        "declared_incomes", player_id="player-1", monthly_minor=10_000, declared_at=TEST_EPOCH_MS
    )


def test_a_player_without_markers_is_counted_and_left_alone() -> None:
    world = HarmWorld()
    world.project(world.player().deposit(1_000).round(100, 200))
    assert world.tick()["visited"] == 1
    harm = world.harm()
    assert (harm["seq"], harm["score"], harm["level"]) == (3, 0, "none")
    assert (world.interventions(), levels(world), world.told.told) == ([], [], [])


def test_a_low_level_is_a_message_and_the_wallet_hears_nothing() -> None:
    world = HarmWorld()
    world.project(world.player().chase(3))
    world.tick()
    assert (world.harm()["score"], world.harm()["level"]) == (30, "low")
    (done,) = world.interventions()
    assert (done["action"], done["template"], done["status"]) == (
        "message",
        "activity",
        "carried_out",
    )
    assert world.told.told == []


def test_an_intervention_is_stored_with_what_was_known() -> None:
    world = HarmWorld()
    at_medium(world)
    world.tick()
    (done,) = world.interventions()
    assert (done["level"], done["score"], done["policy_version"]) == ("medium", 50, "2026-11")
    assert (done["template"], done["template_version"]) == ("numbers", "2026-11")
    readings = {reading["marker"]: reading for reading in json.loads(str(done["readings"]))}
    assert readings["RG-M01"]["values"] == {"observed": 3, "threshold": 3}
    assert readings["RG-M12"]["missing"] == "no_declared_income"
    assert json.loads(str(done["numbers"])) == {
        "minutes": 0,
        "days": 1,
        "loss_minor": 4_000,
        "usual_loss_minor": 0,
    }
    assert levels(world) == [("none", "medium")]


def test_medium_tells_the_wallet_to_ask_for_an_acknowledgement_and_stops_bonuses() -> None:
    world = HarmWorld()
    at_medium(world)
    world.tick()
    ((player_id, kind, key, payload),) = world.told.told
    (done,) = world.interventions()
    assert (player_id, kind) == ("player-1", "intervention_set")
    assert key == str(done["intervention_id"]) + ".set"
    assert payload == {
        "intervention_id": done["intervention_id"],
        "level": "medium",
        "template": "numbers",
        "demands": "acknowledge",
        "bonus_block": True,
    }


@pytest.mark.parametrize(("own", "told"), [(None, 1), (31, 1), (30, 0), (20, 0)])
def test_medium_makes_reality_checks_come_every_30_minutes_unless_the_players_come_sooner(
    own: int | None, told: int
) -> None:
    world = HarmWorld()
    world.told.reality_minutes = own
    at_medium(world)
    world.tick()
    found = [payload for _, kind, _, payload in world.told.told if kind == "reality_check_set"]
    assert found == [{"minutes": 30}] * told


def test_bonuses_are_possible_again_when_the_level_has_faded() -> None:
    world = HarmWorld()
    at_medium(world)
    world.tick()
    for _ in range(9):
        world.clock.advance(DAY_MS)
        world.tick()
    assert world.harm()["level"] == "low"
    lifted = [payload for *_, payload in world.told.told][-1]
    assert (lifted["demands"], lifted["bonus_block"]) == ("none", False)
    assert [row["action"] for row in world.interventions()] == ["acknowledge", "lift"]


def test_a_stop_of_bonuses_by_staff_is_not_lifted_by_the_policy() -> None:
    world = HarmWorld()
    at_medium(world)
    world.tick()
    world.change(
        "INSERT INTO interventions SELECT 'staff-1', player_id, 'staff', level, action, template,"
        " template_version, blocks_bonus, NULL, NULL, NULL, NULL, score, policy_version, readings,"
        " numbers, 'somebody', 'asked by phone', taken_at + 1, taken_on, 'carried_out', NULL, 0,"
        " 0, NULL, NULL, NULL, NULL, NULL FROM interventions"
    )
    for _ in range(9):
        world.clock.advance(DAY_MS)
        world.tick()
    assert "lift" not in [row["action"] for row in world.interventions()]


def test_high_demands_a_choice_and_a_person_within_48_hours() -> None:
    world = HarmWorld()
    at_high(world)
    world.tick()
    assert (world.harm()["score"], world.harm()["level"]) == (62, "high")
    assert [payload["demands"] for *_, payload in world.told.told] == ["choose"]
    (task,) = world.rows("SELECT * FROM protection_tasks")
    (done,) = world.interventions()
    assert (task["kind"], task["because_of"]) == ("human_contact", done["intervention_id"])
    assert int(str(task["due_at"])) - int(str(task["opened_at"])) == 48 * HOUR_MS


def test_critical_pauses_for_24_hours_of_the_wallets_clock_and_lowers_the_deposit_limit() -> None:
    world = HarmWorld()
    at_critical(world)
    world.tick()
    assert world.harm()["level"] == "critical"
    assert world.told.kinds() == ["pause", "operator_limit_set", "intervention_set"]
    pause, limit, _ = (payload for *_, payload in world.told.told)
    assert pause == {"until": world.told.now_ms + 24 * HOUR_MS, "source": "harm"}
    assert (limit["kind"], limit["period"], limit["value"]) == ("deposit", "weekly", 5_000)
    (task,) = world.rows("SELECT due_at - opened_at AS patience FROM protection_tasks")
    assert task["patience"] == 24 * HOUR_MS


def test_the_second_tick_does_nothing_again() -> None:
    world = HarmWorld()
    at_high(world)
    world.tick()
    before = world.harm()
    outcome = world.tick()
    assert (outcome["visited"], outcome["planned"]) == (0, 0)
    assert world.harm() == before
    assert len(world.told.told) == 1


def test_a_wallet_without_an_answer_is_told_later_and_the_same() -> None:
    world = HarmWorld()
    at_critical(world)
    world.told.is_down = True
    world.tick()
    (waiting,) = world.interventions()
    assert (waiting["status"], waiting["refusal"]) == ("pending", "unreachable")
    world.told.is_down = False
    world.tick()
    world.told.refuses = {"intervention_set": (503, "unavailable")}
    (done,) = world.interventions()
    assert done["status"] == "carried_out"
    until = world.told.told[0][3]["until"]
    assert done["pause_until"] == until


def test_a_repetition_names_the_same_end_of_the_pause() -> None:
    world = HarmWorld()
    at_critical(world)
    world.told.refuses = {"intervention_set": (503, "unavailable")}
    world.tick()
    world.told.refuses = {}
    world.tick()
    pauses = [(key, payload) for _, kind, key, payload in world.told.told if kind == "pause"]
    assert len(pauses) == 2
    assert pauses[0] == pauses[1]


def test_two_who_carry_one_order_at_once_name_one_end_of_the_pause() -> None:
    world = HarmWorld()
    at_critical(world)
    world.told.is_down = True
    world.tick()
    world.told.is_down = False
    (read_before,) = world.interventions()
    world.change("UPDATE interventions SET pause_until = 1234567")

    async def late(ports: Ports) -> None:
        await carry(ports.db, ports.wallets, read_before, world.clock.now_ms())

    world.run(late)
    assert world.told.told[0][3]["until"] == 1234567


def test_a_pause_that_is_already_longer_is_as_good_as_done() -> None:
    world = HarmWorld()
    at_critical(world)
    world.told.refuses = {"pause": (409, "exclusion_not_shortened")}
    assert world.tick()["carried_out"] == 1
    assert world.told.kinds() == ["pause", "operator_limit_set", "intervention_set"]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [((404, "wallet_not_found"), "refused"), ((423, "wallet_frozen"), "pending")],
)
def test_what_a_wallet_refuses_is_closed_or_asked_again(
    refusal: tuple[int, str], status: str
) -> None:
    world = HarmWorld()
    at_medium(world)
    world.told.refuses = {"intervention_set": refusal}
    world.tick()
    (done,) = world.interventions()
    assert (done["status"], done["refusal"]) == (status, refusal[1])


def test_it_is_asked_for_ever_more_seldom() -> None:
    world = HarmWorld()
    at_medium(world)
    world.told.refuses = {"intervention_set": (423, "wallet_frozen")}
    tries = []
    for _ in range(20):
        world.tick()
        tries.append(len(world.told.told))
    assert tries[:8] == [1, 2, 2, 3, 3, 3, 3, 4]
    assert tries[-1] == 5


def test_a_long_history_is_counted_in_portions_and_judged_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(harm_store, "EVENTS_PER_VISIT", 5)
    world = HarmWorld()
    world.project(world.player().chase(3))
    seqs = []
    for _ in range(3):
        world.tick()
        seqs.append(world.harm()["seq"])
    assert seqs == [5, 10, 12]
    assert [row["to_level"] for row in world.rows("SELECT to_level FROM harm_levels")] == ["low"]


def test_in_portions_or_at_once_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = HarmWorld(), HarmWorld()
    for world in (whole, cut):
        at_high(world)
    whole.tick()
    monkeypatch.setattr(harm_store, "EVENTS_PER_VISIT", 3)
    for _ in range(5):
        cut.tick()
    for table in ("harm_days",):
        assert whole.rows(f"SELECT * FROM {table}") == cut.rows(f"SELECT * FROM {table}")
    assert whole.harm()["state"] == cut.harm()["state"]
    assert whole.harm()["level"] == cut.harm()["level"]


def test_only_players_with_new_events_are_visited() -> None:
    world = HarmWorld()
    ana, bea = world.player("ana"), world.player("bea")
    world.project(ana.deposit(1_000), bea.deposit(1_000))
    assert world.tick()["visited"] == 2
    world.project(ana.round(100))
    assert world.tick()["visited"] == 1
    assert world.harm("ana")["seq"] == 3


def test_events_whose_transaction_ended_after_the_tick_that_began_later_are_found() -> None:
    world = HarmWorld()
    world.project(world.player("ana").deposit(1_000))
    world.tick()
    world.project(world.player("bea").deposit(1_000))
    late = world.clock.now_ms() - markers_of_harm.OVERLAP_MS + 1
    world.change(f"UPDATE projection_heads SET updated_at = {late} WHERE player_id = 'bea'")
    assert world.tick()["visited"] == 1


def test_more_players_than_a_tick_takes_come_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(markers_of_harm, "PLAYERS_PER_TICK", 4)
    world = HarmWorld()
    for number in range(5):
        world.project(world.player(f"player-{number}").deposit(1_000))
        world.clock.advance(1)
    assert [world.tick()["visited"] for _ in range(4)] == [2, 2, 1, 0]


def test_one_player_that_fails_is_counted_and_comes_back() -> None:
    world = HarmWorld()
    ana, bea = world.player("ana"), world.player("bea")
    world.project(ana.deposit(1_000), bea.deposit(1_000))
    world.change("UPDATE players SET birth_date = 'unknown' WHERE player_id = 'ana'")
    outcome = world.tick()
    assert (outcome["visited"], outcome["failed"]) == (1, 1)
    assert "unknown" not in str(outcome["first_failure"])
    world.change("UPDATE players SET birth_date = '1990-05-17' WHERE player_id = 'ana'")
    world.clock.advance(markers_of_harm.FAILED_AGAIN_MS)
    assert world.tick()["visited"] == 1
    assert world.harm("ana")["seq"] == 1


@pytest.mark.parametrize("call", range(2, 12))
def test_a_tick_that_dies_anywhere_leaves_the_next_one_to_do_the_same(call: int) -> None:
    undisturbed, broken = HarmWorld(), HarmWorld()
    for world in (undisturbed, broken):
        at_high(world)
    undisturbed.tick()
    broken.db.die_at(call)
    try:
        broken.tick()
    except ConnectionError:
        broken.clock.advance(15 * MINUTE_MS)
    broken.db.die_at(0)
    for _ in range(8):
        broken.tick()
    assert broken.harm()["level"] == undisturbed.harm()["level"]
    assert broken.harm()["state"] == undisturbed.harm()["state"]
    assert len(broken.interventions()) == 1
    assert {key for _, _, key, _ in broken.told.told} == {
        str(broken.interventions()[0]["intervention_id"]) + ".set"
    }
    assert len(broken.rows("SELECT * FROM protection_tasks")) == 1


def test_two_runs_over_the_same_events_write_once() -> None:
    world = HarmWorld()
    world.project(world.player().chase(3))
    world.tick()

    async def stale(ports: Ports) -> None:
        standing = (await harm_store.standings_of(ports.db, ["player-1"], 0))["player-1"]
        other = harm_store.Standing(
            **{name: getattr(standing, name) for name in standing.__slots__} | {"base_seq": 4}
        )
        await harm_store.store_visit(ports.db, other, "{}", 9, [], None, [])

    before = world.harm()
    with pytest.raises(SqlConstraintError):
        world.run(stale)
    assert world.harm() == before


def test_a_contact_noted_during_a_visit_is_not_forgotten() -> None:
    world = HarmWorld()
    world.project(world.player().chase(3))
    world.tick()
    at_ms = world.clock.now_ms()

    async def overtaken(ports: Ports) -> None:
        standing = (await harm_store.standings_of(ports.db, ["player-1"], at_ms))["player-1"]
        await ports.db.execute("UPDATE harm_players SET look_at = ?", at_ms)
        state = standing.state.encoded()
        await harm_store.store_visit(ports.db, standing, state, standing.base_seq, [], None, [])

    world.run(overtaken)
    assert world.harm()["look_at"] == at_ms


def test_a_score_fades_although_nobody_plays() -> None:
    world = HarmWorld()
    world.project(world.player().chase(3))
    world.tick()
    world.clock.advance(14 * DAY_MS)
    world.tick()
    assert (world.harm()["score"], world.harm()["level"]) == (15, "none")
    assert levels(world) == [("none", "low"), ("low", "none")]


def test_a_player_is_looked_at_once_a_day_until_nothing_is_left() -> None:
    world = HarmWorld()
    world.project(world.player().chase(3))
    visits = 0
    for _ in range(3 * 24):
        visits += int(str(world.tick()["visited"]))
        world.clock.advance(HOUR_MS - 5 * MINUTE_MS)
    assert visits == 4
    for days in (400, 1):
        world.clock.advance(days * DAY_MS)
        world.tick()
    assert world.harm()["look_at"] is None


def test_three_deposits_that_failed_are_seen_although_no_wallet_tells_of_them() -> None:
    world = HarmWorld()
    world.project(world.player().deposit(1_000))
    world.tick()
    for number in range(3):
        at_ms = world.clock.now_ms() - number * HOUR_MS
        world.insert(
            "deposits",
            deposit_id=f"d{number}",
            player_id="player-1",
            txid=f"t{number}",
            amount_minor=100,
            currency="BRL",
            status="expired",
            requested_at=at_ms - HOUR_MS,
            expires_at=world.clock.now_ms() - MINUTE_MS,
        )
    assert world.tick()["visited"] == 1
    assert world.harm()["score"] == 10


def test_the_players_reaction_comes_back_with_their_events() -> None:
    world = HarmWorld()
    stream = world.player(birth_date=YOUNG).chase(3)
    world.project(stream)
    world.contact()
    world.tick()
    (done,) = world.interventions()
    world.project(
        stream.tell(
            "INTERVENTION_ACKNOWLEDGED",
            intervention_id=done["intervention_id"],
            reaction="limit_set",
        )
    )
    world.tick()
    (after,) = world.interventions()
    assert (after["reaction"], after["reacted_at"]) == ("limit_set", stream.at_ms)


def test_outcomes_are_stored_after_7_and_30_days() -> None:
    world = HarmWorld()
    stream = world.player()
    world.project(stream.chase(3))
    world.tick()
    stream.at_ms += 3 * DAY_MS
    world.project(stream.deposit(500).round(500))
    found = []
    for _ in range(32):
        world.tick()
        (row,) = world.rows("SELECT outcome_7, outcome_30 FROM interventions LIMIT 1")
        found.append((row["outcome_7"] is not None, row["outcome_30"] is not None))
        world.clock.advance(DAY_MS)
    assert found.index((True, False)) == 8
    assert found.index((True, True)) == 31
    (row,) = world.rows("SELECT outcome_7 FROM interventions LIMIT 1")
    outcome = json.loads(str(row["outcome_7"]))
    assert outcome["before"]["loss_minor"] == 0
    assert outcome["after"]["loss_minor"] == 500


def test_a_clock_of_a_sandbox_that_ran_ahead_is_the_players_own() -> None:
    world = HarmWorld()
    stream = world.player()
    stream.at_ms += 40 * DAY_MS
    world.project(stream.chase(3))
    world.tick()
    assert world.harm()["level"] == "low"
    assert world.harm()["evaluated_at"] == stream.at_ms


def test_tasks_that_are_late_show_in_the_ticks_outcome() -> None:
    world = HarmWorld()
    at_high(world)
    assert world.tick()["tasks_late"] == 0
    world.clock.advance(48 * HOUR_MS)
    outcome = world.tick()
    assert (outcome["tasks_open"], outcome["tasks_late"]) == (1, 1)


def test_who_has_new_events_is_found_by_an_index() -> None:
    world = HarmWorld()
    steps = [
        str(row["detail"])
        for row in world.rows(
            "EXPLAIN QUERY PLAN " + harm_store._AHEAD.replace("?1", "1").replace("?2", "5")
        )
    ]
    assert any("projection_heads_by_time" in step for step in steps), steps
    assert not any("USE TEMP B-TREE" in step for step in steps), steps
