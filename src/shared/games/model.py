"""The values of a game: what a bet pays, how likely that is, and the shape every game has.

A game is pure mathematics. It sees the bet's parameters, the draws and the RTP of its version, and
never a balance, a history, a stake or the RTP so far (GLI-19 §4.5.2); the stake enters only where
the multiplier of the outcome becomes a payout. Every multiplier is an exact ratio of integers, and
every payout is truncated to the minor unit, in the house's favour and therefore counted in the RTP.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Protocol

from shared.kernel.values import value

type JsonObject = dict[str, object]


@value
class Multiplier:
    """An exact payout per unit staked. `Multiplier(9600, 5000)` pays 1.92 times the stake."""

    numerator: int
    denominator: int

    def payout_minor(self, stake_minor: int) -> int:
        """Payout in minor units: the exact product, truncated to the minor unit."""
        return stake_minor * self.numerator // self.denominator

    def exact(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def text(self) -> str:
        """Decimal text for people, truncated to four places: never more than what is paid."""
        whole, part = divmod(self.numerator * 10_000 // self.denominator, 10_000)
        return f"{whole}.{part:04d}"


LOSES: Final = Multiplier(0, 1)
"""The multiplier of an outcome that pays nothing."""


@value
class Prospect:
    """One way a bet can end: `weight` of the distribution's total, and what it then pays."""

    weight: int
    multiplier: Multiplier


@value
class Distribution:
    """Everything that can happen to one bet. The weights add up to `total_weight`."""

    total_weight: int
    prospects: tuple[Prospect, ...]

    def __post_init__(self) -> None:
        assert sum(line.weight for line in self.prospects) == self.total_weight, self


@value
class BetLevel:
    """The theoretical RTP of one bet at one stake, truncation included."""

    rtp: Fraction
    stake_minor: int
    params: JsonObject


class Random(Protocol):
    """The draws of one round."""

    def below(self, n: int) -> int:
        """The next integer of the round, uniform on 0 … n-1."""
        ...


class Game[Params](Protocol):
    """One game of ours, decided by one bet and its draws. One module and one instance each.

    `Params` is the game's own frozen value for the parameters of a bet.
    """

    game_id: str
    kind: str

    def params_schema(self) -> JsonObject:
        """JSON Schema (2020-12) of the parameters that `read_params` accepts."""
        ...

    def read_params(self, raw: object) -> Params:
        """The parameters in a JSON value.

        Raises:
            Rejected: INVALID_PARAMS with `errors[]` for anything but a bet of this game.
        """
        ...

    def play(self, rtp_bps: int, params: Params, draws: Random) -> tuple[Multiplier, JsonObject]:
        """What the round pays per unit staked, and its outcome as JSON."""
        ...

    def bets(self) -> Iterable[Params]:
        """Every legal bet of the game, once."""
        ...

    def params_json(self, params: Params) -> JsonObject:
        """The JSON that `read_params` reads as `params`."""
        ...

    def distribution(self, rtp_bps: int, params: Params) -> Distribution:
        """All endings of this bet with their exact probabilities and multipliers."""
        ...

    def paytable(self, rtp_bps: int) -> JsonObject:
        """The paytable shown before a bet (Portaria SPA/MF 1.207/2024): integers and text only."""
        ...
