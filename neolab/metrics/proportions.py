"""Intervals for a proportion."""

import math

from neolab.errors import InputError
from neolab.metrics.estimate import Estimate, level_text


def _checked(successes: int, n: int) -> tuple[int, int]:
    if n < 0 or not 0 <= successes <= n:
        raise InputError(f"proportion: found {successes} of {n}, expected a count between 0 and n")
    return int(successes), int(n)


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return a proportion with Wilson's score interval (Wilson 1927; JASA 22:209).

    Examples
    --------
    >>> print(f"{wilson(32, 47):.3f}")
    0.681 [0.538, 0.796]
    """
    from scipy.stats import norm

    successes, n = _checked(successes, n)
    method = f"{level_text(level)} Wilson"
    if n == 0:
        return Estimate(math.nan, None, None, 0, method)
    z = float(norm.isf((1 - level) / 2))
    p = successes / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # Rounding errors must not push the ends past 0, 1 or the proportion itself.
    return Estimate(p, min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half)), n, method)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return a proportion with the exact binomial interval (Clopper and Pearson 1934; Biometrika 26:404)."""
    from scipy.stats import beta

    successes, n = _checked(successes, n)
    method = f"{level_text(level)} Clopper-Pearson"
    if n == 0:
        return Estimate(math.nan, None, None, 0, method)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, n - successes + 1))
    high = 1.0 if successes == n else float(beta.isf(tail, successes + 1, n - successes))
    return Estimate(successes / n, low, high, n, method)
