"""Facts about the player: nothing that the rules ask for may be missing, stale or bad."""

from typing import Any

import pytest
from unit.wallet.wallet_house import House

from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.wallet.gate_model import REQUIREMENTS

FACTS = ("kyc", "impediment", "register")
GOOD = {"kyc": "verified", "impediment": "clear", "register": "clear"}


def guarded(*requires: str) -> House:
    """An open wallet under these requirements, with money and a game, that nobody vouches for."""
    house = House(requires=requires, sandbox=True).open()
    house.sql.execute("UPDATE gate SET facts_until = 9007199254740990")
    house.deposit(10_000)
    house.sql.execute("UPDATE gate SET facts_until = 0")
    return house


def towards_risk(house: House) -> dict[str, tuple[int, str]]:
    """What each way to put money at risk is answered."""
    game = {"game_id": "dice", "version": 1, "rtp_bps": 9600, "enabled": True}
    stakes = {"min_stake_minor": 100, "max_stake_minor": 1_000}
    asked: dict[str, dict[str, Any]] = {
        "bet": {"round_id": f"r{house.keys}", "game_id": "slot", "amount_minor": 100},
        "deposit_request": {"amount_minor": 100, "method": "pix"},
        "bonus_credit": {"grant_id": f"g{house.keys}", "amount_minor": 1, "reason": "x"},
        "game_session_open": {"game": {**game, **stakes}},
    }
    answers = {kind: house.do(kind, **payload) for kind, payload in asked.items()}
    return {kind: (reply.status, reply.body.get("code", "")) for kind, reply in answers.items()}


def refused(house: House) -> set[tuple[int, str]]:
    """The one answer to all of them."""
    return set(towards_risk(house).values())


def test_without_demands_nobody_has_to_vouch_for_anything() -> None:
    house = House().open().deposit(1_000)
    assert {status for status, _ in refused(house)} == {200, 201}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kyc", (403, "kyc_required")),
        ("impediment", (503, "impediment_check_pending")),
        ("register", (503, "impediment_check_pending")),
    ],
)
def test_a_fact_that_nobody_told_or_that_is_stale_closes_every_way_to_risk(
    name: str, expected: tuple[int, str]
) -> None:
    house = guarded(name)
    assert refused(house) == {expected}
    until = house.clock.now_ms() + HOUR_MS
    house.tell(name, GOOD[name], until)
    assert {status for status, _ in refused(house)} == {200, 201}
    house.clock.advance(HOUR_MS - 1)
    assert {status for status, _ in refused(house)} == {200, 201}
    house.clock.advance(1)
    assert refused(house) == {expected}


def test_what_is_not_known_yet_says_when_to_ask_again() -> None:
    house = guarded("impediment")
    house.tell("impediment", "pending")
    answer = house.do("deposit_request", amount_minor=1, method="pix")
    assert (answer.status, answer.code) == (503, "impediment_check_pending")
    assert (answer.body["fact"], answer.body["retry_after"]) == ("impediment", 60)


@pytest.mark.parametrize("requires", [(), FACTS])
def test_bad_news_closes_the_gate_whether_asked_for_or_not(requires: tuple[str, ...]) -> None:
    house = guarded(*requires)
    for name in FACTS:
        house.tell(name, GOOD[name])
    stale = house.clock.now_ms() + 1
    house.tell("impediment", "impeded", stale, "sigap_athlete")
    house.clock.advance(DAY_MS)
    assert refused(house) == {(403, "impeded")}
    reasons = house.do("deposit_request", amount_minor=1, method="pix").body["reasons"]
    assert reasons == ["sigap_athlete"]
    house.tell("impediment", "clear")
    house.tell("register", "excluded")
    answer = house.do("deposit_request", amount_minor=1, method="pix")
    assert (answer.code, answer.body["source"]) == ("excluded", "register")


