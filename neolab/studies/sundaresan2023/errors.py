"""What the errors are: a simulation knows what lies in every false finding, and what every microbleed was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from neolab.metrics.proportions import wilson
from neolab.studies.sundaresan2023.data import LabelledScan
from neolab.studies.sundaresan2023.evaluation import OperatingPoint, found_lesions, kept
from neolab.studies.sundaresan2023.inference import REASONS, CandidateSet

# A false finding belongs to a body within this distance, or within this share of its diameter.
CAUSE_REACH_MM, CAUSE_REACH_SHARE = 6.0, 0.75
# Groups of microbleeds: diameter of the iron in mm, distance from the skull in mm.
SIZE_EDGES, SIZE_NAMES = [0, 1.5, 2.0, 2.5, 9], ["< 1.5", "1.5–2", "2–2.5", "> 2.5"]
DEPTH_EDGES, DEPTH_NAMES = [-1, 5, 10, 99], ["< 5 mm", "5–10 mm", "> 10 mm"]


def removal_table(found: Sequence[CandidateSet], point: OperatingPoint) -> pd.DataFrame:
    """False and true findings that the clean-up drops, by reason."""
    before = replace(point, clean_up=False)
    rows = {reason: {"false dropped": 0, "true dropped": 0} for reason in REASONS}
    for one in found:
        for i in np.flatnonzero(kept(one, before) & (one.dropped != "")):
            rows[one.dropped[i]]["true dropped" if one.is_true[i] else "false dropped"] += 1
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("reason")
    table["share of false dropped"] = table["false dropped"] / max(table["false dropped"].sum(), 1)
    return table


def false_causes(
    found: Sequence[CandidateSet],
    scans: Sequence[LabelledScan],
    points: Mapping[str, OperatingPoint],
    bodies: pd.DataFrame,
    veins: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """False findings per subject by what is there (rows) and operating point (columns)."""
    causes = {
        name: false_findings(found, scans, point, bodies, veins).cause.value_counts() / len(found)
        for name, point in points.items()
    }
    return pd.DataFrame(causes).fillna(0)


def false_findings(
    found: Sequence[CandidateSet],
    scans: Sequence[LabelledScan],
    point: OperatingPoint,
    bodies: pd.DataFrame,
    veins: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """One row a false finding and what is there.

    Parameters
    ----------
    bodies : DataFrame
        All simulated bodies, with ``participant_id``, ``kind``, scanner position and ``diameter_mm``.
    veins : mapping of str to ndarray of bool
        Participant -> vein voxels on the scan's grid; empty if they are not known.
    """
    rows = []
    for one, scan in zip(found, scans, strict=True):
        own = _bodies_of(bodies, one.name)
        vein = veins[one.name][scan.prepared.box] if veins else np.zeros(one.labels.shape, bool)
        for i in np.flatnonzero(kept(one, point) & ~one.is_true):
            position = (scan.prepared.affine @ np.r_[one.centres[i], 1])[:3]
            on_vein = (vein & (one.labels == i + 1)).any()
            cause = _cause(position, own) or ("vein" if on_vein else "other")
            rows.append({"participant_id": one.name, "cause": cause, "score": one.scores[point.network][i]})
    return pd.DataFrame(rows, columns=["participant_id", "cause", "score"])


def _bodies_of(bodies: pd.DataFrame, name: str) -> pd.DataFrame:
    return bodies[bodies.participant_id.astype(str).str.removeprefix("sub-") == name.removeprefix("sub-")]


def _cause(position_mm: np.ndarray, bodies: pd.DataFrame) -> str:
    """Kind of the nearest body within its reach, "" if there is none."""
    gap = np.linalg.norm(bodies[["x_mm", "y_mm", "z_mm"]].to_numpy(float) - position_mm, axis=1)
    reach = np.maximum(CAUSE_REACH_MM, bodies["diameter_mm"].to_numpy(float) * CAUSE_REACH_SHARE)
    near = np.flatnonzero(gap < reach)
    if not len(near):
        return ""
    kind = str(bodies["kind"].iloc[near[gap[near].argmin()]])
    return "beside a microbleed" if kind == "microbleed" else kind


def found_by_lesion(
    found: Sequence[CandidateSet], scans: Sequence[LabelledScan], point: OperatingPoint, bodies: pd.DataFrame
) -> pd.DataFrame:
    """One row a microbleed: its size, region and depth, and whether it was found."""
    bleeds = bodies[bodies.kind == "microbleed"]
    columns = ["region", "diameter_mm", "susceptibility_ppm", "depth_mm"]
    rows = []
    for one, scan in zip(found, scans, strict=True):
        own = _bodies_of(bleeds, one.name)
        places = own[["x_mm", "y_mm", "z_mm"]].to_numpy(float)
        hits = found_lesions(one, kept(one, point))
        centres = scan.centres @ scan.prepared.affine[:3, :3].T + scan.prepared.affine[:3, 3]
        for number, centre in enumerate(centres):
            body = own.iloc[np.linalg.norm(places - centre, axis=1).argmin()]
            rows.append({"participant_id": one.name, **body[columns].to_dict(), "found": number in hits})
    return pd.DataFrame(rows, columns=["participant_id", *columns, "found"])


def sensitivity_by_group(lesions: pd.DataFrame) -> pd.DataFrame:
    """Share of microbleeds found (see `found_by_lesion`) by size, region and depth; Wilson over lesions."""
    groups = {
        "size": pd.cut(lesions.diameter_mm, SIZE_EDGES, labels=SIZE_NAMES),
        "region": lesions.region,
        "from the skull": pd.cut(lesions.depth_mm, DEPTH_EDGES, labels=DEPTH_NAMES),
    }
    rows = []
    for by, values in groups.items():
        for value, found in lesions.found.groupby(values, observed=True):
            share = wilson(int(found.sum()), len(found))
            numbers = {"found": share.value, "low": share.low, "high": share.high}
            rows.append({"by": by, "value": str(value), "microbleeds": len(found), **numbers})
    return pd.DataFrame(rows)
