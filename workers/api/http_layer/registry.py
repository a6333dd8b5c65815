"""Every documented problem of the house by its code, for `/problems/<code>` and the docs."""

import json
from typing import Final

from http_layer import problems as http
from shared.audit import errors as audit
from shared.compliance import errors as compliance
from shared.games import errors as games
from shared.identity import errors as identity
from shared.kernel.errors import Problem, Rejected
from shared.payments import errors as payments
from shared.protection import errors as protection
from shared.risk import errors as risk
from shared.rtp import errors as rtp
from shared.wallet import errors as wallet
from shared.wallet import live

PROBLEMS_BY_CONTEXT: Final[dict[str, tuple[Problem, ...]]] = {
    "audit": audit.ALL_PROBLEMS,
    "compliance": compliance.ALL_PROBLEMS,
    "games": games.ALL_PROBLEMS,
    "http": http.ALL_PROBLEMS,
    "identity": identity.ALL_PROBLEMS,
    "live": live.LIVE_PROBLEMS,
    "payments": payments.ALL_PROBLEMS,
    "protection": protection.ALL_PROBLEMS,
    "risk": risk.ALL_PROBLEMS,
    "rtp": rtp.ALL_PROBLEMS,
    "wallet": wallet.ALL_PROBLEMS,
}

PROBLEMS: Final = {
    problem.code: problem for group in PROBLEMS_BY_CONTEXT.values() for problem in group
}


def wallet_rejection(status: int, body: str) -> Rejected:
    """The refusal of a wallet, `{"code", "detail", …extensions}`, under its documented problem.

    The API's `errors[]` have `loc` and `msg` everywhere. The games say that already; the wallet's
    own payload checks name a field and a message.
    """
    members = json.loads(body)
    code, detail = members.pop("code"), members.pop("detail", "")
    if "errors" in members:
        members["errors"] = [
            {"loc": [error["field"]], "msg": error["message"]} if "field" in error else error
            for error in members["errors"]
        ]
    title = code.replace("_", " ").capitalize()
    problem = PROBLEMS.get(code) or Problem(code, status, title, "never")
    return Rejected(problem, detail, **members)
