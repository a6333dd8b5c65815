"""Where an episode begins: how many wallets, on which day, under which limits, with what around.

Beginnings are drawn near the edges of the regulatory calendar more often than chance would, because
that is where windows of limits open and close.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from simulation.sim.calendar import DAY_MS, MINUTE_MS, day_number, start_of
from simulation.sim.chance import generator_of

from shared.kernel.ids import uuid7
from shared.wallet.model import LIMIT_KINDS, PERIODS

_EDGES: Final = (
    date(2026, 12, 1),
    date(2027, 1, 1),
    date(2027, 2, 1),  # a Monday: day, week and month begin together
    date(2027, 3, 1),  # a Monday again
    date(2028, 2, 29),
    date(2027, 5, 3),  # a Monday
)
DAY_OFFSETS_MS: Final = {"br": -3 * 3_600_000, "gli": 0, "mt": 5 * 3_600_000 + 1_800_000}
"""How far the days of a jurisdiction are ahead of UTC's; of every kind one, whatever Malta has."""
REQUIREMENTS: Final = ("kyc", "impediment", "register", "session", "place")
_FIRST_DAY: Final = day_number(date(2026, 1, 1))
PROJECTED_EVERY: Final = 8
"""One episode in so many runs the projection and the cron jobs too, which cost more."""

STEPS_LEAN: Final = 800
STEPS_PROJECTED: Final = 400


@dataclass(frozen=True, slots=True)
class Setting:
    """The beginning of an episode; `limits` are (kind, period) and value."""

    seed: int
    episode: int
    start_ms: int
    wallets: int
    steps: int
    projects: bool
    limits: tuple[tuple[tuple[str, str], int], ...]
    jurisdiction: str = "br"
    requires: tuple[str, ...] = ()
    reality_minutes: int | None = None
    delay_ms: int = DAY_MS
    is_known: bool = True
    """The facts about the players are known from the beginning."""

    @property
    def day_offset_ms(self) -> int:
        """How far the wallets' days are ahead of UTC's."""
        return DAY_OFFSETS_MS[self.jurisdiction]

    @property
    def rules(self) -> dict[str, Any]:
        """What the jurisdiction asks of a wallet."""
        return {
            "requires": list(self.requires),
            "mandatory": ["loss", "time"] if self.jurisdiction == "br" else [],
            "reality_check_minutes": self.reality_minutes,
            "loosening_delay_ms": self.delay_ms,
        }


def setting_of(seed: int, episode: int, *, projects: bool | None = None) -> Setting:
    """The beginning that the seed gives this episode."""
    chance = generator_of(seed, -1 - episode)
    if projects is None:
        projects = episode % PROJECTED_EVERY == PROJECTED_EVERY - 1
    if chance.random() < 0.4:
        day, since_ms = day_number(chance.choice(_EDGES)), -chance.randrange(10 * MINUTE_MS)
    else:
        day, since_ms = _FIRST_DAY + chance.randrange(1000), chance.randrange(DAY_MS)
    limits: dict[tuple[str, str], int] = {}
    if chance.random() < 0.6:
        for _ in range(chance.randint(1, 4)):
            kind, period = chance.choice(LIMIT_KINDS), chance.choice(PERIODS)
            limits[kind, period] = {
                "bet_count": chance.randint(1, 120),
                "time": chance.randint(0, 90),
            }.get(kind, chance.randint(100, 200_000))
    jurisdiction = chance.choice(("br", "br", "gli", "mt"))
    requires = REQUIREMENTS if jurisdiction == "br" else chance.choice(((), ("kyc",)))
    return Setting(
        seed=seed,
        episode=episode,
        start_ms=start_of(day, DAY_OFFSETS_MS[jurisdiction]) + since_ms,
        wallets=3 if projects else chance.choice((1, 1, 2)),
        steps=STEPS_PROJECTED if projects else STEPS_LEAN,
        projects=projects,
        limits=tuple(limits.items()),
        jurisdiction=jurisdiction,
        requires=requires,
        reality_minutes=chance.choice((None, 10, 60, 120)),
        delay_ms=chance.choice((DAY_MS, DAY_MS, 3_600_000, 60_000)),
        is_known=chance.random() < 0.9,
    )


def player_id_of(setting: Setting, number: int) -> str:
    """The id of a player of the episode."""
    chance = generator_of(setting.seed, -1 - setting.episode)
    return uuid7(setting.start_ms, bytes([number]) + chance.randbytes(9))
