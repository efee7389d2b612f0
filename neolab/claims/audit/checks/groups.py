"""Checks of comparisons of groups: p-values, test statistics, ratios and intervals."""

from collections.abc import Callable
from itertools import product

from neolab.claims.audit.case import Case, show, span
from neolab.claims.audit.counts import counts_within
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.pvalues import Group, Table, counts_p, means_p, statistic_p
from neolab.claims.audit.ratios import interval_p, ratio_of_counts
from neolab.claims.audit.register import check
from neolab.claims.audit.rounding import Interval

USUAL = {"digits": "rounded", "sides": "two", "sd": "n-1"}


@check("digits", "sd", "means_test", "sides")
def t_test(case: Case, *, first: list[str | int], second: list[str | int], p: str) -> Problem:
    """A printed p-value (or "p < .05") follows from two means, SDs and group sizes: [mean, SD, n] each. Where
    the paper does not say that it is a t-test, it may be another test.

    Formula: t = (m1 - m2) / SE, with Student's, Welch's or the pairs' SE and degrees of freedom
    Source: Student 1908; Welch, Biometrika 1947;34:28
    Example: 1.47 ± 0.09 (n = 47) against 1.42 ± 0.07 (n = 32) has p < .05 by every two-sided t-test
    """

    def p_range(reading) -> Interval:
        pair = [
            Group(case.interval(m, reading["digits"]), case.interval(s, reading["digits"]), case.count(n))
            for m, s, n in (first, second)
        ]
        ddof = 1 if reading["sd"] == "n-1" else 0
        return means_p(*pair, reading["means_test"], sides=reading["sides"], ddof=ddof)

    words = [f"{case.said(m)} ± {case.said(s)} (n = {case.count(n)})" for m, s, n in (first, second)]
    labels = ("mean 1", "SD 1", "mean 2", "SD 2")
    numbers = {"p": [p]} | {k: [r] for k, r in zip(labels, [*first[:2], *second[:2]], strict=True)}
    return Problem(
        numbers,
        lambda reading, names: (
            len(names) < 5 or p_range(reading).overlaps(case.interval(p, reading["digits"]))
        ),
        holds=f"p {case.said(p)} follows from means and SDs",
        fails="no test gives",
        lines=lambda reading: [
            f"{words[0]} against {words[1]}; printed p {case.said(p)}.",
            *(
                f"{test}, {sd_words}: p = {span(p_range(USUAL | {'means_test': test, 'sd': sd}))}."
                for test, (sd, sd_words) in product(
                    ("Student", "Welch"), (("n-1", "sample SD"), ("n", "population SD"))
                )
            ),
        ],
        given=[first[2], second[2]],
        follows=[p],
    )


@check("digits", "counts_test", "sides")
def chi_square(case: Case, *, first: list[str | int], second: list[str | int], p: str) -> Problem:
    """A printed p-value follows from two counts: [count, n] each. Where the paper does not name the test, it
    may be another one.

    Formula: Pearson's chi-square, Yates, Fisher, likelihood ratio, Wald, McNemar for every number of pairs
    Source: Agresti, Categorical Data Analysis 2013; McNemar, Psychometrika 1947;12:153
    Example: 48 of 74 against 30 of 54 has p = .377 by chi-square with Yates's correction
    """
    (a, n1), (b, n2) = ([case.count(x) for x in pair] for pair in (first, second))
    return _counts_problem(case, lambda digits: [((a, n1 - a), (b, n2 - b))], p, {}, [*first, *second])


@check("digits", "counts_test", "sides")
def compared_proportions(
    case: Case,
    *,
    first: str,
    first_sizes: list[str | int],
    second: str,
    second_sizes: list[str | int],
    p: str,
) -> Problem:
    """Some numbers of cases that a paper offers give a printed p-value between two printed proportions.
    Counts on either side of proportion x size are tried: an average over folds or readers need not be whole.

    Formula: as for chi_square
    Source: as for chi_square
    Example: 53.58% against 62.11% has p = .234 as 42/79 against 59/95
    """
    sizes = list(product(map(case.count, first_sizes), map(case.count, second_sizes)))

    def tables(digits: str) -> list[Table]:
        shown = [case.interval(r, digits) for r in (first, second)]
        return [
            ((k1, n1 - k1), (k2, n2 - k2))
            for n1, n2 in sizes
            for k1, k2 in product(_around(shown[0], n1), _around(shown[1], n2))
        ]

    numbers = {"first proportion": [first], "second proportion": [second]}
    return _counts_problem(case, tables, p, numbers, [*first_sizes, *second_sizes])


