"""Acquisition on a block of known tissues: geometry, partial volume, noise, motion and random streams."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from neolab.errors import InputError
from neolab.simulate import acquisition, artefacts
from neolab.simulate.protocols import DHCP_MPRAGE, IMAGE_UNITS, Protocol
from neolab.simulate.relaxation import Relaxation, tissue_relaxation
from neolab.simulate.scan_grid import ScanGrid, slice_weights
from neolab.simulate.subject import Subject
from neolab.studies.wu2021.cohort import PROTOCOL as T1_FFE

SUBJECT = Subject("SYN0001", "01", 7, 40.0, "female")
PERFECT = dict(noise_sd=0.0, bias_sd=0.0, flip_sd=0.0)


@dataclass
class Block:
    """The part of an anatomy that acquisition reads: tissue fractions on a grid."""

    fractions: dict
    affine: np.ndarray
    subject: Subject = SUBJECT

    @property
    def template_mm(self):
        return np.zeros((3, *next(iter(self.fractions.values())).shape), np.float32)


def block(fluid, voxel_mm=(1.0, 1.0, 1.0), origin=(-20.0, -16.0, -12.0), subject=SUBJECT):
    """A block of white matter with a given fraction of fluid in every voxel."""
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = origin
    fluid = np.asarray(fluid, np.float32)
    return Block({"white_matter": 1 - fluid, "csf": fluid}, affine, subject)


RELAXATION = tissue_relaxation(SUBJECT)
TSE = Protocol(
    "TSE",
    "T2w",
    "turbo_spin_echo",
    dict(repetition_time_ms=6000.0, echo_time_ms=120.0),
    dimensions=2,
    slice_thickness_mm=4.0,
    slice_spacing_mm=4.0,
    **PERFECT,
)


def scan_without_gain(monkeypatch, anatomy, protocol):
    monkeypatch.setattr(acquisition, "GAIN_SPREAD", 0.0)
    return acquisition.acquire(anatomy, protocol, RELAXATION)


def test_a_thick_slice_averages_signals_and_not_t1(monkeypatch):
    """Half fluid, half white matter within a slice gives the mean of the two signals."""
    fluid = np.zeros((16, 16, 8), np.float32)
    fluid[..., [0, 1, 4, 5]] = 1
    scan = scan_without_gain(monkeypatch, block(fluid), TSE)
    signals = [float(TSE.signal(RELAXATION[name])) for name in ("white_matter", "csf")]
    mean_t1 = np.mean([RELAXATION[name].t1_ms for name in ("white_matter", "csf")])
    mean_t2 = np.mean([RELAXATION[name].t2_ms for name in ("white_matter", "csf")])
    averaged = float(TSE.signal(Relaxation(mean_t1, mean_t2, 0.0, 0.96)))
    assert scan.image.shape == (16, 16, 2)
    np.testing.assert_allclose(scan.image / IMAGE_UNITS, np.mean(signals), rtol=0.01)
    assert abs(averaged / np.mean(signals) - 1) > 0.05


def test_a_voxel_shared_by_tissues_sums_their_signals():
    fractions = {
        "white_matter": np.full((2, 2, 2), 0.3, np.float32),
        "csf": np.full((2, 2, 2), 0.7, np.float32),
    }
    total = acquisition.signal_volume(fractions, RELAXATION, TSE)
    expected = 0.3 * TSE.signal(RELAXATION["white_matter"]) + 0.7 * TSE.signal(RELAXATION["csf"])
    np.testing.assert_allclose(total, expected, rtol=1e-6)


def test_a_tissue_without_relaxation_is_refused_by_name():
    with pytest.raises(InputError, match="haemorrhage"):
        acquisition.signal_volume({"haemorrhage": np.ones((2, 2, 2), np.float32)}, RELAXATION, TSE)


def test_a_lesion_with_its_own_relaxation_is_imaged():
    fractions = {"white_matter": np.zeros((2, 2, 2), np.float32), "clot": np.ones((2, 2, 2), np.float32)}
    clot = Relaxation(900.0, 60.0, 0.0, 0.9)
    total = acquisition.signal_volume(fractions, RELAXATION | {"clot": clot}, TSE)
    np.testing.assert_allclose(total, TSE.signal(clot), rtol=1e-6)


def test_values_listed_by_voxel_and_values_in_a_volume_give_the_same_image():
    rng = np.random.default_rng(0)
    present = (rng.random((5, 6, 7)) > 0.5).astype(np.float32)
    t1 = rng.uniform(1000, 3000, present.shape).astype(np.float32)
    voxels = np.flatnonzero(present)
    listed = Relaxation(t1.ravel()[voxels], 100.0, 0.0, 0.9, voxels)
    fractions = {"white_matter": present}
    a = acquisition.signal_volume(fractions, {"white_matter": listed}, TSE)
    b = acquisition.signal_volume(fractions, {"white_matter": Relaxation(t1, 100.0, 0.0, 0.9)}, TSE)
    np.testing.assert_array_equal(a, b)


def test_scaling_by_a_map_changes_only_where_the_map_does():
    voxels = np.array([1, 3, 5])
    tissue = Relaxation(np.array([1000.0, 2000.0, 3000.0]), 100.0, 0.0, 0.9, voxels)
    factor = np.ones(8)
    factor[3] = 0.5
    np.testing.assert_allclose(tissue.scaled(t1=factor).t1_ms, [1000, 1000, 3000])


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.02), (0.03, 0.02), (0.4, 0.02)])
def test_magnitude_noise_follows_the_rice_distribution(monkeypatch, mean, sd):
    """Kolmogorov-Smirnov against scipy's Rice; 5000 independent voxels, refused at one in ten thousand."""
    monkeypatch.setattr(acquisition, "GAIN_SPREAD", 0.0)
    protocol = replace(TSE, dimensions=3, slice_thickness_mm=1.0, slice_spacing_mm=1.0, noise_sd=sd)
    uniform = Relaxation(1e-3, 1e9, 0.0, mean)
    anatomy = Block({"white_matter": np.ones((20, 25, 10), np.float32)}, np.diag([1.0, 1, 1, 1]))
    image = acquisition.acquire(anatomy, protocol, {"white_matter": uniform}).image / IMAGE_UNITS
    result = stats.kstest(image.ravel(), stats.rice(mean / sd, scale=sd).cdf)
    assert result.pvalue > 1e-4


