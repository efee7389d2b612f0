"""ROC curves, their area with DeLong's interval, and cut-offs.

A case is called positive when its score is at or above the cut-off. Ties between a positive and a negative
count one half.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.metrics.bootstrap import RESAMPLES, bootstrap_estimate
from neolab.metrics.checks import both_classes, labels, numbers, same_length
from neolab.metrics.estimate import Estimate, Z


@dataclass(frozen=True)
class RocCurve:
    """Points of a ROC curve from (0, 0) to (1, 1).

    Attributes
    ----------
    false_positive_rate, true_positive_rate : arrays
        1 - specificity and sensitivity at each threshold.
    thresholds : array
        Decreasing; the first is infinite (nobody is called positive).
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    thresholds: np.ndarray


def _checked(truth, *scores) -> tuple[np.ndarray, ...]:
    truth = labels("truth", truth)
    arrays = [numbers("score", score) for score in scores]
    for array in arrays:
        same_length(truth=truth, score=array)
    both_classes("truth", truth)
    return truth, *arrays


def roc_curve(truth: Sequence, score: Sequence) -> RocCurve:
    """Return the empirical ROC curve, one point for every distinct score."""
    from sklearn.metrics import roc_curve as sklearn_roc_curve

    return RocCurve(*sklearn_roc_curve(*_checked(truth, score), drop_intermediate=False))


def auc(truth: Sequence, score: Sequence) -> float:
    """Return the area under the ROC curve: the chance that a positive scores above a negative."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(*_checked(truth, score)))


def rank_auc(truth: np.ndarray, score: np.ndarray) -> float:
    """`auc` from ranks, in a thirtieth of the time: a bootstrap takes thousands; NaN for a single class."""
    from scipy.stats import rankdata

    truth = np.asarray(truth, bool)
    n_positive = int(truth.sum())
    n_negative = len(truth) - n_positive
    if n_positive == 0 or n_negative == 0:
        return math.nan
    rank_sum = rankdata(score)[truth].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def delong_covariance(truth: Sequence, scores: Sequence[Sequence]) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUCs of k scores of the same cases and their covariance.

    DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837), with the mid-rank algorithm of Sun and Xu 2014
    (IEEE Signal Process Lett 21:1389), which needs n log n steps instead of n squared.

    Returns
    -------
    aucs : array, shape (k,)
    covariance : array, shape (k, k)
    """
    from scipy.stats import rankdata

    truth, *scores = _checked(truth, *scores)
    m, n = int(truth.sum()), int((~truth).sum())
    everyone = np.stack([rankdata(score) for score in scores])
    positives = np.stack([rankdata(score[truth]) for score in scores])
    negatives = np.stack([rankdata(score[~truth]) for score in scores])
    # Share of negatives below each positive, and of positives above each negative.
    above = (everyone[:, truth] - positives) / n
    below = 1 - (everyone[:, ~truth] - negatives) / m
    covariance = np.zeros((len(scores), len(scores)))
    if m > 1:
        covariance += np.cov(above, ddof=1).reshape(covariance.shape) / m
    if n > 1:
        covariance += np.cov(below, ddof=1).reshape(covariance.shape) / n
    return above.mean(axis=1), covariance


def delong_interval(truth: Sequence, score: Sequence) -> Estimate:
    """Return the AUC with DeLong's interval, cut at 0 and 1.

    Under perfect separation DeLong's variance is 0 and the interval would claim certainty; Newcombe's
    interval stands in there, as ``method`` says.
    """
    truth, score = _checked(truth, score)
    (value,), covariance = delong_covariance(truth, [score])
    half = Z * math.sqrt(max(covariance[0, 0], 0.0))
    if half == 0:
        return newcombe_interval(float(value), int(truth.sum()), int((~truth).sum()))
    return Estimate.around(value, half, len(truth), "DeLong").clipped(0.0, 1.0)


def newcombe_interval(value: float, n_positive: int, n_negative: int) -> Estimate:
    """Return the interval of an AUC known only by its value and the two group sizes.

    Newcombe 2006 (Stat Med 25:559), method 5: Hanley and McNeil's variance with the mean group size in both
    terms, evaluated at the limit; the interval stays inside [0, 1] and has a width even at an AUC of 1.
    """
    from scipy.optimize import brentq

    half_n = (n_positive + n_negative) / 2 - 1

    def distance(limit: float) -> float:
        spread = 1 + half_n * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        variance = limit * (1 - limit) * spread / (n_positive * n_negative)
        return abs(value - limit) - Z * math.sqrt(max(variance, 0.0))

    # Both distances are 0 at the ends of [0, 1] themselves; the limits wanted lie between them and the value.
    low = 0.0 if value <= 0 else brentq(distance, 0.0, min(value, 1 - 1e-9))
    high = 1.0 if value >= 1 else brentq(distance, max(value, 1e-9), 1.0)
    return Estimate(float(value), low, high, n_positive + n_negative, "95% Newcombe")


def hanley_mcneil_error(value: float, n_positive: int, n_negative: int) -> float:
    """Return the standard error of a published AUC (Hanley and McNeil 1982, Radiology 143:29)."""
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (n_positive - 1) * (q1 - value**2) + (n_negative - 1) * (q2 - value**2)
    return math.sqrt(variance / (n_positive * n_negative))


@dataclass(frozen=True)
class AucComparison:
    """Two AUCs of the same cases: their difference (first minus second), z and two-sided p."""

    difference: Estimate
    z: float
    p: float


def delong_test(truth: Sequence, first: Sequence, second: Sequence) -> AucComparison:
    """Compare the AUCs of two scores of the same cases (DeLong 1988)."""
    from scipy.stats import norm

    aucs, covariance = delong_covariance(truth, [first, second])
    difference = float(aucs[0] - aucs[1])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    # Equal scores give a variance that is 0 up to rounding.
    error = math.sqrt(variance) if variance > 1e-14 else 0.0
    z = difference / error if error else (0.0 if difference == 0 else math.copysign(math.inf, difference))
    estimate = Estimate.around(difference, Z * error, len(truth), "paired DeLong")
    return AucComparison(estimate, z, float(2 * norm.sf(abs(z))))


def bootstrap_auc(
    truth: Sequence,
    score: Sequence,
    *,
    subjects: Sequence | None = None,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Return the AUC with a bootstrap interval over subjects; rows of one subject are drawn together."""
    truth, score = _checked(truth, score)
    return bootstrap_estimate(
        lambda rows: rank_auc(truth[rows], score[rows]),
        len(truth),
        subjects=subjects,
        labels=truth,
        n_resamples=n_resamples,
        seed=seed,
    )
