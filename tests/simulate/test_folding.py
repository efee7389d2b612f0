import dataclasses

import numpy as np
import pytest

from neolab.simulate import folding
from neolab.simulate.base_fields import QUANTUM_MM, load_base_fields
from neolab.simulate.subject import Subject

BABY = Subject("SYN0001", "01", 3, 40.0, "female")


def surface_area(distance):
    """Area of the zero level by the co-area formula with a smoothed delta, mm2."""
    delta = np.where(np.abs(distance) < 1.5, (1 + np.cos(np.pi * distance / 1.5)) / 3.0, 0.0)
    slope = np.sqrt(sum(part**2 for part in np.gradient(distance)))
    return float((delta * slope).sum())


@pytest.mark.parametrize("pattern", range(3))
def test_stages_keep_the_volume_and_gain_surface(pattern):
    """Folds appear from 28 to 40 weeks (Chi 1977); the sulcation index rises sixfold (Claessens 2014)."""
    stages = load_base_fields().interiors[pattern].astype(np.float32) * QUANTUM_MM
    volumes = [(stage < 0).sum() for stage in stages]
    areas = [surface_area(stage) for stage in stages]
    assert volumes == pytest.approx([volumes[0]] * 5, rel=0.02)
    assert np.all(np.diff(areas) > 0)
    assert areas[-1] / areas[0] > 1.35


def test_patterns_have_different_folds_at_term_but_nearly_the_same_shape_at_28_weeks():
    inside = load_base_fields().interiors < 0

    def overlap(first, second):
        return 2 * (first & second).sum() / (first.sum() + second.sum())

    early = [overlap(inside[0, 0], inside[k, 0]) for k in (1, 2)]
    late = [overlap(inside[0, -1], inside[k, -1]) for k in (1, 2)]
    assert min(early) > 0.90
    assert max(late) < min(early)


def test_hemispheres_and_persons_have_folds_of_their_own():
    interiors = load_base_fields().interiors
    mine = folding.personal_interior(BABY, interiors)
    other = folding.personal_interior(dataclasses.replace(BABY, participant_id="SYN0002"), interiors)
    near = np.abs(mine) < 2
    assert np.abs(mine - mine[::-1])[near].mean() > 0.7
    assert np.abs(mine - other)[near].mean() > 0.7
    assert np.array_equal(mine, folding.personal_interior(BABY, interiors))


def test_one_child_keeps_its_folds_from_scan_to_scan():
    interiors = load_base_fields().interiors
    first, later = (
        folding.personal_interior(dataclasses.replace(BABY, postmenstrual_age_weeks=age), interiors)
        for age in (39, 40)
    )
    near = np.abs(first) < 2
    assert np.abs(first - later)[near].mean() < 0.35


def test_sulci_are_found_half_way_between_two_banks():
    """A slab of fluid between two half spaces: the distance is a roof whose ridge lies in the middle."""
    x = folding.BOTH.axes()[0]
    depth = np.broadcast_to(6.0 - np.abs(x), folding.BOTH.shape).astype(np.float32)
    found = folding.sulcal_depth(depth)
    line = found[:, 40, 40]
    centre = np.abs(folding.SULCUS.axes()[0].ravel()) < 1.1
    assert line[centre].min() > 0.4
    assert line[~centre][2:-2].max() < 0.55
    assert line[np.abs(folding.SULCUS.axes()[0].ravel()) > 4].max() < 0.05
