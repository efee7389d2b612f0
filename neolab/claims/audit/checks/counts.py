"""Checks of counts, percentages and means of whole numbers against n."""

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.counts import (
    attainable,
    counts_within,
    nearest_proportions,
    sizes_allowing,
    sizes_giving,
    sums_of_squares,
)
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.flow import ratio_of, total_of
from neolab.claims.audit.rounding import Interval, truncated


def share(case: Case, *, count: str, n: str | int, share: str) -> Finding:
    """A printed percentage is the printed count divided by n."""
    k, size, printed = case.count(count), case.count(n), case.interval(share)
    lines = [f"{k} / {size} = {percent(k / size, 3)}; printed {case.said(share)}."]
    if printed.contains(k / size):
        return case.finding(
            Severity.CONSISTENT,
            f"{case.about}: {k} of {size} is {case.said(share)}",
            lines,
            [share],
            premises=[count, n],
            recomputed=[share],
        )
    others = list(sizes_giving(printed, k, 20 * size))
    lines.append(f"{k} of n prints so for n in {others or 'no group size'}.")
    title = f"{case.about}: {k} of {size} is not {case.said(share)}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [count, share], premises=[n])


def proportion(case: Case, *, value: str, n: str | int, also: list[str | int] = ()) -> Finding:
    """A printed proportion of n cases is a whole number of cases.

    ``also`` lists other denominators that the paper offers, to say which of them would do.
    """
    size, printed = case.count(n), case.interval(value)
    counts = counts_within(printed, size)
    if counts:
        k = counts[0]
        lines = [f"{k} / {size} = {percent(k / size, 3)}; printed {case.said(value)}."]
        unique = len(counts) == 1
        title = f"{case.about}: {case.said(value)} of {size} is {k if unique else 'several counts'}"
        recomputed = [value] if unique else []
        return case.finding(Severity.CONSISTENT, title, lines, [value], premises=[n], recomputed=recomputed)
    below, above = nearest_proportions(printed.middle, size)
    k = round(below * size)
    lines = [
        f"Of {size} cases, {k} is {percent(below, 3)} and {k + 1} is {percent(above, 3)}: "
        f"nothing prints as {case.said(value)}."
    ]
    coarser = Interval(printed.middle, printed.middle).widened(10 * printed.half_width)
    last_is_zero = case.claim(value).reading.text.endswith("0") and "." in case.claim(value).reading.text
    if last_is_zero and counts_within(coarser, size):
        k = counts_within(coarser, size)[0]
        lines.append(f"With one decimal less it fits: {k} / {size} = {percent(k / size, 3)}.")
        return case.finding(
            Severity.INCONSISTENT,
            f"{case.about}: {case.said(value)} of {size} exists only if the last 0 is not a measured digit",
            lines,
            [value],
            premises=[n],
        )
    if counts_within(truncated(printed), size):
        lines.append("It fits if the digits were cut off instead of rounded.")
        severity = Severity.INCONSISTENT
    else:
        severity = Severity.IMPOSSIBLE
    for other in also:
        other_size = case.count(other)
        fits = counts_within(printed, other_size)
        outcome = f"{fits[0]} / {other_size} prints so" if fits else "none prints so"
        lines.append(f"Of {other_size}: {outcome}.")
    title = f"{case.about}: {case.said(value)} is no whole number of {size} cases"
    return case.finding(severity, title, lines, [value], premises=[n])


def group_sizes(
    case: Case, *, groups: list[dict], total: str | int, printed_sizes: list[str | int] = ()
) -> Finding:
    """Counts with their percentages tell the sizes of the groups, which add up to the total."""
    found = [list(sizes_giving(case.interval(g["share"]), case.count(g["count"]))) for g in groups]
    lines = [
        f"{case.count(g['count'])} is {case.said(g['share'])} of n only for n = {sizes}."
        for g, sizes in zip(groups, found, strict=True)
    ]
    claims = [reference for g in groups for reference in (g["count"], g["share"])]
    sums = {0}
    for sizes in found:
        sums = {a + b for a in sums for b in sizes}
    whole = case.count(total)
    lines.append(f"Possible sums: {sorted(sums)}; printed total {whole}.")
    if whole not in sums:
        title = f"{case.about}: no group sizes fit the percentages and the total of {whole}"
        return case.finding(Severity.IMPOSSIBLE, title, lines, claims, premises=[total])
    title = f"{case.about}: the percentages give group sizes that add up to {whole}"
    return case.finding(
        Severity.CONSISTENT, title, lines, claims, premises=[total], recomputed=[total, *claims]
    )


