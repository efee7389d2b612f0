"""ROC curves and confusion matrices show the numbers they were given."""

import matplotlib
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

matplotlib.use("Agg")

from neolab.metrics.classification import count_confusion
from neolab.viz.confusion import show_confusion
from neolab.viz.roc import show_areas, show_roc, threshold_figure
from neolab.viz.style import BLUE, ORANGE, figure


def legend_of(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_confusion_matrix_has_truth_in_rows_and_calls_in_columns():
    _, ax = figure(3, 3)
    show_confusion(ax, count_confusion([1, 1, 1, 0, 0], [1, 1, 0, 1, 0]), ("ill", "well"))
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells[0, 0].startswith("2\n") and cells[1, 0].startswith("1\n33%")
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("truth", "called")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ill", "well"]


def test_a_roc_curve_names_its_area_and_has_the_colour_given():
    _, ax = figure(3, 3)
    show_roc(
        ax, {"score": ([0, 0, 1, 1], [1, 3, 2, 4])}, {"call": ([0, 1], [0, 1])}, colours={"score": ORANGE}
    )
    assert legend_of(ax) == ["score: AUC 0.750", "call"]
    assert ax.lines[1].get_color() == ORANGE != ax.lines[2].get_color()


def test_the_area_under_the_drawn_curve_is_the_one_in_the_legend_and_equal_curves_both_show():
    rng = np.random.default_rng(2)
    truth, score = np.repeat([0, 1], [9, 8]), rng.normal(size=17)
    _, ax = figure()
    show_roc(ax, {"a": (truth, score), "copy": (truth, score)})
    _, first, second = ax.lines
    area = np.trapezoid(first.get_ydata(), first.get_xdata())
    assert area == pytest.approx(roc_auc_score(truth, score))
    assert legend_of(ax) == [f"a: AUC {area:.3f}", f"copy: AUC {area:.3f}"]
    assert first.get_linewidth() > second.get_linewidth()
    assert first.get_color() != second.get_color()


def test_areas_of_cohorts_have_a_row_a_score():
    _, ax = figure()
    show_areas(ax, {"a": [0.6, 0.7], "b": [0.5]}, {"a": 0.65, "b": 0.55}, {"a": 0.8, "b": 0.9})
    assert ax.lines[0].get_xydata().tolist() == [[0.6, 0], [0.7, 0]]
    assert legend_of(ax) == ["other cohorts", "this cohort, a", "printed", "this cohort, b"]


def test_the_threshold_figure_has_the_colours_of_the_groups():
    fig = threshold_figure(
        [0, 1, 1],
        [0.1, 0.4, 0.9],
        0.5,
        name="score",
        groups=("ill", "well"),
        colours={"ill": ORANGE, "well": BLUE},
    )
    faces = [patch.get_facecolor()[:3] for patch in fig.axes[0].patches]
    assert faces[0] == matplotlib.colors.to_rgb(ORANGE) and faces[-1] == matplotlib.colors.to_rgb(BLUE)
    assert fig.axes[2].get_title() == "sens 0.50, spec 1.00, acc 0.67"
