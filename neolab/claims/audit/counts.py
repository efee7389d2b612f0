"""Counts behind printed percentages, means and SDs: can this number come from this n?

GRIM: Brown and Heathers, Soc Psychol Personal Sci 2017;8:363, doi:10.1177/1948550616673876.
GRIMMER: Anaya, PeerJ Preprints 2016;4:e2400v1; analytic form by Allard 2018.
"""

import math

from neolab.claims.audit.rounding import Interval, slack

MOST_STATES = 20_000_000  # of the table in `reconstruct`: about a second


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


def reconstruct(pairs: list[tuple[int, int]], n: int, low: int, high: int) -> list[list[int]]:
    """Return ``n`` whole numbers from ``low`` to ``high`` with one of the pairs (sum, sum of squares).

    One list for the first pair that is possible; an empty list where none is.

    Exact: the values are shifted to start at 0, and for every (how many, sum) a set of bits holds the sums of
    squares that can be reached. Beyond `MOST_STATES` the numbers are not listed and the pairs come back.
    """
    top = high - low
    if n * n * top * top * top > MOST_STATES:
        return pairs
    shifted = [(s - n * low, q - 2 * low * s + n * low * low) for s, q in pairs]
    # reach[k][s]: bit q is set if k values have sum s and sum of squares q.
    reach = [{0: 1}]
    for _ in range(n):
        after: dict[int, int] = {}
        for total, bits in reach[-1].items():
            for value in range(top + 1):
                after[total + value] = after.get(total + value, 0) | bits << value * value
        reach.append(after)
    for total, squares in shifted:
        if squares >= 0 and reach[n].get(total, 0) >> squares & 1:
            return [sorted(low + value for value in _trace(reach, n, total, squares, top))]
    return []


def _trace(reach: list[dict[int, int]], n: int, total: int, squares: int, top: int) -> list[int]:
    """Walk back through the table of reachable sums."""
    values = []
    for left in range(n - 1, -1, -1):
        for value in range(top + 1):
            rest = squares - value * value
            if rest >= 0 and reach[left].get(total - value, 0) >> rest & 1:
                values.append(value)
                total, squares = total - value, rest
                break
    return values
