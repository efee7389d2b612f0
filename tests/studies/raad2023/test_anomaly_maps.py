"""What a residual says, measured as the paper does."""

import numpy as np
import pytest
from skimage import measure

from neolab.studies.raad2023.anomaly_maps import (
    BANDS,
    AnomalyMap,
    cluster_sizes,
    in_band,
    mean_cluster_size,
    standard_score,
)


def test_bands_cover_every_score_beyond_two_exactly_once():
    score = np.concatenate([np.linspace(-6, 6, 1201), [-4, -3, -2, 2, 3, 4]]).reshape(1, 1, -1)
    times = sum(in_band(score, band).astype(int) for band in BANDS)
    np.testing.assert_array_equal(times, (np.abs(score) >= 2).astype(int))


def test_standard_scores_of_a_normal_residual_fill_the_bands_as_the_normal_distribution_says():
    residual = np.random.default_rng(0).normal(0.3, 2.0, size=(60, 60, 60))
    values = AnomalyMap.of_residual(residual).measures(voxel_mm=1.0)
    assert values["2_to_3 %"] == pytest.approx(2.14, abs=0.15)
    assert values["-4_to_-3 %"] == pytest.approx(0.132, abs=0.04)


def test_cluster_sizes_agree_with_scikit_image_and_join_corners():
    mask = np.random.default_rng(1).random((20, 20, 3)) > 0.7
    expected = [
        r.area for z in range(3) for r in measure.regionprops(measure.label(mask[:, :, z], connectivity=2))
    ]
    assert sorted(cluster_sizes(mask)) == sorted(int(area) for area in expected)
    diagonal = np.eye(4, dtype=bool)[:, :, None]
    assert cluster_sizes(diagonal).tolist() == [4]
    assert mean_cluster_size(np.zeros((4, 4, 4), bool)) == 0.0


def test_measures_of_a_scan_are_those_of_its_residual():
    z = np.zeros((16, 16, 16), np.float32)
    z[4:7, 4:8, 5], z[10, 10, 9] = 2.5, -6
    values = AnomalyMap(z / 10, z, score=1.5).measures(voxel_mm=2.0)
    assert values["cluster_pixels"] == pytest.approx((12 + 1) / 2)
    assert values["cluster_mm2"] == pytest.approx(4 * 6.5)
    assert values["2_to_3 pixels"] == 12 and values["below_-4 pixels"] == 1
    assert values["2_to_3 %"] == 100 * 12 / 16**3 and values["score"] == 1.5
    assert values["mse"] == pytest.approx((12 * 0.25**2 + 0.6**2) / 16**3)


def test_the_residual_of_a_scan_gives_its_score_and_is_measured_in_its_own_deviations():
    residual = np.random.default_rng(0).normal(2.0, 3.0, (12, 12, 12)).astype(np.float32)
    said = AnomalyMap.of_residual(residual)
    assert said.score == pytest.approx(np.mean(residual.astype(float) ** 2), rel=1e-5)
    np.testing.assert_array_equal(said.z, standard_score(residual))
    assert said.z.mean() == pytest.approx(0, abs=1e-4) and said.z.std() == pytest.approx(1, abs=1e-4)
