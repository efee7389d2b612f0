"""A network as a row of blocks: as high as what it sees, as wide as its channels."""

from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import BLUE, GREY, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def network_figure(layers: "pd.DataFrame", dimensions: int = 3) -> "Figure":
    """Draw the parts of a network from input to output.

    Parameters
    ----------
    layers : DataFrame
        Columns ``layer``, ``channels``, ``side``, ``parameters``, in order.
    dimensions : int
        Of what the network sees: 2 or 3.
    """
    from matplotlib.patches import Rectangle

    fig, ax = figure(8.0, 3.1)
    left, gap = 0.0, 0.55
    for row in layers.itertuples():
        width = 0.16 + 0.11 * np.log2(row.channels)
        height = 0.35 + 0.36 * np.log2(row.side)
        colour = BLUE if row.parameters else GREY
        ax.add_patch(Rectangle((left, -height / 2), width, height, fc=colour, ec="white", alpha=0.85))
        middle = left + width / 2
        size = f"{row.side}{'²' if dimensions == 2 else '³'}" if row.side > 1 else ""
        ax.text(middle, height / 2 + 0.06, size, ha="center", va="bottom", fontsize=8)
        ax.text(middle, -height / 2 - 0.06, f"{row.channels}", ha="center", va="top", fontsize=8)
        ax.text(middle, -1.95, row.layer.replace(" ", "\n"), ha="center", va="top", fontsize=8)
        ax.text(middle, -2.55, _count(row.parameters), ha="center", va="top", fontsize=7.5, color="0.35")
        left += width + gap
    ax.text(-0.25, 2.0, "side above, channels below, parameters at the foot", fontsize=7.5)
    ax.set(xlim=(-0.3, left), ylim=(-2.85, 2.25))
    ax.axis("off")
    return fig


def _count(parameters: int) -> str:
    if parameters == 0:
        return "–"
    return f"{parameters / 1e6:.2f} M" if parameters >= 1e5 else f"{parameters / 1e3:.1f} k"
