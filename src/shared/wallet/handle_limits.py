"""From the commands about limits and terms to their decisions: load what they must know."""

from typing import Final

from shared.wallet.situation import Handlers

LIMIT_HANDLERS: Final[Handlers] = {}
