"""The paper's measurements of every scan, and how precise an AUC of a few abnormal scans can be."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from neolab.metrics.bootstrap import bootstrap_estimate
from neolab.metrics.estimate import Estimate
from neolab.metrics.roc import auc, bootstrap_auc, delong_interval, delong_test, hanley_mcneil_error
from neolab.studies.raad2023.dataset import Dataset
from neolab.studies.raad2023.detectors import Detector, Finding
from neolab.studies.raad2023.scores import band_table, cluster_sizes

#: A pixel is outlying from two standard deviations on, where the paper's bands begin.
OUTLYING = 2.0
#: Which scans are negatives: the paper's ROC counts training scans, the fair one only held-out normals.
NEGATIVES = {"paper": ("train", "validation"), "fair": ("validation",)}


def measure(finding: Finding, voxel_mm: float) -> dict[str, float]:
    """Measure one scan as the paper does.

    Returns
    -------
    dict
        ``score``, ``mse``, ``cluster_pixels`` and ``cluster_mm2`` (mean size of the 2-D clusters of outlying
        pixels over all axial slices), and ``<band> %`` and ``<band> pixels`` for the six bands.
    """
    sizes = cluster_sizes(np.abs(finding.z) >= OUTLYING)
    mean = float(sizes.mean()) if sizes.size else 0.0
    values = {
        "score": finding.score,
        "mse": finding.mse,
        "cluster_pixels": mean,
        "cluster_mm2": mean * voxel_mm**2,
    }
    for row in band_table(finding.z).to_dict("records"):
        values[f"{row['band']} %"] = row["voxels_percent"]
        values[f"{row['band']} pixels"] = row["mean_cluster_pixels"]
    return values


def evaluate(
    detector: Detector,
    dataset: Dataset,
    on_finding: Callable[[int, Finding], None] = lambda row, finding: None,
) -> pd.DataFrame:
    """Measure all scans, one at a time.

    Parameters
    ----------
    detector : Detector
    dataset : Dataset
    on_finding : callable
        Receives the position of each scan and its finding, which is not kept.

    Returns
    -------
    DataFrame
        The dataset's table with the columns of `measure`.
    """
    rows = []
    for row, volume in enumerate(dataset.images):
        finding = detector.find(volume)
        rows.append(measure(finding, dataset.voxel_mm))
        on_finding(row, finding)
    return pd.concat([dataset.table.reset_index(drop=True), pd.DataFrame(rows)], axis=1)


def cases(scans: pd.DataFrame, negatives: str) -> pd.DataFrame:
    """Rows that enter a ROC curve: abnormal scans and the negatives called ``paper`` or ``fair``."""
    return scans[scans["role"].isin((*NEGATIVES[negatives], "test"))]


def auc_table(
    scans: dict[str, pd.DataFrame], *, score: str = "score", n_resamples: int = 2000, seed: int = 0
) -> dict[tuple[str, str], tuple[Estimate, Estimate]]:
    """AUC of each method under both choices of negatives, each with two intervals.

    Returns
    -------
    dict
        (method, ``paper`` or ``fair``) -> (DeLong's interval, bootstrap interval).
    """
    table = {}
    for method, rows in scans.items():
        for negatives in NEGATIVES:
            chosen = cases(rows, negatives)
            truth, values = chosen["label"].to_numpy(int), chosen[score].to_numpy()
            resampled = bootstrap_auc(truth, values, n_resamples=n_resamples, seed=seed)
            table[method, negatives] = delong_interval(truth, values), resampled
    return table


def auc_differences(
    scans: dict[str, pd.DataFrame],
    first: str,
    *,
    negatives: str = "fair",
    n_resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """AUC of method ``first`` minus that of every other, on the same scans.

    Returns
    -------
    DataFrame
        ``other``, ``difference``, its DeLong limits ``low`` and ``high`` and p, and the limits of a bootstrap
        over scans, ``bootstrap_low`` and ``bootstrap_high``.
    """
    mine = cases(scans[first], negatives)
    truth, values = mine["label"].to_numpy(int), mine["score"].to_numpy()
    rows = []
    for other, theirs in scans.items():
        if other == first:
            continue
        against = cases(theirs, negatives)["score"].to_numpy()
        test = delong_test(truth, values, against)
        resampled = bootstrap_estimate(
            _difference(truth, values, against), len(truth), labels=truth, n_resamples=n_resamples, seed=seed
        )
        rows.append(
            {
                "other": other,
                "difference": test.difference.value,
                "low": test.difference.low,
                "high": test.difference.high,
                "p": test.p,
                "bootstrap_low": resampled.low,
                "bootstrap_high": resampled.high,
            }
        )
    return pd.DataFrame(rows)


def _difference(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: auc(truth[rows], first[rows]) - auc(truth[rows], second[rows])


def score_ratio(scans: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0) -> Estimate:
    """Mean score of abnormal scans over that of held-out normals, with a bootstrap interval over scans."""
    chosen = cases(scans, "fair")
    truth, values = chosen["label"].to_numpy(int), chosen["score"].to_numpy()

    def ratio(rows: np.ndarray) -> float:
        positive = truth[rows] == 1
        return float(values[rows][positive].mean() / values[rows][~positive].mean())

    return bootstrap_estimate(ratio, len(truth), labels=truth, n_resamples=n_resamples, seed=seed)


def interval_half_widths(
    value: float, n_positive: Sequence[int], negatives_per_positive: float
) -> pd.DataFrame:
    """Half width of the 95 % interval of an AUC against the number of abnormal scans.

    Hanley and McNeil's error (1982), from the AUC and the two group sizes alone.
    """
    rows = []
    for n in n_positive:
        error = hanley_mcneil_error(value, n, max(1, round(n * negatives_per_positive)))
        rows.append({"abnormal": n, "half_width": 1.96 * error})
    return pd.DataFrame(rows)
