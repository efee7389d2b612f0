"""Random movements of images, against scipy and against what a matrix is."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from neolab.learn.augment import RandomAffine, rotation_matrices

SHAPES = [(24, 18), (20, 16, 24)]


def smooth_image(shape):
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=shape), 2)
    return torch.from_numpy(noise.astype(np.float32))[None, None]


class Drawn:
    """A generator that says these numbers: of ``random`` 0, so that what may be mirrored is."""

    def __init__(self, *values):
        self.values = iter(values)

    def random(self, shape):
        return np.zeros(shape)

    def uniform(self, low, high, shape):
        return np.broadcast_to(next(self.values), shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_range_leaves_images_as_they_are(shape):
    image = smooth_image(shape)
    assert torch.equal(RandomAffine()(image, np.random.default_rng(0)), image)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("outside", ["zeros", "border"])
def test_a_movement_is_scipys_about_the_middle(shape, outside):
    image = smooth_image(shape)
    n_axes = len(shape)
    angles = np.array([0.3, -0.2, 0.1])[: 2 * n_axes - 3]
    zoom, shift = 1.1, np.array([[0.05], [-0.1], [0.02]])[:n_axes]
    affine = RandomAffine(20, (0.9, 1.1), 0.1, outside=outside)
    moved = affine(image, Drawn(np.rad2deg(angles), zoom, shift))[0, 0].numpy()

    # Rotations are named in torch's order of the axes, the last one first.
    matrix = rotation_matrices(angles[None])[0, ::-1, ::-1] / zoom
    centre = (np.array(shape) - 1) / 2
    offset = centre - matrix @ centre + shift[::-1, 0] * np.array(shape)
    mode = {"zeros": "grid-constant", "border": "nearest"}[outside]
    expected = ndimage.affine_transform(image[0, 0].numpy(), matrix, offset, order=1, mode=mode)
    np.testing.assert_allclose(moved, expected, atol=2e-5)


def test_a_rotation_is_about_one_axis_after_another():
    about_x, about_y, about_z = rotation_matrices(np.diag([0.3, 0.2, 0.1]))
    together = rotation_matrices(np.array([[0.3, 0.2, 0.1]]))[0]
    np.testing.assert_allclose(together, about_z @ about_y @ about_x, atol=1e-12)
    np.testing.assert_allclose(about_x[0], [1, 0, 0], atol=1e-12)
    in_plane = rotation_matrices(np.array([[np.pi / 6]]))[0]
    np.testing.assert_allclose(in_plane, [[np.sqrt(0.75), -0.5], [0.5, np.sqrt(0.75)]])


@pytest.mark.parametrize(("shape", "axis"), [((9, 12), 0), ((9, 12), 1), ((6, 7, 8), 0), ((6, 7, 8), 2)])
@pytest.mark.parametrize("shift", [0.0, 1e-12])
def test_mirroring_turns_the_axis_asked_for(shape, axis, shift):
    image = torch.rand(3, 2, *shape)
    mirror = tuple(float(number == axis) for number in range(axis + 1))
    mirrored = RandomAffine(shift=shift, mirror=mirror)(image, np.random.default_rng(0))
    torch.testing.assert_close(mirrored, image.flip(axis + 2), atol=1e-5 if shift else 0, rtol=0)


def test_mirroring_turns_the_share_of_images_asked_for():
    volumes = torch.arange(4.0).view(1, 1, 4, 1, 1).expand(2000, 1, 4, 1, 1)
    mirrored = RandomAffine(mirror=(0.3,))(volumes, np.random.default_rng(0))[:, 0, :, 0, 0]
    swapped = (mirrored == torch.tensor([3.0, 2, 1, 0])).all(dim=1)
    assert ((mirrored == torch.arange(4.0)).all(dim=1) | swapped).all()
    assert stats.binomtest(int(swapped.sum()), 2000, 0.3).pvalue > 0.001


def test_movements_stay_in_their_ranges_and_fill_them():
    affine = RandomAffine(30, (0.9, 1.1), 30 / 224, mirror=(0.5,))
    rng = np.random.default_rng(0)
    signs = affine._signs(4000, 2, rng)
    matrices = affine._matrices(signs, (224, 224), rng)
    turned = signs[:, ::-1, None] * matrices[:, :, :2]
    angles = np.rad2deg(np.arctan2(-turned[:, 0, 1], turned[:, 0, 0]))
    zoom = 1 / np.sqrt(np.abs(np.linalg.det(matrices[:, :, :2])))
    shift = np.abs(matrices[:, :, 2]) / 2 * 224
    assert -30 <= angles.min() < -29 and 29 < angles.max() <= 30
    assert 0.9 <= zoom.min() < 0.905 and 1.095 < zoom.max() <= 1.1 + 1e-6
    assert (signs[:, 0] < 0).mean() == pytest.approx(0.5, abs=0.03) and (signs[:, 1] == 1).all()
    assert (shift.max(axis=0) > 29).all() and shift.max() <= 30 + 1e-9


@pytest.mark.parametrize("shape", SHAPES)
def test_each_image_of_a_batch_moves_by_itself_and_repeats_with_the_seed(shape):
    images = smooth_image(shape).expand(2, -1, *shape)
    affine = RandomAffine(rotation_deg=10)
    first, second = affine(images, np.random.default_rng(0))
    assert not torch.allclose(first, second)
    assert torch.equal(affine(images, np.random.default_rng(0))[1], second)
