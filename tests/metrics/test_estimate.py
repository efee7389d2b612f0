import math

import numpy as np
import pytest

from neolab.metrics.estimate import Estimate, percentile_estimate


def test_an_estimate_prints_its_interval_and_hides_one_that_it_does_not_have():
    assert f"{Estimate(0.769, 0.66, 0.871, 79, 'x'):.2f}" == "0.77 [0.66, 0.87]"
    assert f"{Estimate(0.769):.3f}" == "0.769"
    assert f"{Estimate(math.nan):.3f}" == "undefined"


def test_scaling_to_percent_moves_value_and_both_ends():
    percent = Estimate(0.5, 0.25, 0.75, 8, "m").scaled(100)
    assert (percent.value, percent.low, percent.high, percent.half_width) == (50, 25, 75, 25)


def test_percentile_interval_of_normal_samples_is_the_normal_interval():
    samples = np.random.default_rng(0).normal(3.0, 2.0, 200_000)
    estimate = percentile_estimate(3.0, samples, n=10, method="bootstrap")
    assert (estimate.low, estimate.high) == pytest.approx((3 - 1.96 * 2, 3 + 1.96 * 2), abs=0.05)
    assert estimate.method == "95% bootstrap"


def test_undefined_resamples_are_left_out_and_too_many_of_them_leave_no_interval():
    few = percentile_estimate(1.0, np.array([0.0, 1.0, 2.0, math.nan]), n=3, method="b")
    many = percentile_estimate(1.0, np.array([1.0, math.nan, math.nan]), n=3, method="b")
    assert few.low == pytest.approx(0.05) and many.low is None