def test_zero_filling_keeps_the_noise_level(monkeypatch):
    monkeypatch.setattr(acquisition, "GAIN_SPREAD", 0.0)
    protocol = replace(T1_FFE, bias_sd=0.0, flip_sd=0.0, noise_sd=0.01)
    uniform = Relaxation(1500.0, 100.0, 0.0, 0.9)
    anatomy = Block({"white_matter": np.ones((64, 64, 54), np.float32)}, np.diag([0.9, 0.9, 1.5, 1]))
    image = acquisition.acquire(anatomy, protocol, {"white_matter": uniform}).image / IMAGE_UNITS
    assert image.shape == (128, 128, 18)
    assert image.std() == pytest.approx(0.01, rel=0.03)


def test_zero_filling_keeps_the_acquired_samples():
    rng = np.random.default_rng(3)
    image = rng.random((12, 15))
    kspace = artefacts.resize_kspace(artefacts.to_kspace(image, (0, 1)), (0, 1), (24, 45))
    finer = artefacts.from_kspace(kspace, (0, 1))
    np.testing.assert_allclose(finer[::2, ::3].real, image, atol=1e-9)


def test_cutting_kspace_keeps_slow_waves_and_removes_fast_ones():
    x = np.arange(64)
    slow, fast = np.cos(2 * np.pi * 3 * x / 64), np.cos(2 * np.pi * 25 * x / 64)
    kspace = artefacts.resize_kspace(artefacts.to_kspace(slow + fast, (0,)), (0,), (32,))
    np.testing.assert_allclose(artefacts.from_kspace(kspace, (0,)).real, slow[::2], atol=1e-9)


