"""Operating points, free-response curves and errors of scored candidates.

A lesion is found when at least one of its voxels lies in a kept candidate (counted on the reference side); a
finding is false when it touches no lesion (counted on the prediction side); counts are pooled over people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neolab.metrics.bootstrap import draw_subjects
from neolab.metrics.detection import LesionMatch, detection_metrics
from neolab.metrics.estimate import Estimate, percentile_estimate
from neolab.metrics.froc import Candidates, Froc, froc_from_candidates
from neolab.studies.sundaresan2023.cleanup import REASONS
from neolab.studies.sundaresan2023.inference import CandidateSet
from neolab.studies.sundaresan2023.patches import LabelledScan


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

    network: str = "student_distilled"
    detector: float = 0.3
    score: float = 0.3
    clean_up: bool = True


def kept(candidates: CandidateSet, point: OperatingPoint) -> np.ndarray:
    """Which candidates of one scan are reported, bool (n,)."""
    keep = (candidates.detector_score > point.detector) & (candidates.scores[point.network] > point.score)
    return keep & (candidates.dropped == "") if point.clean_up else keep


def match(candidates: CandidateSet, keep: np.ndarray) -> LesionMatch:
    """Counts of one scan."""
    found = {lesion for i in np.flatnonzero(keep) for lesion in candidates.lesions[i]}
    return LesionMatch(
        lesions=candidates.n_lesions,
        found=len(found),
        findings=int(keep.sum()),
        true_findings=int((keep & candidates.is_true).sum()),
    )


def measure(found: list[CandidateSet], point: OperatingPoint, n_resamples: int = 2000, seed: int = 0) -> dict:
    """Sensitivity, false positives per subject and precision with bootstrap intervals over people."""
    matches = [match(one, kept(one, point)) for one in found]
    return detection_metrics(matches, n_resamples=n_resamples, seed=seed)


def sensitivity_gain(
    found: list[CandidateSet], first: OperatingPoint, second: OperatingPoint, n_resamples=2000, seed=0
) -> Estimate:
    """Sensitivity of ``second`` less that of ``first`` on the same people; paired bootstrap interval."""
    hits = np.array(
        [[match(one, kept(one, point)).found for point in (first, second)] for one in found], float
    )
    lesions = np.array([one.n_lesions for one in found], float)
    draws = draw_subjects(len(found), n_resamples, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        samples = (hits[draws, 1] - hits[draws, 0]).sum(axis=1) / lesions[draws].sum(axis=1)
    value = float((hits[:, 1] - hits[:, 0]).sum() / max(lesions.sum(), 1))
    return percentile_estimate(value, samples, n=len(found), method="paired bootstrap over subjects")


def free_response(found: list[CandidateSet], network: str, clean_up: bool = False) -> Froc:
    """Free-response curve over the score of one network; components are those of the detector."""
    subjects = []
    for one in found:
        stay = one.dropped == "" if clean_up else np.ones(len(one.centres), bool)
        hits = [one.lesions[i] for i in np.flatnonzero(stay)]
        subjects.append(Candidates(one.scores[network][stay], hits, one.n_lesions))
    return froc_from_candidates(subjects)


def ablation_points(detector: float, plain: float, distilled: float) -> dict[str, OperatingPoint]:
    """The four rows of the ablation, at given thresholds."""
    return {
        "detector alone": OperatingPoint("detector", detector, 0.0, False),
        "student, labels only": OperatingPoint("student_plain", detector, plain, False),
        "student, distilled": OperatingPoint("student_distilled", detector, distilled, False),
        "with clean-up": OperatingPoint("student_distilled", detector, distilled, True),
    }


def false_findings(
    found: list[CandidateSet],
    scans: list[LabelledScan],
    point: OperatingPoint,
    bodies: pd.DataFrame,
    veins: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """One row a false finding and what is there.

    Parameters
    ----------
    bodies : DataFrame
        All simulated bodies, with ``participant_id``, ``kind``, scanner position and ``diameter_mm``.
    veins : mapping of str to ndarray of bool, optional
        Participant -> vein voxels on the scan's grid.
    """
    rows = []
    for one, scan in zip(found, scans, strict=True):
        own = _bodies_of(bodies, one.name)
        vein = veins[one.name][scan.prepared.box] if veins else None
        for i in np.flatnonzero(kept(one, point) & ~one.is_true):
            position = (scan.prepared.affine @ np.r_[one.centres[i], 1])[:3]
            cause = _cause(position, own)
            if not cause:
                on_vein = vein is not None and (vein & (one.labels == i + 1)).any()
                cause = "vein" if on_vein else "other"
            score = one.scores[point.network][i]
            rows.append({"participant_id": one.name, "cause": cause, "score": score})
    return pd.DataFrame(rows, columns=["participant_id", "cause", "score"])


def _bodies_of(bodies: pd.DataFrame, name: str) -> pd.DataFrame:
    return bodies[bodies.participant_id.astype(str).str.removeprefix("sub-") == name.removeprefix("sub-")]


def _cause(position_mm: np.ndarray, bodies: pd.DataFrame) -> str:
    """Kind of the nearest body within its reach, "" if there is none."""
    if not len(bodies):
        return ""
    gap = np.linalg.norm(bodies[["x_mm", "y_mm", "z_mm"]].to_numpy(float) - position_mm, axis=1)
    near = np.flatnonzero(gap < np.maximum(6.0, bodies["diameter_mm"].to_numpy(float) * 0.75))
    if not len(near):
        return ""
    kind = str(bodies["kind"].iloc[near[gap[near].argmin()]])
    return "beside a microbleed" if kind == "microbleed" else kind


def found_by_lesion(
    found: list[CandidateSet], scans: list[LabelledScan], point: OperatingPoint, bodies: pd.DataFrame
) -> pd.DataFrame:
    """One row a microbleed: its size, region and depth, and whether it was found."""
    bleeds = bodies[bodies.kind == "microbleed"]
    columns = ["region", "diameter_mm", "susceptibility_ppm", "depth_mm"]
    rows = []
    for one, scan in zip(found, scans, strict=True):
        own = _bodies_of(bleeds, one.name)
        places = own[["x_mm", "y_mm", "z_mm"]].to_numpy(float)
        hits = {lesion for i in np.flatnonzero(kept(one, point)) for lesion in one.lesions[i]}
        centres = scan.centres @ scan.prepared.affine[:3, :3].T + scan.prepared.affine[:3, 3]
        for number, centre in enumerate(centres):
            body = own.iloc[np.linalg.norm(places - centre, axis=1).argmin()]
            rows.append({"participant_id": one.name, **body[columns].to_dict(), "found": number in hits})
    return pd.DataFrame(rows, columns=["participant_id", *columns, "found"])


def rate_table(lesions: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Share found for each value of some columns, with Wilson intervals over lesions."""
    from neolab.metrics.proportions import wilson

    rows = []
    for column in by:
        for value, group in lesions.groupby(column, observed=True):
            share = wilson(int(group.found.sum()), len(group))
            numbers = {"found": share.value, "low": share.low, "high": share.high}
            rows.append({"by": column, "value": str(value), "microbleeds": len(group), **numbers})
    return pd.DataFrame(rows)


