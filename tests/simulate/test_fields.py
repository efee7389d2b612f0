import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from neolab.simulate import fields
from neolab.simulate.template import Grid

GRID = Grid((0.0, -6.0, -4.0), 2.0, (6, 7, 5))


def test_sampling_equals_scipy_trilinear_interpolation():
    rng = np.random.default_rng(0)
    volume = rng.random((2, *GRID.shape), dtype=np.float32)
    points = rng.uniform((-9.0, -5.5, -3.5), (9.0, 5.5, 3.5), (200, 3)).T.astype(np.float32)
    index = [(np.abs(points[0]) - 0.0) / 2, (points[1] + 6) / 2, (points[2] + 4) / 2]
    expected = [ndimage.map_coordinates(channel, index, order=1) for channel in volume]
    assert fields.sample(volume, GRID, points) == pytest.approx(np.array(expected), abs=1e-5)


def test_sampling_is_constant_beyond_the_grid():
    volume = np.random.default_rng(1).random((1, *GRID.shape), dtype=np.float32)
    far = np.array([[50.0], [50.0], [50.0]], np.float32)
    assert fields.sample(volume, GRID, far)[0, 0] == pytest.approx(volume[0, -1, -1, -1])


@given(st.lists(st.floats(2.0, 14.0), min_size=1, max_size=8), st.tuples(*[st.floats(-2, 2)] * 3))
@settings(max_examples=40, deadline=None)
def test_cubic_interpolation_is_exact_for_parabolas_away_from_the_ends(positions, coefficients):
    a, b, c = coefficients
    samples = np.arange(9) * 2.0
    matrix = fields.cubic_matrix(np.array(positions), 0.0, 2.0, 9)
    expected = a + b * np.array(positions) + c * np.array(positions) ** 2
    assert matrix @ (a + b * samples + c * samples**2) == pytest.approx(expected, abs=1e-3)
    assert matrix.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_upsampling_equals_the_tensor_product_of_its_matrices():
    rng = np.random.default_rng(2)
    coarse = rng.random((3, 4, 5, 6), dtype=np.float32)
    matrices = [rng.random((n, m), dtype=np.float32) for n, m in ((7, 4), (8, 5), (9, 6))]
    expected = np.einsum("cxyz,ax,by,dz->cabd", coarse, *matrices)
    assert fields.upsample(coarse, matrices) == pytest.approx(expected, rel=1e-4)


def test_smooth_noise_has_unit_variance_and_the_correlation_of_its_kernel():
    """Smoothing white noise with a Gaussian of width s gives the correlation exp(-d^2 / 4 s^2)."""
    rng = np.random.default_rng(3)
    draws = np.stack([fields.smooth_noise(rng, (40, 40, 40), 2.0, 6.0) for _ in range(12)])
    assert draws.std() == pytest.approx(1.0, abs=0.08)
    lag = 4
    correlation = (draws[:, :-lag] * draws[:, lag:]).mean() / draws.var()
    assert correlation == pytest.approx(np.exp(-((lag * 2.0) ** 2) / (4 * 6.0**2)), abs=0.06)


def test_the_ramp_is_the_exact_fraction_of_a_voxel_cut_by_a_plane():
    assert fields.ramp(np.array([-1.0, -0.25, 0.0, 0.25, 1.0], np.float32), 1.0) == pytest.approx(
        [1.0, 0.75, 0.5, 0.25, 0.0]
    )


@given(st.floats(50.0, 3000.0))
@settings(max_examples=25, deadline=None)
def test_the_level_of_a_volume_is_the_radius_of_its_sphere(volume_mm3):
    axes = np.meshgrid(*[np.arange(-12, 12.5, 0.5)] * 3, indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes)).astype(np.float32)
    level = fields.volume_level(radius, None, volume_mm3, 0.125)
    assert level == pytest.approx((3 * volume_mm3 / (4 * np.pi)) ** (1 / 3), rel=0.03)


def test_half_of_every_point_needs_twice_the_reach():
    line = np.linspace(0, 100, 1001, dtype=np.float32)
    assert fields.volume_level(line, np.full(1001, 0.5, np.float32), 200.0, 1.0) == pytest.approx(
        40.0, abs=0.2
    )
