"""p-values recomputed from printed summaries, over everything that the rounding leaves open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neolab.claims.audit.rounding import Interval, exactly


@dataclass(frozen=True)
class Group:
    """A printed mean and SD of ``n`` values."""

    mean: Interval
    sd: Interval
    n: int

    def sample_sd(self, ddof: int) -> Interval:
        """Return the sample SD if the printed one divides by n - ``ddof``."""
        return self.sd.times(math.sqrt((self.n - ddof) / (self.n - 1)))


def t_test_range(first: Group, second: Group, *, equal_variances: bool, ddof: int = 1) -> Interval:
    """Return bounds of the two-sided p-value of Student's or Welch's t-test.

    The bounds enclose every p-value that the rounding intervals allow: |t| and the degrees of freedom are
    bounded one by one and combined in the worst way.

    Parameters
    ----------
    first, second : Group
    equal_variances : bool
        True for Student's test, False for Welch's.
    ddof : int
        What the printed SDs divide by: n - ddof.
    """
    (low1, high1), (low2, high2) = (_ends(g.sample_sd(ddof)) for g in (first, second))
    least, most = _difference(first.mean, second.mean)
    if equal_variances:
        df = Interval(first.n + second.n - 2, first.n + second.n - 2)
        errors = [_pooled_error(a, b, first.n, second.n) for a, b in ((low1, low2), (high1, high2))]
    else:
        df = _welch_df_range(low1, high1, first.n, low2, high2, second.n)
        errors = [math.sqrt(a**2 / first.n + b**2 / second.n) for a, b in ((low1, low2), (high1, high2))]
    smallest_t = least / errors[1] if errors[1] else math.inf
    largest_t = most / errors[0] if errors[0] else math.inf
    return Interval(two_sided_p(largest_t, df.high), two_sided_p(smallest_t, df.low))


def two_sided_p(t: float, df: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))


def _ends(interval: Interval) -> tuple[float, float]:
    return max(interval.low, 0.0), interval.high


def _difference(first: Interval, second: Interval) -> tuple[float, float]:
    """Return the smallest and largest absolute difference."""
    gaps = first.low - second.high, first.high - second.low
    least = 0.0 if gaps[0] <= 0 <= gaps[1] else min(map(abs, gaps))
    return least, max(map(abs, gaps))


def _pooled_error(sd1: float, sd2: float, n1: int, n2: int) -> float:
    variance = ((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2)
    return math.sqrt(variance * (1 / n1 + 1 / n2))


def _welch_df_range(low1, high1, n1, low2, high2, n2) -> Interval:
    """Return bounds of Welch and Satterthwaite's degrees of freedom.

    They depend on the share w of the first squared standard error alone, 1 / (w^2 / (n1 - 1) + (1 - w)^2 /
    (n2 - 1)), and have one maximum, n1 + n2 - 2 at w = (n1 - 1) / (n1 + n2 - 2).
    """

    def df(share: float) -> float:
        return 1 / (share**2 / (n1 - 1) + (1 - share) ** 2 / (n2 - 1))

    def share(sd1: float, sd2: float) -> float:
        first, second = sd1**2 / n1, sd2**2 / n2
        return first / (first + second) if first + second else 0.5

    shares = share(low1, high2), share(high1, low2)
    peak = (n1 - 1) / (n1 + n2 - 2)
    ends = [df(s) for s in shares]
    highest = n1 + n2 - 2 if min(shares) <= peak <= max(shares) else max(ends)
    return Interval(min(ends), highest)


def t_test_readings(first: Group, second: Group) -> dict[str, Interval]:
    """Return the p-value range of each test and SD convention, by name."""
    return {
        f"{name}, {convention}": t_test_range(first, second, equal_variances=equal, ddof=ddof)
        for name, equal in (("Student", True), ("Welch", False))
        for convention, ddof in (("sample SD", 1), ("population SD", 0))
    }


def chi_square(table: tuple[tuple[int, int], tuple[int, int]], *, yates: bool) -> float:
    """Return the p-value of the chi-square test of a 2x2 table of counts."""
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(table, correction=yates).pvalue)


def chi_square_readings(table: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, Interval]:
    """Return the p-value without and with Yates's correction, and of Fisher's exact test."""
    from scipy.stats import fisher_exact

    return {
        "chi-square": exactly(chi_square(table, yates=False)),
        "chi-square with Yates's correction": exactly(chi_square(table, yates=True)),
        "Fisher's exact test": exactly(float(fisher_exact(table).pvalue)),
    }


def chi_square_of_rows(counts: Sequence[tuple[int, int]]) -> float:
    """Return the p-value of the chi-square test that several rows of [yes, no] counts have one proportion."""
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(counts, correction=False).pvalue)


def correlation_p_range(correlation: Interval, n: int) -> Interval:
    """Return bounds of the two-sided p-value of a Pearson (or, approximately, Spearman) correlation."""

    def p(r: float) -> float:
        r = min(abs(r), 1 - 1e-15)
        return two_sided_p(r * math.sqrt((n - 2) / (1 - r**2)), n - 2)

    crosses_zero = correlation.low <= 0 <= correlation.high
    ends = p(correlation.low), p(correlation.high)
    return Interval(min(ends), 1.0 if crosses_zero else max(ends))


def fitting(readings: dict[str, Interval], printed: Interval) -> list[str]:
    """Return the names of the readings whose p-values can print so."""
    return [name for name, p in readings.items() if p.overlaps(printed)]
