"""Estimates with their intervals side by side, and what a paper printed beside them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from neolab.viz.style import BLUE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neolab.metrics.estimate import Estimate


def show_estimates(
    axes: "Axes",
    estimates: Mapping[str, "Estimate"],
    *,
    published: Mapping[str, float] | None = None,
    reference: float | None = None,
    label: str = "",
    colours: Mapping[str, str] | None = None,
) -> None:
    """Draw one row an estimate: a dot, its interval, its numbers, and a diamond for the published value.

    Parameters
    ----------
    axes : Axes
    estimates : mapping of str to Estimate
        From top to bottom; undefined ones leave their row empty.
    published : mapping of str to float, optional
    reference : float, optional
        A line, such as 0.5 for chance.
    label : str
        Of the horizontal axis.
    colours : mapping of str to str, optional
        Blue by default.
    """
    if reference is not None:
        axes.axvline(reference, color="0.7", lw=1, zorder=0)
    for row, (name, estimate) in enumerate(estimates.items()):
        if published and name in published:
            axes.plot(published[name], row, "D", color=VERMILION, mfc="white", ms=5, zorder=4)
        if not estimate.defined:
            continue
        colour = (colours or {}).get(name, BLUE)
        if estimate.low is not None and estimate.high is not None:
            axes.plot([estimate.low, estimate.high], [row, row], color=colour, lw=2, solid_capstyle="butt")
        axes.plot(estimate.value, row, "o", color=colour, ms=6, zorder=3)
        axes.text(estimate.value, row - 0.18, f"{estimate.value:.2f}", ha="center", va="bottom", fontsize=7.5)
    axes.set_yticks(range(len(estimates)), list(estimates))
    axes.set_ylim(len(estimates) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label)


def estimate_legend(axes: "Axes", place: str = "lower right", published: bool = True) -> None:
    """Say what dot, bar and diamond mean."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], marker="o", color=BLUE, lw=2, ms=5, label="here, 95 % interval")]
    if published:
        diamond = Line2D([], [], marker="D", ls="", color=VERMILION, mfc="white", ms=5, label="printed")
        handles.append(diamond)
    axes.legend(handles=handles, loc=place, fontsize=7.5)
