"""Make a member of staff: by hand, on the operator's machine, never through a route.

    make admin EMAIL=you@example.com STATE=folder          the data of a local edge that is stopped
    .venv/bin/python runtime/admin.py --email … --sql F    SQL for wrangler d1 execute --file F

Secrets come from the environment (PASSWORD_PEPPER, BLIND_INDEX_KEY, BLIND_INDEX_KEYS and
BLIND_INDEX_ACTIVE, PII_KEYS, PII_ACTIVE_KEY), and from `.dev.vars.api` where it does not have
them. The password is made here and shown once; the database gets its hash, the sealed e-mail
address and the blind index, never anything in clear.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from shared.identity.model import Role  # noqa: E402 - the path comes first
from shared.identity.passwords import SALT_BYTES, Passwords  # noqa: E402
from shared.identity.sealing import BlindIndex, Sealing, index_keys, key_from_text  # noqa: E402
from shared.identity.totp import SECRET_BYTES, enrolment_uri  # noqa: E402
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7  # noqa: E402
from shared.platform.native.crypto import NativeCrypto  # noqa: E402

PASSWORD_BYTES = 15

_INSERT_STAFF = """
INSERT INTO staff (staff_id, email_index, email_sealed, role, status, created_at)
VALUES (?, ?, ?, ?, 'active', ?)
"""
_INSERT_CREDENTIALS = """
INSERT INTO credentials (subject_id, subject_kind, password_hash, changed_at)
VALUES (?, 'staff', ?, ?)
"""
_INSERT_FACTOR = """
INSERT INTO second_factors (subject_id, subject_kind, secret_sealed, last_step, created_at,
  confirmed_at)
VALUES (?, 'staff', ?, 0, ?, ?)
"""


class SystemRandom:
    """`Entropy` of this machine."""

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


def read_secrets() -> Mapping[str, str]:
    """The environment over `.dev.vars.api`."""
    path = ROOT / ".dev.vars.api"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    local = dict(re.findall(r"^(\w+)='?(.*?)'?$", text, re.MULTILINE))
    return local | os.environ


async def statements(
    values: Mapping[str, str], email: str, role: str, password: str, totp_secret: bytes
) -> list[tuple[str, tuple[str | int, ...]]]:
    """The three rows of a member of staff."""
    crypto, entropy = NativeCrypto(), SystemRandom()
    keys = {kid: key_from_text(key) for kid, key in json.loads(values["PII_KEYS"]).items()}
    sealing = Sealing(crypto, entropy, keys, values["PII_ACTIVE_KEY"])
    passwords = Passwords(crypto, key_from_text(values["PASSWORD_PEPPER"]))
    now_ms = time.time_ns() // 1_000_000
    staff_id = uuid7(now_ms, entropy.token(RANDOM_BYTES_PER_ID))
    index = BlindIndex(*index_keys(lambda name: values.get(name, ""))).of("email", email)
    sealed = await sealing.seal(email, bound=f"staff:{staff_id}:email")
    password_hash = await passwords.hash(password, entropy.token(SALT_BYTES))
    staff = (staff_id, index, sealed, role, now_ms)
    factor = await sealing.seal(totp_secret.hex(), bound=f"staff:{staff_id}:second_factor")
    return [
        (_INSERT_STAFF, staff),
        (_INSERT_CREDENTIALS, (staff_id, password_hash, now_ms)),
        (_INSERT_FACTOR, (staff_id, factor, now_ms, now_ms)),
    ]


def local_database(state: Path) -> Path:
    """The D1 database in the data folder of a local edge."""
    for path in sorted(state.rglob("*.sqlite")):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            query = "SELECT count(*) FROM sqlite_master WHERE name = 'staff'"
            if connection.execute(query).fetchone()[0]:
                return path
    raise SystemExit(f"{state} holds no database: run `make dev STATE={state}` once before.")


def as_sql(statement: str, params: tuple[str | int, ...]) -> str:
    """The statement with its parameters as literals, for a tool that takes none."""
    before, *after = statement.strip().split("?")
    literals = (str(p) if isinstance(p, int) else "'" + p.replace("'", "''") + "'" for p in params)
    pairs = zip(literals, after, strict=True)
    return before + "".join(literal + rest for literal, rest in pairs) + ";\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--email", required=True)
    parser.add_argument("--role", default="admin", choices=get_args(Role))
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--state", type=Path, help="data folder of a local edge")
    target.add_argument("--sql", type=Path, help="file to write the SQL to")
    wanted = parser.parse_args()
    email = str(wanted.email).strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise SystemExit("This is not an e-mail address.")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    secret = secrets.token_bytes(SECRET_BYTES)
    rows = asyncio.run(statements(read_secrets(), email, wanted.role, password, secret))
    if wanted.sql is not None:
        wanted.sql.write_text("".join(as_sql(*row) for row in rows), encoding="utf-8")
        print(f"Now: npx wrangler d1 execute acmetocasino -e api --remote --file {wanted.sql}")
    else:
        try:
            with sqlite3.connect(local_database(wanted.state), timeout=5) as connection:
                for sql, params in rows:
                    connection.execute(sql, params)
        except sqlite3.IntegrityError:
            raise SystemExit(f"{email} is a member of staff already.") from None
        except sqlite3.OperationalError as error:
            raise SystemExit(f"Stop the edge on this folder first ({error}).") from None
    print(f"{email} is {wanted.role}. Shown only now:")
    print(f"  password           {password}")
    print(f"  authenticator app  {enrolment_uri(secret, email)}")


if __name__ == "__main__":
    main()
