"""Outlines of regions of interest on a slice, and how a measurement is spread over groups."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import show_slice
from neolab.viz.style import COLOURS, GREY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def show_rois(
    axes: "Axes",
    picture: np.ndarray,
    rois: Mapping[str, np.ndarray],
    pixel_mm: float,
    *,
    window: tuple[float, float] | None = None,
    title: str = "",
) -> None:
    """Draw a slice with the outlines of its regions and a legend of their names.

    Parameters
    ----------
    axes : Axes
    picture : ndarray, (rows, columns)
    rois : mapping of str to ndarray of bool
        On the picture's grid.
    pixel_mm : float
    """
    from matplotlib.lines import Line2D

    show_slice(axes, picture, pixel_mm, window=window, title=title)
    rows, columns = picture.shape
    x, y = (np.arange(columns) + 0.5) * pixel_mm, (np.arange(rows) + 0.5) * pixel_mm
    drawn = []
    for name, roi in rois.items():
        if not roi.any():
            continue
        colour = COLOURS.get(name, GREY)
        axes.contour(x, y, roi.astype(float), levels=[0.5], colors=[colour], linewidths=1.6)
        drawn.append(Line2D([], [], color=colour, lw=2, label=name.replace("_", " ")))
    legend = axes.legend(
        handles=drawn,
        loc="lower left",
        fontsize=6.5,
        frameon=True,
        facecolor="black",
        edgecolor="none",
        framealpha=0.6,
    )
    for text in legend.get_texts():
        text.set_color("white")


def show_groups(
    axes: "Axes",
    table: "pd.DataFrame",
    value: str,
    group: str,
    order: Sequence[str],
    *,
    cutoff: float | None = None,
    published: Mapping[str, tuple[float, float]] | None = None,
    label: str = "",
    seed: int = 0,
) -> None:
    """Draw one dot a patient, the mean and SD of each group, and what the paper prints beside it.

    Parameters
    ----------
    axes : Axes
    table : DataFrame
        With columns ``value`` and ``group``.
    order : sequence of str
        Groups from left to right.
    cutoff : float, optional
        Horizontal line.
    published : mapping of group to (mean, SD), optional
    label : str
        Of the vertical axis.
    seed : int
        Of the sideways scatter of the dots, which means nothing.
    """
    rng = np.random.default_rng(seed)
    for position, name in enumerate(order):
        values = table.loc[table[group] == name, value].dropna().to_numpy()
        colour = COLOURS.get(name, GREY)
        axes.scatter(
            position + rng.uniform(-0.16, 0.16, values.size), values, s=14, color=colour, alpha=0.6, lw=0
        )
        sd = values.std(ddof=1) if values.size > 1 else 0.0
        axes.errorbar(position + 0.28, values.mean(), sd, fmt="o", color=colour, capsize=3, ms=5)
        if published and name in published:
            mean, spread = published[name]
            axes.errorbar(position + 0.38, mean, spread, fmt="D", color="0.3", mfc="white", capsize=3, ms=4)
    if cutoff is not None:
        axes.axhline(cutoff, color="0.3", ls="--", lw=1)
        axes.text(-0.48, cutoff, f"{cutoff:.3f}", va="bottom", ha="left", fontsize=7.5, color="0.3")
    counts = table[group].value_counts()
    axes.set_xticks(range(len(order)), [f"{name}\nn = {counts.get(name, 0)}" for name in order])
    axes.set_xlim(-0.5, len(order) - 0.4)
    axes.set_ylabel(label or value)


def group_legend(axes: "Axes") -> None:
    """Say what dot, circle and diamond mean."""
    from matplotlib.lines import Line2D

    axes.legend(
        handles=[
            Line2D([], [], marker="o", ls="", color="0.5", ms=4, alpha=0.6, label="one newborn"),
            Line2D([], [], marker="o", color="0.3", ms=5, label="mean ± SD"),
            Line2D([], [], marker="D", color="0.3", mfc="white", ms=4, label="mean ± SD, paper"),
        ],
        loc="upper right",
        fontsize=7,
    )
