"""Operating points, free-response curves and errors of scored candidates.

A lesion is found when at least one of its voxels lies in a kept candidate (counted on the reference side); a
finding is false when it touches no lesion (counted on the prediction side); counts are pooled over people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.metrics.bootstrap import draw_subjects
from neolab.metrics.detection import LesionMatch, detection_metrics
from neolab.metrics.estimate import Estimate, percentile_estimate
from neolab.metrics.froc import Candidates, Froc, froc_from_candidates
from neolab.studies.sundaresan2023.baselines import SCORE
from neolab.studies.sundaresan2023.data import LabelledScan
from neolab.studies.sundaresan2023.inference import CandidateSet
from neolab.studies.sundaresan2023.parameters import GRE_THRESHOLD, Sundaresan2023Parameters

#: Unit of every recorded result that is no fraction.
UNITS = dict.fromkeys(
    (
        "false_positives",
        "false_positives_seed_sd",
        "distillation_false_positives",
        "steps_false_positives",
    ),
    "per subject",
)
#: Results of an operating point -> their names in the metrics room.
MEASURES = {
    "sensitivity": "true_positive_rate",
    "false_positives": "false_positives_per_subject",
    "precision": "precision",
}
#: Rows of the ablation, by the names under which they are recorded.
ABLATION = {
    "detector": "detector alone",
    "student_plain": "student, labels only",
    "student_distilled": "student, distilled",
    "cleaned": "with clean-up",
}
BASELINE = "bright and round, cleaned up"
#: Steps whose effect is told: name, the row before and the row after.
STEPS = {
    "student, labels only": ("detector alone", "student, labels only"),
    "student, distilled": ("detector alone", "student, distilled"),
    "distillation": ("student, labels only", "student, distilled"),
    "clean-up": ("student, distilled", "with clean-up"),
    "all three": ("detector alone", "with clean-up"),
}


@dataclass(frozen=True)
class OperatingPoint:
    """Thresholds of detector and discriminator, and whether the clean-up follows.

    Attributes
    ----------
    network : str
        Whose score decides: ``detector``, ``teacher``, ``student_plain`` or ``student_distilled``.
    detector, score : float
        A candidate is kept when both are exceeded.
    clean_up : bool
    """

    network: str
    detector: float
    score: float
    clean_up: bool


def ablation_points(params: Sundaresan2023Parameters) -> dict[str, OperatingPoint]:
    """The four rows of the ablation, at thresholds fixed before any result."""
    detector, distilled = params.ablation_detector_threshold, params.student_threshold
    return {
        "detector alone": OperatingPoint("detector", detector, 0.0, False),
        "student, labels only": OperatingPoint(
            "student_plain", detector, params.plain_student_threshold, False
        ),
        "student, distilled": OperatingPoint("student_distilled", detector, distilled, False),
        "with clean-up": OperatingPoint("student_distilled", detector, distilled, True),
    }


def headline_points(params: Sundaresan2023Parameters) -> dict[str, OperatingPoint]:
    """Use of all three steps within the main cohort's SWI, and within the GRE cohort."""
    return {
        "ukb_swi": OperatingPoint(
            "student_distilled", params.detector_threshold, params.student_threshold, True
        ),
        "oxvasc_gre": OperatingPoint("student_distilled", GRE_THRESHOLD, GRE_THRESHOLD, True),
    }


def baseline_point(params: Sundaresan2023Parameters) -> OperatingPoint:
    """What needs no learning, at the detector's threshold of the ablation."""
    return OperatingPoint(SCORE, params.ablation_detector_threshold, 0.0, True)


def kept(candidates: CandidateSet, point: OperatingPoint) -> np.ndarray:
    """Which candidates of one scan are reported, bool (n,)."""
    keep = (candidates.detector_score > point.detector) & (candidates.scores[point.network] > point.score)
    return keep & (candidates.dropped == "") if point.clean_up else keep


def found_lesions(candidates: CandidateSet, keep: np.ndarray) -> set[int]:
    """Lesions (from 0) of one scan that the kept candidates find."""
    return {lesion for i in np.flatnonzero(keep) for lesion in candidates.lesions[i]}


