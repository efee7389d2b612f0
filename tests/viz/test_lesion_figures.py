"""Figures of GloResNet show what they were given."""

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")

from matplotlib.patches import Rectangle

from neolab.studies.gloresnet2026.embedding_figures import embedding_figure
from neolab.studies.gloresnet2026.epoch_figures import epoch_curves
from neolab.studies.gloresnet2026.layers import layer_table
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.viz.architecture import network_figure


def test_embeddings_write_scores_beside_held_out_scans_only():
    points = np.arange(12.0).reshape(6, 2)
    held_out = np.array([True, False, True, False, False, False])
    fig = embedding_figure(points, np.array([0, 1, 1, 0, 1, 0]), held_out, np.array([1, 3, 5, 2, 4, 1]))
    left, right = fig.axes
    assert (left.get_title(), right.get_title()) == (
        "scans it trained on (n = 4)",
        "scans it never saw (n = 2)",
    )
    assert [text.get_text() for text in left.texts] == []
    assert [text.get_text() for text in right.texts] == ["1", "5"]


def test_epoch_curves_mark_the_first_best_epoch_of_each_fold():
    history = pd.DataFrame(
        {
            "fold": [0, 0, 0, 1, 1, 1],
            "epoch": [1, 2, 3, 1, 2, 3],
            "train_loss": [0.7, 0.6, 0.5, 0.9, 0.8, 0.7],
            "test_loss": 0.7,
            "test_accuracy": [0.5, 0.7, 0.7, 0.6, 0.5, 0.4],
        }
    )
    losses, accuracies = epoch_curves(history, chance_loss=np.log(2), majority=0.6).axes
    mean = next(line for line in losses.lines if line.get_label().startswith("training"))
    np.testing.assert_allclose(mean.get_ydata(), [0.8, 0.7, 0.6])
    best = next(line for line in accuracies.lines if line.get_label().startswith("best"))
    assert list(zip(*best.get_data(), strict=True)) == [(2, 0.7), (1, 0.6)]


def test_the_network_is_drawn_with_a_block_for_every_part_and_its_parameters():
    layers = layer_table(GloResNet(), side=128)
    (ax,) = network_figure(layers).axes
    assert len([patch for patch in ax.patches if isinstance(patch, Rectangle)]) == len(layers)
    words = {text.get_text() for text in ax.texts}
    assert {"128³", "64³", "4³", "512", "10.75 M"} <= words
    assert layers["parameters"].sum() == 14_356_546
