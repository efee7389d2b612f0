"""Choosing a cut-off by Youden's index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neolab.metrics.roc import roc_curve


@dataclass(frozen=True)
class Cutoff:
    """A cut-off, and what it achieves on the cases it was chosen on."""

    threshold: float
    sensitivity: float
    specificity: float


def youden_cutoff(truth: Sequence, score: Sequence, *, midpoint: bool = True) -> Cutoff:
    """Return the cut-off of largest sensitivity + specificity - 1 (Youden 1950).

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
