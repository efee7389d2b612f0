"""Widgets for the notebooks.

Every widget shows PNG bytes in an ``Image``: nothing is drawn into the notebook's output while a slider
moves, an error cannot hide in an output area, and sliders answer when they are let go. Each has a static
twin, the figure function that it calls, which the notebook draws too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import PLANES, grey_window, plane_of, show_slice
from neolab.viz.style import add_footer, figure, figure_png

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure


def live_figure(
    draw: Callable[..., "Figure"], controls: Mapping[str, "ipywidgets.Widget"], footer: str = ""
) -> "ipywidgets.VBox":
    """Show a figure that is drawn again when a control changes.

    Parameters
    ----------
    draw : callable
        Takes the values of the controls by name and returns a figure.
    controls : mapping of str to widget
    footer : str
        Line under the figure, with the result class.
    """
    import ipywidgets

    picture = ipywidgets.Image(format="png")

    def redraw(_change=None):
        fig = draw(**{name: control.value for name, control in controls.items()})
        if footer:
            add_footer(fig, footer)
        picture.value = figure_png(fig)

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values())), picture])


def threshold_slider(
    truth: Sequence[int],
    score: Sequence[float],
    start: float,
    *,
    name: str = "GPnorm",
    names: tuple[str, str] = ("ABE", "HB"),
    footer: str = "",
) -> "ipywidgets.VBox":
    """Move a cut-off; histogram, confusion matrix and ROC point follow (see :func:`threshold_figure`)."""
    import ipywidgets

    from neolab.viz.roc import threshold_figure

    score = np.asarray(score, float)
    slider = ipywidgets.FloatSlider(
        value=round(float(start), 3),
        min=float(np.floor(score.min() * 100) / 100),
        max=float(np.ceil(score.max() * 100) / 100),
        step=0.005,
        readout_format=".3f",
        description="cut-off",
        continuous_update=False,
    )
    return live_figure(
        lambda cutoff: threshold_figure(truth, score, cutoff, name=name, names=names),
        {"cutoff": slider},
        footer,
    )


def orthogonal_view(
    volumes: Mapping[str, np.ndarray],
    voxel_mm: Sequence[float],
    name: str,
    plane: str = "axial",
    position: float = 0.5,
) -> "Figure":
    """Draw one plane of one volume.

    Parameters
    ----------
    volumes : mapping of str to ndarray, (X, Y, Z)
        RAS+, on one grid.
    voxel_mm : sequence of float
    name : str
        Which volume.
    plane : {"axial", "coronal", "sagittal"}
    position : float
        From 0 to 1 along the axis that is cut.
    """
    axis, letters = PLANES[plane]
    volume = volumes[name]
    index = min(int(position * volume.shape[axis]), volume.shape[axis] - 1)
    across, down = [i for i in range(3) if i != axis]
    fig, ax = figure(4.4, 4.6)
    show_slice(
        ax,
        plane_of(volume, plane, index),
        (voxel_mm[down], voxel_mm[across]),
        window=grey_window(volume),
        title=f"{name}, {plane} {index + 1} of {volume.shape[axis]}",
        letters=letters,
    )
    return fig


def slice_viewer(
    volumes: Mapping[str, np.ndarray], voxel_mm: Sequence[float], *, footer: str = ""
) -> "ipywidgets.VBox":
    """Walk through one or more volumes on one grid: which, which plane, and where."""
    import ipywidgets

    controls = {
        "name": ipywidgets.Dropdown(options=list(volumes), description="image"),
        "plane": ipywidgets.Dropdown(options=list(PLANES), description="plane"),
        "position": ipywidgets.FloatSlider(
            value=0.5, min=0, max=1, step=0.01, description="position", continuous_update=False
        ),
    }

    def draw(name: str, plane: str, position: float) -> "Figure":
        return orthogonal_view(volumes, voxel_mm, name, plane, position)

    return live_figure(draw, controls, footer)
