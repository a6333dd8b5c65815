"""Defects that the simulator found and that are not mended yet: each narrows what it draws.

Both are False as soon as the wallet is mended; then the simulator draws the whole world again.
"""

from typing import Final

CLOCK_SET_BACK_FREEZES: Final = False
"""`play` writes a game session's time as the wallet's time; when the clock was set back after a
session was opened without an event, the row's CHECK refuses it and the wallet freezes."""

MONDAY_THE_FIRST_FORGETS_PLAY: Final = False
"""On a Monday that is the first of a month the last bet of the day before is not looked for, and
up to five minutes of active play across that midnight are not counted."""
