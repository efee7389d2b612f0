"""The figures of the lesson on published numbers show what they are given."""

import pytest
from matplotlib import pyplot as plt

from neolab.viz.audit import (
    SEVERITY_COLOURS,
    attainable_figure,
    folds_figure,
    number_figure,
    ranges_figure,
    severity_figure,
)
from neolab.viz.style import BLUE, ORANGE


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def bars(figure):
    """Return the colours of the bars, the first on top."""
    return [line.get_color() for line in figure.axes[0].lines if line.get_linewidth() == 7]


def test_ranges_are_coloured_by_whether_they_meet_the_mark():
    figure = ranges_figure({"in": (0.1, 0.6), "out": (0.1, 0.4)}, xlabel="p", mark=(0.5, 1.0))
    assert bars(figure) == [BLUE, ORANGE]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["in", "out"]
    assert bars(ranges_figure({"out": (0.1, 0.4)}, xlabel="p", mark=0.5)) == [ORANGE]
    assert bars(ranges_figure({"out": (0.1, 0.4)}, xlabel="p", mark=0.5, judge=False)) == [BLUE]


def test_attainable_percentages_say_which_count_prints_so():
    assert attainable_figure(47, 2, 68.10).axes[0].get_title(loc="left").endswith("no count prints so")
    assert attainable_figure(47, 1, 68.1).axes[0].get_title(loc="left").endswith("32/47 prints so")


def test_folds_lie_at_their_rates():
    figure = folds_figure([0.5, 1.0], [0.25, 0.75], (0.75, 0.5), (0.35, 0.35))
    points = figure.axes[0].collections[0].get_offsets()
    assert points.tolist() == [[0.75, 0.5], [0.25, 1.0]]


def test_a_number_stands_above_what_it_counts():
    assert [text.get_text() for text in number_figure("12", "sets").axes[0].texts] == ["12", "sets"]


def test_every_finding_is_in_a_bar():
    counts = {"a": {"impossible": 2, "note": 1}, "b": {"consistent": 4}}
    figure = severity_figure(counts)
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert sum(widths) == 7 and len(widths) == len(counts) * len(SEVERITY_COLOURS)
