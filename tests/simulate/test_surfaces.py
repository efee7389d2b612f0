import numpy as np
import pytest
from scipy.spatial import ConvexHull

from neolab.simulate.surfaces import level_set_distance, signed_distance, surface_coverage
from neolab.simulate.template import Grid

GRID = Grid((-15.0, -15.0, -15.0), 1.0, (31, 31, 31))


def ball(centre, radius, points=4000):
    """A dense closed triangulation of a sphere with outward triangles."""
    steps = np.arange(points) + 0.5
    polar, turn = np.arccos(1 - 2 * steps / points), np.pi * (1 + 5**0.5) * steps
    unit = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
    triangles = ConvexHull(unit).simplices
    corners = unit[triangles]
    inward = np.einsum(
        "ij,ij->i", np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), corners[:, 0]
    )
    triangles[inward < 0] = triangles[inward < 0][:, ::-1]
    return unit * radius + centre, triangles


def distance_to(centre):
    return np.sqrt(sum((line - c) ** 2 for line, c in zip(GRID.axes(), centre, strict=True)))


def test_coverage_of_a_sphere_has_the_volume_of_the_sphere():
    centre = (0.3, -0.7, 1.1)
    coverage = surface_coverage(*ball(centre, 9.0), GRID)
    assert coverage.sum() == pytest.approx(4 / 3 * np.pi * 9.0**3, rel=0.01)
    assert coverage.min() > -1e-5
    assert coverage.max() < 1 + 1e-5
    assert np.all(coverage[distance_to(centre) < 8.0] > 0.999)
    assert np.all(coverage[distance_to(centre) > 10.0] < 0.001)


def test_distance_to_a_mask_has_its_zero_between_the_voxels():
    mask = np.zeros((9, 3, 3), bool)
    mask[:4] = True
    assert signed_distance(mask)[:, 1, 1] == pytest.approx(np.arange(9) - 3.5)


def test_level_set_distance_is_that_of_the_sphere_to_a_twentieth_of_a_voxel_near_it():
    true = distance_to((0.3, -0.7, 1.1)) - 8.0
    field = 1 / (1 + np.exp(true / 1.5))
    found = level_set_distance(field.astype(np.float32), 0.5)
    near = np.abs(true) < 0.7
    assert np.abs(found - true)[near].mean() < 0.05
