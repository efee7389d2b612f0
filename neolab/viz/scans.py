"""Scans with lesion outlines and maps over them: as a gallery and as a browser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.cam import CAM_COLOURS
from neolab.viz.lesions import show_outline
from neolab.viz.slices import PLANES, grey_window, plane_of, show_slice
from neolab.viz.style import figure
from neolab.viz.widgets import live_figure

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ScanView:
    """What is shown of one scan; all arrays (X, Y, Z), RAS+, on one grid.

    Attributes
    ----------
    title : str
    image : ndarray
    lesions : ndarray of bool
        Empty where the scan has none.
    voxel_mm : tuple of float
    map : ndarray, optional
        From 0 to 1, such as Grad-CAM.
    """

    title: str
    image: np.ndarray
    lesions: np.ndarray
    voxel_mm: tuple[float, float, float]
    map: np.ndarray | None = None

    def best_position(self, plane: str = "axial") -> float:
        """Place along the plane's axis, 0 to 1, with most of the lesion; else of the map; else the middle."""
        axis = PLANES[plane][0]
        others = tuple(other for other in range(3) if other != axis)
        for weight in (self.lesions, self.map):
            if weight is not None and np.any(weight):
                along = weight.sum(axis=others, dtype=float)
                return (int(along.argmax()) + 0.5) / len(along)
        return 0.5


def show_scan(
    axes: "Axes",
    view: ScanView,
    plane: str = "axial",
    position: float | None = None,
    *,
    outline: bool = True,
    overlay: bool = True,
    title: str | None = None,
    marks: bool = True,
) -> None:
    """Draw one slice of a scan, with its map and the outline of its lesions.

    Parameters
    ----------
    axes : Axes
    view : ScanView
    plane : {"axial", "coronal", "sagittal"}
    position : float, optional
        0 to 1 along the axis that is cut; `ScanView.best_position` by default.
    outline, overlay : bool
        Whether to draw the lesions and the map.
    title : str, optional
    marks : bool
        Whether to draw letters and scale.
    """
    axis, letters = PLANES[plane]
    position = view.best_position(plane) if position is None else position
    index = min(int(position * view.image.shape[axis]), view.image.shape[axis] - 1)
    across, down = (view.voxel_mm[i] for i in range(3) if i != axis)
    picture = plane_of(view.image, plane, index)
    show_slice(
        axes,
        picture,
        (down, across),
        window=grey_window(view.image, 0.98),
        title=view.title if title is None else title,
        letters=letters if marks else (),
        scale_mm=20.0 if marks else None,
    )
    if overlay and view.map is not None:
        activation = plane_of(view.map, plane, index)
        extent = (0, picture.shape[1] * across, picture.shape[0] * down, 0)
        axes.imshow(
            activation, cmap=CAM_COLOURS, vmin=0, vmax=1, alpha=0.6 * np.clip(activation, 0, 1), extent=extent
        )
    if outline:
        show_outline(axes, plane_of(view.lesions, plane, index), (down, across), colour="#56B4E9")


def scan_gallery(views: Sequence[ScanView], size_in: float = 1.6) -> "Figure":
    """Draw each scan above, and below it again with the outline of its lesions and its map, if any."""
    ratio = max(view.image.shape[1] / view.image.shape[0] for view in views)
    fig, axes = figure(size_in * len(views), 2 * size_in * ratio + 0.5, 2, len(views), squeeze=False)
    for number, view in enumerate(views):
        marks = number == 0
        show_scan(axes[0, number], view, outline=False, overlay=False, marks=marks)
        show_scan(axes[1, number], view, title="", marks=False)
    return fig


def scan_browser(views: Sequence[ScanView], *, footer: str = "") -> "ipywidgets.VBox":
    """Walk through scans: which, which plane, where, and whether lesions and map are drawn over it."""
    import ipywidgets

    by_title: Mapping[str, ScanView] = {view.title.replace("\n", ", "): view for view in views}
    first = next(iter(by_title))
    controls = {
        "scan": ipywidgets.Dropdown(options=list(by_title), value=first, description="scan"),
        "plane": ipywidgets.Dropdown(options=list(PLANES), description="plane"),
        "position": ipywidgets.FloatSlider(
            value=round(by_title[first].best_position(), 2),
            min=0,
            max=1,
            step=0.01,
            description="position",
            continuous_update=False,
        ),
        "drawn_over": ipywidgets.Checkbox(value=True, description="lesions and map", indent=False),
    }

    def draw(scan: str, plane: str, position: float, drawn_over: bool) -> "Figure":
        fig, ax = figure(4.2, 4.6)
        view = by_title[scan]
        show_scan(ax, view, plane, position, outline=drawn_over, overlay=drawn_over, title=scan)
        return fig

    return live_figure(draw, controls, footer)
