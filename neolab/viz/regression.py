"""Estimated against true age: scatter with identity line, and what is left over."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colour and marker of a scanner, tesla.
FIELDS = {3.0: (BLUE, "o"), 1.5: (VERMILION, "s")}


def show_estimates(
    axes: "Axes",
    truth: Sequence[float],
    estimate: Sequence[float],
    field_tesla: Sequence[float] | None = None,
    *,
    title: str = "",
    unit: str = "months",
) -> None:
    """Draw estimated against true age with the identity line.

    Parameters
    ----------
    axes : Axes
    truth, estimate : sequence, (n,)
    field_tesla : sequence, (n,), optional
        Field strength of each scan; sets colour and marker.
    title, unit : str
    """
    truth, estimate = np.asarray(truth, float), np.asarray(estimate, float)
    low = min(truth.min(), estimate.min()) - 1
    high = max(truth.max(), estimate.max()) + 1
    axes.plot([low, high], [low, high], color="0.6", lw=1, zorder=0)
    _points(axes, truth, estimate, field_tesla)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=title)
    axes.set(xlabel=f"corrected age ({unit})", ylabel=f"estimated age ({unit})")
    if field_tesla is not None:
        axes.legend(loc="upper left", handletextpad=0.2)


def show_residuals(
    axes: "Axes",
    truth: Sequence[float],
    estimate: Sequence[float],
    field_tesla: Sequence[float] | None = None,
    *,
    title: str = "",
    unit: str = "months",
) -> None:
    """Draw estimate minus truth against truth, with a straight line through it.

    A line that falls says that the young are taken for older and the old for younger: regression to the mean.
    """
    truth, estimate = np.asarray(truth, float), np.asarray(estimate, float)
    axes.axhline(0, color="0.6", lw=1, zorder=0)
    _points(axes, truth, estimate - truth, field_tesla)
    ends = np.array([truth.min(), truth.max()])
    axes.plot(ends, np.polyval(np.polyfit(truth, estimate - truth, 1), ends), color=GREY, lw=1.5, ls="--")
    axes.set(xlabel=f"corrected age ({unit})", ylabel=f"estimate minus age ({unit})", title=title)


def show_errors(axes: "Axes", estimates: Mapping[str, object], *, highlight: Sequence[str] = ()) -> None:
    """Draw mean absolute errors with their intervals, one row a method, best read from the top.

    Parameters
    ----------
    axes : Axes
    estimates : mapping of str to Estimate
    highlight : sequence of str
        Methods drawn in colour.
    """
    for y, (name, estimate) in enumerate(reversed(estimates.items())):
        colour = BLUE if name in highlight else GREY
        if estimate.low is not None:
            axes.plot([estimate.low, estimate.high], [y, y], color=colour, lw=2)
        axes.plot(estimate.value, y, "o", color=colour, ms=6)
    axes.set_yticks(range(len(estimates)), list(reversed(estimates)))
    axes.set(xlim=(0, None), xlabel="mean absolute error (months), 95 % interval")
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)


def _points(axes: "Axes", x: np.ndarray, y: np.ndarray, field_tesla: Sequence[float] | None) -> None:
    if field_tesla is None:
        axes.plot(x, y, "o", color=BLUE, ms=4, alpha=0.75, mew=0)
        return
    field = np.asarray(field_tesla, float)
    for value in np.unique(field)[::-1]:
        colour, marker = FIELDS.get(float(value), (GREY, "^"))
        here = field == value
        axes.plot(x[here], y[here], marker, color=colour, ms=4, alpha=0.75, mew=0, label=f"{value:g} T")
