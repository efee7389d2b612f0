"""The algebra of one 2x2 table: which printed metrics can be true together."""

from collections.abc import Mapping
from itertools import product

import numpy as np

from neolab.claims.audit.rounding import TOLERANCE, Interval

METRICS = (
    "sensitivity",
    "specificity",
    "precision",
    "npv",
    "f1",
    "accuracy",
    "balanced_accuracy",
    "mcc",
    "auc",
)
Bounds = dict[str, tuple[np.ndarray, np.ndarray]]


def metric_bounds(
    tp: np.ndarray,
    tn: np.ndarray,
    positives: int | np.ndarray,
    negatives: int | np.ndarray,
    undefined: str = "open",
) -> Bounds:
    """Return lower and upper bounds of every metric for tables with the given cells.

    The bounds are equal except where the table leaves the metric open: a ratio 0 / 0 may have been printed as
    anything in its range (0, 1, or left out of an average), and one operating point bounds the AUC only by
    sensitivity x specificity and 1 - (1 - sensitivity)(1 - specificity) (the two staircases through it).

    Parameters
    ----------
    tp, tn : ndarray of int
        True positives (0..positives) and true negatives (0..negatives), broadcast against each other.
    undefined : str
        What 0 / 0 is: "open" (anything in the range), "zero", "one" (an MCC is 0 even then), or "out" (NaN).

    Returns
    -------
    dict of str to (ndarray, ndarray)
        Low and high for each of `METRICS`, as proportions (MCC -1..1).
    """
    tp, tn = np.broadcast_arrays(np.asarray(tp, float), np.asarray(tn, float))
    fn, fp = positives - tp, negatives - tn
    fill = {"zero": (0.0, 0.0), "one": (1.0, 1.0), "out": (np.nan, np.nan)}.get(undefined, (0.0, 1.0))
    bounds: Bounds = {
        "sensitivity": _ratio(tp, positives + 0 * tp, fill),
        "specificity": _ratio(tn, negatives + 0 * tn, fill),
        "accuracy": _ratio(tp + tn, positives + negatives + 0 * tp, fill),
        "precision": _ratio(tp, tp + fp, fill),
        "npv": _ratio(tn, tn + fn, fill),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn, fill),
    }
    marginals = np.sqrt((tp + fp) * (tn + fn) * 1.0 * positives * negatives)
    mcc_fill = {"open": (-1.0, 1.0), "out": fill}.get(undefined, (0.0, 0.0))
    bounds["mcc"] = _ratio(tp * tn - fp * fn, marginals, mcc_fill)
    rates = list(zip(bounds["sensitivity"], bounds["specificity"], strict=True))
    bounds["balanced_accuracy"] = tuple((sens + spec) / 2 for sens, spec in rates)
    (sens, spec), (most_sens, most_spec) = rates
    bounds["auc"] = (sens * spec, 1 - (1 - most_sens) * (1 - most_spec))
    return bounds


def _ratio(top: np.ndarray, bottom: np.ndarray, fill: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return top / bottom twice, except ``fill`` where bottom is 0."""
    empty = bottom == 0
    quotient = top / np.where(empty, 1, bottom)
    return np.where(empty, fill[0], quotient), np.where(empty, fill[1], quotient)


def feasible_tables(printed: Mapping[str, Interval], positives: int, negatives: int) -> list[tuple[int, int]]:
    """Return every (tp, tn) of one table whose metrics all fit what is printed."""
    tp, tn = np.mgrid[0 : positives + 1, 0 : negatives + 1]
    bounds = metric_bounds(tp, tn, positives, negatives)
    fits = np.ones(tp.shape, bool)
    for name, interval in printed.items():
        low, high = bounds[name]
        fits &= (low <= interval.high + TOLERANCE) & (high >= interval.low - TOLERANCE)
    return [(int(a), int(b)) for a, b in zip(tp[fits], tn[fits], strict=True)]


def share_range(sensitivity: Interval, specificity: Interval, accuracy: Interval) -> Interval | None:
    """Return the shares of positives at which accuracy = share x sensitivity + (1 - share) x specificity.

    Outside 0..1 where accuracy does not lie between the two; None where sensitivity and specificity can be
    equal, because any share would do. The share is monotone in each of the three, so its extremes are at
    corners of the rounding intervals.
    """
    if sensitivity.overlaps(specificity):
        return None
    shares = [
        (acc - spec) / (sens - spec)
        for sens, spec, acc in product(*((i.low, i.high) for i in (sensitivity, specificity, accuracy)))
    ]
    return Interval(min(shares), max(shares))


def f1_range(sensitivity: Interval, specificity: Interval, share: Interval) -> Interval:
    """Return the F1 of one table of any size with these rates and this share of positives.

    F1 = 2 share x sensitivity / (share x sensitivity + share + (1 - share)(1 - specificity)) grows with each
    of the three, so its extremes are at the ends of the intervals.
    """

    def f1(sens: float, spec: float, positives: float) -> float:
        hits = positives * sens
        bottom = hits + positives + (1 - positives) * (1 - spec)
        return 2 * hits / bottom if bottom else 0.0

    return Interval(
        f1(sensitivity.low, specificity.low, share.low), f1(sensitivity.high, specificity.high, share.high)
    )


def expected_metrics(sensitivity: float, specificity: float, prevalence: float) -> dict[str, float]:
    """Return the other metrics of one table with these (real-valued) rates."""
    tp, fp = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
    fn, tn = prevalence - tp, (1 - prevalence) - fp
    called = tp + fp
    product = called * (1 - called) * prevalence * (1 - prevalence)
    return {
        "precision": tp / called if called else float("nan"),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "accuracy": tp + tn,
        "mcc": (tp * tn - fp * fn) / product**0.5 if product > 0 else 0.0,
    }
