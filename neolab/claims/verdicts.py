"""From a published number and a run's number to a verdict, by interval logic.

Two intervals meet. The *tolerance interval* of a claim holds the values that would count as the same number:
the printed value, widened by its rounding and by a tolerance fixed before any result was seen (usually the
sampling error that the paper's own n implies). The *result interval* of a run is the interval that the metric
itself reports; a result without one is a point.

Real images (the word *reproduced* is reserved for them):

* reproduced - the whole result interval lies inside the tolerance interval: every value that the new data
  leave plausible is one that would count as the same. A wide interval cannot be reproduced by luck.
* not reproduced - the two are disjoint: no plausible value would count as the same.
* inconclusive - anything else; and a point without an interval, unless the quantity has no sampling error.

Simulated images can only fail to contradict a paper, so the verdicts are weaker:

* in silico: inconsistent - the two intervals are disjoint. With two 95% intervals of equal width that happens
  by chance about once in 180 comparisons, so it is not said lightly.
* in silico: consistent - the run's value itself lies inside the tolerance interval, and its interval is at
  most twice as wide. Overlap alone is not enough: a run on eight babies overlaps with everything. Twice the
  width allows a quarter of the paper's subjects where the tolerance is the paper's sampling error.
* inconclusive - anything else.

Containment is not asked for in silico because the result interval of a cohort of the paper's size is as wide
as the tolerance, and would almost never fit inside; the weaker rule buys the weaker word. Each rule moves one
way only: a larger tolerance never turns agreement into disagreement.

A p-value is as uncertain as the z behind it, which has a standard error of 1 whatever the sample: its
interval is that of z +- 1.96. Disagreement asks for that interval to be disjoint from the tolerance,
agreement only for the p-value itself to lie inside. So one run with p = 0.08 does not refute "p < 0.05":
inconclusive.

Group-average images are no sample of anybody, and say nothing about published results on patients.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from neolab.claims.schema import Claim
from neolab.io.result_class import ResultClass


class Verdict(StrEnum):
    """What can be said of one claim, from the audit or from runs."""

    CONTRADICTED = "contradicted"
    RECOMPUTED = "recomputed"
    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    CONSISTENT = "in silico: consistent"
    INCONSISTENT = "in silico: inconsistent"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTABLE = "not testable"
    NO_RUN = "no run"


@dataclass(frozen=True)
class Result:
    """One metric of one run.

    Attributes
    ----------
    value : float
    low, high : float or None
        Its interval, where it has one.
    result_class : ResultClass
        Class of the images it was measured on.
    """

    value: float
    low: float | None
    high: float | None
    result_class: ResultClass

    @classmethod
    def from_record(cls, record: Mapping, result_class: ResultClass | str) -> "Result | None":
        """Read an entry of ``metrics`` in ``results.json``; None where its value is missing."""
        value = record.get("value")
        if value is None or not math.isfinite(value):
            return None
        ends = [record.get("low"), record.get("high")]
        low, high = ends if None not in ends else (None, None)
        return cls(float(value), low, high, ResultClass(result_class))

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high, or the value twice; always holds the value."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return min(self.low, self.value), max(self.high, self.value)


# A result interval at most this many times as wide as the tolerance interval can be called consistent.
WIDEST = 2.0


def judge(claim: Claim, result: Result | None, tolerance_scale: float = 1.0) -> Verdict:
    """Return the verdict of one run on one claim; the rules stand at the top of this module.

    Parameters
    ----------
    result : Result or None
        None where no run measured ``claim.result``.
    tolerance_scale : float
        Multiplies the tolerance, for the sensitivity analysis.
    """
    if claim.result is None:
        return Verdict.NOT_TESTABLE
    if result is None:
        return Verdict.NO_RUN
    tolerance = claim.tolerance_interval(tolerance_scale)
    if result.result_class is ResultClass.REAL:
        return _judge_real(claim, result, tolerance)
    if result.result_class is ResultClass.SYNTHETIC:
        return _judge_synthetic(claim, result, tolerance)
    return Verdict.NOT_TESTABLE


def _judge_real(claim: Claim, result: Result, tolerance: tuple[float, float]) -> Verdict:
    if _disjoint(_plausible(claim, result), tolerance):
        return Verdict.NOT_REPRODUCED
    known = result.low is not None or claim.role == "design" or claim.statistic == "p_value"
    if known and _inside(result.interval, tolerance):
        return Verdict.REPRODUCED
    return Verdict.INCONCLUSIVE


def _judge_synthetic(claim: Claim, result: Result, tolerance: tuple[float, float]) -> Verdict:
    if _disjoint(_plausible(claim, result), tolerance):
        return Verdict.INCONSISTENT
    low, high = result.interval
    narrow = high - low <= WIDEST * (tolerance[1] - tolerance[0]) + _slack(high, low)
    if narrow and _inside((result.value, result.value), tolerance):
        return Verdict.CONSISTENT
    return Verdict.INCONCLUSIVE


def _plausible(claim: Claim, result: Result) -> tuple[float, float]:
    """Return the result's interval; for a p-value without one, that of the z behind it."""
    if claim.statistic != "p_value" or result.low is not None or not 0 <= result.value <= 1:
        return result.interval
    return p_value_interval(result.value)


def p_value_interval(p: float, level: float = 0.95) -> tuple[float, float]:
    """Return the two-sided p-values of z +- 1.96, where z is the normal deviate that ``p`` belongs to.

    Examples
    --------
    >>> low, high = p_value_interval(0.05)
    >>> print(f"{low:.5f} to {high:.2f}")
    0.00009 to 1.00
    """
    from scipy.stats import norm

    z, reach = float(norm.isf(p / 2)), float(norm.isf((1 - level) / 2))
    # Below 1e-300 rounding could push the ends past p itself.
    return min(p, float(2 * norm.sf(z + reach))), max(p, float(2 * norm.sf(max(z - reach, 0.0))))


def _slack(*values: float) -> float:
    """A margin for floating point: 0.05 + 0.005 must not miss 0.055."""
    return 1e-9 * max((abs(value) for value in values if math.isfinite(value)), default=1.0) + 1e-15


def _disjoint(a: tuple[float, float], b: tuple[float, float]) -> bool:
    margin = _slack(*a, *b)
    return a[1] < b[0] - margin or a[0] > b[1] + margin


def _inside(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    margin = _slack(*inner, *outer)
    return inner[0] >= outer[0] - margin and inner[1] <= outer[1] + margin


# From the strongest statement to the weakest; the first that holds is the claim's verdict.
_DECISIVE = (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED, Verdict.CONSISTENT, Verdict.INCONSISTENT)


def combine(audit: str | None, run: Verdict) -> Verdict:
    """Return the one verdict that the ledger counts.

    A number that other published numbers rule out is contradicted whatever a run says; a decisive run comes
    before *recomputed*, which speaks of the paper's arithmetic only; and that before having learnt nothing.

    Parameters
    ----------
    audit : str or None
        ``"contradicted"``, ``"recomputed"``, or anything else for no verdict.
    """
    if audit == Verdict.CONTRADICTED:
        return Verdict.CONTRADICTED
    if run in _DECISIVE:
        return run
    return Verdict.RECOMPUTED if audit == Verdict.RECOMPUTED else run
