"""Did it find the lesion? Questions that only somebody who knows where lesions are can answer."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neolab.metrics.detection import label_components, match_lesions
from neolab.metrics.estimate import Estimate
from neolab.metrics.voxelwise import average_precision, mean_over_subjects
from neolab.studies.raad2023.data import Data

#: A voxel is marked from three standard deviations on, the threshold of the author's notebook.
MARKED = 3.0
ANY = "any lesion"
#: Where voxels count -> its name in results.
REGIONS = {"whole brain": "brain", "without fluid": "no_fluid"}
#: Of those results that are no share.
UNITS = {"false_findings": "per scan"}


def locate_scan(z: np.ndarray, data: Data, row: int) -> list[dict[str, object]]:
    """Compare the standard scores of one scan, (N, N, N), with its lesions.

    Returns
    -------
    list of dict
        One entry a region and kind of lesion: ``scan``, ``role``, ``region`` and those of `locate`; empty for
        a scan without a lesion that has a mask.
    """
    lesions = data.lesions(row)
    if not lesions.any():
        return []
    brain = data.brain(row)
    where = {"scan": row, "role": data.table["role"].iloc[row]}
    return [
        {**where, "region": region, **entry}
        for region, inside in zip(REGIONS, (brain, brain & ~data.fluid(row)), strict=True)
        for entry in locate(np.abs(z), lesions, inside, data.lesion_names)
    ]


def locate(
    strength: np.ndarray, lesions: np.ndarray, inside: np.ndarray, names: Mapping[int, str]
) -> list[dict[str, object]]:
    """Compare an anomaly map with the lesions of one scan.

    Parameters
    ----------
    strength : array, (N, N, N)
        Absolute standard scores.
    lesions : array of int, (N, N, N)
        Label of the lesion in each voxel, 0 for none.
    inside : array of bool, (N, N, N)
        Voxels that count.
    names : mapping of int to str
        Label -> kind.

    Returns
    -------
    list of dict
        For `ANY` and each kind that has voxels inside: ``kind``, ``average_precision``, ``prevalence`` (what
        a map without information scores), ``lesions``, ``found``, ``found_mirrored`` and ``false_findings``.
        Voxels of other kinds are left out of a kind's average precision. ``found_mirrored`` counts the
        lesions that the left-right mirrored map would have hit: what a map that marks as much, but elsewhere,
        finds by chance.
    """
    present = [int(label) for label in np.unique(lesions[inside & (lesions > 0)])]
    marked = (strength >= MARKED) & inside
    mirrored = (strength[::-1] >= MARKED) & inside
    findings, n_findings = label_components(marked)
    on_lesion = np.unique(findings[(lesions > 0) & marked])
    entries = []
    for kind, wanted in [(ANY, lesions > 0), *((names[label], lesions == label) for label in present)]:
        target = wanted & inside
        if not target.any():
            continue
        counted = inside & (wanted | (lesions == 0))
        # Numbered before the region cuts them: a lesion of which fluid takes a part stays one lesion.
        numbered = np.where(inside, label_components(wanted)[0], 0)
        direct, by_chance = (match_lesions(numbered, m, numbered_reference=True) for m in (marked, mirrored))
        entries.append(
            {
                "kind": kind,
                "average_precision": average_precision(target[counted], strength[counted]),
                "prevalence": float(target[counted].mean()),
                "lesions": direct.lesions,
                "found": direct.found,
                "found_mirrored": by_chance.found,
                "false_findings": n_findings - len(on_lesion),
            }
        )
    return entries


def summarise(entries: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """One row a method, region and kind: mean average precision over scans, and lesions found.

    Parameters
    ----------
    entries : DataFrame
        Entries of `locate_scan` with a column ``method``; those of abnormal scans count.
    """
    rows = []
    entries = entries[entries["role"] == "test"]
    for (method, region, kind), group in entries.groupby(["method", "region", "kind"], sort=False):
        precision = mean_over_subjects(group["average_precision"], n_resamples=n_resamples, seed=seed)
        rows.append(
            {
                "method": method,
                "region": region,
                "kind": kind,
                "scans": len(group),
                "average_precision": precision.value,
                "low": precision.low,
                "high": precision.high,
                "prevalence": group["prevalence"].mean(),
                **group[["lesions", "found", "found_mirrored"]].sum(),
                "false_findings_per_scan": group["false_findings"].mean(),
            }
        )
    return pd.DataFrame(rows)


def located_metrics(overall: pd.DataFrame) -> dict[str, dict[str, dict[str, Estimate | float]]]:
    """What a run records of `summarise`'s rows for any lesion: ``<region>.<measure>`` of each method."""
    metrics: dict[str, dict] = {}
    for row in overall.to_dict("records"):
        n, region = int(row["scans"]), REGIONS[row["region"]]
        share = {name: row[name] / row["lesions"] for name in ("found", "found_mirrored")}
        metrics.setdefault(row["method"], {})[region] = {
            "average_precision": Estimate(
                row["average_precision"], row["low"], row["high"], n, "95% bootstrap over scans"
            ),
            "lesions_found": Estimate(share["found"], n=int(row["lesions"])),
            "lesions_found_mirrored": share["found_mirrored"],
            "false_findings": Estimate(row["false_findings_per_scan"], n=n),
        }
    return metrics


def unreported(entries: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
    """Lesions of normal scans in the whole brain: ``scans``, ``lesions`` and ``found``, one row a method."""
    hidden = entries[(entries["role"] != "test") & (entries["kind"] == ANY)]
    hidden = hidden[hidden["region"] == next(iter(REGIONS))]
    table = hidden.groupby("method").agg(
        scans=("scan", "nunique"), found=("found", "sum"), lesions=("lesions", "sum")
    )
    return table.reindex(methods, fill_value=0)


def cut_away(data: Data, *roles: str) -> pd.Series:
    """Share of the voxels of each kind of lesion that the brain extraction removed, largest first."""
    voxels, removed = pd.Series(dtype=float), pd.Series(dtype=float)
    for row in data.rows(*roles):
        lesions, outside = data.lesions(row), ~data.brain(row)
        for label in np.unique(lesions[lesions > 0]):
            kind, there = data.lesion_names[int(label)], lesions == label
            voxels[kind] = voxels.get(kind, 0) + there.sum()
            removed[kind] = removed.get(kind, 0) + (there & outside).sum()
    return (removed / voxels).sort_values(ascending=False)
