"""Registers are asked at registration, at the first login of a day and by the sweep; an outage
closes the gate, and nobody learns from it whose number is listed.
"""

import json
from typing import cast

import pytest
from api_under_test import run
from money_world import Player
from registers_world import EXCLUDED, SOCIAL, RegistersWorld, Somebody, join
from services.register_facts import tell_wallet
from services.register_house import connect_registers
from services.registers import Known, ask, known_of

from shared.compliance.registers.checks import Occasion
from shared.compliance.registers.ports import RegisterDown
from shared.compliance.registers.sandbox import HOMOLOGATION
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from shared.platform.native.http import ScriptedHttp
from shared.platform.ports import Record, SqlConstraintError, SqlValue


@pytest.fixture
def world() -> RegistersWorld:
    return RegistersWorld()


def test_a_registration_is_asked_about_and_so_is_the_first_login_of_each_day(
    world: RegistersWorld,
) -> None:
    player = join(world)
    assert world.checks(player) == [("registration", "clear", [])]
    player.player.log_in()
    assert len(world.checks(player)) == 1
    player.advance(DAY_MS)
    player.player.log_in()
    player.player.log_in()
    assert world.checks(player)[1:] == [("login", "clear", [])]
    assert player.fact() == ("clear", [])


def test_who_read_what_registers_said_of_somebody_is_in_the_access_log(
    world: RegistersWorld,
) -> None:
    ana, ben = join(world), join(world)
    world.impede(ana.player.cpf, SOCIAL)
    world.change("UPDATE register_standings SET next_at = 0 WHERE player_id = ?", ana.player_id)
    world.sweep()
    ana.advance(DAY_MS)
    world.follow()
    world.office(f"impediments/checks?player_id={ana.player_id}", "kyc")
    world.office("impediments/checks", "aml")
    assert len(world.office("offboarding", "finance").json["items"]) == 1
    for player in (ana, ben):
        assert world.office(f"players/{player.player_id}/communications", "aml").status == 200
    told = {
        name: [
            (row["actor_role"], row["fields"], row["purpose"])
            for row in world.rows(
                "SELECT * FROM personal_data_access WHERE player_id = ? ORDER BY rowid", player_id
            )
        ]
        for name, player_id in (("ana", ana.player_id), ("ben", ben.player_id))
    }
    everybody = ("aml", '["register_checks"]', "aml_duty")
    assert told == {
        "ana": [
            ("kyc", '["register_checks"]', "aml_duty"),
            everybody,
            ("finance", '["offboarding"]', "aml_duty"),
            ("aml", '["communications"]', "aml_duty"),
        ],
        "ben": [everybody],
    }


@pytest.mark.parametrize(("cpf", "reasons"), HOMOLOGATION.items())
def test_each_published_cpf_blocks_its_player_with_its_reasons(
    world: RegistersWorld, cpf: str, reasons: tuple[str, ...]
) -> None:
    player = join(world, cpf=cpf)
    assert world.checks(player) == [("registration", "listed", sorted(reasons))]
    player.identify()
    player.player.log_in()
    assert player.fact() == ("impeded", sorted(reasons))
    assert player.reasons()[:1] == ["impeded"]


def test_who_uses_a_listed_number_is_answered_like_everybody_and_reads_no_reason(
    world: RegistersWorld,
) -> None:
    listed, nobody = join(world, cpf="28784142090"), join(world)
    world.switch(sigap="down")
    waiting = join(world)
    # As somebody whose register gave no answer: what is said is the same to the letter.
    assert listed.fact() == waiting.fact() == ("pending", [])
    assert listed.reasons() == waiting.reasons() == ["impediment_check_pending", "kyc_required"]
    for player in (listed, waiting, nobody):
        assert player.player.get("/v1/me/notices")["items"] == []


