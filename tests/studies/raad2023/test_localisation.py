"""Where the maps point: lesions found, luck, and what fluid hides."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.localisation import (
    ANY,
    cut_away,
    locate,
    locate_scan,
    located_metrics,
    summarise,
    unreported,
)

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


def test_the_summary_pools_lesions_over_abnormal_scans():
    rows = [
        entry | {"method": "m", "region": "r", "role": role}
        for seed, role in enumerate(["test", "test", "test", "train"])
        for entry in locate(*one_scan(seed), NAMES)
    ]
    table = summarise(pd.DataFrame(rows), n_resamples=50).set_index("kind")
    assert table.loc["cyst", ["scans", "lesions", "found"]].tolist() == [3, 3, 3]
    assert table.loc[ANY, "low"] <= table.loc[ANY, "average_precision"] <= table.loc[ANY, "high"]


def one_scan_of_data(role: str = "test") -> tuple[np.ndarray, Data]:
    """The map and the lesions above as the only scan of a cohort; the cyst lies in fluid."""
    strength, lesions, inside = one_scan()
    arrays = {"image": inside, "brain": inside, "fluid": lesions == 1, "lesion": lesions}
    table = pd.DataFrame({"role": [role]})
    return strength, Data(table, {name: [array] for name, array in arrays.items()}, NAMES, 2.0)


def test_both_regions_are_recorded_under_short_names_with_the_scans_and_lesions_they_rest_on():
    z, data = one_scan_of_data()
    entries = pd.DataFrame(locate_scan(-z, data, 0)).assign(method="m")
    overall = summarise(entries, n_resamples=50).query("kind == @ANY")
    metrics = located_metrics(overall)["m"]
    assert {region: of["lesions_found"].n for region, of in metrics.items()} == {"brain": 2, "no_fluid": 1}
    assert metrics["brain"]["lesions_found"].value == 0.5 and metrics["no_fluid"]["lesions_found"].value == 0
    assert metrics["brain"]["false_findings"].n == 1


def test_lesions_of_normal_scans_are_counted_apart_and_methods_that_saw_none_count_none():
    z, data = one_scan_of_data("validation")
    entries = pd.DataFrame(locate_scan(z, data, 0)).assign(method="m")
    table = unreported(entries, ["m", "other"])
    assert table.loc["m"].to_dict() == {"scans": 1, "found": 1, "lesions": 2}
    assert not table.loc["other"].any()
    assert not unreported(entries.assign(role="test"), ["m"]).to_numpy().any()


def test_a_scan_without_lesions_has_no_entries():
    z, data = one_scan_of_data()
    data.arrays["lesion"][0][:] = 0
    assert locate_scan(z, data, 0) == []


def box(*corners: int) -> np.ndarray:
    """A block of voxels from the first three to the last three corners in a cube of 20."""
    block = np.zeros((20, 20, 20), bool)
    block[tuple(slice(low, high) for low, high in zip(corners[:3], corners[3:], strict=True))] = True
    return block


def test_what_the_brain_extraction_cut_away_is_counted_by_kind_over_all_scans():
    brains = [box(0, 0, 0, 10, 20, 20)] * 3
    lesions = [np.zeros((20, 20, 20), np.uint8) for _ in range(3)]
    lesions[0][box(8, 0, 0, 12, 1, 1)] = 2  # half of it inside
    lesions[1][box(2, 0, 0, 6, 1, 1)] = 2  # all inside
    lesions[1][box(2, 9, 0, 6, 10, 1)] = 1
    lesions[2][box(12, 0, 0, 16, 1, 1)] = 1  # of another role
    table = pd.DataFrame({"role": ["test", "test", "train"]})
    data = Data(table, {"brain": brains, "lesion": lesions}, NAMES, 2.0)
    assert cut_away(data, "test").to_dict() == {"bleed": 0.25, "cyst": 0.0}
