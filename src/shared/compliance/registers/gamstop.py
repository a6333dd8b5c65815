"""GAMSTOP, the self-exclusion register of Great Britain: by name, birth date and contact.

It shows that the port is general: another way to know a person, another protocol, an answer in
headers. `POST <address>` with a form and an API key; `X-Exclusion` is `Y` (excluded), `N` (not
known) or `P` (was excluded, the term is over), `X-Unique-Id` the id of the question. The shape is
from our knowledge of its public documentation and was not checked against the service.
"""

from typing import Final
from urllib.parse import urlencode

from shared.compliance.registers.ports import (
    MAX_ANSWER_BYTES,
    TIMEOUT_MS,
    RegisterAnswer,
    RegisterDown,
    Subject,
)
from shared.compliance.registers.sigap import refuse_status
from shared.platform.ports import HttpAnswer, HttpClient, HttpRequest, Unreachable

PATH: Final = "/v2"
SELF_EXCLUDED: Final = "SELF_EXCLUDED"


class Gamstop:
    """`Register` over HTTP."""

    def __init__(self, http: HttpClient, address: str, key: str) -> None:
        self._http = http
        self._url = address.rstrip("/") + PATH
        self._key = key

    async def ask(self, subject: Subject) -> RegisterAnswer:
        first, _, last = subject.full_name.partition(" ")
        form = {
            "firstName": first,
            "lastName": last or first,
            "dateOfBirth": subject.birth_date,
            "email": subject.email,
            "postcode": subject.postal_code,
            "mobile": subject.phone,
        }
        headers = {
            "x-api-key": self._key,
            "content-type": "application/x-www-form-urlencoded",
        }
        request = HttpRequest("POST", self._url, headers, urlencode(form).encode())
        try:
            answer = await self._http.send(
                request, timeout_ms=TIMEOUT_MS, max_bytes=MAX_ANSWER_BYTES
            )
        except Unreachable:
            raise RegisterDown("no_answer", "no answer in time") from None
        refuse_status(answer)
        try:
            return read_answer(answer)
        except ValueError as error:
            raise RegisterDown("unreadable", str(error)) from None


def read_answer(answer: HttpAnswer) -> RegisterAnswer:
    """The answer that the headers are. Raises `ValueError` for anything else."""
    request_id = answer.headers.get("x-unique-id", "")
    if not 0 < len(request_id) <= 128:
        raise ValueError("no X-Unique-Id")
    match answer.headers.get("x-exclusion"):
        case "Y":
            return RegisterAnswer(is_listed=True, reasons=(SELF_EXCLUDED,), request_id=request_id)
        case "N" | "P":
            return RegisterAnswer(is_listed=False, reasons=(), request_id=request_id)
        case _:
            raise ValueError("unknown X-Exclusion")
