"""The protocol of live play: what a message may be, what answers it, how fast, and how it ends.

A message is one JSON object of at most 4 KiB with an `id`; its answer carries the same `id`. What
moves money goes to the wallet as the same command, under the same idempotency key, as it does over
HTTP, so an answer that was lost with a socket is asked for again on either way. Nothing here sends,
stores or reads a clock: `docs/live.md` describes the protocol, ADR 10 why it is so.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

from shared.kernel.errors import Problem, Rejected, Rejection
from shared.kernel.times import MINUTE_MS, SECOND_MS
from shared.kernel.values import value
from shared.wallet import errors
from shared.wallet.answer import encode_body

PROTOCOL: Final = "acme.play.v1"
"""The name that a client offers and the server echoes as Sec-WebSocket-Protocol."""

MAX_MESSAGE_BYTES: Final = 4_096
MAX_BRACKETS: Final = 64
"""Opening brackets of a message: a bound on its depth that costs no parsing."""
MAX_SOCKETS: Final = 4
MAX_LIFE_MS: Final = 30 * MINUTE_MS
"""A socket ends with its access token, and never later than this: so none is idle for longer than
the 30 minutes after which a session is over (Portaria SPA/MF 722/2024)."""
GAMES_VALID_MS: Final = 60 * SECOND_MS
"""How long the word of the API about the games in force is believed."""
MESSAGES_PER_SECOND: Final = 20
BURST_SECONDS: Final = 3
MAX_REFUSED: Final = 20
"""Messages in a row that may come too fast before the socket is cut."""
MAX_UNSENT_BYTES: Final = 262_144
"""What may wait for a client that does not read before the socket is cut."""

PING: Final = '{"type":"ping"}'
PONG: Final = '{"type":"pong"}'
"""Exactly this text is answered by the platform, without waking the wallet."""

MALFORMED_JSON: Final = Problem("malformed_json", 400, "The body is not JSON", "never")
VALIDATION_FAILED: Final = Problem(
    "validation_failed", 422, "The request does not validate", "never"
)
IDEMPOTENCY_KEY_INVALID: Final = Problem(
    "idempotency_key_invalid", 400, "The Idempotency-Key is not valid", "never"
)
RATE_LIMITED: Final = Problem("rate_limited", 429, "Too many requests", "after")
INTERNAL_ERROR: Final = Problem("internal_error", 500, "Something failed on our side", "same_key")
REFRESH_REQUIRED: Final = Problem(
    "refresh_required", 409, "The socket must hear which games are in force", "same_key"
)
LIVE_PROBLEMS: Final = (
    MALFORMED_JSON,
    VALIDATION_FAILED,
    IDEMPOTENCY_KEY_INVALID,
    RATE_LIMITED,
    INTERNAL_ERROR,
    REFRESH_REQUIRED,
)
"""Problems of messages. All but the last have the code and the meaning that they have over HTTP."""

COMMANDS: Final[Mapping[str, str]] = {"round": "play", "action": "action"}
"""Types of message that are commands of the wallet, and their kind there."""

_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "round": frozenset({"session_id", "stake_minor", "params"}),
    "action": frozenset({"round_id", "action", "params"}),
    "balance": frozenset({"idempotency_key"}),
    "ping": frozenset({"idempotency_key"}),
}
"""What a client may say: the wallet's payloads have members that are the house's alone."""

_REALITY_MEMBERS: Final = ("session_minutes", "net_minor", "wagered_minor", "since")
_PROBLEMS: Final = {problem.code: problem for problem in (*errors.ALL_PROBLEMS, *LIVE_PROBLEMS)}
_ID: Final = re.compile(r"[!-~]{1,64}")
_KEY: Final = re.compile(r"[!-~]{1,255}")
_MAX_NUMBER: Final = (1 << 53) - 1


@value
class Ending:
    """Why the house ends a socket: told as `session_end`, then as the code of the close frame."""

    code: int
    reason: str


TOKEN_EXPIRED: Final = Ending(4401, "token_expired")
SESSION_REVOKED: Final = Ending(4403, "session_revoked")
REPLACED: Final = Ending(4408, "replaced")
WALLET_FROZEN: Final = Ending(4423, "wallet_frozen")
RATE_EXCEEDED: Final = Ending(4429, "rate_limited")
TOO_SLOW: Final = Ending(4413, "too_slow")
NOT_TEXT: Final = Ending(1003, "text_only")
TOO_LARGE: Final = Ending(1009, "message_too_large")

MAY_END_PLAY: Final = frozenset({"exclude", "pause", "fact_record"})
"""Commands after which the player may be one who has nothing left to do on a socket."""

REALITY_CHECK: Final = "reality_check_due"

ENDS_PLAY: Final[Mapping[str, Ending]] = {
    "wallet_frozen": WALLET_FROZEN,
    "excluded": Ending(4403, "excluded"),
    "paused": Ending(4403, "paused"),
    "impeded": Ending(4403, "impeded"),
}
"""Rejections after which no socket of the player has anything left to do."""


@value
class HandOver:
    """What the API vouches for when it hands a client over to the wallet.

    `games` and `address` are the context of a bet: `{game_id: [version, enabled 0 or 1]}` as text,
    and the opaque address that the client came from. `session_id` is the login session that the
    access token proved, and `expires_at` when that token ends.
    """

    session_id: str
    opened_at: int
    expires_at: int
    per_second: int
    games: str
    address: str

    def encode(self) -> str:
        """One line of ASCII, so that it passes as a header and as an attachment."""
        return json.dumps(
            [
                self.session_id,
                self.opened_at,
                self.expires_at,
                self.per_second,
                self.games,
                self.address,
            ],
            separators=(",", ":"),
        )

    @classmethod
    def decode(cls, text: str) -> "HandOver":
        """The value that `encode` wrote."""
        return cls(*json.loads(text))

    @property
    def ends_at(self) -> int:
        """UTC milliseconds at which the socket is over, whatever happens on it."""
        return min(self.expires_at, self.opened_at + MAX_LIFE_MS)


@value
class Message:
    """A message that is well formed: `id` as JSON text, `payload` what is left for the wallet."""

    id: str
    type: str
    key: str
    payload: str


class Refused(Rejected):
    """A message that is none, with the `id` to answer to as JSON text (`null` if unreadable)."""

    def __init__(self, message_id: str, problem: Problem, detail: str, **extensions: object):
        super().__init__(problem, detail, **extensions)
        self.message_id = message_id


def is_too_large(text: str) -> bool:
    """True above 4 KiB of UTF-8."""
    if len(text) > MAX_MESSAGE_BYTES:
        return True
    return not text.isascii() and len(text.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES


def read_message(text: str) -> Message:
    """The message in `text`, which is not too large. What the wallet alone knows is not checked.

    Raises:
        Refused: MALFORMED_JSON, VALIDATION_FAILED, IDEMPOTENCY_KEY_REQUIRED or
            IDEMPOTENCY_KEY_INVALID.
    """
    members = _members(text)
    message_id = members.pop("id", None)
    if isinstance(message_id, str) and _ID.fullmatch(message_id):
        name = json.dumps(message_id)
    elif type(message_id) is int and abs(message_id) <= _MAX_NUMBER:
        name = str(message_id)
    else:
        _invalid("null", "id", "is not a text of 1 to 64 visible characters, nor a whole number")
    kind = members.pop("type", None)
    if not isinstance(kind, str) or kind not in _MEMBERS:
        _invalid(name, "type", f"is not one of {', '.join(_MEMBERS)}")
    key = _key(name, members.pop("idempotency_key", None)) if kind in COMMANDS else ""
    for other in members.keys() - _MEMBERS[kind]:
        _invalid(name, other[:64], "is not a known field")
    return Message(name, kind, key, json.dumps(members, separators=(",", ":")))


def _key(message_id: str, value: object) -> str:
    if value is None:
        detail = "Send a fresh idempotency_key with every new command."
        raise Refused(message_id, errors.IDEMPOTENCY_KEY_REQUIRED, detail)
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        detail = "A key is 1 to 255 visible ASCII characters."
        raise Refused(message_id, IDEMPOTENCY_KEY_INVALID, detail)
    return value


def _members(text: str) -> dict[str, Any]:
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        raise Refused("null", MALFORMED_JSON, "The message is nested too deeply.")
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        detail = "A message is one JSON object with distinct names."
        raise Refused("null", MALFORMED_JSON, detail) from None
    if not isinstance(value, dict):
        raise Refused("null", MALFORMED_JSON, "A message is one JSON object.")
    return value


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _invalid(message_id: str, field: str, what: str) -> NoReturn:
    raise Refused(
        message_id,
        VALIDATION_FAILED,
        "See errors for the places that are wrong.",
        errors=[{"loc": ["body", field], "msg": what}],
    )


def answered(message: Message, answer: str) -> str:
    """The message that carries the wallet's answer `"<status> <replayed 0|1> <JSON body>"`."""
    if answer[0] != "2":
        return _rejected(message.id, int(answer[:3]), answer[6:])
    replayed = '"replayed":true,' if answer[4] == "1" else ""
    return f'{{"id":{message.id},"type":"{message.type}",{replayed}{answer[7:]}'


