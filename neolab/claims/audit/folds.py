"""Averages over cross-validation folds: which mean metrics can belong to the same folds.

An average of ratios is not the ratio of averages, so the algebra of one table says nothing about means over
folds. What holds is convexity: the vector of mean metrics is an average of vectors of single tables, hence
lies in their convex hull. That is a linear programme over all possible tables, and one without a solution
proves that no folds whatever print these means. A solution proves nothing: no alarm is ever false.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from neolab.claims.audit.confusion import metric_bounds
from neolab.claims.audit.rounding import TOLERANCE, Interval, slack

Kind = tuple[int, int]  # (positives, negatives) of one fold

# Metrics that no table leaves open; for the others a printed SD bounds the spread from above only.
ALWAYS_DEFINED = frozenset({"sensitivity", "specificity", "accuracy", "balanced_accuracy"})


def stratified_kinds(positives: int, negatives: int, n_folds: int) -> list[Kind]:
    """Return the fold sizes that stratified splitting can give: each class as even as can be."""

    def shares(count: int) -> set[int]:
        return {count // n_folds, -(-count // n_folds)}

    return sorted((p, n) for p in shares(positives) for n in shares(negatives))


def fold_means_feasible(
    means: Mapping[str, Interval],
    positives: int,
    negatives: int,
    n_folds: int,
    *,
    sds: Mapping[str, Interval] | None = None,
    ddof: int = 1,
    kinds: Iterable[Kind] | None = None,
) -> bool:
    """Return False only if no folds of this cohort can have these mean metrics (and SDs).

    Parameters
    ----------
    means, sds : mapping of metric to Interval
        Printed means, and printed SDs over folds where there are any; names as in `confusion.METRICS`.
    positives, negatives : int
        The whole cohort; each case is tested once.
    n_folds : int
    ddof : int
        Convention of the SDs.
    kinds : iterable of (positives, negatives), optional
        Fold sizes that may occur; default `stratified_kinds`.
    """
    from scipy.optimize import linprog

    kinds = list(kinds) if kinds is not None else stratified_kinds(positives, negatives, n_folds)
    tables = [_table_bounds(p, n) for p, n in kinds]
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for name, interval in means.items():
        low, high = (np.concatenate([table[name][side] for table in tables]) for side in (0, 1))
        _add_rows(rows, limits, low, high, interval)
        if sds and name in sds:
            _add_spread(rows, limits, (low, high), interval, sds[name], (n_folds, ddof), name)
    sizes = [np.repeat(values, [_n_tables(k) for k in kinds]) for values in np.array(kinds, float).T]
    result = linprog(
        np.zeros(len(sizes[0])),
        A_ub=np.array(rows),
        b_ub=np.array(limits),
        A_eq=np.vstack([np.ones(len(sizes[0])), *sizes]),
        b_eq=[1.0, positives / n_folds, negatives / n_folds],
        method="highs",
    )
    return result.status != 2  # 2: proven infeasible; anything else is no proof


def _n_tables(kind: Kind) -> int:
    return (kind[0] + 1) * (kind[1] + 1)


def _table_bounds(positives: int, negatives: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    tp, tn = np.mgrid[0 : positives + 1, 0 : negatives + 1]
    bounds = metric_bounds(tp, tn, positives, negatives)
    return {name: (low.ravel(), high.ravel()) for name, (low, high) in bounds.items()}


def _add_rows(rows: list, limits: list, low: np.ndarray, high: np.ndarray, interval: Interval) -> None:
    """Demand that the mean of something between ``low`` and ``high`` can lie in the interval."""
    rows += [low, -high]
    # The solver's own feasibility tolerance is 1e-7; the slack keeps true means on the feasible side.
    limits += [interval.high + 1e-7, -interval.low + 1e-7]


def _add_spread(rows, limits, bounds, mean: Interval, sd: Interval, convention, name: str) -> None:
    """Demand a mean square that fits SD and mean: E[x^2] = (k - ddof) / k SD^2 + mean^2."""
    n_folds, ddof = convention
    share = (n_folds - ddof) / n_folds
    squares = [np.square(side) for side in bounds]
    low_square, high_square = np.minimum(*squares), np.maximum(*squares)
    crosses_zero = (bounds[0] < 0) & (bounds[1] > 0)
    low_square = np.where(crosses_zero, 0.0, low_square)
    ends = (mean.low**2, mean.high**2)
    least = 0.0 if mean.low < 0 < mean.high else min(ends)
    rows.append(low_square)
    limits.append(share * sd.high**2 + max(ends) + 1e-7)
    if name in ALWAYS_DEFINED:
        rows.append(-high_square)
        limits.append(-(share * max(sd.low, 0.0) ** 2 + least) + 1e-7)


def fold_size_sets(positives: int, negatives: int, n_folds: int) -> list[dict[int, int]]:
    """Return the possible multisets of fold sizes, each as size -> how many folds.

    Stratified splitting spreads each class evenly, and the folds that get one more of either class may or may
    not be the same.
    """
    (small_p, extra_p), (small_n, extra_n) = divmod(positives, n_folds), divmod(negatives, n_folds)
    base = small_p + small_n
    found = []
    for both in range(max(0, extra_p + extra_n - n_folds), min(extra_p, extra_n) + 1):
        one = extra_p + extra_n - 2 * both
        sizes = {base + 2: both, base + 1: one, base: n_folds - both - one}
        found.append({size: count for size, count in sizes.items() if count})
    return found


def mean_proportions(sizes: Mapping[int, int]) -> np.ndarray:
    """Return every value that the mean over folds of (correct / size) can take, sorted.

    Parameters
    ----------
    sizes : mapping of int to int
        Fold size -> number of folds.
    """
    n_folds = sum(sizes.values())
    values = np.zeros(1)
    for size, count in sizes.items():
        steps = np.arange(count * size + 1) / size
        values = np.unique(np.round(np.add.outer(values, steps).ravel(), 12))
    return values / n_folds


def mean_proportion_attainable(mean: Interval, sizes: Mapping[int, int]) -> bool:
    """Whether the mean over folds of a proportion of each fold can print so."""
    values = mean_proportions(sizes)
    return bool(np.any((values >= mean.low - slack(1)) & (values <= mean.high + slack(1))))


def nearest_means(value: float, sizes: Mapping[int, int]) -> tuple[float, float]:
    """Return the attainable means just below and just above ``value``."""
    values = mean_proportions(sizes)
    after = int(np.searchsorted(values, value + TOLERANCE))
    return float(values[max(after - 1, 0)]), float(values[min(after, len(values) - 1)])
