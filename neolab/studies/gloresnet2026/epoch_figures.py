"""Training of a cross-validation, epoch by epoch."""

from typing import TYPE_CHECKING

from neolab.viz.style import BLUE, GREY, ORANGE, figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def epoch_curves(history: "pd.DataFrame", *, chance_loss: float, majority: float) -> "Figure":
    """Draw losses and held-out accuracy against epochs: folds thin, their mean thick.

    Parameters
    ----------
    history : DataFrame
        Columns ``fold``, ``epoch``, ``train_loss``, ``test_loss``, ``test_accuracy``.
    chance_loss : float
        Loss of always saying one half.
    majority : float
        Accuracy of always naming the larger group.
    """
    from matplotlib.ticker import MaxNLocator

    fig, (losses, accuracies) = figure(8.0, 2.8, 1, 2)
    for column, colour, label in (
        ("train_loss", BLUE, "training (mixed, weighted)"),
        ("test_loss", ORANGE, "held-out fold"),
    ):
        _folds_and_mean(losses, history, column, colour, label)
    losses.axhline(chance_loss, color="0.7", lw=1, zorder=0)
    losses.set(xlabel="epoch", ylabel="cross-entropy", ylim=(0, min(losses.get_ylim()[1], 2.5)))
    losses.legend(loc="best")
    _folds_and_mean(accuracies, history, "test_accuracy", ORANGE, "held-out fold")
    best = history.loc[history.groupby("fold")["test_accuracy"].idxmax()]
    accuracies.plot(
        best["epoch"], best["test_accuracy"], "v", color=GREY, ms=6, label="best epoch of each fold"
    )
    accuracies.axhline(majority, color="0.7", lw=1, zorder=0)
    accuracies.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02))
    accuracies.legend(loc="lower right")
    for ax in (losses, accuracies):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return fig


def _folds_and_mean(axes, history: "pd.DataFrame", column: str, colour: str, label: str) -> None:
    wide = history.pivot(index="epoch", columns="fold", values=column)
    axes.plot(wide.index, wide, color=colour, lw=0.6, alpha=0.45)
    marker = "o" if len(wide) < 6 else None
    axes.plot(wide.index, wide.mean(axis=1), color=colour, lw=2, label=label, marker=marker, ms=4)
