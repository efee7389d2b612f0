"""Scans, with lesion outlines and maps over them: as a gallery and as a viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.overlays import show_map, show_outline
from neolab.viz.slices import PLANES, grey_window, plane_of, show_slice
from neolab.viz.style import SKY, figure
from neolab.viz.widgets import live_figure, slider

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
    voxel_mm : tuple of float
    lesions : ndarray of bool, optional
    map : ndarray, optional
        From 0 to 1, such as Grad-CAM.
    """

    title: str
    image: np.ndarray
    voxel_mm: tuple[float, float, float]
    lesions: np.ndarray | None = None
    map: np.ndarray | None = None

    def best_position(self, plane: str = "axial") -> float:
        """Place along the plane's axis, 0 to 1, with most of the lesion; else of the map; else the middle.

        The map counts where the scan is bright, so that a map that lights up beside the head shows a brain.
        """
        axis = PLANES[plane][0]
        others = tuple(other for other in range(3) if other != axis)
        seen = None if self.map is None else self.map * np.clip(self.image, 0, np.quantile(self.image, 0.98))
        for weight in (self.lesions, seen):
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
    axis, _ = PLANES[plane]
    position = view.best_position(plane) if position is None else position
    index = min(int(position * view.image.shape[axis]), view.image.shape[axis] - 1)
    across, down = (view.voxel_mm[i] for i in range(3) if i != axis)
    show_slice(
        axes,
        plane_of(view.image, plane, index),
        (down, across),
        window=grey_window(view.image, 0.98),
        title=view.title if title is None else title,
        plane=plane,
        marks=marks,
    )
    if overlay and view.map is not None:
        show_map(axes, plane_of(view.map, plane, index), (down, across))
    if outline and view.lesions is not None:
        show_outline(axes, plane_of(view.lesions, plane, index), (down, across), colour=SKY)


def scan_figure(view: ScanView, plane: str = "axial", position: float | None = None, **options) -> "Figure":
    """Draw one slice of a scan as a figure of its own, the static twin of `slice_viewer`; see `show_scan`."""
    fig, ax = figure(4.2, 4.6)
    show_scan(ax, view, plane, position, **options)
    return fig


def scan_gallery(views: Sequence[ScanView], size_in: float = 1.6) -> "Figure":
    """Draw each scan above, and below it again with the outline of its lesions and its map, if any."""
    ratio = max(view.image.shape[1] / view.image.shape[0] for view in views)
    fig, axes = figure(size_in * len(views), 2 * size_in * ratio + 0.5, 2, len(views), squeeze=False)
    for number, view in enumerate(views):
        marks = number == 0
        show_scan(axes[0, number], view, outline=False, overlay=False, marks=marks)
        show_scan(axes[1, number], view, title="", marks=False)
    return fig


def slice_viewer(views: Sequence[ScanView], *, footer: str = "") -> "ipywidgets.VBox":
    """Walk through scans: which, which plane, where, and whether lesions and map are drawn over it."""
    import ipywidgets

    by_title = {view.title.replace("\n", ", "): view for view in views}
    first = next(iter(by_title.values()))
    controls = {
        "scan": ipywidgets.Dropdown(options=list(by_title), description="scan"),
        "plane": ipywidgets.Dropdown(options=list(PLANES), description="plane"),
        "position": slider("position", round(first.best_position(), 2), 0, 1, 0.01),
    }
    if any(over is not None for view in views for over in (view.lesions, view.map)):
        words = "lesions and map"
        controls["drawn_over"] = ipywidgets.Checkbox(value=True, description=words, indent=False)

    def draw(scan: str, plane: str, position: float, drawn_over: bool = False) -> "Figure":
        shown = {"outline": drawn_over, "overlay": drawn_over}
        return scan_figure(by_title[scan], plane, position, title=scan, **shown)

    return live_figure(draw, controls, footer)