def _around(proportion: Interval, n: int) -> list[int]:
    """Return the counts that print as the proportion, or else the whole numbers on either side of it."""
    low = int(proportion.middle * n)
    return list(counts_within(proportion, n)) or [k for k in (low, low + 1) if k <= n]


def _counts_problem(
    case: Case, tables: Callable[[str], list[Table]], p: str, numbers: dict, given
) -> Problem:
    def nearest(reading) -> list[tuple[float, str]]:
        """Return (p, words) of every table and test of the reading, those nearest to the printed p first."""
        tests = [reading["counts_test"]] if reading else ["chi-square", "Yates", "Fisher"]
        sides = reading.get("sides", "two")
        found = [
            (value, f"{a}/{a + b} against {c}/{c + d}, {test}")
            for ((a, b), (c, d)), test in product(tables(reading.get("digits", "rounded")), tests)
            for value in (
                [case.interval(p).middle] if test == "other" else counts_p(((a, b), (c, d)), test, sides)
            )
        ]
        target = case.interval(p)
        aim = target.middle if abs(target.middle) < 2 else max(target.low, 0)
        return sorted(found, key=lambda entry: abs(entry[0] - aim))

    def possible(reading, names) -> bool:
        if "p" not in names or len(names) < len(wanted) or reading["counts_test"] == "other":
            return True
        shown = case.interval(p, reading["digits"])
        return any(
            shown.contains(value)
            for table in tables(reading["digits"])
            for value in counts_p(table, reading["counts_test"], reading["sides"])
        )

    wanted = {"p": [p]} | numbers
    if not numbers:
        wanted |= {f"count {i}": [r] for i, r in enumerate(given[::2], 1) if isinstance(r, str)}
    return Problem(
        wanted,
        possible,
        holds=f"p {case.said(p)} follows from counts",
        fails="no test of these counts gives",
        lines=lambda reading: [
            f"Printed p {case.said(p)}.",
            *(f"{words}: p = {show(value)}." for value, words in nearest(reading)[:3]),
        ],
        given=given,
        follows=[p],
    )


@check("digits", "sides")
def statistic(case: Case, *, kind: str, value: str, p: str, df: list[str | float] = ()) -> Problem:
    """A printed p-value follows from a test statistic and its degrees of freedom. ``kind`` is t, F, chi2, z,
    Q or r; of r, ``df`` is n - 2.

    Formula: p is the tail of the t, F, chi-square or normal distribution; t = r sqrt(df / (1 - r^2))
    Source: statcheck: Nuijten et al., Behav Res Methods 2016;48:1205
    Example: t(28) = 2.20 has p = .036, so that p = .03 needs digits cut off
    """
    numbers_df = [case.interval(d).middle for d in df]
    named = f"{kind}({', '.join(show(d, 1) for d in numbers_df)})" if df else kind

    def found(reading) -> Interval:
        sides = reading.get("sides", "two")
        return statistic_p(kind, case.interval(value, reading.get("digits", "rounded")), numbers_df, sides)

    return Problem(
        {"p": [p], named: [value]},
        lambda reading, names: len(names) < 2 or found(reading).overlaps(case.interval(p, reading["digits"])),
        holds=f"p {case.said(p)} follows from {named}",
        fails="the distribution does not give",
        lines=lambda reading: [
            f"{named} = {case.said(value)}: p = {found({}).low:.2g} to {found({}).high:.2g}, "
            f"printed {case.said(p)}."
        ],
        given=[d for d in df if isinstance(d, str)],
        follows=[p],
    )


