"""One scan under two names is found however it was stored; siblings and phantoms of one shape are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from neolab.io.twins import alike_pairs, find_twins, is_twin, thumbnail
from neolab.io.volume import Volume

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def head(seed: int, shape=(48, 56, 40)) -> Volume:
    """A head of one shape for all seeds, with noise of its own."""
    x, y, z = (g / n - 0.5 for g, n in zip(np.indices(shape), shape, strict=True))
    inside = (x / 0.40) ** 2 + (y / 0.45) ** 2 + (z / 0.42) ** 2 <= 1
    fluid = ((np.abs(x) - 0.1) / 0.06) ** 2 + (y / 0.2) ** 2 + (z / 0.12) ** 2 <= 1
    signal = 5 + 95 * inside + 80 * (fluid & (x + 0.3 * y > -0.3))
    noise = np.random.default_rng(seed).normal(0, 2, shape)
    return Volume(np.clip(signal + noise, 0, None).astype(np.float32), AFFINE)


COPIES = {
    "as another type": lambda data: np.rint(data * 8).astype(np.int16),
    "rescaled": lambda data: 0.25 * data - 10,
    "mirrored": lambda data: data[::-1],
    "cropped by slices": lambda data: data[:, 1:, 1:],
    "shifted by half a voxel": lambda data: ndimage.shift(data, (0.5, 0.5, 0.5), order=1),
    "shifted by a third, cubic": lambda data: ndimage.shift(data, (0.3, -0.3, 0.2), order=3),
    "with some noise added": lambda data: data + np.random.default_rng(9).normal(0, 1, data.shape),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_is_found_however_it_was_stored(copy):
    scan = head(0)
    again = Volume(np.ascontiguousarray(copy(scan.data)), AFFINE)
    scans = [scan, head(1), again, head(2)]
    found = find_twins([thumbnail(one) for one in scans], scans.__getitem__, ["a", "b", "c", "d"])
    assert found == ["a: found the same scan as c, stored differently, expected it once"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(10_001, 20_000))
def test_two_heads_of_one_shape_with_noise_of_their_own_are_no_twins(first, second):
    assert alike_pairs([thumbnail(head(first)), thumbnail(head(second))]) == [(0, 1)]
    assert not is_twin(head(first), head(second))


@pytest.mark.slow
def test_simulated_siblings_raise_no_alarm():
    """500 pairs of newborns of one age, sex and protocol."""
    from dataclasses import replace

    from neolab.simulate.acquisition import acquire, render_for
    from neolab.simulate.protocols import DHCP_T2W
    from neolab.simulate.subject import Subject

    coarse = replace(
        DHCP_T2W,
        in_plane_mm=2.0,
        reconstructed_mm=2.0,
        slice_thickness_mm=2.0,
        slice_spacing_mm=2.0,
        render_mm=(2.0, 2.0, 2.0),
    )
    scans = []
    for number in range(33):
        subject = Subject(f"SYN{number:04d}", "01", 7, 40.0, "female")
        scan = acquire(render_for(subject, coarse), coarse)
        scans.append(Volume(scan.image, scan.affine))
    pairs = [(i, j) for i in range(len(scans)) for j in range(i)]
    assert len(pairs) > 500
    assert not any(is_twin(scans[i], scans[j]) for i, j in pairs)
    assert is_twin(scans[0], scans[0].with_data(scans[0].data[::-1] * 2))


def test_a_constant_scan_has_a_thumbnail_and_no_twin():
    flat = Volume(np.ones((8, 8, 8), np.float32), AFFINE)
    assert np.array_equal(thumbnail(flat), np.zeros((16, 16, 16)))
    assert not is_twin(flat, flat)
