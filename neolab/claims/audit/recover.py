"""Recover whole-number confusion matrices from means and SDs over folds or raters."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, groupby, permutations, product
from math import comb, prod

import numpy as np

from neolab.claims.audit.confusion import metric_bounds
from neolab.claims.audit.rounding import TOLERANCE, Interval, first_rounded, round_as, rounded_interval

# Beyond these sizes the search, which is repeated for every reading, would take minutes.
MOST_SETS = 1_000_000
MOST_ARRANGEMENTS = 200_000
MOST_PAIRINGS = 1_000_000
MOST_AT_ONCE = 100_000

First = int | Mapping[str, Sequence[int]] | None


@dataclass(frozen=True)
class Summary:
    """A printed mean and SD of one metric; either may be absent."""

    mean: Interval | None = None
    sd: Interval | None = None


@dataclass(frozen=True)
class Tables:
    """One set of confusion matrices: true positives and true negatives of each fold or rater."""

    tp: tuple[int, ...]
    tn: tuple[int, ...]


class TooManyTables(ValueError):
    """The printed values leave so many sets of tables that listing them says nothing."""


def recover_tables(
    sizes: Sequence[tuple[int, int]],
    printed: Mapping[str, Summary],
    ddof: int = 1,
    rounded_first: First = None,
    cut: bool = False,
    enough: float = math.inf,
) -> list[Tables]:
    """Return every set of confusion matrices whose metrics have the printed means and SDs.

    Sets that differ only in the order of equally sized folds are one. The search takes the multisets of true
    positives that fit sensitivity, those of true negatives that fit specificity, and joins them over all
    pairings on the other metrics.

    Parameters
    ----------
    sizes : sequence of (positives, negatives)
        One pair per fold or rater; equal sizes must be neighbours.
    printed : mapping of metric to Summary
        Names as in `confusion.METRICS`.
    ddof : int
        1 for the sample SD, 0 for the population SD.
    rounded_first : int or mapping of metric to sequence of int, optional
        Decimals (of proportions) to which the folds' values may have been rounded before averaging, before
        taking the SD, or before both; None: not at all.
    cut : bool
        Whether they may have been cut off instead.
    enough : int, optional
        The search stops when it has found so many.

    Raises
    ------
    TooManyTables
        If there are too many sets of counts or pairings to try.
    """
    fits = _Fit(sizes, printed, ddof, rounded_first, cut)
    positives = _candidates(sizes, 0, fits, "sensitivity")
    negatives = _candidates(sizes, 1, fits, "specificity")
    others = [name for name in printed if name not in ("sensitivity", "specificity")]
    arrangements = _arrange(negatives, sizes, len(positives))
    found: set[Tables] = set()
    at_once = max(1, MOST_AT_ONCE // max(1, len(arrangements)))
    for start in range(0, len(positives), at_once):
        chunk = positives[start : start + at_once]
        tp = np.repeat(chunk, len(arrangements), axis=0)
        tn = np.tile(arrangements, (len(chunk), 1))
        good = np.flatnonzero(fits.all(others, tp, tn))
        good = good if len(good) <= enough else good[: int(enough)]
        found |= {_canonical(*pair, sizes) for pair in zip(tp[good], tn[good], strict=True)}
        if len(found) >= enough:
            break
    return sorted(found, key=lambda tables: (tables.tp, tables.tn))


def recover_without_one(
    sizes: Sequence[tuple[int, int]],
    printed: Mapping[str, Summary],
    ddof: int = 1,
    rounded_first: First = None,
) -> Iterator[tuple[str, str, list[Tables]]]:
    """Yield (metric, "mean" or "sd", tables) for each single printed number without which tables exist."""
    for metric, summary in printed.items():
        for part in ("mean", "sd"):
            if getattr(summary, part) is None:
                continue
            rest = {**printed, metric: Summary(**{**vars(summary), part: None})}
            try:
                tables = recover_tables(sizes, rest, ddof, rounded_first)
            except TooManyTables:
                continue
            if tables:
                yield metric, part, tables


def summarise(
    tables: Tables,
    sizes: Sequence[tuple[int, int]],
    metric: str,
    ddof: int = 1,
    rounded_first: int | None = None,
) -> tuple[list[float], float, float]:
    """Return the metric of each fold, their mean and their SD."""
    low, _ = _per_fold(np.array(tables.tp), np.array(tables.tn), sizes)[metric]
    if rounded_first is not None:
        low = np.round(low, rounded_first)
    return [float(value) for value in low], float(low.mean()), float(low.std(ddof=ddof))


def count_sets(tables: Tables, sizes: Sequence[tuple[int, int]], decimals: int, ddof: int) -> str:
    """Return how many sets fit the means and SDs of these tables, as percentages with fewer decimals.

    The SDs that are printed divide by n - 1; ``ddof`` is how they are read.
    """
    shown = {}
    for name in ("sensitivity", "specificity", "precision", "f1", "accuracy"):
        _, mean, sd = summarise(tables, sizes, name)
        pair = (rounded_interval(round_as(x, decimals + 2), decimals + 2) for x in (mean, sd))
        shown[name] = Summary(*pair)
    try:
        return str(len(recover_tables(sizes, shown, ddof)))
    except TooManyTables:
        return "too many to list"


@dataclass(frozen=True)
class _Fit:
    """Does a set of tables fit the printed means and SDs?"""

    sizes: Sequence[tuple[int, int]]
    printed: Mapping[str, Summary]
    ddof: int
    rounded_first: First
    cut: bool = False

    def all(self, metrics: Sequence[str], tp: np.ndarray, tn: np.ndarray) -> np.ndarray:
        """Return, for every row, whether all metrics fit."""
        bounds = _per_fold(tp, tn, self.sizes)
        good = np.ones(len(tn), bool)
        for metric in metrics:
            low, high = (side[good] for side in bounds[metric])
            good[good] = self.values(metric, low, high)
        return good

    def values(self, metric: str, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return, for every row of per-fold values, whether mean and SD of the metric fit."""
        summary, first = self.printed.get(metric, Summary()), self.rounded_first
        ways = [(low, high)]
        if first is not None:
            stages = (first,) if isinstance(first, int) else first[metric]
            ways += [first_rounded(low, high, decimals, self.cut) for decimals in stages]
        good = np.ones(len(low), bool)
        if summary.mean is not None:
            good &= np.any([_between(a.mean(1), b.mean(1), summary.mean) for a, b in ways], axis=0)
        if summary.sd is not None:
            sds = [(a.std(1, ddof=self.ddof), (a < b).any(1)) for a, b in ways]
            # An open value leaves the SD open.
            good &= np.any([_between(sd, sd, summary.sd) | is_open for sd, is_open in sds], axis=0)
        return good


