"""At least once, in any order, from several consumers: each event exactly once and in order."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs.chain import CHAIN_RULE_ID
from jobs.ports import Ports
from jobs.projection import BatchOutcome, project
from unit.fraud_cron.streams import Delivered, Stream, World, deliveries

from shared.platform.native.clock import TEST_EPOCH_MS


def consume(world: World, messages: list[Delivered]) -> BatchOutcome:
    async def job(ports: Ports) -> BatchOutcome:
        return await project(messages, ports)

    return world.run(job)


def story(world: World, player_id: str = "player-1", *, currency: str = "BRL") -> Stream:
    """Opened, 100.00 in, three bets of 1.00, one win of 2.00: six events."""
    stream = world.stream(player_id, currency=currency)
    stream.add("OPENED").add("DEPOSIT", 10_000)
    return stream.add("BET", 100).add("BET", 100).add("BET", 100).add("WIN", 200)


def totals(world: World) -> dict[str, tuple[int, ...]]:
    return {
        str(row["currency"]): tuple(
            int(str(row[name])) for name in ("events", "rounds", "stakes_minor", "wins_minor")
        )
        for row in world.rows("SELECT * FROM projection_totals")
    }


def assert_level(world: World, stream: Stream) -> None:
    assert_level_up_to(world, stream, len(stream.events))


def assert_level_up_to(world: World, stream: Stream, seq: int) -> None:
    assert world.head(stream.player_id) == (seq, stream.events[seq - 1].hash)
    assert world.projected(stream.player_id) == list(range(1, seq + 1))


def test_a_batch_of_many_players_is_stored_without_asking_a_wallet() -> None:
    world = World()
    streams = [story(world, f"player-{number}") for number in range(5)]
    messages = deliveries([text for stream in streams for text in stream.texts()])
    outcome = consume(world, messages)
    assert outcome.projected == outcome.acknowledged == 30
    assert all(message.said == ["ack"] for message in messages)
    assert world.wallets.asked == []
    for stream in streams:
        assert_level(world, stream)


def test_every_column_arrives_as_the_wallet_wrote_it() -> None:
    world = World()
    stream = story(world)
    consume(world, deliveries(stream.texts()))
    rows = world.rows("SELECT * FROM wallet_events ORDER BY seq")
    assert rows == [stream.members(event.seq) for event in stream.events]


def test_a_second_delivery_is_acknowledged_and_counted_once() -> None:
    world = World()
    stream = story(world)
    consume(world, deliveries(stream.texts()))
    messages = deliveries(stream.texts() * 2)
    outcome = consume(world, messages)
    assert (outcome.projected, outcome.acknowledged) == (0, 12)
    assert all(message.said == ["ack"] for message in messages)
    assert totals(world) == {"BRL": (6, 3, 300, 200)}
    assert world.wallets.asked == []


def test_a_gap_is_closed_by_the_wallet_before_the_message_is_acknowledged() -> None:
    world = World()
    stream = story(world)
    consume(world, deliveries([stream.text(1)]))
    messages = deliveries([stream.text(5), stream.text(6)])
    outcome = consume(world, messages)
    assert outcome.refilled == 5
    assert [message.said for message in messages] == [["ack"], ["ack"]]
    assert_level(world, stream)
    assert totals(world) == {"BRL": (6, 3, 300, 200)}


def test_a_gap_larger_than_one_answer_of_the_wallet_is_closed_page_by_page() -> None:
    world = World()
    stream = world.stream().add("OPENED").add("DEPOSIT", 1_000_000)
    for _ in range(1_200):
        stream.add("BET", 100)
    consume(world, deliveries([stream.text(1_202)]))
    assert world.wallets.asked == [("player-1", "event_range")] * 3
    assert_level(world, stream)


def test_a_gap_too_large_for_one_visit_makes_the_message_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.refill.EVENTS_PER_CALL", 2)
    monkeypatch.setattr("jobs.refill.CALLS_PER_REFILL", 2)
    world = World()
    stream = story(world)
    messages = deliveries([stream.text(6)])
    consume(world, messages)
    assert messages[0].said == ["retry 10"]
    assert world.projected() == [1, 2, 3, 4]
    again = deliveries([stream.text(6)])
    consume(world, again)
    assert again[0].said == ["ack"]
    assert_level(world, stream)


def test_an_unreachable_wallet_holds_up_its_own_player_only() -> None:
    world = World()
    near, far = story(world, "near"), story(world, "far")
    world.wallets.failing.add("far")
    messages = deliveries([near.text(1), far.text(3), near.text(2)])
    outcome = consume(world, messages)
    assert [message.said for message in messages] == [["ack"], ["retry 10"], ["ack"]]
    assert outcome.failed == {"far": "WalletUnavailableError"}
    assert world.projected("near") == [1, 2]
    assert world.projected("far") == []


def test_a_message_of_many_events_is_stored_and_acknowledged_as_one() -> None:
    world = World()
    first, second = story(world, "player-1"), story(world, "player-2")
    packets = [first.packet(1, 2), second.packet(*range(1, 7)), first.packet(3, 4, 5, 6)]
    messages = deliveries(packets)
    outcome = consume(world, messages)
    assert [message.said for message in messages] == [["ack"]] * 3
    assert (outcome.messages, outcome.projected, outcome.acknowledged) == (3, 12, 3)
    assert_level(world, first)
    assert_level(world, second)
    again = deliveries([first.packet(2, 3)])
    assert consume(world, again).projected == 0
    assert again[0].said == ["ack"]


def test_a_message_whose_beginning_is_known_brings_its_end() -> None:
    world = World()
    stream = story(world)
    consume(world, deliveries([stream.packet(1, 2)]))
    late = deliveries([stream.packet(2, 3, 4, 5, 6)])
    consume(world, late)
    assert late[0].said == ["ack"]
    assert_level(world, stream)


def test_one_tampered_event_in_a_message_is_reported_and_the_wallet_is_believed() -> None:
    world = World()
    stream = story(world)
    tampered = [stream.members(1), json.loads(stream.tampered(2, amount_minor=7))]
    messages = deliveries([json.dumps(tampered)])
    consume(world, messages)
    assert messages[0].said == ["ack"]
    assert [alert["rule_id"] for alert in world.alerts()]
    assert_level_up_to(world, stream, 2)


def test_events_of_two_wallets_in_one_message_are_no_message_of_ours() -> None:
    world = World()
    first, second = story(world, "player-1"), story(world, "player-2")
    messages = deliveries([json.dumps([first.members(1), second.members(1)])])
    outcome = consume(world, messages)
    assert messages[0].said == ["retry 10"]
    assert "several wallets" in outcome.unreadable["m0"]
    assert world.projected("player-1") == []


def test_retries_wait_longer_each_time_up_to_five_minutes() -> None:
    world = World()
    story(world, "far")
    world.wallets.failing.add("far")
    for attempts, delay_s in ((1, 10), (3, 40), (60, 300)):
        message = Delivered(world.wallets.streams["far"].text(3), attempts=attempts)
        consume(world, [message])
        assert message.said == [f"retry {delay_s}"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"bytes",
        "",
        "no JSON",
        "[]",
        "[{}]",
        "[[]]",
        "{}",
        "[" * 100_000,
        '{"player_id": "\\ud800"}',
    ],
)
def test_a_message_that_is_no_event_is_never_acknowledged_and_blocks_nobody(text: object) -> None:
    world = World()
    stream = story(world)
    messages = deliveries([text, *stream.texts()])
    outcome = consume(world, messages)
    assert messages[0].said == ["retry 10"]
    assert list(outcome.unreadable) == ["m0"]
    assert_level(world, stream)


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": True},
        {"seq": 1.0},
        {"amount_minor": -1},
        {"cash_delta": 2**53},
        {"currency": "XXX"},
        {"currency": []},
        {"data": "no JSON"},
        {"data": {}},
        {"player_id": ""},
        {"round_id": 5},
        {"game_version": "\ud800"},
    ],
)
def test_an_event_that_the_database_would_refuse_is_no_event(changes: dict[str, object]) -> None:
    world = World()
    stream = story(world)
    messages = deliveries([json.dumps(stream.members(1) | changes)])
    consume(world, messages)
    assert messages[0].said == ["retry 10"]
    assert world.rows("SELECT * FROM wallet_events") == []


def test_a_changed_copy_of_a_stored_event_raises_one_alert_and_changes_nothing() -> None:
    world = World()
    stream = story(world)
    consume(world, deliveries(stream.texts()))
    before = world.rows("SELECT * FROM wallet_events")
    for _ in range(2):
        messages = deliveries([stream.forged(2, amount_minor=99_999)])
        consume(world, messages)
        assert messages[0].said == ["ack"]
    (alert,) = world.alerts()
    assert (alert["rule_id"], alert["band"]) == (CHAIN_RULE_ID, "critical")
    evidence = json.loads(str(alert["evidence"]))
    assert evidence["seq"] == 2
    assert evidence["known_hash"] == stream.events[1].hash
    assert world.rows("SELECT * FROM wallet_events") == before


def test_a_tampered_first_delivery_is_replaced_by_the_wallets_own_event_and_reported() -> None:
    world = World()
    stream = story(world)
    messages = deliveries([stream.text(1), stream.tampered(2, amount_minor=99_999)])
    consume(world, messages)
    rows = world.rows("SELECT amount_minor FROM wallet_events WHERE seq = 2")
    assert rows == [{"amount_minor": 10_000}]
    assert [alert["rule_id"] for alert in world.alerts()] == [CHAIN_RULE_ID]
    assert [message.said for message in messages] == [["ack"], ["ack"]]


def test_an_event_that_its_wallet_does_not_know_is_reported_and_not_projected() -> None:
    world = World()
    stream = story(world)
    invented = Stream("player-1", seed=2)
    for _ in range(9):
        invented.add("DEPOSIT", 1_000)
    consume(world, deliveries([*stream.texts(), invented.text(9)]))
    assert_level(world, stream)
    (alert,) = world.alerts()
    assert json.loads(str(alert["evidence"]))["law"] == "an event was recorded by its wallet"


def test_an_event_that_skips_places_although_its_hashes_fit_leaves_no_gap() -> None:
    world = World()
    stream = story(world)
    skipping = stream.forged(2, seq=5)
    consume(world, deliveries([stream.text(1), skipping]))
    assert_level_up_to(world, stream, 5)
    assert len(world.alerts()) == 1


def test_a_wallet_that_changed_its_past_stops_the_projection_with_one_alert() -> None:
    world = World()
    first = story(world)
    consume(world, deliveries(first.texts()))
    rewritten = Stream("player-1", seed=2)
    for _ in range(8):
        rewritten.add("DEPOSIT", 5_000)
    world.wallets.streams["player-1"] = rewritten
    for seq in (7, 8):
        messages = deliveries([rewritten.text(seq)])
        consume(world, messages)
        assert messages[0].said == ["ack"]
    assert_level(world, first)
    (alert,) = world.alerts()
    assert alert["band"] == "critical"
    assert json.loads(str(alert["evidence"]))["source"] == "wallet"


def test_events_under_another_players_name_are_not_projected() -> None:
    world = World()
    stream, other = story(world), story(world, "player-2")
    stolen = [json.dumps(stream.members(seq) | {"player_id": "player-2"}) for seq in (1, 2)]
    world.wallets.streams["player-2"] = other
    consume(world, deliveries(other.texts()))
    consume(world, deliveries(stolen))
    assert_level(world, other)
    assert [alert["player_id"] for alert in world.alerts()] == ["player-2"]


def test_a_second_consumer_that_was_faster_is_noticed_and_nothing_is_stored_twice() -> None:
    world = World()
    stream, other = story(world), story(world, "player-2")
    slow = world.ports
    fast_done: list[bool] = []

    class Overtaken:
        """The database of the slow consumer: after its first look another one stores two."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.db, name)

        async def batch(self, statements: object) -> object:
            if not fast_done:
                fast_done.append(True)
                await project(deliveries(stream.texts()[:2]), slow)
            return await world.db.batch(statements)  # type: ignore[arg-type]

    ports = replace(slow, db=Overtaken())  # type: ignore[arg-type]
    messages = deliveries(stream.texts() + other.texts())

    async def job(_: Ports) -> BatchOutcome:
        return await project(messages, ports)

    outcome = world.run(job)
    assert outcome.failed == {}
    assert all(message.said == ["ack"] for message in messages)
    assert_level(world, stream)
    assert_level(world, other)
    assert totals(world) == {"BRL": (12, 6, 600, 400)}
    assert world.wallets.asked == [("player-1", "event_range")]


