"""Choosing a cut-off by Youden's index, on the same cases or honestly inside cross-validation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from neolab.errors import InputError
from neolab.metrics.checks import labels, numbers, same_length
from neolab.metrics.classification import METRICS, count_confusion
from neolab.metrics.roc import roc_curve


@dataclass(frozen=True)
class Cutoff:
    """A cut-off, and what it achieves on the cases it was chosen on."""

    threshold: float
    sensitivity: float
    specificity: float

    @property
    def youden(self) -> float:
        """Sensitivity + specificity - 1 (Youden 1950)."""
        return self.sensitivity + self.specificity - 1


def youden_cutoff(truth: Sequence, score: Sequence, *, midpoint: bool = True) -> Cutoff:
    """Return the cut-off of largest sensitivity + specificity - 1.

    Parameters
    ----------
    midpoint : bool
        Put the cut-off halfway to the next lower score, as SPSS does, instead of on an observed score; the
        calls on these cases are the same.

    Notes
    -----
    Of several equally good cut-offs the lowest is taken: it misses the fewest positives.
    """
    curve = roc_curve(truth, score)
    youden = curve.true_positive_rate - curve.false_positive_rate
    # Rounding must not decide between cut-offs that are equally good. The first point calls nobody positive.
    best = int(np.flatnonzero(youden[1:] >= youden[1:].max() - 1e-12)[-1]) + 1
    threshold = curve.thresholds[best]
    if midpoint and best + 1 < len(curve.thresholds):
        threshold = (threshold + curve.thresholds[best + 1]) / 2
    return Cutoff(
        float(threshold),
        float(curve.true_positive_rate[best]),
        float(1 - curve.false_positive_rate[best]),
    )


@dataclass(frozen=True)
class CrossvalidatedCutoff:
    """Calls made with a cut-off that the case had no part in choosing.

    Attributes
    ----------
    predicted : array of bool, shape (n,)
    cutoffs : tuple of Cutoff
        One for every fold.
    """

    predicted: np.ndarray
    cutoffs: tuple[Cutoff, ...]


def crossvalidated_cutoff(
    truth: Sequence, score: Sequence, folds: Iterable[tuple[Sequence[int], Sequence[int]]]
) -> CrossvalidatedCutoff:
    """Choose the cut-off on each fold's training rows and call its test rows.

    Parameters
    ----------
    folds : iterable of (train, test) row indices
        Every row is tested exactly once.
    """
    truth, score = labels("truth", truth), numbers("score", score)
    n = same_length(truth=truth, score=score)
    predicted = np.zeros(n, bool)
    tested = np.zeros(n, int)
    cutoffs = []
    for train, test in folds:
        train, test = np.asarray(train), np.asarray(test)
        cutoffs.append(youden_cutoff(truth[train], score[train]))
        predicted[test] = score[test] >= cutoffs[-1].threshold
        tested[test] += 1
    if (tested != 1).any():
        raise InputError(
            f"folds: found {int((tested != 1).sum())} rows not tested exactly once, expected none"
        )
    return CrossvalidatedCutoff(predicted, tuple(cutoffs))


def cutoff_optimism(
    truth: Sequence, score: Sequence, folds: Iterable[tuple[Sequence[int], Sequence[int]]]
) -> dict[str, tuple[float, float]]:
    """Return each metric as (apparent, cross-validated): their difference is the optimism of the cut-off.

    Apparent: the cut-off is chosen and judged on the same cases, as the paper did.
    """
    folds = list(folds)
    apparent = youden_cutoff(truth, score)
    same_cases = count_confusion(truth, np.asarray(score, float) >= apparent.threshold)
    honest = count_confusion(truth, crossvalidated_cutoff(truth, score, folds).predicted)
    return {name: (same_cases.metric(name), honest.metric(name)) for name in METRICS}
