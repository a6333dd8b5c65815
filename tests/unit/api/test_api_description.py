"""The route table against its description, and the tables against each other."""

import importlib
import re
from types import ModuleType
from typing import Any, get_args

import pytest
from http_layer.registry import PROBLEMS, PROBLEMS_BY_CONTEXT
from http_layer.routing import RouteTree, path_parameters
from pydantic import BaseModel
from routes import ROUTES

from shared.identity.model import ROLES
from shared.kernel.errors import Retry


@pytest.fixture(scope="module")
def openapi() -> ModuleType:
    return importlib.import_module("openapi")


@pytest.fixture(scope="module")
def document(openapi: ModuleType) -> dict[str, Any]:
    described: dict[str, Any] = openapi.document(ROUTES)
    return described


def test_the_committed_documents_are_those_of_the_code(openapi: ModuleType) -> None:
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.text()
    problems = importlib.import_module("problems")  # runtime/problems.py
    assert problems.PAGE.read_text(encoding="utf-8") == problems.text()
    roles = importlib.import_module("roles")  # runtime/roles.py
    assert roles.PAGE.read_text(encoding="utf-8") == roles.text()


def test_every_route_is_described_once(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == {(entry.method, entry.path) for entry in ROUTES}
    names = [o["operationId"] for item in document["paths"].values() for o in item.values()]
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in _references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step.replace("~1", "/")]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    return []


def test_every_problem_a_route_names_is_documented(openapi: ModuleType) -> None:
    for entry in ROUTES:
        for problem in openapi.refusals(entry):
            assert PROBLEMS.get(problem.code) is not None, (entry.path, problem.code)
            assert PROBLEMS[problem.code].status == problem.status, problem.code


def test_a_code_has_one_status_wherever_it_is_listed() -> None:
    statuses: dict[str, set[int]] = {}
    for problems in PROBLEMS_BY_CONTEXT.values():
        for problem in problems:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", problem.code)
            assert 400 <= problem.status < 600
            assert problem.retry in get_args(Retry)
            statuses.setdefault(problem.code, set()).add(problem.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_body_and_query_is_closed_and_strict() -> None:
    for entry in ROUTES:
        for model in (entry.body, entry.query):
            for part in _models(model):
                assert part.model_config.get("extra") == "forbid", (entry.path, part)
                if model is entry.body:
                    assert part.model_config.get("strict"), (entry.path, part)


def _models(annotation: object) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = (_models(field.annotation) for field in annotation.model_fields.values())
        return {annotation}.union(*inner)
    return set().union(*(_models(part) for part in get_args(annotation)))


def test_what_moves_money_or_opens_a_round_demands_a_key() -> None:
    moving = {"/v1/me/deposits", "/v1/me/withdrawals", "/v1/me/rounds"}
    keyed = {entry.path for entry in ROUTES if entry.idempotent}
    assert moving <= keyed


def test_doors_of_the_desk_name_roles_that_exist_and_only_login_is_open() -> None:
    for entry in ROUTES:
        if entry.path.startswith("/v1/ops/") and entry.path != "/v1/ops/auth/login":
            assert entry.auth.audience == "staff", entry.path
            assert entry.auth.roles, entry.path
            assert entry.auth.roles <= set(ROLES), entry.path
            assert entry.checks_session, entry.path
        if entry.path.startswith("/v1/me"):
            assert entry.auth.audience == "player", entry.path


def test_every_route_can_be_found_and_two_for_one_address_are_a_mistake() -> None:
    tree = RouteTree(ROUTES)
    samples = {"game_id": "dice", "txid": "a" * 26, "code": "not_found"}
    some_id = "01a2039c-3aa0-7f31-a426-8f3d79065486"
    for entry in ROUTES:
        values = {name: samples.get(name, some_id) for name in path_parameters(entry.path)}
        found = tree.find(entry.method, entry.path.format(**values))
        assert found.route is entry
        assert found.path == values
    with pytest.raises(ValueError, match="two routes"):
        RouteTree((*ROUTES, ROUTES[0]))
