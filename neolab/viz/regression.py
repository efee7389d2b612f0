"""Estimated against true values: scatter with identity line, and what is left over."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import GREY, colours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "os^Dv"


def show_agreement(
    axes: "Axes",
    truth: Sequence[float],
    estimate: Sequence[float],
    groups: Sequence[str] | None = None,
    *,
    quantity: str,
    colours: Mapping[str, str] | None = None,
    title: str = "",
) -> None:
    """Draw estimates against the truth with the identity line.

    Parameters
    ----------
    axes : Axes
    truth, estimate : sequence, (n,)
    groups : sequence of str, (n,), optional
        Such as the scanner of each scan; each has its colour and marker.
    quantity : str
        What is estimated, with unit.
    colours : mapping of str to str, optional
        Group -> colour.
    title : str
    """
    truth, estimate = np.asarray(truth, float), np.asarray(estimate, float)
    low = min(truth.min(), estimate.min()) - 1
    high = max(truth.max(), estimate.max()) + 1
    axes.plot([low, high], [low, high], color="0.6", lw=1, zorder=0)
    _points(axes, truth, estimate, groups, colours)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=title)
    axes.set(xlabel=quantity, ylabel=f"estimate of {quantity}")
    if groups is not None:
        axes.legend(loc="upper left", handletextpad=0.2)


def show_residuals(
    axes: "Axes",
    truth: Sequence[float],
    estimate: Sequence[float],
    groups: Sequence[str] | None = None,
    *,
    quantity: str,
    colours: Mapping[str, str] | None = None,
    title: str = "",
) -> None:
    """Draw estimate minus truth against truth, with a straight line through it; see `show_agreement`.

    A line that falls says that small values are taken for larger and large ones for smaller: regression to
    the mean.
    """
    truth, estimate = np.asarray(truth, float), np.asarray(estimate, float)
    axes.axhline(0, color="0.6", lw=1, zorder=0)
    _points(axes, truth, estimate - truth, groups, colours)
    ends = np.array([truth.min(), truth.max()])
    axes.plot(ends, np.polyval(np.polyfit(truth, estimate - truth, 1), ends), color=GREY, lw=1.5, ls="--")
    axes.set(xlabel=quantity, ylabel="estimate minus truth", title=title)


def _points(axes: "Axes", x: np.ndarray, y: np.ndarray, groups, colours: Mapping[str, str] | None) -> None:
    groups = np.full(len(x), "") if groups is None else np.asarray(groups)
    for (name, colour), marker in zip(colours_of(np.unique(groups), colours).items(), _MARKERS, strict=False):
        here = groups == name
        axes.plot(x[here], y[here], marker, color=colour, ms=4, alpha=0.75, mew=0, label=name)
