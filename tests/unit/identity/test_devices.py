"""What a person recognises a session by."""

import pytest

from shared.identity.devices import device_name, masked_address

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0 Safari/537.36"
_ANDROID = f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_WEBKIT} Chrome/131.0 Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (_WINDOWS, "Chrome · Windows"),
        (f"{_WINDOWS} Edg/131.0", "Edge · Windows"),
        (_ANDROID, "Chrome · Android"),
        (_IPHONE, "Safari · iPhone"),
        (_LINUX, "Firefox · Linux"),
        ("curl/8.5.0", "curl"),
        ("", "?"),
        (None, "?"),
        ("\x00<script>", "?"),
    ],
)
def test_a_device_is_named_by_browser_and_system(user_agent: str | None, name: str) -> None:
    assert device_name(user_agent) == name


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("192.0.2.7", "192.0.*.*"),
        ("2001:db8:0:1::7", "2001:db8:*"),
        ("::1", "0:0:*"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_an_address_is_shown_by_its_network(address: str, masked: str) -> None:
    assert masked_address(address) == masked
