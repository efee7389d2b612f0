"""A sheet with every kind of lesion."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import on_one_field, point_at, radiological, show_slice
from neolab.viz.style import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neolab.simulate.lesions.examples import RenderedExample

# A line of a title as wide as a picture of the sheet.
TITLE_CHARACTERS = 17


def lesion_sheet(examples: Sequence["RenderedExample"], columns: int = 6, size_in: float = 1.75) -> "Figure":
    """Draw T2 above T1 for every example; an arrow in T2 points at the largest spot of the lesion.

    Parameters
    ----------
    examples : sequence of RenderedExample
    columns : int
    size_in : float
        Width of a picture.
    """
    blocks = -(-len(examples) // columns)
    t2, t1, outlines = (
        on_one_field([radiological(getattr(example, name)) for example in examples])
        for name in ("t2", "t1", "outline")
    )
    height = size_in * t2[0].shape[0] / t2[0].shape[1]
    size = size_in * columns, 2 * blocks * height + 0.4 * blocks
    fig, axes = figure(*size, 2 * blocks, columns, squeeze=False)
    for number, example in enumerate(examples):
        row, column = 2 * (number // columns), number % columns
        upper, lower = axes[row, column], axes[row + 1, column]
        title = textwrap.fill(example.title, TITLE_CHARACTERS)
        first = number == 0
        show_slice(upper, t2[number], example.pixel_mm, window=example.t2_window, title=title, marks=first)
        show_slice(lower, t1[number], example.pixel_mm, window=example.t1_window, marks=False)
        _point_at_lesion(upper, outlines[number], example.pixel_mm)
    for column in range(len(examples) - columns * (blocks - 1), columns):
        axes[-2, column].axis("off")
        axes[-1, column].axis("off")
    for row in range(0, 2 * blocks, 2):
        axes[row, 0].set_ylabel("T2", fontweight="bold")
        axes[row + 1, 0].set_ylabel("T1", fontweight="bold")
    return fig


def _point_at_lesion(axes: "Axes", outline: np.ndarray, pixel_mm: float) -> None:
    """Let an arrow from outside point at the border of the largest spot."""
    from scipy import ndimage

    spots, count = ndimage.label(outline)
    if count == 0:
        return
    largest = 1 + int(np.argmax(ndimage.sum_labels(outline, spots, range(1, count + 1))))
    rows, columns = np.nonzero(spots == largest)
    side = 1 if columns.mean() > outline.shape[1] / 2 else -1
    row = int(np.sort(rows)[len(rows) // 2])  # a row that the spot has
    here = columns[rows == row]
    edge = here.max() if side > 0 else here.min()
    point_at(axes, (edge + 0.5 + side) * pixel_mm, (row + 0.5) * pixel_mm, from_right=side > 0)