def test_an_older_word_never_replaces_a_newer_one_whatever_the_order() -> None:
    house = guarded("kyc")
    newer = house.tell("kyc", "missing")
    late = house.do(
        "fact_record",
        key="",
        login="",
        name="kyc",
        version=house.clock.now_ms() - 1,
        status="verified",
        valid_until=None,
        reasons=[],
    )
    assert (newer.body["applied"], late.body["applied"]) == (True, False)
    assert refused(house) == {(403, "kyc_required")}


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ("clear", "pending", "pending"),
        ("pending", "clear", "pending"),
        ("pending", "impeded", "impeded"),
        ("impeded", "pending", "impeded"),
        ("impeded", "clear", "impeded"),
    ],
)
def test_of_two_words_of_one_moment_the_one_counts_that_protects(
    first: str, second: str, stays: str
) -> None:
    house = guarded("impediment")
    told = {"name": "impediment", "version": 5, "valid_until": None, "reasons": []}
    assert house.do("fact_record", key="", login="", status=first, **told).body["applied"]
    again = house.do("fact_record", key="", login="", status=second, **told).body
    assert again == {"applied": second == stays, "asked": True}
    assert house.ask("gate").body["facts"]["impediment"]["status"] == stays
    assert house.do("fact_record", key="", login="", status=stays, **told).body["applied"]
    newer = {**told, "version": 6}
    assert house.do("fact_record", key="", login="", status="clear", **newer).body["applied"]
    assert house.is_proven()


def test_a_fact_that_the_rules_do_not_ask_for_says_so() -> None:
    house = guarded("kyc")
    assert house.tell("impediment", "pending").body == {"applied": True, "asked": False}
    assert house.tell("kyc", "missing").body == {"applied": True, "asked": True}


def test_the_same_word_again_is_no_event_and_moves_its_version() -> None:
    house = guarded("kyc")
    house.tell("kyc", "verified")
    before = house.types
    house.clock.advance(1_000)
    house.tell("kyc", "verified")
    assert house.types == before
    fact = house.ask("gate", login="").body["facts"]["kyc"]
    assert fact["version"] == house.clock.now_ms()
    assert house.is_proven()
    house.tell("kyc", "verified", house.clock.now_ms() + DAY_MS)
    assert house.types == [*before, "FACT_RECORDED"]


def test_money_that_is_the_players_passes_every_closed_gate() -> None:
    house = House(requires=REQUIREMENTS).open().admit().deposit(10_000)
    for number in ("won", "undone"):
        house.do("bet", round_id=number, game_id="slot", amount_minor=100)
    house.tell("impediment", "impeded")
    house.tell("kyc", "missing")
    house.do("intervention_set", login="", intervention_id="i", **MESSAGE)
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).code == "impeded"
    assert house.do("win", round_id="won", amount_minor=500).status == 200
    assert house.do("rollback", round_id="undone", reason="cancelled").status == 200
    held = house.do("withdrawal_hold", amount_minor=1_000, payment_account_id="a")
    assert held.status == 201
    paid = {key: held.body[key] for key in ("withdrawal_id", "end_to_end_id")}
    assert house.do("withdrawal_settle", login="", **paid).status == 200
    body = house.ask("gate").body
    assert (body["can_bet"], body["can_deposit"], body["can_withdraw"]) == (False, False, True)
    assert body["reasons"] == ["impeded", "kyc_required", "intervention_due"]


MESSAGE = {"level": "high", "template": "t", "demands": "acknowledge"}


def test_a_deposit_that_was_announced_is_credited_although_the_gate_has_closed() -> None:
    house = House(requires=("kyc",)).open().admit()
    asked = house.do("deposit_request", amount_minor=500, method="pix").body
    house.tell("kyc", "missing")
    paid = {"deposit_id": asked["deposit_id"], "amount_minor": 500, "end_to_end_id": "E1"}
    assert house.do("deposit_credit", login="", **paid).status == 200
    assert house.money == (500, 0, 0)


def test_rules_of_an_older_profile_are_ignored() -> None:
    house = House().open()

    def rules_set(version: int, *requires: str) -> Any:
        rules = {"requires": list(requires), "loosening_delay_ms": 0}
        return house.do("rules_set", key="", login="", rules=rules, version=version).body

    assert rules_set(2, "kyc") == {"applied": True}
    assert rules_set(1) == {"applied": False}
    assert rules_set(2) == {"applied": False}
    assert house.do("deposit_request", amount_minor=1, method="pix").code == "kyc_required"
    before = house.types
    assert rules_set(3, "kyc") == {"applied": True}
    assert house.types == before, "the same rules under a newer version are no event"
    assert house.is_proven()


