"""Anomaly scores of training, held-out and abnormal scans, method by method."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neolab.studies.raad2023.roles import ROLES
from neolab.viz.roc import show_roc
from neolab.viz.slices import plane_of, show_slice, slice_gallery
from neolab.viz.style import BLUE, GREY, VERMILION, colours_of, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from neolab.studies.raad2023.data import Data
    from neolab.studies.raad2023.preprocess import ScanSteps

#: One colour for a role, in every figure of the study.
COLOURS = {"train": GREY, "validation": BLUE, "test": VERMILION}
# Roles side by side at one place of an axis.
_SHIFTS = dict(zip(ROLES, (-0.26, 0.0, 0.26), strict=True))


def steps_gallery(prepared: "ScanSteps") -> "Figure":
    """Draw the middle slice of a scan after every step, each in its own pixels and grey window."""
    fig, axes = figure(1.75 * len(prepared.steps) + 0.2, 2.4, 1, len(prepared.steps))
    for number, (ax, (name, step)) in enumerate(zip(axes, prepared.steps.items(), strict=True)):
        picture = plane_of(step.get_fdata(dtype=np.float32), "axial", step.shape[2] // 2)
        across, down = (float(size) for size in step.header.get_zooms()[:2])
        show_slice(ax, picture, (down, across), title=name, marks=number == 0)
    return fig


def prepared_gallery(data: "Data", columns: int = 6) -> "Figure":
    """Draw the middle slice of some scans of each role, one role a row."""
    columns = min(columns, data.table["role"].value_counts().min())
    rows = [row for role in ROLES for row in data.rows(role)[:columns]]
    middle = data.side // 2
    cuts = [plane_of(np.asarray(data.images[row], np.float32), "axial", middle) for row in rows]
    return slice_gallery(
        cuts,
        [""] * len(cuts),
        data.voxel_mm,
        columns=columns,
        row_titles=list(ROLES.values()),
        windows=[(0, 0.9)] * len(cuts),
        size_in=1.4,
    )


def by_role(scans: "pd.DataFrame", column: str, label: str, *, log: bool = False) -> "Figure":
    """Draw the paper's Figures 3 and 4: a box and the scans of each role, for every method.

    Parameters
    ----------
    scans : DataFrame
        One row a ``method`` and scan with ``role`` and ``column``.
    column, label : str
        What is drawn, and its name with its unit.
    log : bool
        Logarithmic axis.
    """
    methods = list(scans["method"].unique())
    fig, ax = figure(max(6.0, 1.5 * len(methods) + 1.5), 3.2)
    jitter = np.random.default_rng(0)
    for role, name in ROLES.items():
        colour = {"color": COLOURS[role]}
        of_role = scans[scans["role"] == role]
        values = [of_role.loc[of_role["method"] == method, column].to_numpy() for method in methods]
        places = np.arange(len(methods)) + _SHIFTS[role]
        ax.boxplot(
            values, positions=places, widths=0.2, showfliers=False, medianprops={"color": "black"},
            boxprops=colour, whiskerprops=colour, capprops=colour,
        )  # fmt: skip
        x = np.concatenate(
            [x + jitter.uniform(-0.05, 0.05, len(v)) for x, v in zip(places, values, strict=True)]
        )
        ax.plot(x, np.concatenate(values), "o", ms=3.5, alpha=0.6, mec="none", label=name, **colour)
    ax.set_xticks(range(len(methods)), methods)
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
    methods = list(table["method"].unique())
    fig, axes = figure(2.3 * len(methods) + 0.6, 2.9, 1, len(methods), squeeze=False, sharey=True)
    for ax, method in zip(axes[0], methods, strict=True):
        for role, name in ROLES.items():
            rows = table[(table["method"] == method) & (table["role"] == role)]
            ax.bar(np.arange(len(rows)) + _SHIFTS[role], rows[unit], 0.26, color=COLOURS[role], label=name)
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


def roc_panels(curves: Mapping[str, Mapping[str, tuple[Sequence, Sequence]]]) -> "Figure":
    """Draw ROC curves, one panel a choice of negatives.

    Parameters
    ----------
    curves : mapping of title to (mapping of method to (truth, score))
    """
    fig, axes = figure(4.2 * len(curves), 4.2, 1, len(curves), squeeze=False)
    for ax, (title, methods) in zip(axes[0], curves.items(), strict=True):
        show_roc(ax, methods, title=title)
    return fig


def precision_curve(table: "pd.DataFrame", n_here: int) -> "Figure":
    """Draw the half width of an AUC's interval against the number of abnormal scans; ``n_here`` is marked."""
    fig, ax = figure(5.6, 3.0)
    colours = colours_of(table["negatives"].unique())
    for series, rows in table.groupby("negatives", sort=False):
        ax.plot(rows["abnormal"], rows["half_width"], color=colours[series], marker="o", ms=3, label=series)
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
    regions, kinds, methods = (list(table[name].unique()) for name in ("region", "kind", "method"))
    colours = colours_of(methods)
    fig, axes = figure(9.0, 0.5 * len(kinds) + 1.6, 1, len(regions), squeeze=False, sharey=True, sharex=True)
    for ax, region in zip(axes[0], regions, strict=True):
        for number, method in enumerate(methods):
            rows = table[(table["region"] == region) & (table["method"] == method)].set_index("kind")
            y = np.arange(len(kinds)) + 0.7 * (number / max(1, len(methods) - 1) - 0.5)
            value = rows["average_precision"].reindex(kinds)
            ax.plot(value, y, "o", ms=4.5, color=colours[method], label=method)
        chance = table[table["region"] == region].groupby("kind")["prevalence"].first().reindex(kinds)
        ax.plot(chance, range(len(kinds)), "|", ms=13, mew=1.5, color="0.6", label="chance")
        ax.set(title=region, xlabel="average precision over voxels", xscale="log")
        ax.set_yticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds])
    axes[0, 0].invert_yaxis()
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return fig
