import dataclasses

import numpy as np
import pytest

from neolab.simulate import fields, warp
from neolab.simulate.base_fields import load_base_fields
from neolab.simulate.growth import draw_sizes
from neolab.simulate.subject import Subject

BABY = Subject("SYN0001", "01", 3, 40.0, "female")


def jacobian(points, spacing):
    """Determinant of the derivative of a map given on a lattice."""
    rows = np.stack([np.stack(np.gradient(component, *spacing)) for component in points])
    return np.linalg.det(np.moveaxis(rows, (0, 1), (-2, -1)))


def test_the_flow_backwards_undoes_the_flow():
    rng = np.random.default_rng(0)
    velocity = np.stack([4 * fields.smooth_noise(rng, warp.VELOCITY.shape, 6.0, 20.0) for _ in range(3)])
    forth, back = warp.exponential(velocity), warp.exponential(-velocity)
    positions = np.stack(np.broadcast_arrays(*warp.VELOCITY.axes())).astype(np.float32)
    there = positions + forth
    again = there + fields.sample(back, warp.VELOCITY, there, mirror=False)
    inner = (slice(None), *[slice(5, -5)] * 3)
    assert np.abs(forth[inner]).max() > 5.0
    assert np.abs(again - positions)[inner].max() < 0.4


def test_no_deformation_folds_at_any_age():
    """Jacobian > 0 everywhere, on the lattice that carries the whole map from scanner to template."""
    hull = load_base_fields().smooth["hull"]
    for number, age in enumerate((26.0, 30.0, 37.0, 40.0, 44.0, 70.0, 145.0, 40.0, 40.0, 40.0)):
        subject = dataclasses.replace(BABY, participant_id=f"SYN{number:04d}", postmenstrual_age_weeks=age)
        sizes = draw_sizes(subject)
        placement = warp.place_head(subject, sizes)
        lattice = warp.field_of_view(placement)
        assert jacobian(warp.deform(subject, sizes, placement, lattice, hull), lattice.spacing).min() > 0


def test_a_person_is_displaced_by_several_millimetres_but_not_at_the_midline():
    hull = load_base_fields().smooth["hull"]
    displacement = warp.shape_displacement(BABY, hull)
    x, y, z = warp.VELOCITY.axes()
    brain = np.broadcast_to(
        (np.abs(x) < 60) & (np.abs(y + 17) < 70) & (np.abs(z - 10) < 50), warp.VELOCITY.shape
    )
    middle = brain & (np.abs(x) < 4)
    assert 3.0 < np.sqrt((displacement**2).sum(axis=0)[brain].mean()) < 8.0
    assert np.abs(displacement[0][middle]).mean() < 1.0


def test_left_and_right_are_displaced_differently():
    """A mirrored displacement would have mirrored x and equal y and z components."""
    displacement = warp.shape_displacement(BABY, load_base_fields().smooth["hull"])
    mirrored = displacement[:, ::-1] * np.array([-1.0, 1.0, 1.0]).reshape(3, 1, 1, 1)
    assert np.abs(displacement - mirrored).mean() > 0.5 * np.abs(displacement).mean()


@pytest.mark.parametrize("factor", [0.65, 0.8, 1.25, 1.6])
def test_magnifying_scales_the_middle_leaves_the_rim_and_never_folds(factor):
    lines = [np.arange(-100, 101, 4.0)] * 3
    points = np.stack(np.meshgrid(*lines, indexing="ij")).astype(np.float32)
    moved = warp.magnify(points, (0, 0, 0), (40, 45, 35), factor)
    assert jacobian(moved, (4.0, 4.0, 4.0)).min() > 0
    centre = jacobian(moved, (4.0, 4.0, 4.0))[25, 25, 25]
    assert centre == pytest.approx(factor**-3, rel=0.02)
    assert np.abs(moved - points)[:, [0, -1]].max() < 1e-3


def test_scanner_and_template_coordinates_are_inverse():
    placement = warp.place_head(BABY, draw_sizes(BABY))
    points = np.random.default_rng(1).uniform(-60, 60, (3, 50))
    assert placement.to_scanner(placement.to_template(points)) == pytest.approx(points, abs=1e-3)
    assert np.linalg.det(placement.rotation) == pytest.approx(1.0)


def test_the_pose_changes_between_sessions_and_the_shape_does_not():
    later = dataclasses.replace(BABY, session_id="02")
    first, second = (warp.place_head(subject, draw_sizes(BABY)) for subject in (BABY, later))
    assert np.array_equal(first.scale, second.scale)
    assert not np.allclose(first.rotation, second.rotation)
