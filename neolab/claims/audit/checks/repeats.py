"""Checks of quantities that a paper prints more than once, or under the wrong name."""

from collections.abc import Iterable, Iterator

from neolab.claims.audit.case import Case, show, span
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.readings import in_words
from neolab.claims.audit.register import check
from neolab.claims.audit.regression import is_square_of, mae_possible, target_sd_bounds
from neolab.claims.audit.repeats import agreeing_groups, minority
from neolab.claims.schema import Paper


@check("digits")
def same(case: Case, *, claims: list[str]) -> Finding:
    """One quantity printed at several places has one value, under one reading of its digits.

    Formula: the rounding intervals meet
    Source: arithmetic
    Example: a mean absolute error of 2.28 in the abstract and 2.26 in the table
    """
    # A 0 that is not a measured digit would excuse 0.80 beside 0.76: of one quantity that is a second number.
    for digits in ("rounded", "cut"):
        groups = agreeing_groups({reference: case.interval(reference, digits) for reference in claims})
        if len(groups) == 1:
            words = in_words({"digits": digits})
            severity = Severity.INCONSISTENT if words else Severity.CONSISTENT
            title = f"{case.about}: {len(claims)} printings agree{' only if ' * bool(words)}{words}"
            only_if = [words] if words else []
            return case.finding(severity, title, _by_value(case, groups), claims, only_if=only_if)
    groups = agreeing_groups({reference: case.interval(reference) for reference in claims})
    said = " and ".join(case.said(group[0]) for group in groups)
    return case.finding(
        Severity.IMPOSSIBLE,
        f"{case.about}: printed as {said}",
        _by_value(case, groups),
        claims,
        contradicted=list(minority(groups)),
        conflicts=[[groups[0][0], group[0]] for group in groups[1:]],
    )


def _by_value(case: Case, groups) -> list[str]:
    return [
        f"{' = '.join(sorted({case.said(r) for r in group}))}: {'; '.join(_places(case, group))}."
        for group in groups
    ]


def _places(case: Case, references: Iterable[str]) -> list[str]:
    """Return where the claims stand, each place once."""
    return list(dict.fromkeys(case.claim(reference).place for reference in references))


@check()
def exchanged(
    case: Case, *, first: str, second: str, first_elsewhere: list[str], second_elsewhere: list[str]
) -> Finding:
    """Two values that a sentence gives to two methods "respectively", against the values given elsewhere.

    Formula: first = first elsewhere and second = second elsewhere
    Source: arithmetic
    Example: 62.11% and 72.15%, "respectively", where the table gives 72.15% to the first method
    """
    here = [case.interval(first), case.interval(second)]
    there = [[case.interval(r) for r in group] for group in (first_elsewhere, second_elsewhere)]
    lines = [
        f"{case.claim(first).place}: {case.said(first)} and {case.said(second)}, in this order.",
        f"Elsewhere: {case.said(first_elsewhere[0])} ({'; '.join(_places(case, first_elsewhere))}) and "
        f"{case.said(second_elsewhere[0])} ({'; '.join(_places(case, second_elsewhere))}).",
    ]
    claims = [first, second, *first_elsewhere, *second_elsewhere]

    def fit(order) -> bool:
        return all(value.overlaps(other) for value, group in zip(here, order, strict=True) for other in group)

    if fit(there):
        return case.finding(Severity.CONSISTENT, f"{case.about}: all places agree", lines, claims)
    words = "are exchanged" if fit(there[::-1]) else "are not the values given elsewhere"
    title = f"{case.about}: {case.said(first)} and {case.said(second)} {words}"
    sets = [[first, first_elsewhere[0]], [second, second_elsewhere[0]]]
    return case.finding(
        Severity.IMPOSSIBLE, title, lines, claims, contradicted=[first, second], conflicts=sets
    )


def repeated_quantities(paper: Paper) -> Iterator[list[str]]:
    """Yield the claims that say they print the same quantity (``same_as``), each group once."""
    leader: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for claim in paper.claims:
        first = leader.get(claim.same_as, claim.same_as) if claim.same_as else claim.id
        leader[claim.id] = first
        groups.setdefault(first, []).append(claim.id)
    yield from (group for group in groups.values() if len(group) > 1)


