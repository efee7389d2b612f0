import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from neolab.errors import InputError
from neolab.metrics.groups import Summary, t_test, t_test_from_summaries

samples = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(samples, samples, st.booleans())
def test_both_t_tests_equal_those_of_scipy(first, second, equal_variance):
    assume(np.std(first) > 1e-3 and np.std(second) > 1e-3)
    ours = t_test(first, second, equal_variance=equal_variance)
    theirs = stats.ttest_ind(first, second, equal_var=equal_variance)
    assert ours.t == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-9)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    interval = theirs.confidence_interval()
    assert (ours.difference.low, ours.difference.high) == pytest.approx(
        (interval.low, interval.high), rel=1e-6, abs=1e-6
    )


@given(samples, samples, st.booleans())
def test_a_published_summary_gives_the_same_as_the_data_behind_it(first, second, equal_variance):
    from_data = t_test(first, second, equal_variance=equal_variance)
    from_table = t_test_from_summaries(Summary.of(first), Summary.of(second), equal_variance=equal_variance)
    assert from_table == from_data


@pytest.mark.parametrize(
    ("abe", "hb", "printed", "equal_variance"),
    [
        ((9.83, 3.05), (12.15, 5.28), 0.032, False),
        ((3.21, 0.48), (3.36, 0.43), 0.162, True),
        ((369.11, 114.78), (326.13, 79.20), 0.070, True),
    ],
)
def test_wu_2021_table_1_follows_from_its_means_and_sds(abe, hb, printed, equal_variance):
    test = t_test_from_summaries(Summary(*abe, 47), Summary(*hb, 32), equal_variance=equal_variance)
    # The printed means and SDs are rounded, which moves p in the third decimal.
    assert test.p == pytest.approx(printed, abs=0.006)


def test_equal_constants_do_not_differ_and_unequal_ones_do():
    assert t_test([2, 2, 2], [2, 2]).p == 1
    assert t_test([2, 2, 2], [3, 3]).p == 0


def test_a_group_of_one_is_refused():
    with pytest.raises(InputError, match="at least two"):
        t_test([1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="n 1"):
        t_test_from_summaries(Summary(1, 1, 1), Summary(1, 1, 5))
