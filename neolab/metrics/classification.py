"""Metrics of a yes-or-no decision, from its confusion counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects, subject_codes, subject_strata
from neolab.metrics.checks import labels, same_length
from neolab.metrics.estimate import Estimate, percentile_estimate
from neolab.metrics.proportions import clopper_pearson, wilson


@dataclass(frozen=True)
class ConfusionCounts:
    """True positives, false positives, true negatives and false negatives.

    The metrics are NaN where their denominator is 0, except MCC, which is then 0 (Chicco and Jurman 2020,
    BMC Genomics 21:6).
    """

    tp: int
    fp: int
    tn: int
    fn: int

    def __post_init__(self):
        for name in ("tp", "fp", "tn", "fn"):
            if getattr(self, name) < 0:
                raise InputError(f"{name}: found {getattr(self, name)}, expected a count of at least 0")

    @property
    def n(self) -> int:
        """Cases in all."""
        return self.tp + self.fp + self.tn + self.fn

    def metric(self, name: str) -> float:
        """Return one of `METRICS`."""
        return float(metric_of_counts(name, np.array([self.tp, self.fp, self.tn, self.fn])))

    @property
    def sensitivity(self) -> float:
        """Share of the positives that are called positive: tp / (tp + fn)."""
        return self.metric("sensitivity")

    @property
    def specificity(self) -> float:
        """Share of the negatives that are called negative: tn / (tn + fp)."""
        return self.metric("specificity")

    @property
    def precision(self) -> float:
        """Share of the positive calls that are right: tp / (tp + fp)."""
        return self.metric("precision")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and sensitivity: 2 tp / (2 tp + fp + fn)."""
        return self.metric("f1")

    @property
    def accuracy(self) -> float:
        """Share of right calls: (tp + tn) / n."""
        return self.metric("accuracy")

    @property
    def balanced_accuracy(self) -> float:
        """Mean of sensitivity and specificity."""
        return self.metric("balanced_accuracy")

    @property
    def mcc(self) -> float:
        """Matthews' correlation coefficient between calls and truth."""
        return self.metric("mcc")


METRICS = ("sensitivity", "specificity", "precision", "f1", "accuracy", "balanced_accuracy", "mcc")


def count_confusion(truth: Sequence, predicted: Sequence) -> ConfusionCounts:
    """Count the four outcomes; ``truth`` and ``predicted`` hold 0 and 1."""
    truth, predicted = labels("truth", truth), labels("predicted", predicted)
    same_length(truth=truth, predicted=predicted)
    return ConfusionCounts(*(int(kind.sum()) for kind in _outcomes(truth, predicted)))


def classification_metrics(
    truth: Sequence,
    predicted: Sequence,
    *,
    subjects: Sequence | None = None,
    interval: str = "wilson",
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return all `METRICS` with intervals.

    Parameters
    ----------
    truth, predicted : sequences of 0 and 1, one per case
    subjects : sequence, optional
        Subject of each case. Where subjects have several cases (slices), every interval is a bootstrap over
        subjects, because slices of one brain are not independent.
    interval : {"wilson", "clopper-pearson", "bootstrap"}
        For the proportions (sensitivity, specificity, precision, accuracy) of independent cases; F1, balanced
        accuracy and MCC are no proportions and always get a bootstrap interval.
    """
    truth, predicted = labels("truth", truth), labels("predicted", predicted)
    n = same_length(truth=truth, predicted=predicted)
    codes = subject_codes(subjects, n)
    counts = count_confusion(truth, predicted)
    proportion = _PROPORTION_INTERVALS.get(interval)
    if proportion is None and interval != "bootstrap":
        expected = ", ".join((*_PROPORTION_INTERVALS, "bootstrap"))
        raise InputError(f"interval: found {interval!r}, expected one of {expected}")
    samples = bootstrap_counts(truth, predicted, codes, n_resamples, seed)
    one_case_each = codes.max() + 1 == n
    result = {}
    for name in METRICS:
        if proportion and one_case_each and name in _PROPORTIONS:
            result[name] = proportion(*_successes(name, counts))
        else:
            drawn = metric_of_counts(name, samples)
            result[name] = percentile_estimate(counts.metric(name), drawn, n=int(codes.max()) + 1)
    return result


_PROPORTION_INTERVALS = {"wilson": wilson, "clopper-pearson": clopper_pearson}
_PROPORTIONS = ("sensitivity", "specificity", "precision", "accuracy")


def _successes(name: str, counts: ConfusionCounts) -> tuple[int, int]:
    tp, fp, tn, fn = counts.tp, counts.fp, counts.tn, counts.fn
    return {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "precision": (tp, tp + fp),
        "accuracy": (tp + tn, counts.n),
    }[name]


def _outcomes(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, ...]:
    return truth & predicted, ~truth & predicted, ~truth & ~predicted, truth & ~predicted


def bootstrap_counts(
    truth: np.ndarray, predicted: np.ndarray, codes: np.ndarray, n_resamples: int, seed: int
) -> np.ndarray:
    """Return the four counts of every bootstrap sample of subjects, shape (n_resamples, 4)."""
    per_subject = np.stack([np.bincount(codes, weights=kind) for kind in _outcomes(truth, predicted)], axis=1)
    strata = subject_strata(codes, truth)
    draws = draw_subjects(len(per_subject), n_resamples, seed=seed, strata=strata)
    return per_subject[draws].sum(axis=1)


def metric_of_counts(name: str, counts: np.ndarray) -> np.ndarray:
    """Return one of `METRICS` of counts (..., 4) in the order tp, fp, tn, fn."""
    tp, fp, tn, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "sensitivity":
            return tp / (tp + fn)
        if name == "specificity":
            return tn / (tn + fp)
        if name == "precision":
            return tp / (tp + fp)
        if name == "f1":
            return 2 * tp / (2 * tp + fp + fn)
        if name == "accuracy":
            return (tp + tn) / (tp + fp + tn + fn)
        if name == "balanced_accuracy":
            return (tp / (tp + fn) + tn / (tn + fp)) / 2
        if name == "mcc":
            product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
            return np.where(product > 0, (tp * tn - fp * fn) / np.sqrt(np.maximum(product, 1)), 0.0)
    raise InputError(f"metric: found {name!r}, expected one of {', '.join(METRICS)}")
