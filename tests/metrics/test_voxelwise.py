import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

from neolab.errors import InputError
from neolab.metrics.voxelwise import average_precision, dice, mean_over_subjects

masks = hnp.arrays(bool, (3, 4, 5), elements=st.booleans())
scores = hnp.arrays(float, (3, 4, 5), elements=st.integers(0, 8).map(float))


@given(masks, scores)
def test_average_precision_is_the_sum_over_its_steps_ties_included(reference, score):
    ours = average_precision(reference, score)
    if not reference.any():
        assert math.isnan(ours)
        return
    expected, recalled = 0.0, 0.0
    for threshold in np.unique(score)[::-1]:
        marked = score >= threshold
        recall, precision = (reference & marked).sum() / reference.sum(), reference[marked].mean()
        expected += (recall - recalled) * precision
        recalled = recall
    assert ours == pytest.approx(expected)


@given(masks, masks)
def test_dice_equals_the_f1_score_and_is_symmetric(first, second):
    expected = sklearn_metrics.f1_score(first.ravel(), second.ravel(), zero_division=np.nan)
    assert dice(first, second) == pytest.approx(expected, nan_ok=True)
    assert dice(second, first) == pytest.approx(expected, nan_ok=True)


def test_dice_of_two_overlapping_boxes_is_their_geometry():
    first, second = np.zeros((10, 10, 10)), np.zeros((10, 10, 10))
    first[:, :, 0:4] = 1
    second[:, :, 3:9] = 1
    assert dice(first, second) == pytest.approx(2 * 1 / (4 + 6))


def test_a_score_that_knows_nothing_has_the_prevalence_as_average_precision(rng):
    reference = rng.random((40, 40, 40)) < 0.03
    assert average_precision(reference, rng.random(reference.shape)) == pytest.approx(0.03, abs=0.004)
    assert average_precision(reference, np.zeros(reference.shape)) == pytest.approx(reference.mean())


def test_mean_over_subjects_leaves_undefined_ones_out(rng):
    values = [0.8, math.nan, 0.6, 0.7]
    estimate = mean_over_subjects(values)
    assert estimate.value == pytest.approx(0.7) and estimate.n == 3
    assert (estimate.low, estimate.high) == pytest.approx((0.6, 0.8))
    assert math.isnan(mean_over_subjects([math.nan]).value)


def test_masks_of_different_shapes_are_refused():
    with pytest.raises(InputError, match="prediction: found shape"):
        dice(np.zeros((2, 2)), np.zeros((2, 3)))
