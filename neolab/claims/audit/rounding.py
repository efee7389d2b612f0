"""Printed numbers as intervals: every value that prints as what stands in the paper."""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np

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


def as_read(interval: Interval, text: str, digits: str) -> Interval:
    """Return what a printed number allows under another reading of its digits.

    Parameters
    ----------
    interval : Interval
        Its rounding interval.
    text : str
        Its digits as printed.
    digits : str
        "rounded"; "cut": the digits after the last were cut off; "padded": zeros at the end were added.
    """
    half = interval.half_width
    if digits == "rounded" or not 0 < half < math.inf:
        return interval
    if digits == "cut":
        value, unit = interval.middle, 2 * half
        return Interval(value - unit * (value < half), value + unit * (value > -half))
    zeros = len(text) - len(text.rstrip("0")) if "." in text else 0
    return interval.widened(half * (10.0**zeros - 1))


def first_rounded(
    low: np.ndarray, high: np.ndarray, decimals: int, cut: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of values after each was rounded (or cut off, towards zero) to ``decimals``.

    A tie may have gone either way, so half-up and half-even both fit.
    """
    scale, noise = 10.0**decimals, 1e-7
    below, above = low * scale, high * scale
    if cut:
        least = np.where(below > 0, np.maximum(np.floor(below - noise), 0), np.ceil(below - noise))
        most = np.where(above < 0, np.minimum(np.ceil(above + noise), 0), np.floor(above + noise))
        return least / scale, most / scale
    return np.ceil(below - 0.5 - noise) / scale, np.floor(above + 0.5 + noise) / scale


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
