"""Measures of all scans by all methods, and what an AUC of a few abnormal scans is worth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from neolab.studies.raad2023.anomaly_maps import BANDS, AnomalyMap
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.evaluation import (
    auc_differences,
    auc_rows,
    auc_table,
    cases,
    difference_rows,
    extreme_bands,
    interval_half_widths,
    key,
    measure_scans,
    range_of_vaes,
    score_ratios,
    typical_abnormal,
    views_by_method,
    views_of,
)

ROLES = ["test", "train", "validation", "train", "validation", "test", "test"]


class Brightness:
    """A method to which bright is odd; it says how often it was asked."""

    def __init__(self, factor: float):
        self.factor = factor

    def look(self, scans):
        for scan in scans:
            residual = self.factor * np.asarray(scan, np.float32)
            yield AnomalyMap(residual, residual, float(residual.mean()))


def cohort() -> Data:
    """Seven scans, each brighter than the one before; abnormal ones have 0, 8 and 27 voxels of lesion."""
    rng = np.random.default_rng(0)
    images = [(i + rng.random((8, 8, 8))).astype(np.float16) for i in range(len(ROLES))]
    lesions = [np.zeros((8, 8, 8), np.uint8) for _ in ROLES]
    lesions[5][:2, :2, :2], lesions[6][:3, :3, :3] = 1, 1
    brain, fluid = [np.ones((8, 8, 8), np.uint8)] * 7, [np.zeros((8, 8, 8), np.uint8)] * 7
    table = pd.DataFrame({"participant_id": [f"S{i}" for i in range(7)], "role": ROLES})
    table["label"] = (table["role"] == "test").astype(int)
    arrays = {"image": images, "lesion": lesions, "brain": brain, "fluid": fluid}
    return Data(table, arrays, {1: "cyst"}, voxel_mm=2.0)


def test_every_method_measures_every_scan_in_the_order_of_the_table():
    data = cohort()
    results = measure_scans({"a": Brightness(1.0), "b": Brightness(2.0)}, data, progress=False)
    assert results.scans["participant_id"].tolist() == 2 * data.table["participant_id"].tolist()
    one, other = (results.scans.query("method == @name")["mse"].to_numpy() for name in "ab")
    expected = [np.square(image.astype(np.float32)).mean() for image in data.images]
    np.testing.assert_allclose(one, expected, rtol=1e-5)
    np.testing.assert_allclose(other, 4 * one, rtol=1e-5)
    assert set(results.located["scan"]) == {5, 6} and results.has_lesions


def test_means_are_those_of_each_role_and_bands_follow_their_order():
    results = measure_scans({"b": Brightness(1.0), "a": Brightness(0.1)}, cohort(), progress=False)
    means = results.means("mse")
    assert means.index.tolist() == ["b", "a"] and means.columns.tolist() == ["train", "validation", "test"]
    train = results.scans.query("method == 'b' and role == 'train'")["mse"]
    assert means.loc["b", "train"] == pytest.approx(train.mean())
    assert results.bands["band"].tolist() == 6 * list(BANDS)
    assert results.bands["method"].tolist() == 18 * ["b"] + 18 * ["a"]
    extreme = extreme_bands(results.bands, ["b"])["b"]
    assert extreme["band.above_4.test"] == pytest.approx(100 * 2 / 3, abs=0.1)
    assert extreme["band.below_minus_4.test"] == 0


def test_without_masks_there_is_nothing_to_locate():
    data = cohort()
    for lesions in data.arrays["lesion"]:
        lesions[:] = 0
    results = measure_scans({"a": Brightness(1.0)}, data, progress=False)
    assert results.located.empty and not results.has_lesions


def test_views_are_named_after_scan_and_role_and_the_typical_abnormal_scan_has_the_median_lesion():
    data = cohort()
    assert typical_abnormal(data) == 5
    views = views_of(Brightness(1.0), data, [5, 1])
    assert list(views) == ["S5 (abnormal)", "S1 (training normals)"]
    scan, z, lesions = views["S5 (abnormal)"]
    np.testing.assert_array_equal(scan, z)
    assert lesions.sum() == 8
    by_method = views_by_method({"a": Brightness(1.0), "b": Brightness(2.0)}, data, 5)
    np.testing.assert_array_equal(by_method["b"][1], 2 * by_method["a"][1])


def test_the_range_of_the_variational_models_needs_all_six():
    means = pd.DataFrame({"train": [9.0, *range(6)], "test": [9.0, *range(1, 7)]})
    means.index = ["std_8x8", *(f"vae_{i}" for i in range(6))]
    assert range_of_vaes(means) == {
        "train_minimum": 0, "train_maximum": 5, "test_minimum": 1, "test_maximum": 6,
    }  # fmt: skip
    assert range_of_vaes(means.iloc[:-1]) == {}


def test_names_of_methods_in_results_are_short_and_lower_case():
    assert [key(name) for name in ("voxel-wise z-score", "PCA", "std_8x8")] == ["zscore", "pca", "std_8x8"]


def scans(shift: float, seed: int = 0, method: str = "m") -> pd.DataFrame:
    """Scores of 30 training, 9 held-out and 8 abnormal scans; training scans score lowest."""
    rng = np.random.default_rng(seed)
    role = np.repeat(["train", "validation", "test"], [30, 9, 8])
    score = 10 + rng.normal(0, 1, 47) + np.select([role == "train", role == "test"], [-2, shift], 0.0)
    return pd.DataFrame({"role": role, "label": (role == "test").astype(int), "score": score}).assign(
        method=method
    )


def test_training_scans_among_the_negatives_flatter_a_method_that_knows_them():
    table = auc_table(scans(0.0), n_resamples=50)["m"]
    assert table["paper"].value > table["fair"].value + 0.1
    fair = cases(scans(0.0), "fair")
    assert table["fair"].value == pytest.approx(roc_auc_score(fair["label"], fair["score"]))
    assert table["fair"].n == 17


def test_the_difference_of_a_method_from_itself_is_zero_and_from_a_better_one_negative():
    three = [scans(-1.0, method="a"), scans(-1.0, method="copy"), scans(5.0, method="better")]
    table = difference_rows(auc_differences(pd.concat(three), "a", n_resamples=50)).set_index("other")
    assert table.loc["copy", "difference"] == 0 == table.loc["copy", "low"]
    assert table.loc["better", "high"] < 0 and table.loc["better", "bootstrap_high"] <= 0


def test_the_score_ratio_holds_the_ratio_of_means():
    rows = cases(scans(2.0), "fair")
    by_role = rows.groupby("role")["score"].mean()
    estimate = score_ratios(scans(2.0), n_resamples=200)["m"]
    assert estimate.value == pytest.approx(by_role["test"] / by_role["validation"])
    assert estimate.low < estimate.value < estimate.high


def test_eight_abnormal_scans_leave_an_auc_uncertain_by_more_than_the_papers_range_of_models():
    widths = interval_half_widths(0.83, [8, 800], {"as in the paper": 89 / 8}).set_index("abnormal")[
        "half_width"
    ]
    assert widths[8] == pytest.approx(0.179, abs=0.001)
    assert widths[8] > 0.83 - 0.74 > 2 * widths[800]


def test_rows_of_areas_and_differences_hold_the_ends_of_both_intervals():
    both = pd.concat([scans(1.0, method="a"), scans(0.5, seed=1, method="b")])
    areas = auc_table(both, n_resamples=50)
    row = auc_rows(areas).set_index(["method", "negatives"]).loc["b", "fair"]
    assert row["auc"] == areas["b"]["fair"].value and row["low"] == areas["b"]["fair"].low
    assert row["bootstrap_high"] == areas["b"]["fair_bootstrap"].high
    (other,) = difference_rows(auc_differences(both, "a", n_resamples=50)).to_dict("records")
    assert other["difference"] == pytest.approx(areas["a"]["fair"].value - areas["b"]["fair"].value)
