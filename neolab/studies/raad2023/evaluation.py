"""The paper's measurements of every scan, and how precise an AUC of a few abnormal scans can be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from neolab.metrics.bootstrap import bootstrap_estimate
from neolab.metrics.estimate import Estimate
from neolab.metrics.roc import bootstrap_auc, delong_interval, delong_test, hanley_mcneil_error, rank_auc
from neolab.studies.raad2023.anomaly_maps import BANDS, Detector
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.localisation import locate_scan
from neolab.studies.raad2023.roles import ROLES

#: Which scans are negatives: the paper's ROC counts training scans, the fair one only held-out normals.
NEGATIVES = {"paper": ("train", "validation"), "fair": ("validation",)}
_KEYS = {"voxel-wise z-score": "zscore", "PCA": "pca"}


def key(method: str) -> str:
    """The name of a method in results; a network's own."""
    return _KEYS.get(method, method)


@dataclass(frozen=True)
class Results:
    """What every method says of every scan.

    Attributes
    ----------
    scans : DataFrame
        One row a method and scan: ``method``, the columns of the data's table, and those of
        `neolab.studies.raad2023.anomaly_maps.AnomalyMap.measures`.
    located : DataFrame
        One a method, scan, region and kind of lesion; see `localisation.locate_scan`. Empty without masks.
    """

    scans: pd.DataFrame
    located: pd.DataFrame

    @property
    def has_lesions(self) -> bool:
        """Whether an abnormal scan has a lesion of which the place is known."""
        return not self.located.empty and bool((self.located["role"] == "test").any())

    def means(self, column: str) -> pd.DataFrame:
        """Mean of a column over scans: one row a method, one column a role."""
        means = self.scans.groupby(["method", "role"], sort=False)[column].mean().unstack()
        return means.reindex(self.scans["method"].unique())[list(ROLES)]

    @property
    def bands(self) -> pd.DataFrame:
        """Means of each band by ``method`` and ``role``: ``percent`` of voxels, cluster ``pixels``."""
        means = self.scans.groupby(["method", "role"]).mean(numeric_only=True)
        rows = [
            (method, role, band, *means.loc[(method, role), [f"{band} %", f"{band} pixels"]])
            for method, role, band in product(self.scans["method"].unique(), ROLES, BANDS)
        ]
        return pd.DataFrame(rows, columns=["method", "role", "band", "percent", "pixels"])


def measure_scans(detectors: Mapping[str, Detector], data: Data, progress: bool = True) -> Results:
    """Let every method look at every scan; maps are measured and let go, only numbers are kept."""
    from tqdm.auto import tqdm

    scans, located = [], []
    bar = tqdm(total=len(detectors) * len(data), unit="map", disable=None if progress else True)
    for method, detector in detectors.items():
        measured = []
        for row, said in enumerate(detector.look(data.images)):
            measured.append(said.measures(data.voxel_mm))
            located += [{**entry, "method": method} for entry in locate_scan(said.z, data, row)]
            bar.update()
        table = pd.concat([data.table.reset_index(drop=True), pd.DataFrame(measured)], axis=1)
        scans.append(table.assign(method=method))
    bar.close()
    return Results(pd.concat(scans, ignore_index=True), pd.DataFrame(located))


#: A scan, its standard scores and the labels of its lesions, cubes of one grid.
View = tuple[np.ndarray, np.ndarray, np.ndarray]


def views_of(detector: Detector, data: Data, rows: Sequence[int]) -> dict[str, View]:
    """Let one method look at a few scans, for figures: the name of each scan, and its view."""
    names = data.table["participant_id"] + " (" + data.table["role"].map(ROLES) + ")"
    maps = detector.look(data.images[row] for row in rows)
    return {
        names.iloc[row]: (np.asarray(data.images[row], np.float32), said.z, data.lesions(row))
        for said, row in zip(maps, rows, strict=True)
    }


def views_by_method(detectors: Mapping[str, Detector], data: Data, row: int) -> dict[str, View]:
    """Let every method look at one scan: method -> its view."""
    return {name: next(iter(views_of(of, data, [row]).values())) for name, of in detectors.items()}


