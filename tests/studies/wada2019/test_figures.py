"""Figures and widgets of myelin age show what they were given."""

import time

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from neolab.metrics.estimate import Estimate
from neolab.studies.wada2019 import brain_figures, figures
from neolab.studies.wada2019.delay import NormalRange
from neolab.studies.wada2019.network import LEVELS

RNG = np.random.default_rng(0)
VOLUME = RNG.random((40, 50, 12)).astype(np.float32)
FOUND = dict(zip(LEVELS, (2, 4, 6, 8, 9), strict=True))


def test_every_level_has_a_title():
    assert tuple(figures.LEVEL_TITLES) == LEVELS


def test_the_sagittal_cut_has_a_line_at_the_height_of_every_level():
    side = brain_figures.level_figure(VOLUME, (1, 1, 5), FOUND, "midbrain").axes[0]
    heights = [line.get_ydata()[0] for line in side.lines]
    assert heights == [(12 - z - 0.5) * 5 for z in FOUND.values()]


def test_the_axial_slice_is_the_one_chosen_and_the_title_says_how_far_it_was_moved():
    axial = brain_figures.level_figure(VOLUME, (1, 1, 5), FOUND, "midbrain", 6).axes[1]
    np.testing.assert_array_equal(axial.images[0].get_array(), VOLUME[::-1, ::-1, 6].T)
    assert axial.get_title().endswith("2 slices up")


def test_the_level_picker_shows_another_picture_when_the_slice_moves():
    widget = brain_figures.level_picker({"T1": VOLUME, "T2": 1 - VOLUME}, (1, 1, 5), FOUND)
    controls, picture = widget.children[0].children, widget.children[1]
    before = bytes(picture.value)
    controls[2].value = 2
    assert bytes(picture.value) != before
    controls[2].value = 99  # clipped by the slider, and at the top of the volume by the picker
    assert picture.value[:4] == b"\x89PNG"


def test_the_age_slider_shows_the_estimate_of_the_age_chosen():
    slices = [RNG.random((2, 5, 20, 24)) for _ in range(3)]
    curves = {"model A": [1.0, 5.0, 11.0]}
    fig = brain_figures.age_figure(slices[2][0], 1.0, 12.0, curves, [0, 6, 12])
    (point,) = [line for line in fig.axes[1].lines if line.get_label().startswith("model A")]
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (12.0, 11.0)


def test_the_age_slider_has_another_picture_for_every_age_and_contrast_and_answers_at_once():
    slices = [RNG.random((2, 5, 20, 24)) for _ in range(3)]
    widget = brain_figures.age_slider(
        slices, 1.0, [0, 6, 12], {"model A": [1.0, 5.0, 11.0]}, footer="synthetic"
    )
    (months, contrast), picture = widget.children[0].children, widget.children[1]
    seen = set()
    start = time.perf_counter()
    for months.value, contrast.value in np.ndindex(3, 2):
        seen.add(bytes(picture.value))
    assert len(seen) == 6
    assert time.perf_counter() - start < 0.3


def test_errors_stand_in_the_order_given_from_the_top_and_networks_are_in_blue():
    errors = {"mean age": Estimate(1.0, 0.5, 1.5), "model A, all ages": Estimate(3.0, 2.0, 4.0)}
    axes = figures.errors_figure(errors).axes[0]
    heights = {
        label.get_text(): axes.transData.transform((0, y))[1]
        for label, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    assert heights["mean age"] > heights["model A, all ages"]
    dots = {line.get_xdata()[0]: line.get_color() for line in axes.lines if line.get_marker() == "o"}
    assert dots == {1.0: figures.GREY, 3.0: figures.BLUE}


def test_figure_4_has_a_row_a_model_and_residuals_on_one_scale_that_fall_where_estimates_shrink():
    truth = np.linspace(0, 20, 30)
    shrunk, good = 10 + 0.5 * (truth - 10), truth + 0.1
    estimates = {"simple": shrunk, "ensemble": good}
    fig = figures.agreement_figure(truth, estimates, estimates, np.array([3.0] * 20 + [1.5] * 10))
    panels = np.array(fig.axes).reshape(2, 3)
    assert panels[0, 2].get_ylim() == panels[1, 2].get_ylim() == pytest.approx((-5.4, 5.4))
    np.testing.assert_allclose(panels[0, 2].lines[-1].get_ydata(), [5, -5], atol=1e-9)
    points = [line for line in panels[0, 0].lines if line.get_label().endswith(" T")]
    colours = {line.get_label(): line.get_color() for line in points}
    assert colours == {name: figures.COLOURS[name] for name in ("3 T", "1.5 T")}


def test_every_infant_stands_in_one_bar_of_the_ages():
    ages = RNG.uniform(-1.7, 23.5, 40)
    bars = figures.ages_figure([*ages, -1.71, 23.54]).axes[0].patches
    assert sum(bar.get_height() for bar in bars) == 42


def test_a_delayed_infant_below_the_range_is_drawn_as_flagged():
    ages = np.linspace(0, 24, 40)
    normal = NormalRange((0.0, 1.0), (1.0, 0.0))
    axes = figures.delay_figure(normal, ages, ages, {"late": (12, 9.0), "on time": (12, 12.0)}).axes[0]
    markers = {line.get_ydata()[0]: line.get_marker() for line in axes.lines if len(line.get_ydata()) == 1}
    assert markers == {9.0: "v", 12.0: "^"}


def test_the_front_keeps_its_sign_and_both_maps_have_a_scale():
    pictures, front = RNG.random((2, 5, 16, 16)), np.zeros((2, 5, 16, 16))
    front[0, 2, 4:12, 4:12], front[1, 3, 4:12, 4:12] = 0.05, -0.05
    fig = figures.front_figure(pictures, front, np.abs(front), 9.0)
    panels, bars = np.array(fig.axes[:20]).reshape(4, 5), fig.axes[20:]
    brighter, darker = (panels[row, level].images[1].get_array() for row, level in ((0, 2), (1, 3)))
    assert brighter.max() == pytest.approx(0.05)
    assert darker.min() == pytest.approx(-0.05)
    assert [bar.get_ylabel().split()[0] for bar in bars] == ["intensity", "months"]
