"""ROC curves and operating points."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.metrics.classification import count_confusion
from neolab.metrics.roc import auc, roc_curve
from neolab.viz.confusion import show_confusion
from neolab.viz.style import GREY, colours_of, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def show_roc(
    axes: "Axes",
    curves: Mapping[str, tuple[Sequence, Sequence]],
    points: Mapping[str, tuple[Sequence, Sequence]] | None = None,
    *,
    colours: Mapping[str, str] | None = None,
    title: str = "",
) -> None:
    """Draw the ROC curves of several methods; later ones are thinner, so that equal ones show.

    Parameters
    ----------
    axes : Axes
    curves : mapping of str to (truth, score)
        One entry a method; its name and its AUC make the legend.
    points : mapping of str to (truth, call), optional
        Methods that only say yes or no: one point each.
    colours : mapping of str to str, optional
        Method -> colour.
    title : str
    """
    points = points or {}
    colour = colours_of([*curves, *points], colours)
    axes.plot([0, 1], [0, 1], color="0.8", lw=1, zorder=0)
    widths = np.linspace(1.4 + 0.4 * len(curves), 1.8, len(curves))
    for (name, (truth, score)), width in zip(curves.items(), widths, strict=True):
        curve = roc_curve(truth, score)
        label = f"{name}: AUC {auc(truth, score):.3f}"
        x, y = curve.false_positive_rate, curve.true_positive_rate
        axes.plot(x, y, color=colour[name], lw=width, label=label)
    for name, (truth, call) in points.items():
        counts = count_confusion(truth, call)
        x, y = 1 - counts.specificity, counts.sensitivity
        axes.plot(x, y, "o", ms=6, mfc="none", color=colour[name], label=name)
    axes.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set(aspect="equal", title=title)
    axes.legend(loc="lower right", fontsize=7)


def show_areas(
    axes: "Axes",
    drawn: Mapping[str, Sequence],
    here: Mapping[str, float],
    printed: Mapping[str, float],
    *,
    colours: Mapping[str, str] | None = None,
) -> None:
    """Draw the areas under the curve of many cohorts, one row a score.

    Parameters
    ----------
    axes : Axes
    drawn : mapping of str to sequence
        Score -> area in each cohort: a grey dot each.
    here : mapping of str to float
        Score -> area in the cohort at hand: a large dot.
    printed : mapping of str to float
        Score -> published area: a bar.
    colours : mapping of str to str, optional
        Score -> colour.
    """
    colour = colours_of(drawn, colours)
    for row, (name, areas) in enumerate(drawn.items()):
        axes.plot(areas, [row] * len(areas), "o", ms=5, color=GREY, alpha=0.35, mew=0, label="other cohorts")
        axes.plot(here[name], row, "o", ms=8, color=colour[name], label=f"this cohort, {name}")
        axes.plot([printed[name]] * 2, [row - 0.3, row + 0.3], color="black", lw=2, label="printed")
    axes.set(yticks=range(len(drawn)), ylim=(-0.6, len(drawn) - 0.4), xlabel="area under the ROC curve")
    axes.set_yticklabels(list(drawn))
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique, loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=7)


def threshold_figure(
    truth: Sequence[int],
    score: Sequence[float],
    cutoff: float,
    *,
    name: str,
    groups: tuple[str, str],
    colours: Mapping[str, str] | None = None,
    unit: str = "newborns",
) -> "Figure":
    """Show what one cut-off does: the scores, the confusion matrix, and the point on the ROC curve.

    Parameters
    ----------
    truth : sequence of 0 and 1
    score : sequence of float
        Higher means more likely positive.
    cutoff : float
        Positive at or above.
    name : str
        Of the score.
    groups : (str, str)
        Positive and negative group.
    colours : mapping of str to str, optional
        Of the groups and the score.
    unit : str
        What is counted.
    """
    truth, score = np.asarray(truth).astype(bool), np.asarray(score, float)
    colour = colours_of((groups[1], groups[0], name), colours)
    fig, axes = figure(9.0, 2.9, 1, 3, width_ratios=(1.3, 1, 1))
    edges = np.histogram_bin_edges(score, 16)
    for rows, label in zip((truth, ~truth), groups, strict=True):
        axes[0].hist(score[rows], edges, alpha=0.55, color=colour[label], label=label)
    axes[0].axvline(cutoff, color="black", lw=1.5)
    axes[0].set(xlabel=name, ylabel=unit, title=f"cut-off {cutoff:.3f}")
    axes[0].legend()
    counts = count_confusion(truth, score >= cutoff)
    show_confusion(axes[1], counts, groups)
    rates = f"sens {counts.sensitivity:.2f}, spec {counts.specificity:.2f}, acc {counts.accuracy:.2f}"
    show_roc(axes[2], {name: (truth, score)}, colours=colour, title=rates)
    axes[2].plot(1 - counts.specificity, counts.sensitivity, "o", ms=9, mfc="none", mew=2, color="black")
    return fig
