"""Checks of what n allows: intervals of AUCs, differences between AUCs, detection counts."""

import math
from dataclasses import replace

from neolab.claims.audit.case import Case, show, span
from neolab.claims.audit.detection import false_positives_needed, pooled_counts, precision_possible
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.register import check
from neolab.claims.audit.roc_precision import (
    auc_interval,
    binormal_auc,
    correlation_needed,
    difference_p,
    hanley_mcneil_se,
    largest_se,
)
from neolab.claims.audit.rounding import Interval


@check()
def auc_precision(case: Case, *, auc: str, positives: str | int, negatives: str | int) -> Finding:
    """The interval that the numbers of cases allow an AUC; a note.

    Formula: Hanley and McNeil's standard error, on the logit scale
    Source: Hanley and McNeil, Radiology 1982;143:29; Birnbaum and Klose, Ann Math Stat 1957;28:933
    Example: an AUC of 0.83 from 8 and 89 cases may be 0.58 to 0.95
    """
    p, n, value = case.count(positives), case.count(negatives), case.claim(auc).value
    low, high = auc_interval(value, p, n)
    lines = [
        f"Hanley-McNeil SE of {case.said(auc)} with {p} + {n} cases: "
        f"{show(hanley_mcneil_se(value, p, n), 3)} "
        f"(any distributions: at most {show(largest_se(value, p, n), 3)}).",
        f"95% interval {show(low, 2)} to {show(high, 2)}.",
    ]
    title = f"{case.about}: with {p} and {n} cases, {case.said(auc)} means {show(low, 2)} to {show(high, 2)}"
    return case.finding(Severity.NOTE, title, lines, [auc], premises=[positives, negatives])


@check()
def auc_difference(
    case: Case, *, better: str, worse: str, positives: str | int, negatives: str | int
) -> Finding:
    """Whether two printed AUCs of the same cases can be told apart; a note.

    Formula: z = (a - b) / sqrt(SE_a^2 + SE_b^2 - 2 r SE_a SE_b) for every correlation r
    Source: Hanley and McNeil, Radiology 1983;148:839
    Example: 0.83 and 0.74 with 8 abnormal scans cannot, unless the models err almost alike
    """
    p, n = case.count(positives), case.count(negatives)
    a, b = case.claim(better).value, case.claim(worse).value
    alone = difference_p(a, b, p, n)
    needed = correlation_needed(a, b, p, n)
    apart = alone < 0.05
    lines = [
        f"{case.said(better)} - {case.said(worse)} = {show(a - b, 3)}, {p} + {n} cases; SEs "
        f"{show(hanley_mcneil_se(a, p, n), 3)} and {show(hanley_mcneil_se(b, p, n), 3)}.",
        f"Taken as independent: p = {show(alone, 3)}.",
    ]
    words = "can" if apart else "cannot"
    title = f"{case.about}: {case.said(better)} and {case.said(worse)} {words} be told apart"
    if not apart:
        limit = show(needed, 2) if math.isfinite(needed) else "0.999"
        lines.append(f"p < .05 needs a correlation of at least {limit} between the two estimates.")
        title += " unless the two models err almost alike"
    return case.finding(Severity.NOTE, title, lines, [better, worse], premises=[positives, negatives])


@check()
def binormal(case: Case, *, auc: str, first: list[str], second: list[str], margin: float) -> Finding:
    """An AUC beside the one that normal distributions with the printed means and SDs would have.

    Formula: Phi((m1 - m2) / sqrt(SD1^2 + SD2^2))
    Source: the binormal model
    Example: 1.39 ± 0.06 against 1.33 ± 0.06 gives 0.760; printed 0.769
    """
    (m1, s1), (m2, s2) = ([case.claim(r).value for r in pair] for pair in (first, second))
    expected = binormal_auc(m1, s1, m2, s2)
    lines = [
        f"Phi(({show(m1)} - {show(m2)}) / sqrt({show(s1)}^2 + {show(s2)}^2)) = {show(expected, 3)}; "
        f"printed {case.said(auc)}."
    ]
    close = abs(expected - case.claim(auc).value) <= margin
    severity = Severity.CONSISTENT if close else Severity.AMBIGUOUS
    words = "is near" if close else "is far from"
    title = f"{case.about}: the AUC {words} that of normal values with these means and SDs"
    return case.finding(severity, title, lines, [auc], premises=[*first, *second])


