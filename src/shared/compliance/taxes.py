"""Splitting revenue without losing or making a centavo.

Parts are apportioned by largest remainder: each part gets its floor, and what is left goes, one
minor unit each, to the parts with the largest remainders (of equal ones, to the earlier). The parts
always add up to the whole. A negative revenue is the operator's alone: nobody pays a loss back.
"""

from dataclasses import dataclass

from shared.compliance.rules import Destinations, FeeBands, GgrSplit


@dataclass(frozen=True, slots=True)
class GgrParts:
    """Minor units; together the revenue that was split."""

    operator_minor: int
    social_security_minor: int
    destinations_minor: int


def split_ggr(ggr_minor: int, split: GgrSplit) -> GgrParts:
    """The parts of a period's revenue (LC 224/2025 art. 9)."""
    if ggr_minor <= 0:
        return GgrParts(ggr_minor, 0, 0)
    weights = (split.operator_bps, split.social_security_bps, split.destinations_bps)
    return GgrParts(*apportion(ggr_minor, weights))


def split_destinations(amount_minor: int, destinations: Destinations) -> dict[str, int]:
    """What each destination gets of their common part."""
    names = [name for name, _ in destinations.shares]
    parts = apportion(amount_minor, tuple(share for _, share in destinations.shares))
    return dict(zip(names, parts, strict=True))


def apportion(whole: int, weights: tuple[int, ...]) -> tuple[int, ...]:
    """`whole` (not negative) in proportion to `weights`; the parts add up to it exactly."""
    assert whole >= 0
    total = sum(weights)
    assert total > 0
    assert min(weights) >= 0
    parts = [whole * weight // total for weight in weights]
    remainders = [whole * weight % total for weight in weights]
    neediest = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in neediest[: whole - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def inspection_fee(base_minor: int, fee: FeeBands) -> int:
    """The month's fee for what the operator kept; the upper end belongs to its band."""
    return next(amount for end, amount in fee.bands if end is None or base_minor <= end)
