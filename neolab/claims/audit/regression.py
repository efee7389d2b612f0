"""Errors and correlations of a regression that must go together."""

import math

from neolab.claims.audit.rounding import Interval


def mae_possible(mae: Interval, rmse: Interval, n: int) -> bool:
    """Whether RMSE / sqrt(n) <= MAE <= RMSE can hold, as it must for n errors."""
    return mae.low <= rmse.high and mae.high >= rmse.low / math.sqrt(n)


def target_sd_bounds(rmse: Interval, correlation: Interval, low: float, high: float) -> Interval:
    """Return the SDs of the target that allow an RMSE together with a Pearson correlation.

    The least RMSE at a given correlation is SD sqrt(1 - r^2) (that of the best straight line), so
    SD <= RMSE / sqrt(1 - r^2); a target between ``low`` and ``high`` has SD <= (high - low) / 2.
    """
    return Interval(0.0, min(rmse.high / math.sqrt(1 - correlation.high**2), (high - low) / 2))


def is_square_of(small: Interval, large: Interval) -> bool:
    """Whether the first of two printed numbers can be the square of the second (r squared printed as r)."""
    squares = sorted((large.low**2, large.high**2))
    return Interval(*squares).overlaps(small)