@check("digits", "subjects", "averaging")
def detection(
    case: Case,
    *,
    sensitivity: str,
    false_positives: str,
    precision: str,
    lesions: str | int,
    subjects: str | int,
    or_subjects: str | int | None = None,
) -> Problem:
    """Pooled precision follows from sensitivity, false positives per subject and the numbers of lesions and
    subjects. ``or_subjects`` is another number of subjects that the rate may refer to. Means over subjects
    are not tied to each other.

    Formula: TP = sensitivity x lesions, FP = rate x subjects, both whole; precision = TP / (TP + FP)
    Source: arithmetic
    Example: .93 of 186 lesions with 1.5 false positives in 78 subjects gives .59
    """

    def counts(reading):
        chosen = or_subjects if reading.get("subjects", "all") == "other" else subjects
        shown = [case.interval(r, reading.get("digits", "rounded")) for r in (sensitivity, false_positives)]
        return chosen and pooled_counts(*shown, case.count(lesions), case.count(chosen))

    def possible(reading, names) -> bool:
        if len(names) < 2 or reading["averaging"] == "subjects":
            return True
        if (found := counts(reading)) is None:
            return False
        if "sensitivity" not in names:
            found = replace(found, true_positives=range(case.count(lesions) + 1))
        if "false positives" not in names:
            return bool(found.true_positives) and case.interval(precision).low <= 1
        if "precision" not in names:
            return bool(found.true_positives) and bool(found.false_positives)
        return precision_possible(found, case.interval(precision, reading["digits"]))

    readings = [subjects] if or_subjects is None else [subjects, or_subjects]
    return Problem(
        {"precision": [precision], "sensitivity": [sensitivity], "false positives": [false_positives]},
        possible,
        holds="precision follows from sensitivity and false positives",
        fails="no counts give",
        lines=lambda reading: [
            line
            for which, reference in zip(("all", "other"), readings, strict=False)
            if not reading or which == reading["subjects"]
            for line in _counts(
                case, counts({"subjects": which}), sensitivity, false_positives, precision, lesions, reference
            )
        ],
        given=[lesions, *readings],
        follows=[precision],
    )


def _counts(case: Case, found, sensitivity, false_positives, precision, lesions, subjects) -> list[str]:
    """Return the arithmetic of one reading."""
    n_subjects = case.count(subjects)
    lines = [
        f"TP: {case.said(sensitivity)} of {case.count(lesions)} lesions = {_ends(found.true_positives)}; "
        f"FP: {case.said(false_positives)} x {n_subjects} subjects = {_ends(found.false_positives)}."
    ]
    if not (found.true_positives and found.false_positives):
        return lines
    lines.append(f"Precision {span(found.precision, 3)}; printed {case.said(precision)}.")
    if case.claim(precision).value > 0 and not precision_possible(found, case.interval(precision)):
        hits = (found.true_positives[0] + found.true_positives[-1]) / 2
        needed = show(false_positives_needed(case.claim(precision).value, hits, n_subjects), 2)
        lines.append(f"A precision of {case.said(precision)} needs about {needed} false positives a subject.")
    return lines


def _ends(values: range) -> str:
    if not values:
        return "no whole number"
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


@check("digits")
def auc_possible(case: Case, *, auc: str, sensitivity: str, specificity: str) -> Problem:
    """An AUC lies within what the operating point on its curve allows.

    Formula: sens x spec <= AUC <= 1 - (1 - sens)(1 - spec)
    Source: the two staircases through the point
    Example: through (68.1%, 78.1%) the AUC is 0.532 to 0.930
    """

    def bounds(reading, names) -> Interval:
        digits = reading.get("digits", "rounded")
        sens = case.interval(sensitivity, digits) if "sensitivity" in names else Interval(0, 1)
        spec = case.interval(specificity, digits) if "specificity" in names else Interval(0, 1)
        return Interval(sens.low * spec.low, 1 - (1 - sens.high) * (1 - spec.high))

    def lines(reading) -> list[str]:
        found = bounds({}, ("sensitivity", "specificity"))
        return [
            f"Through ({case.said(sensitivity)}, {case.said(specificity)}): AUC from sens x spec = "
            f"{show(found.low, 3)} to 1 - (1 - sens)(1 - spec) = {show(found.high, 3)}, printed "
            f"{case.said(auc)}."
        ]

    return Problem(
        {"AUC": [auc], "sensitivity": [sensitivity], "specificity": [specificity]},
        lambda reading, names: (
            "AUC" not in names or bounds(reading, names).overlaps(case.interval(auc, reading["digits"]))
        ),
        holds="the AUC is possible at this operating point",
        fails="no ROC curve has",
        lines=lines,
    )