@pytest.mark.parametrize(
    "kind",
    ["rules_set", "fact_record", "session_begin", "operator_limit_set", "intervention_set"],
)
def test_what_the_house_alone_may_say_is_no_command_of_a_player(kind: str) -> None:
    assert House().open().do(kind).code == "unknown_command"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "luck"},
        {"name": "kyc", "status": "clear"},
        {"version": 0},
        {"valid_until": -1},
        {"reasons": ["not a code"]},
        {"reasons": "code"},
        {"reasons": ["r"] * 21},
        {"more": 1},
    ],
)
def test_a_fact_that_does_not_validate_is_refused(wrong: dict[str, Any]) -> None:
    house = House(requires=("kyc",)).open()
    fact = {"name": "kyc", "status": "verified", "version": 1, "valid_until": None, "reasons": []}
    refused = house.do("fact_record", key="", login="", **{**fact, **wrong})
    assert (refused.status, refused.code) == (422, "invalid_payload")


def test_a_bonus_stops_while_an_intervention_says_so() -> None:
    house = House().open().deposit(1_000)
    quiet = {"level": "medium", "template": "t", "demands": "none"}
    house.do("intervention_set", login="", intervention_id="i", bonus_block=True, **quiet)
    asked: dict[str, Any] = {"grant_id": "g", "amount_minor": 5, "reason": "x"}
    assert house.do("bonus_credit", login="", **asked).code == "bonus_blocked"
    assert house.ask("gate").body["can_use_bonus"] is False
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).status == 200
    house.do("intervention_set", login="", intervention_id="j", bonus_block=False, **quiet)
    assert house.do("bonus_credit", login="", **asked).status == 200
    assert house.is_proven()


def test_the_gate_of_any_past_event_can_be_rebuilt() -> None:
    house = House(requires=REQUIREMENTS, rules={"reality_check_minutes": 60}).open().admit()
    house.deposit(1_000)
    seen: list[tuple[int, Any, Any]] = []

    def look() -> None:
        row = house.sql.query("SELECT * FROM gate")[0]
        seen.append((house.ask("head").body["seq"], house.ask("state_at").body["gate"], row))

    look()
    house.tell("impediment", "pending", None, "outage")
    look()
    house.clock.advance(MINUTE_MS)
    house.do("reality_check_set", minutes=20)
    look()
    house.do("intervention_set", login="", intervention_id="i", bonus_block=True, **MESSAGE)
    look()
    house.do("intervention_ack", intervention_id="i", reaction="acknowledged")
    house.clock.advance(20 * MINUTE_MS)
    house.do("reality_check_ack")
    look()
    assert house.is_proven()
    for seq, gate, _ in seen:
        assert house.ask("state_at", seq=seq).body["gate"] == gate
    assert len({str(row) for _, _, row in seen}) == len(seen)
    assert len({str(gate) for _, gate, _ in seen}) == len(seen)
    first = seen[0][1]
    assert first["facts"]["impediment"]["status"] == "clear"
    assert seen[3][1]["intervention"]["intervention_id"] == "i"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE gate SET facts = '{}'",
        "UPDATE gate SET facts_until = 5",
        "UPDATE gate SET excluded_until = 1",
        "UPDATE gate SET asks_place = 0",
        "UPDATE gate SET reality_due_at = reality_due_at + 1",
        "UPDATE gate SET reality_won_minor = 1",
        "UPDATE gate SET bonus_blocked = 1",
        "UPDATE gate SET rules = json_set(rules, '$.loosening_delay_ms', 0)",
        "INSERT INTO exclusions VALUES (1, 'excluded', NULL, 'player', 1)",
    ],
)
def test_a_gate_that_is_not_what_the_events_say_freezes_the_wallet(change: str) -> None:
    house = House(requires=REQUIREMENTS, rules={"reality_check_minutes": 60}).open().admit()
    house.sql.execute(change)
    verdict = house.ask("verify", login="").body
    assert (verdict["ok"], verdict["law"]) == (False, "gate")
    assert house.do("win", round_id="r", amount_minor=1).code == "round_not_found"
    assert house.do("bet", round_id="r", game_id="slot", amount_minor=1).code == "wallet_frozen"
