"""Version 5: the days of a wallet. Those of a wallet that was opened before stay São Paulo's."""

from typing import Final

from shared.kernel.times import SAO_PAULO_OFFSET_MS

STATEMENTS: Final[tuple[str, ...]] = (
    f"ALTER TABLE meta ADD COLUMN day_offset_ms INTEGER NOT NULL DEFAULT {SAO_PAULO_OFFSET_MS}",
)
