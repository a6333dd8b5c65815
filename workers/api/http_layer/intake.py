"""Reading what a client sent: nothing reaches a handler that its model does not describe.

The platform's hash function is not randomised and the stack is small, so the size, the depth and
the number of members of a JSON text are limited before it is parsed. JSON is then read strictly:
no duplicate names, no NaN, no text where a number belongs or the other way round (RFC 7493). Errors
name places and expectations, never values.
"""

import json
import re
from functools import cache
from typing import Any, Final, get_args
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from http_layer.problems import (
    BODY_TOO_LARGE,
    IDEMPOTENCY_KEY_INVALID,
    IDEMPOTENCY_KEY_REQUIRED,
    MALFORMED_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED,
)
from shared.kernel.errors import Rejected

MAX_DEPTH: Final = 16
MAX_COLONS: Final = 1_024
"""An upper bound on the members of a body: each has a colon, and texts with so many have no use."""
MAX_QUERY_FIELDS: Final = 20
MAX_ERRORS_SHOWN: Final = 20

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")


def too_large(limit: int) -> Rejected:
    """The refusal of a body of more than `limit` bytes."""
    return Rejected(BODY_TOO_LARGE, f"At most {limit} bytes are accepted here.", limit=limit)


def declared_length(header: str | None, limit: int) -> None:
    """Refuse by Content-Length before a byte is read; what arrives is counted all the same."""
    if header is not None and header.isdecimal() and int(header[:20]) > limit:
        raise too_large(limit)


def read_body[Model: BaseModel](
    model: type[Model] | None, media_type: str | None, raw: bytes
) -> Model | None:
    """The body as a valid `model`; where the model requires no field, no body is an empty one.

    Raises:
        Rejected: as `read_json`.
    """
    if model is None:
        return None
    if not raw and not requires_a_body(model):
        return _validated(model, b"{}", "body")
    return read_json(model, media_type, raw)


def read_json[Model: BaseModel](
    model: type[Model], media_type: str | None, raw: bytes, *, max_colons: int = MAX_COLONS
) -> Model:
    """A JSON text as a valid `model`.

    Raises:
        Rejected: UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON or VALIDATION_FAILED.
    """
    if (media_type or "").partition(";")[0].strip().lower() != "application/json":
        raise Rejected(UNSUPPORTED_MEDIA_TYPE, "Send the body with Content-Type: application/json.")
    _refuse_complex(raw, max_colons)
    try:
        json.loads(raw.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Rejected(
            MALFORMED_JSON, "The body is not one JSON value in UTF-8 with distinct names."
        ) from None
    return _validated(model, raw, "body")


@cache
def requires_a_body(model: type[BaseModel]) -> bool:
    """True when a field of `model` has no default."""
    return any(field.is_required() for field in model.model_fields.values())


def read_query[Model: BaseModel](model: type[Model] | None, text: str) -> Model | None:
    """The query string as a valid `model`; without a model no parameter is accepted.

    Raises:
        Rejected: VALIDATION_FAILED.
    """
    if not text:
        pairs = []
    else:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
        except ValueError:
            raise invalid([{"loc": ["query"], "msg": "Too many parameters"}]) from None
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise invalid([{"loc": ["query"], "msg": "A parameter is given twice"}])
    if model is None:
        if names:
            raise invalid([{"loc": ["query"], "msg": "No query parameter is known here"}])
        return None
    kinds = _kinds(model)
    values = {name: _typed(kinds.get(name, str), value) for name, value in pairs}
    return _validated(model, json.dumps(values).encode(), "query")


def read_key(header: str | None) -> str:
    """The Idempotency-Key: 1 to 255 visible ASCII characters.

    Raises:
        Rejected: IDEMPOTENCY_KEY_REQUIRED or IDEMPOTENCY_KEY_INVALID.
    """
    if header is None:
        raise Rejected(IDEMPOTENCY_KEY_REQUIRED, "Send a fresh key with every new command.")
    if not _KEY.fullmatch(header):
        raise Rejected(IDEMPOTENCY_KEY_INVALID, "A key is 1 to 255 visible ASCII characters.")
    return header


def offered_bearer(protocols: str | None) -> str | None:
    """The Authorization that an offered Sec-WebSocket-Protocol `bearer.<token>` stands for: the one
    header that a browser's WebSocket lets a page write.
    """
    for offered in (protocols or "").split(","):
        scheme, _, token = offered.strip().partition(".")
        if scheme == "bearer":
            return f"Bearer {token}"
    return None


def _refuse_complex(raw: bytes, max_colons: int) -> None:
    if raw.count(b":") > max_colons:
        raise Rejected(MALFORMED_JSON, "The body has too many members.")
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for byte in _STRINGS.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Rejected(MALFORMED_JSON, f"The body is nested deeper than {MAX_DEPTH}.")
        elif byte in b"]}":
            depth -= 1


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is given twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _validated[Model: BaseModel](model: type[Model], raw: bytes, where: str) -> Model:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_body(error, where) from None


def invalid_body(error: ValidationError, where: str = "body") -> Rejected:
    """The refusal that a failed validation becomes: places and expectations, never values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return Rejected(MALFORMED_JSON, "The body has a text that is not Unicode.")
    return invalid(wrong_places(error, where))


def wrong_places(error: ValidationError, *where: str) -> list[dict[str, Any]]:
    """The `errors[]` of a failed validation of what stands at `where`."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {"loc": [*where, *(str(step)[:64] for step in item["loc"])], "msg": item["msg"]}
        for item in found[:MAX_ERRORS_SHOWN]
    ]


def invalid(errors: list[dict[str, Any]]) -> Rejected:
    """The refusal with these `errors[]`."""
    return Rejected(VALIDATION_FAILED, "See errors for the places that are wrong.", errors=errors)


@cache
def _kinds(model: type[BaseModel]) -> dict[str, type]:
    kinds: dict[str, type] = {}
    for name, spec in model.model_fields.items():
        choices = (spec.annotation, *get_args(spec.annotation))
        kinds[name] = bool if bool in choices else int if int in choices else str
    return kinds


def _typed(kind: type, value: str) -> str | int | bool:
    if kind is int and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    if kind is bool and value in ("true", "false"):
        return value == "true"
    return value