def test_what_a_stranger_can_tell_apart_is_what_the_documentation_says(
    world: RegistersWorld,
) -> None:
    listed, clear = join(world, cpf="28784142090"), join(world)
    assert clear.reasons() == ["kyc_required"]
    assert listed.reasons() == ["impediment_check_pending", "kyc_required"]
    world.follow()
    assert world.post.sent == []
    listed.advance(12 * HOUR_MS)
    world.follow()
    assert [message.address for message in world.post.sent] == [listed.player.registered["email"]]
    for player in (listed, clear):
        player.advance(3 * DAY_MS)
    world.follow()
    codes = []
    for player in (listed, clear):
        login = {name: player.player.registered[name] for name in ("email", "password")}
        reply = world.call("POST", "/v1/auth/login", login)
        codes.append("" if reply.status == 200 else reply.code)
    assert codes == ["account_closed", ""]


def test_a_register_that_is_down_closes_the_gate_and_opens_it_when_it_is_back(
    world: RegistersWorld,
) -> None:
    player = join(world).identify()
    assert player.reasons() == []
    world.switch(sigap="down")
    player.advance(DAY_MS)
    player.player.log_in()
    assert player.reasons() == ["impediment_check_pending"]
    assert player.gate()["can_withdraw"]
    world.clock.advance(MINUTE_MS)
    assert world.sweep() == {"asked": 1, "unanswered": 1}
    [outage] = world.rows("SELECT * FROM control_outages")
    assert (outage["control"], outage["ended_at"], outage["occurrences"]) == (
        "register:sigap",
        None,
        2,
    )
    world.switch(sigap="up")
    world.clock.advance(2 * MINUTE_MS)
    assert world.sweep() == {"asked": 1}
    assert player.reasons() == []
    results = [(occasion, result) for occasion, result, _ in world.checks(player)]
    assert results[1:] == [("login", "unanswered"), ("retry", "unanswered"), ("retry", "clear")]
    [outage] = world.rows("SELECT * FROM control_outages")
    assert outage["ended_at"] == world.clock.now_ms()


def test_when_the_register_is_back_everybody_who_waits_is_asked_about_at_once(
    world: RegistersWorld,
) -> None:
    world.switch(sigap="down")
    players = [join(world) for _ in range(4)]
    for _ in range(6):
        world.clock.advance(40 * MINUTE_MS)
        world.sweep()
    world.switch(sigap="up")
    join(world)  # the first answer after the outage
    assert world.sweep() == {"asked": 4}
    assert [player.fact()[0] for player in players] == ["clear"] * 4


def test_a_register_that_is_down_is_not_pressed(world: RegistersWorld) -> None:
    for _ in range(6):
        join(world)
    world.switch(sigap="down")
    world.clock.advance(13 * DAY_MS)
    assert world.sweep() == {"asked": 3, "unanswered": 3}
    world.switch(sigap="up")
    world.clock.advance(MINUTE_MS)
    assert world.sweep() == {"asked": 6}


def test_an_outage_of_the_sweep_leaves_a_fresh_answer_alone(world: RegistersWorld) -> None:
    player = join(world).identify()
    world.switch(sigap="down")
    world.clock.advance(13 * DAY_MS)
    world.sweep()
    assert player.fact() == ("clear", [])
    assert player.reasons() == []
    world.clock.advance(2 * DAY_MS)
    assert player.reasons() == ["impediment_check_pending"]


