"""Brains: ages by levels, the levels on a sagittal cut, and one infant at any age beside its estimates."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.studies.wada2019.figures import COLOURS, LEVEL_TITLES
from neolab.viz.slices import (
    PLANES,
    grey_window,
    on_one_field,
    plane_of,
    radiological,
    show_slice,
    slice_gallery,
)
from neolab.viz.style import BLUE, ORANGE, add_footer, figure, figure_png, orientation_labels
from neolab.viz.widgets import live_figure, slider

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure


def age_panel(slices: Sequence[np.ndarray], row_titles: Sequence[str], pixel_mm: float) -> "Figure":
    """Draw ages in rows and levels in columns, all on one scale.

    Parameters
    ----------
    slices : sequence of ndarray, (5, X, Y)
        The levels of one contrast for each age.
    row_titles : sequence of str
    pixel_mm : float
    """
    pictures = on_one_field([radiological(plane) for levels in slices for plane in levels])
    titles = [*LEVEL_TITLES.values()] + [""] * (len(pictures) - len(LEVEL_TITLES))
    return slice_gallery(
        pictures,
        titles,
        pixel_mm,
        columns=len(LEVEL_TITLES),
        row_titles=row_titles,
        size_in=1.5,
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
        marks=False,
    )
    orientation_labels(side, *PLANES["sagittal"][1])  # the scale stands beside it
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

    titles = {title.replace("\n", " "): name for name, title in LEVEL_TITLES.items()}
    controls = {
        "contrast": ipywidgets.Dropdown(options=list(volumes), description="contrast"),
        "level": ipywidgets.Dropdown(
            options=list(titles.items()), value="internal_capsule_and_splenium", description="level"
        ),
        "moved": slider("slices up", 0, -4, 4),
    }

    def draw(contrast: str, level: str, moved: int) -> "Figure":
        volume = volumes[contrast]
        index = int(np.clip(levels[level] + moved, 0, volume.shape[2] - 1))
        return level_figure(volume, voxel_mm, levels, level, index)

    return live_figure(draw, controls, footer)


def montage(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Put axial planes (X, Y) side by side, each in its own grey window, and return the picture in 0..1."""
    tiles = []
    for plane in on_one_field([radiological(plane) for plane in planes]):
        low, high = grey_window(plane)
        tiles.append(np.clip((plane - low) / max(high - low, 1e-6), 0, 1))
    return np.hstack(tiles).astype(np.float32)


def age_figure(
    planes: Sequence[np.ndarray],
    pixel_mm: float,
    months: float,
    curves: Mapping[str, Sequence[float]],
    ages: Sequence[float],
    *,
    title: str = "",
) -> "Figure":
    """Draw the levels of one age, and the estimates for it on the curve of all ages.

    Parameters
    ----------
    planes : sequence of ndarray, (X, Y)
        Levels of one contrast at this age.
    pixel_mm : float
    months : float
        Corrected age shown.
    curves : mapping of str to sequence
        Model -> its estimate at each of ``ages``.
    ages : sequence of float
        Months.
    title : str
    """
    fig, (left, right) = figure(10.2, 2.1, 1, 2, width_ratios=(3.9, 1))
    show_slice(left, montage(planes), pixel_mm, window=(0, 1), title=title)
    for level, letter in enumerate("abcde"[: len(planes)]):
        place = ((level + 0.03) / len(planes), 0.03)
        left.text(*place, f"({letter})", color="white", fontsize=7, transform=left.transAxes)
    number = int(np.argmin(np.abs(np.asarray(ages) - months)))
    span = [min(ages), max(ages)]
    right.plot(span, span, color="0.7", lw=1)
    for name, values in curves.items():
        colour = COLOURS[name]
        right.plot(ages, values, color=colour, lw=1.2, alpha=0.5)
        right.plot(months, values[number], "o", color=colour, ms=7, label=f"{name}: {values[number]:.1f}")
    right.set(xlabel="corrected age (months)", ylabel="estimate (months)")
    right.legend(loc="upper left")
    return fig


def age_slider(
    slices: Sequence[np.ndarray],
    pixel_mm: float,
    ages: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    footer: str = "",
) -> "ipywidgets.VBox":
    """Move the age of one infant and see its brain in either contrast (see :func:`age_figure`).

    Every age is drawn once, here, a fifth of a second each; the slider then answers at once.

    Parameters
    ----------
    slices : sequence of ndarray, (2 contrasts, 5 levels, X, Y)
        One entry an age.
    """
    import ipywidgets

    def draw(number: int, contrast: int) -> bytes:
        title = f"{'T1' if contrast == 0 else 'T2'}, {ages[number]:.1f} months"
        fig = age_figure(slices[number][contrast], pixel_mm, ages[number], curves, ages, title=title)
        add_footer(fig, footer)
        return figure_png(fig)

    drawn = {place: draw(*place) for place in np.ndindex(len(ages), 2)}
    months = ipywidgets.SelectionSlider(
        options=[(f"{age:.1f}", i) for i, age in enumerate(ages)],
        value=int(np.argmin(np.abs(np.asarray(ages) - 6))),
        description="months",
    )
    contrast = ipywidgets.ToggleButtons(options=[("T1", 0), ("T2", 1)], description="contrast")
    picture = ipywidgets.Image(format="png")

    def show(_change=None):
        picture.value = drawn[months.value, contrast.value]

    for control in (months, contrast):
        control.observe(show, names="value")
    show()
    return ipywidgets.VBox([ipywidgets.HBox([months, contrast]), picture])
