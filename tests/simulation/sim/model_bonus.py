"""Bonus money, written a second time: who pays a stake, what it counts, what becomes of a grant.

Works on copies (`Purse`), so that a judge can look ahead and refuse with nothing changed, and the
effect of what was accepted is the same computation, kept.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from simulation.sim.model_state import ModelGrant, ModelRound, ModelState, Payload

CONVERTED = "BONUS_CONVERTED"
FORFEITED = "BONUS_FORFEITED"
BONUS_FIRST = frozenset({"gli"})
FIRST_BET_FIRST = frozenset({"br"})


@dataclass(slots=True)
class Purse:
    """Cash and grants as a command would leave them, and the types of events on the way."""

    cash: int
    grants: dict[str, ModelGrant]
    types: list[str] = field(default_factory=list)

    @property
    def bonus(self) -> int:
        return sum(grant.balance for grant in self.grants.values())

    def close(self, grant: ModelGrant, status: str) -> None:
        """A grant that is closed holds nothing: cash after a conversion, else the house's."""
        if status == "converted":
            self.cash += grant.balance
        grant.balance, grant.status = 0, status
        self.types.append(CONVERTED if status == "converted" else FORFEITED)

    def expire(self, now_ms: int) -> None:
        """Close what is past its time, unless its requirement was met in time."""
        for grant in self.grants.values():
            if grant.status == "active" and grant.is_over(now_ms) and not grant.is_wagered:
                self.close(grant, "expired")

    def judge(self, now_ms: int, *, settles: bool) -> None:
        """What came back to a closed grant shares its fate; a met requirement converts at the end
        of a round; what is past its time is over.
        """
        for grant in self.grants.values():
            if grant.status != "active":
                if grant.balance:
                    self.close(grant, grant.status)
            elif grant.is_wagered:
                if settles:
                    self.close(grant, "converted")
            elif grant.is_over(now_ms):
                self.close(grant, "expired")


def purse_of(model: ModelState) -> Purse:
    return Purse(model.cash, {name: copy(grant) for name, grant in model.grants.items()})


def keep(model: ModelState, purse: Purse) -> None:
    """The purse is what the wallet holds now."""
    model.cash, model.grants = purse.cash, purse.grants


def stake_purse(model: ModelState, now_ms: int) -> Purse:
    """The purse a stake is taken from: expired grants are out of it. Grants are looked at only
    while there is bonus money.
    """
    purse = purse_of(model)
    if model.bonus:
        purse.expire(now_ms)
    return purse


def is_over_bonus_max(purse: Purse, stake: int) -> bool:
    return any(
        grant.max_stake is not None and grant.balance and stake > grant.max_stake
        for grant in purse.grants.values()
    )


def take_stake(
    model: ModelState, purse: Purse, stake: int, game_id: str, now_ms: int
) -> ModelRound:
    """Cash or bonus first, the oldest grant first, and what the stake counts towards wagering."""
    counted: dict[str, int] = {}
    if model.bonus:
        for name, grant in purse.grants.items():
            missing = grant.required - grant.wagered
            live = grant.status == "active" and not grant.is_over(now_ms)
            if missing > 0 and grant.balance > 0 and live:
                share = min(missing, stake * grant.contributions.get(game_id, 10_000) // 10_000)
                if share:
                    counted[name] = share
                break
    cash = min(stake, purse.cash)
    if model.jurisdiction in BONUS_FIRST:
        cash = max(0, stake - purse.bonus)
    missing, shares = stake - cash, {}
    for name, grant in purse.grants.items():
        part = min(missing, grant.balance)
        if part:
            shares[name] = part
            grant.balance -= part
            missing -= part
    assert missing == 0, "the judge looked at the funds"
    purse.cash -= cash
    for name, share in counted.items():
        purse.grants[name].wagered += share
    return ModelRound(stake, cash, shares, 0, counted=counted)


def split_payout(found: ModelRound, payout: int) -> tuple[int, dict[str, int]]:
    """A payout follows its stake: bonus money wins bonus money, the remainder is cash."""
    staked = sum(found.shares.values())
    if not staked:
        return payout, {}
    bonus = payout * staked // found.stake
    shares = {name: bonus * part // staked for name, part in found.shares.items()}
    first = next(iter(shares))
    shares[first] += bonus - sum(shares.values())
    return payout - bonus, shares


def pay_out(model: ModelState, purse: Purse, found: ModelRound, payout: int, now_ms: int) -> None:
    """Pay and settle. Grants are judged when bonus money is in the wallet or in the round."""
    found.payout = payout
    found.paid_cash, found.paid_shares = split_payout(found, payout)
    looks = bool(model.bonus or found.shares)
    purse.cash += found.paid_cash
    for name, part in found.paid_shares.items():
        purse.grants[name].balance += part
    purse.types.append("WIN")
    if looks:
        purse.judge(now_ms, settles=True)


def undo(model: ModelState, found: ModelRound, payload: Payload, now_ms: int) -> Purse | None:
    """The purse after a rollback; None when it would take back what is no longer there."""
    purse = purse_of(model)
    purse.types.append("ROLLBACK")
    purse.cash += found.cash
    for name, part in found.shares.items():
        purse.grants[name].balance += part
    for name, part in found.counted.items():
        purse.grants[name].wagered -= part
    if found.shares or found.counted:
        purse.judge(now_ms, settles=False)
    if not found.payout:
        return purse
    cash, short = found.paid_cash, False
    for name, part in found.paid_shares.items():
        grant = purse.grants[name]
        if grant.status == "converted":
            cash += part
            continue
        left = min(part, grant.balance)
        short = short or (left < part and grant.status == "active")
        grant.balance -= left
    if (short or cash > purse.cash) and not payload.get("allow_negative"):
        return None
    purse.cash -= cash
    purse.types.append("ROLLBACK")
    return purse


def grant_of(payload: Mapping[str, object]) -> ModelGrant:
    """A grant as its credit makes it."""
    amount = payload["amount_minor"]
    terms = payload.get("terms") or {}
    assert isinstance(amount, int)
    assert isinstance(terms, dict)
    return ModelGrant(
        balance=amount,
        required=amount * terms.get("wagering_multiplier", 0),
        contributions=dict(terms.get("contributions", {})),
        max_stake=terms.get("max_stake_minor"),
        expires_at=terms.get("expires_at_ms"),
        on_withdrawal=terms.get("on_withdrawal", "keep"),
    )
