"""Checks of p-values and of statements about significance."""

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.pvalues import (
    Group,
    chi_square_readings,
    correlation_p_range,
    fitting,
    t_test_readings,
)
from neolab.claims.audit.rounding import Interval
from neolab.claims.audit.statements import bound_possible, is_largest, name_fits_range, significance_possible


def t_test(
    case: Case, *, first: list[str | int], second: list[str | int], p: str, software: str | None = None
) -> Finding:
    """A printed p-value (or "p < .05") follows from two means, SDs and group sizes.

    ``first`` and ``second`` hold [mean, SD, n]; ``software`` is named where the paper says which program
    computed the SDs and that program divides by n - 1.
    """
    groups = [Group(case.interval(m), case.interval(s), case.count(n)) for m, s, n in (first, second)]
    readings = t_test_readings(*groups)
    printed = case.interval(p)
    fits = fitting(readings, printed)
    words = [f"{case.said(m)} ± {case.said(s)} (n = {case.count(n)})" for m, s, n in (first, second)]
    lines = [f"{words[0]} against {words[1]}; printed p {case.said(p)}."]
    lines += [
        f"{name}: p = {span(value, 4)}{' (fits)' if name in fits else ''}."
        for name, value in readings.items()
    ]
    summaries = [*first[:2], *second[:2]]
    sizes = [first[2], second[2]]
    if not fits:
        title = f"{case.about}: p {case.said(p)} follows from neither t-test"
        return case.finding(
            Severity.IMPOSSIBLE, title, lines, [p, *summaries], premises=sizes, contradicted=[p]
        )
    if all(name.endswith("population SD") for name in fits):
        title = f"{case.about}: p {case.said(p)} follows only if the SDs divide by n ({'; '.join(fits)})"
        if software:
            lines.append(f"The SDs are those of {software}, which divides by n - 1.")
        return case.finding(Severity.INCONSISTENT, title, lines, [p, *summaries], premises=sizes)
    which = "any t-test" if len(fits) == len(readings) else " or ".join(fits)
    title = f"{case.about}: p {case.said(p)} follows from {which}"
    return case.finding(Severity.CONSISTENT, title, lines, [p], premises=[*summaries, *sizes], recomputed=[p])


def one_convention(case: Case, *, comparisons: list[dict]) -> Finding:
    """Is there one t-test and one SD convention from which a whole column of p-values follows?"""
    counts: dict[str, list[str]] = {}
    for row in comparisons:
        groups = [
            Group(case.interval(m), case.interval(s), case.count(n))
            for m, s, n in (row["first"], row["second"])
        ]
        for name, value in t_test_readings(*groups).items():
            counts.setdefault(name, [])
            if value.overlaps(case.interval(row["p"])):
                counts[name].append(case.said(row["p"]))
    lines = [
        f"{name}: gives {len(ps)} of {len(comparisons)} ({', '.join(ps)})." for name, ps in counts.items()
    ]
    best = [name for name, ps in counts.items() if len(ps) == len(comparisons)]
    claims = [row["p"] for row in comparisons]
    if best:
        title = f"{case.about}: one convention gives every p-value ({'; '.join(best)})"
        return case.finding(Severity.CONSISTENT, title, lines, claims)
    title = f"{case.about}: no single t-test and SD convention gives all {len(comparisons)} p-values"
    return case.finding(Severity.AMBIGUOUS, title, lines, claims)


def chi_square(case: Case, *, first: list[str | int], second: list[str | int], p: str) -> Finding:
    """A printed p-value follows from two counts: ``first`` and ``second`` hold [count, n]."""
    (a, n1), (b, n2) = ([case.count(x) for x in pair] for pair in (first, second))
    readings = chi_square_readings(((a, n1 - a), (b, n2 - b)))
    fits = fitting(readings, case.interval(p))
    lines = [f"{a} of {n1} against {b} of {n2}; printed p {case.said(p)}."]
    lines += [
        f"{name}: p = {span(value)}{' (fits)' if name in fits else ''}." for name, value in readings.items()
    ]
    if not fits:
        title = f"{case.about}: p {case.said(p)} follows from no test of these counts"
        return case.finding(Severity.IMPOSSIBLE, title, lines, [p], premises=[*first, *second])
    title = f"{case.about}: p {case.said(p)} is that of {' or '.join(fits)}"
    return case.finding(Severity.CONSISTENT, title, lines, [p], premises=[*first, *second], recomputed=[p])


