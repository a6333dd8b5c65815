"""Checks of place: kept at login, at refresh and at the player's wish; odd journeys reported."""

import json

import pytest
from api_under_test import World, run
from guarded_people import Guarded
from services.locators import NetworkLocator, SandboxLocator

from shared.compliance.places import Sighting
from shared.kernel.times import MINUTE_MS, rfc3339

LOCATION = "/v1/me/location"
RECIFE = {"x-sandbox-place": "inside@-8,-35"}
PORTO_ALEGRE = {"x-sandbox-place": "inside@-30,-51"}


@pytest.fixture
def ana(world: World) -> Guarded:
    return Guarded(world)


def test_login_refresh_and_wish_are_three_checks(ana: Guarded) -> None:
    ana.refresh()
    reply = ana.send("POST", LOCATION)
    assert (reply.json["verdict"], reply.json["reason"]) == ("inside", None)
    rows = ana.world.rows("SELECT occasion, verdict FROM geo_checks ORDER BY rowid")
    assert [row["occasion"] for row in rows] == ["login", "refresh", "request"]


@pytest.mark.parametrize(
    ("claim", "verdict", "reason"),
    [
        ("outside", "outside", "outside"),
        ("anonymiser", "outside", "anonymiser"),
        ("unknown", "unknown", "unknown"),
        ("atlantis", "unknown", "unknown"),
        ("INSIDE", "unknown", "unknown"),
    ],
)
def test_a_violation_is_told_and_kept(ana: Guarded, claim: str, verdict: str, reason: str) -> None:
    reply = ana.send("POST", LOCATION, **{"x-sandbox-place": claim})
    assert (reply.json["verdict"], reply.json["reason"]) == (verdict, reason)
    [row] = ana.world.rows("SELECT * FROM geo_checks WHERE occasion = 'request'")
    assert (row["verdict"], row["reason"]) == (verdict, reason)
    assert "192.0.2.7" not in str(row)


def test_outside_the_sandbox_nobody_reads_what_a_client_claims() -> None:
    world = World(PROFILE="production")
    assert isinstance(world.house.locator, NetworkLocator)
    place = run(world.house.locator.locate(Sighting("PY"), "inside"))
    assert place.verdict == "outside"
    assert isinstance(World().house.locator, SandboxLocator)


def test_a_check_says_how_long_it_counts(ana: Guarded) -> None:
    told = ana.send("POST", LOCATION).json
    now_ms = ana.world.clock.now_ms()
    assert told["checked_at"] == rfc3339(now_ms)
    assert told["valid_until"] == rfc3339(now_ms + 30 * MINUTE_MS)


def test_a_journey_that_nobody_can_have_made_is_put_before_people(ana: Guarded) -> None:
    ana.send("POST", LOCATION, **PORTO_ALEGRE)
    ana.world.clock.advance(10 * MINUTE_MS)
    ana.refresh()  # from an address without coordinates
    ana.send("POST", LOCATION, **RECIFE)
    [alert] = ana.world.rows("SELECT * FROM aml_alerts")
    assert (alert["rule_id"], alert["status"]) == ("geo.impossible_journey", "open")
    evidence = json.loads(str(alert["evidence"]))
    assert len(evidence["checks"]) == 2
    assert evidence["kilometres"] > 2_500
    assert ana.send("POST", LOCATION, **RECIFE).json["verdict"] == "inside"  # blocks nobody
    assert len(ana.world.rows("SELECT * FROM aml_alerts")) == 1


def test_a_journey_by_air_is_none_of_our_business(ana: Guarded) -> None:
    ana.send("POST", LOCATION, **PORTO_ALEGRE)
    for _ in range(30):
        ana.world.clock.advance(9 * MINUTE_MS)
        ana.refresh()
    ana.send("POST", LOCATION, **RECIFE)
    assert ana.world.rows("SELECT * FROM aml_alerts") == []


def test_an_address_is_opaque_stable_and_counts_by_line(world: World) -> None:
    addresses = world.house.addresses
    assert addresses.of("192.0.2.7") == addresses.of("192.0.2.7") != addresses.of("192.0.2.8")
    assert addresses.of("2001:db8:1:2::7") == addresses.of("2001:db8:1:2:aaaa::9")
    assert addresses.of("2001:db8:1:2::7") != addresses.of("2001:db8:1:3::7")
    assert len(addresses.of("")) == 32
    assert World().house.addresses.of("192.0.2.7") != addresses.of("192.0.2.7")


def test_checks_cannot_be_rewritten(ana: Guarded) -> None:
    with pytest.raises(Exception, match="append-only"):
        ana.world.change("UPDATE geo_checks SET verdict = 'inside'")
