"""Estimates against the truth, and what is left over."""

import matplotlib
import numpy as np

matplotlib.use("Agg")

from neolab.viz.regression import show_agreement, show_residuals
from neolab.viz.style import figure


def test_residuals_fall_where_estimates_shrink_to_the_mean():
    truth = np.linspace(0, 20, 30)
    _, axes = figure()
    show_residuals(axes, truth, 10 + 0.5 * (truth - 10), quantity="age (months)")
    line = axes.lines[-1].get_ydata()
    np.testing.assert_allclose(line, [5, -5], atol=1e-9)


def test_each_scanner_has_its_points_and_its_marker():
    _, axes = figure()
    show_agreement(axes, [1, 2, 3], [1, 4, 3], ["3 T", "1.5 T", "3 T"], quantity="age (months)")
    points = {line.get_label(): line for line in axes.lines if line.get_marker() != "None"}
    assert points["3 T"].get_xydata().tolist() == [[1, 1], [3, 3]]
    assert points["1.5 T"].get_xydata().tolist() == [[2, 4]]
    assert len({line.get_marker() for line in points.values()}) == 2
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("age (months)", "estimate of age (months)")
