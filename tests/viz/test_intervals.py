"""Estimates stand in the order given, with the ends and the published values given."""

import matplotlib
import numpy as np

matplotlib.use("Agg")

from neolab.metrics.estimate import Estimate
from neolab.viz.intervals import intervals_figure, show_intervals
from neolab.viz.style import BLUE, ORANGE, figure

ESTIMATES = {"best": Estimate(1.0, 0.5, 1.5), "worst": Estimate(3.0, 2.0, 4.0)}


def ends(axes) -> list[list[float]]:
    return [list(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 2]


def test_the_first_estimate_stands_at_the_top_and_bars_end_where_the_intervals_end():
    _, axes = figure()
    show_intervals(axes, ESTIMATES)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["best", "worst"]
    assert axes.yaxis_inverted()
    assert ends(axes) == [[0.5, 1.5], [2.0, 4.0]]


def test_what_was_printed_is_a_diamond_and_an_undefined_estimate_leaves_its_row_empty():
    _, axes = figure()
    show_intervals(axes, {**ESTIMATES, "none": Estimate(float("nan"))}, published={"worst": 2.5, "none": 9.0})
    diamonds = [line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker() == "D"]
    assert diamonds == [[2.5, 1], [9.0, 2]]
    assert len(ends(axes)) == 2


def test_series_stand_side_by_side_in_the_rows_of_their_methods():
    fig = intervals_figure({"a": ESTIMATES, "b": ESTIMATES}, "MAE", colours={"a": BLUE, "b": ORANGE})
    (axes,) = fig.axes
    bars = [line for line in axes.lines if line.get_linewidth() == 2]
    assert [line.get_color() for line in bars] == [BLUE, BLUE, ORANGE, ORANGE]
    rows = [round(float(np.mean(line.get_ydata()))) for line in bars]
    assert rows == [0, 1, 0, 1]
    assert len({line.get_ydata()[0] for line in bars}) == 4
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
