"""One infant at any age, with the age that the models read off its picture; and what myelin alone does."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.levels import radiological
from neolab.viz.slices import grey_window, on_one_field, show_slice
from neolab.viz.style import BLUE, ORANGE, VERMILION, figure

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure

_COLOURS = (BLUE, VERMILION)


def montage(planes: Sequence[np.ndarray]) -> tuple[np.ndarray, tuple[float, float]]:
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

    All ages are rendered beforehand, so that the slider only draws.

    Parameters
    ----------
    slices : sequence of ndarray, (2 contrasts, 5 levels, X, Y)
        One entry an age.
    """
    import ipywidgets

    from neolab.viz.widgets import live_figure

    controls = {
        "months": ipywidgets.SelectionSlider(
            options=[(f"{age:.1f}", i) for i, age in enumerate(ages)],
            value=int(np.argmin(np.abs(np.asarray(ages) - 6))),
            description="months",
            continuous_update=False,
        ),
        "contrast": ipywidgets.ToggleButtons(options=[("T1", 0), ("T2", 1)], description="contrast"),
    }

    def draw(months: int, contrast: int) -> "Figure":
        title = f"{'T1' if contrast == 0 else 'T2'}, {ages[months]:.1f} months"
        return age_figure(slices[months][contrast], pixel_mm, ages[months], curves, ages, title=title)

    return live_figure(draw, controls, footer)


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
    from neolab.viz.levels import LEVEL_TITLES

    fig, axes = figure(8.6, 7.4, 4, 5)
    for contrast, name in enumerate(("T1", "T2")):
        for level, title in enumerate(LEVEL_TITLES.values()):
            grey = radiological(pictures[contrast, level])
            change = radiological(front[contrast, level])
            look = radiological(gradient[contrast, level])
            above, below = axes[2 * contrast, level], axes[2 * contrast + 1, level]
            for ax in (above, below):
                ax.imshow(grey, cmap="gray", vmin=0, vmax=1)
                ax.set(xticks=[], yticks=[])
                ax.spines[:].set_visible(False)
            top = np.abs(front[contrast]).max()
            above.imshow(change, cmap="RdBu_r", vmin=-top, vmax=top, alpha=_opacity(change / top))
            most = gradient.max()
            below.imshow(look, cmap="inferno", vmin=0, vmax=most, alpha=_opacity(look / most))
            if contrast == 0:
                above.set_title(title)
        axes[2 * contrast, 0].set_ylabel(f"{name}: a month of\nmyelin", fontweight="bold")
        axes[2 * contrast + 1, 0].set_ylabel(f"{name}: network's\ngradient", fontweight="bold")
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
    normal_range : neolab.models.wada2019.delay.NormalRange
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
