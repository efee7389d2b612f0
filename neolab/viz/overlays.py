"""Outlines and maps over a slice: lesions, activations, gradients, residuals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import extent_mm, show_slice
from neolab.viz.style import HEAT, VERMILION, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def show_outline(
    axes: "Axes",
    mask: np.ndarray,
    pixel_mm: float | tuple[float, float] = 1.0,
    colour: str = VERMILION,
    width: float = 0.9,
) -> None:
    """Draw the border of a mask over a slice that `show_slice` drew; nothing where the mask is empty.

    Parameters
    ----------
    axes : Axes
    mask : ndarray of bool, (rows, columns)
        Turned as the slice.
    pixel_mm : float or (height, width)
    """
    if not np.any(mask):
        return
    left, right, bottom, top = extent_mm(mask, pixel_mm)
    rows, columns = mask.shape
    x, y = (np.arange(columns) + 0.5) * (right - left) / columns, (np.arange(rows) + 0.5) * bottom / rows
    axes.contour(x, y, np.asarray(mask, float), levels=[0.5], colors=[colour], linewidths=width)


def show_map(
    axes: "Axes",
    values: np.ndarray,
    pixel_mm: float | tuple[float, float] = 1.0,
    *,
    limits: tuple[float, float] = (0.0, 1.0),
    colours: str = HEAT,
    opacity: float | np.ndarray | None = None,
    hidden: np.ndarray | None = None,
) -> None:
    """Lay a map over a slice that `show_slice` drew.

    Parameters
    ----------
    axes : Axes
    values : ndarray, (rows, columns)
        Turned as the slice, one value a pixel.
    pixel_mm : float or (height, width)
    limits : (float, float)
        Values of the first and the last colour.
    colours : str
        Name of a colour map.
    opacity : float or ndarray of float (rows, columns), optional
        0 to 1; by default the stronger the value, the more opaque, up to 0.6.
    hidden : ndarray of bool, optional
        Pixels that show nothing. Values are then drawn pixel by pixel; else they are smoothed.
    """
    if opacity is None:
        opacity = 0.6 * np.clip(np.abs(values) / max(np.abs(limits)), 0, 1)
    axes.imshow(
        values if hidden is None else np.ma.masked_where(hidden, values),
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        alpha=opacity,
        extent=extent_mm(values, pixel_mm),
        interpolation="bilinear" if hidden is None else "nearest",
    )


def map_scale(
    figure: "Figure",
    axes,
    label: str,
    *,
    limits: tuple[float, float] = (0.0, 1.0),
    colours: str = HEAT,
    ends: tuple[str, str] | None = None,
    beyond: bool = False,
) -> None:
    """Draw the colour bar of a map.

    Parameters
    ----------
    figure : Figure
    axes : Axes or array of Axes
        Beside which it stands.
    label : str
        What the colours mean, with unit.
    limits, colours
        As given to `show_map`.
    ends : (str, str), optional
        Words in place of the numbers at both ends.
    beyond : bool
        Whether values beyond the limits occur, which have the last colour.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(*limits), colours)
    extend = "both" if beyond else "neither"
    bar = figure.colorbar(scale, ax=axes, shrink=0.8, aspect=30, pad=0.01, extend=extend)
    if ends:
        bar.set_ticks(limits, labels=ends)
    bar.set_label(label)
    bar.outline.set_visible(False)


def activation_gallery(
    pictures: Sequence[np.ndarray],
    activations: Sequence[np.ndarray],
    titles: Sequence[str],
    pixel_mm: float,
    *,
    label: str,
    size_in: float = 1.6,
) -> "Figure":
    """Draw the slices above, the same slices with their maps below, and the scale of the maps.

    Parameters
    ----------
    pictures, activations : sequence of ndarray, (rows, columns)
        Maps from 0 to 1, on the grid of their picture.
    titles : sequence of str
    pixel_mm : float
    label : str
        What a strong activation means, such as the class that it speaks for.
    size_in : float
        Width of a picture.
    """
    fig, axes = figure(size_in * len(pictures) + 0.6, 2.05 * size_in, 2, len(pictures), squeeze=False)
    for number, (picture, activation, title) in enumerate(zip(pictures, activations, titles, strict=True)):
        show_slice(axes[0, number], picture, pixel_mm, title=title, marks=number == 0)
        show_slice(axes[1, number], picture, pixel_mm, marks=False)
        show_map(axes[1, number], activation, pixel_mm)
    # Beside both rows, so that each map stands under its slice.
    map_scale(fig, axes, label, ends=("least", "most"))
    return fig
