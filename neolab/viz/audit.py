"""Figures of the lesson on published numbers: ranges, attainable values, and recovered folds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.viz.style import BLUE, GREY, ORANGE, VERMILION, YELLOW, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEVERITY_COLOURS = {
    "impossible": VERMILION,
    "inconsistent": ORANGE,
    "ambiguous": YELLOW,
    "note": GREY,
    "consistent": BLUE,
}


def ranges_figure(
    ranges: Mapping[str, tuple[float, float]],
    *,
    xlabel: str,
    mark: tuple[float, float] | float | None = None,
    mark_label: str = "",
    xlim: tuple[float, float] | None = None,
    log: bool = False,
    judge: bool = True,
) -> "Figure":
    """Draw named ranges as bars, against a marked value or range.

    Parameters
    ----------
    ranges : mapping of str to (low, high)
        One bar a name, the first on top.
    xlabel : str
        With unit.
    mark : number or (low, high), optional
    mark_label : str
    xlim : (float, float), optional
    log : bool
        Logarithmic axis.
    judge : bool
        Colour bars by whether they meet the mark: blue if so, orange if not.
    """
    fig, axes = figure(6.6, 0.9 + 0.36 * len(ranges))
    low_mark, high_mark = mark if isinstance(mark, tuple) else (mark, mark)
    for place, (low, high) in enumerate(ranges.values()):
        meets = mark is None or not judge or (low <= high_mark and high >= low_mark)
        axes.plot([low, high], [place, place], color=BLUE if meets else ORANGE, lw=7, solid_capstyle="butt")
        # A tick keeps a range visible that is narrower than a pixel.
        axes.plot([low, high], [place, place], "|", ms=9, mew=1.2, color="black")
    if mark is not None:
        if low_mark == high_mark:
            axes.axvline(low_mark, color="black", lw=1, ls="--", label=mark_label)
        else:
            axes.axvspan(low_mark, high_mark, color="0.85", zorder=0, label=mark_label)
        if mark_label:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
    axes.set_yticks(range(len(ranges)), list(ranges))
    axes.set_ylim(len(ranges) - 0.4, -0.6)
    axes.set(xlabel=xlabel, xscale="log" if log else "linear")
    if xlim is not None:
        axes.set_xlim(*xlim)
    return fig


def attainable_figure(n: int, decimals: int, printed: float) -> "Figure":
    """Draw which percentages ``n`` cases can give, near a printed one.

    Parameters
    ----------
    n : int
        Cases.
    decimals : int
        Decimals of the printed percentage.
    printed : float
        Per cent.
    """
    fig, axes = figure(6.6, 1.9)
    span = max(2.5 * 100 / n, 4 * 10.0**-decimals)
    counts = np.arange(n + 1)
    values = 100 * counts / n
    half = 0.5 * 10.0**-decimals
    shown = np.abs(values - printed) <= span
    axes.axvspan(printed - half, printed + half, ymax=0.53, color="0.75")
    hits = [f"{k}/{n}" for k, v in zip(counts, values, strict=True) if abs(v - printed) <= half + 1e-9]
    axes.plot([printed, printed], [-0.05, 0.6], color="0.5", lw=0.8)
    for count, value in zip(counts[shown], values[shown], strict=True):
        hit = abs(value - printed) <= half + 1e-9
        axes.plot([value, value], [0, 0.6], color=BLUE if hit else ORANGE, lw=2)
        axes.text(value, 0.66, f"{count}/{n}\n{value:.{decimals + 1}f}", ha="center", va="bottom", fontsize=7)
    outcome = f"{' and '.join(hits)} prints so" if hits else "no count prints so"
    axes.set_title(f"{printed:.{decimals}f} % of {n}: {outcome}", loc="left")
    axes.set(xlim=(printed - span, printed + span), ylim=(0, 1.1), yticks=[], xlabel="per cent")
    axes.spines["left"].set_visible(False)
    return fig


def number_figure(number: str, words: str) -> "Figure":
    """Draw one large number above what it counts."""
    fig, axes = figure(5, 1.1)
    axes.axis("off")
    axes.text(0.5, 0.6, number, ha="center", va="center", fontsize=22)
    axes.text(0.5, 0.05, words, ha="center", va="center")
    return fig


def folds_figure(
    sensitivity: Sequence[float],
    specificity: Sequence[float],
    mean: tuple[float, float],
    sd: tuple[float, float],
) -> "Figure":
    """Draw recovered folds in ROC space, with the printed mean and SD as a cross.

    Parameters
    ----------
    sensitivity, specificity : sequence of float
        One value a fold.
    mean, sd : (float, float)
        Printed for sensitivity and specificity.
    """
    fig, axes = figure(4.0, 3.8)
    axes.plot([0, 1], [0, 1], color="0.8", lw=1)
    axes.scatter(1 - np.asarray(specificity), sensitivity, color=BLUE, zorder=3, label="recovered folds")
    for number, (x, y) in enumerate(zip(1 - np.asarray(specificity), sensitivity, strict=True), start=1):
        axes.annotate(str(number), (x, y), xytext=(5, 3), textcoords="offset points", fontsize=8)
    axes.errorbar(
        1 - mean[1],
        mean[0],
        xerr=sd[1],
        yerr=sd[0],
        color=VERMILION,
        capsize=3,
        label="printed mean ± SD",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
    axes.legend(loc="lower right")
    return fig


def severity_figure(counts: Mapping[str, Mapping[str, int]]) -> "Figure":
    """Draw how many findings of each severity every paper has.

    Parameters
    ----------
    counts : mapping of study to mapping of severity to number
    """
    fig, axes = figure(6.6, 0.9 + 0.4 * len(counts))
    left = np.zeros(len(counts))
    for severity, colour in SEVERITY_COLOURS.items():
        numbers = np.array([paper.get(severity, 0) for paper in counts.values()])
        axes.barh(range(len(counts)), numbers, left=left, color=colour, label=severity)
        for place, (start, number) in enumerate(zip(left, numbers, strict=True)):
            if number:
                ink = "white" if severity in ("consistent", "impossible", "note") else "black"
                x = start + number / 2
                axes.text(x, place, str(number), ha="center", va="center", fontsize=7, color=ink)
        left = left + numbers
    axes.set_yticks(range(len(counts)), list(counts))
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.set_xlabel("checks")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=5, borderaxespad=0.2, columnspacing=1)
    return fig
