"""Residuals over scans: red is brighter, blue darker than was expected of a normal scan."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.overlays import map_scale, show_map, show_outline
from neolab.viz.slices import PLANES, grey_window, plane_of, show_slice
from neolab.viz.style import DIVERGING, figure
from neolab.viz.widgets import live_figure, slider

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The paper's three ranges of absolute standard score in its Figures 5 to 8.
RANGES = {"2 to 3 SD": (2.0, 3.0), "3 to 4 SD": (3.0, 4.0), "over 4 SD": (4.0, np.inf)}
NOTHING = (np.inf, np.inf)
# Colours are full from this standard score on, and a lesion is outlined in this one.
FULL_COLOUR = 5.0
OUTLINE = "#F0E442"

#: Scan, standard scores, and lesions or None: cubes on one grid, RAS+.
View = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def middle_slices(side: int) -> tuple[int, int, int]:
    """The middle slice and those a quarter of the cube away: 64 voxels of the paper's 256."""
    return side // 4, side // 2, side // 2 + side // 4


def show_residual(
    axes: "Axes",
    view: View,
    voxel_mm: float,
    *,
    index: int,
    plane: str = "axial",
    between: tuple[float, float] = (2.0, np.inf),
    window: tuple[float, float] | None = None,
    marks: bool = True,
    title: str = "",
) -> None:
    """Draw one slice of a scan with its residual in a range of standard scores, and its lesions outlined.

    Parameters
    ----------
    axes : Axes
    view : (scan, z, lesions)
    voxel_mm : float
    index : int
        Slice along the axis that is cut.
    plane : {"axial", "coronal", "sagittal"}
    between : (float, float)
        Absolute standard scores that are coloured.
    window : (float, float), optional
        Black and white level; of the whole scan by default.
    marks : bool
        Draw the letters of the sides and the scale.
    title : str
    """
    scan, z, lesions = view
    picture, score = plane_of(scan, plane, index), plane_of(z, plane, index)
    window = window or grey_window(scan)
    show_slice(axes, picture, voxel_mm, window=window, title=title, plane=plane, marks=marks)
    outside = (np.abs(score) < between[0]) | (np.abs(score) >= between[1])
    limits = (-FULL_COLOUR, FULL_COLOUR)
    show_map(axes, score, voxel_mm, limits=limits, colours=DIVERGING, opacity=0.85, hidden=outside)
    if lesions is not None:
        show_outline(axes, plane_of(lesions, plane, index) > 0, voxel_mm, OUTLINE)


def heat_map(view: View, voxel_mm: float) -> "Figure":
    """Draw the paper's Figures 5 to 7: three axial slices down, no overlay and the three ranges across.

    Lesions are outlined in every picture; the paper's figures have no such outline.
    """
    columns = {"scan": NOTHING, **RANGES}
    slices = middle_slices(view[0].shape[2])[::-1]
    window = grey_window(view[0])
    fig, axes = figure(8.6, 6.2, 3, 4)
    for index, row in zip(slices, axes, strict=True):
        top = index == slices[0]
        for ax, (name, between) in zip(row, columns.items(), strict=True):
            show_residual(
                ax,
                view,
                voxel_mm,
                index=index,
                between=between,
                window=window,
                marks=top and name == "scan",
                title=name if top else "",
            )
        row[0].set_ylabel(f"slice {index + 1}", fontweight="bold")
    _scale(fig, axes)
    return fig


def three_planes(
    views: Mapping[str, View],
    voxel_mm: float,
    *,
    name: str,
    threshold: float = 2.0,
    position: float = 0.5,
) -> "Figure":
    """Draw a scan with its residual beyond a threshold on three planes.

    Parameters
    ----------
    views : mapping of str to (scan, z, lesions)
    voxel_mm : float
    name : str
        Which scan.
    threshold : float
        Standard deviations from which on the residual is shown.
    position : float
        From 0 to 1 along each axis.
    """
    side = views[name][0].shape[0]
    index = min(int(position * side), side - 1)
    fig, axes = figure(8.6, 3.3, 1, 3)
    for ax, plane in zip(axes, PLANES, strict=True):
        between, title = (threshold, np.inf), f"{plane}, slice {index + 1}"
        show_residual(ax, views[name], voxel_mm, index=index, plane=plane, between=between, title=title)
    share = float((np.abs(views[name][1]) >= threshold).mean())
    fig.suptitle(f"{name}: {share:.2%} of voxels beyond {threshold:.1f} SD", fontsize=9)
    _scale(fig, axes)
    return fig


def residual_browser(views: Mapping[str, View], voxel_mm: float, footer: str = "") -> "ipywidgets.VBox":
    """Walk through scans with a threshold in standard deviations (see :func:`three_planes`)."""
    import ipywidgets

    controls = {
        "name": ipywidgets.Dropdown(options=list(views), description="scan"),
        "threshold": slider("from SD", 2.0, 0.5, 6.0, 0.1),
        "position": slider("position", 0.5, 0.0, 1.0, 0.02),
    }
    return live_figure(lambda **chosen: three_planes(views, voxel_mm, **chosen), controls, footer)


def methods_on_one_slice(views: Mapping[str, View], voxel_mm: float) -> "Figure":
    """Draw the paper's Figure 8: one axial slice, a column a method, a row a range of standard scores.

    Parameters
    ----------
    views : mapping of str to (scan, z, lesions)
        Method -> the same scan as that method sees it; the slice is the one with most lesion.
    voxel_mm : float
    """
    scan, _, lesions = next(iter(views.values()))
    index = int((lesions > 0).sum(axis=(0, 1)).argmax()) if np.any(lesions) else scan.shape[2] // 2
    window = grey_window(scan)
    fig, axes = figure(1.75 * len(views) + 1.2, 5.6, len(RANGES), len(views), squeeze=False)
    for row, (label, between) in zip(axes, RANGES.items(), strict=True):
        for ax, (name, view) in zip(row, views.items(), strict=True):
            top, first = row[0] is axes[0, 0], ax is axes[0, 0]
            title = name if top else ""
            show_residual(
                ax, view, voxel_mm, index=index, between=between, window=window, marks=first, title=title
            )
        row[0].set_ylabel(label, fontweight="bold")
    _scale(fig, axes)
    return fig


def _scale(fig: "Figure", axes) -> None:
    label = "residual (SD): blue darker, red brighter"
    map_scale(fig, axes, label, limits=(-FULL_COLOUR, FULL_COLOUR), colours=DIVERGING, beyond=True)
