"""Residual pictures: what is coloured, where, and that the browser answers."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.studies.raad2023.residual_figures import (
    NOTHING,
    heat_map,
    methods_on_one_slice,
    middle_slices,
    residual_browser,
    show_residual,
    three_planes,
)
from neolab.viz.slices import plane_of
from neolab.viz.style import figure

SCAN = np.random.default_rng(0).random((16, 16, 16)).astype(np.float32)


def coloured(between) -> np.ndarray:
    """Standard scores that one axial slice shows."""
    z = np.zeros((16, 16, 16))
    z[2, 3, 8], z[4, 5, 8], z[6, 7, 8], z[9, 9, 8] = 2.5, -3.5, 4.0, 1.9
    _, ax = figure(3, 3)
    show_residual(ax, (SCAN, z, None), 2.0, index=8, between=between)
    return np.sort(ax.images[1].get_array().compressed())


@pytest.mark.parametrize(
    ("between", "shown"), [((2, 3), [2.5]), ((3, 4), [-3.5]), ((4, np.inf), [4.0]), (NOTHING, [])]
)
def test_only_scores_in_the_range_are_coloured_with_their_sign(between, shown):
    assert coloured(between).tolist() == shown


def test_slices_are_the_papers_middle_and_64_either_side_of_it():
    assert middle_slices(256) == (64, 128, 192)
    assert middle_slices(64) == (16, 32, 48)


def test_the_heat_map_shows_three_slices_without_and_with_three_ranges():
    fig = heat_map((SCAN, SCAN * 5, SCAN > 0.99), 2.0)
    titles = [ax.get_title() for ax in fig.axes if ax.get_title()]
    assert titles == ["scan", "2 to 3 SD", "3 to 4 SD", "over 4 SD"]
    assert [ax.get_ylabel() for ax in fig.axes[:12:4]] == ["slice 13", "slice 9", "slice 5"]


def test_the_browser_draws_another_picture_for_every_control_up_to_its_ends():
    scans = {"a": (SCAN, SCAN * 6 - 3, None), "b": (SCAN[::-1], SCAN * 6 - 3, SCAN > 0.95)}
    browser = residual_browser(scans, 2.0, footer="synthetic")
    name, threshold, position = browser.children[0].children
    picture = browser.children[1]
    seen = {bytes(picture.value)}
    for control, value in ((threshold, 0.5), (threshold, 6.0), (position, 0.0), (position, 1.0), (name, "b")):
        control.value = value
        seen.add(bytes(picture.value))
    assert len(seen) == 6
    assert not threshold.continuous_update and not position.continuous_update


def test_the_three_planes_count_what_lies_beyond_the_threshold():
    z = np.zeros((10, 10, 10))
    z[:5] = 3.0
    fig = three_planes({"a": (SCAN[:10, :10, :10], z, None)}, 1.0, name="a", threshold=2.9)
    assert "50.00%" in fig.get_suptitle()


def test_methods_are_compared_on_the_slice_with_most_lesion_a_row_a_range():
    lesions = np.zeros((16, 16, 16), bool)
    lesions[4:9, 4:9, 11] = True
    views = {name: (SCAN, np.full(SCAN.shape, z), lesions) for name, z in (("a", 2.5), ("b", -3.5))}
    fig = methods_on_one_slice(views, 2.0)
    pictures = np.array(fig.axes[:6]).reshape(3, 2)
    assert [ax.get_title() for ax in pictures[0]] == ["a", "b"]
    assert [row[0].get_ylabel() for row in pictures] == ["2 to 3 SD", "3 to 4 SD", "over 4 SD"]
    coloured = [[ax.images[1].get_array().count() > 0 for ax in row] for row in pictures]
    assert coloured == [[True, False], [False, True], [False, False]]
    np.testing.assert_array_equal(pictures[0, 0].images[0].get_array(), plane_of(SCAN, "axial", 11))
