"""Brain slices are turned, windowed and labelled as a radiologist expects."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.viz.slices import (
    centres_mm,
    grey_window,
    on_one_field,
    plane_of,
    show_slice,
    slice_gallery,
)
from neolab.viz.style import add_footer, figure, figure_png

CORNER = {"axial": (3, 4, 2), "coronal": (3, 2, 5), "sagittal": (2, 0, 5)}


@pytest.mark.parametrize("plane", CORNER)
def test_the_upper_left_corner_of_a_plane_is_what_its_letters_say(plane):
    volume = np.zeros((4, 5, 6))  # right, anterior, superior increase
    volume[CORNER[plane]] = 1
    index = {"axial": 2, "coronal": 2, "sagittal": 2}[plane]
    cut = plane_of(volume, plane, index)
    assert cut[0, 0] == 1


def test_the_grey_window_shows_the_brain_and_lets_the_scalp_burn_out():
    x, y = np.indices((100, 100))
    radius = np.hypot(x - 50, y - 50)
    head = np.where(radius < 45, 500.0, 0.0)
    head[radius < 38] = 100.0
    low, high = grey_window(head)
    assert low == 0 and high == pytest.approx(110)


def test_the_scale_bar_has_the_length_it_says():
    fig, ax = figure(3, 3)
    show_slice(ax, np.random.default_rng(0).random((80, 60)), pixel_mm=0.5, scale_mm=10)
    bar = ax.lines[0].get_xdata()
    assert bar[1] - bar[0] == pytest.approx(10)
    assert ax.get_xlim() == (0, 30)
    assert {text.get_text() for text in ax.texts} == {"R", "L", "A", "P", "10 mm"}


def test_a_gallery_has_one_axis_a_picture_and_hides_the_rest():
    pictures = [np.random.default_rng(k).random((20, 20)) for k in range(5)]
    fig = slice_gallery(pictures, list("abcde"), columns=3, row_titles=("one", "two"))
    assert [ax.get_title() for ax in fig.axes] == [*"abcde", ""]
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]


def test_a_footer_replaces_the_one_before():
    fig, _ = figure(2, 2)
    add_footer(fig, "first")
    add_footer(fig, "second")
    assert [text.get_text() for text in fig.texts] == ["second"]


def test_the_same_figure_has_the_same_bytes():
    def draw():
        fig, ax = figure(2, 2)
        show_slice(ax, np.eye(8))
        return figure_png(fig)

    assert draw() == draw()
    assert draw().startswith(b"\x89PNG")


def test_pictures_on_one_field_keep_their_middle_and_their_content():
    pictures = on_one_field([np.ones((4, 6)), np.ones((8, 2))])
    assert {picture.shape for picture in pictures} == {(8, 6)}
    assert [picture.sum() for picture in pictures] == [24, 16]
    assert pictures[1][:, 2:4].all()


def test_arrows_point_at_the_middle_of_a_region_in_each_half():
    region = np.zeros((40, 60), bool)
    region[10:13, 5:10] = region[20:21, 40:43] = True
    assert centres_mm(region, 0.5) == [(3.75, 5.75), (20.75, 10.25)]
    region[:, 30:] = False
    assert centres_mm(region, 0.5) == [(3.75, 5.75)]
    assert centres_mm(region & False, 0.5) == []
