"""Training, ensemble rule and attribution of Wada 2019."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neolab.learn.compute import DivergedError
from neolab.studies.wada2019.attribution import input_gradient, occlusion, share_by_slice
from neolab.studies.wada2019.fit import Recipe, combine, fit, fit_ensemble

RECIPE = Recipe(epochs=60, batch_size=8, mixed_precision=False)


def slices_that_brighten_with_age(n: int, seed: int):
    """Noise whose middle patch on the third T1 level brightens by age / 24."""
    rng = np.random.default_rng(seed)
    ages = rng.uniform(0, 24, n)
    images = rng.random((n, 2, 5, 32, 32)).astype(np.float32) * 0.1
    images[:, 0, 2, 8:24, 8:24] += (ages / 24).astype(np.float32)[:, None, None]
    return torch.from_numpy(images), ages


@pytest.fixture(scope="module")
def trained():
    images, ages = slices_that_brighten_with_age(48, 0)
    return fit(images, ages, RECIPE, seed=0)


def test_it_beats_the_mean_age_on_new_scans(trained):
    images, ages = slices_that_brighten_with_age(24, 1)
    error = np.abs(trained.predict(images) - ages).mean()
    assert error < 0.5 * np.abs(ages - 12).mean()


def test_training_is_repeatable_and_depends_on_the_seed():
    images, ages = slices_that_brighten_with_age(12, 0)
    short = Recipe(epochs=2, mixed_precision=False)
    a, b, c = (fit(images, ages, short, seed).history.train_mse.tolist() for seed in (1, 1, 2))
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
    expected = trained.predict(hidden) - trained.predict(images)
    assert occlusion(trained.network, images, patch=8)[0, 0, 2, 1, 2] == pytest.approx(expected[0], abs=1e-4)


def test_each_member_of_the_ensemble_sees_only_its_range_of_ages():
    images, ages = slices_that_brighten_with_age(30, 4)
    poisoned = images.clone()
    poisoned[ages < 8] = float("nan")
    short = Recipe(epochs=1, mixed_precision=False)
    with pytest.raises(DivergedError):
        fit_ensemble(poisoned, ages, short)
    older_only = fit_ensemble(images, ages, short).older
    refit = fit(images[ages >= 8], ages[ages >= 8], short, seed=1)
    np.testing.assert_array_equal(older_only.predict(images), refit.predict(images))


@given(st.floats(-5, 30), st.floats(-5, 30))
def test_the_combined_age_lies_between_the_two_estimates(younger, older):
    result = combine([younger], [older])[0]
    assert min(younger, older) <= result <= max(younger, older)


def test_the_rule_for_the_overlap():
    np.testing.assert_allclose(combine([2, 10, 15, 8], [9, 14, 22, 8]), [2, 12, 22, 8])
