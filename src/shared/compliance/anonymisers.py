"""Networks from which nobody plays at home: data of `places`, reviewed by people, matched by code.

A player's own line never ends in a data centre. The numbers are autonomous systems of hosting
companies that VPN and proxy services rent from, as they are registered at the regional registries;
the words are parts of the names of services that hide where somebody is. The list is the house's
choice and a first signal: it misses residential proxies, for which a provider is a port
(`Locator`).
"""

from typing import Final

TOR_COUNTRY: Final = "T1"
"""What Cloudflare reports as the country of a Tor exit."""

HOSTING_NETWORKS: Final = frozenset(
    {
        396982,  # Google Cloud
        14061,  # DigitalOcean
        14618,  # Amazon AWS
        16509,  # Amazon AWS
        8075,  # Microsoft Azure
        16276,  # OVH
        24940,  # Hetzner
        20473,  # Vultr
        63949,  # Akamai Connected Cloud (Linode)
        9009,  # M247
        60068,  # CDN77 / Datacamp
        212238,  # Datacamp
        62240,  # Clouvider
        51167,  # Contabo
        12876,  # Scaleway
        60781,  # LeaseWeb
        36352,  # HostPapa / ColoCrossing
        31898,  # Oracle Cloud
        45102,  # Alibaba Cloud
        132203,  # Tencent Cloud
        202425,  # IP Volume
        13335,  # Cloudflare (WARP and Workers)
    }
)

HIDING_WORDS: Final = (
    "vpn",
    "proxy",
    "anonym",
    "tor exit",
    "mullvad",
    "hide.me",
    "private internet access",
    "datacamp",
    "m247",
    "hosting",
    "data center",
    "datacenter",
)
"""In lower case; the organisation's name is folded before it is compared."""
