"""Curves of a training, for every study."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from neolab.viz.style import BLUE, GREEN, GREY, ORANGE, PURPLE, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PART_COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
_HISTORY = ("epoch", "part", "metric", "value")


def training_curves(
    history: "pd.DataFrame",
    metrics: Sequence[str] | Mapping[str, str] = ("loss",),
    *,
    parts: Mapping[str, str] | None = None,
    by: str | None = None,
    chance: Mapping[str, float] | None = None,
    best: Mapping[str, Literal["lowest", "highest"]] | None = None,
    limits: Mapping[str, tuple[float | None, float | None]] | None = None,
    smooth: int = 5,
    logarithmic: bool = False,
) -> "Figure":
    """Draw how numbers change from epoch to epoch: each fit thin, the mean of all fits thick.

    Parameters
    ----------
    history : DataFrame
        ``epoch``, ``part``, ``metric``, ``value`` and what tells fits apart, such as ``fold``; as in
        `neolab.learn.fit.Fit` and `neolab.learn.folds.OutOfFold`.
    metrics : sequence of str, or mapping of str to str
        One panel each; as a mapping, with the name of its axis.
    parts : mapping of str to str, optional
        Part -> its name in the legend, in drawing order; all parts under their own names by default.
    by : str, optional
        A column such as ``method`` or ``network``: one row of panels for all metrics of each of its values.
    chance : mapping of str to float, optional
        Metric -> value that needs no learning, drawn as a line.
    best : mapping of str to {"lowest", "highest"}, optional
        Metric -> which value is the best: a mark at the first best epoch of each fit, in the last part.
    limits : mapping of str to (float, float), optional
        Metric -> lower and upper end of its axis; None leaves an end free.
    smooth : int
        Batches over which numbers of single batches (fractional epochs) are averaged; one batch is noisy.
    logarithmic : bool
        Logarithmic axis of the values.
    """
    labels = dict(metrics) if isinstance(metrics, Mapping) else {metric: metric for metric in metrics}
    parts = parts or {part: part for part in history["part"].unique()}
    chance, best, limits = chance or {}, best or {}, limits or {}
    panels = [
        (str(group), metric, rows[rows["metric"] == metric].drop(columns=[by] if by else []))
        for group, rows in (history.groupby(by, sort=False) if by else [("", history)])
        for metric in labels
    ]
    width = 2.6 if len(panels) > 2 else 4.2
    fig, axes = figure(width * len(panels), 2.8, 1, len(panels), squeeze=False)
    for ax, (group, metric, rows) in zip(axes[0], panels, strict=True):
        first = ax is axes[0, 0]
        _show_metric(ax, rows, parts, smooth)
        if metric in best:
            _mark_best(ax, rows[rows["part"] == list(parts)[-1]], lowest=best[metric] == "lowest")
        if metric in chance:
            ax.axhline(chance[metric], color="0.7", lw=1, zorder=0)
        ax.set(title=group.replace("_", " "), xlabel="epoch")
        ax.set_ylabel(labels[metric] if first or len(labels) > 1 else "")
        ax.set(yscale="log" if logarithmic else "linear", ylim=limits.get(metric))
        if first or metric in best:
            ax.legend(loc="best")
    return fig


def _show_metric(axes: "Axes", rows: "pd.DataFrame", parts: Mapping[str, str], smooth: int) -> None:
    from matplotlib.ticker import MaxNLocator

    for (part, label), colour in zip(parts.items(), _PART_COLOURS, strict=False):
        wide = _one_column_a_fit(rows[rows["part"] == part], smooth)
        if wide.empty:
            continue
        if wide.shape[1] > 1:
            axes.plot(wide.index, wide, color=colour, lw=0.6, alpha=0.45)
        # Where fits stop at different epochs, the mean of the few that go on would be another curve.
        mean = wide.mean(axis=1).where(wide.count(axis=1) > wide.shape[1] / 2)
        marker = "o" if len(wide) < 6 else None
        axes.plot(mean.index, mean, color=colour, lw=2, label=label, marker=marker, ms=4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _one_column_a_fit(rows: "pd.DataFrame", smooth: int) -> "pd.DataFrame":
    """Values by epoch (rows) and fit (columns); numbers of single batches averaged over neighbours."""
    fits = [name for name in rows if name not in _HISTORY]
    wide = rows.assign(fit=0).pivot(index="epoch", columns=["fit", *fits], values="value")
    if (rows["epoch"] % 1 > 0).any():
        smoothed = wide.apply(lambda fit: fit.dropna().rolling(smooth, min_periods=1).mean())
        # Fits with more scans have their batches at other fractions of an epoch.
        wide = smoothed.interpolate(method="index", limit_area="inside")
    return wide


def _mark_best(axes: "Axes", rows: "pd.DataFrame", lowest: bool) -> None:
    wide = _one_column_a_fit(rows, smooth=1)
    epochs = wide.idxmin() if lowest else wide.idxmax()
    values = [wide.at[epoch, fit] for fit, epoch in epochs.items()]
    axes.plot(epochs, values, "v", color=GREY, ms=6, label="best epoch of each fit")
