"""Who says where a request comes from: Cloudflare's network in production, the client in the
sandbox.

The network's word is a first signal, not a geolocation service: a provider with GPS and device
checks is another `Locator`, put in its place in `container`. The sandbox believes a header, so that
every refusal can be seen; in any other profile nobody reads it.
"""

import re
from typing import Final

from shared.compliance.model import profile_now
from shared.compliance.places import Place, Sighting, Verdict, judge
from shared.platform.ports import Clock

_CLAIMS: Final[dict[str, tuple[Verdict, str | None]]] = {
    "inside": ("inside", None),
    "outside": ("outside", "outside"),
    "unknown": ("unknown", "unknown"),
    "anonymiser": ("outside", "anonymiser"),
}
_CLAIM: Final = re.compile(r"([a-z]+)(?:@(-?[0-9]{1,3}),(-?[0-9]{1,3}))?")
"""A word, and for journeys where: `inside@-8,-35` are whole degrees of latitude and longitude."""


class NetworkLocator:
    """Judges what the network says by the countries of the licence."""

    def __init__(self, jurisdiction: str, clock: Clock) -> None:
        self._jurisdiction = jurisdiction
        self._clock = clock

    async def locate(self, sighting: Sighting, _claimed: str | None) -> Place:
        """The verdict on what the network says; nothing is believed of what the client says."""
        rules = profile_now(self._jurisdiction, self._clock.now_ms())
        return judge(sighting, rules.countries)


class SandboxLocator:
    """Everybody is inside, unless they say otherwise."""

    async def locate(self, sighting: Sighting, claimed: str | None) -> Place:
        """What the client claims; an unknown word is an unknown place."""
        found = _CLAIM.fullmatch(claimed or "inside")
        if found is None:
            return Place("unknown", "unknown", sighting)
        verdict, reason = _CLAIMS.get(found[1], ("unknown", "unknown"))
        if found[2] is not None:
            sighting = Sighting(
                country=sighting.country,
                latitude_tenths=int(found[2]) * 10,
                longitude_tenths=int(found[3]) * 10,
            )
        return Place(verdict, reason, sighting)
