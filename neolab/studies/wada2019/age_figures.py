"""One infant at any age, with the age that the models read off its picture; and what myelin alone does."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from neolab.studies.wada2019.level_figures import LEVEL_TITLES, radiological
from neolab.viz.slices import grey_window, on_one_field, show_slice
from neolab.viz.style import (
    BLUE,
    DIVERGING,
    ORANGE,
    VERMILION,
    add_footer,
    figure,
    figure_png,
    orientation_labels,
)

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure

_COLOURS = (BLUE, VERMILION)


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
    for (name, values), colour in zip(curves.items(), _COLOURS, strict=False):
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


def front_figure(pictures: np.ndarray, front: np.ndarray, gradient: np.ndarray, months: float) -> "Figure":
    """Draw where myelin changes the picture of one infant, and where a network looks.

    Parameters
    ----------
    pictures : ndarray, (2, 5, S, S)
        What the network sees.
    front : ndarray, (2, 5, S, S)
        Change of the picture for a month of myelin.
    gradient : ndarray, (2, 5, S, S)
        Change of the estimate for a unit of intensity, absolute value, smoothed.
    months : float
        Corrected age.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    # A few pixels beyond the ends of the scale keep their colour; without that one pixel would set it.
    change, look = (float(np.quantile(np.abs(values), 0.999)) for values in (front, gradient))
    scales = {
        "a month of\nmyelin": (front, DIVERGING, Normalize(-change, change)),
        "network's\ngradient": (gradient, "inferno", Normalize(0, look)),
    }
    fig, axes = figure(9.4, 7.4, 4, 5)
    for (row, (kind, contrast)), level in product(
        enumerate(product(scales, range(2))), range(len(LEVEL_TITLES))
    ):
        values, colours, scale = scales[kind]
        ax, plane = axes[row, level], radiological(values[contrast, level])
        ax.imshow(radiological(pictures[contrast, level]), cmap="gray", vmin=0, vmax=1)
        ax.imshow(plane, cmap=colours, norm=scale, alpha=_opacity(plane / scale.vmax))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        if level == 0:
            ax.set_ylabel(f"{('T1', 'T2')[contrast]}: {kind}", fontweight="bold")
    for ax, title in zip(axes[0], LEVEL_TITLES.values(), strict=True):
        ax.set_title(title)
    orientation_labels(axes[0, 0])
    units = ("intensity a month (1: black to white)", "months per unit of intensity")
    for (_, colours, scale), unit, rows in zip(scales.values(), units, (axes[:2], axes[2:]), strict=True):
        bar = fig.colorbar(ScalarMappable(scale, colours), ax=rows, shrink=0.8, aspect=30, label=unit)
        bar.outline.set_visible(False)
    fig.suptitle(f"corrected age {months:.0f} months", fontsize=9)
    return fig


def share_figure(shares: Mapping[str, np.ndarray]) -> "Figure":
    """Draw shares by contrast and level, one table a panel.

    Parameters
    ----------
    shares : mapping of str to ndarray, (2, 5)
        Title -> shares that sum to 1.
    """
    fig, axes = figure(3.3 * len(shares), 1.7, 1, len(shares), squeeze=False)
    top = max(share.max() for share in shares.values())
    for ax, (title, share) in zip(axes[0], shares.items(), strict=True):
        ax.imshow(share, cmap="Blues", vmin=0, vmax=top, aspect="auto")
        for (row, column), value in np.ndenumerate(share):
            colour = "white" if value > 0.6 * top else "black"
            ax.text(column, row, f"{value:.0%}", ha="center", va="center", color=colour, fontsize=8)
        ax.set_xticks(range(share.shape[1]), [f"({letter})" for letter in "abcde"[: share.shape[1]]])
        ax.set_yticks(range(share.shape[0]), ["T1", "T2"][: share.shape[0]])
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_title(title)
    return fig


def response_figure(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], fixed: float) -> "Figure":
    """Draw how the estimate answers when brain and myelin age together, and when only one of them does.

    Parameters
    ----------
    lines : mapping of str to (months, estimates)
    fixed : float
        Age in months at which the other one is held.
    """
    fig, axes = figure(5.2, 3.6)
    for (name, (months, estimates)), colour in zip(lines.items(), ("0.25", ORANGE, BLUE), strict=False):
        axes.plot(months, estimates, "o-", color=colour, ms=4, label=name)
    ends = axes.get_xlim()
    axes.plot(ends, ends, color="0.8", lw=1, zorder=0)
    axes.axvline(fixed, color="0.85", lw=1, zorder=0)
    axes.set(xlabel="age of what is moved (months)", ylabel="estimate (months)")
    axes.legend(loc="upper left")
    return fig


def delay_figure(
    normal_range, ages: Sequence[float], estimates: Sequence[float], cases: Mapping[str, tuple[float, float]]
) -> "Figure":
    """Draw the cohort's normal range and single infants in it.

    Parameters
    ----------
    normal_range : neolab.studies.wada2019.delay.NormalRange
    ages, estimates : sequence, (n,)
        Of the cohort, cross-validated.
    cases : mapping of str to (age, estimate)
    """
    fig, axes = figure(5.6, 4.0)
    axes.plot(ages, estimates, "o", color="0.7", ms=4, mew=0, label="cohort, cross-validated")
    line = np.linspace(min(ages), max(ages), 50)
    mean, sd = normal_range.expected(line), normal_range.sd(line)
    axes.plot(line, mean, color=BLUE, lw=1.5, label="mean")
    axes.fill_between(line, mean - 1.645 * sd, mean + 1.645 * sd, color=BLUE, alpha=0.12, lw=0,
                      label="5th to 95th percentile")  # fmt: skip
    for name, (age, estimate) in cases.items():
        flagged = normal_range.z(age, estimate) < -1.645
        axes.plot(age, estimate, "v" if flagged else "^", color=VERMILION if flagged else BLUE, ms=8)
        axes.annotate(name, (age, estimate), (7, -3), textcoords="offset points", fontsize=7.5)
    axes.set(xlabel="corrected age (months)", ylabel="estimated age (months)")
    axes.legend(loc="upper left")
    return fig


def _opacity(share: np.ndarray) -> np.ndarray:
    """Nothing where nothing happens, opaque where much does."""
    return np.clip(1.6 * np.abs(share), 0, 0.85)
