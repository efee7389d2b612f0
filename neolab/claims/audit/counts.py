"""Counts behind printed percentages, means and SDs: can this number come from this n?

GRIM: Brown and Heathers, Soc Psychol Personal Sci 2017;8:363, doi:10.1177/1948550616673876.
GRIMMER: Anaya, PeerJ Preprints 2016;4:e2400v1; analytic form by Allard 2018.
"""

import math

from neolab.claims.audit.rounding import Interval, slack


def counts_within(proportion: Interval, n: int) -> range:
    """Return the counts k of n whose proportion k / n lies in the interval."""
    low = math.ceil(proportion.low * n - n * slack(proportion.low))
    high = math.floor(proportion.high * n + n * slack(proportion.high))
    return range(max(0, low), min(n, high) + 1)


def attainable(value: Interval, n: int) -> bool:
    """GRIM: whether the mean of ``n`` whole numbers (or a proportion of n) can lie in the interval."""
    low = math.ceil(value.low * n - n * slack(value.low))
    return low <= value.high * n + n * slack(value.high)


def sizes_giving(proportion: Interval, count: int, largest: int = 10_000) -> range:
    """Return the group sizes n for which ``count`` of n prints as the given proportion (low > 0)."""
    if proportion.low <= 0 or count == 0:
        raise ValueError("sizes_giving: found a proportion of 0, expected a positive one")
    first = math.ceil(count / proportion.high - slack(count / proportion.high))
    last = math.floor(count / proportion.low + slack(count / proportion.low))
    return range(max(first, count), min(last, largest) + 1)


def sizes_allowing(proportion: Interval, sizes: range) -> list[int]:
    """Return the group sizes of ``sizes`` from which the proportion can come at all."""
    return [n for n in sizes if counts_within(proportion, n)]


def nearest_proportions(value: float, n: int) -> tuple[float, float]:
    """Return the proportions k / n just below and just above ``value``."""
    k = math.floor(value * n)
    return k / n, (k + 1) / n


def sums_of_squares(mean: Interval, sd: Interval, n: int, ddof: int = 1) -> list[tuple[int, int]]:
    """GRIMMER: return the pairs (sum, sum of squares) of ``n`` whole numbers that fit a printed mean and SD.

    Necessary conditions only, so a true mean and SD always give at least one pair: both sums are whole, they
    have the same parity (x and x^2 have), and the sum of squares is at least that of the most even split.

    Parameters
    ----------
    mean, sd : Interval
        Rounding intervals.
    n : int
        At least 2.
    ddof : int
        1 for the sample SD, 0 for the population SD.
    """
    first = math.ceil(mean.low * n - n * slack(mean.low))
    last = math.floor(mean.high * n + n * slack(mean.high))
    pairs = []
    for total in range(first, last + 1):
        quotient, rest = divmod(total, n)
        least = n * quotient**2 + rest * (2 * quotient + 1)
        low = (n - ddof) * max(sd.low, 0.0) ** 2 + total**2 / n
        high = (n - ddof) * sd.high**2 + total**2 / n
        low, high = max(math.ceil(low - slack(low)), least), math.floor(high + slack(high))
        pairs += [(total, squares) for squares in range(low, high + 1) if (squares - total) % 2 == 0]
    return pairs


def auc_attainable(auc: Interval, positives: int, negatives: int) -> bool:
    """Whether an empirical AUC can print so: it is a multiple of 1 / (2 positives negatives)."""
    return attainable(auc, 2 * positives * negatives)
