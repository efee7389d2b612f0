"""Figures show the numbers they were given."""

import numpy as np
import pandas as pd
import pytest

from neolab.studies.wu2021 import figures
from neolab.studies.wu2021.data import Data
from neolab.viz.style import figure


def test_groups_show_their_mean_and_their_size():
    table = pd.DataFrame({"group": ["ABE"] * 3 + ["HB"] * 2, "gpnorm": [1.4, 1.5, 1.6, 1.2, 1.3]})
    _, ax = figure(4, 3)
    figures.show_groups(ax, table, "gpnorm", cutoff=1.35)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["ABE\nn = 3", "HB\nn = 2"]
    means = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert means == pytest.approx([1.5, 1.25])
    printed = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "D"]
    assert printed == [1.39, 1.33]


def test_outlines_of_absent_regions_are_left_out():
    roi = np.zeros((20, 20), bool)
    roi[5:9, 5:9] = True
    _, ax = figure(3, 3)
    figures.show_rois(
        ax, np.ones((20, 20)), {"globus_pallidus": roi, "subthalamic_nucleus": ~roi & False}, 1.0
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["globus pallidus"]


def test_chosen_newborns_stand_in_one_row_a_group():
    pictures = [np.random.default_rng(i).random((20, 20)) for i in range(4)]
    roi = np.zeros((20, 20), bool)
    roi[8:12, [5, 14]] = True
    table = pd.DataFrame({"gpnorm": [1.1, 1.2, 1.3, 1.4]})
    data = Data(table, pictures, [{"globus_pallidus": roi}] * 4, 1.0, None)
    fig = figures.contrast_gallery(data, {"ABE": [3, 1], "HB": [0, 2]})
    assert [ax.get_title() for ax in fig.axes] == ["GP/WM 1.40", "GP/WM 1.20", "GP/WM 1.10", "GP/WM 1.30"]
    assert [ax.get_ylabel() for ax in fig.axes] == ["ABE", "", "HB", ""]


def test_every_method_that_judged_has_a_matrix_and_those_with_a_score_a_curve():
    scores = pd.DataFrame(
        {
            "label": [1, 1, 0, 0],
            "visual_call": [1, 0, 0, 1],
            "gpnorm": [1.5, 1.4, 1.3, 1.2],
            "gpnorm_call": [1, 1, 0, 0],
        }
    )
    fig = figures.methods_figure(scores)
    assert [ax.get_title().replace("\n", " ") for ax in fig.axes[:2]] == [
        "visual: 50% right",
        "GPnorm: 100% right",
    ]
    assert {text.get_text() for text in fig.axes[2].get_legend().get_texts()} == {
        "GPnorm: AUC 1.000",
        "visual",
    }
