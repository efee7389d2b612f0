"""Estimates with their intervals side by side, and what a paper printed beside them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from neolab.viz.style import BLUE, VERMILION, colours_of, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neolab.metrics.estimate import Estimate


def show_intervals(
    axes: "Axes",
    estimates: Mapping[str, "Estimate"],
    *,
    published: Mapping[str, float] | None = None,
    reference: float | None = None,
    label: str = "",
    colours: Mapping[str, str] | None = None,
    shift: float = 0.0,
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
    shift : float
        Rows by which everything lies lower, for several series in the same rows.
    """
    if reference is not None:
        axes.axvline(reference, color="0.7", lw=1, zorder=0)
    for row, (name, estimate) in enumerate(estimates.items()):
        y = row + shift
        if published and name in published:
            axes.plot(published[name], y, "D", color=VERMILION, mfc="white", ms=5, zorder=4)
        if not estimate.defined:
            continue
        colour = (colours or {}).get(name, BLUE)
        if estimate.low is not None and estimate.high is not None:
            axes.plot([estimate.low, estimate.high], [y, y], color=colour, lw=2, solid_capstyle="butt")
        axes.plot(estimate.value, y, "o", color=colour, ms=6, zorder=3)
        axes.text(estimate.value, y - 0.12, f"{estimate.value:.2f}", ha="center", va="bottom", fontsize=7.5)
    axes.set_yticks(range(len(estimates)), list(estimates))
    axes.set_ylim(len(estimates) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label)


def interval_legend(axes: "Axes", place: str = "lower right") -> None:
    """Say what dot, bar and diamond mean."""
    from matplotlib.lines import Line2D

    here = Line2D([], [], marker="o", color=BLUE, lw=2, ms=5, label="here, 95 % interval")
    printed = Line2D([], [], marker="D", ls="", color=VERMILION, mfc="white", ms=5, label="printed")
    axes.legend(handles=[here, printed], loc=place, fontsize=7.5)


def intervals_figure(
    series: Mapping[str, Mapping[str, "Estimate"]],
    label: str,
    *,
    reference: float | None = None,
    colours: Mapping[str, str] | None = None,
) -> "Figure":
    """Draw several series of the same estimates: one row a method, one colour a series.

    Parameters
    ----------
    series : mapping of str to (mapping of str to Estimate)
        Series -> method -> estimate; all series have the same methods.
    label : str
        Of the horizontal axis.
    reference : float, optional
        A line, such as 0.5 for an AUC.
    colours : mapping of str to str, optional
        Series -> colour.
    """
    from matplotlib.lines import Line2D

    colour = colours_of(series, colours)
    rows = len(next(iter(series.values())))
    fig, ax = figure(6.4, 0.25 * rows * (1 + len(series)) + 1.1)
    for number, (name, estimates) in enumerate(series.items()):
        shift = (number - (len(series) - 1) / 2) * 0.8 / len(series)
        own = dict.fromkeys(estimates, colour[name])
        show_intervals(ax, estimates, reference=reference, label=label, colours=own, shift=shift)
    handles = [Line2D([], [], marker="o", lw=2, color=colour[name], label=name) for name in series]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(series))
    return fig
