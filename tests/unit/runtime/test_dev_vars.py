"""The secrets of the local edge: made once, private, and never the wallet's."""

import base64
import json
import stat
from pathlib import Path

from localedge.dev_vars import files, write_missing


def read(path: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: value.strip("'") for name, _, value in pairs}


def key_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_each_worker_gets_its_own_file_and_the_wallet_no_secret(tmp_path: Path) -> None:
    write_missing(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        ".dev.vars.api",
        ".dev.vars.fraud_cron",
        ".dev.vars.wallet_do",
    }
    assert read(tmp_path / ".dev.vars.wallet_do") == {"PROFILE": "sandbox"}
    assert read(tmp_path / ".dev.vars.fraud_cron") == {"PROFILE": "sandbox"}


def test_keys_have_256_bits_and_rings_name_their_active_key(tmp_path: Path) -> None:
    write_missing(tmp_path)
    api = read(tmp_path / ".dev.vars.api")
    for name in ("BLIND_INDEX_KEY", "PASSWORD_PEPPER", "PIX_WEBHOOK_SECRET"):
        assert len(key_bytes(api[name])) == 32
    for ring, active in (("JWT_KEYS", "JWT_ACTIVE_KID"), ("PII_KEYS", "PII_ACTIVE_KEY")):
        assert len(key_bytes(json.loads(api[ring])[api[active]])) == 32


def test_two_machines_have_different_secrets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_missing(tmp_path / name)
    one, two = (read(tmp_path / name / ".dev.vars.api") for name in ("one", "two"))
    assert one["PASSWORD_PEPPER"] != two["PASSWORD_PEPPER"]


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    write_missing(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)} == {0o600}


def test_what_exists_is_kept_and_what_is_missing_is_added(tmp_path: Path) -> None:
    path = tmp_path / ".dev.vars.api"
    path.write_text("PASSWORD_PEPPER='mine'\nEXTRA=1", encoding="utf-8")
    write_missing(tmp_path)
    first = path.read_text(encoding="utf-8")
    assert first.startswith("PASSWORD_PEPPER='mine'\nEXTRA=1\n")
    assert "BLIND_INDEX_KEY=" in first
    write_missing(tmp_path)
    assert path.read_text(encoding="utf-8") == first
