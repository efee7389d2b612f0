"""Figures of the microbleed study show what the numbers say, where it is."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Circle

from neolab.metrics.froc import Candidates, froc_from_candidates
from neolab.studies.sundaresan2023.evaluation import (
    OperatingPoint,
    free_response_bands,
    measure,
    pooled_at,
    score_table,
)
from neolab.studies.sundaresan2023.figures import (
    contrast_panel,
    free_response_figure,
    threshold_figure,
    threshold_sliders,
    window_of,
)
from neolab.studies.sundaresan2023.inference import CandidateSet

VOXEL_MM = (0.8, 0.8, 3.0)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def spot(x=10, y=30, z=4):
    volume = np.full((40, 50, 9), 0.2)
    volume[x, y, z] = 1.0
    return volume


def test_the_circle_lies_on_the_voxel_that_it_marks():
    volume = spot()
    marks = pd.DataFrame([{"x": 10, "y": 30, "z": 4, "kind": "found microbleed"}])
    axes = contrast_panel({"SWI": volume}, 4, VOXEL_MM, marks).axes[0]
    circle = next(p for p in axes.patches if isinstance(p, Circle))
    image = axes.images[0]
    picture = np.asarray(image.get_array())
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    left, right, bottom, top = image.get_extent()
    x = left + (column + 0.5) / picture.shape[1] * (right - left)
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    y = first + (row + 0.5) / picture.shape[0] * (last - first)
    np.testing.assert_allclose(circle.center, (x, y), atol=0.41)  # half a voxel of .8 mm


def test_marks_of_distant_slices_are_not_drawn_and_the_legend_names_those_of_the_scan():
    marks = pd.DataFrame(
        [
            {"x": 10, "y": 30, "z": 0, "kind": "missed microbleed"},
            {"x": 10, "y": 30, "z": 5, "kind": "false finding"},
        ]
    )
    figure = contrast_panel({"SWI": spot(), "QSM": spot()}, 4, VOXEL_MM, marks)
    assert [len([p for p in ax.patches if isinstance(p, Circle)]) for ax in figure.axes] == [1, 1]
    assert {t.get_text() for t in figure.legends[0].get_texts()} == {"missed microbleed", "false finding"}


def test_windows_follow_the_kind_of_image():
    volume = spot()
    assert window_of("QSM", volume) == (-0.1, 0.2)
    assert window_of("phase, high-pass", volume) == (-1.0, 1.0)
    assert window_of("inverted", volume) == (0.0, 1.0)
    low, high = window_of("SWI", volume * 100)
    assert low == 0 and high == pytest.approx(30)  # tissue of 20 is two thirds grey, whatever the scale


def people():
    scores = [[0.9, 0.6, 0.2], [0.8, 0.4]]
    hits = [[(0,), (), (1,)], [(), (0,)]]
    found = []
    for number, (score, hit) in enumerate(zip(scores, hits, strict=True)):
        one = CandidateSet(
            str(number), np.zeros((2, 2, 2), int), np.zeros((len(score), 3)), np.array(score), hit, 2
        )
        one.scores = {"detector": np.array(score), "student_distilled": np.array(score)}
        one.dropped = np.full(len(score), "", object)
        found.append(one)
    return found


def test_the_free_response_figure_passes_through_the_curve():
    found = people()
    curve = froc_from_candidates([Candidates(p.scores["student_distilled"], p.lesions, 2) for p in found])
    bands = free_response_bands({"with clean-up": curve}, n_resamples=50)
    point = measure(found, OperatingPoint("student_distilled", 0.5, 0.5, False), n_resamples=50)
    axes = free_response_figure(bands, {"with clean-up": point}).axes[0]
    grid, rate = axes.lines[0].get_data()
    at_one = rate[np.flatnonzero(grid >= 1.0)[0]]
    assert at_one == pytest.approx(0.75)  # all three hits of four lesions at two false in two people
    assert axes.lines[1].get_xydata().tolist() == [
        [point["false_positives"].value, point["sensitivity"].value]
    ]
    assert bands.sensitivity.max() == 0.75 and bands.false_positives_per_subject.max() == 10.0
    assert axes.get_xlim() == (0, 10.0)


def test_the_threshold_figure_counts_what_the_operating_point_counts():
    found = people()
    counts = pooled_at(found, "student_distilled", 0.3, 0.3, clean_up=False)
    figure = threshold_figure(score_table(found), "student_distilled", 0.3, 0.3, counts)
    hit, missed, false = (bar.get_width() for bar in figure.axes[1].patches)
    result = measure(found, OperatingPoint("student_distilled", 0.3, 0.3, False), n_resamples=50)
    assert hit / (hit + missed) == result["sensitivity"].value
    assert false / len(found) == result["false_positives"].value
    assert f"sensitivity {hit / 4:.2f}" in figure.axes[1].get_title()
    assert [len(dots.get_offsets()) for dots in figure.axes[0].collections] == [2, 3]


def test_a_moved_slider_counts_anew():
    found, asked = people(), []

    def count(detector, score, clean_up):
        asked.append((detector, score, clean_up))
        return pooled_at(found, "student_distilled", detector, score, clean_up)

    box = threshold_sliders(score_table(found), "student_distilled", 0.3, 0.3, count)
    before = box.children[1].value
    box.children[0].children[1].value = 0.85
    assert asked == [(0.3, 0.3, False), (0.3, 0.85, False)] and box.children[1].value != before
