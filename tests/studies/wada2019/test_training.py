"""Model A and model B: what they learn, from whom, and what they say of infants that they have not seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from neolab.errors import InputError
from neolab.io.leakage import LeakageError
from neolab.io.splits import Fold
from neolab.learn.attribution import input_gradient, occlusion
from neolab.learn.compute import DivergedError
from neolab.learn.folds import FoldJob, fold_seed
from neolab.studies.wada2019 import training
from neolab.studies.wada2019.attribution import share_by_slice
from neolab.studies.wada2019.data import Data, age_folds
from neolab.studies.wada2019.parameters import Wada2019Parameters

SHORT = Wada2019Parameters(profile="smoke", epochs=1, batch_size=8, n_folds=3, seed=3)


def slices_that_brighten_with_age(n: int, seed: int):
    """Noise whose middle patch on the third T1 level brightens by age / 24."""
    rng = np.random.default_rng(seed)
    ages = rng.uniform(0, 24, n)
    images = rng.random((n, 2, 5, 32, 32)).astype(np.float32) * 0.1
    images[:, 0, 2, 8:24, 8:24] += (ages / 24).astype(np.float32)[:, None, None]
    return torch.from_numpy(images), torch.tensor(ages, dtype=torch.float32)


def made(images, ages) -> Data:
    """Data with pictures and ages and nothing else."""
    names = [f"SYN{i:04d}" for i in range(len(ages))]
    table = pd.DataFrame({"participant_id": names, "session_id": "01", "corrected_age_months": ages})
    empty = pd.DataFrame(index=table.index)
    return Data(table, images, images, images, empty, empty, np.zeros(len(ages)), empty)


RNG = np.random.default_rng(0)
AGES = RNG.uniform(-1.7, 23.5, 30)
SCANS = made(RNG.random((30, 2, 5, 32, 32)).astype(np.float32), AGES)
FOLDS = age_folds(SCANS.table, SHORT)


@pytest.fixture(scope="module")
def trained():
    images, ages = slices_that_brighten_with_age(48, 0)
    params = SHORT.model_copy(update={"epochs": 60})
    return training.fit_ages(images, ages, np.arange(48), params)


def test_it_beats_the_mean_age_on_new_scans(trained):
    images, ages = slices_that_brighten_with_age(24, 1)
    error = np.abs(training.predict(trained.network, images) - ages.numpy()).mean()
    assert error < 0.5 * np.abs(ages.numpy() - 12).mean()


def test_the_recipe_is_the_papers():
    recipe = training.recipe(Wada2019Parameters(profile="paper"))
    assert (recipe.epochs, recipe.learning_rate, recipe.optimiser, recipe.epsilon) == (
        1000,
        1e-3,
        "adam",
        1e-8,
    )
    assert (recipe.schedule, recipe.keep, recipe.patience, recipe.weight_decay) == ("constant", "last", 0, 0)


def test_the_loss_is_the_mean_squared_error():
    loss = training.squared_error(lambda images: images, torch.tensor([1.0, 4.0]), torch.tensor([2.0, 7.0]))
    assert loss.item() == 5


def test_training_is_repeatable_and_depends_on_the_seed():
    images, ages = slices_that_brighten_with_age(12, 0)
    params = SHORT.model_copy(update={"epochs": 2})
    a, b, c = (
        training.fit_ages(images, ages, np.arange(12), params, seed).history["value"].tolist()
        for seed in (1, 1, 2)
    )
    assert a == b != c


def test_the_slice_that_carries_age_gets_most_of_the_attribution(trained):
    images, _ = slices_that_brighten_with_age(4, 2)
    for maps in (input_gradient(trained.network, images), occlusion(trained.network, images, patch=8)):
        share = share_by_slice(maps)
        assert share.sum() == pytest.approx(1)
        assert np.unravel_index(share.argmax(), share.shape) == (0, 2)


def test_occlusion_is_the_change_when_one_patch_is_replaced(trained):
    images, _ = slices_that_brighten_with_age(1, 3)
    hidden = images.clone()
    hidden[0, 0, 2, 8:16, 16:24] = images[0, 0, 2].mean()
    expected = training.predict(trained.network, hidden) - training.predict(trained.network, images)
    found = occlusion(trained.network, images, patch=8)
    assert found[0, 0, 2, 1, 2] == pytest.approx(expected[0], abs=1e-4)


def test_each_member_of_the_ensemble_sees_only_its_range_of_ages():
    images, ages = slices_that_brighten_with_age(30, 4)
    job = FoldJob(np.arange(30), np.arange(30), 0, 0, seed=5)
    poisoned = images.clone()
    poisoned[ages < 8] = float("nan")
    with pytest.raises(DivergedError):
        training.model_b(poisoned, ages, SHORT)(job)
    older_only = training.model_b(images, ages, SHORT)(job).fit.network.older
    refit = training.fit_ages(
        images[ages >= 8], ages[ages >= 8], np.arange(int((ages >= 8).sum())), SHORT, seed=6
    )
    np.testing.assert_array_equal(
        training.predict(older_only, images), training.predict(refit.network, images)
    )


def test_both_halves_of_the_ensemble_have_their_history():
    images, ages = slices_that_brighten_with_age(20, 4)
    fitted = training.model_b(images, ages, SHORT)(FoldJob(np.arange(20), np.arange(2), 0, 0, 0)).fit
    assert fitted.history["member"].tolist() == ["younger", "older"]
    assert not fitted.network.training


def test_an_ensemble_without_infants_for_one_half_is_refused():
    images, _ = slices_that_brighten_with_age(6, 4)
    with pytest.raises(InputError, match="model B: found no infant for its older half in fold 1"):
        training.model_b(images, torch.full((6,), 2.0), SHORT)(FoldJob(np.arange(6), np.arange(2), 0, 1, 0))


def test_folds_hold_young_and_old_infants_alike():
    assert sorted(np.concatenate([fold.test for fold in FOLDS])) == list(range(30))
    for fold in FOLDS:
        assert np.median(AGES[fold.test]) == pytest.approx(np.median(AGES), abs=4)


@pytest.fixture(scope="module")
def unseen():
    return {model: training.on_unseen(model, SCANS, FOLDS, SHORT, keep=True) for model in training.MODELS}


@pytest.mark.parametrize("model", ["simple", "ensemble"])
def test_every_infant_is_estimated_once_unseen_and_once_seen_by_every_model(unseen, model):
    learnt = training.on_learnt_from(model, SCANS, SHORT)
    assert list(learnt.fits) == [(0, 0)]
    for trial in (unseen[model], learnt):
        assert sorted(trial.predictions["row"]) == list(range(30))
        assert np.isfinite(trial.column("estimate")).all()
    assert learnt.fold_of().tolist() == [0] * 30
    assert not np.allclose(learnt.column("estimate"), unseen[model].column("estimate"))


@pytest.mark.parametrize("model", ["simple", "ensemble"])
def test_other_pictures_are_read_by_the_network_that_has_not_seen_the_infant(unseen, model):
    trial = unseen[model]
    same = training.reread(trial, SCANS.images)
    np.testing.assert_allclose(same, trial.column("estimate"), rtol=1e-5, atol=1e-4)
    darker = training.reread(trial, SCANS.images / 2)
    for number, fold in enumerate(FOLDS):
        alone = training.predict(trial.fits[0, number].network, SCANS.images[fold.test] / 2)
        np.testing.assert_allclose(darker[fold.test], alone, rtol=1e-5, atol=1e-4)


def test_an_infant_of_the_test_fold_has_no_influence_on_its_own_estimate(unseen):
    changed = AGES.copy()
    changed[FOLDS[0].test] += 100
    again = training.on_unseen("simple", made(SCANS.images, changed), FOLDS[:1], SHORT)
    test = FOLDS[0].test
    np.testing.assert_array_equal(again.column("estimate")[test], unseen["simple"].column("estimate")[test])


def test_networks_trained_side_by_side_equal_one_trained_alone(unseen):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images, ages = torch.from_numpy(SCANS.images), torch.tensor(AGES, dtype=torch.float32)
    alone = training.fit_ages(images, ages, FOLDS[0].train, SHORT, fold_seed(3, 0, 0))
    torch.set_num_threads(threads)
    together = unseen["simple"].fits[0, 0]
    for one, other in zip(alone.network.parameters(), together.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_fold_is_not_needed_for_everybody_and_repeats_differ():
    fold = Fold(np.arange(15), np.arange(15, 30))
    only = training.on_unseen("simple", SCANS, [fold], SHORT, repeats=2)
    assert only.rows().index.size == 15 and only.fits == {}
    first, second = (only.column("estimate", repeat)[15:] for repeat in (0, 1))
    assert np.isfinite(first).all() and not np.allclose(first, second)


def test_the_same_pictures_under_two_names_are_refused():
    twice = SCANS.images.copy()
    twice[FOLDS[0].test[0]] = twice[FOLDS[0].train[0]]
    with pytest.raises(LeakageError):
        training.on_unseen("simple", replace(SCANS, images=twice), FOLDS, SHORT)
