"""Attribution set against the myelination front."""

import numpy as np
import pytest

from neolab.studies.wada2019.attribution import (
    foreseen_change,
    myelin_front,
    share_by_slice,
    share_on_front,
    smoothed,
)


def test_attribution_is_set_against_the_front():
    younger = np.zeros((2, 5, 10, 10))
    older = younger.copy()
    older[0, 2, 3, 4] = 0.5
    front = myelin_front(younger, older, months=2)
    assert front[0, 2, 3, 4] == 0.25
    assert foreseen_change(np.full(front.shape, 8.0), front) == pytest.approx(2)
    maps = np.ones(front.shape)
    assert share_on_front(maps, front, area=0.1) == pytest.approx(0.1)
    maps[0, 2, 3, 4] = maps.size
    assert share_on_front(maps, front, area=0.1) > 0.5


def test_shares_count_both_signs_and_sum_to_one():
    maps = np.zeros((2, 2, 5, 4, 4))
    maps[0, 0, 1], maps[1, 1, 3] = 1.0, -3.0
    share = share_by_slice(maps)
    assert (share[0, 1], share[1, 3], share.sum()) == (0.25, 0.75, 1.0)


def test_smoothing_blurs_within_a_slice_only():
    maps = np.zeros((2, 5, 9, 9))
    maps[0, 2, 4, 4] = -1.0
    blurred = smoothed(maps, 1.0)
    assert blurred[0, 2].sum() == pytest.approx(1, abs=1e-3)
    assert blurred[0, 2, 4, 5] > 0
    assert blurred[0, 2, 4, 5] == pytest.approx(blurred[0, 2, 4, 3])
    assert np.delete(blurred.reshape(10, 81), 2, axis=0).max() == 0
