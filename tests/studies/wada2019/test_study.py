"""Cross-validation, baselines, layer table and delay flag of Wada 2019."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures

from neolab.errors import InputError
from neolab.io.splits import Fold
from neolab.learn.compute import count_parameters
from neolab.metrics.regression import mae
from neolab.studies.wada2019 import baselines
from neolab.studies.wada2019.attribution import foreseen_change, myelin_front, share_on_front
from neolab.studies.wada2019.cross_validation import age_folds, evaluate
from neolab.studies.wada2019.delay import FIFTH_PERCENTILE, NormalRange
from neolab.studies.wada2019.fit import Recipe, fit
from neolab.studies.wada2019.layers import depth, feature_map_shape, layer_table
from neolab.studies.wada2019.network import MyelinAgeNetwork

RNG = np.random.default_rng(0)
AGES = RNG.uniform(-1.7, 23.5, 30)
IMAGES = RNG.random((30, 2, 5, 32, 32)).astype(np.float32)
TABLE = pd.DataFrame({"participant_id": [f"SYN{i:04d}" for i in range(30)]})
FOLDS = age_folds(TABLE, AGES, 3, seed=0)
SHORT = Recipe(epochs=1, batch_size=8, mixed_precision=False)


def test_folds_hold_young_and_old_infants_alike():
    assert sorted(np.concatenate([fold.test for fold in FOLDS])) == list(range(30))
    for fold in FOLDS:
        assert np.median(AGES[fold.test]) == pytest.approx(np.median(AGES), abs=4)


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(IMAGES, AGES, FOLDS, SHORT, seeds=(3,))


def test_every_infant_is_estimated_once_unseen_and_once_seen_by_every_model(evaluation):
    for model in ("simple", "ensemble"):
        for trained_on in (False, True):
            table = evaluation.of(model, trained_on=trained_on)
            assert table["row"].tolist() == list(range(30))
            np.testing.assert_allclose(table["truth"], AGES)


@pytest.mark.parametrize("model", ["simple", "ensemble"])
def test_other_pictures_are_read_by_the_network_that_has_not_seen_the_infant(evaluation, model):
    same = evaluation.held_out(model, IMAGES, FOLDS)
    np.testing.assert_allclose(same, evaluation.of(model)["estimate"], rtol=1e-5, atol=1e-4)
    darker = evaluation.held_out(model, IMAGES / 2, FOLDS)
    for number, fold in enumerate(FOLDS):
        alone = evaluation.fits[model, 3, number].predict(torch.from_numpy(IMAGES[fold.test] / 2))
        np.testing.assert_allclose(darker[fold.test], alone, rtol=1e-5, atol=1e-4)


def test_an_infant_of_the_test_fold_has_no_influence_on_its_own_estimate(evaluation):
    changed = AGES.copy()
    changed[FOLDS[0].test] += 100
    again = evaluate(IMAGES, changed, FOLDS[:1], SHORT, models=["simple"], seeds=(3,), on_all=False)
    before = evaluation.of("simple").set_index("row")["estimate"]
    after = again.of("simple").set_index("row")["estimate"]
    np.testing.assert_array_equal(before.loc[FOLDS[0].test], after.loc[FOLDS[0].test])


def test_networks_trained_side_by_side_equal_one_trained_alone(evaluation):
    start = int(np.random.SeedSequence([3, 1]).generate_state(1)[0])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = fit(torch.from_numpy(IMAGES[FOLDS[0].train]), AGES[FOLDS[0].train], SHORT, start)
    torch.set_num_threads(threads)
    together = evaluation.fits["simple", 3, 0]
    for one, other in zip(alone.network.parameters(), together.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_baselines_are_fitted_to_the_training_infants_only():
    volume = 300 + 35 * AGES + RNG.normal(0, 30, 30)
    fold = FOLDS[1]
    assert baselines.mean_age(AGES, [fold])[fold.test] == pytest.approx(AGES[fold.train].mean())
    curve = PolynomialFeatures(2)
    line = LinearRegression().fit(curve.fit_transform(volume[fold.train, None]), AGES[fold.train])
    expected = line.predict(curve.transform(volume[fold.test, None]))
    np.testing.assert_allclose(baselines.brain_volume(AGES, volume, FOLDS)[fold.test], expected)


def test_ridge_finds_the_ratio_that_ages_and_bears_a_gap():
    ratios = pd.DataFrame(RNG.normal(1, 0.1, (30, 10)))
    ratios[4] += 0.05 * AGES
    ratios.iloc[3, 7] = np.nan
    ratios[8] = np.nan
    estimate = baselines.ratio_ridge(AGES, ratios, FOLDS)
    assert mae(AGES, estimate) < 0.5 * mae(AGES, baselines.mean_age(AGES, FOLDS))


def test_the_paired_difference_is_the_difference_of_the_errors_and_knows_the_better_one():
    good, bad = AGES + RNG.normal(0, 0.5, 30), AGES + RNG.normal(0, 4, 30)
    gain = baselines.mae_difference(AGES, good, bad)
    assert gain.value == pytest.approx(mae(AGES, good) - mae(AGES, bad))
    assert gain.high < 0


@pytest.mark.parametrize("shared", [False, True])
def test_the_layer_table_accounts_for_every_parameter(shared):
    table = layer_table(shared)
    assert (table["parameters"] * table["copies"]).sum() == count_parameters(MyelinAgeNetwork(shared))
    assert table["output"].tolist()[3] == "8 × 29 × 29"
    assert feature_map_shape() == (8, 29, 29)
    assert depth(MyelinAgeNetwork(shared)) == {"convolutions": 2, "dense_layers": 6}


def test_the_normal_range_recovers_a_known_spread_and_flags_one_in_twenty():
    rng = np.random.default_rng(1)
    age = rng.uniform(0, 24, 20_000)
    estimate = 1 + 0.9 * age + (0.5 + 0.1 * age) * rng.standard_normal(age.size)
    normal = NormalRange.of(age, estimate)
    assert normal.expected(12.0) == pytest.approx(1 + 0.9 * 12, abs=0.1)
    assert normal.sd(20.0) == pytest.approx(2.5, rel=0.05)
    assert (normal.z(age, estimate) < FIFTH_PERCENTILE).mean() == pytest.approx(0.05, abs=0.01)


def test_the_spread_of_the_normal_range_is_positive_at_every_age_seen():
    age = np.arange(10.0)
    normal = NormalRange.of(age, age + np.r_[3.0, -3.0, 1.0, -1.0, 0, 0, 0, 0, 0, 0])
    assert (normal.sd(age) > 0).all()
    with pytest.raises(InputError, match="found 4 infants"):
        NormalRange.of(age[:4], age[:4])


def test_attribution_is_set_against_the_front():
    younger = np.zeros((2, 5, 10, 10))
    older = younger.copy()
    older[0, 2, 3, 4] = 0.5
    front = myelin_front(younger, older, months=2)
    assert front[0, 2, 3, 4] == 0.25
    assert foreseen_change(np.full(front.shape, 8.0), front) == pytest.approx(2)
    maps = np.ones(front.shape)
    assert share_on_front(maps, front, area=0.1) == pytest.approx(0.1)
    maps[0, 2, 3, 4] = maps.size
    assert share_on_front(maps, front, area=0.1) > 0.5


def test_a_fold_is_not_needed_for_everybody():
    only = evaluate(
        IMAGES, AGES, [Fold(np.arange(15), np.arange(15, 30))], SHORT, models=["simple"], on_all=False
    )
    assert only.of("simple")["row"].tolist() == list(range(15, 30))
