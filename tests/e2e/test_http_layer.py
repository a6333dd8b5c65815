"""The HTTP layer on the real runtime: what native tests cannot know about streams and headers."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from e2e.edge import Edge

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def direct(edge: Edge) -> Iterator[httpx.Client]:
    """A client on the api Worker's own socket."""
    with httpx.Client(base_url=edge.direct_url, timeout=30) as connection:
        yield connection


def test_health_and_readiness(client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        reply = client.get(path)
        assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


def test_the_worker_itself_has_no_front_page(direct: httpx.Client) -> None:
    reply = direct.get("/")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_the_type_of_a_problem_answers_with_its_meaning(client: httpx.Client) -> None:
    problem = client.get("/v1/nothing").json()
    meaning = client.get(problem["type"])
    assert meaning.status_code == 200
    assert meaning.json()["code"] == problem["code"] == "not_found"
    assert meaning.json()["title"] == problem["title"]
    assert client.get("/problems/no_such_problem").json()["code"] == "not_found"


def test_head_405_and_allow(direct: httpx.Client) -> None:
    head = direct.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    reply = direct.delete("/healthz")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")


def _chunks(*chunks: bytes) -> Iterator[bytes]:
    yield from chunks


def test_a_body_of_unknown_length_is_read_up_to_the_cap(direct: httpx.Client) -> None:
    login = json.dumps({"email": "nobody@example.com", "password": "x"}).encode()
    fits = direct.post("/v1/auth/login", content=_chunks(login[:9], login[9:]), headers=JSON)
    assert fits.json()["code"] == "invalid_credentials"
    endless = _chunks(*[b" " * 10_000] * 100)
    reply = direct.post("/v1/auth/login", content=endless, headers=JSON)
    assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large")
    assert direct.get("/healthz").status_code == 200


def test_a_declared_length_over_the_cap_is_413(direct: httpx.Client) -> None:
    reply = direct.post("/v1/auth/login", content=b" " * 70_000, headers=JSON)
    assert (reply.status_code, reply.json()["limit"]) == (413, 65_536)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "malformed_json"),
        (b"\xff\xfe\x00", JSON, 400, "malformed_json"),
        (b"[" * 60_000, JSON, 400, "malformed_json"),
        (b'{"a":1,"a":2}', JSON, 400, "malformed_json"),
        (b'{"email":"a@b.co","password":"\\ud800"}', JSON, 400, "malformed_json"),
        (b"{}", JSON, 422, "validation_failed"),
        (b'{"email":1,"password":true}', JSON, 422, "validation_failed"),
        (b"email=a", {"Content-Type": "application/x-www-form-urlencoded"}, 415, None),
        (b"{}", {}, 415, "unsupported_media_type"),
    ],
)
def test_bad_bodies_are_clear_refusals(
    direct: httpx.Client, content: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    reply = direct.post("/v1/auth/login", content=content, headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.json()["code"] == (code or "unsupported_media_type")


def test_security_headers_and_no_cors(direct: httpx.Client) -> None:
    headers = direct.get("/healthz", headers={"Origin": "https://evil.example"}).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" in headers
    assert not [name for name in headers if name.startswith("access-control-")]


def test_a_request_is_one_line_in_the_log_without_anything_personal(
    edge: Edge, direct: httpx.Client
) -> None:
    reply = direct.post(
        "/v1/auth/login?cpf=52998224725",
        json={"email": "somebody.private@example.com", "password": "not-for-the-log"},
        headers={"X-Request-Id": "e2e-log-line-0001"},
    )
    assert reply.headers["X-Request-Id"] == "e2e-log-line-0001"
    lines = [entry.message for entry in edge.logs() if "e2e-log-line-0001" in entry.message]
    assert len(lines) == 1
    line: dict[str, Any] = json.loads(lines[0])
    assert (line["route"], line["status"]) == ("/v1/auth/login", 422)
    assert not re.search("somebody|private|not-for-the-log|52998224725|127\\.0\\.0\\.1", lines[0])
