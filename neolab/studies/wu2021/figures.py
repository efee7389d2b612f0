"""The study's own figures: regions on a slice, groups, methods side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.metrics.classification import count_confusion
from neolab.studies.wu2021.cohort import GROUPS, NEGATIVE, POSITIVE
from neolab.studies.wu2021.data import Data, Slices
from neolab.studies.wu2021.evaluation import methods_of
from neolab.studies.wu2021.ratios import RATIOS
from neolab.viz.confusion import show_confusion
from neolab.viz.curves import training_curves
from neolab.viz.overlays import activation_gallery, show_outline
from neolab.viz.roc import show_areas, show_roc
from neolab.viz.slices import centres_mm, show_slice, slice_gallery
from neolab.viz.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Groups, methods and tissues, the same in all figures.
COLOURS = {
    POSITIVE: VERMILION,
    NEGATIVE: BLUE,
    "visual": GREY,
    "GPnorm": ORANGE,
    "STNnorm": PURPLE,
    "ResNet18, folds by slice": SKY,
    "ResNet18, folds by patient": BLUE,
    "white_matter": GREEN,
    "globus_pallidus": VERMILION,
    "subthalamic_nucleus": BLUE,
}


def contrast_gallery(data: Data, newborns: Mapping[str, Sequence[int]]) -> "Figure":
    """Draw chosen newborns of each group in a row, with their GP/WM and arrows at the globus pallidus.

    Parameters
    ----------
    data : Data
    newborns : mapping of str to sequence of int
        Group -> rows of ``data.table``.
    """
    chosen = [i for rows in newborns.values() for i in rows]
    return slice_gallery(
        [data.pictures[i] for i in chosen],
        [f"GP/WM {data.table['gpnorm'][i]:.2f}" for i in chosen],
        data.pixel_mm,
        columns=len(chosen) // len(newborns),
        row_titles=list(newborns),
        size_in=1.9,
        arrows={k: centres_mm(data.rois[i]["globus_pallidus"], data.pixel_mm) for k, i in enumerate(chosen)},
    )


def reading_sheet(data: Data, cases: Sequence[int]) -> "Figure":
    """Draw the cases of the reading exercise without their labels."""
    titles = [f"case {k + 1}" for k in range(len(cases))]
    return slice_gallery([data.pictures[i] for i in cases], titles, data.pixel_mm, columns=6, size_in=1.35)


def rois_figure(picture: np.ndarray, rois: Mapping[str, np.ndarray], pixel_mm: float) -> "Figure":
    """Draw the regions of interest in one newborn; see `show_rois`."""
    fig, axes = figure(3.6, 3.9)
    show_rois(axes, picture, rois, pixel_mm)
    return fig


def show_rois(axes: "Axes", picture: np.ndarray, rois: Mapping[str, np.ndarray], pixel_mm: float) -> None:
    """Draw a slice with the outlines of its regions and a legend of their names.

    Parameters
    ----------
    axes : Axes
    picture : ndarray, (rows, columns)
    rois : mapping of str to ndarray of bool
        On the picture's grid.
    pixel_mm : float
    """
    from matplotlib.lines import Line2D

    show_slice(axes, picture, pixel_mm)
    drawn = [name for name, roi in rois.items() if roi.any()]
    for name in drawn:
        show_outline(axes, rois[name], pixel_mm, COLOURS[name], width=1.6)
    lines = {name.replace("_", " "): Line2D([], [], color=COLOURS[name], lw=2) for name in drawn}
    axes.legend(
        lines.values(),
        lines,
        loc="lower left",
        fontsize=6.5,
        frameon=True,
        facecolor="black",
        edgecolor="none",
        framealpha=0.6,
        labelcolor="white",
    )


def recovery_figure(table: "pd.DataFrame") -> "Figure":
    """Draw each ratio as measured over the ratio that was put into the tissue.

    Parameters
    ----------
    table : DataFrame
        With ``group``, and each ratio as measured and as ``latent_<ratio>``.
    """
    fig, panels = figure(7.4, 3.4, 1, len(RATIOS))
    for axes, (name, title) in zip(panels, RATIOS.items(), strict=True):
        for group, rows in table.groupby("group"):
            axes.scatter(rows[f"latent_{name}"], rows[name], color=COLOURS[group], s=14, label=group)
        axes.axline((1.4, 1.4), slope=1, color="0.7", lw=1, label="measured = true", zorder=0)
        axes.set(xlabel=f"true {title}", ylabel=f"measured {title}")
    panels[0].legend(loc="upper left")
    return fig


def groups_figure(table: "pd.DataFrame", cutoffs: Mapping[str, float]) -> "Figure":
    """Draw each ratio of both groups with its cut-off, and mean and SD as the paper prints them.

    Parameters
    ----------
    table : DataFrame
        With ``group`` and the ratios.
    cutoffs : mapping of str to float
        Ratio -> cut-off; these ratios are drawn.
    """
    fig, panels = figure(3.8 * len(cutoffs), 3.4, 1, len(cutoffs), squeeze=False)
    for axes, (name, cutoff) in zip(panels[0], cutoffs.items(), strict=True):
        show_groups(axes, table, name, cutoff=cutoff)
    _group_legend(panels[0, -1])
    return fig


def show_groups(axes: "Axes", table: "pd.DataFrame", name: str, *, cutoff: float | None = None) -> None:
    """Draw one dot a newborn, the mean and SD of each group, and what the paper prints beside it.

    Parameters
    ----------
    axes : Axes
    table : DataFrame
        With columns ``name`` and ``group``.
    name : str
        A ratio.
    cutoff : float, optional
        Horizontal line.
    """
    # The sideways scatter of the dots means nothing.
    rng = np.random.default_rng(0)
    for position, (group, published) in enumerate(GROUPS.items()):
        values = table.loc[table["group"] == group, name].dropna().to_numpy()
        colour, scatter = COLOURS[group], rng.uniform(-0.16, 0.16, values.size)
        axes.scatter(position + scatter, values, s=14, color=colour, alpha=0.6, lw=0)
        sd = values.std(ddof=1) if values.size > 1 else 0.0
        axes.errorbar(position + 0.28, values.mean(), sd, fmt="o", color=colour, capsize=3, ms=5)
        mean, sd = getattr(published, name)
        axes.errorbar(position + 0.38, mean, sd, fmt="D", color="0.3", mfc="white", capsize=3, ms=4)
    if cutoff is not None:
        axes.axhline(cutoff, color="0.3", ls="--", lw=1)
        axes.text(-0.48, cutoff, f"{cutoff:.3f}", va="bottom", ha="left", fontsize=7.5, color="0.3")
    counts = table["group"].value_counts()
    axes.set_xticks(range(len(GROUPS)), [f"{group}\nn = {counts.get(group, 0)}" for group in GROUPS])
    axes.set(xlim=(-0.5, len(GROUPS) - 0.4), ylabel=RATIOS[name])


def _group_legend(axes: "Axes") -> None:
    """Say what dot, circle and diamond mean."""
    from matplotlib.lines import Line2D

    axes.legend(
        handles=[
            Line2D([], [], marker="o", ls="", color="0.5", ms=4, alpha=0.6, label="one newborn"),
            Line2D([], [], marker="o", color="0.3", ms=5, label="mean ± SD"),
            Line2D([], [], marker="D", color="0.3", mfc="white", ms=4, label="mean ± SD, paper"),
        ],
        loc="upper right",
        fontsize=7,
    )


def areas_figure(areas: "pd.DataFrame", here: Mapping[str, float], printed: Mapping[str, float]) -> "Figure":
    """Draw the AUC of each ratio as put into many cohorts and into this one, and as printed."""
    fig, axes = figure(6.4, 1.9)
    drawn = {RATIOS[name]: areas[name].to_list() for name in areas}
    here, printed = ({RATIOS[name]: one[name] for name in areas} for one in (here, printed))
    show_areas(axes, drawn, here, printed, colours=COLOURS)
    return fig


def augmentation_figure(picture: np.ndarray, augmented: np.ndarray, pixel_mm: float) -> "Figure":
    """Draw one slice and what augmentation makes of it, (N, S, S)."""
    titles = ["as it is", *["augmented"] * len(augmented)]
    return slice_gallery([picture, *augmented], titles, pixel_mm, columns=len(titles))


def training_figure(history: "pd.DataFrame") -> "Figure":
    """Draw accuracy and loss of all folds while they are trained; grey lines: guessing."""
    return training_curves(
        history,
        ("accuracy", "loss"),
        parts={"train": "training batches", "test": "held-out fold"},
        chance={"accuracy": 0.5, "loss": float(np.log(2))},
        limits={"accuracy": (0, 1)},
    )


def activation_figure(slices: Slices, predictions: "pd.DataFrame", maps: np.ndarray) -> "Figure":
    """Draw slices above, and below them what speaks for ABE in the eyes of the network.

    Parameters
    ----------
    slices : Slices
    predictions : DataFrame
        ``label`` and ``probability`` of the rows of ``slices`` that are drawn.
    maps : ndarray, (N, S, S)
        0 to 1, one a row of ``predictions``.
    """
    groups = np.where(predictions["label"] == 1, POSITIVE, NEGATIVE)
    titles = [
        f"{group}, p(ABE) {share:.2f}"
        for group, share in zip(groups, predictions["probability"], strict=True)
    ]
    pictures = [slices.images[i] for i in predictions.index]
    return activation_gallery(pictures, maps, titles, slices.pixel_mm, label="speaks for ABE")


def misread_figure(
    slices: Slices, predictions: "pd.DataFrame", misread: Mapping[str, Sequence[int]]
) -> "Figure":
    """Draw the slices that the network gets most wrong, one row of pictures a group."""
    chosen = [i for rows in misread.values() for i in rows]
    return slice_gallery(
        [slices.images[i] for i in chosen],
        [f"p(ABE) {predictions['probability'][i]:.2f}" for i in chosen],
        slices.pixel_mm,
        columns=len(chosen) // len(misread),
        row_titles=list(misread),
        size_in=1.6,
    )


def methods_figure(scores: "pd.DataFrame") -> "Figure":
    """Draw the confusion matrix of every method, and the ROC curves, one case a newborn.

    Parameters
    ----------
    scores : DataFrame
        ``label``, and of each method that has judged ``<method>_call`` and, unless it only says yes or no,
        ``<method>``; see `neolab.studies.wu2021.evaluation.METHODS`.
    """
    truth, names = scores["label"], methods_of(scores)
    ratios = [*[1] * len(names), 2.1]
    fig, panels = figure(2.1 * len(names) + 4.4, 3.6, 1, len(names) + 1, width_ratios=ratios)
    for axes, (column, name) in zip(panels, names.items(), strict=False):
        counts = count_confusion(truth, scores[f"{column}_call"])
        show_confusion(axes, counts, (POSITIVE, NEGATIVE), title=f"{name}: {counts.accuracy:.0%} right")
    curves = {name: (truth, scores[column]) for column, name in names.items() if column in scores}
    points = {
        name: (truth, scores[f"{column}_call"]) for column, name in names.items() if column not in scores
    }
    show_roc(panels[-1], curves, points, colours=COLOURS)
    panels[-1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=7)
    return fig
