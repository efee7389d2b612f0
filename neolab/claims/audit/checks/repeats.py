"""Checks of quantities that a paper prints more than once, or under the wrong name."""

from collections.abc import Iterable, Iterator

from neolab.claims.audit.case import Case, show, span
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.regression import is_square_of, mae_possible, target_sd_bounds
from neolab.claims.audit.repeats import agreeing_groups, minority, peak_possible
from neolab.claims.schema import Paper


def same(case: Case, *, claims: list[str]) -> Finding:
    """One quantity printed at several places has one value."""
    values = {reference: case.interval(reference) for reference in claims}
    groups = agreeing_groups(values)
    lines = [
        f"{' = '.join(sorted({case.said(r) for r in group}))}: {'; '.join(_places(case, group))}."
        for group in groups
    ]
    if len(groups) == 1:
        title = f"{case.about}: {len(claims)} printings agree"
        return case.finding(Severity.CONSISTENT, title, lines, claims)
    odd = minority(groups)
    said = " and ".join(case.said(group[0]) for group in groups)
    title = f"{case.about}: printed as {said}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, claims, contradicted=list(odd))


def exchanged(
    case: Case, *, first: str, second: str, first_elsewhere: list[str], second_elsewhere: list[str]
) -> Finding:
    """Two values that a sentence gives to two methods "respectively", against the values given elsewhere.

    ``first`` and ``second`` stand in the sentence; ``first_elsewhere`` and ``second_elsewhere`` are the other
    printings for the same methods.
    """
    here = [case.interval(first), case.interval(second)]
    there = [[case.interval(r) for r in group] for group in (first_elsewhere, second_elsewhere)]
    lines = [
        f"{case.claim(first).place}: {case.said(first)} and {case.said(second)}, in this order.",
        f"Elsewhere: {case.said(first_elsewhere[0])} ({'; '.join(_places(case, first_elsewhere))}) and "
        f"{case.said(second_elsewhere[0])} ({'; '.join(_places(case, second_elsewhere))}).",
    ]
    claims = [first, second, *first_elsewhere, *second_elsewhere]
    if all(value.overlaps(other) for value, group in zip(here, there, strict=True) for other in group):
        return case.finding(Severity.CONSISTENT, f"{case.about}: all places agree", lines, claims)
    crossed = zip(here, reversed(there), strict=True)
    if all(value.overlaps(other) for value, group in crossed for other in group):
        title = f"{case.about}: {case.said(first)} and {case.said(second)} are exchanged"
    else:
        title = f"{case.about}: {case.said(first)} and {case.said(second)} are not the values given elsewhere"
    return case.finding(Severity.IMPOSSIBLE, title, lines, claims, contradicted=[first, second])


def _places(case: Case, references: Iterable[str]) -> list[str]:
    """Return where the claims stand, each place once."""
    return list(dict.fromkeys(case.claim(reference).place for reference in references))


def repeated_quantities(paper: Paper) -> Iterator[list[str]]:
    """Yield the claims that say they print the same quantity (``same_as``), each group once."""
    leader: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for claim in paper.claims:
        first = leader.get(claim.same_as, claim.same_as) if claim.same_as else claim.id
        leader[claim.id] = first
        groups.setdefault(first, []).append(claim.id)
    yield from (group for group in groups.values() if len(group) > 1)


def peak(case: Case, *, peak: str, mean: str) -> Finding:
    """The best fold is at least as good as the mean over folds."""
    lines = [f"Best fold {case.said(peak)}, mean over folds {case.said(mean)}."]
    if peak_possible(case.interval(peak), case.interval(mean)):
        title = f"{case.about}: the best fold is not below the mean"
        return case.finding(Severity.CONSISTENT, title, lines, [peak, mean])
    title = (
        f"{case.about}: the best fold ({case.said(peak)}) is below the mean over folds ({case.said(mean)})"
    )
    return case.finding(Severity.IMPOSSIBLE, title, lines, [peak, mean])