def false_positive_change(
    found: list[CandidateSet], first: OperatingPoint, second: OperatingPoint, n_resamples=2000, seed=0
) -> Estimate:
    """False positives per subject of ``second`` less those of ``first``; paired bootstrap interval."""
    counts = [[match(one, kept(one, point)).false_findings for point in (first, second)] for one in found]
    change = np.diff(np.array(counts, float), axis=1)[:, 0]
    draws = draw_subjects(len(found), n_resamples, seed=seed)
    samples = change[draws].mean(axis=1)
    method = "paired bootstrap over subjects"
    return percentile_estimate(float(change.mean()), samples, n=len(found), method=method)


def gain_sentence(gain: Estimate, cost: Estimate, filtered: Estimate, lost: Estimate) -> str:
    """What distillation, and all steps after the detector, change; says plainly when an interval holds 0."""

    def told(e: Estimate, digits: int) -> str:
        unclear = " (no clear change)" if e.low <= 0 <= e.high else ""
        return f"**{e.value:+.{digits}f}** ({e.low:+.{digits}f} to {e.high:+.{digits}f}){unclear}"

    return (
        f"Distillation changes sensitivity by {told(gain, 2)} and false positives per subject by "
        f"{told(cost, 1)}. "
        f"From the detector alone to the end of the three steps, false positives per subject change by "
        f"{told(filtered, 1)} and sensitivity by {told(lost, 2)}."
    )


