"""Figures of GloResNet show what they were given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from matplotlib.colors import to_rgba

from neolab.metrics.estimate import Estimate
from neolab.studies.gloresnet2026 import figures
from neolab.studies.gloresnet2026.comparison import TITLES
from neolab.studies.gloresnet2026.errors import share_called
from neolab.studies.gloresnet2026.scores import MEASURES, FoldScores


def scores(value: float) -> FoldScores:
    per_fold = pd.DataFrame([[value] * 6] * 2, columns=list(MEASURES))
    return FoldScores(per_fold, np.full((100, 2, 6), value), n=20)


def test_embeddings_write_scores_beside_held_out_scans_only():
    points = np.arange(12.0).reshape(6, 2)
    held_out = np.array([True, False, True, False, False, False])
    given = pd.array([1, 3, 5, 2, 4, 1], "Int64")
    fig = figures.embedding_figure(points, np.array([0, 1, 1, 0, 1, 0]), held_out, given)
    left, right = fig.axes
    assert (left.get_title(), right.get_title()) == (
        "scans it trained on (n = 4)",
        "scans it never saw (n = 2)",
    )
    assert [text.get_text() for text in left.texts] == []
    assert [text.get_text() for text in right.texts] == ["1", "5"]


def test_embeddings_write_nothing_where_the_folder_has_no_scores():
    unknown = pd.array([pd.NA] * 4, "Int64")
    fig = figures.embedding_figure(np.eye(4)[:, :2], np.arange(4) % 2, np.arange(4) < 2, unknown)
    assert [text.get_text() for ax in fig.axes for text in ax.texts] == []


def test_epochs_mark_the_first_best_epoch_of_each_fold():
    accuracy, loss = [0.5, 0.7, 0.7, 0.6, 0.5, 0.4], [0.7, 0.6, 0.5, 0.9, 0.8, 0.7]
    where = {"repeat": 0, "fold": [0, 0, 0, 1, 1, 1], "epoch": [1.0, 2, 3] * 2}
    history = pd.concat(
        [
            pd.DataFrame({**where, "part": "train", "metric": "loss", "value": loss}),
            pd.DataFrame({**where, "part": "test", "metric": "loss", "value": 0.7}),
            pd.DataFrame({**where, "part": "test", "metric": "accuracy", "value": accuracy}),
        ]
    )
    losses, accuracies = figures.training_figure(history, majority=0.6).axes
    mean = next(line for line in losses.lines if line.get_label().startswith("training"))
    np.testing.assert_allclose(mean.get_ydata(), [0.8, 0.7, 0.6])
    best = next(line for line in accuracies.lines if line.get_label().startswith("best"))
    assert list(zip(*best.get_data(), strict=True)) == [(2, 0.7), (1, 0.6)]


def test_protocols_have_a_diamond_where_the_paper_prints_a_number():
    printed = {f"table2.{row}.{m}": 0.9 for row in ("gloresnet", "best") for m in MEASURES}
    both = {"clean": scores(0.6), "paper": scores(0.7)}
    fig = figures.protocols_figure(both, printed.__getitem__, majority=0.58)
    names = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert names == ["clean protocol", "paper protocol", "best fold"]
    for ax in fig.axes:
        diamonds = [line for line in ax.lines if line.get_marker() == "D"]
        assert [float(line.get_xdata()[0]) for line in diamonds] == [0.9, 0.9]


def test_every_network_has_a_dot_at_its_count_and_a_diamond_at_the_printed_size():
    table = pd.DataFrame({"network": list(TITLES), "parameters_million": 10.0, "gflops": 20.0})
    table = table.assign(**{"printed parameters": 5.0, "printed GFLOPs": 4.0})
    (ax,) = figures.sizes_figure(table).axes
    dots = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata())]
    diamonds = [line for line in ax.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert len(dots) == len(diamonds) == len(TITLES)
    assert {text.get_text() for text in ax.texts} == set(TITLES.values())


def test_ablations_stand_in_the_order_asked_for():
    trained = {"full": {"paper": scores(0.8)}, "baseline": {"paper": scores(0.6)}}
    fig = figures.ablation_figure(trained, {"baseline": "bare", "full": "all of it"}, majority=0.58)
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["bare", "all of it"]
    assert [ax.get_xlabel() for ax in fig.axes] == ["accuracy, paper's protocol", "AUC, paper's protocol"]


def test_errors_of_injured_and_normal_infants_have_the_colours_of_their_groups():
    scans = pd.DataFrame(
        {"label": [1, 1, 0], "finding": ["volume_loss", "none", "none"], "called": [True, False, False]}
    )
    left, right = figures.errors_figure(share_called(scans, "finding")).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["none (1)", "volume loss (1)"]
    assert {to_rgba(line.get_color()) for line in left.lines} == {to_rgba(figures.COLOURS["injury"])}
    assert {to_rgba(line.get_color()) for line in right.lines} == {to_rgba(figures.COLOURS["normal"])}


def test_a_scan_is_shown_with_its_map_stretched_over_it_and_no_lesion_where_there_is_no_mask(dhcp):
    view = figures.scan_view(dhcp, 0, "an infant", finding="volume_loss", activation=np.ones((8, 8, 8)))
    assert view.lesions is None
    assert view.map.shape == view.image.shape == dhcp.read(0, "T2w").shape
    assert view.voxel_mm == pytest.approx((2, 2, 2.5))


def test_an_undefined_ratio_leaves_its_row_empty():
    ratios = {"stage4.trained": Estimate(float("nan"), n=0), "stage4.untrained": Estimate(1.2, 1.0, 1.4)}
    (ax,) = figures.ratio_figure(ratios).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["stage 4, trained", "stage 4, untrained"]
    assert [text.get_text() for text in ax.texts] == ["1.20"]
