"""Averages over cross-validation folds: which mean metrics can belong to the same folds.

An average of ratios is not the ratio of averages, so the algebra of one table says nothing about means over
folds. What holds is convexity: the vector of mean metrics is an average of vectors of single tables, hence
lies in their convex hull. That is a linear programme over all possible tables, and one without a solution
proves that no folds whatever print these means. A solution proves nothing: no alarm is ever false.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from neolab.claims.audit.confusion import Bounds, metric_bounds
from neolab.claims.audit.rounding import TOLERANCE, Interval, first_rounded, slack

Kind = tuple[int, int]  # (positives, negatives) of one fold

# Metrics that no table leaves open; for the others a printed SD bounds the spread from above only.
ALWAYS_DEFINED = frozenset({"sensitivity", "specificity", "accuracy", "balanced_accuracy"})


def stratified_kinds(positives: int, negatives: int, n_folds: int) -> list[Kind]:
    """Return the fold sizes that stratified splitting can give: each class as even as can be."""

    def shares(count: int) -> set[int]:
        return {count // n_folds, -(-count // n_folds)}

    return sorted((p, n) for p in shares(positives) for n in shares(negatives))


def plain_kinds(positives: int, negatives: int, n_folds: int) -> list[Kind]:
    """Return the folds that splitting without regard to class can give: equal sizes, any positives."""
    total = positives + negatives
    return [
        (p, size - p)
        for size in sorted({total // n_folds, -(-total // n_folds)})
        for p in range(max(0, size - negatives), min(size, positives) + 1)
    ]


def fold_means_feasible(
    means: Mapping[str, Interval],
    positives: int,
    negatives: int,
    n_folds: int,
    *,
    sds: Mapping[str, Interval] | None = None,
    ddof: int = 1,
    kinds: Iterable[Kind] | None = None,
    undefined: str = "open",
    first: Mapping[str, Sequence[int]] | None = None,
    cut: bool = False,
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
    undefined : str
        What 0 / 0 is in a fold, as in `metric_bounds`; "out" leaves that fold out of the mean.
    first : mapping of metric to sequence of int, optional
        Decimals to which folds' values may have been rounded (``cut``: cut off) before averaging.
    """
    from scipy.optimize import linprog

    kinds = tuple(kinds) if kinds is not None else tuple(stratified_kinds(positives, negatives, n_folds))
    bounds, sizes = _tables(kinds, undefined)
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for name, interval in means.items():
        low, high = bounds[name]
        if first:
            ways = [(low, high), *(first_rounded(low, high, decimals, cut) for decimals in first[name])]
            low, high = np.min([way[0] for way in ways], axis=0), np.max([way[1] for way in ways], axis=0)
        left_out = np.isnan(low)
        if left_out.any():
            # The mean over the other folds: their excess over the interval's ends adds up to nothing or less.
            rows += [np.where(left_out, 0, low - interval.high), np.where(left_out, 0, interval.low - high)]
            limits += [1e-7, 1e-7]
            continue
        _add_rows(rows, limits, low, high, interval)
        if sds and name in sds:
            _add_spread(rows, limits, (low, high), interval, sds[name], (n_folds, ddof), name)
    result = linprog(
        np.zeros(len(sizes[0])),
        A_ub=np.array(rows),
        b_ub=np.array(limits),
        A_eq=np.vstack([np.ones(len(sizes[0])), *sizes]),
        b_eq=[1.0, positives / n_folds, negatives / n_folds],
        method="highs",
    )
    return result.status != 2  # 2: proven infeasible; anything else is no proof


@lru_cache(maxsize=64)
def _tables(kinds: tuple[Kind, ...], undefined: str) -> tuple[Bounds, np.ndarray]:
    """Return the metrics of every table of these folds, and the folds' (positives, negatives)."""
    grids = [np.mgrid[0 : p + 1, 0 : n + 1].reshape(2, -1) for p, n in kinds]
    tp, tn = np.hstack(grids)
    sizes = np.repeat(np.array(kinds, float), [grid.shape[1] for grid in grids], axis=0).T
    return metric_bounds(tp, tn, sizes[0], sizes[1], undefined), sizes


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


def mean_proportions(sizes: Mapping[int, int], decimals: int | None = None, cut: bool = False) -> np.ndarray:
    """Return every value that the mean over folds of (correct / size) can take, sorted.

    Parameters
    ----------
    sizes : mapping of int to int
        Fold size -> number of folds.
    decimals, cut
        If given, each fold's value is rounded (cut off) to so many decimals first.
    """
    return _mean_proportions(tuple(sizes.items()), decimals, cut)


@lru_cache(maxsize=256)
def _mean_proportions(sizes: tuple[tuple[int, int], ...], decimals: int | None, cut: bool) -> np.ndarray:
    values = np.zeros(1)
    for size, count in sizes:
        one = np.arange(size + 1) / size
        if decimals is None:
            values = np.unique(np.round(np.add.outer(values, np.arange(count * size + 1) / size), 12))
            continue
        one = np.unique(np.round(first_rounded(one, one, decimals, cut), 12))
        for _ in range(count):
            values = np.unique(np.round(np.add.outer(values, one), 9))
    return values / sum(count for _, count in sizes)


def mean_proportion_attainable(
    mean: Interval, sizes: Mapping[int, int], decimals: int | None = None, cut: bool = False
) -> bool:
    """Whether the mean over folds of a proportion of each fold can print so."""
    values = mean_proportions(sizes, decimals, cut)
    return bool(np.any((values >= mean.low - slack(1)) & (values <= mean.high + slack(1))))


def nearest_means(value: float, sizes: Mapping[int, int]) -> tuple[float, float]:
    """Return the attainable means just below and just above ``value``."""
    values = mean_proportions(sizes)
    after = int(np.searchsorted(values, value + TOLERANCE))
    return float(values[max(after - 1, 0)]), float(values[min(after, len(values) - 1)])
