"""Verdicts on where a request comes from, and journeys that nobody can have made."""

from datetime import date

import pytest

from shared.compliance.model import profile_at
from shared.compliance.places import Sighting, journey, judge
from shared.kernel.times import HOUR_MS

BRAZIL = frozenset({"BR"})
SAO_PAULO = Sighting("BR", 27_699, "Vivo", -235, -466)
RECIFE = Sighting("BR", 27_699, "Vivo", -80, -349)


@pytest.mark.parametrize(
    ("sighting", "verdict", "reason"),
    [
        (SAO_PAULO, "inside", None),
        (Sighting("BR"), "inside", None),
        (Sighting("PY"), "outside", "outside"),
        (Sighting("br"), "outside", "outside"),
        (Sighting(""), "unknown", "unknown"),
        (Sighting("XX"), "unknown", "unknown"),
        (Sighting("T1"), "outside", "anonymiser"),
        (Sighting("BR", 14_061, "DigitalOcean"), "outside", "anonymiser"),
        (Sighting("BR", 1, "Super VPN Ltda"), "outside", "anonymiser"),
        (Sighting("", 16_509), "outside", "anonymiser"),
    ],
)
def test_only_a_known_country_of_the_licence_is_inside(
    sighting: Sighting, verdict: str, reason: str | None
) -> None:
    place = judge(sighting, BRAZIL)
    assert (place.verdict, place.reason) == (verdict, reason)
    assert place.sighting is sighting


def test_without_countries_any_known_country_will_do_and_hiding_still_does_not() -> None:
    assert judge(Sighting("PY"), None).verdict == "inside"
    assert judge(Sighting("T1"), None).verdict == "outside"
    assert judge(Sighting(""), None).verdict == "unknown"


def test_the_licence_of_brazil_is_for_brazil() -> None:
    assert profile_at("br", date(2026, 1, 1)).countries == BRAZIL
    assert profile_at("gli", date(2026, 1, 1)).countries is None


@pytest.mark.parametrize(
    ("elapsed_ms", "impossible"), [(HOUR_MS, True), (3 * HOUR_MS, False), (0, True)]
)
def test_faster_than_an_airliner_is_impossible(elapsed_ms: int, impossible: bool) -> None:
    made = journey(SAO_PAULO, RECIFE, elapsed_ms)
    assert made is not None
    assert 2_100 <= made.kilometres <= 2_150  # 2,128 km on the great circle
    assert made.is_impossible is impossible


def test_a_near_place_is_never_impossible_because_addresses_are_placed_roughly() -> None:
    rio = Sighting("BR", latitude_tenths=-229, longitude_tenths=-432)
    made = journey(SAO_PAULO, rio, 1)
    assert made is not None
    assert not made.is_impossible


def test_without_coordinates_nothing_is_said() -> None:
    assert journey(SAO_PAULO, Sighting("BR"), HOUR_MS) is None
    assert journey(Sighting("BR"), SAO_PAULO, HOUR_MS) is None


def test_the_other_side_of_the_earth_is_half_its_circumference_away() -> None:
    made = journey(
        Sighting(latitude_tenths=0, longitude_tenths=0),
        Sighting(latitude_tenths=0, longitude_tenths=1800),
        HOUR_MS,
    )
    assert made is not None
    assert made.kilometres == 20_015