def test_currencies_are_counted_apart() -> None:
    world = World()
    consume(world, deliveries(story(world, "ana").texts()))
    consume(world, deliveries(story(world, "bob", currency="EUR").texts()[:3]))
    assert totals(world) == {"BRL": (6, 3, 300, 200), "EUR": (3, 1, 100, 0)}


def test_what_arrives_is_put_on_the_list_of_the_velocity_scan() -> None:
    world = World()
    stream = world.stream()
    stream.add("OPENED", at_ms=TEST_EPOCH_MS - 3_600_000).add("DEPOSIT", 100)
    consume(world, deliveries(stream.texts()))
    slots = world.rows("SELECT slot FROM job_runs WHERE job = 'velocity_scan.slice' ORDER BY slot")
    assert slots == [{"slot": TEST_EPOCH_MS - 3_600_000}, {"slot": TEST_EPOCH_MS}]


@pytest.mark.slow
@given(st.data())
def test_whatever_the_queue_does_the_projection_converges(data: st.DataObject) -> None:
    """Law: batches that drop, repeat and reorder messages leave a prefix of each stream; once the
    last event of a stream was delivered, all of it; and totals count each event once.
    """
    world = World()
    streams = [story(world, "ana"), story(world, "bob")]
    texts = [text for stream in streams for text in stream.texts()]
    batches = data.draw(st.lists(st.lists(st.sampled_from(texts), max_size=8), max_size=5))
    for batch in [*batches, [stream.text(6) for stream in streams]]:
        messages = deliveries(batch)
        consume(world, messages)
        assert all(message.said == ["ack"] for message in messages)
        for stream in streams:
            seqs = world.projected(stream.player_id)
            assert seqs == list(range(1, len(seqs) + 1))
    for stream in streams:
        assert_level(world, stream)
    assert totals(world) == {"BRL": (12, 6, 600, 400)}
    assert world.alerts() == []
