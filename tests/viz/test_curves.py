"""Training curves show every fit thin and their mean thick, whatever the study."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from neolab.viz.curves import training_curves

COLUMNS = ["fold", "epoch", "part", "metric", "value"]


def of_folds(values: list[list[float]], part: str = "train", metric: str = "loss") -> pd.DataFrame:
    """One list a fold, one value an epoch."""
    rows = [
        (fold, epoch, part, metric, value)
        for fold, line in enumerate(values)
        for epoch, value in enumerate(line, start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def named(axes, label: str):
    (line,) = [line for line in axes.lines if line.get_label().startswith(label)]
    return line


def test_folds_are_thin_and_their_mean_is_thick():
    (ax,) = training_curves(of_folds([[1.0, 3], [3, 5]])).axes
    assert sorted(line.get_linewidth() for line in ax.lines) == [0.6, 0.6, 2.0]
    assert named(ax, "train").get_ydata().tolist() == [2.0, 4.0]


def test_every_repeat_of_a_fold_is_a_line_of_its_own():
    history = pd.concat([of_folds([[1.0, 3]]).assign(repeat=n) for n in range(3)])
    (ax,) = training_curves(history).axes
    assert len(ax.lines) == 4


def test_a_panel_for_every_metric_with_its_chance_and_the_names_given():
    history = pd.concat([of_folds([[1.0, 3]]), of_folds([[0.4, 0.6]], "test", "accuracy")])
    fig = training_curves(
        history,
        {"loss": "cross-entropy", "accuracy": "accuracy"},
        parts={"train": "training", "test": "held-out fold"},
        chance={"loss": 0.7},
        limits={"accuracy": (0, 1)},
    )
    losses, accuracies = fig.axes
    assert (losses.get_ylabel(), accuracies.get_ylabel()) == ("cross-entropy", "accuracy")
    assert losses.lines[-1].get_ydata() == [0.7, 0.7] and len(accuracies.lines) == 1
    assert accuracies.get_ylim() == (0, 1)
    assert named(losses, "training").get_color() != named(accuracies, "held-out").get_color()


def test_marks_stand_at_the_first_best_epoch_of_each_fold():
    history = of_folds([[0.5, 0.7, 0.7], [0.6, 0.5, 0.4]], "test", "accuracy")
    highest = training_curves(history, ["accuracy"], best={"accuracy": "highest"}).axes[0]
    assert named(highest, "best").get_xydata().tolist() == [[2, 0.7], [1, 0.6]]
    lowest = training_curves(history, ["accuracy"], best={"accuracy": "lowest"}).axes[0]
    assert named(lowest, "best").get_xydata().tolist() == [[1, 0.5], [3, 0.4]]


def test_a_panel_for_every_network():
    history = pd.concat([of_folds([[1.0, 3]]).assign(network=name) for name in ("detector", "student_plain")])
    fig = training_curves(history, by="network")
    assert [ax.get_title() for ax in fig.axes] == ["detector", "student plain"]
    assert [len(ax.lines) for ax in fig.axes] == [1, 1]


def test_single_batches_are_averaged_and_folds_of_different_size_still_have_a_mean():
    rows = [(0, 0.5, 0.0), (0, 1.0, 2.0), (1, 1 / 3, 4.0), (1, 2 / 3, 4.0), (1, 1.0, 4.0)]
    history = pd.DataFrame(rows, columns=["fold", "epoch", "value"]).assign(part="train", metric="loss")
    (ax,) = training_curves(history, smooth=2).axes
    mean = dict(named(ax, "train").get_xydata().tolist())
    assert mean[1.0] == pytest.approx((1.0 + 4.0) / 2)
    assert mean[0.5] == pytest.approx((0.0 + 4.0) / 2)


def test_the_mean_ends_where_most_fits_have_stopped():
    (ax,) = training_curves(of_folds([[1.0, 1.0], [3.0], [5.0]])).axes
    assert named(ax, "train").get_ydata()[0] == 3 and np.isnan(named(ax, "train").get_ydata()[1])
