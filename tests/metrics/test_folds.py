import math

import numpy as np
import pytest
from scipy import stats

from neolab.errors import InputError
from neolab.metrics.folds import over_folds


def test_the_two_conventions_differ_by_the_root_of_n_over_n_minus_1():
    values = [0.62, 0.71, 0.55, 0.68, 0.60]
    sample, population = over_folds(values, ddof=1), over_folds(values, ddof=0)
    assert sample.sd == pytest.approx(np.std(values, ddof=1))
    assert sample.sd / population.sd == pytest.approx(math.sqrt(5 / 4))
    assert f"{sample:.3f}" == "0.632 ± 0.064"


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_interval_is_that_of_students_t_whatever_the_convention(ddof):
    values = [0.62, 0.71, 0.55, 0.68, 0.60]
    estimate = over_folds(values, ddof).interval()
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_a_fold_without_a_value_is_left_out_and_counted():
    summary = over_folds([0.5, math.nan, 0.7])
    assert (summary.mean, summary.n, summary.undefined) == (pytest.approx(0.6), 2, 1)


def test_a_single_fold_has_no_spread():
    assert math.isnan(over_folds([0.5]).sd) and over_folds([0.5]).interval().low is None
    assert over_folds([0.5], ddof=0).interval().low is None
    with pytest.raises(InputError, match="no number"):
        over_folds([])


def test_a_metric_that_is_undefined_in_every_fold_stays_undefined():
    summary = over_folds([math.nan, math.nan])
    assert math.isnan(summary.mean) and math.isnan(summary.sd)
    assert (summary.n, summary.undefined) == (0, 2)
    assert not summary.interval().defined