def rejection_code(answer: str) -> str:
    """The code of a wallet's answer that refuses."""
    return cast("str", json.loads(answer[6:])["code"])


def _rejected(message_id: str, status: int, body: str) -> str:
    members = json.loads(body)
    code, detail = members.pop("code"), members.pop("detail", "")
    if code == errors.INVALID_PAYLOAD.code:
        # What the wallet checks last, the HTTP API's models check first, under this name.
        problem, detail = VALIDATION_FAILED, "See errors for the places that are wrong."
    else:
        problem = _PROBLEMS.get(code) or Problem(code, status, code, "never")
    if "errors" in members:
        members["errors"] = [
            # The wallet names a field; a game names the place in its own way, which is passed on.
            {"loc": ["body", found["field"]], "msg": found["message"]}
            if "field" in found
            else found
            for found in members["errors"]
        ]
    return problem_message(message_id, Rejection(problem, detail, members))


def problem_message(message_id: str, rejection: Rejection) -> str:
    """A refusal as a message: the members of the API's problem document, except its address."""
    problem = rejection.problem
    members = {
        "type": "problem",
        "code": problem.code,
        "status": problem.status,
        "title": problem.title,
        "detail": rejection.detail,
        "retry": problem.retry,
        **rejection.extensions,
    }
    return f'{{"id":{message_id},{encode_body(members)[1:]}'


