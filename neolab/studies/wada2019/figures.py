"""Figures of the study: ages, estimates, comparisons, where the network looks, and the flag for delay."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from neolab.studies.wada2019.delay import FIFTH_PERCENTILE, NormalRange
from neolab.studies.wada2019.evaluation import MODEL_TITLES
from neolab.viz.intervals import show_intervals
from neolab.viz.regression import show_agreement, show_residuals
from neolab.viz.slices import radiological
from neolab.viz.style import BLUE, DIVERGING, GREY, HEAT, ORANGE, VERMILION, figure, orientation_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neolab.metrics.estimate import Estimate

COLOURS = {
    "model A": BLUE,
    "model B": VERMILION,
    "3 T": BLUE,
    "1.5 T": VERMILION,
    "brain and myelin": "0.25",
    "myelin": ORANGE,
    "brain": BLUE,
}
#: What is written over each level of `neolab.studies.wada2019.network.LEVELS`, letters as in the paper.
LEVEL_TITLES = {
    "middle_cerebellar_peduncle": "(a) middle cerebellar\npeduncle",
    "midbrain": "(b) midbrain",
    "internal_capsule_and_splenium": "(c) internal capsule,\nsplenium",
    "centrum_semiovale": "(d) centrum\nsemiovale",
    "subcortical_white_matter": "(e) subcortical\nwhite matter",
}


def ages_figure(age_months: Sequence[float]) -> "Figure":
    """Draw how many infants there are of every month of corrected age."""
    fig, axes = figure(5.6, 2.2)
    axes.hist(age_months, bins=np.arange(np.floor(min(age_months)), max(age_months) + 1.5), color=BLUE)
    axes.set(xlabel="corrected age (months)", ylabel="infants")
    axes.yaxis.get_major_locator().set_params(integer=True)
    return fig


def agreement_figure(
    age_months: np.ndarray,
    learnt: Mapping[str, np.ndarray],
    unseen: Mapping[str, np.ndarray],
    tesla: np.ndarray | None = None,
) -> "Figure":
    """Draw Figure 4 twice, on infants learnt from and not, and what is left over; one row a model.

    Parameters
    ----------
    age_months : ndarray, (n,)
        Corrected age.
    learnt, unseen : mapping of str to ndarray, (n,)
        Model -> its estimates.
    tesla : ndarray, (n,), optional
        Field strength of each scan; sets colour and marker.
    """
    fig, panels = figure(9.6, 6.6, len(unseen), 3)
    scanners = None if tesla is None else [f"{value:g} T" for value in tesla]
    options = {"quantity": "corrected age (months)", "colours": COLOURS}
    for (left, middle, right), model in zip(panels, unseen, strict=True):
        title = f"{MODEL_TITLES[model]}: training"
        show_agreement(left, age_months, learnt[model], scanners, title=title, **options)
        show_agreement(middle, age_months, unseen[model], scanners, title="cross-validated", **options)
        show_residuals(right, age_months, unseen[model], scanners, title="its residuals", **options)
    reach = 1.08 * max(np.abs(estimate - age_months).max() for estimate in unseen.values())
    for panel in panels[:, 2]:
        panel.set_ylim(-reach, reach)
    return fig


def errors_figure(errors: Mapping[str, "Estimate"]) -> "Figure":
    """Draw mean absolute errors with their intervals, one row a method; the paper's models are in blue."""
    fig, axes = figure(6.4, 0.4 * len(errors) + 0.6)
    colours = {name: BLUE if name in MODEL_TITLES.values() else GREY for name in errors}
    show_intervals(axes, errors, label="mean absolute error (months), 95 % interval", colours=colours)
    axes.set_xlim(0, None)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    return fig


def offset_figure(offset_months: np.ndarray, beyond_months: np.ndarray) -> "Figure":
    """Draw what a model says beyond the mean for an age against the myelin that was put in, (n,) each."""
    fig, axes = figure(3.8, 3.4)
    axes.scatter(offset_months, beyond_months, s=14, color=BLUE)
    axes.axline((0, 0), slope=1, color="0.7", lw=1)
    axes.set(xlabel="myelin ahead of age (months, put in)", ylabel="estimate beyond its age (months)")
    return fig


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
        "network's\ngradient": (gradient, HEAT, Normalize(0, look)),
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
    colours = (COLOURS[part] for part in ("brain and myelin", "myelin", "brain"))
    for (name, (months, estimates)), colour in zip(lines.items(), colours, strict=False):
        axes.plot(months, estimates, "o-", color=colour, ms=4, label=name)
    ends = axes.get_xlim()
    axes.plot(ends, ends, color="0.8", lw=1, zorder=0)
    axes.axvline(fixed, color="0.85", lw=1, zorder=0)
    axes.set(xlabel="age of what is moved (months)", ylabel="estimate (months)")
    axes.legend(loc="upper left")
    return fig


def delay_figure(
    normal: NormalRange,
    ages: Sequence[float],
    estimates: Sequence[float],
    cases: Mapping[str, tuple[float, float]],
) -> "Figure":
    """Draw the cohort's normal range and single infants in it.

    Parameters
    ----------
    normal : NormalRange
    ages, estimates : sequence, (n,)
        Of the cohort, cross-validated.
    cases : mapping of str to (age, estimate)
    """
    fig, axes = figure(5.6, 4.0)
    axes.plot(ages, estimates, "o", color="0.7", ms=4, mew=0, label="cohort, cross-validated")
    line = np.linspace(min(ages), max(ages), 50)
    mean, sd, low = normal.expected(line), normal.sd(line), FIFTH_PERCENTILE
    axes.plot(line, mean, color=BLUE, lw=1.5, label="mean")
    axes.fill_between(line, mean + low * sd, mean - low * sd, color=BLUE, alpha=0.12, lw=0,
                      label="5th to 95th percentile")  # fmt: skip
    for name, (age, estimate) in cases.items():
        flagged = normal.z(age, estimate) < FIFTH_PERCENTILE
        axes.plot(age, estimate, "v" if flagged else "^", color=VERMILION if flagged else BLUE, ms=8)
        axes.annotate(name, (age, estimate), (7, -3), textcoords="offset points", fontsize=7.5)
    axes.set(xlabel="corrected age (months)", ylabel="estimated age (months)")
    axes.legend(loc="upper left")
    return fig


def _opacity(share: np.ndarray) -> np.ndarray:
    """Nothing where nothing happens, opaque where much does."""
    return np.clip(1.6 * np.abs(share), 0, 0.85)
