"""The sheet of lesions shows every kind, and points at it."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.simulate.lesions.examples import EXAMPLES, LesionExample, RenderedExample, render_example
from neolab.simulate.lesions.record import KINDS, Lesion
from neolab.viz.lesions import lesion_sheet


def picture(lesion_at=None, rows=30, columns=20, title="title"):
    """An example that looks like a picture of ``rows`` by ``columns`` when it is drawn."""
    outline = np.zeros((rows, columns), bool)
    if lesion_at is not None:
        outline[lesion_at] = True
    grey = np.random.default_rng(0).random((rows, columns))
    as_cut = [shown.T[::-1, ::-1] for shown in (grey, grey, outline)]
    return RenderedExample(title, *as_cut, (0, 1), (0, 1), 1.0)


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
