"""Did it find the lesion? Questions that only a simulation, which knows where lesions are, can answer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neolab.metrics.detection import label_components, match_lesions
from neolab.metrics.voxelwise import average_precision, mean_over_subjects
from neolab.studies.raad2023.dataset import Dataset
from neolab.studies.raad2023.detectors import Finding

#: A voxel is marked from three standard deviations on, the threshold of the author's notebook.
MARKED = 3.0
ANY = "any lesion"
REGIONS = ("whole brain", "without fluid")


@dataclass(frozen=True)
class Localisation:
    """Collects what one detector finds in scans with lesions; call it with every finding.

    Attributes
    ----------
    dataset : Dataset
    rows : list of dict
        One entry a scan, kind of lesion and region: ``average_precision``, ``prevalence`` (what a map without
        information scores), ``lesions``, ``found``, ``found_mirrored`` and ``false_findings``.
    """

    dataset: Dataset
    rows: list[dict]

    @classmethod
    def of(cls, dataset: Dataset) -> "Localisation":
        """An empty collection."""
        return cls(dataset, [])

    def __call__(self, row: int, finding: Finding) -> None:
        """Add one scan; scans without a lesion that has a mask add nothing."""
        lesions = self.dataset.lesions(row)
        if not lesions.any():
            return
        brain = self.dataset.brain(row)
        regions = {REGIONS[0]: brain, REGIONS[1]: brain & ~self.dataset.fluid(row)}
        for region, inside in regions.items():
            for entry in locate(np.abs(finding.z), lesions, inside, self.dataset.lesion_names):
                role = self.dataset.table["role"].iloc[row]
                self.rows.append({"scan": row, "role": role, "region": region, **entry})

    def table(self) -> pd.DataFrame:
        """All entries."""
        return pd.DataFrame(self.rows)


def locate(
    strength: np.ndarray, lesions: np.ndarray, inside: np.ndarray, names: dict[int, str]
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
    names : dict of int to str
        Label -> kind.

    Returns
    -------
    list of dict
        For `ANY` and each kind that has voxels inside. Voxels of other kinds are left out of a kind's average
        precision. ``found_mirrored`` counts the lesions that the left-right mirrored map would have hit: what
        a map that marks as much, but elsewhere, finds by chance.
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
        Rows of `Localisation.table` of the abnormal scans, with a column ``method``.
    """
    rows = []
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
                "lesions": int(group["lesions"].sum()),
                "found": int(group["found"].sum()),
                "found_mirrored": int(group["found_mirrored"].sum()),
                "false_findings_per_scan": group["false_findings"].mean(),
            }
        )
    return pd.DataFrame(rows)
