"""Counts that must add up, and ratios of printed numbers."""

from collections.abc import Sequence

from neolab.claims.audit.rounding import Interval


def total_of(parts: Sequence[Interval], signs: Sequence[int] | None = None) -> Interval:
    """Return the sum (or signed sum) of printed numbers as an interval."""
    signs = signs or [1] * len(parts)
    low = sum(p.low if s > 0 else -p.high for p, s in zip(parts, signs, strict=True))
    high = sum(p.high if s > 0 else -p.low for p, s in zip(parts, signs, strict=True))
    return Interval(low, high)


def ratio_of(top: Interval, bottom: Interval) -> Interval:
    """Return the quotient of two positive printed numbers as an interval."""
    if top.low < 0 or bottom.low <= 0:
        raise ValueError("ratio_of: found a number that is not positive, expected two positive ones")
    return Interval(top.low / bottom.high, top.high / bottom.low)
