"""Writes openapi.json (OpenAPI 3.1) from the route table: `make openapi`; `--check` only compares.

The table that dispatches requests is the table that is described, so the document cannot promise a
route, a field or a refusal that the code does not have. Runs natively, with no runtime behind it.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from generated import write_or_compare

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "openapi.json"

sys.path[:0] = [str(ROOT / "src"), str(ROOT / "workers" / "api")]

from http_layer import problems as http  # noqa: E402 - found by the line above
from http_layer.intake import requires_a_body  # noqa: E402
from http_layer.routing import Route, parameter_pattern, path_parameters  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.json_schema import models_json_schema  # noqa: E402
from roles import callers  # noqa: E402
from routes import ROUTES  # noqa: E402

from shared.identity import errors as identity  # noqa: E402
from shared.kernel.errors import Problem  # noqa: E402
from shared.wallet.errors import IDEMPOTENCY_KEY_CONFLICT  # noqa: E402

type Json = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """\
Real-money play on the edge: one wallet per player, every draw provable.

Money is integer minor units. Times are RFC 3339 UTC. Ids are UUIDv7. Errors are RFC 9457 problems
whose `code` is stable; `retry` says whether and how the same request may be sent again. A POST that
moves money needs an `Idempotency-Key`: repeated with the same body it gives the same answer with
`Idempotency-Replayed: true`."""
_TAGS: Final = {
    "Public": "For anyone.",
    "Players": "Registration, sessions and the profile.",
    "Security": "Second factor, password, devices, history of access and place.",
    "Wallet": "The balance and every event behind it.",
    "Identity": "Documents that show who a player is, and what became of them.",
    "Payments": "PIX deposits and withdrawals.",
    "Play": "Games, sessions and rounds.",
    "Fairness": "What was committed before a bet, and how to check it afterwards.",
    "Operators": "The desk of the house; every route names its roles.",
    "Webhooks": "What the payment provider calls, signed.",
    "Sandbox": "Exists in the sandbox profile only; 404 elsewhere.",
}
_HEADERS: Final = {
    "X-Request-Id": "Names this answer in our log; a sane one that was sent is echoed",
    "Idempotency-Replayed": "`true` when the answer was given before under this key",
    "Retry-After": "Seconds until it is worth trying again",
    "WWW-Authenticate": "`Bearer`",
}
_PROBLEM_SCHEMA: Final[Json] = {
    "title": "Problem",
    "description": "RFC 9457; further members are extensions of the code.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "Answers with a description of the problem"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "retry": {"enum": ["never", "same_key", "after"]},
        "request_id": {"type": "string"},
        "retry_after": {"type": "integer", "description": "Seconds"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "loc": {"type": "array", "items": {"type": "string"}},
                    "msg": {"type": "string"},
                },
                "required": ["loc", "msg"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "retry", "request_id"],
}
_KEY_PARAMETER: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Fresh for every new command, the same for its repetition",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "minLength": 1, "maxLength": 255},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}


def document(routes: Iterable[Route]) -> Json:
    """The OpenAPI document of a route table."""
    table = tuple(routes)
    schemas, references = _schemas(table)
    paths: dict[str, Json] = {}
    for entry in table:
        operation = _operation(entry, references, schemas)
        paths.setdefault(entry.path, {})[entry.method.lower()] = operation
    used = {entry.tag for entry in table}
    known = [name for name in _TAGS if name in used]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AcmeToCasino",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": _TAGS.get(name, name)}
            for name in (*known, *sorted(used - set(known)))
        ],
        "paths": paths,
        "components": {
            "headers": {
                name: {"description": description, "schema": {"type": "string"}}
                for name, description in _HEADERS.items()
            },
            "responses": {
                _name(group): _problem_response(group)
                for entry in table
                for group in _refusals_by_status(entry).values()
            },
            "schemas": {"Problem": _PROBLEM_SCHEMA, **dict(sorted(schemas.items()))},
            "securitySchemes": {
                "player": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
                "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
            },
        },
    }


type _References = Mapping[tuple[type[BaseModel], str], Json]


def _schemas(routes: tuple[Route, ...]) -> tuple[dict[str, Json], _References]:
    """Component schemas, and the reference of each model as it is read or written."""
    wanted: dict[tuple[type[BaseModel], str], None] = {}
    for entry in routes:
        for model, mode in (
            (entry.body, "validation"),
            (entry.query, "validation"),
            (entry.response, "serialization"),
        ):
            if model is not None:
                wanted[model, mode] = None
    references, definitions = models_json_schema(list(wanted), ref_template=_REF)  # type: ignore[arg-type]
    return definitions.get("$defs", {}), references  # type: ignore[return-value]


def _operation(entry: Route, references: _References, schemas: Mapping[str, Json]) -> Json:
    operation: Json = {
        "operationId": entry.handler.__name__,
        "tags": [entry.tag],
        "summary": entry.summary,
    }
    if entry.auth.roles:
        operation["description"] = f"Roles: {', '.join(sorted(entry.auth.roles))}."
    if entry.sandbox_only:
        operation["description"] = "Exists in the sandbox profile only."
    parameters = _parameters(entry, references, schemas)
    if parameters:
        operation["parameters"] = parameters
    if entry.body is not None:
        operation["requestBody"] = {
            "required": requires_a_body(entry.body),
            "content": {"application/json": {"schema": references[entry.body, "validation"]}},
        }
        if entry.form is not None:
            form = {"schema": dict(entry.form.schema)}
            operation["requestBody"]["content"]["multipart/form-data"] = form
    operation["x-callers"] = list(callers(entry))
    operation["responses"] = _responses(entry, references)
    if entry.auth.audience != "public":
        operation["security"] = [{entry.auth.audience: []}]
    return operation


def _parameters(entry: Route, references: _References, schemas: Mapping[str, Json]) -> list[Json]:
    parameters: list[Json] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{parameter_pattern(name)}$"},
        }
        for name in path_parameters(entry.path)
    ]
    if entry.query is not None:
        name = references[entry.query, "validation"]["$ref"].rsplit("/", 1)[1]
        required = schemas[name].get("required", [])
        parameters += [
            {"name": field, "in": "query", "required": field in required, "schema": schema}
            for field, schema in schemas[name]["properties"].items()
        ]
    if entry.idempotent:
        parameters.append(_KEY_PARAMETER)
    return parameters


def _responses(entry: Route, references: _References) -> Json:
    success: Json = {"description": entry.summary, "headers": _headers("X-Request-Id")}
    if entry.idempotent:
        success["headers"] |= _headers("Idempotency-Replayed")
    if entry.response is not None:
        schema = references[entry.response, "serialization"]
        success["content"] = {"application/json": {"schema": schema}}
    if entry.media:
        success["content"] = {media: {} for media in entry.media}
    return {str(entry.status): success} | {
        str(status): {"$ref": f"#/components/responses/{_name(group)}"}
        for status, group in _refusals_by_status(entry).items()
    }


type _Group = dict[str, Problem]


def _refusals_by_status(entry: Route) -> dict[int, _Group]:
    by_status: dict[int, _Group] = {}
    for problem in refusals(entry):
        by_status.setdefault(problem.status, {})[problem.code] = problem
    return dict(sorted(by_status.items()))


def _name(group: _Group) -> str:
    """One component for every set of problems that shares a status, named after its codes."""
    return ".".join(group)


def _problem_response(group: _Group) -> Json:
    return {
        "description": ", ".join(f"`{code}`" for code in group),
        "headers": _headers("X-Request-Id", *_problem_headers(group.values())),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"value": _example(p)} for code, p in group.items()},
            }
        },
    }


def refusals(entry: Route) -> list[Problem]:
    """Every problem that a route can answer with: the layer's own for its kind, then its own."""
    found = [http.VALIDATION_FAILED, http.RATE_LIMITED, http.INTERNAL_ERROR, http.UNAVAILABLE]
    if entry.sandbox_only or path_parameters(entry.path):
        found.append(http.NOT_FOUND)
    if entry.method not in ("GET", "DELETE"):
        found.append(http.BODY_TOO_LARGE)
    if entry.body is not None:
        found += [http.MALFORMED_JSON, http.UNSUPPORTED_MEDIA_TYPE]
    if entry.form is not None:
        found.append(http.MALFORMED_FORM)
    if entry.idempotent:
        found += [http.IDEMPOTENCY_KEY_REQUIRED, http.IDEMPOTENCY_KEY_INVALID]
        found.append(IDEMPOTENCY_KEY_CONFLICT)
    if entry.auth.audience != "public":
        found += [identity.TOKEN_MISSING, identity.TOKEN_INVALID, identity.TOKEN_EXPIRED]
    if entry.checks_session:
        found.append(identity.SESSION_REVOKED)
    if entry.auth.roles:
        found.append(identity.FORBIDDEN)
    return [*found, *entry.problems]


def _problem_headers(group: Iterable[Problem]) -> list[str]:
    names = set()
    for problem in group:
        if problem.status == 401:
            names.add("WWW-Authenticate")
        if problem.retry == "after":
            names.add("Retry-After")
    return sorted(names)


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _example(problem: Problem) -> Json:
    return {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.title + ".",
        "code": problem.code,
        "retry": problem.retry,
        "request_id": "01938f6e-7c1a-7b3e-8f00-4a5b6c7d8e9f",
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(ROUTES), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the document, or with `--check` fail when the committed one differs."""
    return write_or_compare(DOCUMENT, text())


if __name__ == "__main__":
    sys.exit(main())