def compared_proportions(
    case: Case,
    *,
    first: str,
    first_sizes: list[str | int],
    second: str,
    second_sizes: list[str | int],
    p: str,
) -> Finding:
    """Which numbers of cases give a printed chi-square p-value between two printed proportions?

    The counts tried are the whole numbers on either side of proportion x size.
    """
    printed = case.interval(p)
    tried, fits = [], []
    for n1 in map(case.count, first_sizes):
        for n2 in map(case.count, second_sizes):
            for a in _around(case.interval(first).middle, n1):
                for b in _around(case.interval(second).middle, n2):
                    for name, value in chi_square_readings(((a, n1 - a), (b, n2 - b))).items():
                        tried.append(
                            (abs(value.middle - printed.middle), f"{a}/{n1} against {b}/{n2}, {name}", value)
                        )
                        fits += [tried[-1]] if value.overlaps(printed) else []
    shown = sorted(fits or tried, key=lambda entry: entry[0])[:3]
    lines = [f"{case.said(first)} against {case.said(second)}; printed p {case.said(p)}."]
    lines += [f"{words}: p = {span(value)}." for _, words, value in shown]
    given = [first, second, *first_sizes, *second_sizes]
    if fits:
        title = f"{case.about}: p {case.said(p)} is that of {shown[0][1]}"
        return case.finding(Severity.CONSISTENT, title, lines, [p], premises=given, recomputed=[p])
    title = f"{case.about}: p {case.said(p)} comes from none of the counts that the paper offers"
    return case.finding(Severity.INCONSISTENT, title, lines, [p], premises=given)


def _around(proportion: float, n: int) -> list[int]:
    """Return the whole numbers on either side of proportion x n; one where it is whole to rounding."""
    k = round(proportion * n)
    if abs(k - proportion * n) <= 0.01:
        return [k]
    return sorted({int(proportion * n), int(proportion * n) + 1})


def says_significant(
    case: Case, *, says: bool, p: list[str], quote: str, about_numbers: list[str] = ()
) -> Finding:
    """A sentence that calls a difference significant (or not) against the p-values printed for it."""
    against = [r for r in p if not significance_possible(says, case.interval(r))]
    word = "significant" if says else "not significant"
    lines = [f'Text: "{quote}".']
    lines += [f"Printed for it: p {case.said(r)}{' (contrary)' if r in against else ''}." for r in p]
    if against:
        title = f"{case.about}: called {word}, with p {', '.join(case.said(r) for r in against)}"
        return case.finding(Severity.INCONSISTENT, title, lines, [*p, *about_numbers])
    return case.finding(Severity.CONSISTENT, f"{case.about}: the words fit p", lines, [*p, *about_numbers])


def correlation_p(case: Case, *, r: str, n: str | int, p: str) -> Finding:
    """A printed p-value follows from a correlation and n."""
    size = case.count(n)
    found = correlation_p_range(case.interval(r), size)
    lines = [
        f"r = {case.said(r)}, n = {size}: p = {found.low:.1e} to {found.high:.1e}; printed {case.said(p)}."
    ]
    if found.overlaps(case.interval(p)):
        title = f"{case.about}: p {case.said(p)} follows from r and n"
        return case.finding(Severity.CONSISTENT, title, lines, [p], premises=[r, n], recomputed=[p])
    title = f"{case.about}: p {case.said(p)} does not follow from r and n"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [p, r], premises=[n])