def test_the_sweep_asks_about_everybody_before_fifteen_days_and_about_nobody_twice(
    world: RegistersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.register_sweep.PER_SLICE", 3)
    players = [join(world) for _ in range(7)]
    world.clock.advance(13 * DAY_MS - 1)
    assert world.sweep() == {}
    world.clock.advance(1)
    slices = [world.sweep() for _ in range(4)]
    assert slices == [{"asked": 3}, {"asked": 3}, {"asked": 1}, {}]
    for player in players:
        assert [occasion for occasion, _, _ in world.checks(player)] == ["registration", "sweep"]
    [run_row] = world.office("impediments/runs").json["items"]
    told = {name: run_row[name] for name in ("slices", "asked", "clear", "listed", "unanswered")}
    assert told == {"slices": 3, "asked": 7, "clear": 7, "listed": 0, "unanswered": 0}


def test_two_slices_at_once_ask_about_nobody_twice(world: RegistersWorld) -> None:
    player = join(world)
    world.clock.advance(13 * DAY_MS)
    world.change("UPDATE register_standings SET claimed_until = next_at + 60000 WHERE next_at > 0")
    assert world.sweep() == {}
    world.clock.advance(60_000)
    assert world.sweep() == {"asked": 1}
    assert len(world.checks(player)) == 2


def test_the_desk_can_have_everybody_asked_about_and_the_order_is_logged(
    world: RegistersWorld,
) -> None:
    players = [join(world) for _ in range(3)]
    world.impede(players[0].player.cpf, SOCIAL)
    body = {"reason": "a new programme was announced"}
    asked = world.office("impediments/runs", "aml", "POST", body)
    assert (asked.status, asked.json) == (202, {"due": 3})
    assert world.office("impediments/runs", "kyc", "POST", body).status == 403
    assert world.sweep() == {"asked": 3, "listed": 1}
    [entry] = world.rows("SELECT * FROM audit_log WHERE action = 'registers.ask_everybody'")
    assert json.loads(str(entry["data"])) == body


def test_nobody_is_forgotten_whose_registration_was_cut_off(world: RegistersWorld) -> None:
    world.d1.fails = "INTO register_checks"
    player = join(world)
    world.d1.fails = None
    assert world.checks(player) == []
    assert player.reasons() == ["impediment_check_pending", "kyc_required"]
    world.clock.advance(2 * MINUTE_MS)
    assert world.sweep() == {"asked": 1}
    assert player.fact() == ("clear", [])


def test_a_wallet_that_did_not_hear_of_an_answer_is_told_again(world: RegistersWorld) -> None:
    world.real.misses = {"fact_record"}
    player = join(world)
    assert "impediment" not in player.gate()["facts"]
    assert world.sweep() == {}
    world.real.misses = set()
    world.clock.advance(5 * MINUTE_MS)
    assert world.sweep() == {"told": 1}
    assert player.fact() == ("clear", [])
    assert world.sweep() == {}


def test_a_wallet_whose_rules_are_older_than_a_register_gets_the_rules_with_its_answer(
    world: RegistersWorld,
) -> None:
    player = Somebody(world, Player(world, identified=False))
    before_the_law = {"requires": ["kyc"], "mandatory": [], "loosening_delay_ms": 0}
    version = world.clock.now_ms() // SECOND_MS + 1
    payload = json.dumps({"rules": before_the_law, "version": version})
    told = run(world.real.execute(player.player_id, "rules_set", "", "", payload))
    assert told == '200 0 {"applied":true}'
    assert player.reasons() == ["kyc_required"]
    world.impede(player.player.cpf, SOCIAL)
    world.clock.advance(13 * DAY_MS)
    assert world.sweep() == {"asked": 1, "listed": 1}
    assert player.fact() == ("pending", [])
    assert player.reasons() == ["impediment_check_pending", "kyc_required"]
    assert player.gate()["rules"]["mandatory"] == ["loss", "time"]


def test_an_answer_that_comes_in_late_takes_the_place_of_no_newer_one(
    world: RegistersWorld,
) -> None:
    player = join(world)
    now_ms = world.clock.now_ms()
    world.impede(player.player.cpf, SOCIAL)
    run(ask(world.house, player.player_id, "sigap", "login", now_ms + 1))
    world.impede(player.player.cpf)
    run(ask(world.house, player.player_id, "sigap", "sweep", now_ms))
    [standing] = world.rows(
        "SELECT status FROM register_standings WHERE player_id = ?", player.player_id
    )
    assert standing["status"] == "listed"
    assert len(world.checks(player)) == 3


@pytest.mark.parametrize("occasion", ["sweep", "login"])
def test_a_silence_that_comes_in_late_takes_the_place_of_no_answer(
    world: RegistersWorld, occasion: Occasion, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = join(world)
    world.clock.advance(MINUTE_MS)
    now_ms = world.clock.now_ms()
    registers = cast("dict[str, object]", world.house.registers)

    class Slow:
        """Another question is asked and answered before this one fails."""

        async def ask(self, subject: object) -> None:
            with monkeypatch.context() as meanwhile:
                meanwhile.setitem(registers, "sigap", answering)
                await ask(world.house, player.player_id, "sigap", "login", now_ms)
            raise RegisterDown("no_answer", "slow")

    answering = registers["sigap"]
    world.impede(player.player.cpf, SOCIAL)
    monkeypatch.setitem(registers, "sigap", Slow())
    run(ask(world.house, player.player_id, "sigap", occasion, now_ms + 1))
    [standing] = world.rows(
        "SELECT status, attempts FROM register_standings WHERE player_id = ?", player.player_id
    )
    assert standing == {"status": "listed", "attempts": 0}


def test_a_silence_of_the_sweep_opens_nothing_that_a_silent_login_closed(
    world: RegistersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = join(world)
    now_ms = world.clock.now_ms()
    world.switch(sigap="down")
    statement = "SELECT status FROM register_standings WHERE player_id = ?"
    before = run(known_of(world.house, player.player_id))
    assert run(ask(world.house, player.player_id, "sigap", "login", now_ms))

    async def read_before(*_: object) -> list[Known]:
        return before

    monkeypatch.setattr("services.registers.known_of", read_before)
    assert run(ask(world.house, player.player_id, "sigap", "sweep", now_ms))
    assert world.rows(statement, player.player_id) == [{"status": "pending"}]


def test_what_is_told_is_what_stands_however_two_tellers_meet(
    world: RegistersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = join(world).identify()
    house, now_ms = world.house, world.clock.now_ms()
    world.change("UPDATE register_standings SET told = NULL WHERE player_id = ?", player.player_id)
    world.impede(player.player.cpf, SOCIAL)
    first = house.db.first
    met: list[str] = []

    async def overtaken(statement: str, *params: SqlValue) -> Record | None:
        """Between reading and claiming, another asks, is answered `listed` and tells it."""
        if "RETURNING told_version" in statement and not met:
            met.append(statement)
            await ask(house, player.player_id, "sigap", "sweep", now_ms + 1)
            assert await tell_wallet(house, player.player_id, now_ms + 1)
        return await first(statement, *params)

    monkeypatch.setattr(house.db, "first", overtaken)
    assert run(tell_wallet(house, player.player_id, now_ms))
    assert met
    assert player.fact() == ("impeded", [SOCIAL])


def test_impediments_are_a_set_with_a_history(world: RegistersWorld) -> None:
    player = join(world)
    for reasons in ((SOCIAL,), (SOCIAL, EXCLUDED), (EXCLUDED,)):
        world.impede(player.player.cpf, *reasons)
        world.clock.advance(DAY_MS)
        player.player.log_in()
    shown = world.office(f"impediments/checks?player_id={player.player_id}").json
    known = [(one["reason"], one["ended_at"] is None) for one in shown["impediments"]]
    assert known == [(EXCLUDED, True), (SOCIAL, False)]
    assert [item["reasons"] for item in shown["items"]] == [
        [EXCLUDED],
        [EXCLUDED, SOCIAL],
        [SOCIAL],
        [],
    ]
    assert shown["standings"][0]["wallet_was_told"]


def test_what_a_register_said_is_kept_without_the_number_and_for_good(
    world: RegistersWorld,
) -> None:
    player = join(world, cpf="10996230572")
    for table in ("register_checks", "register_standings", "impediments", "offboardings"):
        assert "10996230572" not in json.dumps(world.rows(f"SELECT * FROM {table}"))
    assert "10996230572" not in json.dumps(world.log)
    for statement in ("UPDATE register_checks SET result = 'clear'", "DELETE FROM register_checks"):
        with pytest.raises(SqlConstraintError):
            world.change(statement)
    assert world.checks(player)


def test_the_next_days_file_must_tell_of_who_was_found_today(world: RegistersWorld) -> None:
    social, both = join(world, cpf="28784142090"), join(world, cpf="10996230572")
    unmapped = join(world, cpf="15959816679")
    marks = {
        (row["player_id"], row["reason"]): row["status"]
        for row in world.rows("SELECT * FROM sigap_status_changes")
    }
    assert marks == {
        (social.player_id, SOCIAL): 10,
        (both.player_id, SOCIAL): 10,
        (both.player_id, EXCLUDED): 4,
        (unmapped.player_id, "RENEGOCIACAO_FIES"): None,
    }
    today = world.rows(
        "SELECT date(?, 'unixepoch', '-3 hours', '+1 day') AS day", world.clock.now_ms() // 1000
    )
    days = {row["report_on"] for row in world.rows("SELECT * FROM sigap_status_changes")}
    assert days == {today[0]["day"]}
    social.advance(DAY_MS)
    social.player.log_in()
    assert len(world.rows("SELECT * FROM sigap_status_changes")) == 4


def test_another_jurisdiction_asks_another_register_through_the_same_port() -> None:
    world = RegistersWorld("uk")
    player = join(world, currency="GBP")
    world.switch(gamstop_listing={"email": player.player.registered["email"], "is_excluded": True})
    assert world.checks(player) == [("registration", "clear", [])]
    player.identify()
    world.clock.advance(DAY_MS)
    player.player.log_in()
    assert world.checks(player)[1:] == [("login", "listed", ["SELF_EXCLUDED"])]
    assert player.gate()["facts"]["register"]["status"] == "excluded"
    assert "excluded" in player.reasons()
    # Great Britain has no off-boarding clock: who is no longer listed may play again.
    assert world.rows("SELECT * FROM offboardings") == []
    world.switch(gamstop_listing={"email": player.player.registered["email"], "is_excluded": False})
    world.clock.advance(DAY_MS)
    player.player.log_in()
    assert player.gate()["facts"]["register"]["status"] == "clear"


def test_a_register_without_a_secret_never_answers_and_is_an_outage(
    world: RegistersWorld,
) -> None:
    player = join(world)
    http = ScriptedHttp(lambda _: None)
    object.__setattr__(world.house, "registers", connect_registers(http, lambda _: ""))
    player.advance(DAY_MS)
    player.player.log_in()
    assert world.checks(player)[1:] == [("login", "unanswered", [])]
    assert http.asked == []
    [outage] = world.rows("SELECT outage FROM control_outages")
    assert outage["outage"] == "not_connected"


def test_people_who_registered_before_there_were_registers_are_asked_about(
    world: RegistersWorld,
) -> None:
    join(world)
    world.change("UPDATE register_standings SET next_at = 0, checked_at = NULL WHERE next_at > 0")
    assert world.sweep() == {"asked": 1}
    assert world.office("impediments/runs").json["overdue"] == 0
    world.clock.advance(15 * DAY_MS + HOUR_MS)
    assert world.office("impediments/runs").json["overdue"] == 1


def test_people_whose_data_do_not_open_step_back_and_are_told_of_once(
    world: RegistersWorld,
) -> None:
    people = [join(world) for _ in range(6)]
    broken, whole = people[:4], people[4:]
    for place, player in enumerate(people):
        due = "UPDATE register_standings SET next_at = ? WHERE player_id = ?"
        world.change(due, place + 1, player.player_id)
    sealed = "UPDATE players SET cpf_sealed = 'v2.records.x.y' WHERE player_id = ?"
    for player in broken:
        world.change(sealed, player.player_id)

    # More of them than questions in vain make a slice give up, at the head of the queue.
    assert world.sweep() == {"asked": 2, "ask_failed": 4}
    assert [world.checks(player)[-1][0] for player in whole] == ["sweep", "sweep"]
    world.clock.advance(29 * MINUTE_MS)
    assert world.sweep() == {}
    world.clock.advance(MINUTE_MS)
    assert world.sweep() == {"ask_failed": 4}
    for player in broken:
        assert player.alerts() == ["registers.cannot_be_asked"]


def test_somebody_who_cannot_be_asked_about_hides_no_outage(world: RegistersWorld) -> None:
    people = [join(world) for _ in range(6)]
    for place, player in enumerate(people):
        due = "UPDATE register_standings SET next_at = ? WHERE player_id = ?"
        world.change(due, place + 1, player.player_id)
    sealed = "UPDATE players SET cpf_sealed = 'v2.records.x.y' WHERE player_id = ?"
    world.change(sealed, people[1].player_id)
    world.switch(sigap="down")
    assert world.sweep() == {"asked": 3, "unanswered": 3, "ask_failed": 1}
