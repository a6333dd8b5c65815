"""What a jurisdiction says about bonus money: in which order a stake uses it, and when it may come.

A small table of data with its sources, read by decisions; a rule that a jurisdiction does not have
is off in its row. A jurisdiction that is not in the table gets `WITHOUT_RULES`, in which money that
the player could withdraw is used first and a bonus may come at any time.
"""

from typing import Final, Literal

from shared.kernel.values import value


@value
class BonusProfile:
    """`first_bet_first`: no bonus before the player has staked cash of their own once."""

    stake_order: Literal["cash_first", "bonus_first"] = "cash_first"
    first_bet_first: bool = False


WITHOUT_RULES: Final = BonusProfile()

_PROFILES: Final[dict[str, BonusProfile]] = {
    # Lei 14.790/2023 art. 29 I: no advance, bonus or prior advantage to place a bet. The ministry
    # reads it as a ban on registration and the first bet (Nota Técnica SEI 229/2025, question 78).
    # The law names no order; cash first is what operators of the market publish.
    "br": BonusProfile(stake_order="cash_first", first_bet_first=True),
    # GLI-19 v3.0 §4.3.5 d: on a combined meter, restricted credits are wagered first.
    "gli": BonusProfile(stake_order="bonus_first"),
}


def bonus_profile(jurisdiction: str) -> BonusProfile:
    """The bonus rules of a wallet's jurisdiction."""
    return _PROFILES.get(jurisdiction, WITHOUT_RULES)
