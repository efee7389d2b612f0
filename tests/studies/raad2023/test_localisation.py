"""Where the maps point: lesions found, luck, and what fluid hides."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from neolab.errors import InputError
from neolab.studies.raad2023.dataset import EXCESS_LABEL, Dataset, draw_roles, unusual_part
from neolab.studies.raad2023.detectors import Finding
from neolab.studies.raad2023.evaluation import (
    auc_differences,
    auc_table,
    cases,
    interval_half_widths,
    measure,
    score_ratio,
)
from neolab.studies.raad2023.localisation import ANY, locate, summarise
from neolab.studies.raad2023.templates import template_folders

NAMES = {1: "cyst", 2: "bleed"}


def one_scan(seed: int = 0):
    """A map of noise, a cyst that it marks, and a bleed that it does not."""
    rng = np.random.default_rng(seed)
    strength = np.abs(rng.normal(0, 0.8, (20, 20, 20)))
    lesions = np.zeros((20, 20, 20), np.uint8)
    lesions[2:5, 2:5, 2:5], lesions[10:13, 14:17, 3:6] = 1, 2
    strength[lesions == 1] += 5
    return strength, lesions, np.ones((20, 20, 20), bool)


def entries(**changes) -> dict[str, dict]:
    strength, lesions, inside = one_scan()
    given = {"strength": strength, "lesions": lesions, "inside": inside, "names": NAMES} | changes
    return {entry["kind"]: entry for entry in locate(**given)}


def test_the_marked_lesion_is_found_the_other_is_not_and_the_mirror_finds_neither():
    found = entries()
    assert {kind: entry["found"] for kind, entry in found.items()} == {ANY: 1, "cyst": 1, "bleed": 0}
    assert found[ANY]["lesions"] == 2 and found[ANY]["found_mirrored"] == 0


def test_average_precision_of_a_kind_leaves_other_kinds_out():
    strength, lesions, inside = one_scan()
    counted = lesions != 2
    expected = average_precision_score((lesions == 1)[counted], strength[counted])
    assert entries()["cyst"]["average_precision"] == pytest.approx(expected)
    assert entries()["bleed"]["average_precision"] < 0.05
    assert entries()["bleed"]["prevalence"] == pytest.approx(27 / (8000 - 27))


def test_a_lesion_that_fluid_cuts_in_two_stays_one_lesion_and_one_inside_fluid_is_out_of_reach():
    fluid = np.zeros((20, 20, 20), bool)
    fluid[3] = True
    assert entries(inside=~fluid)["cyst"]["lesions"] == 1
    fluid[2:5] = True
    assert "cyst" not in entries(inside=~fluid)


def test_the_summary_pools_lesions_over_scans():
    rows = [
        entry | {"method": "m", "region": "r"}
        for seed in range(3)
        for entry in locate(*one_scan(seed), NAMES)
    ]
    table = summarise(pd.DataFrame(rows), n_resamples=50).set_index("kind")
    assert table.loc["cyst", ["scans", "lesions", "found"]].tolist() == [3, 3, 3]
    assert table.loc[ANY, "low"] <= table.loc[ANY, "average_precision"] <= table.loc[ANY, "high"]


def scans(shift: float, seed: int = 0) -> pd.DataFrame:
    """Scores of 30 training, 9 held-out and 8 abnormal scans; training scans score lowest."""
    rng = np.random.default_rng(seed)
    role = np.repeat(["train", "validation", "test"], [30, 9, 8])
    score = 10 + rng.normal(0, 1, 47) + np.select([role == "train", role == "test"], [-2, shift], 0.0)
    return pd.DataFrame({"role": role, "label": (role == "test").astype(int), "score": score})


def test_training_scans_among_the_negatives_flatter_a_method_that_knows_them():
    table = auc_table({"m": scans(0.0)}, n_resamples=50)
    assert table["m", "paper"][0].value > table["m", "fair"][0].value + 0.1
    fair = cases(scans(0.0), "fair")
    assert table["m", "fair"][0].value == pytest.approx(roc_auc_score(fair["label"], fair["score"]))
    assert table["m", "fair"][0].n == 17


def test_the_difference_of_a_method_from_itself_is_zero_and_from_a_better_one_negative():
    table = auc_differences(
        {"a": scans(-1.0), "copy": scans(-1.0), "better": scans(5.0)}, "a", n_resamples=50
    )
    table = table.set_index("other")
    assert table.loc["copy", "difference"] == 0 == table.loc["copy", "low"]
    assert table.loc["better", "high"] < 0 and table.loc["better", "bootstrap_high"] <= 0


def test_the_score_ratio_holds_the_ratio_of_means():
    rows = cases(scans(2.0), "fair")
    by_role = rows.groupby("role")["score"].mean()
    estimate = score_ratio(scans(2.0), n_resamples=200)
    assert estimate.value == pytest.approx(by_role["test"] / by_role["validation"])
    assert estimate.low < estimate.value < estimate.high


def test_eight_abnormal_scans_leave_an_auc_uncertain_by_more_than_the_papers_range_of_models():
    widths = interval_half_widths(0.83, [8, 800], 89 / 8).set_index("abnormal")["half_width"]
    assert widths[8] == pytest.approx(0.179, abs=0.001)
    assert widths[8] > 0.83 - 0.74 > 2 * widths[800]


def test_measures_of_a_scan_are_those_of_its_residual():
    z = np.zeros((16, 16, 16), np.float32)
    z[4:7, 4:8, 5], z[10, 10, 9] = 2.5, -6
    values = measure(Finding(z / 10, z, 1.5), voxel_mm=2.0)
    assert values["cluster_pixels"] == pytest.approx((12 + 1) / 2)
    assert values["cluster_mm2"] == pytest.approx(4 * 6.5)
    assert values["2_to_3 pixels"] == 12 and values["below_-4 pixels"] == 1
    assert values["mse"] == pytest.approx((12 * 0.25**2 + 0.6**2) / 16**3)


def test_a_tenth_of_the_normals_is_held_out_where_a_folder_has_no_roles():
    roles = draw_roles(np.array([0] * 89 + [1] * 8), seed=3)
    assert dict(zip(*np.unique(roles.astype(str), return_counts=True), strict=True)) == {
        "test": 8, "train": 80, "validation": 9,
    }  # fmt: skip
    assert (roles[89:] == "test").all()
    assert (draw_roles(np.array([0] * 89), 3) == draw_roles(np.array([0] * 89), 3)).all()


def box(*corners: int) -> np.ndarray:
    """A block of voxels from the first three to the last three corners in a cube of 20."""
    block = np.zeros((20, 20, 20), bool)
    block[tuple(slice(low, high) for low, high in zip(corners[:3], corners[3:], strict=True))] = True
    return block


def test_an_enlarged_ventricle_is_marked_where_it_outgrew_the_normal_ones_and_specks_are_not():
    usual_share = np.where(box(5, 5, 5, 9, 9, 9), 1.0, 0.0)
    grown = box(5, 5, 5, 15, 9, 9)
    found = unusual_part(grown | box(0, 0, 0, 1, 1, 2), usual_share, voxel_mm=2.0)
    np.testing.assert_array_equal(found, grown & ~box(5, 5, 5, 9, 9, 9))
    assert not unusual_part(box(5, 5, 5, 9, 9, 9), usual_share, voxel_mm=2.0).any()


def test_only_scans_with_a_finding_of_shape_get_a_mask_of_it_and_painted_lesions_stay():
    def maps(ventricles, lesions):
        labels = np.zeros((5, 20, 20, 20), np.uint8)
        labels[4], labels[2] = ventricles, 4 * lesions
        return labels

    nothing, usual, wide = box(0, 0, 0, 0, 0, 0), box(5, 5, 5, 9, 9, 9), box(5, 5, 5, 15, 9, 9)
    clot = box(12, 5, 5, 14, 9, 9)
    labels = [maps(usual, nothing), maps(usual, nothing), maps(wide, clot), maps(wide, nothing)]
    table = pd.DataFrame({"role": ["train", "train", "test", "validation"]})
    dataset = Dataset([usual] * 4, labels, table, {}, 2.0, shaped=frozenset([2]))
    assert not dataset.lesions(0).any() and not dataset.lesions(3).any()
    np.testing.assert_array_equal(dataset.lesions(2) == 4, clot)
    np.testing.assert_array_equal(dataset.lesions(2) == EXCESS_LABEL, wide & ~usual & ~clot)


def test_what_the_brain_extraction_cut_away_is_counted_by_kind_over_all_scans():
    labels = [np.zeros((5, 20, 20, 20), np.uint8) for _ in range(3)]
    for maps in labels:
        maps[0] = box(0, 0, 0, 10, 20, 20)
    labels[0][2][box(8, 0, 0, 12, 1, 1)] = 2  # half of it inside
    labels[1][2][box(2, 0, 0, 6, 1, 1)] = 2  # all inside
    labels[1][2][box(2, 9, 0, 6, 10, 1)] = 1
    labels[2][2][box(12, 0, 0, 16, 1, 1)] = 1  # of another role
    table = pd.DataFrame({"role": ["test", "test", "train"]})
    dataset = Dataset([np.zeros((20, 20, 20))] * 3, labels, table, NAMES, 2.0)
    assert dataset.cut_away("test").to_dict() == {"bleed": 0.25, "cyst": 0.0}


def test_a_folder_without_templates_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="template_path: found no template in .*, expected folders with srr"):
        template_folders(tmp_path)
