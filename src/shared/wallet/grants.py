"""What becomes of bonus money: wagering, conversion, forfeit, expiry, grant by grant.

A stake counts towards one grant: the oldest live one whose requirement is open and which holds
money when the stake is placed, weighted by the game, floored, never beyond the requirement. What it
counted stands on the BET, so a rollback takes exactly that back. A grant is judged when a round
settles: once its requirement is met, all it holds becomes cash (BONUS_CONVERTED), and the
conversion is final. A grant that is closed holds nothing: what still comes back to it, a late win
or a refund, shares its fate in the same command, as cash after a conversion, to the house after a
forfeit or an expiry. A grant is past its time at `expires_at` and is closed by the next command
that looks at grants; a requirement met in time still converts afterwards.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.values import altered, value
from shared.wallet import errors
from shared.wallet.funding import GrantShares
from shared.wallet.model import Draft, Grant, GrantStatus, Head, Moment


@value
class Judged:
    """All grants after they were judged, and the events that say what became of them."""

    grants: tuple[Grant, ...]
    drafts: tuple[Draft, ...] = ()

    @property
    def cash_delta(self) -> int:
        return sum(draft.cash_delta for draft in self.drafts)


def expire(grants: Sequence[Grant], moment: Moment) -> Judged:
    """Close the active grants that are past their time, but for those whose requirement is met."""
    return _judged(
        grants,
        lambda grant: (
            "expired"
            if grant.status == "active"
            and not grant.is_live(moment.now_ms)
            and not grant.is_wagered
            else None
        ),
        moment,
        None,
    )


def judge(grants: Sequence[Grant], moment: Moment, cause: Draft, *, settles: bool = True) -> Judged:
    """What `cause`, whose bonus part the grants already hold, leads to. Only when a round settles
    are requirements looked at, so undoing an open round undoes all that it did.
    """

    def fate(grant: Grant) -> GrantStatus | None:
        match grant.status:
            case "converted":
                return "converted" if grant.balance_minor else None
            case "forfeited":
                return "forfeited" if grant.balance_minor else None
            case "expired":
                return "expired" if grant.balance_minor else None
        if grant.is_wagered:
            return "converted" if settles else None
        return None if grant.is_live(moment.now_ms) else "expired"

    return _judged(grants, fate, moment, cause.event_id)


def closed(
    grant: Grant, status: GrantStatus, moment: Moment, cause: str | None = None, **told: str
) -> tuple[Grant, Draft]:
    """`grant` with nothing left and `status`, and the event that moves what it held."""
    amount = grant.balance_minor
    converts = status == "converted"
    draft = Draft(
        moment.new_id(),
        "BONUS_CONVERTED" if converts else "BONUS_FORFEITED",
        {"grant_id": grant.grant_id, **({} if converts else {"cause": status}), **told},
        amount_minor=amount,
        cash_delta=amount if converts else 0,
        bonus_delta=-amount,
        causation_id=cause,
    )
    return altered(grant, status=status, balance_minor=0), draft


def contribution(
    grants: Iterable[Grant], game_id: str, stake_minor: int, now_ms: int
) -> GrantShares:
    """What a stake counts towards which grant: `grants` as they are before it, oldest first."""
    for grant in grants:
        missing = grant.required_minor - grant.wagered_minor
        if missing > 0 and grant.balance_minor > 0 and grant.is_live(now_ms):
            bps = json.loads(grant.contributions).get(game_id, 10_000)
            counted = min(missing, stake_minor * bps // 10_000)
            return ((grant.grant_id, counted),) if counted else ()
    return ()


def with_progress(grants: Iterable[Grant], shares: GrantShares, sign: int) -> tuple[Grant, ...]:
    """`grants` with `sign` times each share added to the progress.

    Raises:
        InvariantBroken: `grants`, when a share names a grant that is not there or more progress is
            taken back than was made.
    """
    amounts = dict(shares)
    changed = tuple(
        altered(grant, wagered_minor=grant.wagered_minor + sign * amounts.pop(grant.grant_id, 0))
        for grant in grants
    )
    if amounts or any(grant.wagered_minor < 0 for grant in changed):
        raise InvariantBroken("grants", "the progress of a grant")
    return changed


def refuse_stake_over_bonus_max(grants: Iterable[Grant], stake_minor: int) -> None:
    """Refuse a stake that is too high while bonus money with a highest stake is being wagered.

    Raises:
        Rejected: `stake_above_max`.
    """
    for grant in grants:
        highest = grant.max_stake_minor
        if highest is not None and grant.balance_minor and stake_minor > highest:
            raise Rejected(
                errors.STAKE_ABOVE_MAX,
                f"the highest stake while {grant.grant_id} runs is {highest}",
            )


def refuse_torn_bonus(head: Head, grants: Iterable[Grant]) -> None:
    """Raises `InvariantBroken(grants)` unless all grants together are the bonus balance."""
    if sum(grant.balance_minor for grant in grants) != head.bonus_minor:
        raise InvariantBroken("grants", "the grants do not add up to the bonus balance")


def _judged(
    grants: Sequence[Grant],
    fate: Callable[[Grant], GrantStatus | None],
    moment: Moment,
    cause: str | None,
) -> Judged:
    after: list[Grant] = []
    drafts: list[Draft] = []
    for grant in grants:
        status = fate(grant)
        if status is None:
            after.append(grant)
            continue
        done, draft = closed(grant, status, moment, cause)
        after.append(done)
        drafts.append(draft)
    return Judged(tuple(after), tuple(drafts))


def changed(before: Sequence[Grant], after: Iterable[Grant]) -> tuple[Grant, ...]:
    """The grants of `after` that are not as they were."""
    return tuple(grant for was, grant in zip(before, after, strict=True) if grant != was)
