"""Scores over folds, and the tables made of them, against scikit-learn and counts by hand."""

import numpy as np
import pandas as pd
import pytest
from preterm_folders import parameters, setting
from sklearn import metrics as sklearn_metrics

from neolab.learn.folds import OutOfFold
from neolab.metrics.estimate import Estimate
from neolab.run.values import metric_record
from neolab.studies.gloresnet2026 import evaluation
from neolab.studies.gloresnet2026.scores import MEASURES, FoldScores, score_folds

KEPT = ("clean", "paper", "clean_plain", "paper_plain")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    label = np.arange(60) % 2
    score = np.clip(0.3 * label + rng.uniform(0, 0.7, 60), 0, 1)
    return pd.DataFrame({"fold": np.arange(60) // 20, "label": label, "clean": score, "paper": score**0.5})


def trained(rows: pd.DataFrame, repeats: int = 2) -> OutOfFold:
    said = rows.assign(clean_plain=0.4, paper_plain=0.6, row=rows.index)
    parts = [
        said.assign(repeat=repeat, clean=(said["clean"] + 0.1 * repeat) % 1) for repeat in range(repeats)
    ]
    history = pd.DataFrame(
        [
            (repeat, fold, epoch, part, "accuracy", 0.1 * fold + epoch + repeat)
            for repeat in range(repeats)
            for fold in range(3)
            for epoch, part in ((1.0, "test"), (2.0, "test"), (2.0, "train"))
        ],
        columns=["repeat", "fold", "epoch", "part", "metric", "value"],
    )
    predictions = pd.concat(parts)[["repeat", "fold", "row", *KEPT]].reset_index(drop=True)
    return OutOfFold(rows[["label"]].assign(participant_id="P"), predictions, history)


def test_scores_of_each_fold_are_scikit_learns(rows):
    scores = score_folds(rows, "clean", n_resamples=100)
    for number, fold in rows.groupby("fold"):
        truth, said = fold["label"], fold["clean"] > 0.5
        expected = {
            "accuracy": sklearn_metrics.accuracy_score(truth, said),
            "sensitivity": sklearn_metrics.recall_score(truth, said),
            "specificity": sklearn_metrics.recall_score(truth, said, pos_label=0),
            "f1": sklearn_metrics.f1_score(truth, said),
            "mcc": sklearn_metrics.matthews_corrcoef(truth, said),
            "auc": sklearn_metrics.roc_auc_score(truth, fold["clean"]),
        }
        assert scores.per_fold.loc[number].to_dict() == pytest.approx(expected)


def test_a_mean_over_folds_brings_its_folds_into_the_results(rows):
    mean = score_folds(rows, "clean", n_resamples=200).mean("auc")
    record = metric_record(mean, "1", dict.fromkeys(["low", "high", "interval", "n", "folds"]))
    assert record["folds"] == pytest.approx(list(mean.folds)) and len(mean.folds) == 3
    assert record["value"] == pytest.approx(np.mean(mean.folds))
    assert record["low"] < record["value"] < record["high"] and record["n"] == 60


def test_the_best_fold_is_the_one_of_the_highest_accuracy_whatever_the_measure():
    per_fold = pd.DataFrame([[0.5] + [0.9] * 5, [0.8] + [0.2] * 5], columns=list(MEASURES))
    scores = FoldScores(per_fold, np.tile(per_fold.to_numpy(), (50, 1, 1)), n=10)
    assert scores.best_fold("accuracy").value == 0.8
    assert scores.best_folds(["auc"])["auc"].value == 0.2


def test_the_same_infants_are_drawn_for_both_sides_of_a_difference(rows):
    first = score_folds(rows, "clean", n_resamples=100)
    assert first.less(first, "accuracy").half_width == 0
    assert first.less(score_folds(rows, "paper", n_resamples=100), "auc").value == pytest.approx(0)


def test_both_protocols_look_at_the_columns_of_the_setting(rows):
    result = trained(rows)
    plain = evaluation.both_protocols(result, parameters(), setting(mirrored=False))
    assert plain["paper"].mean("sensitivity").value == 1 and plain["clean"].mean("sensitivity").value == 0
    mirrored = evaluation.score_each({"a": result}, parameters(), {"a": setting()})["a"]["clean"]
    expected = score_folds(rows, "clean", n_resamples=1).per_fold
    pd.testing.assert_frame_equal(mirrored.per_fold, expected)


def test_every_training_has_a_row_of_means_and_the_table_shows_their_spread(rows):
    result = trained(rows)
    seeds = evaluation.over_seeds(result, ("clean", "paper"))
    assert len(seeds["clean"]) == 2 and seeds["paper"].std(ddof=1).eq(0).all()
    both = evaluation.both_protocols(result, parameters(), setting())
    printed = {f"table2.{row}.{m}": 0.5 for row in ("gloresnet", "best") for m in MEASURES}
    table = evaluation.protocol_table(both, seeds, printed.__getitem__)
    assert table.loc["paper protocol, SD over 2 seeds", "auc"] == "0.000"
    assert set(table.loc["printed, best fold"]) == {"0.50"}


def test_the_last_epoch_is_that_of_the_first_training_and_a_mean_over_folds(rows):
    assert evaluation.last_epoch(trained(rows)) == pytest.approx(
        {"test accuracy": 2.1, "train accuracy": 2.1}
    )


def test_without_pretrained_weights_the_baseline_is_the_random_start_and_there_is_no_setting_iii(rows):
    both = evaluation.both_protocols(trained(rows), parameters(), setting())
    scores = dict.fromkeys(("full", "mixup", "baseline", "i"), both)
    random = evaluation.ablation_results(scores, pretrained=False)
    assert set(random["ablation"]) == {"i"}
    assert set(random["regularisation"]) == {"baseline", "mixup", "full"}
    assert random["initialisation"]["random"]["auc"].value == both["paper"].mean("auc").value
    assert set(evaluation.ablation_results(scores, pretrained=True)["ablation"]) == {"i", "iii"}
    assert evaluation.gains(scores)["mixup"].value == 0


def test_table_1_leaves_out_what_is_unknown_or_the_same_for_all():
    table = pd.DataFrame(
        {
            "group": ["injury"] * 4 + ["normal"] * 4,
            "birth_age_weeks": [30.0, 31, 32, 33, 34, 35, 36, 37],
            "birth_weight_kg": [1.5] + [np.nan] * 7,
            "sex": "male",
        }
    )
    table1 = evaluation.characteristics(table)
    assert table1["characteristic"].tolist() == ["Gestational age at birth (weeks)"]
    results = evaluation.characteristic_results(table1)
    assert set(results["1"]) == {"gestational_age_p"}
    sd = results["weeks"]["gestational_age_injury_sd"]
    assert sd.value == pytest.approx(np.std([30, 31, 32, 33])) and sd.n == 4


def test_results_of_the_contest_have_the_names_of_the_claims():
    areas, ahead = {"volumes and age": Estimate(0.7)}, {"volumes and age": Estimate(-0.1)}
    results = evaluation.contest_results(areas, ahead)
    assert results["baseline"]["volumes_and_age.auc"].value == 0.7
    assert results["compare"]["gloresnet_volumes_and_age_auc_difference"].value == -0.1
