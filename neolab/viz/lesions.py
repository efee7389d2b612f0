"""Lesions in pictures: a sheet of every kind, and outlines on slices and in a viewer."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.lesion_examples import RenderedExample
from neolab.viz.slices import on_one_field, show_slice
from neolab.viz.style import VERMILION, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A line of a title as wide as a picture of the sheet.
TITLE_CHARACTERS = 17


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
    height, across = (pixel_mm, pixel_mm) if np.isscalar(pixel_mm) else pixel_mm
    rows, columns = mask.shape
    x, y = (np.arange(columns) + 0.5) * across, (np.arange(rows) + 0.5) * height
    axes.contour(x, y, np.asarray(mask, float), levels=[0.5], colors=[colour], linewidths=width)


def lesion_sheet(examples: Sequence[RenderedExample], columns: int = 6, size_in: float = 1.75) -> "Figure":
    """Draw T2 above T1 for every example; an arrow in T2 points at the largest spot of the lesion.

    Parameters
    ----------
    examples : sequence of RenderedExample
    columns : int
    size_in : float
        Width of a picture.
    """
    blocks = -(-len(examples) // columns)
    examples = _on_one_field(examples)
    height = size_in * examples[0].t2.shape[0] / examples[0].t2.shape[1]
    fig, axes = figure(
        size_in * columns, 2 * blocks * height + 0.4 * blocks, 2 * blocks, columns, squeeze=False
    )
    for ax in axes.ravel()[2 * columns * (blocks - 1) :]:
        ax.axis("off")
    for number, example in enumerate(examples):
        row, column = 2 * (number // columns), number % columns
        _show_pair(axes[row, column], axes[row + 1, column], example, marks=number == 0)
    for row in range(0, 2 * blocks, 2):
        axes[row, 0].set_ylabel("T2", fontweight="bold")
        axes[row + 1, 0].set_ylabel("T1", fontweight="bold")
    return fig


def _on_one_field(examples: Sequence[RenderedExample]) -> list[RenderedExample]:
    filled = {name: on_one_field([getattr(e, name) for e in examples]) for name in ("t2", "t1", "outline")}
    return [
        replace(example, **{name: pictures[number] for name, pictures in filled.items()})
        for number, example in enumerate(examples)
    ]


def _show_pair(upper: "Axes", lower: "Axes", example: RenderedExample, *, marks: bool) -> None:
    letters = ("R", "L", "A", "P") if marks else ()
    scale_mm = 20.0 if marks else None
    for ax, picture, window, title in (
        (upper, example.t2, example.t2_window, textwrap.fill(example.title, TITLE_CHARACTERS)),
        (lower, example.t1, example.t1_window, ""),
    ):
        ax.axis("on")
        show_slice(
            ax,
            picture,
            example.pixel_mm,
            window=window,
            title=title,
            letters=letters if title else (),
            scale_mm=scale_mm if title else None,
        )
    _point_at(upper, example.outline, example.pixel_mm)


def _point_at(axes: "Axes", outline: np.ndarray, pixel_mm: float) -> None:
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
    tip = (edge + 0.5 + side) * pixel_mm, (row + 0.5) * pixel_mm
    axes.annotate(
        "",
        tip,
        (tip[0] + side * 11, tip[1] + 5),
        arrowprops={"arrowstyle": "-|>", "color": "#F0E442", "lw": 1.0, "mutation_scale": 7},
    )
