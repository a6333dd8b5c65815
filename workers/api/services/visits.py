"""Who stands at the door: the address, the device and the network of one request.

A visit proves nothing. It is written into the history of an account, shown to its owner, and looked
at by the check of place; the opaque address is how the wallet sees that it has changed, without
ever knowing it.
"""

from collections.abc import Callable
from typing import Any, Final

from http_layer.call import Call
from http_layer.rate import address_key

from shared.compliance.places import Sighting
from shared.identity.devices import device_name, masked_address
from shared.identity.sealing import BlindIndex
from shared.kernel.values import value

MAX_KNOWN: Final = 4_096
ADDRESS_CHARACTERS: Final = 32
"""128 bits of the keyed hash: enough to tell addresses apart, and short, for every bet carries
it."""

CLAIM_HEADER: Final = "x-sandbox-place"

_MAX_USER_AGENT: Final = 512


@value
class Visit:
    """One request, as far as it concerns who is there. `sighting` asks the network only when it is
    called; `claimed` is what a client of the sandbox says about its place.
    """

    client_ip: str
    user_agent: str | None
    sighting: Callable[[], Sighting]
    claimed: str | None

    @property
    def device(self) -> str:
        """The device's name for people."""
        return device_name((self.user_agent or "")[:_MAX_USER_AGENT])

    @property
    def address_masked(self) -> str:
        """The address for its owner's eyes."""
        return masked_address(self.client_ip)


def visit_of(call: Call[Any]) -> Visit:
    """The visit that a request is."""
    return Visit(
        client_ip=call.client_ip,
        user_agent=call.headers.get("user-agent"),
        sighting=call.sighting,
        claimed=call.headers.get(CLAIM_HEADER),
    )


class Addresses:
    """The opaque form of addresses, remembered in this isolate because every bet asks for it."""

    def __init__(self, index: BlindIndex) -> None:
        self._index = index
        self._known: dict[str, str] = {}

    def of(self, client_ip: str) -> str:
        """A keyed hash of the address; an IPv6 one counts by its /64, all of which is one line."""
        known = self._known.get(client_ip)
        if known is None:
            index = self._index.of("ip", address_key(client_ip))
            known = index.rpartition(".")[2][:ADDRESS_CHARACTERS]
            if len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[client_ip] = known
        return known