def whole_number_mean(case: Case, *, mean: str, n: str | int, sd: str | None = None) -> Finding:
    """GRIM and GRIMMER: the mean (and SD) of n whole numbers."""
    size, printed = case.count(n), case.interval(mean)
    tested = [mean] if sd is None else [mean, sd]
    below, above = nearest_proportions(printed.middle, size)
    lines = [
        f"A sum of {round(below * size)} over {size} gives {show(below)}, of {round(above * size)} "
        f"{show(above)}; printed {case.said(mean)}."
    ]
    if not attainable(printed, size):
        title = f"{case.about}: {size} whole numbers cannot have the mean {case.said(mean)}"
        return case.finding(Severity.IMPOSSIBLE, title, lines, tested, premises=[n])
    if sd is not None:
        pairs = {d: sums_of_squares(printed, case.interval(sd), size, d) for d in (1, 0)}
        for ddof, name in ((1, "sample"), (0, "population")):
            lines.append(f"{name} SD {case.said(sd)}: {len(pairs[ddof])} possible sums of squares.")
        if not any(pairs.values()):
            title = f"{case.about}: {size} whole numbers cannot have mean {case.said(mean)} and this SD"
            return case.finding(Severity.IMPOSSIBLE, title, lines, tested, premises=[n])
    title = f"{case.about}: {size} whole numbers can have this mean"
    return case.finding(Severity.CONSISTENT, title, lines, tested, premises=[n])


def total(case: Case, *, total: str | int, parts: list[str | int], minus: list[str | int] = ()) -> Finding:
    """Printed numbers add up (``parts`` less ``minus``) to a printed total."""
    terms = [*parts, *minus]
    signs = [1] * len(parts) + [-1] * len(minus)
    result = total_of([case.interval(t) for t in terms], signs)
    written = " + ".join(case.said(p) for p in parts) + "".join(f" - {case.said(m)}" for m in minus)
    lines = [f"{written} = {span(result)}; printed {case.said(total)}."]
    if result.overlaps(case.interval(total)):
        return case.finding(
            Severity.CONSISTENT,
            f"{case.about}: the numbers add up",
            lines,
            [total, *terms],
            recomputed=[total],
        )
    title = f"{case.about}: the numbers do not add up"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [total, *terms])


def ratio(case: Case, *, top: str | float, bottom: str | float, ratio: str) -> Finding:
    """A printed ratio (or "about" a number) is the quotient of two printed numbers."""
    result, printed = ratio_of(case.interval(top), case.interval(bottom)), case.interval(ratio)
    lines = [f"{case.said(top)} / {case.said(bottom)} = {span(result)}; printed {case.said(ratio)}."]
    if case.claim(ratio).relation == "~" and not result.overlaps(printed):
        printed = printed.widened(printed.half_width or 0.5)
    if result.overlaps(printed):
        return case.finding(
            Severity.CONSISTENT,
            f"{case.about}: the ratio is {case.said(ratio)}",
            lines,
            [ratio],
            premises=[top, bottom],
            recomputed=[ratio],
        )
    title = f"{case.about}: the ratio is not {case.said(ratio)}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [ratio, top, bottom])


def denominators(case: Case, *, value: str, sizes: dict[str, int | str]) -> Finding:
    """Of several groups that a percentage may refer to, which can it come from? (``sizes``: words -> n)"""
    printed = case.interval(value)
    resolved = {words: case.count(n) for words, n in sizes.items()}
    fits = {words: n for words, n in resolved.items() if sizes_allowing(printed, range(n, n + 1))}
    lines = []
    for words, n in resolved.items():
        below, above = nearest_proportions(printed.middle, n)
        verdict = "possible" if words in fits else "not possible"
        k = round(below * n)
        neighbours = f"{k}/{n} = {percent(below)}, {k + 1}/{n} = {percent(above)}"
        lines.append(f"{words} (n = {n}): {neighbours}; {verdict}.")
    references = [n for n in sizes.values() if isinstance(n, str)]
    if not fits:
        title = f"{case.about}: {case.said(value)} comes from none of the groups"
        return case.finding(Severity.IMPOSSIBLE, title, lines, [value], premises=references)
    first = next(iter(resolved))
    if first not in fits:
        title = f"{case.about}: {case.said(value)} cannot be a share of {first}"
        return case.finding(Severity.INCONSISTENT, title, lines, [value], premises=references)
    title = f"{case.about}: {case.said(value)} can be a share of {', '.join(fits)}"
    return case.finding(Severity.CONSISTENT, title, lines, [value], premises=references)


CHECKS = {
    "share": share,
    "proportion": proportion,
    "group_sizes": group_sizes,
    "whole_number_mean": whole_number_mean,
    "total": total,
    "ratio": ratio,
    "denominators": denominators,
}
