"""Where a player is: what the network tells, what the rules make of it, and what cannot be true.

A place is `inside` only when a country of the licence is known and nothing says that it is hidden;
whatever is not known is `unknown`, and no bet is taken from there (Portaria SPA/MF 722/2024 Annex I
items 27-34; GLI-19 §2.7). The verdict is a fact for the wallet, which decides; here nothing is
stored. Two sightings too far apart for the time between them are a matter for people to look at:
an address is placed wrongly often enough that it blocks nobody by itself.
"""

from math import asin, cos, pi, sin, sqrt
from typing import Final, Literal, Protocol

from shared.compliance.anonymisers import HIDING_WORDS, HOSTING_NETWORKS, TOR_COUNTRY
from shared.kernel.times import HOUR_MS
from shared.kernel.values import value

Verdict = Literal["inside", "outside", "unknown"]

IMPOSSIBLE_KMH: Final = 1_000
"""Faster than an airliner, door to door (the house's choice)."""
IMPOSSIBLE_KM: Final = 500
"""Nearer than this an address is often placed in the wrong city (the house's choice)."""

_EARTH_KM: Final = 6_371
_UNKNOWN_COUNTRIES: Final = frozenset({"", "XX"})


@value
class Sighting:
    """What the network says about one request. Coordinates are tenths of a degree, about 11 km:
    as much as the comparison of two of them needs.
    """

    country: str = ""
    network: int | None = None
    organisation: str = ""
    latitude_tenths: int | None = None
    longitude_tenths: int | None = None


@value
class Place:
    """The verdict on a sighting; `reason` is a code, None when nothing stands against it."""

    verdict: Verdict
    reason: str | None
    sighting: Sighting


class Locator(Protocol):
    """Says where a request comes from. `claimed` is what the sandbox lets a client claim."""

    async def locate(self, sighting: Sighting, claimed: str | None, /) -> Place:
        """The verdict; a provider that gives no answer is `unknown`, never an error."""
        ...


def judge(sighting: Sighting, countries: frozenset[str] | None) -> Place:
    """The verdict by the network's own words; `countries` is None where any country will do."""
    if sighting.country == TOR_COUNTRY or is_hidden(sighting):
        return Place("outside", "anonymiser", sighting)
    if sighting.country in _UNKNOWN_COUNTRIES:
        return Place("unknown", "unknown", sighting)
    if countries is not None and sighting.country not in countries:
        return Place("outside", "outside", sighting)
    return Place("inside", None, sighting)


def is_hidden(sighting: Sighting) -> bool:
    """Whether the network is one that hides where its users are."""
    name = sighting.organisation.casefold()
    return sighting.network in HOSTING_NETWORKS or any(word in name for word in HIDING_WORDS)


@value
class Journey:
    """From one sighting to the next."""

    kilometres: int
    kilometres_per_hour: int

    @property
    def is_impossible(self) -> bool:
        return self.kilometres >= IMPOSSIBLE_KM and self.kilometres_per_hour > IMPOSSIBLE_KMH


def journey(before: Sighting, after: Sighting, elapsed_ms: int) -> Journey | None:
    """How far and how fast; None when one of the places has no coordinates."""
    here, there = _radians(before), _radians(after)
    if here is None or there is None:
        return None
    kilometres = _great_circle_km(here, there)
    return Journey(kilometres, kilometres * HOUR_MS // max(elapsed_ms, 1))


def _radians(sighting: Sighting) -> tuple[float, float] | None:
    latitude, longitude = sighting.latitude_tenths, sighting.longitude_tenths
    if latitude is None or longitude is None:
        return None
    return latitude * pi / 1800, longitude * pi / 1800


def _great_circle_km(here: tuple[float, float], there: tuple[float, float]) -> int:
    """The haversine formula, in whole kilometres."""
    (latitude, longitude), (other_latitude, other_longitude) = here, there
    north, east = (other_latitude - latitude) / 2, (other_longitude - longitude) / 2
    chord = sin(north) ** 2 + cos(latitude) * cos(other_latitude) * sin(east) ** 2
    return int(2 * _EARTH_KM * asin(sqrt(min(chord, 1.0))))
