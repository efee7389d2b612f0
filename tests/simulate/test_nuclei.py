import numpy as np
import pytest

from neolab.simulate import nuclei, template

GRID = template.Grid((0.0, -40.0, -24.0), 1.0, (45, 75, 55))
NUCLEI = nuclei.nuclear_distances(GRID)


def centre(name):
    inside = NUCLEI[name] < 0
    return np.array([np.broadcast_to(line, GRID.shape)[inside].mean() for line in GRID.axes()])


def test_an_ellipsoid_has_its_volume_and_true_distances_on_its_axes():
    grid = template.Grid((-20.0, -20.0, -20.0), 1.0, (41, 41, 41))
    distance = nuclei.ellipsoid(grid, (0, 0, 0), (5, 9, 7), 30, 10)
    assert (distance < 0).sum() == pytest.approx(4 / 3 * np.pi * 5 * 9 * 7, rel=0.03)
    upright = nuclei.ellipsoid(grid, (0, 0, 0), (5, 9, 7))
    assert upright[20 + 7, 20, 20] == pytest.approx(2.0, abs=0.5)
    assert upright[20, 20 + 11, 20] == pytest.approx(2.0, abs=0.5)


def test_the_subthalamic_nucleus_lies_where_35_adults_have_it():
    """Acta Neurochir 2002: 12.65 +- 1.3 mm from the midline, 3 mm below the AC-PC plane."""
    x, _, z = centre("subthalamic_nucleus")
    assert abs(x - 12.65) < 1.3
    assert -9 < z < -5


def test_nuclei_lie_in_their_order_from_the_midline_out():
    assert centre("thalamus")[0] < centre("globus_pallidus")[0] < centre("putamen")[0]
    assert centre("caudate")[1] > centre("globus_pallidus")[1] > centre("thalamus")[1]
    assert centre("hippocampus_amygdala")[2] < centre("globus_pallidus")[2]


def test_the_capsule_runs_between_lentiform_nucleus_and_thalamus():
    side = NUCLEI["capsule_side"]
    assert (side[NUCLEI["putamen"] < 0] > 0).mean() > 0.95
    assert (side[NUCLEI["globus_pallidus"] < 0] > 0).mean() > 0.8
    assert (side[NUCLEI["thalamus"] < 0] < 0).mean() > 0.8
    assert (side[NUCLEI["caudate"] < 0] < 0).mean() > 0.7
