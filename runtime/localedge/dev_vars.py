"""Writes `.dev.vars.<environment>`: the secrets of the local edge, made once on each machine.

Invariants: a value that exists is never changed (it encrypts data of kept state); a Worker gets
only its own secrets, the wallet none; the files are readable by their owner only.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from localedge.files import replace_file

_KEY_BYTES = 32


def _random_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).rstrip(b"=").decode()


def _random_key_ring(key_id: str) -> Callable[[], str]:
    return lambda: json.dumps({key_id: _random_key()}, separators=(",", ":"))


def _text(value: str) -> Callable[[], str]:
    return lambda: value


VARIABLES: dict[str, dict[str, Callable[[], str]]] = {
    "api": {
        "PROFILE": _text("sandbox"),
        # One machine plays everybody here: it may do a thousand times what a client may.
        "RATE_LIMIT_SCALE": _text("1000"),
        "JWT_KEYS": _random_key_ring("j1"),
        "JWT_ACTIVE_KID": _text("j1"),
        "PII_KEYS": _random_key_ring("k1"),
        "PII_ACTIVE_KEY": _text("k1"),
        "BLIND_INDEX_KEY": _random_key,
        "PASSWORD_PEPPER": _random_key,
        "PIX_WEBHOOK_SECRET": _random_key,
    },
    "wallet_do": {"PROFILE": _text("sandbox")},
    "fraud_cron": {"PROFILE": _text("sandbox")},
}


def files(root: Path) -> list[Path]:
    """The files this module looks after."""
    return [root / f".dev.vars.{environment}" for environment in VARIABLES]


def write_missing(root: Path) -> None:
    """Adds to each file the variables it does not have yet."""
    for environment, variables in VARIABLES.items():
        path = root / f".dev.vars.{environment}"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        present = set(re.findall(r"^(\w+)=", text, re.MULTILINE))
        if text and not text.endswith("\n"):
            text += "\n"
        for name, make in variables.items():
            if name not in present:
                text += f"{name}='{make()}'\n"
        replace_file(path, text.encode(), mode=0o600)
