"""Refusals as RFC 9457 problem documents, and the refusals that are the HTTP layer's own.

A problem's `type` is `/problems/<code>`, which answers with its description. Nothing in a problem
echoes what the client sent, so a password, a CPF or a token cannot come back through an error.
"""

import json
from typing import Final

from shared.kernel.errors import Problem, Rejection

NOT_FOUND: Final = Problem("not_found", 404, "There is nothing here", "never")
METHOD_NOT_ALLOWED: Final = Problem(
    "method_not_allowed", 405, "This address does not know the method", "never"
)
MALFORMED_JSON: Final = Problem("malformed_json", 400, "The body is not JSON", "never")
MALFORMED_FORM: Final = Problem("malformed_form", 400, "The body is not a form", "never")
UNSUPPORTED_MEDIA_TYPE: Final = Problem(
    "unsupported_media_type", 415, "The body must be application/json", "never"
)
BODY_TOO_LARGE: Final = Problem("body_too_large", 413, "The body is too large", "never")
UPGRADE_REQUIRED: Final = Problem("upgrade_required", 426, "This is a WebSocket", "never")
ORIGIN_REFUSED: Final = Problem("origin_refused", 403, "Not from a page of another site", "never")
VALIDATION_FAILED: Final = Problem(
    "validation_failed", 422, "The request does not validate", "never"
)
IDEMPOTENCY_KEY_REQUIRED: Final = Problem(
    "idempotency_key_required", 400, "An Idempotency-Key header is required", "never"
)
IDEMPOTENCY_KEY_INVALID: Final = Problem(
    "idempotency_key_invalid", 400, "The Idempotency-Key is not valid", "never"
)
RATE_LIMITED: Final = Problem("rate_limited", 429, "Too many requests", "after")
UNAVAILABLE: Final = Problem("unavailable", 503, "A part of the house gave no answer", "same_key")
NOT_READY: Final = Problem("not_ready", 503, "A part of the service does not answer", "same_key")
INTERNAL_ERROR: Final = Problem("internal_error", 500, "Something failed on our side", "same_key")

ALL_PROBLEMS: Final = (
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    MALFORMED_JSON,
    MALFORMED_FORM,
    UNSUPPORTED_MEDIA_TYPE,
    BODY_TOO_LARGE,
    UPGRADE_REQUIRED,
    ORIGIN_REFUSED,
    VALIDATION_FAILED,
    IDEMPOTENCY_KEY_REQUIRED,
    IDEMPOTENCY_KEY_INVALID,
    RATE_LIMITED,
    UNAVAILABLE,
    NOT_READY,
    INTERNAL_ERROR,
)

_RESERVED: Final = frozenset({"type", "title", "status", "detail", "code", "request_id", "retry"})


def problem_document(rejection: Rejection, request_id: str) -> str:
    """The `application/problem+json` text of a rejection; `retry` is its documented retry class."""
    problem = rejection.problem
    members: dict[str, object] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": rejection.detail,
        "code": problem.code,
        "retry": problem.retry,
        "request_id": request_id,
    }
    members.update((k, v) for k, v in rejection.extensions.items() if k not in _RESERVED)
    return json.dumps(members, ensure_ascii=False)
