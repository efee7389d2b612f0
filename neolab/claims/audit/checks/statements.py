"""Checks of statements in words: each is a comparison of cells, and is computed."""

import math
import operator
from itertools import product

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.register import check
from neolab.claims.audit.rounding import Interval

RELATIONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@check("digits", "edge")
def compare(
    case: Case,
    *,
    left: list[str | float],
    relation: str,
    right: list[str | float],
    quote: str = "",
    factor: float = 1,
    about_numbers: list[str] = (),
) -> Problem:
    """A statement in words: every number on the left is above or below every one on the right, ``factor``
    times where words like "twice" or "far" say so. "Significant" is p < 0.05.

    Formula: left > factor x right (or >=, <, <=)
    Source: the sentence, quoted
    Example: "outperformed ... significantly" against p = .234
    """
    holds_for = RELATIONS[relation]

    def ends(reference, reading, side: str) -> float:
        """Return the printed value, or before rounding the end that helps the statement most."""
        shown = case.interval(reference, reading["digits"])
        if isinstance(reference, str) and case.claim(reference).relation in "<>" and side == "right":
            return case.claim(reference).value
        if reading["edge"] == "printed" and math.isfinite(shown.low) and math.isfinite(shown.high):
            return shown.middle
        return shown.high if (relation[0] == ">") == (side == "left") else shown.low

    def possible(reading, names) -> bool:
        pairs = [(a, b) for a, b in product(left, right) if {_label(a), _label(b)} - set(fixed) <= set(names)]
        return all(holds_for(ends(a, reading, "left"), factor * ends(b, reading, "right")) for a, b in pairs)

    def _limit(reference: str | float) -> str:
        bound = isinstance(reference, str) and case.claim(reference).relation in "<>"
        return case.said(reference).lstrip("<> ") if bound else case.said(reference)

    fixed = [_label(x) for x in (*left, *right) if not isinstance(x, str)]
    numbers = {_label(x): [x] for x in (*left, *right) if isinstance(x, str)}
    times = f"{factor:g} x " if factor != 1 else ""
    said = f"{', '.join(map(case.said, left))} {relation} {times}{', '.join(map(_limit, right))}"
    return Problem(
        numbers,
        possible,
        holds="the statement holds" if quote else f"{said} holds",
        fails="the statement does not hold:" if quote else f"{relation} {times}does not hold for",
        lines=lambda reading: [*([f'Text: "{quote}".'] if quote else []), f"{said}?"],
        given=list(about_numbers),
    )


def _label(reference: str | float) -> str:
    return (
        " ".join(reference.split(".")[-2:]).replace("_", " ")
        if isinstance(reference, str)
        else f"{reference:g}"
    )


@check("digits", "edge")
def best(
    case: Case, *, named: str, values: dict[str, str], quote: str, lowest: bool = False
) -> Problem | Finding:
    """The row that words call best has the highest (lowest) printed value. ``values``: row -> claim.

    Formula: value of the named row >= every other
    Source: the sentence, quoted
    Example: "our best model (vae_8x8_512)" where the highest AUC printed is that of vae_8x8_1024
    """
    ordered = sorted(values, key=lambda row: case.claim(values[row]).value, reverse=not lowest)
    if named not in values:
        title = f"{case.about}: {named} is called best; the best value printed is {ordered[0]}'s"
        lines = [
            f'Text: "{quote}".',
            f"No value is printed for {named}; {ordered[0]} has {case.said(values[ordered[0]])}.",
        ]
        return case.finding(Severity.AMBIGUOUS, title, lines, list(values.values()))

    def possible(reading, names) -> bool:
        shown = {row: case.interval(values[row], reading["digits"]) for row in names}
        if named not in shown:
            return True
        own, sign = shown.pop(named), -1 if lowest else 1
        if reading["edge"] == "printed":
            return all(sign * own.middle >= sign * other.middle for other in shown.values())
        return all(own.low <= o.high if lowest else own.high >= o.low for o in shown.values())

    first = [named, *(row for row in ordered if row != named)]
    return Problem(
        {row: [values[row]] for row in first},
        possible,
        holds=f"{named} has the {'lowest' if lowest else 'highest'} value",
        fails=f"{named} is not the {'lowest' if lowest else 'highest'}:",
        lines=lambda reading: [
            f'Text: "{quote}".',
            "; ".join(f"{row} {case.said(values[row])}" for row in ordered) + ".",
        ],
    )


@check(judgement=True)
def plausible(case: Case, *, value: str, low: float, high: float, quantity: str, source: str) -> Finding:
    """A value under a name that only takes values in a known range; the range is a reader's.

    Formula: low <= value <= high
    Source: given with the entry
    Example: a gestational age of 45 weeks
    """
    lines = [f"{quantity}: {show(low)} to {show(high)} ({source}); printed {case.said(value)}."]
    shown = case.interval(value)
    if shown.high >= low and shown.low <= high:
        return case.finding(Severity.CONSISTENT, f"{case.about}: the name fits the value", lines, [value])
    title = f"{case.about}: {case.said(value)} is outside the range of its name"
    return case.finding(Severity.INCONSISTENT, title, lines, [value])


@check("digits", "change")
def points_or_percent(case: Case, *, change: str, before: str, after: str) -> Problem:
    """ "Improves by x %" means a share of the value before, or percentage points.

    Formula: (after - before) / before, or after - before
    Source: arithmetic
    Example: from 0.73 to 0.88 are 15 points and 21 per cent
    """

    def value(reading) -> Interval:
        first, second = (case.interval(r, reading["digits"]) for r in (before, after))
        points = Interval(second.low - first.high, second.high - first.low)
        ends = [x / y for x in (points.low, points.high) for y in (first.low, first.high) if y]
        return points if reading["change"] == "points" else Interval(min(ends), max(ends))

    points, share = (value({"digits": "rounded", "change": how}) for how in ("points", "share"))
    return Problem(
        {"change": [change], "before": [before], "after": [after]},
        lambda reading, names: (
            len(names) < 3 or value(reading).overlaps(case.interval(change, reading["digits"]))
        ),
        holds=f"the change is {case.said(change)}",
        fails="neither in points nor in per cent go together",
        lines=lambda reading: [
            f"{case.said(after)} - {case.said(before)} = {percent(points.middle, 0)} points "
            f"({span(points)}), "
            f"or {percent(share.middle, 0)} of {case.said(before)}; printed {case.said(change)}."
        ],
        follows=[change],
    )
