"""Residuals over scans: red is brighter, blue darker than was expected of a normal scan."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import PLANES, grey_window, plane_of, show_slice
from neolab.viz.style import DIVERGING, figure
from neolab.viz.widgets import live_figure

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The paper's three ranges of absolute standard score in its Figures 5 to 8.
RANGES = ((2.0, 3.0), (3.0, 4.0), (4.0, np.inf))
# Colours are full from this standard score on, and a lesion is outlined in this one.
FULL_COLOUR = 5.0
OUTLINE = "#F0E442"


def middle_slices(side: int) -> tuple[int, int, int]:
    """The middle slice and those a quarter of the cube away: 64 voxels of the paper's 256."""
    return side // 4, side // 2, side // 2 + side // 4


def show_residual(
    axes: "Axes",
    scan: np.ndarray,
    z: np.ndarray,
    voxel_mm: float,
    *,
    plane: str = "axial",
    index: int,
    between: tuple[float, float] = (2.0, np.inf),
    lesions: np.ndarray | None = None,
    window: tuple[float, float] | None = None,
    first: bool = True,
    title: str = "",
) -> None:
    """Draw one slice of a scan with its residual in a range of standard scores.

    Parameters
    ----------
    axes : Axes
    scan, z : ndarray, (X, Y, Z)
        RAS+, on one grid.
    voxel_mm : float
    plane : {"axial", "coronal", "sagittal"}
    index : int
        Slice along the axis that is cut.
    between : (float, float)
        Absolute standard scores that are coloured; an infinite lower end colours nothing.
    lesions : ndarray of (X, Y, Z), optional
        Non-zero voxels are outlined.
    window : (float, float), optional
        Black and white level; of the whole scan by default.
    first : bool
        Draw the letters of the sides and the scale.
    title : str
    """
    window = window or grey_window(scan)
    picture, score = plane_of(scan, plane, index), plane_of(z, plane, index)
    show_slice(axes, picture, voxel_mm, window=window, title=title, plane=plane, marks=first)
    outside = (np.abs(score) < between[0]) | (np.abs(score) >= between[1])
    rows, columns = picture.shape
    extent = (0, columns * voxel_mm, rows * voxel_mm, 0)
    axes.imshow(
        np.ma.masked_where(outside, score),
        cmap=DIVERGING,
        vmin=-FULL_COLOUR,
        vmax=FULL_COLOUR,
        extent=extent,
        interpolation="nearest",
        alpha=0.85,
    )
    if lesions is not None:
        outline = plane_of(lesions, plane, index) > 0
        if outline.any():
            x, y = (np.arange(n) * voxel_mm + voxel_mm / 2 for n in (columns, rows))
            axes.contour(x, y, outline, levels=[0.5], colors=OUTLINE, linewidths=0.9)


def heat_map(
    scan: np.ndarray, z: np.ndarray, voxel_mm: float, *, lesions: np.ndarray | None = None
) -> "Figure":
    """Draw the paper's Figures 5 to 7: three axial slices down, no overlay and the three ranges across.

    Parameters
    ----------
    scan, z : ndarray, (N, N, N)
    voxel_mm : float
    lesions : ndarray, optional
        Outlined in every picture; the paper's figures have no such outline.
    """
    names = [
        "scan",
        *(f"{low:g} to {high:g} SD" if high < np.inf else f"over {low:g} SD" for low, high in RANGES),
    ]
    slices = middle_slices(scan.shape[2])[::-1]
    fig, axes = figure(8.6, 6.2, 3, 4)
    window = grey_window(scan)
    for row, index in zip(axes, slices, strict=True):
        for ax, name, between in zip(row, names, ((np.inf, np.inf), *RANGES), strict=True):
            top = index == slices[0]
            show_residual(
                ax,
                scan,
                z,
                voxel_mm,
                index=index,
                between=between,
                lesions=lesions,
                window=window,
                first=top and name == "scan",
                title=name if top else "",
            )
        row[0].set_ylabel(f"slice {index + 1}", fontweight="bold")
    _colour_bar(fig, axes)
    return fig


