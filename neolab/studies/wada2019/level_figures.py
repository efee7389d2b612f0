"""The five levels of a brain: the panel of ages by levels, and a way to pick the levels by hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.slices import grey_window, on_one_field, plane_of, show_slice, slice_gallery
from neolab.viz.style import BLUE, ORANGE, figure

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure

#: What is written over each level of `neolab.studies.wada2019.network.LEVELS`, letters as in the paper.
LEVEL_TITLES = {
    "middle_cerebellar_peduncle": "(a) middle cerebellar\npeduncle",
    "midbrain": "(b) midbrain",
    "internal_capsule_and_splenium": "(c) internal capsule,\nsplenium",
    "centrum_semiovale": "(d) centrum\nsemiovale",
    "subcortical_white_matter": "(e) subcortical\nwhite matter",
}


def radiological(plane: np.ndarray) -> np.ndarray:
    """Turn an axial plane (X, Y), RAS+, as a radiologist looks at it: the patient's right on the left."""
    return plane[::-1, ::-1].T


def age_panel(
    slices: Sequence[np.ndarray], row_titles: Sequence[str], pixel_mm: float, size_in: float = 1.5
) -> "Figure":
    """Draw ages in rows and levels in columns, all on one scale.

    Parameters
    ----------
    slices : sequence of ndarray, (5, X, Y)
        The levels of one contrast for each age.
    row_titles : sequence of str
    pixel_mm : float
    size_in : float
        Width of one picture in inches.
    """
    pictures = on_one_field([radiological(plane) for levels in slices for plane in levels])
    titles = [*LEVEL_TITLES.values()] + [""] * (len(pictures) - len(LEVEL_TITLES))
    return slice_gallery(
        pictures,
        titles,
        pixel_mm,
        columns=len(LEVEL_TITLES),
        row_titles=row_titles,
        size_in=size_in,
        windows=[grey_window(picture) for picture in pictures],
    )


def level_figure(
    volume: np.ndarray,
    voxel_mm: Sequence[float],
    levels: Mapping[str, int],
    name: str,
    slice_index: int | None = None,
) -> "Figure":
    """Draw the five levels as lines on a sagittal cut, and one axial slice beside it.

    Parameters
    ----------
    volume : ndarray, (X, Y, Z)
        RAS+.
    voxel_mm : sequence of float
    levels : mapping of str to int
        Level -> slice found automatically.
    name : str
        The level to look at.
    slice_index : int, optional
        The slice to show instead of the one found.
    """
    chosen = levels[name] if slice_index is None else slice_index
    fig, (side, axial) = figure(7.4, 3.8, 1, 2, width_ratios=(1.15, 1))
    window = grey_window(volume[:, :, levels["internal_capsule_and_splenium"]])
    show_slice(
        side,
        plane_of(volume, "sagittal", volume.shape[0] // 2),
        (voxel_mm[2], voxel_mm[1]),
        window=window,
        title="levels found",
        letters=("P", "A", "S", "I"),
        scale_mm=None,
    )
    for letter, (level, z) in zip("abcde", levels.items(), strict=True):
        picked = level == name
        y = (volume.shape[2] - z - 0.5) * voxel_mm[2]
        side.axhline(y, color=ORANGE if picked else "white", lw=1.6 if picked else 0.7)
        side.text(-2, y, f"({letter})", fontsize=8, va="center", ha="right")
    if chosen != levels[name]:
        side.axhline((volume.shape[2] - chosen - 0.5) * voxel_mm[2], color=BLUE, lw=1.6, ls="--")
    moved = chosen - levels[name]
    where = (
        "as found"
        if moved == 0
        else f"{abs(moved)} slice{'s' * (abs(moved) > 1)} {'up' if moved > 0 else 'down'}"
    )
    plane = radiological(volume[:, :, chosen])
    title = LEVEL_TITLES[name].replace("\n", " ")
    show_slice(axial, plane, voxel_mm[:2], window=grey_window(plane), title=f"{title}: {where}")
    return fig


def level_picker(
    volumes: Mapping[str, np.ndarray],
    voxel_mm: Sequence[float],
    levels: Mapping[str, int],
    *,
    footer: str = "",
) -> "ipywidgets.VBox":
    """Choose a contrast and a level, and move its slice up or down (see :func:`level_figure`).

    Parameters
    ----------
    volumes : mapping of str to ndarray, (X, Y, Z)
        Contrast -> volume, all on one grid.
    """
    import ipywidgets

    from neolab.viz.widgets import live_figure

    titles = {title.replace("\n", " "): name for name, title in LEVEL_TITLES.items()}
    controls = {
        "contrast": ipywidgets.Dropdown(options=list(volumes), description="contrast"),
        "level": ipywidgets.Dropdown(
            options=list(titles.items()), value="internal_capsule_and_splenium", description="level"
        ),
        "moved": ipywidgets.IntSlider(
            value=0, min=-4, max=4, description="slices up", continuous_update=False
        ),
    }

    def draw(contrast: str, level: str, moved: int) -> "Figure":
        volume = volumes[contrast]
        index = int(np.clip(levels[level] + moved, 0, volume.shape[2] - 1))
        return level_figure(volume, voxel_mm, levels, level, index)

    return live_figure(draw, controls, footer)
