"""Confusion matrices: counts, and shares of each true group."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neolab.metrics.classification import ConfusionCounts


def show_confusion(axes: "Axes", counts: "ConfusionCounts", groups: tuple[str, str], title: str = "") -> None:
    """Draw one confusion matrix; the colour is the share of the true group.

    Parameters
    ----------
    axes : Axes
    counts : ConfusionCounts
    groups : (str, str)
        Positive and negative group.
    title : str
        Accuracy by default.
    """
    table = np.array([[counts.tp, counts.fn], [counts.fp, counts.tn]])
    totals = np.maximum(table.sum(axis=1, keepdims=True), 1)
    shares = table / totals
    axes.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1)
    for row in range(2):
        for column in range(2):
            colour = "black" if shares[row, column] > 0.6 else "white"
            text = f"{table[row, column]}\n{shares[row, column]:.0%}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=10)
    axes.set_xticks([0, 1], groups)
    axes.set_yticks([0, 1], groups)
    axes.tick_params(length=0)
    axes.set(xlabel="called", ylabel="truth")
    axes.set_title(fill(title, 18) or f"accuracy {counts.accuracy:.0%}")
    axes.spines[:].set_visible(False)
