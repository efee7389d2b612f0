"""Scores, baselines and comparisons of Wada 2019, and the words that depend on them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures

from neolab.learn.folds import OutOfFold
from neolab.metrics.estimate import Estimate
from neolab.metrics.regression import mae
from neolab.studies.wada2019 import baselines, evaluation, sentences
from neolab.studies.wada2019.data import Data, age_folds
from neolab.studies.wada2019.parameters import Wada2019Parameters

RNG = np.random.default_rng(0)
AGES = RNG.uniform(-1.7, 23.5, 30)
TABLE = pd.DataFrame(
    {"participant_id": [f"SYN{i:04d}" for i in range(30)], "session_id": "01", "corrected_age_months": AGES}
)
PARAMS = Wada2019Parameters(profile="smoke", n_folds=3)


def measured(volume=None, ratios=None) -> Data:
    """Data with measurements and no pictures."""
    empty, volume = pd.DataFrame(index=TABLE.index), AGES if volume is None else volume
    return Data(TABLE, *[np.empty(0)] * 3, empty, empty, volume, empty if ratios is None else ratios)


FOLDS = age_folds(measured().table, PARAMS)


def test_baselines_are_fitted_to_the_training_infants_only():
    volume = 300 + 35 * AGES + RNG.normal(0, 30, 30)
    fold = FOLDS[1]
    found = baselines.estimates(measured(volume), FOLDS)
    assert list(found) == ["mean_age", "brain_volume"]  # there are no labels and so no ratios
    assert found["mean_age"][fold.test] == pytest.approx(AGES[fold.train].mean())
    curve = PolynomialFeatures(2)
    line = LinearRegression().fit(curve.fit_transform(volume[fold.train, None]), AGES[fold.train])
    expected = line.predict(curve.transform(volume[fold.test, None]))
    np.testing.assert_allclose(found["brain_volume"][fold.test], expected)


def test_ridge_finds_the_ratio_that_ages_and_bears_a_gap():
    ratios = pd.DataFrame(RNG.normal(1, 0.1, (30, 10)))
    ratios[4] += 0.05 * AGES
    ratios.iloc[3, 7] = np.nan
    ratios[8] = np.nan
    found = baselines.estimates(measured(ratios=ratios), FOLDS)
    assert mae(AGES, found["ratio_ridge"]) < 0.5 * mae(AGES, found["mean_age"])


def test_the_paired_difference_is_the_difference_of_the_errors_and_knows_the_better_one():
    good, bad = AGES + RNG.normal(0, 0.5, 30), AGES + RNG.normal(0, 4, 30)
    gain = evaluation.mae_difference(AGES, good, bad, PARAMS)
    assert gain.value == pytest.approx(mae(AGES, good) - mae(AGES, bad))
    assert gain.high < 0


def trial(*repeats) -> OutOfFold:
    """A cross-validation whose repeats were off by so many months."""
    parts = [
        pd.DataFrame({"repeat": number, "fold": 0, "row": np.arange(30), "estimate": AGES + off})
        for number, off in enumerate(repeats)
    ]
    return OutOfFold(TABLE, pd.concat(parts, ignore_index=True), pd.DataFrame())


def test_models_are_scored_on_infants_learnt_from_and_not_and_recorded_by_unit():
    results = evaluation.scores_of_models({"simple": trial(2.0)}, {"simple": trial(-0.5)}, PARAMS)
    assert results["simple"]["cv"]["mae"].value == pytest.approx(2)
    assert results["simple"]["train"]["bias"].value == pytest.approx(-0.5)
    units = {name: evaluation.UNITS.get(name) for name in results["simple"]["cv"]}
    assert units == {**dict.fromkeys(("mae", "rmse", "bias"), "months"), "pearson": None, "spearman": None}


def test_table_1_has_our_numbers_above_the_papers():
    results = evaluation.scores_of_models({"simple": trial(2.0)}, {"simple": trial(-0.5)}, PARAMS)
    printed = {"table1.simple.correlation": 0.901, "table1.simple.rmse": 3.4, "table1.simple.mae": 2.26}
    table = evaluation.table1(results, printed.__getitem__)
    assert table["MAE (months)"].tolist() == ["0.50 [0.50, 0.50]", "2.00 [2.00, 2.00]", "2.26"]
    assert table.loc["paper, Table 1, simple model"].tolist() == ["0.901", "", "3.4", "2.26"]


def test_every_seed_has_its_error_and_every_estimate_its_row():
    assert evaluation.mae_by_seed(trial(1.0, -3.0)) == pytest.approx([1, 3])
    table = evaluation.all_estimates({"simple": trial(1.0, -3.0)}, {"simple": trial(0.0)})
    assert table.groupby("tested").size().to_dict() == {"cv": 60, "train": 30}
    np.testing.assert_allclose(table["truth"], np.tile(AGES, 3))
    wide = evaluation.predictions({"simple": trial(1.0, -3.0)}, {"simple": trial(0.0)})
    np.testing.assert_allclose(wide["simple_cv"] - wide["simple_train"], 1)


def test_a_shrunk_estimate_has_a_falling_residual_and_errors_by_year():
    age = np.array([2.0, 10.0, 14.0, 22.0])
    estimate = 12 + 0.5 * (age - 12)
    assert evaluation.residual_slope(age, estimate) == pytest.approx(-0.5)
    assert evaluation.mae_by_year(age, estimate) == pytest.approx({"first": 3.0, "second": 3.0})
    assert set(evaluation.mae_by_year(age[:2], estimate[:2])) == {"first"}


def test_each_scanner_has_its_own_error_and_scans_of_unknown_strength_are_left_out():
    tesla = np.array([3.0] * 20 + [1.5] * 8 + [np.nan] * 2)
    estimate = AGES + np.where(tesla == 1.5, -2.0, 1.0)
    metrics, table = evaluation.by_scanner(measured(), tesla, {"simple": estimate}, PARAMS)
    values = {name: found.value for name, found in metrics.items()}
    assert values == pytest.approx(
        {
            "simple.cv.mae_3t": 1,
            "simple.cv.bias_3t": 1,
            "simple.cv.mae_1p5t": 2,
            "simple.cv.bias_1p5t": -2,
        }
    )
    assert table["infants"].tolist() == [20, 8]


def test_size_is_seen_by_an_estimate_that_follows_volume_beyond_age():
    extra = RNG.normal(0, 30, 30)
    scans = measured(400 + 20 * AGES + extra)
    found = evaluation.size_seen(scans, {"ruler": AGES + 0.05 * extra, "blind": AGES + RNG.normal(0, 1, 30)})
    assert found["ruler"].value == pytest.approx(1)
    assert abs(found["blind"].value) < 0.5


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (Estimate(-1.0, -2.0, -0.5), "ensemble is better here"),
        (Estimate(1.0, 0.5, 2.0), "ensemble is worse here"),
        (Estimate(0.1, -0.5, 0.7), "ensemble is neither clearly better nor worse here"),
    ],
)
def test_the_verdict_on_the_ensemble_follows_the_interval(difference, words):
    assert words in sentences.contest(difference, lambda name: 2.0)


def test_rivals_are_named_with_the_right_preposition_and_no_ridge_is_spoken_of_where_there_was_none():
    gains = {"mean_age": Estimate(-2, -3, -1), "brain_volume": Estimate(0, -1, 1)}
    text = sentences.rivals(gains, Estimate(2.7, 2.2, 3.2))
    assert "model A is better than mean age; not clearly different from brain volume alone." in text
    assert "ridge" not in text
    assert "ridge" in sentences.rivals(gains | {"ratio_ridge": Estimate(1, 0.5, 2)}, Estimate(2.7, 2.2, 3.2))
    assert sentences.rivals_table(gains)["model A is"].tolist() == ["better", "not clearly different"]


def test_the_picture_sizes_are_set_beside_the_papers():
    assert sentences.pictures(3, 48).endswith("30 pictures of 48 × 48 pixels (the paper: 128 × 128).")
    assert sentences.pictures(3, 128).endswith("128 × 128 pixels, as in the paper.")