def pushed(kind: str, body: str) -> str:
    """A message that answers nothing; `body` is the JSON text of an object with members."""
    return f'{{"type":"{kind}",{body[1:]}'


def reality_check(answer: str) -> tuple[str, str]:
    """The message that shows a reality check, from the wallet's answer that refused a bet, after
    the moment since which the check counts: that names it.
    """
    body = json.loads(answer[6:])
    shown = {name: body[name] for name in _REALITY_MEMBERS}
    return str(body["since"]), pushed("reality_check", encode_body(shown))


def games_of(context: str) -> str:
    """The games in force, as text, of the context of a bet."""
    return encode_body(json.loads(context)["games"])


def session_end(ending: Ending) -> str:
    """The last message before the close frame."""
    return f'{{"type":"session_end","reason":"{ending.reason}"}}'


class Pace:
    """The token bucket of one socket, as one integer (the generic cell rate algorithm).

    Kept in memory only: a wallet that was evicted had been quiet for longer than a bucket takes to
    fill.
    """

    __slots__ = ("_burst_us", "_full_at_us", "_interval_us", "refused")

    def __init__(self, per_second: int) -> None:
        self._interval_us = max(1_000_000 // per_second, 1)
        self._burst_us = BURST_SECONDS * 1_000_000
        self._full_at_us = 0
        self.refused = 0

    def admits(self, now_ms: int) -> bool:
        """Count one message; `refused` is how many in a row came too fast."""
        now_us = now_ms * 1_000
        full_at_us = max(self._full_at_us, now_us) + self._interval_us
        if full_at_us > now_us + self._burst_us:
            self.refused += 1
            return False
        self._full_at_us = full_at_us
        self.refused = 0
        return True
