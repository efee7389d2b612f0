"""Overlap and ranking of voxels: Dice and average precision."""

import math
from collections.abc import Sequence

import numpy as np

from neolab.errors import InputError
from neolab.metrics.bootstrap import RESAMPLES, draw_subjects
from neolab.metrics.estimate import Estimate, percentile_estimate


def _same_shape(reference, prediction) -> tuple[np.ndarray, np.ndarray]:
    reference, prediction = np.asarray(reference), np.asarray(prediction)
    if reference.shape != prediction.shape:
        raise InputError(
            f"prediction: found shape {prediction.shape}, expected the reference's {reference.shape}"
        )
    return reference, prediction


def dice(reference: np.ndarray, prediction: np.ndarray) -> float:
    """Return 2 |A and B| / (|A| + |B|) of two masks of any shape; NaN where both are empty."""
    a, b = (mask != 0 for mask in _same_shape(reference, prediction))
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else math.nan


def average_precision(reference: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the precision-recall steps, sum of (R_i - R_(i-1)) P_i over distinct scores.

    Parameters
    ----------
    reference : mask of any shape
    score : array of the same shape
        Higher where a lesion is more likely. Equal scores share a threshold.

    Returns
    -------
    float
        NaN without a positive voxel. A score without information gives the share of positive voxels.
    """
    from sklearn.metrics import average_precision_score

    reference, score = _same_shape(reference, score)
    positive = reference.ravel() != 0
    return float(average_precision_score(positive, score.ravel())) if positive.any() else math.nan


def mean_over_subjects(values: Sequence[float], *, n_resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Return the mean of one value per subject with a bootstrap interval; NaN values are left out."""
    array = np.asarray(values, float)
    array = array[np.isfinite(array)]
    if array.size == 0:
        return Estimate(math.nan, None, None, 0, "no subject with a defined value")
    samples = array[draw_subjects(len(array), n_resamples, seed=seed)].mean(axis=1)
    return percentile_estimate(float(array.mean()), samples, n=len(array))
