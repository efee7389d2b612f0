"""Infants made to order: one brain with more or less myelin, and the same infant at every call."""

import numpy as np
import pytest

from neolab.studies.wada2019 import phantoms


@pytest.fixture(scope="module")
def three_ages_of_myelin():
    """One brain of six months with the myelin of 2, 6 and 16 months."""
    return phantoms.scan(phantoms.infant(6.0), [2.0, 6.0, 16.0], image_size=64)


def test_moving_myelin_alone_leaves_all_but_white_matter_as_it_was(three_ages_of_myelin):
    late, on_time, _ = three_ages_of_myelin
    assert late.levels == on_time.levels
    assert (late.myelin_months, on_time.myelin_months) == (2.0, 6.0)
    difference = np.abs(on_time.slices - late.slices)
    unchanged = difference < 0.01 * on_time.slices.max(axis=(2, 3), keepdims=True)
    assert unchanged.mean() > 0.7
    assert difference[0, 2].max() > 0.1 * np.quantile(on_time.slices[0, 2], 0.9)


def test_myelin_brightens_t1_first_and_darkens_t2_later(three_ages_of_myelin):
    late, on_time, ahead = (phantom.slices[:, 2:] for phantom in three_ages_of_myelin)
    assert (on_time[0] - late[0]).sum() > 0
    assert (ahead[1] - on_time[1]).sum() < 0


def test_an_infant_made_to_order_is_the_same_at_every_call():
    again = phantoms.scan(phantoms.infant(6.0), [6.0], image_size=64)[0]
    other = phantoms.scan(phantoms.infant(6.0, seed=1), [6.0], image_size=64)[0]
    first = phantoms.growing_infant([6.0], 64)[0]
    np.testing.assert_array_equal(again.pictures, first.pictures)
    assert np.abs(other.pictures - first.pictures).mean() > 0.02