def test_truncated_kspace_rings_at_an_edge_by_nine_per_cent():
    """Gibbs: the overshoot of a truncated Fourier series is 8.95 % of the step, whatever the resolution."""
    step = np.repeat([0.0, 1.0], 2048)
    kspace = artefacts.resize_kspace(artefacts.to_kspace(step, (0,)), (0,), (129,))
    kspace = artefacts.resize_kspace(kspace, (0,), (4096,))
    assert artefacts.from_kspace(kspace, (0,)).real.max() == pytest.approx(1.0895, abs=0.003)


def test_the_taper_quiets_ringing_and_leaves_edge_and_mean_where_they_are():
    """Far from an edge the truncated series oscillates, the tapered one is flat; half height stays put."""
    step = np.repeat([0.0, 1.0], 2048)
    cut = artefacts.resize_kspace(artefacts.to_kspace(step, (0,)), (0,), (129,))
    fine = [
        artefacts.from_kspace(artefacts.resize_kspace(kspace, (0,), (4096,)), (0,)).real
        for kspace in (cut, artefacts.taper_kspace(cut, (0,)))
    ]
    plateau = slice(2048 + 10 * 32, 4096 - 10 * 32)  # more than ten acquired voxels from either edge
    ringing = [np.abs(line[plateau] - 1).max() for line in fine]
    assert ringing[1] < 0.05 * ringing[0]
    assert fine[1].mean() == pytest.approx(0.5)
    edges = [np.flatnonzero(np.diff(line[1000:3000] > 0.5)) for line in fine]
    assert np.abs(edges[0] - edges[1]).max() <= 1


def test_the_image_affine_puts_voxels_where_the_anatomy_has_them(monkeypatch):
    """A small fluid ball stands at the same millimetres before and after slicing and zero-filling."""
    shape, voxel = (48, 40, 45), (0.9, 0.9, 1.5)
    anatomy = block(np.zeros(shape), voxel)
    centre_mm = np.array([4.3, 2.1, 15.0])
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
    mm = index @ anatomy.affine[:3, :3].T + anatomy.affine[:3, 3]
    fluid = np.exp(-(((mm - centre_mm) / [3, 3, 6]) ** 2).sum(-1)).astype(np.float32)
    anatomy = block(fluid, voxel)
    protocol = replace(T1_FFE, sequence="turbo_spin_echo", parameters=TSE.parameters, slices=None, **PERFECT)
    scan = scan_without_gain(monkeypatch, anatomy, protocol)
    weight = scan.image - np.median(scan.image)
    weight[weight < 0.05 * weight.max()] = 0
    index = np.stack(np.meshgrid(*[np.arange(n) for n in scan.image.shape], indexing="ij"), -1)
    found = (index.reshape(-1, 3) * weight.reshape(-1, 1)).sum(0) / weight.sum()
    np.testing.assert_allclose(scan.affine[:3, :3] @ found + scan.affine[:3, 3], centre_mm, atol=0.15)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_run_along_the_axis_of_the_protocol(axis):
    anatomy = block(np.zeros((24, 24, 24)))
    scan = acquisition.acquire(anatomy, replace(TSE, slice_axis=axis), RELAXATION)
    expected = [24, 24, 24]
    expected[axis] = 6
    assert list(scan.image.shape) == expected
    assert np.linalg.norm(scan.affine[:3, axis]) == pytest.approx(4.0)


def test_a_three_dimensional_scan_keeps_its_grid():
    anatomy = block(np.zeros((20, 22, 24)), voxel_mm=(0.8, 0.8, 0.8))
    scan = acquisition.acquire(anatomy, DHCP_MPRAGE, RELAXATION)
    assert scan.image.shape == (20, 22, 24)
    np.testing.assert_allclose(scan.affine, anatomy.affine)


def test_slice_weights_have_the_width_of_the_slice():
    positions = np.arange(0, 60, 0.25)
    weights = slice_weights(np.array([30.0]), positions, 5.0)[0]
    half = positions[weights > weights.max() / 2]
    assert weights.sum() == pytest.approx(1)
    assert half[-1] - half[0] == pytest.approx(5.0, abs=0.5)