def match(candidates: CandidateSet, keep: np.ndarray) -> LesionMatch:
    """Counts of one scan."""
    return LesionMatch(
        lesions=candidates.n_lesions,
        found=len(found_lesions(candidates, keep)),
        findings=int(keep.sum()),
        true_findings=int((keep & candidates.is_true).sum()),
    )


def matches(found: Sequence[CandidateSet], point: OperatingPoint) -> list[LesionMatch]:
    """Counts of every scan at one operating point."""
    return [match(one, kept(one, point)) for one in found]


def measure(
    found: Sequence[CandidateSet], point: OperatingPoint, n_resamples: int = 2000, seed: int = 0
) -> dict[str, Estimate]:
    """``sensitivity``, ``false_positives`` per subject and ``precision``; bootstrap over people."""
    rates = detection_metrics(matches(found, point), n_resamples=n_resamples, seed=seed)
    return {name: rates[long] for name, long in MEASURES.items()}


def pooled_at(
    found: Sequence[CandidateSet], network: str, detector: float, score: float, clean_up: bool
) -> dict[str, float]:
    """Counts of all people together at two thresholds, and the measures without intervals; NaN for 0 of 0."""
    counts = matches(found, OperatingPoint(network, detector, score, clean_up))
    lesions, hits = sum(c.lesions for c in counts), sum(c.found for c in counts)
    findings, false = sum(c.findings for c in counts), sum(c.false_findings for c in counts)
    return {
        "found": hits,
        "missed": lesions - hits,
        "false": false,
        "sensitivity": hits / lesions if lesions else np.nan,
        "precision": (findings - false) / findings if findings else np.nan,
        "false_positives": false / len(counts),
    }


