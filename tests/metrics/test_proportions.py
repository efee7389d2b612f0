import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from neolab.errors import InputError
from neolab.metrics.proportions import clopper_pearson, wilson

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_both_intervals_equal_those_of_scipy(count, level):
    successes, n = count
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "exact")):
        estimate = ours(successes, n, level)
        expected = binomtest(successes, n).proportion_ci(level, theirs)
        assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(counts)
def test_intervals_hold_the_proportion_and_stay_within_0_and_1(count):
    for estimate in (wilson(*count), clopper_pearson(*count)):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_no_cases_give_no_proportion_and_impossible_counts_are_refused():
    assert math.isnan(wilson(0, 0).value) and wilson(0, 0).low is None
    with pytest.raises(InputError, match="5 of 3"):
        clopper_pearson(5, 3)
