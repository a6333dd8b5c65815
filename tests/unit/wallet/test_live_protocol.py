"""Messages of live play: what is one, what answers it, how fast they may come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import Rejection
from shared.wallet import errors, live
from shared.wallet.answer import encode_answer, encode_rejection
from shared.wallet.live import HandOver, Message, Pace, Refused, read_message

NOW = 1_795_356_900_000
ROUND = {
    "id": "m1",
    "type": "round",
    "idempotency_key": "k1",
    "session_id": "s1",
    "stake_minor": 100,
    "params": {"target": 50, "over": False},
}


def text(**changes: object) -> str:
    return json.dumps({k: v for k, v in (ROUND | changes).items() if v is not ...})


def refusal(message: str) -> tuple[str, str]:
    """The id that the answer carries, and the code."""
    with pytest.raises(Refused) as caught:
        read_message(message)
    return caught.value.message_id, caught.value.rejection.problem.code


def test_what_is_left_of_a_round_is_the_body_that_http_sends() -> None:
    message = read_message(text())
    assert (message.id, message.type, message.key) == ('"m1"', "round", "k1")
    body = {name: ROUND[name] for name in ("session_id", "stake_minor", "params")}
    assert json.loads(message.payload) == body


@pytest.mark.parametrize("message_id", ["m1", 7, 0, -1, "a" * 64, '"\\{}'])
def test_an_id_is_a_short_text_or_a_whole_number_and_comes_back_unchanged(message_id: Any) -> None:
    message = read_message(text(id=message_id))
    assert json.loads(message.id) == message_id
    answer = json.loads(live.answered(message, encode_answer(201, '{"round_id":"r"}')))
    assert answer == {"id": message_id, "type": "round", "round_id": "r"}


@pytest.mark.parametrize(
    "message_id", [..., None, "", "a" * 65, "two words", "é", True, 1.5, 1 << 53, [], {"a": 1}]
)
def test_a_message_without_a_usable_id_is_answered_to_null(message_id: object) -> None:
    assert refusal(text(id=message_id)) == ("null", "validation_failed")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "round",
        "[]",
        "1",
        "null",
        '"text"',
        "{",
        '{"id":1,"id":2,"type":"ping"}',
        '{"id":1,"type":"balance","x":NaN}',
        '{"id":1,"type":"balance","x":Infinity}',
        '{"id":' + "[" * 65 + "]" * 65 + "}",
        "[" * 4_000,
        '{"a":' * 800,
        "\x00",
        '{"id":1,"type":"ping"} {}',
    ],
)
def test_what_is_no_json_object_with_distinct_names_is_malformed(broken: str) -> None:
    assert refusal(broken) == ("null", "malformed_json")


@pytest.mark.parametrize("kind", [..., None, "", "open", "deposit_credit", "Round", 1, ["round"]])
def test_only_the_documented_types_are_known(kind: object) -> None:
    assert refusal(text(type=kind)) == ('"m1"', "validation_failed")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (..., "idempotency_key_required"),
        (None, "idempotency_key_required"),
        ("", "idempotency_key_invalid"),
        ("two words", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
        (7, "idempotency_key_invalid"),
    ],
)
@pytest.mark.parametrize("kind", ["round", "action"])
def test_a_command_needs_a_key(key: object, code: str, kind: str) -> None:
    assert refusal(text(type=kind, idempotency_key=key)) == ('"m1"', code)


@pytest.mark.parametrize("member", ["currency", "at", "key", "context", "stake"])
def test_a_client_says_nothing_that_is_the_houses_to_say(member: str) -> None:
    assert refusal(text(**{member: "BRL"})) == ('"m1"', "validation_failed")


@pytest.mark.parametrize("kind", ["balance", "ping"])
def test_a_question_takes_no_other_member_and_no_key(kind: str) -> None:
    assert read_message(f'{{"id":1,"type":"{kind}"}}') == Message("1", kind, "", "{}")
    assert refusal(f'{{"id":1,"type":"{kind}","stake_minor":1}}') == ("1", "validation_failed")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists) | st.text())
def test_no_text_is_more_than_a_message_or_a_refusal(value: object) -> None:
    for candidate in (json.dumps(value), str(value), json.dumps({"id": 1, "type": value})):
        try:
            message = read_message(candidate)
        except Refused as refused:
            told = json.loads(live.problem_message(refused.message_id, refused.rejection))
            assert told["type"] == "problem"
        else:
            assert message.type in {"round", "action", "balance", "ping"}


def test_a_message_has_at_most_4096_bytes_of_utf_8() -> None:
    assert not live.is_too_large("a" * 4_096)
    assert live.is_too_large("a" * 4_097)
    assert not live.is_too_large("é" * 2_048)
    assert live.is_too_large("é" * 2_049)


def test_a_replay_is_marked_and_otherwise_the_same() -> None:
    message = read_message(text())
    first = json.loads(live.answered(message, '201 0 {"round_id":"r","seq":2}'))
    again = json.loads(live.answered(message, '201 1 {"round_id":"r","seq":2}'))
    assert again == first | {"replayed": True}
    assert "replayed" not in first


def test_a_refusal_of_the_wallet_is_a_problem_with_its_extensions() -> None:
    rejection = Rejection(
        errors.INSUFFICIENT_FUNDS, "not enough", {"balance": {"amount_minor": 5, "currency": "BRL"}}
    )
    told = json.loads(live.answered(read_message(text()), encode_rejection(rejection)))
    assert told == {
        "id": "m1",
        "type": "problem",
        "code": "insufficient_funds",
        "status": 409,
        "title": "Not enough funds",
        "detail": "not enough",
        "retry": "same_key",
        "balance": {"amount_minor": 5, "currency": "BRL"},
    }


def test_what_the_wallet_cannot_read_has_the_name_that_http_gives_it() -> None:
    rejection = Rejection(
        errors.INVALID_PAYLOAD, "x", {"errors": [{"field": "stake_minor", "message": "is odd"}]}
    )
    told = json.loads(live.answered(read_message(text()), encode_rejection(rejection)))
    assert (told["code"], told["status"]) == ("validation_failed", 422)
    assert told["errors"] == [{"loc": ["body", "stake_minor"], "msg": "is odd"}]


def test_the_places_that_a_game_names_are_passed_on() -> None:
    places = [{"loc": ["params", "target"], "msg": "is 2 to 98"}]
    rejection = Rejection(errors.INVALID_PARAMS, "no bet", {"errors": places})
    told = json.loads(live.answered(read_message(text()), encode_rejection(rejection)))
    assert told["errors"] == places


def test_every_problem_of_the_wallet_keeps_its_status_title_and_retry_class() -> None:
    for problem in errors.ALL_PROBLEMS:
        if problem is errors.INVALID_PAYLOAD:
            continue
        answer = encode_rejection(Rejection(problem, "why"))
        told = json.loads(live.answered(read_message(text()), answer))
        named = (told["code"], told["status"], told["title"], told["retry"])
        assert named == (problem.code, problem.status, problem.title, problem.retry)


def test_a_hand_over_survives_as_one_line_of_ascii() -> None:
    handed = HandOver("session", NOW, NOW + 600_000, 20, '{"dice":[1,1],"é":[2,0]}', "há")
    assert handed.encode().isascii()
    assert "\n" not in handed.encode()
    assert HandOver.decode(handed.encode()) == handed


def test_a_socket_ends_with_its_token_and_after_half_an_hour_at_the_latest() -> None:
    assert HandOver("s", NOW, NOW + 600_000, 20, "", "").ends_at == NOW + 600_000
    assert HandOver("s", NOW, NOW + 86_400_000, 20, "", "").ends_at == NOW + 1_800_000


def test_a_pace_allows_a_burst_and_then_its_rate() -> None:
    pace = Pace(20)
    assert [pace.admits(NOW) for _ in range(61)] == [True] * 60 + [False]
    assert pace.refused == 1
    assert not pace.admits(NOW + 49)
    assert pace.refused == 2
    assert pace.admits(NOW + 50)
    assert pace.refused == 0
    assert not pace.admits(NOW + 50)


@given(
    st.integers(1, 50),
    st.lists(st.integers(0, 400), min_size=1, max_size=200),
)
def test_no_sequence_of_messages_beats_the_bucket(per_second: int, gaps: list[int]) -> None:
    """Law: in any history, what was admitted is at most a burst and the refill since its start."""
    pace, now_ms, admitted = Pace(per_second), NOW, 0
    for gap in gaps:
        now_ms += gap
        admitted += pace.admits(now_ms)
        bound = live.BURST_SECONDS * per_second + (now_ms - NOW) * per_second // 1000 + 1
        assert admitted <= bound
