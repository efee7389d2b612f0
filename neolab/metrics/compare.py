"""Tests that compare proportions: between groups, and between methods on the same cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.checks import labels, same_length
from neolab.metrics.estimate import Estimate, Z


@dataclass(frozen=True)
class Comparison:
    """The outcome of a test.

    Attributes
    ----------
    statistic : float
        NaN for exact tests, which have none.
    degrees_of_freedom : float
    p : float
        Two-sided.
    method : str
    """

    statistic: float
    degrees_of_freedom: float
    p: float
    method: str


def chi_square(table: Sequence[Sequence[int]], *, yates: bool) -> Comparison:
    """Test independence in a table of counts.

    Parameters
    ----------
    table : rows x columns of counts
    yates : bool
        Correct for continuity (2 x 2 tables only). SPSS prints both; papers rarely say which is theirs.
    """
    from scipy.stats import chi2_contingency

    table = _counts(table)
    if (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
        raise InputError("table: found an empty row or column, expected counts in each")
    outcome = chi2_contingency(table, correction=yates)
    name = "chi-square, Yates" if yates and table.shape == (2, 2) else "chi-square"
    return Comparison(float(outcome.statistic), float(outcome.dof), float(outcome.pvalue), name)


def fisher_exact(table: Sequence[Sequence[int]]) -> Comparison:
    """Test independence in a 2 x 2 table exactly."""
    from scipy.stats import fisher_exact as scipy_fisher_exact

    table = _counts(table)
    if table.shape != (2, 2):
        raise InputError(f"table: found shape {table.shape}, expected 2 x 2")
    return Comparison(math.nan, math.nan, float(scipy_fisher_exact(table).pvalue), "Fisher exact")


def _counts(table) -> np.ndarray:
    table = np.asarray(table)
    if table.ndim != 2 or min(table.shape) < 2:
        raise InputError(f"table: found shape {table.shape}, expected at least 2 x 2")
    if (table < 0).any() or (table != np.round(table)).any():
        raise InputError("table: found values that are no counts, expected whole numbers of at least 0")
    return table.astype(int)


def mcnemar_exact(only_first: int, only_second: int) -> Comparison:
    """Test whether two methods are right equally often on the same cases.

    Parameters
    ----------
    only_first, only_second : int
        Cases that only the first, and only the second, method got right; the others say nothing.
    """
    from scipy.stats import binomtest

    discordant = only_first + only_second
    p = 1.0 if discordant == 0 else float(binomtest(only_first, discordant, 0.5).pvalue)
    return Comparison(math.nan, math.nan, p, "McNemar exact")


@dataclass(frozen=True)
class PairedComparison:
    """Two methods on the same cases.

    Attributes
    ----------
    table : array, shape (2, 2)
        Cases by first method right or wrong (rows) and second right or wrong (columns).
    difference : Estimate
        Accuracy of the first minus accuracy of the second.
    paired : Comparison
        McNemar's exact test, which fits.
    unpaired : Comparison
        Chi-square without correction as if the cases were different ones, which papers often print.
    unpaired_yates : Comparison
        The same with Yates' correction.
    """

    table: np.ndarray
    difference: Estimate
    paired: Comparison
    unpaired: Comparison | None
    unpaired_yates: Comparison | None


def compare_classifiers(truth: Sequence, first: Sequence, second: Sequence) -> PairedComparison:
    """Compare the accuracies of two sets of calls on the same cases.

    The unpaired tests are None where both methods are always right or always wrong.
    """
    truth, first, second = labels("truth", truth), labels("first", first), labels("second", second)
    n = same_length(truth=truth, first=first, second=second)
    right_first, right_second = first == truth, second == truth
    table = np.array(
        [
            [(right_first & right_second).sum(), (right_first & ~right_second).sum()],
            [(~right_first & right_second).sum(), (~right_first & ~right_second).sum()],
        ]
    )
    totals = np.array(
        [[right_first.sum(), (~right_first).sum()], [right_second.sum(), (~right_second).sum()]]
    )
    testable = (totals.sum(axis=0) > 0).all()
    return PairedComparison(
        table=table,
        difference=paired_difference(int(table[0, 1]), int(table[1, 0]), n),
        paired=mcnemar_exact(int(table[0, 1]), int(table[1, 0])),
        unpaired=chi_square(totals, yates=False) if testable else None,
        unpaired_yates=chi_square(totals, yates=True) if testable else None,
    )


def paired_difference(only_first: int, only_second: int, n: int) -> Estimate:
    """Return the difference of two proportions of the same n cases.

    Interval: adjusted Wald of Bonett and Price 2012 (J Educ Behav Stat 37:479), one case added to each
    discordant cell.
    """
    if n <= 0 or min(only_first, only_second) < 0 or only_first + only_second > n:
        raise InputError(
            f"counts: found {only_first} and {only_second} of {n}, expected parts of a positive n"
        )
    a, b = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = Z * math.sqrt((a + b - (a - b) ** 2) / (n + 2))
    low, high = max(-1.0, a - b - half), min(1.0, a - b + half)
    return Estimate((only_first - only_second) / n, low, high, n, "95% Bonett-Price, paired")