def change(
    found: Sequence[CandidateSet],
    first: OperatingPoint,
    second: OperatingPoint,
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """``sensitivity`` and ``false_positives`` of ``second`` less those of ``first``; paired bootstrap."""
    before, after = matches(found, first), matches(found, second)
    hits = np.array([b.found - a.found for a, b in zip(before, after, strict=True)], float)
    false = np.array([b.false_findings - a.false_findings for a, b in zip(before, after, strict=True)], float)
    lesions = np.array([one.n_lesions for one in found], float)
    draws = draw_subjects(len(found), n_resamples, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = hits[draws].sum(axis=1) / lesions[draws].sum(axis=1)
    told = {"n": len(found), "method": "paired bootstrap over subjects"}
    return {
        "sensitivity": percentile_estimate(float(hits.sum() / max(lesions.sum(), 1)), rates, **told),
        "false_positives": percentile_estimate(float(false.mean()), false[draws].mean(axis=1), **told),
    }


def step_changes(
    found: Sequence[CandidateSet],
    points: Mapping[str, OperatingPoint],
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, dict[str, Estimate]]:
    """What each of `STEPS` changes; see `change`."""
    return {
        step: change(found, points[before], points[after], n_resamples, seed)
        for step, (before, after) in STEPS.items()
    }


def recorded_changes(changes: Mapping[str, Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """What distillation, and all steps after the detector, change: under the names of the ledger."""
    return {
        "distillation_gain": changes["distillation"]["sensitivity"],
        "distillation_false_positives": changes["distillation"]["false_positives"],
        "steps_sensitivity": changes["all three"]["sensitivity"],
        "steps_false_positives": changes["all three"]["false_positives"],
    }


def step_table(changes: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Changes by each step as text, with a verdict.

    A gain is clear when one of the two intervals lies on its good side of 0 and the other is not clearly on
    its bad side; a trade when one is clearly better and the other clearly worse.
    """
    rows = {
        step: {
            "compared with": STEPS[step][0],
            "sensitivity": f"{rate.value:+.2f} ({rate.low:+.2f} to {rate.high:+.2f})",
            "false positives per subject": f"{false.value:+.1f} ({false.low:+.1f} to {false.high:+.1f})",
            "verdict": _verdict(rate, false),
        }
        for step, (rate, false) in ((step, one.values()) for step, one in changes.items())
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("step")


def _verdict(rate: Estimate, false: Estimate) -> str:
    better, worse = rate.low > 0 or false.high < 0, rate.high < 0 or false.low > 0
    return {
        (True, True): "trade",
        (True, False): "clear gain",
        (False, True): "clear loss",
        (False, False): "no clear change",
    }[better, worse]


def results_table(results: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Rows of `measure` as text with intervals."""

    def told(e: Estimate) -> str:
        return "–" if np.isnan(e.value) else f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})"

    titles = {"false_positives": "false positives per subject"}
    rows = {
        name: {titles.get(key, key): told(result[key]) for key in MEASURES}
        for name, result in results.items()
    }
    columns = [titles.get(key, key) for key in MEASURES]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("")


def seed_spread(results: Sequence[Mapping[str, Estimate]]) -> dict[str, float]:
    """Standard deviation of sensitivity and false positives over trainings that differ in their seed."""
    return {
        f"{name}_seed_sd": float(np.std([one[name].value for one in results], ddof=1))
        for name in ("sensitivity", "false_positives")
    }


def free_response(found: Sequence[CandidateSet], network: str, clean_up: bool = False) -> Froc:
    """Free-response curve over the score of one network; components are those of the detector."""
    subjects = []
    for one in found:
        stay = one.dropped == "" if clean_up else np.ones(len(one.centres), bool)
        hits = [one.lesions[i] for i in np.flatnonzero(stay)]
        subjects.append(Candidates(one.scores[network][stay], hits, one.n_lesions))
    return froc_from_candidates(subjects)


def ablation_curves(found: Sequence[CandidateSet], baseline: Sequence[CandidateSet]) -> dict[str, Froc]:
    """Free-response curves of the rows of the ablation and of the baseline."""
    scored = ("detector", "student_plain", "student_distilled")
    curves = {ABLATION[network]: free_response(found, network) for network in scored}
    curves[ABLATION["cleaned"]] = free_response(found, "student_distilled", clean_up=True)
    return curves | {BASELINE: free_response(baseline, SCORE, clean_up=True)}


def free_response_bands(
    curves: Mapping[str, Froc], *, most_false: float = 10.0, n_resamples: int = 500
) -> pd.DataFrame:
    """Sensitivity at up to ``most_false`` false positives per subject, with 95 % bands over people.

    Returns
    -------
    DataFrame
        ``method``, ``false_positives_per_subject``, ``sensitivity``, ``low``, ``high``.
    """
    grid = np.r_[0.05, np.geomspace(0.1, most_false, 40)]
    rows = [
        (name, false, e.value, e.low, e.high)
        for name, curve in curves.items()
        for false, e in zip(grid, curve.band(grid, n_resamples=n_resamples), strict=True)
    ]
    return pd.DataFrame(rows, columns=["method", "false_positives_per_subject", "sensitivity", "low", "high"])


def outcomes(one: CandidateSet, scan: LabelledScan, point: OperatingPoint) -> pd.DataFrame:
    """Candidates and lesions of one scan in its own voxels, with what became of them."""
    start = np.array([part.start for part in scan.prepared.box])
    keep = kept(one, point)
    names = np.where(keep, np.where(one.is_true, "found microbleed", "false finding"), "rejected candidate")
    missed = sorted(set(range(len(scan.centres))) - found_lesions(one, keep))
    rows = [
        *zip(one.centres, names, one.scores[point.network], strict=True),
        *((scan.centres[number], "missed microbleed", np.nan) for number in missed),
    ]
    table = [(*(centre + start), kind, score) for centre, kind, score in rows]
    return pd.DataFrame(table, columns=["x", "y", "z", "kind", "score"])


def score_table(found: Sequence[CandidateSet]) -> pd.DataFrame:
    """One row a candidate: every score, the verdict of the clean-up, and whether it is a microbleed."""
    tables = [
        pd.DataFrame(
            {"participant_id": one.name, **one.scores, "dropped": one.dropped, "is_true": one.is_true}
        )
        for one in found
    ]
    return pd.concat(tables, ignore_index=True)
