"""Figures show the numbers they were given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from neolab.studies.wu2021.roi_figures import show_groups, show_rois

from neolab.viz.style import figure


def test_groups_show_their_mean_and_their_size():
    table = pd.DataFrame({"group": ["ABE"] * 3 + ["HB"] * 2, "gpnorm": [1.4, 1.5, 1.6, 1.2, 1.3]})
    _, ax = figure(4, 3)
    show_groups(ax, table, "gpnorm", "group", ("ABE", "HB"), cutoff=1.35)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["ABE\nn = 3", "HB\nn = 2"]
    means = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert means == pytest.approx([1.5, 1.25])


def test_outlines_of_absent_regions_are_left_out():
    roi = np.zeros((20, 20), bool)
    roi[5:9, 5:9] = True
    _, ax = figure(3, 3)
    show_rois(ax, np.ones((20, 20)), {"globus_pallidus": roi, "subthalamic_nucleus": ~roi & False}, 1.0)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["globus pallidus"]
