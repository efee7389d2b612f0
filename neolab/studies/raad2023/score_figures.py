"""Anomaly scores of training, held-out and abnormal scans, method by method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neolab.metrics.roc import auc, roc_curve
from neolab.viz.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neolab.metrics.estimate import Estimate

ROLE_COLOURS = {"train": GREY, "validation": BLUE, "test": VERMILION}
ROLE_NAMES = {"train": "training normals", "validation": "held-out normals", "test": "abnormal"}
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, "#000000", "#999999", "#8C564B", "#332288")


def by_role(scans: Mapping[str, "pd.DataFrame"], column: str, label: str, *, log: bool = False) -> "Figure":
    """Draw the paper's Figures 3 and 4: a box and the scans of each role, for every method.

    Parameters
    ----------
    scans : mapping of str to DataFrame
        Method -> one row a scan with ``role`` and ``column``.
    column, label : str
        What is drawn, and its name with its unit.
    log : bool
        Logarithmic axis.
    """
    fig, ax = figure(max(6.0, 1.5 * len(scans) + 1.5), 3.2)
    jitter = np.random.default_rng(0)
    for position, rows in enumerate(scans.values()):
        for shift, (role, colour) in zip((-0.25, 0, 0.25), ROLE_COLOURS.items(), strict=True):
            values = rows.loc[rows["role"] == role, column].to_numpy()
            x = position + shift
            ax.boxplot(
                values,
                positions=[x],
                widths=0.2,
                showfliers=False,
                medianprops={"color": "black"},
                boxprops={"color": colour},
                whiskerprops={"color": colour},
                capprops={"color": colour},
            )
            name = ROLE_NAMES[role] if position == 0 else None
            spread = jitter.uniform(-0.05, 0.05, len(values))
            ax.plot(x + spread, values, "o", ms=3.5, alpha=0.6, color=colour, mec="none", label=name)
    ax.set_xticks(range(len(scans)), scans)
    ax.set_ylabel(label)
    ax.set_yscale("log" if log else "linear")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), markerscale=2)
    return fig


def bands_by_role(table: "pd.DataFrame", unit: str, label: str) -> "Figure":
    """Draw the six bands of standard scores, mean over the scans of each role, one panel a method.

    Parameters
    ----------
    table : DataFrame
        ``method``, ``role``, ``band`` and a column ``unit``.
    unit, label : str
        Column to draw, and its name with its unit.
    """
    methods = list(dict.fromkeys(table["method"]))
    fig, axes = figure(2.3 * len(methods) + 0.6, 2.9, 1, len(methods), squeeze=False, sharey=True)
    for ax, method in zip(axes[0], methods, strict=True):
        for shift, (role, colour) in zip((-0.27, 0, 0.27), ROLE_COLOURS.items(), strict=True):
            rows = table[(table["method"] == method) & (table["role"] == role)]
            ax.bar(np.arange(len(rows)) + shift, rows[unit], 0.26, color=colour, label=ROLE_NAMES[role])
        names = [_band_name(band) for band in rows["band"]]
        ax.set_xticks(range(len(rows)), names, rotation=60, ha="right", fontsize=7)
        ax.set_title(method, fontsize=8)
    axes[0, 0].set_ylabel(label)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def _band_name(band: str) -> str:
    words = {"_": " ", "below": "<", "above": ">", "-": "−"}
    for code, word in words.items():
        band = band.replace(code, word)
    return band


def roc_of_methods(curves: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> "Figure":
    """Draw ROC curves, one panel a choice of negatives; later ones are thinner, so that equal ones show.

    Parameters
    ----------
    curves : mapping of title to (mapping of method to (truth, score))
    """
    fig, axes = figure(4.2 * len(curves), 4.2, 1, len(curves), squeeze=False)
    for ax, (title, methods) in zip(axes[0], curves.items(), strict=True):
        ax.plot([0, 1], [0, 1], color="0.8", lw=1, zorder=0)
        widths = np.linspace(4.0, 1.2, len(methods))
        for (name, (truth, score)), colour, width in zip(methods.items(), LINES, widths, strict=False):
            curve = roc_curve(truth, score)
            legend = f"{name}: {auc(truth, score):.2f}"
            x, y = curve.false_positive_rate, curve.true_positive_rate
            ax.plot(x, y, color=colour, lw=width, label=legend)
        ax.set(xlabel="1 − specificity", ylabel="sensitivity", title=title, aspect="equal")
        ax.legend(loc="lower right", fontsize=7, title="AUC", title_fontsize=7)
    return fig


def intervals(estimates: Mapping[str, Mapping[str, "Estimate"]], label: str, *, line: float) -> "Figure":
    """Draw values with their intervals, one row a method, one colour a series.

    Parameters
    ----------
    estimates : mapping of series to (mapping of method to Estimate)
    label : str
        Of the horizontal axis.
    line : float
        A value to compare with, such as 0.5 for an AUC.
    """
    methods = list(next(iter(estimates.values())))
    fig, ax = figure(6.4, 0.45 * len(methods) + 1.3)
    for number, ((series, values), colour) in enumerate(zip(estimates.items(), LINES, strict=False)):
        y = np.arange(len(methods)) + 0.16 * (number - (len(estimates) - 1) / 2) * 2
        value = np.array([values[m].value for m in methods])
        low, high = (np.array([getattr(values[m], end) for m in methods], float) for end in ("low", "high"))
        ax.errorbar(
            value, y, xerr=[value - low, high - value], fmt="o", ms=5, color=colour, capsize=3, label=series
        )
    ax.axvline(line, color="0.7", lw=1, zorder=0)
    ax.set_yticks(range(len(methods)), methods)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(estimates))
    return fig


def training_curves(histories: Mapping[str, "pd.DataFrame"]) -> "Figure":
    """Draw mean squared error against epochs: training solid, held-out dashed."""
    fig, ax = figure(6.4, 3.2)
    for (name, history), colour in zip(histories.items(), LINES, strict=False):
        ax.plot(history["epoch"], history["train_mse"], color=colour, label=name)
        ax.plot(history["epoch"], history["validation_mse"], color=colour, ls="--")
    ax.set(xlabel="epoch", ylabel="mean squared error", yscale="log")
    ax.legend(title="solid: training, dashed: held-out normals", title_fontsize=7)
    return fig


def precision_curve(table: "pd.DataFrame", n_here: int) -> "Figure":
    """Draw the half width of an AUC's interval against the number of abnormal scans; ``n_here`` is marked."""
    fig, ax = figure(5.6, 3.0)
    for number, (series, rows) in enumerate(table.groupby("negatives", sort=False)):
        ax.plot(rows["abnormal"], rows["half_width"], color=LINES[number], marker="o", ms=3, label=series)
    ax.axvline(n_here, color="0.7", lw=1, zorder=0)
    ax.set(xlabel="abnormal scans", ylabel="half width of the 95 % interval", xscale="log", ylim=(0, None))
    numbers = sorted(set(table["abnormal"]))
    ax.set_xticks(numbers, numbers)
    ax.minorticks_off()
    top = ax.get_ylim()[1]
    ax.text(n_here, top, f" this cohort: {n_here}", fontsize=7, color="0.35", va="top")
    ax.legend(title="normal scans", title_fontsize=7)
    return fig


