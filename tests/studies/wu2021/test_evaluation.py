"""What the network's numbers rest on, and the tables that set the methods side by side."""

import numpy as np
import pandas as pd
import pytest

from neolab.errors import InputError
from neolab.io.leakage import LeakageError
from neolab.metrics.covariates import covariate_table
from neolab.studies.wu2021 import baselines, cohort, evaluation
from neolab.studies.wu2021.parameters import Wu2021Parameters

PARAMS = Wu2021Parameters(profile="smoke", n_folds=5)


def test_slice_level_folds_leak_and_patient_level_folds_do_not(easy_slices):
    slices = easy_slices(40)
    slices.images[:, 12:20, 12:20] = 0.2  # nothing left to diagnose
    method = baselines.nearest_neighbour(slices)
    judged = (evaluation.judged_slices(slices, split, method, PARAMS) for split in ("slice", "patient"))
    (leaky, same), (honest, other) = (evaluation.neighbour_shares(one) for one in judged)
    assert same > 0.6 and leaky.value > 0.75
    assert other == 0 and honest.value < 0.7


def test_one_image_under_two_names_is_refused(easy_slices):
    slices = easy_slices(20)
    slices.images[1:] = slices.images[:1]
    with pytest.raises(LeakageError, match="image"):
        evaluation.judged_slices(slices, "patient", baselines.nearest_neighbour(slices), PARAMS)


def test_newborns_get_the_mean_of_their_slices():
    predictions = pd.DataFrame(
        {"participant_id": ["a", "b", "a"], "label": [1, 0, 1], "probability": [0.2, 0.9, 0.6]}
    )
    assert evaluation.by_newborn(predictions).to_dict() == pytest.approx({"a": 0.4, "b": 0.9})


def test_measures_are_those_of_each_fold_and_their_mean_and_spread_over_folds():
    predictions = pd.DataFrame(
        {
            "fold": [0] * 4 + [1] * 4,
            "label": [1, 1, 0, 0] * 2,
            "probability": [0.9, 0.4, 0.6, 0.1, 0.9, 0.8, 0.2, 0.1],
        }
    )
    per_fold = evaluation.fold_metrics(predictions)
    assert per_fold["accuracy"].tolist() == [0.5, 1.0] and per_fold["auc"].tolist() == [0.75, 1.0]
    results = evaluation.fold_results(predictions)
    assert results["accuracy"].value == 0.75 and results["accuracy_sd"].value == pytest.approx(np.sqrt(0.125))
    assert results["accuracy"].high == 1.0


def test_an_even_map_has_a_quarter_of_its_weight_in_the_middle_quarter_and_a_central_one_more():
    even, central = np.ones((1, 6, 6)), np.zeros((1, 6, 6))
    central[0, 2:4, 2:4] = 1
    assert evaluation.central_share(even).value == 0.25
    assert evaluation.central_share(-3 + 2 * central).value == evaluation.central_share(central).value > 0.6


def test_confident_and_misread_slices_are_picked_by_probability():
    predictions = pd.DataFrame({"label": [1, 0, 1, 0, 1], "probability": [0.9, 0.2, 0.3, 0.8, 0.7]})
    assert evaluation.most_confident(predictions, 2).tolist() == [0, 1]
    misread = evaluation.most_misread(predictions, 1)
    assert {group: rows.tolist() for group, rows in misread.items()} == {
        "HB, most like ABE": [3],
        "ABE, most like HB": [2],
    }


def test_late_losses_are_those_of_the_last_fifth():
    history = pd.DataFrame({"epoch": [1.0, 4.5, 5.0, 5.0], "part": ["train", "train", "train", "test"]})
    history = history.assign(metric="loss", value=[9.0, 1.0, 3.0, 5.0])
    assert evaluation.late_losses(history).to_dict() == {"train": 2.0, "test": 5.0}


def test_every_entry_of_table_1_is_recorded_with_its_unit():
    table = cohort.cohort_table(79).assign(group=lambda table: table["diagnosis"])
    results = evaluation.table1_results(evaluation.table1(table))
    ages = table.loc[table["group"] == "ABE", "age_days"]
    assert results["days"]["age_abe"].value == pytest.approx(ages.mean())
    assert results["days"]["age_abe_sd"].value == pytest.approx(ages.std())
    assert results["1"]["male_hb_share"].n == 32
    by_hand = covariate_table(table, "group", {"albumin_g_l": "Albumin"}, positive="ABE")
    assert results["1"]["albumin_p"].value == by_hand["p"][0]
    assert sum(map(len, results.values())) == 2 + 5 * 4 + 6


def test_table_1_has_the_rows_that_the_folder_has():
    table = cohort.cohort_table(20).assign(group=lambda table: table["diagnosis"])
    table = table.drop(columns=["sex", "weight_kg"])
    assert evaluation.characteristics(table) == [
        "age_days",
        "gestational_age_weeks",
        "total_serum_bilirubin_umol_l",
        "albumin_g_l",
    ]


def test_table_2_keeps_the_papers_order_and_prints_a_spread_where_the_paper_has_one():
    def published(name: str) -> float:
        if name.startswith("table2.gpnorm") and name.endswith("_sd"):
            raise InputError("none")
        return 0.5

    row = dict.fromkeys(evaluation.MEASURES, "x")
    table = evaluation.table2({"extra": row, "ResNet18, folds by slice": row, "GPnorm": row}, published)
    assert table.index.tolist()[:3] == ["GPnorm", "ResNet18, folds by slice", "extra"]
    assert table.loc["paper: GPnorm", "f1"] == "0.5000"
    assert table.loc["paper: ResNet18", "f1"] == "0.5000 ± 0.5000"


def test_only_methods_that_judged_are_compared():
    scores = pd.DataFrame(
        {"label": [1, 1, 0, 0], "gpnorm_call": [1, 1, 0, 1], "resnet18_slice_call": [1, 0, 0, 0]}
    )
    pairs = evaluation.compare_pairs(scores, "resnet18_slice")
    assert set(pairs) == {"resnet18_gpnorm"}
    assert pairs["resnet18_gpnorm"].difference.value == 0
    assert set(evaluation.pair_results(pairs)) == {
        "resnet18_gpnorm_p",
        "resnet18_gpnorm_paired_p",
        "resnet18_gpnorm_difference",
    }
