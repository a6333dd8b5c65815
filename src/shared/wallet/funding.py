"""Whose money a stake is: cash or bonus first, grants in the order in which they were credited.

The split is kept on the bet, grant by grant, so that a rollback restores exactly what was taken.
A payout follows its stake: the share that bonus money staked goes back to bonus, rounded down to
the minor unit, and the rest is cash, so rounding is never against the player's withdrawable money.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from shared.kernel.errors import InvariantBroken
from shared.kernel.values import altered, value
from shared.wallet.model import Grant

type GrantShares = tuple[tuple[str, int], ...]


@value
class Split:
    """An amount as cash and bonus; `grants` says grant by grant what the bonus part is."""

    cash: int
    bonus: int
    grants: GrantShares

    @property
    def total(self) -> int:
        return self.cash + self.bonus

    @property
    def grants_json(self) -> str:
        """The form that a round row keeps."""
        return json.dumps(self.grants, separators=(",", ":")) if self.grants else "[]"

    def as_data(self) -> dict[str, object]:
        """The form that an event carries; grants only when bonus money moved."""
        shares: dict[str, object] = {"cash_minor": self.cash, "bonus_minor": self.bonus}
        if self.grants:
            shares["grants"] = [list(share) for share in self.grants]
        return shares


NOTHING: Final = Split(0, 0, ())


def split_of(cash: int, bonus: int, grants_json: str) -> Split:
    """The split that a round row keeps."""
    return Split(cash, bonus, shares_of(json.loads(grants_json)))


def shares_of(pairs: Iterable[tuple[str, int]]) -> GrantShares:
    """Shares from the JSON form `[[grant_id, amount_minor], …]`."""
    return tuple((grant, amount) for grant, amount in pairs)


def split_stake(
    stake_minor: int, cash_minor: int, grants: Sequence[Grant], *, bonus_first: bool = False
) -> Split:
    """How `stake_minor` is funded from `cash_minor` and `grants` (oldest first).

    Raises:
        InvariantBroken: `grants`, when cash and grants together do not cover the stake; the caller
            has already compared it with the balance.
    """
    cash = min(stake_minor, cash_minor)
    if bonus_first:
        cash = max(0, stake_minor - sum(grant.balance_minor for grant in grants))
    missing = stake_minor - cash
    shares: list[tuple[str, int]] = []
    for grant in grants:
        if missing == 0:
            break
        taken = min(missing, grant.balance_minor)
        if taken:
            shares.append((grant.grant_id, taken))
            missing -= taken
    if missing or cash > cash_minor:
        raise InvariantBroken("grants", "the grants do not add up to the bonus balance")
    return Split(cash, stake_minor - cash, tuple(shares))


def split_payout(payout_minor: int, stake: Split) -> Split:
    """How `payout_minor` is paid for a stake that was funded by `stake`."""
    if stake.bonus == 0:
        return Split(payout_minor, 0, ())
    bonus = payout_minor * stake.bonus // stake.total
    shares = [(grant, bonus * staked // stake.bonus) for grant, staked in stake.grants]
    first_grant, first_share = shares[0]
    shares[0] = (first_grant, first_share + bonus - sum(share for _, share in shares))
    return Split(payout_minor - bonus, bonus, tuple(shares))


def with_shares(grants: Iterable[Grant], shares: GrantShares, sign: int) -> tuple[Grant, ...]:
    """`grants` with `sign` times each share added to its balance, in the same order.

    A balance may come out negative: the caller decides whether that is a refusal or a broken law.

    Raises:
        InvariantBroken: `grants`, when a share names a grant that is not there.
    """
    amounts = dict(shares)
    changed = tuple(
        altered(grant, balance_minor=grant.balance_minor + sign * amounts.pop(grant.grant_id, 0))
        for grant in grants
    )
    if amounts:
        raise InvariantBroken("grants", f"no grant {min(amounts)}")
    return changed
