"""How far estimates lie from the truth: errors and correlations with intervals."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from neolab.metrics.bootstrap import RESAMPLES, bootstrap_estimate
from neolab.metrics.checks import numbers, same_length
from neolab.metrics.estimate import Estimate, Z


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the root mean squared error, in the unit of the data."""
    return float(np.sqrt(np.mean((np.asarray(predicted) - np.asarray(truth)) ** 2)))


def mae(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean absolute error, in the unit of the data."""
    return float(np.mean(np.abs(np.asarray(predicted) - np.asarray(truth))))


def bias(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean of predicted minus true; positive where estimates are too large."""
    return float(np.mean(np.asarray(predicted) - np.asarray(truth)))


def pearson(truth: Sequence, predicted: Sequence) -> Estimate:
    """Return Pearson's correlation with Fisher's z interval; NaN where a side is constant."""
    return _correlation(truth, predicted, ranks=False)


def spearman(truth: Sequence, predicted: Sequence) -> Estimate:
    """Return Spearman's rank correlation with its interval; NaN where a side is constant.

    Fisher's z with standard error sqrt((1 + r^2 / 2) / (n - 3)) (Bonett, Wright 2000, Psychometrika 65:23).
    """
    return _correlation(truth, predicted, ranks=True)


def _correlation(truth, predicted, *, ranks: bool) -> Estimate:
    from scipy.stats import rankdata

    truth, predicted = numbers("truth", truth), numbers("predicted", predicted)
    n = same_length(truth=truth, predicted=predicted)
    if ranks:
        truth, predicted = rankdata(truth), rankdata(predicted)
    value = _pearson(truth, predicted)
    method = f"95% {'Bonett-Wright' if ranks else 'Fisher z'}"
    if not math.isfinite(value) or n <= 3:
        return Estimate(value, None, None, n, method)
    if abs(value) > 1 - 1e-12:
        return Estimate(value, value, value, n, method)
    half = Z * math.sqrt((1 + value**2 / 2 if ranks else 1.0) / (n - 3))
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high), n, method)


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt((x @ x) * (y @ y))
    return float(np.clip((x @ y) / scale, -1, 1)) if scale > 0 else math.nan


def regression_metrics(
    truth: Sequence,
    predicted: Sequence,
    *,
    subjects: Sequence | None = None,
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return rmse, mae, bias, pearson and spearman, all with bootstrap intervals over subjects."""
    from scipy.stats import rankdata

    truth, predicted = numbers("truth", truth), numbers("predicted", predicted)
    n = same_length(truth=truth, predicted=predicted)
    statistics: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "rmse": rmse,
        "mae": mae,
        "bias": bias,
        "pearson": _pearson,
        "spearman": lambda x, y: _pearson(rankdata(x), rankdata(y)),
    }
    return {
        name: bootstrap_estimate(
            lambda rows, statistic=statistic: statistic(truth[rows], predicted[rows]),
            n,
            subjects=subjects,
            n_resamples=n_resamples,
            seed=seed,
        )
        for name, statistic in statistics.items()
    }
