"""Every check of every port inside workerd, and what the adapters hide of that runtime."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from contract.runtime_under_test import WorkerdUnderTest, workerd_under_test
from contract.suites.catalogue import every_check

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def workerd() -> Iterator[WorkerdUnderTest]:
    with workerd_under_test() as edge:
        yield edge


@pytest.mark.parametrize(("port", "check"), every_check())
def test_the_workerd_adapter_keeps_the_contract(
    workerd: WorkerdUnderTest, port: str, check: str
) -> None:
    outcome = workerd.ask("check", {"port": port, "check": check})
    assert outcome == {}, outcome.get("failed", outcome)


class TestRulesOfTheRuntime:
    """What the adapters are there for: each of these would bite without them."""

    def act(self, workerd: WorkerdUnderTest, name: str, act: str) -> dict[str, Any]:
        answer = workerd.ask("act", {"object": name, "act": act})
        assert isinstance(answer, dict)
        return answer

    def test_raw_parameters_change_their_types_silently(self, workerd: WorkerdUnderTest) -> None:
        assert self.act(workerd, "raw", "bind_raw") == {"answer": '[["real", "text", "b\'ab\'"]]'}

    def test_a_returning_cursor_left_open_loses_the_write(self, workerd: WorkerdUnderTest) -> None:
        self.act(workerd, "open cursor", "prepare")
        left = self.act(workerd, "open cursor", "write_and_leave_the_cursor_open")
        assert "raised" in left
        assert self.act(workerd, "open cursor", "count") == {"answer": "0"}

    def test_a_method_that_raises_after_a_write_has_still_written(
        self, workerd: WorkerdUnderTest
    ) -> None:
        self.act(workerd, "raises", "prepare")
        assert "raised" in self.act(workerd, "raises", "write_and_raise")
        assert self.act(workerd, "raises", "count") == {"answer": "1"}

    def test_a_transaction_that_raises_has_not(self, workerd: WorkerdUnderTest) -> None:
        self.act(workerd, "transacts", "prepare")
        raised = self.act(workerd, "transacts", "write_and_raise_in_a_transaction")
        assert "ValueError: after the write" in raised["message"]
        assert self.act(workerd, "transacts", "count") == {"answer": "0"}

    def test_an_exception_crosses_as_the_text_of_a_traceback(
        self, workerd: WorkerdUnderTest
    ) -> None:
        self.act(workerd, "traceback", "prepare")
        raised = self.act(workerd, "traceback", "write_and_raise")
        assert "Traceback" in raised["message"]
        assert "entry.py" in raised["message"]

    def test_a_broken_wallet_is_unreachable_and_tells_no_traceback(
        self, workerd: WorkerdUnderTest
    ) -> None:
        assert workerd.ask("broken") == {"unreachable": "ValueError: a bug"}

    def test_one_interpreter_serves_many_objects(self, workerd: WorkerdUnderTest) -> None:
        self.act(workerd, "visitor 1", "visit")
        seen = self.act(workerd, "visitor 2", "visit")
        assert "visitor 1" in seen["answer"]

    def test_import_has_neither_time_nor_randomness_and_requests_have_both(
        self, workerd: WorkerdUnderTest
    ) -> None:
        first, second = workerd.ask("import"), workerd.ask("import")
        assert first["now_ms"] == 0
        assert first["python_ms"] < 60_000
        assert str(first["entropy"]).startswith("refused: ")
        assert first["later_ms"] > 1_767_225_600_000
        assert first["urandom"] != second["urandom"]

    def test_the_runtime_has_no_threads_and_no_slow_hashes(self, workerd: WorkerdUnderTest) -> None:
        assert workerd.ask("lacks") == {
            "sha256": True,
            "pbkdf2_hmac": False,
            "scrypt": False,
            "threads": False,
        }

    def test_an_alarm_rings_and_is_unset_while_its_handler_runs(
        self, workerd: WorkerdUnderTest
    ) -> None:
        set_at_ms = int(self.act(workerd, "alarm", "ring_soon")["answer"])
        rang = json.loads(workerd.wait_for('LOG {"rang_ms":').removeprefix("LOG "))
        assert rang["rang_ms"] >= set_at_ms
        assert rang["set_for"] is None


class TestQueueDelivery:
    """A message arrives as the text that was sent."""

    def test_texts_arrive_unchanged(self, workerd: WorkerdUnderTest) -> None:
        texts = ['{"seq":1,"note":"São Paulo"}', "plain", "\U0001f3b2"]
        workerd.ask("send", {"texts": texts})
        for text in texts:
            beginning = f'LOG {{"received":{json.dumps(text, ensure_ascii=False)},'
            assert workerd.wait_for(beginning) == beginning + '"attempts":1,"known":true}'

    def test_a_message_that_is_retried_comes_again_with_its_number_of_tries(
        self, workerd: WorkerdUnderTest
    ) -> None:
        workerd.ask("send", {"texts": ["retry me"]})
        line = workerd.wait_for('LOG {"received":"retry me"')
        assert line == 'LOG {"received":"retry me","attempts":2,"known":true}'


class TestEnvironment:
    """What a Worker asks of its configuration."""

    def test_texts_come_from_the_environment_or_the_default(
        self, workerd: WorkerdUnderTest
    ) -> None:
        found = workerd.ask("env")
        assert found["text"] == "olá"
        assert found["default"] == "fallback"

    def test_what_is_missing_is_named(self, workerd: WorkerdUnderTest) -> None:
        found = workerd.ask("env")
        assert found["absent"] == "ABSENT is not configured as a text"
        assert found["no_text"] == "OBJECT is not configured as a text"
        assert found["unbound"] == "ABSENT is not bound"

    def test_a_log_line_is_one_line_of_json(self, workerd: WorkerdUnderTest) -> None:
        workerd.ask("log", {"text": "São\nPaulo"})
        line = workerd.wait_for('LOG {"event":"contract"')
        assert line == 'LOG {"event":"contract","text":"São\\nPaulo","n":1}'