def found_by_kind(table: "pd.DataFrame") -> "Figure":
    """Draw mean average precision by kind of lesion, a panel a region; a tick marks what chance scores.

    Parameters
    ----------
    table : DataFrame
        From `neolab.studies.raad2023.localisation.summarise`.
    """
    regions, kinds = (list(dict.fromkeys(table[name])) for name in ("region", "kind"))
    methods = list(dict.fromkeys(table["method"]))
    fig, axes = figure(9.0, 0.5 * len(kinds) + 1.6, 1, len(regions), squeeze=False, sharey=True, sharex=True)
    for ax, region in zip(axes[0], regions, strict=True):
        for number, method in enumerate(methods):
            rows = table[(table["region"] == region) & (table["method"] == method)].set_index("kind")
            y = np.arange(len(kinds)) + 0.7 * (number / max(1, len(methods) - 1) - 0.5)
            value = rows["average_precision"].reindex(kinds)
            ax.plot(value, y, "o", ms=4.5, color=LINES[number], label=method)
        chance = table[table["region"] == region].groupby("kind")["prevalence"].first().reindex(kinds)
        ax.plot(chance, range(len(kinds)), "|", ms=13, mew=1.5, color="0.6", label="chance")
        ax.set(title=region, xlabel="average precision over voxels", xscale="log")
        ax.set_yticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds])
    axes[0, 0].invert_yaxis()
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return fig
