"""Brain slices with orientation, scale and a fixed grey window."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import YELLOW, figure, orientation_labels, scale_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Per plane of a RAS+ volume: the axis that is cut, and the letters left, right, top and bottom.
PLANES = {
    "axial": (2, ("R", "L", "A", "P")),
    "coronal": (1, ("R", "L", "S", "I")),
    "sagittal": (0, ("P", "A", "S", "I")),
}


def radiological(cut: np.ndarray, plane: str = "axial") -> np.ndarray:
    """Turn a cut of a RAS+ volume as a radiologist looks at it.

    Axial and coronal cuts have the patient's right on the left; a sagittal one looks towards the right of the
    picture.

    Parameters
    ----------
    cut : ndarray, (X, Y), (X, Z) or (Y, Z)
    plane : {"axial", "coronal", "sagittal"}
    """
    return (cut if plane == "sagittal" else cut[::-1])[:, ::-1].T


def plane_of(volume: np.ndarray, plane: str, index: int) -> np.ndarray:
    """Cut a RAS+ volume (X, Y, Z) and turn the cut as a radiologist looks at it."""
    return radiological(np.take(volume, index, axis=PLANES[plane][0]), plane)


def extent_mm(
    picture: np.ndarray, pixel_mm: float | tuple[float, float]
) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a picture in millimetres from its upper left corner.

    Parameters
    ----------
    picture : ndarray, (rows, columns)
    pixel_mm : float or (height, width)
    """
    height, width = (pixel_mm, pixel_mm) if np.isscalar(pixel_mm) else pixel_mm
    rows, columns = picture.shape
    return 0.0, columns * width, rows * height, 0.0


def grey_window(image: np.ndarray, share: float | None = None) -> tuple[float, float]:
    """Return black and white levels: zero, and a little above the brightest brain.

    Parameters
    ----------
    image : ndarray
        A picture or a volume.
    share : float, optional
        Quantile of the middle of the head that should still show detail; the scalp is brighter and may burn
        out, as on a workstation. 0.995 for a picture; 0.95 for a volume, whose middle holds the skull base.
    """
    share = share or (0.995 if image.ndim == 2 else 0.95)
    head = image > 0.1 * np.quantile(image, 0.98)
    middle = []
    for axis in range(image.ndim):
        found = np.flatnonzero(head.any(axis=tuple(other for other in range(image.ndim) if other != axis)))
        start, stop = (int(found[0]), int(found[-1]) + 1) if found.size else (0, image.shape[axis])
        quarter = (stop - start) // 4
        middle.append(slice(start + quarter, stop - quarter))
    inside = image[tuple(middle)]
    return 0.0, 1.1 * float(np.quantile(inside, share)) if inside.size else 1.0


def show_slice(
    axes: "Axes",
    picture: np.ndarray,
    pixel_mm: float | tuple[float, float] = 1.0,
    *,
    window: tuple[float, float] | None = None,
    title: str = "",
    plane: str = "axial",
    marks: bool = True,
    scale_mm: float = 20.0,
) -> None:
    """Draw one slice.

    Parameters
    ----------
    axes : Axes
    picture : ndarray, (rows, columns)
        Already turned for display.
    pixel_mm : float or (height, width)
        Size of a pixel.
    window : tuple of float, optional
        Black and white level; :func:`grey_window` of the picture by default.
    title : str
    plane : {"axial", "coronal", "sagittal"}
        Which letters its sides have.
    marks : bool
        Draw the letters of the sides and the scale bar; the first picture of a row is enough.
    scale_mm : float
        Length of the scale bar.
    """
    low, high = window or grey_window(picture)
    extent = extent_mm(picture, pixel_mm)
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="bilinear")
    axes.set_facecolor("black")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if title:
        axes.set_title(title)
    if marks:
        orientation_labels(axes, *PLANES[plane][1])
        scale_bar(axes, 1.0, scale_mm)


def on_one_field(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Fill pictures up with air to the size of the largest, their middles on each other.

    Drawn side by side they then have one scale, and a growing head is seen to grow.
    """
    rows, columns = np.max([picture.shape for picture in pictures], axis=0)
    filled = []
    for picture in pictures:
        spare = rows - picture.shape[0], columns - picture.shape[1]
        filled.append(np.pad(picture, [(extra // 2, extra - extra // 2) for extra in spare]))
    return filled


def centres_mm(region: np.ndarray, pixel_mm: float) -> list[tuple[float, float]]:
    """Return the middle of a region in each half of a picture, as (x, y) in millimetres, for arrows.

    Parameters
    ----------
    region : ndarray of bool, (rows, columns)
    pixel_mm : float
    """
    rows, columns = np.nonzero(region)
    left = columns < region.shape[1] / 2
    return [
        ((float(columns[side].mean()) + 0.5) * pixel_mm, (float(rows[side].mean()) + 0.5) * pixel_mm)
        for side in (left, ~left)
        if side.any()
    ]


def point_at(axes: "Axes", x: float, y: float, *, from_right: bool) -> None:
    """Draw a yellow arrow whose tip lies at a point of a slice, in millimetres."""
    side = 1 if from_right else -1
    arrow = {"arrowstyle": "-|>", "color": YELLOW, "lw": 1.1, "mutation_scale": 7}
    axes.annotate("", (x, y), (x + side * 12, y + 6), arrowprops=arrow)


def slice_gallery(
    pictures: Sequence[np.ndarray],
    titles: Sequence[str],
    pixel_mm: float = 1.0,
    *,
    columns: int = 6,
    row_titles: Sequence[str] = (),
    size_in: float = 1.7,
    windows: Sequence[tuple[float, float]] | None = None,
    arrows: Mapping[int, Sequence[tuple[float, float]]] | None = None,
) -> "Figure":
    """Draw pictures in a grid, letters and scale on the first only.

    Parameters
    ----------
    pictures, titles : sequences
    pixel_mm : float
    columns : int
    row_titles : sequence of str
        Written at the left of each row.
    size_in : float
        Width of one picture in inches.
    windows : sequence of (low, high), optional
    arrows : mapping of int to list of (x, y), optional
        Picture number -> points in millimetres that an arrow points at.
    """
    rows = -(-len(pictures) // columns)
    shape = pictures[0].shape
    height = size_in * shape[0] / shape[1]
    fig, axes = figure(size_in * columns + 0.3, (height + 0.25) * rows, rows, columns, squeeze=False)
    for number, ax in enumerate(axes.ravel()):
        if number >= len(pictures):
            ax.axis("off")
            continue
        window = windows[number] if windows else None
        show_slice(ax, pictures[number], pixel_mm, window=window, title=titles[number], marks=number == 0)
        for x, y in (arrows or {}).get(number, ()):
            point_at(ax, x, y, from_right=x > shape[1] * pixel_mm / 2)
    for ax, title in zip(axes[:, 0], row_titles, strict=False):
        ax.set_ylabel(title, fontweight="bold")
    return fig
