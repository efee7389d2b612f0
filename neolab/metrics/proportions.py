"""Intervals for a proportion."""

import math

from neolab.errors import InputError
from neolab.metrics.estimate import Estimate


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return a proportion with Wilson's score interval (Wilson 1927; JASA 22:209).

    Examples
    --------
    >>> print(f"{wilson(32, 47):.3f}")
    0.681 [0.538, 0.796]
    """
    return _proportion(successes, n, level, "wilson", "Wilson")


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return a proportion with the exact binomial interval (Clopper and Pearson 1934; Biometrika 26:404)."""
    return _proportion(successes, n, level, "beta", "Clopper-Pearson")


def _proportion(successes: int, n: int, level: float, kind: str, name: str) -> Estimate:
    from statsmodels.stats.proportion import proportion_confint

    if n < 0 or not 0 <= successes <= n:
        raise InputError(f"proportion: found {successes} of {n}, expected a count between 0 and n")
    method = f"{100 * level:g}% {name}"
    if n == 0:
        return Estimate(math.nan, None, None, 0, method)
    share = successes / n
    low, high = proportion_confint(successes, n, 1 - level, kind)
    # Rounding errors must not push the ends past the proportion itself.
    return Estimate(share, min(share, float(low)), max(share, float(high)), int(n), method)
