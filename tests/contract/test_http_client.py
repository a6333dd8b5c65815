"""`HttpClient` on the real runtime, against a server on the loopback interface."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from contract.runtime_under_test import WorkerdUnderTest, workerd_under_test

pytestmark = pytest.mark.contract


class _Register(BaseHTTPRequestHandler):
    """Answers by path, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str, str, bytes]]] = []
    silence: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        token = self.headers.get("authorization") or ""
        self.asked.append((self.command, self.path, token, body))
        match self.path:
            case "/silent":
                self.silence.wait(10)
            case "/redirect":
                self._send(302, b"", {"Location": "/answer"})
            case "/long":
                self._send(200, b"x" * 5_000, {})
            case "/refused":
                self._send(403, b'{"why":"no"}', {})
            case _:
                self._send(200, '{"nome":"São"}'.encode(), {"X-Exclusion": "Y"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """A test prints nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Register)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    _Register.silence.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def workerd() -> Iterator[WorkerdUnderTest]:
    with workerd_under_test() as edge:
        yield edge


def fetch(workerd: WorkerdUnderTest, url: str, **more: object) -> Any:
    return workerd.ask("http", {"method": "GET", "url": url, "timeout_ms": 5_000, **more})


def test_an_answer_arrives_with_status_lower_case_headers_and_body(
    workerd: WorkerdUnderTest, address: str
) -> None:
    answer = fetch(workerd, f"{address}/answer", headers={"authorization": "Bearer t"})
    assert (answer["status"], answer["body"]) == (200, '{"nome":"São"}')
    assert answer["headers"]["x-exclusion"] == "Y"
    assert _Register.asked[-1] == ("GET", "/answer", "Bearer t", b"")


def test_a_body_is_sent_as_it_is(workerd: WorkerdUnderTest, address: str) -> None:
    fetch(workerd, f"{address}/form", method="POST", body="a=1&b=%C3%A3")
    assert _Register.asked[-1] == ("POST", "/form", "", b"a=1&b=%C3%A3")


def test_a_refusal_is_an_answer(workerd: WorkerdUnderTest, address: str) -> None:
    answer = fetch(workerd, f"{address}/refused")
    assert (answer["status"], answer["body"]) == (403, '{"why":"no"}')


def test_a_redirect_is_never_followed(workerd: WorkerdUnderTest, address: str) -> None:
    before = len(_Register.asked)
    assert fetch(workerd, f"{address}/redirect")["status"] == 302
    assert len(_Register.asked) == before + 1


def test_no_answer_in_time_is_none_and_its_words_do_not_tell_the_address(
    workerd: WorkerdUnderTest, address: str
) -> None:
    answer = fetch(workerd, f"{address}/silent", timeout_ms=300)
    assert answer == {"unreachable": "no answer: TimeoutError"}


def test_nobody_there_is_no_answer(workerd: WorkerdUnderTest) -> None:
    answer = fetch(workerd, "http://127.0.0.1:9/31415926590")
    assert answer["unreachable"].startswith("no answer: ")
    assert "31415926590" not in answer["unreachable"]


def test_an_answer_that_is_too_long_is_given_up(workerd: WorkerdUnderTest, address: str) -> None:
    answer = fetch(workerd, f"{address}/long")
    assert answer == {"unreachable": "an answer of more than 4096 bytes"}
