"""Every documented problem of the house by its code, for `/problems/<code>` and the docs."""

import json
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from http_layer import problems
from shared.identity import errors as identity
from shared.kernel.errors import Problem, Rejected

_CONTEXTS: Final = ("wallet", "games", "payments", "rtp", "risk", "audit")


def _load() -> dict[str, tuple[Problem, ...]]:
    found = {"http": problems.ALL_PROBLEMS, "identity": identity.ALL_PROBLEMS}
    for context in _CONTEXTS:
        name = f"shared.{context}.errors"
        if find_spec(name):
            found[context] = import_module(name).ALL_PROBLEMS
    return found


PROBLEMS_BY_CONTEXT: Final = _load()

PROBLEMS: Final = {
    problem.code: problem for group in PROBLEMS_BY_CONTEXT.values() for problem in group
}


def wallet_rejection(status: int, body: str) -> Rejected:
    """The refusal of a wallet, `{"code", "detail", …extensions}`, under its documented problem."""
    members = json.loads(body)
    code, detail = members.pop("code"), members.pop("detail", "")
    title = code.replace("_", " ").capitalize()
    problem = PROBLEMS.get(code) or Problem(code, status, title, "never")
    return Rejected(problem, detail, **members)
