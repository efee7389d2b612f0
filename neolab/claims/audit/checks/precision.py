"""Checks of what n allows: intervals of AUCs, differences between AUCs, detection counts."""

import math

from neolab.claims.audit.case import Case, show, span
from neolab.claims.audit.detection import false_positives_needed, pooled_counts, precision_possible
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.roc_precision import (
    auc_interval,
    binormal_auc,
    correlation_needed,
    difference_p,
    hanley_mcneil_se,
    largest_se,
)
from neolab.claims.audit.rounding import Interval


def auc_precision(case: Case, *, auc: str, positives: str | int, negatives: str | int) -> Finding:
    """The interval that the numbers of cases allow an AUC."""
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


def auc_difference(
    case: Case, *, better: str, worse: str, positives: str | int, negatives: str | int
) -> Finding:
    """Whether two printed AUCs of the same cases can be told apart."""
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


def binormal(case: Case, *, auc: str, first: list[str], second: list[str], margin: float) -> Finding:
    """An AUC beside the one that normal distributions with the printed means and SDs would have."""
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


def detection(
    case: Case,
    *,
    sensitivity: str,
    false_positives: str,
    precision: str,
    lesions: str | int,
    subjects: str | int,
    or_subjects: str | int | None = None,
) -> Finding:
    """Pooled precision = TP / (TP + FP) with TP = sensitivity x lesions and FP = rate x subjects.

    ``or_subjects`` is another number of subjects that the rate may refer to.
    """
    readings = [subjects] if or_subjects is None else [subjects, or_subjects]
    lines, fits = [], []
    for reference in readings:
        found = pooled_counts(
            case.interval(sensitivity),
            case.interval(false_positives),
            case.count(lesions),
            case.count(reference),
        )
        fits.append(precision_possible(found, case.interval(precision)))
        lines += _counts(case, found, sensitivity, false_positives, precision, lesions, reference)
        if fits[-1]:
            break
    premises = [sensitivity, false_positives, lesions, *readings]
    if fits[0]:
        title = f"{case.about}: precision follows from sensitivity and false positives"
        return case.finding(
            Severity.CONSISTENT, title, lines, [precision], premises=premises, recomputed=[precision]
        )
    if any(fits):
        title = f"{case.about}: precision follows only if the rate is per {case.count(or_subjects)} subjects"
        return case.finding(Severity.AMBIGUOUS, title, lines, [precision], premises=premises)
    title = f"{case.about}: precision {case.said(precision)} does not follow from the other two"
    tested = [sensitivity, false_positives, precision]
    return case.finding(Severity.IMPOSSIBLE, title, lines, tested, premises=[lesions, *readings])


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
    if not precision_possible(found, case.interval(precision)):
        hits = (found.true_positives[0] + found.true_positives[-1]) / 2
        needed = show(false_positives_needed(case.claim(precision).value, hits, n_subjects), 2)
        lines.append(f"A precision of {case.said(precision)} needs about {needed} false positives a subject.")
    return lines


def _ends(values: range) -> str:
    if not values:
        return "no whole number"
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def auc_possible(case: Case, *, auc: str, sensitivity: str, specificity: str) -> Finding:
    """An AUC lies within what the operating point on its curve allows."""
    sens, spec = case.interval(sensitivity), case.interval(specificity)
    bounds = Interval(sens.low * spec.low, 1 - (1 - sens.high) * (1 - spec.high))
    lines = [
        f"Through ({case.said(sensitivity)}, {case.said(specificity)}): AUC from sens x spec = "
        f"{show(bounds.low, 3)} to 1 - (1 - sens)(1 - spec) = {show(bounds.high, 3)}; "
        f"printed {case.said(auc)}."
    ]
    if bounds.overlaps(case.interval(auc)):
        title = f"{case.about}: the AUC is possible at this operating point"
        return case.finding(Severity.CONSISTENT, title, lines, [auc], premises=[sensitivity, specificity])
    title = f"{case.about}: no ROC curve through this operating point has AUC {case.said(auc)}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [auc, sensitivity, specificity])


CHECKS = {
    "auc_precision": auc_precision,
    "auc_difference": auc_difference,
    "binormal": binormal,
    "detection": detection,
    "auc_possible": auc_possible,
}
