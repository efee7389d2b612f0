"""Figures of the study; nothing is computed here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.studies.gloresnet2026.comparison import TITLES
from neolab.studies.gloresnet2026.errors import shares
from neolab.viz.curves import training_curves
from neolab.viz.intervals import interval_legend, show_intervals
from neolab.viz.roc import show_roc
from neolab.viz.scans import ScanView
from neolab.viz.slices import plane_of, show_slice
from neolab.viz.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neolab.io.cohort import Cohort
    from neolab.io.volume import Volume
    from neolab.metrics.estimate import Estimate
    from neolab.studies.gloresnet2026.data import Data
    from neolab.studies.gloresnet2026.scores import FoldScores

#: One colour for a group or a method, in every figure of the study.
COLOURS = {
    "injury": VERMILION,
    "normal": BLUE,
    "GloResNet, clean": BLUE,
    "GloResNet, paper": SKY,
    "volumes and age": ORANGE,
    "mean intensity": PURPLE,
    "demographics": GREEN,
}


def scan_view(
    cohort: "Cohort",
    row: int,
    title: str,
    *,
    finding: str | None = None,
    activation: np.ndarray | None = None,
) -> ScanView:
    """One scan with the outline of its lesions.

    Parameters
    ----------
    cohort : Cohort
    row : int
    title : str
    finding : str, optional
        Outline only this kind of lesion, where the folder tells kinds apart.
    activation : array of the network's cube, optional
        A map from 0 to 1, stretched over the scan.
    """
    from neolab.learn.attribution import enlarge

    image = cohort.read(row, "T2w")
    lesions = _lesions(cohort, row, finding)
    return ScanView(
        title,
        image.data,
        image.voxel_mm,
        None if lesions is None else lesions.onto(image, "nearest").data,
        None if activation is None else enlarge(activation[None], image.shape)[0],
    )


def finding_views(data: "Data", most: int = 5) -> "tuple[list[ScanView], pd.DataFrame]":
    """One scan of each finding, at most so many, with its lesions outlined; and what they are."""
    painted = [data.cohort.there(row, "lesion_mask") for row in range(len(data.table))]
    shown = data.table[painted].drop_duplicates("finding")[:most]
    titles = [finding.replace("_", "\n", 1).replace("_", " ") for finding in shown["finding"]]
    views = [
        scan_view(data.cohort, row, title, finding=finding)
        for title, (row, finding) in zip(titles, shown["finding"].items(), strict=True)
    ]
    return views, shown[["participant_id", "finding", "radiology_score"]]


def map_views(
    data: "Data", rows: Sequence[int], maps: Sequence[np.ndarray], probability: "pd.Series"
) -> "tuple[list[ScanView], pd.DataFrame]":
    """Some scans with their Grad-CAM over them; and what they are."""
    cases = data.table.loc[list(rows)].assign(probability=probability)
    titles = [
        f"{case.group}, p = {case.probability:.2f}\n{case.participant_id}" for case in cases.itertuples()
    ]
    views = [
        scan_view(data.cohort, row, title, activation=activation)
        for row, title, activation in zip(rows, titles, maps, strict=True)
    ]
    return views, cases.filter(["participant_id", "finding", "probability"])


def _lesions(cohort: "Cohort", row: int, finding: str | None) -> "Volume | None":
    kinds = cohort.find(row, "lesions_dseg") if finding else None
    number = cohort.lookup("lesions_dseg").get(finding) if kinds else None
    return cohort.find(row, "lesion_mask") if number is None else kinds.with_data(kinds.data == number)


def cubes_figure(image: "Volume", cubes: Mapping[str, np.ndarray]) -> "Figure":
    """Draw the middle of a scan beside the middle of the cubes that are made of it."""
    fig, panels = figure(6.6, 2.7, 1, 1 + len(cubes))
    middle = plane_of(image.data, "axial", image.shape[2] // 2)
    show_slice(panels[0], middle, image.voxel_mm[1::-1], title="the scan")
    for ax, (name, cube) in zip(panels[1:], cubes.items(), strict=True):
        cut = plane_of(cube, "axial", len(cube) // 2)
        window = (cut.min(), np.quantile(cut, 0.995))
        show_slice(ax, cut, 1.0, window=window, title=f"as the {name} has it", marks=False)
    return fig


def training_figure(history: "pd.DataFrame", majority: float) -> "Figure":
    """Draw losses and held-out accuracy of one training from epoch to epoch.

    Parameters
    ----------
    history : DataFrame
        Of one repeat; see `neolab.studies.gloresnet2026.training.train`.
    majority : float
        Accuracy of always naming the larger group.
    """
    return training_curves(
        history[(history["part"] == "test") | (history["metric"] == "loss")],
        {"loss": "cross-entropy", "accuracy": "accuracy"},
        parts={"train": "training (mixed, weighted)", "test": "held-out fold"},
        chance={"loss": np.log(2), "accuracy": majority},
        best={"accuracy": "highest"},
        limits={"loss": (0, None), "accuracy": (0, 1.02)},
    )


def protocols_figure(
    both: "Mapping[str, FoldScores]", published: Callable[[str], float], majority: float
) -> "Figure":
    """Draw both protocols and the best fold for three measures, and what is printed."""
    fig, panels = figure(8.0, 2.5, 1, 3, sharey=True)
    for ax, measure in zip(panels, ("accuracy", "sensitivity", "auc"), strict=True):
        shown = {f"{name} protocol": scores.mean(measure) for name, scores in both.items()}
        shown["best fold"] = both["paper"].best_fold(measure)
        marks = {
            "paper protocol": published(f"table2.gloresnet.{measure}"),
            "best fold": published(f"table2.best.{measure}"),
        }
        reference = majority if measure == "accuracy" else 0.5
        show_intervals(ax, shown, published=marks, reference=reference, label=_words(measure))
        ax.set_xlim(-0.03, 1.03)
    interval_legend(panels[1], "lower center")
    panels[1].get_legend().set_bbox_to_anchor((0.5, 1.0))
    return fig


def accuracy_figure(accuracies: "Mapping[str, Estimate]", majority: float) -> "Figure":
    """Draw accuracies beside that of always naming the larger group."""
    fig, ax = figure(6.0, 2.2)
    show_intervals(ax, accuracies, reference=majority, label="accuracy, mean over folds, with 95 % interval")
    return fig


def _words(measure: str) -> str:
    return "AUC" if measure == "auc" else measure


def roc_figure(truth: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> "Figure":
    """Draw ROC curves of held-out infants; trainings without a colour of their own are grey."""
    fig, ax = figure(3.9, 3.9)
    colours = dict.fromkeys(probabilities, GREY) | COLOURS
    show_roc(ax, {name: (truth, said) for name, said in probabilities.items()}, colours=colours)
    return fig


def sizes_figure(table: "pd.DataFrame") -> "Figure":
    """Draw counted sizes (dots) and printed ones (diamonds) of the networks.

    Parameters
    ----------
    table : DataFrame
        From `neolab.studies.gloresnet2026.evaluation.comparison_table`.
    """
    fig, ax = figure(5.6, 3.2)
    for row in table.to_dict("records"):
        counted = row["parameters_million"], row["gflops"]
        printed = row["printed parameters"], row["printed GFLOPs"]
        ax.plot(*zip(counted, printed, strict=True), color="0.8", lw=1, zorder=0)
        ax.plot(*counted, "o", color=BLUE)
        ax.plot(*printed, "D", color=VERMILION, mfc="white")
        title = TITLES[row["network"]]
        ax.annotate(title, counted, xytext=(5, 3), textcoords="offset points", fontsize=8)
    ax.set(xscale="log", yscale="log", xlabel="million parameters", ylabel="GFLOPs for 128³ voxels")
    ax.plot([], [], "o", color=BLUE, label="counted")
    ax.plot([], [], "D", color=VERMILION, mfc="white", label="printed")
    ax.legend(loc="lower right")
    return fig


def ablation_figure(
    scores: "Mapping[str, Mapping[str, FoldScores]]", titles: Mapping[str, str], majority: float
) -> "Figure":
    """Draw accuracy and AUC of the settings, from top to bottom in the order of ``titles``."""
    fig, panels = figure(8.0, 0.42 * len(titles) + 0.9, 1, 2, sharey=True)
    for ax, measure, reference in zip(panels, ("accuracy", "auc"), (majority, 0.5), strict=True):
        shown = {title: scores[name]["paper"].mean(measure) for name, title in titles.items()}
        label = f"{_words(measure)}, paper's protocol"
        show_intervals(ax, shown, reference=reference, label=label)
    return fig


def embedding_figure(
    points: np.ndarray, label: np.ndarray, held_out: np.ndarray, score: Iterable
) -> "Figure":
    """Draw two-dimensional points twice: scans that trained the network, and scans that did not.

    Parameters
    ----------
    points : ndarray, (n, 2)
    label : ndarray of int
        1 injury.
    held_out : ndarray of bool
    score : sequence
        Radiology scores, written beside held-out points; missing ones are not.
    """
    fig, axes = figure(7.6, 3.4, 1, 2, sharex=True, sharey=True)
    for ax, chosen, title in (
        (axes[0], ~held_out, "scans it trained on"),
        (axes[1], held_out, "scans it never saw"),
    ):
        ax.scatter(*points[~chosen].T, s=8, color="0.88", lw=0)
        for value, name in enumerate(("normal", "injury")):
            rows = chosen & (label == value)
            ax.scatter(*points[rows].T, s=26, color=COLOURS[name], alpha=0.8, lw=0, label=name)
        ax.set(title=f"{title} (n = {int(chosen.sum())})", xticks=[], yticks=[])
    for place, value, shown in zip(points, score, held_out, strict=True):
        if shown and str(value) != "<NA>":
            axes[1].annotate(str(value), place, xytext=(3, 3), textcoords="offset points", fontsize=6.5)
    axes[0].legend(loc="best")
    return fig


def ratio_figure(ratios: "Mapping[str, Estimate]") -> "Figure":
    """Draw how much of the maps lies in the lesions; names such as ``"stage2.trained"``."""
    fig, ax = figure(5.4, 2.2)
    shown = {name.replace("stage", "stage ").replace(".", ", "): ratio for name, ratio in ratios.items()}
    show_intervals(ax, shown, reference=1.0, label="map in lesions, even map = 1 (median over infants)")
    return fig


def errors_figure(table: "pd.DataFrame") -> "Figure":
    """Draw shares of calls by finding, injured infants on the left and normal ones on the right.

    Parameters
    ----------
    table : DataFrame
        From `neolab.studies.gloresnet2026.errors.share_called`.
    """
    height = 0.3 * table["label"].value_counts().max() + 0.9
    fig, panels = figure(8.6, height, 1, 2, width_ratios=(1, 1))
    said = ((1, "injury", "injured: share found"), (0, "normal", "normal: share called injured"))
    for ax, (label, group, words) in zip(panels, said, strict=True):
        part = table[table["label"] == label]
        names = [f"{row.finding.replace('_', ' ')} ({row.n})" for row in part.itertuples()]
        colours = dict.fromkeys(names, COLOURS[group])
        show_intervals(ax, shares(part, names), label=words, colours=colours)
        ax.set_xlim(-0.03, 1.03)
    return fig


def contest_figure(
    truth: np.ndarray, probabilities: Mapping[str, np.ndarray], areas: "Mapping[str, Estimate]"
) -> "Figure":
    """Draw ROC curves of the network and the simple classifiers, and their areas."""
    fig, (left, right) = figure(8.4, 3.5, 1, 2, width_ratios=(1, 1.1))
    show_roc(left, {name: (truth, said) for name, said in probabilities.items()}, colours=COLOURS)
    show_intervals(right, areas, reference=0.5, label="AUC, held-out infants", colours=COLOURS)
    return fig
