"""Samples with published means, standard deviations and correlations inside published limits."""

from collections.abc import Callable, Sequence

import numpy as np

#: Candidates from which a sample is drawn: this many at least, and so many for each draw.
POOL, POOL_PER_DRAW = 20_000, 200


def draw_with_moments(
    rng: np.random.Generator,
    n: int,
    low: Sequence[float],
    high: Sequence[float],
    mean: Sequence[float],
    sd: Sequence[float],
    correlations: dict[tuple[int, int], float],
    allowed: Callable[[np.ndarray], np.ndarray] = lambda values: np.ones(len(values), bool),
) -> np.ndarray:
    """Draw from the least informative distribution with given moments.

    Uniform candidates between the limits are weighted by ``exp(quadratic)``, the maximum-entropy weights
    (Jaynes 1957) under which means, variances and the correlations asked for come out as stated.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
    low, high, mean, sd : sequence of float, length k
        Limits, means and standard deviations.
    correlations : dict
        Pair of columns -> Pearson correlation; pairs that are not named are left to the limits.
    allowed : callable
        Takes (m, k) candidates, returns which are possible at all.

    Returns
    -------
    array, shape (n, k)
    """
    candidates = rng.uniform(low, high, size=(max(POOL, POOL_PER_DRAW * n), len(mean)))
    candidates = candidates[allowed(candidates)]
    scores = (candidates - mean) / np.asarray(sd)
    pairs = list(correlations)
    features = np.column_stack([scores, scores**2, *(scores[:, i] * scores[:, j] for i, j in pairs)])
    target = np.r_[np.zeros(len(mean)), np.ones(len(mean)), [correlations[pair] for pair in pairs]]
    return candidates[rng.choice(len(candidates), n, p=_tilt(features, target))]


def _tilt(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights ``exp(features @ t)``, summing to 1, under which the features average to ``target``."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    centred = features - target

    def dual(t):
        logits = centred @ t
        return logsumexp(logits), centred.T @ softmax(logits)

    solution = minimize(dual, np.zeros(len(target)), jac=True, method="BFGS")
    return softmax(centred @ solution.x)
