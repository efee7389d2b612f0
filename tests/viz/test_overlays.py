"""Outlines and maps lie where they should on a slice."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.viz.overlays import activation_gallery, map_scale, show_map, show_outline
from neolab.viz.slices import show_slice
from neolab.viz.style import figure


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


def test_a_map_covers_the_slice_under_it_and_is_more_opaque_where_it_is_stronger():
    _, ax = figure(2, 2)
    show_slice(ax, np.ones((8, 6)), (2.0, 1.0))
    values = np.linspace(-2, 2, 48).reshape(8, 6)
    show_map(ax, values, (2.0, 1.0), limits=(-1, 1))
    below, above = ax.images
    assert below.get_extent() == above.get_extent() == [0, 6, 16, 0] or above.get_extent() == (0, 6, 16, 0)
    opacity = above.get_alpha()
    np.testing.assert_allclose(opacity, 0.6 * np.clip(np.abs(values), 0, 1))


def test_hidden_pixels_show_nothing_and_the_others_keep_their_values():
    values = np.arange(12.0).reshape(3, 4)
    _, ax = figure(2, 2)
    show_map(ax, values, hidden=values < 9, limits=(0, 12), opacity=0.85)
    assert ax.images[0].get_array().compressed().tolist() == [9, 10, 11]
    assert ax.images[0].get_interpolation() == "nearest"


def test_the_scale_of_a_map_has_its_limits_and_its_words():
    fig, ax = figure(2, 2)
    map_scale(fig, ax, "SD", limits=(-5, 5), ends=("darker", "brighter"), beyond=True)
    bar = fig.axes[1]
    assert bar.get_ylim() == (-5, 5) and bar.get_ylabel() == "SD"
    assert [label.get_text() for label in bar.get_yticklabels()] == ["darker", "brighter"]


def test_an_activation_gallery_has_slices_above_and_maps_below():
    pictures = [np.eye(16)] * 3
    fig = activation_gallery(pictures, pictures, list("abc"), 1.0, label="speaks for illness")
    assert [ax.get_title() for ax in fig.axes[:6]] == ["a", "b", "c", "", "", ""]
    assert [len(ax.images) for ax in fig.axes[:6]] == [1, 1, 1, 2, 2, 2]
    assert fig.axes[6].get_ylabel() == "speaks for illness"
