"""The committed design of who may call what, read by the tests that hold the API to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STAFF: Final = ("support", "kyc", "aml", "finance", "game_ops", "admin", "regulator", "auditor")
CALLERS: Final = ("nobody", "player", *STAFF)
AN_ID: Final = "01a203e6-5307-7b29-a02d-ef5e8f7129e6"
REFUSALS: Final = frozenset({"token_missing", "token_invalid", "token_expired", "forbidden"})
_SAMPLES: Final = {
    "day": "2026-11-21",
    "kind": "loss",
    "period": "daily",
    "number": "1",
    "game_id": "dice",
    "code": "forbidden",
    "txid": "nobodys",
    "name": "daily",
}
_ROW: Final = re.compile(r"\| `([A-Z]+) (/\S*)` \|(.*)\|")
BODIES: Final[dict[tuple[str, str], object]] = {
    # Without a token in the body it would be the bearer's session that ends.
    ("POST", "/v1/auth/logout"): {"refresh_token": "nobodys-token"},
}
"""What a route is asked with, when an empty body would not do. An empty body is refused after the
caller was let in: that is all that is asked here, and it changes nothing.
"""


@dataclass(frozen=True, slots=True)
class Operation:
    """A route of the OpenAPI document and who may call it by the committed page."""

    method: str
    path: str
    allowed: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def lets_in(self, caller: str) -> bool:
        return caller in self.allowed or "anyone" in self.allowed

    @property
    def address(self) -> str:
        """The path with a sample in the place of each parameter; every id is nobody's."""
        return re.sub(r"\{(\w+)\}", lambda name: sample(name[1]), self.path)

    @property
    def body(self) -> object:
        return BODIES.get((self.method, self.path), {})

    @property
    def has_body(self) -> bool:
        return self.method not in ("GET", "DELETE")


def sample(parameter: str) -> str:
    """A value of the shape of a path parameter."""
    if parameter not in _SAMPLES and not parameter.endswith("_id"):
        return "sample"
    return _SAMPLES.get(parameter, AN_ID)


def design() -> dict[tuple[str, str], frozenset[str]]:
    """docs/roles.md: who may call which route."""
    page = (ROOT / "docs" / "roles.md").read_text(encoding="utf-8")
    allowed: dict[tuple[str, str], frozenset[str]] = {}
    names: list[str] = []
    for line in page.splitlines():
        if line.startswith("| route |"):
            names = [cell.strip() for cell in line.strip("|").split("|")][1:]
        elif found := _ROW.fullmatch(line):
            method, path, cells = found.groups()
            marks = [cell.strip() for cell in cells.split("|")]
            allowed[method, path] = frozenset(
                name for name, mark in zip(names, marks, strict=True) if mark == "yes"
            )
    return allowed


def operations() -> Iterator[Operation]:
    """Every operation of the committed OpenAPI document."""
    document = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    allowed = design()
    for path, item in document["paths"].items():
        for method in item:
            yield Operation(method.upper(), path, allowed[method.upper(), path])