def bound(case: Case, *, bound: str, values: list[str]) -> Finding:
    """A summary such as "over 90%" against the values it summarises."""
    claim = case.claim(bound)
    relation, limit = claim.relation, claim.value
    bad, edge = [], []
    for reference in values:
        interval = case.interval(reference)
        if not bound_possible(relation, limit, interval):
            bad.append(reference)
        elif not bound_possible(relation, limit, Interval(interval.middle, interval.middle)):
            edge.append(reference)
    lines = [f"Summary: {case.said(bound)}; values: {', '.join(case.said(v) for v in values)}."]
    if bad:
        title = f"{case.about}: {', '.join(case.said(v) for v in bad)} is not {case.said(bound)}"
        return case.finding(Severity.IMPOSSIBLE, title, lines, [bound, *values])
    if edge:
        lines.append(f"{', '.join(case.said(v) for v in edge)} satisfies it only before rounding.")
        title = f"{case.about}: {case.said(bound)} holds only if a printed value was rounded the right way"
        return case.finding(Severity.AMBIGUOUS, title, lines, [bound, *values])
    title = f"{case.about}: {case.said(bound)} holds"
    return case.finding(Severity.CONSISTENT, title, lines, [bound], premises=values, recomputed=[bound])


def largest(case: Case, *, value: str, others: list[str], quote: str) -> Finding:
    """A value called the highest is."""
    good = is_largest(case.interval(value), [case.interval(o) for o in others])
    lines = [f'Text: "{quote}"; {case.said(value)} against {", ".join(case.said(o) for o in others)}.']
    if good:
        return case.finding(Severity.CONSISTENT, f"{case.about}: the highest is the highest", lines, [value])
    return case.finding(
        Severity.IMPOSSIBLE, f"{case.about}: {case.said(value)} is not the highest", lines, [value, *others]
    )


def plausible(case: Case, *, value: str, low: float, high: float, quantity: str, source: str) -> Finding:
    """A value under a name that only takes values in a known range."""
    lines = [f"{quantity}: {show(low)} to {show(high)} ({source}); printed {case.said(value)}."]
    if name_fits_range(case.interval(value), low, high):
        return case.finding(Severity.CONSISTENT, f"{case.about}: the name fits the value", lines, [value])
    return case.finding(
        Severity.INCONSISTENT,
        f"{case.about}: {case.said(value)} is outside the range of its name",
        lines,
        [value],
    )


def points_or_percent(case: Case, *, change: str, before: str, after: str) -> Finding:
    """Does "improves by x %" mean points or a share of the value before?"""
    first, second, printed = case.interval(before), case.interval(after), case.interval(change)
    points = Interval(second.low - first.high, second.high - first.low)
    share = Interval(points.low / first.high, points.high / first.low)
    lines = [
        f"{case.said(after)} - {case.said(before)} = {percent(points.middle, 0)} points "
        f"({span(points)}), or {percent(share.middle, 0)} of {case.said(before)}; "
        f"printed {case.said(change)}."
    ]
    fits = [
        words for words, value in (("points", points), ("per cent of it", share)) if value.overlaps(printed)
    ]
    if not fits:
        title = f"{case.about}: the change is neither {case.said(change)} in points nor in per cent"
        return case.finding(Severity.IMPOSSIBLE, title, lines, [change, before, after])
    if fits == ["per cent of it"] or len(fits) == 2:
        title = f"{case.about}: the change is {case.said(change)}"
        return case.finding(
            Severity.CONSISTENT, title, lines, [change], premises=[before, after], recomputed=[change]
        )
    title = f"{case.about}: {case.said(change)} are percentage points, not per cent"
    return case.finding(Severity.AMBIGUOUS, title, lines, [change], premises=[before, after])


CHECKS = {
    "t_test": t_test,
    "one_convention": one_convention,
    "chi_square": chi_square,
    "compared_proportions": compared_proportions,
    "says_significant": says_significant,
    "correlation_p": correlation_p,
    "bound": bound,
    "largest": largest,
    "plausible": plausible,
    "points_or_percent": points_or_percent,
}
