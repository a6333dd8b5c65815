"""The wallet's answer is one text: `"<status> <replayed 0|1> <JSON body>"`.

One flat text is the cheapest thing to send across the RPC boundary, and the API hands the body on
to the player without parsing it. A status of 400 or more carries `{"code", "detail", …extensions}`.
"""

import json
from typing import Final

from shared.kernel.errors import Rejection
from shared.kernel.values import value

_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@value
class Answer:
    """A decoded answer: HTTP status, whether it repeats a stored one, and the JSON text."""

    status: int
    replayed: bool
    body: str


def encode_answer(status: int, body: str, *, replayed: bool = False) -> str:
    """The text of an answer; `body` is a JSON text and passes unchanged."""
    return f"{status} {1 if replayed else 0} {body}"


def decode_answer(text: str) -> Answer:
    """The parts of an answer.

    Raises:
        ValueError: when the text is no answer of a wallet.
    """
    match text.split(" ", 2):
        case [status, ("0" | "1") as replayed, body] if len(status) == 3 and status.isdecimal():
            return Answer(int(status), replayed == "1", body)
        case _:
            raise ValueError("not an answer of a wallet")


def encode_rejection(rejection: Rejection) -> str:
    """The answer that carries a rejection: its status, code, detail and extension members."""
    body = {"code": rejection.problem.code, "detail": rejection.detail, **rejection.extensions}
    return encode_answer(rejection.problem.status, encode_body(body))


def encode_body(body: object) -> str:
    """The JSON text of a body: compact, UTF-8, members in the order of the contract."""
    return _encode(body)
