"""What the queue gave up is kept, shown and worked off from the wallet."""

import pytest
from jobs.dead_letters import UNDELIVERED, keep_letters, replay
from jobs.ports import Ports
from jobs.runs import Outcome
from unit.fraud_cron.streams import Delivered, World, deliveries

from shared.platform.ports import Record


def keep(world: World, *messages: Delivered) -> None:
    async def job(ports: Ports) -> Outcome:
        return await keep_letters(messages, ports)

    world.run(job)


def ask_for_all(world: World) -> None:
    world.change("UPDATE dead_letters SET status = 'replay_asked'")


def letters(world: World) -> list[Record]:
    return world.rows("SELECT * FROM dead_letters ORDER BY message_id")


def test_every_letter_is_stored_with_its_reason_before_it_is_acknowledged() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 5)
    messages = deliveries([ana.text(1), "no JSON", {"not": "a text"}, "\ud800"])
    keep(world, *messages)
    assert [message.said for message in messages] == [["ack"]] * 4
    event, odd, foreign, surrogate = letters(world)
    assert (event["player_id"], event["seq"], event["reason"]) == ("ana", 1, UNDELIVERED)
    assert (odd["player_id"], odd["body"], odd["reason"]) == (
        None,
        "no JSON",
        "the message is not JSON",
    )
    assert (foreign["body"], foreign["reason"]) == ("", "the message is not a text")
    assert surrogate["body"] == "\\ud800"


def test_a_message_of_many_events_is_one_letter_and_replayed_as_a_whole() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 5).add("DEPOSIT", 6).add("DEPOSIT", 7)
    keep(
        world,
        *deliveries([ana.packet(2, 3), ana.packet(1, 2).replace(ana.events[1].hash, "f" * 64)]),
    )
    first, second = letters(world)
    assert [(letter["player_id"], letter["seq"]) for letter in (first, second)] == [
        ("ana", 3),
        ("ana", 2),
    ]
    ask_for_all(world)
    world.run(replay)
    assert world.projected("ana") == [1, 2, 3]
    assert [letter["status"] for letter in letters(world)] == ["replayed", "refused"]


def test_a_batch_that_cannot_be_stored_is_not_acknowledged() -> None:
    world = World()
    message = Delivered("x")
    world.db.die_at(1)
    with pytest.raises(ConnectionError):
        keep(world, message)
    assert message.said == []


def test_a_letter_delivered_twice_is_one_letter() -> None:
    world = World()
    keep(world, Delivered("x", message_id="m", attempts=1))
    keep(world, Delivered("x", message_id="m", attempts=2))
    (letter,) = letters(world)
    assert (letter["attempts"], letter["status"]) == (2, "dead")


def test_a_replayed_event_is_projected_from_its_wallet_with_all_before_it() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 5).add("BET", 1).add("WIN", 1)
    keep(world, Delivered(ana.text(3)))
    assert world.run(replay) == {"replayed": 0, "refused": 0, "waiting": 0}
    ask_for_all(world)
    assert world.run(replay) == {"replayed": 1, "refused": 0, "waiting": 0}
    assert world.projected("ana") == [1, 2, 3]
    (letter,) = letters(world)
    assert letter["outcome"] == "projected, 3 events were missing"


def test_what_is_no_event_or_contradicts_the_wallet_is_refused_with_the_reason() -> None:
    world = World()
    ana = world.stream("ana").add("DEPOSIT", 5).add("BET", 1)
    texts = [
        "no JSON",
        ana.forged(2, amount_minor=4, cash_delta=-4),
        ana.tampered(1, data='{"a":1}'),
    ]
    keep(world, *deliveries([*texts, ana.forged(2, seq=9)]))
    ask_for_all(world)
    assert world.run(replay) == {"replayed": 0, "refused": 4, "waiting": 0}
    outcomes = [str(letter["outcome"]) for letter in letters(world)]
    assert outcomes[0].startswith("no event")
    assert all("contradicts" in outcome for outcome in outcomes[1:3])
    assert outcomes[3] == "the wallet's chain is ended before this event"


def test_a_letter_whose_wallet_is_silent_waits() -> None:
    world = World()
    keep(world, Delivered(world.stream("ana").add("DEPOSIT", 5).text(1)))
    ask_for_all(world)
    world.wallets.failing = {"ana"}
    assert world.run(replay)["waiting"] == 1
    world.wallets.failing = set()
    assert world.run(replay)["replayed"] == 1