def _between(low: np.ndarray, high: np.ndarray, printed: Interval) -> np.ndarray:
    return (low <= printed.high + TOLERANCE) & (high >= printed.low - TOLERANCE)


def _per_fold(tp: np.ndarray, tn: np.ndarray, sizes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the bounds of every metric, folds along the last axis."""
    sizes = np.asarray(sizes, float)
    return metric_bounds(tp, tn, sizes[:, 0], sizes[:, 1])


def _groups(sizes: Sequence[tuple[int, int]]) -> list[tuple[tuple[int, int], int]]:
    """Return runs of equal fold sizes as (size, length)."""
    return [(size, len(list(run))) for size, run in groupby(sizes)]


def _candidates(sizes, side: int, fits: _Fit, metric: str) -> np.ndarray:
    """Return the counts (one row a set, sorted within runs of equal folds) that fit the metric."""
    groups = [(size[side], length) for size, length in _groups(sizes)]
    if prod(comb(cases + length, length) for cases, length in groups) > MOST_SETS:
        raise TooManyTables(f"recover_tables: {metric} leaves too many sets of counts to list")
    runs = [
        np.array(list(combinations_with_replacement(range(cases + 1), length)), np.int32)
        for cases, length in groups
    ]
    rows = runs[0]
    for run in runs[1:]:
        rows = np.hstack([np.repeat(rows, len(run), axis=0), np.tile(run, (len(rows), 1))])
    values = rows / np.array([size[side] for size in sizes], float)
    return rows[fits.values(metric, values, values)]


def _arrange(rows: np.ndarray, sizes, partners: int) -> np.ndarray:
    """Return every distinct order of each row within runs of equal folds."""
    lengths = [length for _, length in _groups(sizes)]
    orders = np.prod([float(np.prod(np.arange(1, length + 1))) for length in lengths])
    arrangements = len(rows) * orders
    if arrangements > MOST_ARRANGEMENTS or arrangements * partners > MOST_PAIRINGS:
        raise TooManyTables(f"recover_tables: {len(rows)} x {partners} sets of counts, too many to pair")
    ends = np.cumsum([0, *lengths])
    arranged: set[tuple[int, ...]] = set()
    for row in rows.tolist():
        parts = [set(permutations(row[a:b])) for a, b in zip(ends[:-1], ends[1:], strict=True)]
        arranged |= {sum(combination, ()) for combination in product(*parts)}
    return np.array(sorted(arranged), np.int32).reshape(-1, len(sizes))


def _canonical(tp: np.ndarray, tn: np.ndarray, sizes) -> Tables:
    """Return the set with the folds of each run in a fixed order."""
    folds = sorted(zip(map(tuple, sizes), tp.tolist(), tn.tolist(), strict=True), key=lambda fold: fold[1:])
    order = {size: place for place, (size, _) in enumerate(_groups([tuple(size) for size in sizes]))}
    folds.sort(key=lambda fold: order[fold[0]])
    return Tables(tuple(fold[1] for fold in folds), tuple(fold[2] for fold in folds))
