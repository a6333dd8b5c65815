"""Dice: one roll of 0 … 9999 against a winning chance that the player chose in percent.

`over: false` wins when roll < target × 100, `over: true` when roll ≥ 10000 - target × 100, so both
sides of a target win with the same probability, target %. A win pays
floor(stake_minor × rtp_bps ÷ (target × 100)): before truncation the return is rtp_bps at every
target, and truncation takes less than one minor unit of it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from shared.games.errors import INVALID_PARAMS
from shared.games.model import LOSES, Distribution, JsonObject, Multiplier, Prospect, Random
from shared.kernel.errors import Rejected
from shared.kernel.values import value

FACES: Final = 10_000
MIN_TARGET: Final = 2
MAX_TARGET: Final = 98

_FACES_PER_PERCENT: Final = FACES // 100
_FIELDS: Final = frozenset({"target", "over"})


@value
class DiceParams:
    """A bet on dice: the winning chance in percent, and the side of the scale that wins."""

    target: int
    over: bool


class Dice:
    """Implements `shared.games.model.Game[DiceParams]`."""

    game_id = "dice"
    kind = "dice"

    def params_schema(self) -> JsonObject:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["target", "over"],
            "properties": {
                "target": {
                    "type": "integer",
                    "minimum": MIN_TARGET,
                    "maximum": MAX_TARGET,
                    "description": "The winning chance in percent.",
                },
                "over": {
                    "type": "boolean",
                    "description": "false: wins when roll < target × 100. "
                    "true: wins when roll ≥ 10000 − target × 100.",
                },
            },
        }

    def read_params(self, raw: object) -> DiceParams:
        if not isinstance(raw, Mapping):
            raise _refused([_fault("is an object with target and over")])
        target, over = raw.get("target"), raw.get("over")
        # `type(…) is int`: to Python, True is an integer; to this game it is not a chance.
        if (
            type(target) is int
            and type(over) is bool
            and MIN_TARGET <= target <= MAX_TARGET
            and raw.keys() == _FIELDS
        ):
            return DiceParams(target, over)
        raise _refused(_faults(raw))

    def play(
        self, rtp_bps: int, params: DiceParams, draws: Random
    ) -> tuple[Multiplier, JsonObject]:
        roll = draws.below(FACES)
        winning_faces = params.target * _FACES_PER_PERCENT
        win = roll >= FACES - winning_faces if params.over else roll < winning_faces
        multiplier = Multiplier(rtp_bps, winning_faces) if win else LOSES
        return multiplier, {"roll": roll, "win": win}

    def bets(self) -> Iterator[DiceParams]:
        for target in range(MIN_TARGET, MAX_TARGET + 1):
            yield DiceParams(target, over=False)
            yield DiceParams(target, over=True)

    def params_json(self, params: DiceParams) -> JsonObject:
        return {"target": params.target, "over": params.over}

    def distribution(self, rtp_bps: int, params: DiceParams) -> Distribution:
        winning_faces = params.target * _FACES_PER_PERCENT
        return Distribution(
            FACES,
            (
                Prospect(winning_faces, Multiplier(rtp_bps, winning_faces)),
                Prospect(FACES - winning_faces, LOSES),
            ),
        )

    def paytable(self, rtp_bps: int) -> JsonObject:
        return {
            "game_id": self.game_id,
            "rtp_bps": rtp_bps,
            "draw": f"roll = uniform integer below {FACES}",
            "wins": {
                "over_false": "roll < target × 100",
                "over_true": "roll ≥ 10000 − target × 100",
            },
            "pays": "floor(stake_minor × rtp_bps ÷ (target × 100))",
            "lines": [
                {
                    "target": target,
                    "chance": f"{target}.00",
                    "multiplier": Multiplier(rtp_bps, target * _FACES_PER_PERCENT).text(),
                }
                for target in range(MIN_TARGET, MAX_TARGET + 1)
            ],
        }


def _faults(raw: Mapping[object, object]) -> list[JsonObject]:
    faults = []
    target, over = raw.get("target"), raw.get("over")
    if type(target) is not int or not MIN_TARGET <= target <= MAX_TARGET:
        faults.append(_fault(f"is an integer from {MIN_TARGET} to {MAX_TARGET}", "target"))
    if type(over) is not bool:
        faults.append(_fault("is true or false", "over"))
    unknown = sorted(str(name)[:64] for name in raw.keys() - _FIELDS)
    faults.extend(_fault("is not a parameter of dice", name) for name in unknown[:8])
    return faults


def _fault(message: str, *path: str) -> JsonObject:
    return {"loc": ["body", "params", *path], "msg": message}


def _refused(faults: list[JsonObject]) -> Rejected:
    return Rejected(INVALID_PARAMS, "These parameters are not a bet on dice.", errors=faults)
