"""Lesion detection: do sensitivity, false positives per subject and precision belong to the same counts?"""

import math
from dataclasses import dataclass

from neolab.claims.audit.counts import counts_within
from neolab.claims.audit.rounding import Interval, slack


@dataclass(frozen=True)
class Detection:
    """Counts behind a pooled detection result."""

    true_positives: range
    false_positives: range
    precision: Interval


def pooled_counts(
    sensitivity: Interval, false_positives_per_subject: Interval, n_lesions: int, n_subjects: int
) -> Detection:
    """Return the counts that a printed sensitivity and FP rate allow, and the precision that follows.

    TP = sensitivity x lesions, FP = rate x subjects, both whole; precision = TP / (TP + FP).
    """
    hits = counts_within(sensitivity, n_lesions)
    rate = false_positives_per_subject
    first = math.ceil(max(rate.low, 0.0) * n_subjects - slack(rate.low * n_subjects))
    last = math.floor(rate.high * n_subjects + slack(rate.high * n_subjects))
    alarms = range(first, last + 1)
    if not hits or not alarms:
        return Detection(hits, alarms, Interval(math.inf, -math.inf))
    return Detection(hits, alarms, Interval(_precision(hits[0], alarms[-1]), _precision(hits[-1], alarms[0])))


def _precision(tp: int, fp: int) -> float:
    return tp / (tp + fp) if tp + fp else 1.0


def precision_possible(found: Detection, precision: Interval) -> bool:
    """Whether some pair of the counts prints as the given precision."""
    return any(
        precision.contains(_precision(tp, fp)) for tp in found.true_positives for fp in found.false_positives
    )


def false_positives_needed(precision: float, true_positives: float, n_subjects: int) -> float:
    """Return the FP per subject that would give a precision: TP (1 - precision) / precision / subjects."""
    return true_positives * (1 - precision) / precision / n_subjects
