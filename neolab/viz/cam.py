"""Class activation maps over the slice that they explain."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import show_slice
from neolab.viz.style import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAM_COLOURS = "inferno"


def show_activation(
    axes: "Axes",
    picture: np.ndarray,
    activation: np.ndarray,
    pixel_mm: float,
    *,
    title: str = "",
    opacity: float = 0.55,
    letters: tuple[str, ...] = (),
    scale_mm: float | None = None,
) -> None:
    """Lay a map over a slice, more opaque where it is stronger.

    Parameters
    ----------
    axes : Axes
    picture, activation : ndarray, (S, S)
        ``activation`` from 0 to 1, already enlarged to the picture's size.
    pixel_mm : float
    """
    show_slice(axes, picture, pixel_mm, title=title, letters=letters, scale_mm=scale_mm)
    rows, columns = picture.shape
    axes.imshow(
        activation,
        cmap=CAM_COLOURS,
        vmin=0,
        vmax=1,
        alpha=opacity * activation,
        extent=(0, columns * pixel_mm, rows * pixel_mm, 0),
        interpolation="bilinear",
    )


def activation_gallery(
    pictures: Sequence[np.ndarray],
    activations: Sequence[np.ndarray],
    titles: Sequence[str],
    pixel_mm: float,
    size_in: float = 1.6,
) -> "Figure":
    """Draw the slices above, the same slices with their maps below, and the scale of the maps."""
    from matplotlib.cm import ScalarMappable

    fig, axes = figure(size_in * len(pictures) + 0.6, 2.05 * size_in, 2, len(pictures), squeeze=False)
    for number, (picture, activation, title) in enumerate(zip(pictures, activations, titles, strict=True)):
        first = number == 0
        letters, scale = (("R", "L", "A", "P"), 20.0) if first else ((), None)
        show_slice(axes[0, number], picture, pixel_mm, title=title, letters=letters, scale_mm=scale)
        show_activation(axes[1, number], picture, activation, pixel_mm)
    bar = fig.colorbar(ScalarMappable(cmap=CAM_COLOURS), ax=axes[1], shrink=0.8, ticks=[0, 1])
    bar.set_ticklabels(["least", "most"])
    bar.set_label("speaks for ABE")
    return fig
