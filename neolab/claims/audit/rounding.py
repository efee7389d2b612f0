"""Printed numbers as intervals: every value that prints as what stands in the paper."""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from neolab.claims.numerals import read_numerals
from neolab.claims.schema import Claim

# Relative slack for floating-point noise: 13 decimal digits below anything a paper prints.
TOLERANCE = 1e-9

ROUNDINGS = {"half-even": ROUND_HALF_EVEN, "half-up": ROUND_HALF_UP, "truncate": ROUND_DOWN}


@dataclass(frozen=True)
class Interval:
    """A closed interval of real numbers; both ends belong to it, so half-up and half-even both fit."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The printed value, for an interval made by rounding."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """Half of the interval's length."""
        return (self.high - self.low) / 2

    def contains(self, value: float) -> bool:
        """Whether ``value`` lies inside, up to floating-point noise."""
        return self.low - slack(self.low) <= value <= self.high + slack(self.high)

    def overlaps(self, other: "Interval") -> bool:
        """Whether some value lies in both."""
        return self.contains(other.low) or other.contains(self.low)

    def widened(self, by: float) -> "Interval":
        """Return the interval with ``by`` added on both sides."""
        return Interval(self.low - by, self.high + by)

    def times(self, factor: float) -> "Interval":
        """Return the interval in another unit; ``factor`` > 0."""
        return Interval(self.low * factor, self.high * factor)


def slack(value: float) -> float:
    """Return the floating-point slack at ``value``."""
    return TOLERANCE * max(1.0, abs(value)) if math.isfinite(value) else 0.0


def exactly(value: float) -> Interval:
    """Return the interval that holds one value: a count, or a number taken as exact."""
    return Interval(value, value)


def printed(text: str, numeral: int = 1) -> Interval:
    """Return the values that print as the given number of ``text``; percentages come back as proportions.

    Examples
    --------
    >>> printed("52.48 ± 13.58%", 2)
    Interval(low=0.13575, high=0.13585)
    """
    number = read_numerals(text)[numeral - 1]
    scale = 100.0 if number.percent else 1.0
    return Interval((number.value - number.half_width) / scale, (number.value + number.half_width) / scale)


def claimed(claim: Claim) -> Interval:
    """Return the values that a claim allows: its rounding interval, open-ended where it is a bound."""
    low, high = claim.rounding_interval()
    if claim.relation == "<":
        return Interval(-math.inf, high)
    if claim.relation == ">":
        return Interval(low, math.inf)
    return Interval(low, high)


def truncated(interval: Interval) -> Interval:
    """Return the values (>= 0) that give the same digits when cut off instead of rounded."""
    return Interval(interval.middle, interval.high + interval.half_width)


def round_as(value: float, decimals: int, how: str = "half-even") -> float:
    """Round as papers do; ``how`` is one of `ROUNDINGS`.

    The shortest decimal that represents ``value`` is rounded, which is what a person or a spreadsheet does.
    """
    exact = Decimal(repr(float(value)))
    return float(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUNDINGS[how]))


def rounded_interval(value: float, decimals: int) -> Interval:
    """Return the rounding interval of a number printed as ``value`` with ``decimals`` places."""
    half = 0.5 * 10.0**-decimals
    return Interval(value - half, value + half)
