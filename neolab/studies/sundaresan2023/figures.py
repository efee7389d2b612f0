"""Figures of the microbleed study: contrasts side by side, candidates on a slice, free-response curves."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.viz.slices import plane_of, show_slice
from neolab.viz.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, figure
from neolab.viz.widgets import live_figure, slider

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neolab.metrics.estimate import Estimate

#: Black and white level by the start of an image's name, in its own unit; inputs of the networks are 0..1.
WINDOWS = {
    "phase": (-1.0, 1.0),
    "qsm": (-0.1, 0.2),
    "inverted": (0.0, 1.0),
    "vessels": (0.0, 1.0),
    "radial": (0.0, 1.0),
}
#: Outcome of a candidate or lesion -> colour and line style of its circle.
MARKS = {
    "found microbleed": (GREEN, "-"),
    "missed microbleed": (ORANGE, "--"),
    "false finding": (VERMILION, "-"),
    "rejected candidate": (SKY, ":"),
}
COLOURS = {
    "detector alone": GREY,
    "teacher": PURPLE,
    "student, labels only": ORANGE,
    "student, distilled": BLUE,
    "with clean-up": GREEN,
    "bright and round, cleaned up": "black",
}


def window_of(name: str, volume: np.ndarray) -> tuple[float, float]:
    """Fixed for phase, QSM and network inputs; black to a little above the tissue for the others."""
    for kind, window in WINDOWS.items():
        if name.lower().startswith(kind):
            return window
    inside = volume[volume > 0.2 * np.percentile(volume, 98)]
    return 0.0, 1.5 * float(np.median(inside)) if inside.size else 1.0


def contrast_panel(
    volumes: Mapping[str, np.ndarray],
    z: int,
    voxel_mm: Sequence[float],
    marks: pd.DataFrame | None = None,
) -> "Figure":
    """One axial slice of every image of a scan.

    Parameters
    ----------
    volumes : mapping of str to ndarray (X, Y, Z)
        RAS+, on one grid; names starting with ``phase`` or ``qsm`` get their usual window.
    z : int
    voxel_mm : sequence of float
    marks : DataFrame, optional
        Columns ``x``, ``y``, ``z`` (voxels) and ``kind`` (see `MARKS`).
    """
    shape = next(iter(volumes.values())).shape
    height = 2.5 * shape[1] * voxel_mm[1] / (shape[0] * voxel_mm[0]) + 0.25
    fig, axes = figure(2.5 * len(volumes), height, 1, len(volumes), squeeze=False)
    for number, (ax, (name, volume)) in enumerate(zip(axes[0], volumes.items(), strict=True)):
        show_marked_slice(ax, volume, z, voxel_mm, name, marks, plain=number > 0)
    if marks is not None and len(marks):
        handles = [mark for mark in _mark_lines() if mark.get_label() in set(marks["kind"])]
        fig.legend(handles=handles, loc="outside upper center", ncols=len(handles), fontsize=7)
    return fig


def show_marked_slice(
    axes: "Axes",
    volume,
    z: int,
    voxel_mm,
    name: str,
    marks: pd.DataFrame | None = None,
    *,
    plain: bool = False,
) -> None:
    """Draw one axial slice with circles around what lies in it or next to it."""
    show_slice(
        axes,
        plane_of(volume, "axial", z),
        (voxel_mm[1], voxel_mm[0]),
        window=window_of(name, volume),
        title=name,
        marks=not plain,
    )
    if marks is None or not len(marks):
        return
    from matplotlib.patches import Circle

    for mark in marks[(marks["z"] - z).abs() <= 1].itertuples():
        colour, line = MARKS[mark.kind]
        x = (volume.shape[0] - 0.5 - mark.x) * voxel_mm[0]
        y = (volume.shape[1] - 0.5 - mark.y) * voxel_mm[1]
        axes.add_patch(Circle((x, y), 5.5, fill=False, ec=colour, ls=line, lw=1.3))


def _mark_lines() -> list:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=colour, ls=line, label=name) for name, (colour, line) in MARKS.items()]


def candidate_browser(
    volumes: Mapping[str, np.ndarray], voxel_mm: Sequence[float], marks: pd.DataFrame, *, footer: str = ""
) -> "ipywidgets.VBox":
    """Walk through the slices of any image of one scan, candidates and lesions circled.

    Static twin: `contrast_panel`.
    """
    import ipywidgets

    depth = next(iter(volumes.values())).shape[2]
    busiest = int(marks["z"].mode().iloc[0]) if len(marks) else depth // 2
    controls = {
        "image": ipywidgets.Dropdown(options=list(volumes), description="image"),
        "z": slider("slice", min(busiest, depth - 1), 0, depth - 1),
        "circles": ipywidgets.Checkbox(value=True, description="circles"),
    }

    def draw(image: str, z: int, circles: bool) -> "Figure":
        fig, ax = figure(4.6, 5.4)
        show_marked_slice(ax, volumes[image], z, voxel_mm, image, marks if circles else None)
        if circles:
            fig.legend(handles=_mark_lines(), loc="outside upper center", ncols=2, fontsize=7)
        return fig

    return live_figure(draw, controls, footer)


def free_response_figure(
    bands: pd.DataFrame, points: Mapping[str, Mapping[str, "Estimate"]] | None = None
) -> "Figure":
    """Sensitivity against false positives per subject, with 95 % bands over subjects.

    Parameters
    ----------
    bands : DataFrame
        From `neolab.studies.sundaresan2023.evaluation.free_response_bands`.
    points : mapping of str to results, optional
        Operating points, as from ``evaluation.measure``; a name that is also a curve's takes its colour.
    """
    fig, ax = figure(5.6, 3.8)
    spare = cycle((BLUE, VERMILION, GREEN, PURPLE, ORANGE))
    for name, rows in bands.groupby("method", sort=False):
        colour = COLOURS.get(name) or next(spare)
        false = rows["false_positives_per_subject"]
        ax.plot(false, rows["sensitivity"], color=colour, lw=1.8, label=name)
        ax.fill_between(false, rows["low"], rows["high"], color=colour, alpha=0.13, lw=0)
    for name, result in (points or {}).items():
        place = result["false_positives"].value, result["sensitivity"].value
        ax.plot(*place, "o", color=COLOURS.get(name, "black"), ms=7, mec="white", zorder=5)
    ax.set(xlabel="false positives per subject", ylabel="sensitivity (lesions)", ylim=(-0.02, 1.02))
    ax.set_xlim(0, bands["false_positives_per_subject"].max())
    ax.legend(loc="lower right")
    return fig


def threshold_figure(
    scores: pd.DataFrame, network: str, detector: float, score: float, counts: Mapping[str, float]
) -> "Figure":
    """Scores of true and false candidates, and what is left of them at two thresholds.

    Parameters
    ----------
    scores : DataFrame
        One row a candidate: ``detector``, a column named ``network``, ``is_true``.
    network : str
    detector, score : float
        The thresholds.
    counts : mapping of str to float
        From ``evaluation.pooled_at``: what is left.
    """
    fig, (left, right) = figure(8.2, 3.2, 1, 2, gridspec_kw={"width_ratios": [1.5, 1]})
    for is_true, colour, label in ((False, VERMILION, "no microbleed"), (True, GREEN, "microbleed")):
        rows = scores[scores["is_true"] == is_true]
        label = f"{label} ({len(rows)})"
        left.scatter(rows["detector"], rows[network], s=14, color=colour, label=label, alpha=0.7, lw=0)
    left.axvline(detector, color="0.4", lw=1)
    left.axhline(score, color="0.4", lw=1)
    left.set(xlabel="detector", ylabel="discriminator", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    left.legend(loc="lower left", fontsize=7)
    bars = ("found", "missed", "false")
    right.barh(bars, [counts[name] for name in bars], color=[GREEN, ORANGE, VERMILION])
    right.set_xlim(0, max(counts["found"] + counts["missed"], counts["false"], 1) * 1.15)
    sensitivity, precision = (_told(counts[name]) for name in ("sensitivity", "precision"))
    right.set_title(
        f"sensitivity {sensitivity}, precision {precision},\n"
        f"{counts['false_positives']:.1f} false per subject",
        fontsize=9,
    )
    return fig


def _told(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.2f}"


def threshold_sliders(
    scores: pd.DataFrame,
    network: str,
    detector: float,
    score: float,
    count: Callable[[float, float, bool], Mapping[str, float]],
    *,
    footer: str = "",
) -> "ipywidgets.VBox":
    """Move the thresholds of both steps and switch the clean-up; static twin: `threshold_figure`.

    Parameters
    ----------
    count : callable
        From both thresholds and whether the clean-up follows to the counts of ``evaluation.pooled_at``.
    scores, network, detector, score
        As for `threshold_figure`.
    """
    import ipywidgets

    controls = {
        "detector": slider("detector", detector, 0, 0.99, 0.01),
        "score": slider("student", score, 0, 0.99, 0.01),
        "clean_up": ipywidgets.Checkbox(value=False, description="clean-up"),
    }

    def draw(detector: float, score: float, clean_up: bool) -> "Figure":
        return threshold_figure(scores, network, detector, score, count(detector, score, clean_up))

    return live_figure(draw, controls, footer)
