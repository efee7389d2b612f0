"""Ratios of two groups and their confidence intervals: do estimate, interval, p and counts belong together?

Odds ratio and its interval: Woolf, Ann Hum Genet 1955;19:251. Risk ratio: Katz et al., Biometrics
1978;34:469.
p from an interval: Altman and Bland, BMJ 2011;343:d2304.
"""

import math
from statistics import NormalDist

from neolab.claims.audit.pvalues import Table
from neolab.claims.audit.rounding import Interval


def ratio_of_counts(
    table: Table, kind: str, how: str = "plain", level: float = 0.95
) -> tuple[float, float, float]:
    """Return (estimate, low, high) of an odds or risk ratio.

    Parameters
    ----------
    table : ((int, int), (int, int))
        [yes, no] of the group of interest and of the reference.
    kind : str
        "odds_ratio" or "risk_ratio".
    how : str
        "plain"; "inverse": groups exchanged; "corrected": 0.5 added to each count; "conditional": Fisher's
        estimate, whose interval is not computed (0 to infinity).
    """
    rows = table[::-1] if how == "inverse" else table
    (a, b), (c, d) = [[x + 0.5 * (how == "corrected") for x in row] for row in rows]
    if how == "conditional":
        from scipy.stats.contingency import odds_ratio

        return float(odds_ratio(table).statistic), 0.0, math.inf
    bottoms = (b * c, a and b and c and d) if kind == "odds_ratio" else (c, a and c)
    if not all(bottoms):
        return math.inf, 0.0, math.inf
    if kind == "odds_ratio":
        estimate, variance = a * d / (b * c), 1 / a + 1 / b + 1 / c + 1 / d
    else:
        estimate = (a / (a + b)) / (c / (c + d))
        variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(max(variance, 0.0))
    return estimate, estimate * math.exp(-half), estimate * math.exp(half)


def interval_p(
    estimate: Interval, low: Interval, high: Interval, *, null: float, log: bool, level: float = 0.95
) -> Interval | None:
    """Return bounds of the two-sided p-value that belongs to a confidence interval estimate -+ z SE.

    None if the estimate cannot be in the middle of the interval, on the scale chosen.
    """
    if log and min(estimate.low, low.low, high.low, null) <= 0:
        if min(estimate.high, low.high, high.high, null) <= 0:
            return None
        estimate, low, high = (Interval(max(i.low, 1e-12), i.high) for i in (estimate, low, high))
    scale = math.log if log else float
    est, lo, hi = (Interval(scale(i.low), scale(i.high)) for i in (estimate, low, high))
    if not Interval((lo.low + hi.low) / 2, (lo.high + hi.high) / 2).overlaps(est):
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    widths = max(hi.low - lo.high, 1e-12), max(hi.high - lo.low, 1e-12)
    away = est.low - scale(null), est.high - scale(null)
    least = 0.0 if away[0] <= 0 <= away[1] else min(map(abs, away))
    tails = [
        2 * NormalDist().cdf(-2 * z * gap / width)
        for gap, width in ((max(map(abs, away)), widths[0]), (least, widths[1]))
    ]
    return Interval(*tails)
