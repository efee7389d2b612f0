"""Widgets show what their static twins show, and answer when a slider is let go."""

import matplotlib
import numpy as np

matplotlib.use("Agg")

from neolab.viz.roc import threshold_figure
from neolab.viz.widgets import threshold_slider

RNG = np.random.default_rng(0)
TRUTH = np.arange(40) % 2
OPTIONS = {"name": "score", "groups": ("ill", "well")}
SCORE = 1.3 + 0.06 * TRUTH + RNG.normal(0, 0.06, 40)


def test_the_threshold_figure_counts_what_the_cut_off_calls():
    fig = threshold_figure(TRUTH, SCORE, 1.33, **OPTIONS)
    called = SCORE >= 1.33
    ill = TRUTH == 1
    expected = {str((calls & group).sum()) for calls in (called, ~called) for group in (ill, ~ill)}
    shown = {text.get_text().split("\n")[0] for text in fig.axes[1].texts}
    assert shown == expected


def test_moving_the_slider_draws_a_new_picture():
    widget = threshold_slider(TRUTH, SCORE, 1.33, footer="synthetic", **OPTIONS)
    (slider,), picture = widget.children[0].children, widget.children[1]
    before = bytes(picture.value)
    slider.value = slider.min
    assert before.startswith(b"\x89PNG") and bytes(picture.value) != before
    assert slider.continuous_update is False
    assert slider.min <= SCORE.min() and slider.max >= SCORE.max()