def test_a_gap_between_slices_is_not_imaged():
    weights = slice_weights(np.array([10.0, 20.0]), np.arange(0, 30, 0.5), 5.0)
    assert weights[:, 30].max() < 0.01 * weights.max()


def test_a_slab_thinner_than_a_slice_is_refused():
    with pytest.raises(InputError, match="at least one slice"):
        ScanGrid.of(block(np.zeros((8, 8, 2))), TSE)


def test_labels_lie_on_the_grid_of_the_image():
    fluid = np.zeros((32, 32, 54), np.float32)
    fluid[16:] = 1
    anatomy = block(fluid, (0.9, 0.9, 1.5))
    labels = acquisition.scan_labels(anatomy, T1_FFE)
    scan = acquisition.acquire(anatomy, T1_FFE, RELAXATION)
    assert labels.shape == scan.image.shape
    # The bright side of the T1 image is white matter; the half voxel between the samples can fall to either.
    assert set(np.unique(labels[:31])) == {1} and set(np.unique(labels[32:])) == {17}


def test_the_same_scan_twice_has_the_same_bytes():
    anatomy = block(np.zeros((16, 16, 12)))
    protocol = replace(TSE, noise_sd=0.01, bias_sd=0.1)
    first, second = (acquisition.acquire(anatomy, protocol, RELAXATION).image.tobytes() for _ in range(2))
    assert first == second


def test_motion_blurs_a_moving_head_and_leaves_a_still_one(monkeypatch):
    fluid = np.zeros((48, 48, 8), np.float32)
    fluid[12:36, 16:30] = 1
    still = scan_without_gain(monkeypatch, block(fluid), TSE).image
    moving = scan_without_gain(monkeypatch, block(fluid, subject=replace(SUBJECT, motion=0.8)), TSE).image
    mild = scan_without_gain(monkeypatch, block(fluid, subject=replace(SUBJECT, motion=0.15)), TSE).image
    error = [np.sqrt(np.mean((image - still) ** 2)) for image in (mild, moving)]
    assert 0 < error[0] < error[1]
    # Motion moves signal about; it does not make any.
    assert moving.mean() == pytest.approx(still.mean(), rel=0.1)


def test_a_pose_moves_the_head_by_its_millimetres():
    volume = np.zeros((41, 51, 1), np.float32)
    volume[15:20, 22:27] = 1
    moved = artefacts.move_in_plane(volume, (0.0, 3.0, -4.0), (1.0, 2.0, 1.0))
    centre = [
        np.average(np.arange(n), weights=moved.sum(tuple({0, 1, 2} - {i}))) for i, n in ((0, 41), (1, 51))
    ]
    assert np.abs(np.array(centre) - [17, 24]) == pytest.approx([3.0, 2.0], abs=1e-5)


def test_a_quarter_turn_maps_the_axes_on_anisotropic_voxels():
    """20 mm along x become 20 mm along y, whatever the voxels."""
    volume = np.zeros((81, 41, 1), np.float32)
    volume[30:51, 20] = 1  # 21 voxels of 1 mm along x
    moved = artefacts.move_in_plane(volume, (90.0, 0, 0), (1.0, 2.0, 1.0))
    along_y = np.flatnonzero(moved[40, :, 0] > 0.5)
    assert (along_y[-1] - along_y[0]) * 2.0 == pytest.approx(20.0, abs=2.0)


def test_motion_is_drawn_from_its_own_stream():
    """Poses do not depend on anything but the scan: the label of a participant cannot reach them."""
    fluid = np.zeros((32, 32, 8), np.float32)
    subject = replace(SUBJECT, motion=0.5)
    ill = replace(subject, globus_pallidus_t1_ms=1500.0, lesions=("lesion",))
    fluid[8:20, 10:25] = 1
    images = [acquisition.acquire(block(fluid, subject=s), TSE, RELAXATION).image for s in (subject, ill)]
    np.testing.assert_array_equal(*images)
