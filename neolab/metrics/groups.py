"""Differences between two groups of patients: t-tests, from data or from published summaries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neolab.errors import InputError
from neolab.metrics.checks import numbers
from neolab.metrics.estimate import Estimate


@dataclass(frozen=True)
class Summary:
    """Mean, SD (ddof 1) and size of a group, as a table prints them."""

    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, values: Sequence) -> "Summary":
        """Summarise ``values``; at least two of them."""
        array = numbers("values", values)
        if len(array) < 2:
            raise InputError("values: found one value, expected at least two")
        return cls(float(array.mean()), float(array.std(ddof=1)), len(array))


@dataclass(frozen=True)
class GroupDifference:
    """Difference of two means (first minus second) with its test.

    Attributes
    ----------
    difference : Estimate
    t, degrees_of_freedom, p : float
        Two-sided.
    method : str
        "Student" or "Welch".
    """

    difference: Estimate
    t: float
    degrees_of_freedom: float
    p: float
    method: str


def t_test(first: Sequence, second: Sequence, *, equal_variance: bool = True) -> GroupDifference:
    """Compare two groups of values: Student's test, or Welch's with ``equal_variance=False``."""
    return t_test_from_summaries(Summary.of(first), Summary.of(second), equal_variance=equal_variance)


def t_test_from_summaries(first: Summary, second: Summary, *, equal_variance: bool = True) -> GroupDifference:
    """Compare two groups known by mean, SD and n, as a published table gives them."""
    from scipy.stats import t as student

    for group in (first, second):
        if group.n < 2 or group.sd < 0:
            raise InputError(f"group: found n {group.n} and SD {group.sd:g}, expected n >= 2 and SD >= 0")
    error, freedom = _standard_error(first, second, equal_variance)
    difference = first.mean - second.mean
    statistic = (
        difference / error if error > 0 else math.copysign(math.inf, difference) if difference else 0.0
    )
    half = student.isf(0.025, freedom) * error
    method = "Student" if equal_variance else "Welch"
    estimate = Estimate.around(difference, half, first.n + second.n, f"{method} t, patients")
    p = float(2 * student.sf(abs(statistic), freedom))
    return GroupDifference(estimate, statistic, freedom, p, method)


def _standard_error(first: Summary, second: Summary, equal_variance: bool) -> tuple[float, float]:
    a, b = first.sd**2 / first.n, second.sd**2 / second.n
    if equal_variance or a + b == 0:
        freedom = first.n + second.n - 2
        pooled = ((first.n - 1) * first.sd**2 + (second.n - 1) * second.sd**2) / freedom
        return math.sqrt(pooled * (1 / first.n + 1 / second.n)), float(freedom)
    # Welch-Satterthwaite with shares instead of squared variances, which may underflow.
    share = a / (a + b)
    freedom = 1 / (share**2 / (first.n - 1) + (1 - share) ** 2 / (second.n - 1))
    return math.sqrt(a + b), freedom
