"""Statements in words held against the numbers they speak of."""

from neolab.claims.audit.rounding import Interval


def significance_possible(says_significant: bool, p: Interval, level: float = 0.05) -> bool:
    """Whether a p-value in the interval can be called (not) significant at ``level``."""
    return p.low < level if says_significant else p.high >= level


def bound_possible(relation: str, bound: float, value: Interval) -> bool:
    """Whether a value in the interval can satisfy "< bound" or "> bound"."""
    if relation == "<":
        return value.low < bound
    if relation == ">":
        return value.high > bound
    raise ValueError(f"relation: found {relation!r}, expected '<' or '>'")


def is_largest(value: Interval, others: list[Interval]) -> bool:
    """Whether a value can be at least as large as all the others."""
    return all(value.high >= other.low for other in others)


def name_fits_range(value: Interval, lowest: float, highest: float) -> bool:
    """Whether a value can belong to a quantity that only takes values between two limits."""
    return value.high >= lowest and value.low <= highest
