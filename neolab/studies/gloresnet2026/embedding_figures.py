"""Feature vectors in two dimensions."""

from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import BLUE, VERMILION, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def embedding_figure(
    points: np.ndarray, label: np.ndarray, held_out: np.ndarray, score: np.ndarray
) -> "Figure":
    """Draw two-dimensional points twice: scans that trained the network, and scans that did not.

    Parameters
    ----------
    points : ndarray, (n, 2)
    label : ndarray of int
        1 injury.
    held_out : ndarray of bool
    score : ndarray of int
        Radiology scores, written beside held-out points.
    """
    fig, axes = figure(7.6, 3.4, 1, 2, sharex=True, sharey=True)
    for ax, chosen, title in (
        (axes[0], ~held_out, "scans it trained on"),
        (axes[1], held_out, "scans it never saw"),
    ):
        ax.scatter(*points[~chosen].T, s=8, color="0.88", lw=0)
        for value, colour, name in ((0, BLUE, "normal"), (1, VERMILION, "injury")):
            rows = chosen & (label == value)
            ax.scatter(*points[rows].T, s=26, color=colour, alpha=0.8, lw=0, label=name)
        ax.set_title(f"{title} (n = {int(chosen.sum())})")
        ax.set_xticks([])
        ax.set_yticks([])
    for (x, y), text in zip(points[held_out], score[held_out], strict=True):
        axes[1].annotate(str(text), (x, y), xytext=(3, 3), textcoords="offset points", fontsize=6.5)
    axes[0].legend(loc="best")
    return fig
