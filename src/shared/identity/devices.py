"""What a player recognises a session by: the device's name and a part of its address.

A User-Agent is a claim of the client and decides nothing here; it is shortened to a browser and a
system, because that is what a person can compare with what lies on the table.
"""

from ipaddress import ip_address
from typing import Final

UNKNOWN_DEVICE: Final = "?"

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
    ("okhttp/", "Android app"),
)
"""In this order: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari."""

_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str | None) -> str:
    """`Chrome · Android`, as far as it can be told; `?` when nothing can."""
    text = user_agent or ""
    parts = [_first(text, _BROWSERS), _first(text, _SYSTEMS)]
    return " · ".join(part for part in parts if part) or UNKNOWN_DEVICE


def masked_address(client_ip: str) -> str:
    """`192.0.*.*` or `2001:db8:*`: enough to recognise a network, too little to find a person."""
    try:
        address = ip_address(client_ip)
    except ValueError:
        return ""
    if address.version == 4:
        return ".".join(client_ip.split(".")[:2]) + ".*.*"
    return ":".join(group.lstrip("0") or "0" for group in address.exploded.split(":")[:2]) + ":*"


def _first(text: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in text), "")
