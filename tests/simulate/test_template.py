import numpy as np
import pytest

from neolab.simulate import template


def test_the_bundled_volume_is_symmetric_so_one_half_is_enough():
    grey = template.load_volume("gm")
    assert np.array_equal(grey, grey[::-1])


@pytest.mark.parametrize("side", ["left", "right"])
def test_fsaverage_lies_in_the_white_matter_of_icbm152_after_the_published_transform(side):
    """The white surface is the border of white matter: white matter should dominate 2 mm inside it."""
    vertices, triangles = template.load_white_surface(side)
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    white = template.load_volume("wm")

    def mean_white(offset_mm):
        points = corners.mean(axis=1) + offset_mm * normals
        index = np.rint(points - template.VOLUME_ORIGIN_MM).astype(int)
        return white[tuple(index.T)].mean()

    inside, outside = mean_white(-2.0), mean_white(2.0)
    assert inside > 0.6
    assert inside > 2 * outside


def test_cropping_keeps_world_coordinates():
    """A ramp along each axis reads the coordinate itself at every point of either lattice."""
    shape = (197, 233, 189)
    for axis in range(3):
        line = template.VOLUME_ORIGIN_MM[axis] + np.arange(shape[axis], dtype=np.float32)
        ramp = np.broadcast_to(line.reshape([-1 if a == axis else 1 for a in range(3)]), shape)
        for grid in (template.HEMISPHERE, template.SMOOTH):
            cropped = template.crop_volume(ramp, grid)
            expected = np.broadcast_to(grid.axes()[axis], grid.shape)
            inside = (expected >= line[0]) & (expected <= line[-1])
            covered = cropped != 0
            assert cropped.shape == grid.shape
            assert np.array_equal(cropped[covered & inside], expected[covered & inside])
            assert covered.mean() > 0.7