@check(judgement=True)
def peak_among_means(case: Case, *, peak: str, own_mean: str, other_means: list[str], quote: str) -> Finding:
    """A best fold's value standing among means over folds, without the word; that they are so is a reader's
    judgement.

    Formula: peak > its own mean
    Source: the sentence, quoted
    Example: "achieving the highest AUC of 0.861" beside other models' mean AUCs
    """
    if not case.interval(peak).low > case.interval(own_mean).high:
        return case.finding(
            Severity.CONSISTENT, f"{case.about}: {case.said(peak)} is the mean", [f'Text: "{quote}".'], [peak]
        )
    lines = [
        f'Text: "{quote}".',
        f"Best fold {case.said(peak)}, mean over folds {case.said(own_mean)}; beside it stand means: "
        f"{', '.join(case.said(r) for r in other_means)}.",
    ]
    title = f"{case.about}: {case.said(peak)} is one fold's, where the mean is {case.said(own_mean)}"
    return case.finding(Severity.AMBIGUOUS, title, lines, [peak], premises=[own_mean, *other_means])


@check(judgement=True)
def renamed(
    case: Case, *, value: str, called: str, explanation: str, other: str | None = None, other_called: str
) -> Finding:
    """One number under two names that mean different quantities; what the names mean is a reader's judgement.

    Formula: the two values are equal
    Source: the two places, quoted
    Example: an AUC of 0.83 called "83% of cases correctly categorised"
    """
    lines = [f'{case.claim(value).place}: {case.said(value)}, "{called}".']
    if other is not None:
        lines.append(f'{case.claim(other).place}: {case.said(other)}, "{other_called}".')
    claims = [value] if other is None else [value, other]
    if other is None or case.interval(value).overlaps(case.interval(other)):
        title = f"{case.about}: printed as {called} in one place and as {other_called} in another"
        return case.finding(Severity.INCONSISTENT, title, [*lines, explanation], claims)
    return case.finding(
        Severity.CONSISTENT, f"{case.about}: two names, two values", [*lines, explanation], claims
    )


@check()
def square(case: Case, *, value: str, root: str, also: list[str] = ()) -> Finding:
    """A value printed under the name of a correlation is the square of another printing of it. ``also`` lists
    further places that print ``value``.

    Formula: value = root^2
    Source: arithmetic
    Example: r = 0.81 in the text and 0.901 in the table
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
    else:
        title = (
            f"{case.about}: {case.said(value)} and {case.said(root)} differ and are not a square and its root"
        )
    blamed = [value, *also] if is_square_of(small, large) else [value, root]
    return case.finding(
        Severity.IMPOSSIBLE,
        title,
        lines,
        [value, *also, root],
        contradicted=blamed,
        conflicts=[[value, root]],
    )


@check("digits")
def errors(case: Case, *, mae: str, rmse: str, n: str | int) -> Problem:
    """The mean absolute error lies between RMSE / sqrt(n) and RMSE.

    Formula: RMSE / sqrt(n) <= MAE <= RMSE
    Source: Cauchy and Schwarz
    Example: an MAE of 2.4 with an RMSE of 2.1 cannot be
    """
    size = case.count(n)
    return Problem(
        {"MAE": [mae], "RMSE": [rmse]},
        lambda reading, names: (
            len(names) < 2
            or mae_possible(
                case.interval(mae, reading["digits"]), case.interval(rmse, reading["digits"]), size
            )
        ),
        holds="MAE and RMSE can go together",
        fails=f"{size} errors cannot have",
        lines=lambda reading: [
            f"RMSE / sqrt({size}) = {show(case.claim(rmse).value / size**0.5, 3)} <= MAE {case.said(mae)} "
            f"<= RMSE {case.said(rmse)}?"
        ],
        given=[n],
    )


@check()
def spread(case: Case, *, pairs: list[list[str]], low: str | float, high: str | float) -> Finding:
    """What RMSE and correlation say about the SD of the target, a note: [rmse, correlation] of each model.

    Formula: SD <= RMSE / sqrt(1 - r^2)
    Source: the least RMSE at a given r is that of the best straight line
    Example: RMSE 3.40 with r = 0.901 allows an SD of at most 7.87
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
