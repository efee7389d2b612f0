import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from neolab.errors import InputError
from neolab.metrics import regression

pairs = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=4, max_size=40)


@given(pairs)
def test_errors_and_correlations_equal_those_of_scikit_learn_and_scipy(values):
    truth, predicted = (np.array(column, float) for column in zip(*values, strict=True))
    assert regression.rmse(truth, predicted) == pytest.approx(
        sklearn_metrics.root_mean_squared_error(truth, predicted)
    )
    assert regression.mae(truth, predicted) == pytest.approx(
        sklearn_metrics.mean_absolute_error(truth, predicted)
    )
    assume(np.ptp(truth) > 0 and np.ptp(predicted) > 0)
    theirs = stats.pearsonr(truth, predicted)
    ours = regression.pearson(truth, predicted)
    assert ours.value == pytest.approx(theirs.statistic, abs=1e-12)
    if abs(ours.value) < 0.999:
        interval = theirs.confidence_interval()
        assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert regression.spearman(truth, predicted).value == pytest.approx(
        stats.spearmanr(truth, predicted).statistic, abs=1e-12
    )


@given(pairs)
def test_squared_error_is_variance_plus_squared_bias(values):
    truth, predicted = (np.array(column, float) for column in zip(*values, strict=True))
    residual = predicted - truth
    assert regression.rmse(truth, predicted) ** 2 == pytest.approx(
        residual.var() + regression.bias(truth, predicted) ** 2, abs=1e-9
    )


def test_spearman_interval_covers_the_true_rank_correlation_as_often_as_it_says():
    rng = np.random.default_rng(8)
    rho = 0.7
    # Rank correlation of a bivariate normal pair.
    true_value = 6 / math.pi * math.asin(rho / 2)
    x = rng.normal(size=(1000, 60))
    y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=x.shape)
    intervals = [regression.spearman(a, b) for a, b in zip(x, y, strict=True)]
    covered = np.mean([estimate.low <= true_value <= estimate.high for estimate in intervals])
    # The interval is an approximation: one percent point beyond three standard errors is allowed.
    assert abs(covered - 0.95) < 0.01 + 3 * math.sqrt(0.95 * 0.05 / 1000)


def test_all_metrics_carry_bootstrap_intervals_that_respect_subjects(rng):
    truth = rng.uniform(-1.7, 23.5, 119)
    predicted = truth + 0.5 + rng.normal(0, 2, 119)
    alone = regression.regression_metrics(truth, predicted)
    assert set(alone) == {"rmse", "mae", "bias", "pearson", "spearman"}
    assert all(estimate.low < estimate.value < estimate.high for estimate in alone.values())
    assert alone["bias"].low < 0.5 < alone["bias"].high
    twice = regression.regression_metrics(
        np.repeat(truth, 2), np.repeat(predicted, 2), subjects=np.repeat(np.arange(119), 2)
    )
    for name, estimate in alone.items():
        assert twice[name].half_width == pytest.approx(estimate.half_width, rel=0.01), name


def test_a_constant_guess_has_errors_but_no_correlation():
    truth = np.arange(10.0)
    result = regression.regression_metrics(truth, np.full(10, 4.5))
    assert result["rmse"].value == pytest.approx(truth.std())
    assert math.isnan(result["pearson"].value) and result["pearson"].low is None
    assert math.isnan(regression.spearman(truth, np.zeros(10)).value)


def test_unequal_lengths_are_refused():
    with pytest.raises(InputError, match="truth 3, predicted 2"):
        regression.pearson([1, 2, 3], [1, 2])
