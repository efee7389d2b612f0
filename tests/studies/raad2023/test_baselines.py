"""The baselines against scikit-learn, and what they say of a scan."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from neolab.io.leakage import LeakageError
from neolab.studies.raad2023.baselines import PrincipalComponents, VoxelwiseNormalRange, learn_baselines
from neolab.studies.raad2023.data import Data
from neolab.studies.raad2023.parameters import Raad2023Parameters


def test_principal_component_residuals_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    train, scan = rng.random((12, 6, 6, 6)), rng.random((6, 6, 6))
    model = PCA(n_components=5).fit(train.reshape(12, -1))
    flat = scan.reshape(1, -1)
    expected = (flat - model.inverse_transform(model.transform(flat))).reshape(scan.shape)
    np.testing.assert_allclose(PrincipalComponents(train, range(12), 5).residual(scan), expected, atol=1e-4)


def test_all_components_reproduce_a_training_scan():
    train = np.random.default_rng(3).random((5, 4, 4, 4))
    np.testing.assert_allclose(PrincipalComponents(train, range(5), 99).residual(train[2]), 0, atol=1e-4)


def test_a_voxel_three_deviations_away_scores_three():
    train = np.random.default_rng(4).random((40, 4, 4, 4))
    model = VoxelwiseNormalRange(train, range(40), floor=0.0)
    np.testing.assert_allclose(model.standard_score(model.mean + 3 * model.deviation), 3.0)


def test_the_score_of_the_normal_range_is_the_mean_square_of_its_standard_scores():
    train = np.random.default_rng(5).random((10, 4, 4, 4))
    model = VoxelwiseNormalRange(train, range(10))
    (said,) = model.look([model.mean + 2 * model.deviation])
    assert said.score == pytest.approx(4.0)
    np.testing.assert_allclose(said.residual, 2 * model.deviation, rtol=1e-4)


def test_components_that_are_kept_in_slabs_are_those_of_the_whole(monkeypatch):
    train = np.random.default_rng(6).random((6, 5, 5, 5))
    whole = PrincipalComponents(train, range(6), 3).residual(train[0])
    monkeypatch.setattr("neolab.studies.raad2023.baselines.SLAB_VALUES", 6 * 25 * 2)
    np.testing.assert_allclose(PrincipalComponents(train, range(6), 3).residual(train[0]), whole, atol=1e-5)


def cohort(images) -> Data:
    roles = ["train"] * 4 + ["validation", "test"]
    table = pd.DataFrame({"participant_id": [f"S{i}" for i in range(6)], "role": roles})
    return Data(table, {"image": images}, {}, 1.0)


PARAMS = Raad2023Parameters(profile="smoke")


def test_baselines_learn_from_training_normals_alone():
    images = list(np.random.default_rng(7).random((6, 4, 4, 4)).astype(np.float16))
    learnt = learn_baselines(cohort(images), PARAMS)
    assert list(learnt) == ["voxel-wise z-score", "PCA"]
    mean = np.mean([image.astype(float) for image in images[:4]], axis=0)
    np.testing.assert_allclose(learnt["voxel-wise z-score"].mean, mean, atol=1e-6)
    assert learnt["PCA"].weights.shape == (4, 3)


def test_an_image_that_is_both_in_training_and_held_out_is_refused():
    images = list(np.random.default_rng(8).random((6, 4, 4, 4)).astype(np.float16))
    images[4] = images[1].copy()
    with pytest.raises(LeakageError, match=r"row 4 \(S4\) is row 1 \(S1\)"):
        learn_baselines(cohort(images), PARAMS)
