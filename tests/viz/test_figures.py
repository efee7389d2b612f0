"""Figures show the numbers they were given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from neolab.metrics.classification import count_confusion
from neolab.studies.wu2021.roi_figures import show_groups, show_rois
from neolab.viz.cam import activation_gallery
from neolab.viz.confusion import show_confusion
from neolab.viz.curves import learning_curves
from neolab.viz.roc import show_roc
from neolab.viz.style import figure


def test_a_confusion_matrix_has_truth_in_rows_and_calls_in_columns():
    _, ax = figure(3, 3)
    show_confusion(ax, count_confusion([1, 1, 1, 0, 0], [1, 1, 0, 1, 0]))
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells[0, 0].startswith("2\n") and cells[1, 0].startswith("1\n33%")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("truth", "called")


def test_a_roc_curve_names_its_area():
    _, ax = figure(3, 3)
    show_roc(ax, {"GPnorm": ([0, 0, 1, 1], [1, 3, 2, 4])}, {"visual": ([0, 1], [0, 1])})
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["GPnorm: AUC 0.750", "visual"]


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


def test_learning_curves_average_the_folds():
    history = pd.DataFrame(
        {
            "fold": [0, 0, 1, 1],
            "iteration": [1, 2, 1, 2],
            "part": "train",
            "loss": [1.0, 3, 3, 5],
            "accuracy": 0.5,
        }
    )
    fig = learning_curves(history, smooth=1)
    mean = next(line for line in fig.axes[1].lines if line.get_linewidth() == 2)
    assert mean.get_ydata().tolist() == [2.0, 4.0]


def test_an_activation_gallery_has_slices_above_and_maps_below():
    pictures = [np.eye(16)] * 3
    fig = activation_gallery(pictures, pictures, list("abc"), 1.0)
    assert [ax.get_title() for ax in fig.axes[:6]] == ["a", "b", "c", "", "", ""]