#: Steps whose effect is told: name, the point before and the point after (see `ablation_points`).
STEPS = (
    ("student, labels only", "detector alone", "student, labels only"),
    ("student, distilled", "detector alone", "student, distilled"),
    ("distillation", "student, labels only", "student, distilled"),
    ("clean-up", "student, distilled", "with clean-up"),
    ("all three", "detector alone", "with clean-up"),
)


def step_table(
    found: list[CandidateSet], points: Mapping[str, OperatingPoint], n_resamples=2000, seed=0
) -> pd.DataFrame:
    """Change of sensitivity and of false positives per subject by each of `STEPS`, with a verdict.

    A gain is clear when one of the two intervals lies on its good side of 0 and the other is not clearly on
    its bad side; a trade when one is clearly better and the other clearly worse.
    """
    rows = {}
    for name, before, after in STEPS:
        pair = (found, points[before], points[after], n_resamples, seed)
        rate, false = sensitivity_gain(*pair), false_positive_change(*pair)
        rows[name] = {
            "compared with": before,
            "sensitivity": f"{rate.value:+.2f} ({rate.low:+.2f} to {rate.high:+.2f})",
            "false positives per subject": f"{false.value:+.1f} ({false.low:+.1f} to {false.high:+.1f})",
            "verdict": _verdict(rate, false),
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


def sentence_at(rates: Mapping[str, Estimate], false_per_subject: float) -> str:
    """Sensitivities of several curves at one rate of false positives, and whether a network leads."""
    told = [f"{name} **{e.value:.0%}** ({e.low:.0%} to {e.high:.0%})" for name, e in rates.items()]
    best = max(rates, key=lambda name: rates[name].value)
    return f"At {false_per_subject:g} false positives per subject: {'; '.join(told)}. Highest: {best}."


def results_table(results: Mapping[str, dict[str, Estimate]]) -> pd.DataFrame:
    """Rows of `measure` as text with intervals."""

    def told(e: Estimate) -> str:
        return "–" if np.isnan(e.value) else f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})"

    names = {
        "true_positive_rate": "sensitivity",
        "false_positives_per_subject": "false positives per subject",
        "precision": "precision",
    }
    rows = {
        name: {title: told(result[key]) for key, title in names.items()} for name, result in results.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(names.values())).rename_axis("")


def removal_table(found: list[CandidateSet], point: OperatingPoint) -> pd.DataFrame:
    """False and true findings that the clean-up drops, by reason."""
    before = replace(point, clean_up=False)
    rows = {reason: {"false dropped": 0, "true dropped": 0} for reason in REASONS}
    for one in found:
        for i in np.flatnonzero(kept(one, before) & (one.dropped != "")):
            rows[one.dropped[i]]["true dropped" if one.is_true[i] else "false dropped"] += 1
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("reason")
    table["share of false dropped"] = table["false dropped"] / max(table["false dropped"].sum(), 1)
    return table


def outcomes(one: CandidateSet, scan: LabelledScan, point: OperatingPoint) -> pd.DataFrame:
    """Candidates and lesions of one scan in its own voxels, with what became of them."""
    start = np.array([part.start for part in scan.prepared.box])
    keep = kept(one, point)
    names = np.where(keep, np.where(one.is_true, "found microbleed", "false finding"), "rejected candidate")
    rows = [
        {**dict(zip("xyz", centre + start, strict=True)), "kind": name, "score": score}
        for centre, name, score in zip(one.centres, names, one.scores[point.network], strict=True)
    ]
    hits = {lesion for i in np.flatnonzero(keep) for lesion in one.lesions[i]}
    for number, centre in enumerate(scan.centres):
        if number not in hits:
            place = dict(zip("xyz", centre + start, strict=True))
            rows.append({**place, "kind": "missed microbleed", "score": np.nan})
    return pd.DataFrame(rows, columns=["x", "y", "z", "kind", "score"])


def score_table(found: list[CandidateSet]) -> pd.DataFrame:
    """One row a candidate: every score, the verdict of the clean-up, and whether it is a microbleed."""
    tables = [
        pd.DataFrame(
            {"participant_id": one.name, **one.scores, "dropped": one.dropped, "is_true": one.is_true}
        )
        for one in found
    ]
    return pd.concat(tables, ignore_index=True)