@check("digits", "interval", "sides")
def interval(
    case: Case,
    *,
    estimate: str,
    low: str,
    high: str,
    p: str | None = None,
    null: float = 0,
    level: float = 0.95,
) -> Problem:
    """An estimate lies in its confidence interval, in the middle on a linear or log scale, and the interval
    agrees with p. ``null``: the value of no effect (1 for ratios).

    Formula: SE = (high - low) / (2 z), p = 2 Phi(-|estimate - null| / SE)
    Source: Altman and Bland, BMJ 2011;343:d2304
    Example: 1.50 (1.10 to 2.05) has p = .011; printed p = .11 it cannot be
    """

    def possible(reading, names) -> bool:
        shown = {name: case.interval(numbers[name][0], reading["digits"]) for name in names}
        ends = [shown[name] for name in ("low", "estimate", "high") if name in shown]
        if any(a.low > b.high for a, b in zip(ends, ends[1:], strict=False)):
            return False
        if reading["interval"] == "other" or not {"estimate", "low", "high"} <= set(names):
            return True
        found = interval_p(
            shown["estimate"],
            shown["low"],
            shown["high"],
            null=null,
            log=reading["interval"] == "log",
            level=level,
        )
        if found is None or "p" not in names:
            return found is not None
        tail = found if reading["sides"] == "two" else found.times(0.5)
        tail = Interval(1 - tail.high, 1 - tail.low) if reading["sides"] == "against" else tail
        return tail.overlaps(shown["p"])

    def lines(reading) -> list[str]:
        text = f"{case.said(estimate)} ({case.said(low)} to {case.said(high)}), {level:.0%} interval"
        parts = []
        for name in ("linear", "log"):
            if name == "log" and case.interval(low).low <= 0:
                continue
            found = interval_p(
                *map(case.interval, (estimate, low, high)), null=null, log=name == "log", level=level
            )
            parts.append(f"{name} scale: {'not in the middle' if found is None else f'p = {span(found)}'}")
        return [f"{text}; {'; '.join(parts)}{f'; printed p {case.said(p)}' if p else ''}."]

    numbers = {"estimate": [estimate], "low": [low], "high": [high]} | ({"p": [p]} if p else {})
    return Problem(
        numbers,
        possible,
        holds="estimate, interval and p go together" if p else "the estimate is in its interval",
        fails="cannot be an estimate and its interval:",
        lines=lines,
        follows=[p] if p else [],
    )


@check("digits", "ratio")
def group_ratio(
    case: Case,
    *,
    kind: str,
    estimate: str,
    first: list[str | int],
    second: list[str | int],
    low: str | None = None,
    high: str | None = None,
) -> Problem:
    """An odds or risk ratio (and its 95% interval) follows from two counts: [count, n] each. ``kind`` is
    odds_ratio or risk_ratio.

    Formula: OR = a d / (b c), SE(log OR) = sqrt(1/a + 1/b + 1/c + 1/d); RR = (a / n1) / (c / n2)
    Source: Woolf, Ann Hum Genet 1955;19:251; Katz et al., Biometrics 1978;34:469
    Example: 20 of 40 against 10 of 40 has an odds ratio of 3.00 (1.16 to 7.73)
    """
    (a, n1), (b, n2) = ([case.count(x) for x in pair] for pair in (first, second))
    table = ((a, n1 - a), (b, n2 - b))
    numbers = {"estimate": [estimate]} | {k: [r] for k, r in (("low", low), ("high", high)) if r}
    words = kind.replace("_", " ")

    def possible(reading, names) -> bool:
        if reading["ratio"] == "other":
            return True
        values = dict(
            zip(("estimate", "low", "high"), ratio_of_counts(table, kind, reading["ratio"]), strict=True)
        )
        if reading["ratio"] == "conditional":
            names = [name for name in names if name == "estimate"]
        return all(
            case.interval(numbers[name][0], reading["digits"]).contains(values[name]) for name in names
        )

    def lines(reading) -> list[str]:
        value, bottom, top = ratio_of_counts(table, kind)
        ends = f"({show(bottom, 3)} to {show(top, 3)})"
        return [f"{a} of {n1} against {b} of {n2}: {words} {show(value, 3)} {ends}."]

    return Problem(
        numbers,
        possible,
        holds=f"the {words} follows from the counts",
        fails=f"these counts do not give the {words}:",
        lines=lines,
        given=[*first, *second],
        follows=list(r for refs in numbers.values() for r in refs),
    )
