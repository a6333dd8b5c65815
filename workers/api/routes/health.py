"""Whether the service is alive, whether its parts answer, and what its problem types mean."""

from typing import Literal

from http_layer.call import Call
from http_layer.problems import NOT_FOUND, NOT_READY
from http_layer.registry import PROBLEMS
from http_layer.routing import Route, route
from pydantic import BaseModel, ConfigDict

from shared.kernel.errors import Rejected, Retry
from shared.platform.ports import PlatformError

_PROBE_ID = "00000000-0000-7000-8000-000000000000"
"""Not a player: asking for its wallet proves that the binding answers."""


class HealthView(BaseModel):
    """The service is well."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["ok"] = "ok"


class ProblemView(BaseModel):
    """What a problem type means."""

    model_config = ConfigDict(extra="forbid")

    type: str
    code: str
    status: int
    title: str
    retry: Retry


@route("GET", "/healthz", tag="Public", summary="Is this Worker alive", response=HealthView)
async def healthz(call: Call[None]) -> HealthView:  # noqa: ARG001 - every handler takes a call
    return HealthView()


@route(
    "GET",
    "/readyz",
    tag="Public",
    summary="Do D1, KV and the wallets answer",
    response=HealthView,
    problems=(NOT_READY,),
)
async def readyz(call: Call[None]) -> HealthView:
    house = call.house
    failing = []
    try:
        await house.db.first("SELECT 1 AS one FROM players LIMIT 1")
    except PlatformError:
        failing.append("d1")
    try:
        await house.cache.get("readyz")
    except PlatformError:
        failing.append("kv")
    try:
        await house.wallets.query(_PROBE_ID, "head", "", "{}")
    except PlatformError:
        failing.append("wallet")
    if failing:
        raise Rejected(NOT_READY, f"No answer from {', '.join(failing)}.", failing=failing)
    return HealthView()


@route(
    "GET",
    "/problems/{code}",
    tag="Public",
    summary="What a problem type means",
    response=ProblemView,
    problems=(NOT_FOUND,),
)
async def explain_problem(call: Call[None]) -> ProblemView:
    problem = PROBLEMS.get(call.path["code"])
    if problem is None:
        raise Rejected(NOT_FOUND, "There is no such problem type.")
    return ProblemView(
        type=f"/problems/{problem.code}",
        code=problem.code,
        status=problem.status,
        title=problem.title,
        retry=problem.retry,
    )


ROUTES: tuple[Route, ...] = (healthz, readyz, explain_problem)
