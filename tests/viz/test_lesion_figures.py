"""Figures of lesions and of GloResNet show what they were given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from matplotlib.patches import Rectangle

from neolab.simulate.lesions.record import KINDS, Lesion
from neolab.studies.gloresnet2026.architecture_figures import network_figure
from neolab.studies.gloresnet2026.embedding_figures import embedding_figure
from neolab.studies.gloresnet2026.epoch_figures import epoch_curves
from neolab.studies.gloresnet2026.layers import layer_table
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.viz.lesion_examples import EXAMPLES, LesionExample, RenderedExample, render_example
from neolab.viz.lesions import lesion_sheet, show_outline
from neolab.viz.style import figure


def picture(lesion_at=None, rows=30, columns=20, title="title"):
    outline = np.zeros((rows, columns), bool)
    if lesion_at is not None:
        outline[lesion_at] = True
    grey = np.random.default_rng(0).random((rows, columns))
    return RenderedExample(title, grey, grey, outline, (0, 1), (0, 1), 1.0)


def test_the_sheet_has_every_kind_of_lesion():
    assert {lesion.kind for example in EXAMPLES for lesion in example.lesions} == set(KINDS)


def test_a_rendered_clot_is_dark_in_t2_and_burns_out_in_a_t1_window_that_shows_the_brain():
    clot = Lesion("intraventricular_haemorrhage", "both", 0.9)
    example = render_example(LesionExample("clot", 31, (clot,)), voxel_mm=2.0)
    assert example.outline.sum() > 20
    inside = example.outline
    assert np.median(example.t2[inside]) < 0.5 * example.t2_window[1]
    assert np.median(example.t1[inside]) > example.t1_window[1]


def test_the_sheet_shows_t2_above_t1_and_points_at_lesions_only():
    fig = lesion_sheet([picture(), picture((slice(8, 12), slice(14, 17))), picture()], columns=2)
    axes = np.reshape(fig.axes, (4, 2))
    assert [axes[row, 0].get_ylabel() for row in range(4)] == ["T2", "T1", "T2", "T1"]
    arrows = [
        [text.arrow_patch is not None for text in ax.texts if hasattr(text, "arrow_patch")] for ax in fig.axes
    ]
    assert [any(found) for found in arrows] == [False, True, False, False, False, False, False, False]
    (tip,) = [text.xy for text in axes[0, 1].texts if hasattr(text, "xy")]
    assert tip == pytest.approx((17.5, 10.5))  # just right of the right border, in one of its rows
    assert axes[2, 1].axison is False


def test_no_title_of_the_sheet_runs_into_another_or_off_the_page():
    fig = lesion_sheet([picture(rows=110, columns=90, title=example.title) for example in EXAMPLES])
    fig.canvas.draw()
    boxes = [ax.title.get_window_extent() for ax in fig.axes if ax.get_title()]
    assert len(boxes) == len(EXAMPLES)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
    assert all(box.x0 >= 0 and box.x1 <= fig.bbox.width and box.y1 <= fig.bbox.height for box in boxes)


def test_pictures_of_different_size_get_one_field():
    fig = lesion_sheet([picture(), picture(rows=40, columns=26)], columns=2)
    assert {ax.images[0].get_array().shape for ax in fig.axes} == {(40, 26)}


@pytest.mark.parametrize(("size", "n_lines"), [(0, 0), (4, 1)])
def test_an_outline_is_drawn_where_there_is_a_mask(size, n_lines):
    mask = np.zeros((16, 16), bool)
    mask[4 : 4 + size, 4 : 4 + size] = True
    _, ax = figure(2, 2)
    show_outline(ax, mask, (2.0, 1.0))
    assert len(ax.collections) == n_lines
    if n_lines:
        corners = ax.collections[0].get_paths()[0].vertices
        np.testing.assert_allclose(corners.min(axis=0), (4.0, 8.0), atol=1.1)


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
