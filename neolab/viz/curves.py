"""Curves of a training."""

from typing import TYPE_CHECKING

from neolab.viz.style import BLUE, ORANGE, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_PARTS = {"train": (BLUE, "training batches"), "test": (ORANGE, "held-out fold")}


def learning_curves(
    history: "pd.DataFrame", *, smooth: int = 5, chance_loss: float | None = None
) -> "Figure":
    """Draw accuracy and loss against iterations: folds thin, their mean thick.

    Parameters
    ----------
    history : DataFrame
        Columns ``fold``, ``iteration``, ``part`` (``train`` or ``test``), ``loss``, ``accuracy``.
    smooth : int
        Iterations over which the training curve is averaged; a batch of ten is noisy.
    chance_loss : float, optional
        Loss of a network that always says one half, drawn as a line.
    """
    fig, axes = figure(8.5, 2.9, 1, 2)
    for ax, value in zip(axes, ("accuracy", "loss"), strict=True):
        for part, (colour, label) in _PARTS.items():
            rows = history[history["part"] == part]
            wide = rows.pivot(index="iteration", columns="fold", values=value)
            if part == "train":
                wide = wide.rolling(smooth, min_periods=1).mean()
            ax.plot(wide.index, wide, color=colour, lw=0.6, alpha=0.4)
            marker = "o" if part == "test" else None
            ax.plot(wide.index, wide.mean(axis=1), color=colour, lw=2, label=label, marker=marker, ms=4)
        ax.set(xlabel="iteration", ylabel=value)
    axes[0].axhline(0.5, color="0.7", lw=1, zorder=0)
    axes[0].set_ylim(0, 1)
    if chance_loss is not None:
        axes[1].axhline(chance_loss, color="0.7", lw=1, zorder=0)
    axes[0].legend(loc="lower left")
    return fig