def three_planes(
    scans: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray | None]],
    voxel_mm: float,
    *,
    name: str,
    threshold: float = 2.0,
    position: float = 0.5,
) -> "Figure":
    """Draw a scan with its residual beyond a threshold on three planes.

    Parameters
    ----------
    scans : mapping of str to (scan, z, lesions or None)
        Each (N, N, N), RAS+.
    voxel_mm : float
    name : str
        Which scan.
    threshold : float
        Standard deviations from which on the residual is shown.
    position : float
        From 0 to 1 along each axis.
    """
    scan, z, lesions = scans[name]
    index = min(int(position * scan.shape[0]), scan.shape[0] - 1)
    fig, axes = figure(8.6, 3.3, 1, 3)
    for ax, plane in zip(axes, PLANES, strict=True):
        show_residual(
            ax,
            scan,
            z,
            voxel_mm,
            plane=plane,
            index=index,
            between=(threshold, np.inf),
            lesions=lesions,
            title=f"{plane}, slice {index + 1}",
        )
    share = float((np.abs(z) >= threshold).mean())
    fig.suptitle(f"{name}: {share:.2%} of voxels beyond {threshold:.1f} SD", fontsize=9)
    _colour_bar(fig, axes)
    return fig


def residual_browser(
    scans: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray | None]], voxel_mm: float, footer: str = ""
) -> "ipywidgets.VBox":
    """Walk through scans with a threshold in standard deviations (see :func:`three_planes`)."""
    import ipywidgets

    controls = {
        "name": ipywidgets.Dropdown(options=list(scans), description="scan"),
        "threshold": ipywidgets.FloatSlider(
            value=2.0, min=0.5, max=6.0, step=0.1, description="from SD", continuous_update=False
        ),
        "position": ipywidgets.FloatSlider(
            value=0.5, min=0.0, max=1.0, step=0.02, description="position", continuous_update=False
        ),
    }
    return live_figure(lambda **chosen: three_planes(scans, voxel_mm, **chosen), controls, footer)


def architectures_on_one_region(
    scan: np.ndarray, maps: Mapping[str, np.ndarray], voxel_mm: float, index: int, lesions: np.ndarray | None
) -> "Figure":
    """Draw the paper's Figure 8: one slice, a column a method, a row a range of standard scores.

    Parameters
    ----------
    scan : ndarray, (N, N, N)
    maps : mapping of str to ndarray, (N, N, N)
        Method -> standard scores.
    voxel_mm : float
    index : int
        Axial slice.
    lesions : ndarray or None
    """
    fig, axes = figure(1.75 * len(maps) + 1.2, 5.6, len(RANGES), len(maps), squeeze=False)
    window = grey_window(scan)
    for column, (name, z) in enumerate(maps.items()):
        for row, (low, high) in enumerate(RANGES):
            ax = axes[row, column]
            show_residual(
                ax,
                scan,
                z,
                voxel_mm,
                index=index,
                between=(low, high),
                lesions=lesions,
                window=window,
                first=row == column == 0,
                title=name if row == 0 else "",
            )
            if column == 0:
                label = f"{low:g} to {high:g} SD" if high < np.inf else f"over {low:g} SD"
                ax.set_ylabel(label, fontweight="bold")
    _colour_bar(fig, axes)
    return fig


def steps_gallery(
    pictures: Sequence[np.ndarray], titles: Sequence[str], pixel_mm: Sequence[float]
) -> "Figure":
    """Draw one slice of a scan after every step, each in its own pixels and grey window."""
    fig, axes = figure(1.75 * len(pictures) + 0.2, 2.4, 1, len(pictures))
    for number, (ax, picture, size) in enumerate(zip(axes, pictures, pixel_mm, strict=True)):
        first = number == 0
        show_slice(ax, picture, size, title=titles[number], marks=first)
    return fig


def _colour_bar(fig: "Figure", axes) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    colours = ScalarMappable(Normalize(-FULL_COLOUR, FULL_COLOUR), DIVERGING)
    bar = fig.colorbar(colours, ax=axes, shrink=0.5, pad=0.01, extend="both")
    bar.set_label("residual in SD: blue darker, red brighter than expected", fontsize=7)
