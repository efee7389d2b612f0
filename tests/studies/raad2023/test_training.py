"""Training, residual scores and baselines of Raad 2023."""

import numpy as np
import pytest
import torch
from skimage import measure
from sklearn.decomposition import PCA

from neolab.learn.compute import DivergedError
from neolab.studies.raad2023.baselines import PrincipalComponents, VoxelwiseNormalRange
from neolab.studies.raad2023.fit import fit, mean_squared_errors, residuals
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.scores import (
    BANDS,
    band_table,
    cluster_sizes,
    in_band,
    mean_cluster_size,
    standard_score,
)
from neolab.studies.raad2023.step import Recipe

RECIPE = Recipe(epochs=25, learning_rate=3e-3, mixed_precision=False)


def balls(n: int, seed: int) -> torch.Tensor:
    """Spheres of slightly varying size in cubes of 32 voxels."""
    rng = np.random.default_rng(seed)
    grid = np.indices((32, 32, 32)) - 15.5
    radius = np.sqrt((grid**2).sum(0))
    volumes = [1 / (1 + np.exp(radius - rng.uniform(9, 11))) for _ in range(n)]
    return torch.from_numpy(np.stack(volumes)[:, None].astype(np.float32))


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    network = Autoencoder("std_16x16", side=32, channels=8)
    return fit(network, balls(6, 0), balls(2, 1), RECIPE, seed=0)


def test_reconstruction_error_falls_to_a_fraction_of_where_it_began(trained):
    assert trained.history.train_mse.iloc[-1] < 0.2 * trained.history.train_mse.iloc[0]
    assert trained.history.validation_mse.iloc[-1] < 0.2 * trained.history.validation_mse.iloc[0]


def test_a_scan_with_a_hole_scores_worse_and_its_residual_is_negative_there(trained):
    normal, broken = balls(1, 2), balls(1, 2)
    broken[..., 10:16, 10:16, 10:16] = 0.0
    scores = [mean_squared_errors(trained.network, volume, RECIPE)[0] for volume in (normal, broken)]
    assert scores[1] > scores[0]
    assert residuals(trained.network, broken, RECIPE)[0, 10:16, 10:16, 10:16].mean() < 0


def test_training_is_repeatable():
    histories = []
    for _ in range(2):
        torch.manual_seed(1)
        network = Autoencoder("vae_16x16_256", side=32, channels=4)
        histories.append(fit(network, balls(2, 0), balls(1, 1), Recipe(epochs=2), seed=5).history)
    assert histories[0].equals(histories[1])


def test_a_loss_that_explodes_is_named():
    broken = balls(2, 0)
    broken[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(DivergedError, match="loss is nan at epoch 1"):
        fit(Autoencoder("std_16x16", 32, 4), broken, balls(1, 1), Recipe(epochs=1), seed=0)


def test_bands_cover_every_score_beyond_two_exactly_once():
    score = np.concatenate([np.linspace(-6, 6, 1201), [-4, -3, -2, 2, 3, 4]]).reshape(1, 1, -1)
    times = sum(in_band(score, band).astype(int) for band in BANDS)
    np.testing.assert_array_equal(times, (np.abs(score) >= 2).astype(int))


def test_standard_scores_of_a_normal_residual_fill_the_bands_as_the_normal_distribution_says():
    residual = np.random.default_rng(0).normal(0.3, 2.0, size=(60, 60, 60))
    table = band_table(standard_score(residual), axial_slices=[0]).set_index("band")
    assert table.loc["2_to_3", "voxels_percent"] == pytest.approx(2.14, abs=0.15)
    assert table.loc["-4_to_-3", "voxels_percent"] == pytest.approx(0.132, abs=0.04)


def test_cluster_sizes_agree_with_scikit_image_and_join_corners():
    mask = np.random.default_rng(1).random((20, 20, 3)) > 0.7
    expected = [
        r.area for z in range(3) for r in measure.regionprops(measure.label(mask[:, :, z], connectivity=2))
    ]
    assert sorted(cluster_sizes(mask)) == sorted(int(area) for area in expected)
    diagonal = np.eye(4, dtype=bool)[:, :, None]
    assert cluster_sizes(diagonal).tolist() == [4]
    assert mean_cluster_size(np.zeros((4, 4, 4), bool)) == 0.0


def test_principal_component_residuals_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    train, scan = rng.random((12, 6, 6, 6)), rng.random((6, 6, 6))
    model = PCA(n_components=5).fit(train.reshape(12, -1))
    flat = scan.reshape(1, -1)
    expected = (flat - model.inverse_transform(model.transform(flat))).reshape(scan.shape)
    np.testing.assert_allclose(PrincipalComponents(train, 5).residual(scan), expected, atol=1e-4)


def test_all_components_reproduce_a_training_scan():
    train = np.random.default_rng(3).random((5, 4, 4, 4))
    np.testing.assert_allclose(PrincipalComponents(train, 99).residual(train[2]), 0, atol=1e-4)


def test_a_voxel_three_deviations_away_scores_three():
    train = np.random.default_rng(4).random((40, 4, 4, 4))
    model = VoxelwiseNormalRange(train, floor=0.0)
    np.testing.assert_allclose(model.standard_score(model.mean + 3 * model.deviation), 3.0)