def typical_abnormal(data: Data) -> int:
    """Position of the abnormal scan whose lesions have the median volume."""
    rows = data.rows("test")
    volumes = np.array([(data.lesions(row) > 0).sum() for row in rows])
    return int(rows[np.argsort(-volumes, kind="stable")[len(rows) // 2]])


def range_of_vaes(means: pd.DataFrame) -> dict[str, float]:
    """Lowest and highest mean of the six variational models, as the paper's text has them; {} for fewer."""
    vaes = means[means.index.str.startswith("vae")]
    if len(vaes) < 6:
        return {}
    return {
        f"{role}_{name}": float(getattr(vaes[role], short)())
        for role in ("train", "test")
        for name, short in (("minimum", "min"), ("maximum", "max"))
    }


def extreme_bands(bands: pd.DataFrame, methods: Sequence[str]) -> dict[str, dict[str, float]]:
    """Voxels (%) beyond four deviations: method -> ``band.<band>.<role>``."""
    percent = bands.set_index(["method", "role", "band"])["percent"]
    names = {"above_4": "above_4", "below_-4": "below_minus_4"}
    return {
        method: {
            f"band.{name}.{role}": float(percent[method, role, band])
            for role in ("train", "test")
            for band, name in names.items()
        }
        for method in methods
    }


def cases(scans: pd.DataFrame, negatives: str) -> pd.DataFrame:
    """Rows that enter a ROC curve: abnormal scans and the negatives called ``paper`` or ``fair``."""
    return scans[scans["role"].isin((*NEGATIVES[negatives], "test"))]


def scored(scans: pd.DataFrame, negatives: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Method -> truth and anomaly score of its `cases`."""
    return {
        method: (rows["label"].to_numpy(int), rows["score"].to_numpy())
        for method, rows in cases(scans, negatives).groupby("method", sort=False)
    }


def auc_table(
    scans: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0
) -> dict[str, dict[str, Estimate]]:
    """AUC of each method under both choices of negatives, each with two intervals.

    Returns
    -------
    dict
        Method -> ``paper`` and ``fair`` (DeLong's interval), ``paper_bootstrap`` and ``fair_bootstrap``.
    """
    table: dict[str, dict[str, Estimate]] = {}
    for negatives in NEGATIVES:
        for method, (truth, score) in scored(scans, negatives).items():
            resampled = bootstrap_auc(truth, score, n_resamples=n_resamples, seed=seed)
            estimates = {negatives: delong_interval(truth, score), f"{negatives}_bootstrap": resampled}
            table.setdefault(method, {}).update(estimates)
    return table


def best_of(methods: Iterable[str], areas: Mapping[str, Mapping[str, Estimate]]) -> str:
    """The method with the largest fair AUC, picked on the very scans that judge it."""
    return max(methods, key=lambda name: areas[name]["fair"].value)


def auc_rows(areas: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """The numbers of `auc_table`, one row a method and choice of negatives."""
    rows = []
    for method, of in areas.items():
        for negatives in NEGATIVES:
            delong, resampled = of[negatives], of[f"{negatives}_bootstrap"]
            row = {"method": method, "negatives": negatives, "auc": delong.value}
            row |= {"low": delong.low, "high": delong.high}
            rows.append(row | {"bootstrap_low": resampled.low, "bootstrap_high": resampled.high})
    return pd.DataFrame(rows)


def auc_differences(
    scans: pd.DataFrame, first: str, *, n_resamples: int = 2000, seed: int = 0
) -> dict[str, tuple[Estimate, Estimate, float]]:
    """Fair AUC of method ``first`` minus that of every other, on the same scans.

    Returns
    -------
    dict
        Other method -> the difference with DeLong's limits, with those of a bootstrap over scans, and
        DeLong's p.
    """
    of = scored(scans, "fair")
    truth, values = of[first]
    table = {}
    for other, (_, against) in of.items():
        if other != first:
            test = delong_test(truth, values, against)
            resampled = bootstrap_estimate(
                lambda rows, against=against: (
                    rank_auc(truth[rows], values[rows]) - rank_auc(truth[rows], against[rows])
                ),
                len(truth),
                labels=truth,
                n_resamples=n_resamples,
                seed=seed,
            )
            table[other] = test.difference, resampled, test.p
    return table


def difference_rows(differences: Mapping[str, tuple[Estimate, Estimate, float]]) -> pd.DataFrame:
    """The numbers of `auc_differences`, one row a method."""
    return pd.DataFrame(
        {
            "other": other,
            "difference": delong.value,
            "low": delong.low,
            "high": delong.high,
            "p": p,
            "bootstrap_low": resampled.low,
            "bootstrap_high": resampled.high,
        }
        for other, (delong, resampled, p) in differences.items()
    )


def score_ratios(scans: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0) -> dict[str, Estimate]:
    """Method -> mean score of abnormal scans over that of held-out normals, bootstrap interval over scans."""
    return {
        method: bootstrap_estimate(
            _ratio(truth, values), len(truth), labels=truth, n_resamples=n_resamples, seed=seed
        )
        for method, (truth, values) in scored(scans, "fair").items()
    }


def _ratio(truth: np.ndarray, values: np.ndarray) -> Callable[[np.ndarray], float]:
    def ratio(rows: np.ndarray) -> float:
        positive = truth[rows] == 1
        return float(values[rows][positive].mean() / values[rows][~positive].mean())

    return ratio


def interval_half_widths(
    value: float, n_positive: Sequence[int], negatives_per_positive: Mapping[str, float]
) -> pd.DataFrame:
    """Half width of the 95 % interval of an AUC against the number of abnormal scans.

    Hanley and McNeil's error (1982), from the AUC and the two group sizes alone.

    Parameters
    ----------
    value : float
    n_positive : sequence of int
    negatives_per_positive : mapping of str to float
        Name -> normal scans for each abnormal one.

    Returns
    -------
    DataFrame
        ``abnormal``, ``half_width``, ``negatives`` (the name).
    """
    return pd.DataFrame(
        {
            "abnormal": n,
            "half_width": 1.96 * hanley_mcneil_error(value, n, max(1, round(n * ratio))),
            "negatives": name,
        }
        for name, ratio in negatives_per_positive.items()
        for n in n_positive
    )