def peak_among_means(case: Case, *, peak: str, own_mean: str, other_means: list[str], quote: str) -> Finding:
    """A best fold's value standing among means over folds, without the word."""
    lines = [
        f'Text: "{quote}".',
        f"Best fold {case.said(peak)}, mean over folds {case.said(own_mean)}; beside it stand means: "
        f"{', '.join(case.said(r) for r in other_means)}.",
    ]
    title = f"{case.about}: {case.said(peak)} is one fold's, where the mean is {case.said(own_mean)}"
    return case.finding(Severity.AMBIGUOUS, title, lines, [peak], premises=[own_mean, *other_means])


def renamed(
    case: Case, *, value: str, called: str, other: str, other_called: str, explanation: str
) -> Finding:
    """One number under two names that mean different quantities."""
    lines = [
        f'{case.claim(value).place}: {case.said(value)}, "{called}".',
        f'{case.claim(other).place}: {case.said(other)}, "{other_called}".',
        explanation,
    ]
    if case.interval(value).overlaps(case.interval(other)):
        title = f"{case.about}: printed as {called} in one place and as {other_called} in another"
        return case.finding(Severity.INCONSISTENT, title, lines, [value, other])
    title = f"{case.about}: two names, two values"
    return case.finding(Severity.CONSISTENT, title, lines, [value, other])


def square(case: Case, *, value: str, root: str, also: list[str] = ()) -> Finding:
    """A value printed under the name of a correlation is the square of another printing of it.

    ``also`` lists further places that print ``value``.
    """
    small, large = case.interval(value), case.interval(root)
    lines = [
        f"{case.said(root)} squared is {show(large.low**2)} to {show(large.high**2)}; "
        f"the other place prints {case.said(value)}."
    ]
    if small.overlaps(large):
        return case.finding(Severity.CONSISTENT, f"{case.about}: both places agree", lines, [value, root])
    if is_square_of(small, large):
        title = f"{case.about}: {case.said(value)} is the square of {case.said(root)}; both are called r"
        return case.finding(
            Severity.IMPOSSIBLE, title, lines, [value, *also, root], contradicted=[value, *also]
        )
    title = f"{case.about}: {case.said(value)} and {case.said(root)} differ and are not a square and its root"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [value, root])


def errors(case: Case, *, mae: str, rmse: str, n: str | int) -> Finding:
    """The mean absolute error lies between RMSE / sqrt(n) and RMSE."""
    size = case.count(n)
    lines = [
        f"RMSE / sqrt({size}) = {show(case.claim(rmse).value / size**0.5, 3)} <= MAE {case.said(mae)} "
        f"<= RMSE {case.said(rmse)}?"
    ]
    if mae_possible(case.interval(mae), case.interval(rmse), size):
        return case.finding(
            Severity.CONSISTENT, f"{case.about}: MAE and RMSE can go together", lines, [mae, rmse]
        )
    return case.finding(
        Severity.IMPOSSIBLE,
        f"{case.about}: MAE and RMSE exclude each other",
        lines,
        [mae, rmse],
        premises=[n],
    )


def spread(case: Case, *, pairs: list[list[str]], low: str | float, high: str | float) -> Finding:
    """What RMSE and correlation say about the SD of the target: the same for every model of the same cases.

    ``pairs`` holds [rmse, correlation] of models tested on the same cases.
    """
    lines, tops = [], []
    ends = case.interval(low), case.interval(high)
    for rmse, correlation in pairs:
        bounds = target_sd_bounds(case.interval(rmse), case.interval(correlation), ends[0].low, ends[1].high)
        tops.append(bounds.high)
        lines.append(
            f"RMSE {case.said(rmse)} with r = {case.said(correlation)}: SD of the target at most "
            f"{case.said(rmse)} / sqrt(1 - r^2) = {show(bounds.high, 2)}."
        )
    uniform = (ends[1].middle - ends[0].middle) / 12**0.5
    lines.append(f"Values spread evenly from {span(ends[0])} to {span(ends[1])} have SD {show(uniform, 2)}.")
    claims = [reference for pair in pairs for reference in pair]
    title = f"{case.about}: the target's SD can be at most {show(min(tops), 2)}"
    return case.finding(Severity.NOTE, title, lines, claims, premises=[low, high])


CHECKS = {
    "same": same,
    "peak": peak,
    "peak_among_means": peak_among_means,
    "renamed": renamed,
    "exchanged": exchanged,
    "square": square,
    "errors": errors,
    "spread": spread,
}
