"""p-values recomputed from printed summaries, over everything that the rounding leaves open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neolab.claims.audit.rounding import Interval, exactly

Table = tuple[tuple[int, int], tuple[int, int]]
NOTHING = Interval(math.nan, math.nan)  # overlaps nothing


@dataclass(frozen=True)
class Group:
    """A printed mean and SD of ``n`` values."""

    mean: Interval
    sd: Interval
    n: int

    def sample_sd(self, ddof: int) -> Interval:
        """Return the sample SD if the printed one divides by n - ``ddof``."""
        return self.sd.times(math.sqrt((self.n - ddof) / (self.n - 1)))


def means_p(first: Group, second: Group, test: str, *, sides: str = "two", ddof: int = 1) -> Interval:
    """Return bounds of the p-value of a test of two means.

    The bounds enclose every p-value that the rounding intervals allow: |t| and the degrees of freedom are
    bounded one by one and combined in the worst way.

    Parameters
    ----------
    first, second : Group
    test : str
        "Student", "Welch", "normal" (Welch's statistic against the normal distribution), "paired" (equal n;
        the correlation may be anything), or "other" (ranks, adjusted): any p.
    sides : str
        "two", "one" (in the direction seen) or "against" it.
    ddof : int
        What the printed SDs divide by: n - ddof.
    """
    if test == "other":
        return Interval(0.0, 1.0)
    ends = [_ends(group.sample_sd(ddof)) for group in (first, second)]
    (low1, high1), (low2, high2) = ends
    least, most = _difference(first.mean, second.mean)
    df = Interval(first.n + second.n - 2, first.n + second.n - 2)
    corners = ((low1, low2), (high1, high2))
    if test == "Student":
        errors = [_pooled_error(a, b, first.n, second.n) for a, b in corners]
    elif test == "paired":
        if first.n != second.n:
            return NOTHING
        # The SD of the differences lies between |SD1 - SD2| and SD1 + SD2.
        narrow = max(0.0, low1 - high2, low2 - high1)
        errors = [narrow / math.sqrt(first.n), (high1 + high2) / math.sqrt(first.n)]
        df = Interval(first.n - 1, first.n - 1)
    else:
        errors = [math.sqrt(a**2 / first.n + b**2 / second.n) for a, b in corners]
        if test == "Welch":
            df = _welch_df_range(low1, high1, first.n, low2, high2, second.n)
        else:
            df = Interval(math.inf, math.inf)
    smallest_t = least / errors[1] if errors[1] else (math.inf if least else 0.0)
    largest_t = most / errors[0] if errors[0] else (math.inf if most else 0.0)
    return on_side(Interval(two_sided_p(largest_t, df.high), two_sided_p(smallest_t, df.low)), sides)


def on_side(two_sided: Interval, sides: str) -> Interval:
    """Return the p-values of a symmetric test on one side, from the two-sided ones."""
    half = two_sided.times(0.5)
    return {"two": two_sided, "one": half, "against": Interval(1 - half.high, 1 - half.low)}[sides]


def two_sided_p(t: float, df: float) -> float:
    """Return the two-sided p-value of a t statistic; of a normal one where ``df`` is infinite."""
    from scipy.special import ndtr, stdtr

    return float(2 * (stdtr(df, -abs(t)) if math.isfinite(df) else ndtr(-abs(t))))


def statistic_p(kind: str, value: Interval, df: Sequence[float], sides: str = "two") -> Interval:
    """Return bounds of the p-value of a printed test statistic.

    Parameters
    ----------
    kind : str
        "t", "F", "chi2", "z", "r" or "Q"; of r, ``df`` is n - 2.
    value : Interval
    df : sequence of float
        Two for F, none for z, else one.
    sides : str
        F, chi-square and Q have one tail, so that "one" halves their p as a one-sided test of one degree of
        freedom does.
    """
    from scipy import stats

    def p(x: float) -> float:
        if kind in ("F", "chi2", "Q"):
            return float((stats.f if kind == "F" else stats.chi2).sf(max(x, 0.0), *df))
        if kind == "r":
            x = min(abs(x), 1 - 1e-15)
            x = x * math.sqrt(df[0] / (1 - x**2))
        return two_sided_p(x, df[0] if df else math.inf)

    ends = p(value.low), p(value.high)
    inside = 1.0 if value.low <= 0 <= value.high else max(ends)
    return on_side(Interval(min(ends), inside), sides)


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
    """Return the two-sided p-value range of each t-test and SD convention, by name."""
    return {
        f"{name}, {convention}": means_p(first, second, name, ddof=ddof)
        for name in ("Student", "Welch")
        for convention, ddof in (("sample SD", 1), ("population SD", 0))
    }


def counts_p(table: Table, test: str, sides: str = "two") -> list[float]:
    """Return the p-values that a test of two proportions can have.

    Parameters
    ----------
    table : ((int, int), (int, int))
        [yes, no] of each group.
    test : str
        "chi-square", "Yates", "Fisher", "likelihood ratio" (with and without Yates's correction), "Wald", or
        "McNemar" (groups of equal size taken as pairs; uncorrected, corrected and exact, for every number of
        discordant pairs that the counts allow).
    sides : str
        "two", "one" (in the direction seen) or "against" it.
    """
    from scipy.stats import fisher_exact

    (a, b), (c, d) = table
    if test == "Fisher":
        if sides == "two":
            return [float(fisher_exact(table).pvalue)]
        tails = [float(fisher_exact(table, way).pvalue) for way in ("less", "greater")]
        return [min(tails) if sides == "one" else max(tails)]
    if test == "McNemar":
        ps = _mcnemar(a - c, min(a + c, b + d), sides) if a + b == c + d else []
        return ps
    if not (a + c and b + d):
        return [1.0]
    if test == "Wald":
        error = math.sqrt(a * b / (a + b) ** 3 + c * d / (c + d) ** 3)
        gap = a / (a + b) - c / (c + d)
        ps = [two_sided_p(gap / error if error else math.inf, math.inf)] if gap else [1.0]
    else:
        corrections = (True, False) if test == "likelihood ratio" else (test == "Yates",)
        ps = [_contingency_p(table, yates, test) for yates in corrections]
    return [on_side(exactly(p), sides).low for p in ps]


def _contingency_p(table: Table, yates: bool, test: str = "chi-square") -> float:
    from scipy.stats import chi2_contingency

    kind = "log-likelihood" if test == "likelihood ratio" else "pearson"
    return float(chi2_contingency(table, correction=yates, lambda_=kind).pvalue)


def _mcnemar(difference: int, most: int, sides: str) -> list[float]:
    """Return McNemar's p-values for every number of discordant pairs from |difference| to ``most``."""
    from scipy.special import bdtr

    gap, found = abs(difference), []
    for pairs in range(gap, most + 1, 2):
        if not pairs:
            found.append(1.0)
            continue
        plain, corrected = gap / math.sqrt(pairs), max(gap - 1, 0) / math.sqrt(pairs)
        exact = min(1.0, 2 * float(bdtr((pairs - gap) // 2, pairs, 0.5)))
        found += [two_sided_p(plain, math.inf), two_sided_p(corrected, math.inf), exact]
    return [on_side(exactly(p), sides).low for p in found]


def chi_square_of_rows(counts: Sequence[tuple[int, int]]) -> float:
    """Return the p-value of the chi-square test that several rows of [yes, no] counts have one proportion."""
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(counts, correction=False).pvalue)
