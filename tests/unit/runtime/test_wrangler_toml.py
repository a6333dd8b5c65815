"""wrangler.toml stays production-clean, and says what the architecture says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "wrangler.toml").read_text(encoding="utf-8"))
ENVIRONMENTS: dict[str, dict[str, Any]] = CONFIG["env"]


def test_no_development_flag_is_committed() -> None:
    flags = [
        *CONFIG["compatibility_flags"],
        *(f for env in ENVIRONMENTS.values() for f in env.get("compatibility_flags", [])),
    ]
    # The api answers by functions of its module: ADR 12.
    assert flags == ["python_workers", "python_workers", "disable_python_no_global_handlers"]


def test_the_date_is_new_enough_for_python_3_14() -> None:
    assert CONFIG["compatibility_date"] >= "2026-09-08"


@pytest.mark.parametrize("name", ["wallet_do", "fraud_cron"])
def test_only_the_api_can_be_reached(name: str) -> None:
    environment = ENVIRONMENTS[name]
    assert environment["workers_dev"] is False
    assert environment["preview_urls"] is False
    assert not {"route", "routes", "assets"} & environment.keys()


def test_every_worker_starts_in_the_production_profile() -> None:
    assert {environment["vars"]["PROFILE"] for environment in ENVIRONMENTS.values()} == {
        "production"
    }


def test_no_variable_looks_like_a_secret() -> None:
    for environment in ENVIRONMENTS.values():
        for name in environment["vars"]:
            assert not re.search("KEY|SECRET|TOKEN|PEPPER|PASSWORD", name), name


def test_pages_never_wake_python() -> None:
    assets = ENVIRONMENTS["api"]["assets"]
    api = ["/v1", "/v1/*", "/problems/*", "/healthz", "/readyz"]
    assert assets["run_worker_first"] == api
    assert assets["not_found_handling"] == "404-page"


def test_both_users_of_the_database_name_the_same_one() -> None:
    (api,), (cron,) = (ENVIRONMENTS[name]["d1_databases"] for name in ("api", "fraud_cron"))
    assert api == cron


def test_the_wallet_s_queue_is_the_consumer_s() -> None:
    (producer,) = ENVIRONMENTS["wallet_do"]["queues"]["producers"]
    consumer, dead = ENVIRONMENTS["fraud_cron"]["queues"]["consumers"]
    assert producer["queue"] == consumer["queue"]
    assert consumer["dead_letter_queue"] == dead["queue"]


def test_the_wallet_uploads_none_of_the_other_workers_packages() -> None:
    excluded = ENVIRONMENTS["wallet_do"]["python_modules"]["exclude"]
    requirements = (ROOT / "requirements" / "worker.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9_.-]+)==", requirements, re.MULTILINE)
    imported_as = {"pyjwt": "jwt"}
    for package in set(packages) - {"workers-runtime-sdk"}:
        folder = imported_as.get(package, package).replace("-", "_")
        assert any(Path(folder).match(pattern.split("/")[0]) for pattern in excluded), package
