import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from neolab.errors import InputError
from neolab.metrics import roc

scored = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=3, max_size=40)


def split(pairs):
    truth, score = (np.array(column) for column in zip(*pairs, strict=True))
    assume(truth.any() and not truth.all())
    return truth, score.astype(float)


def quadratic_delong(truth, scores):
    """DeLong 1988 as printed: every positive against every negative."""
    kernels = [
        np.sign(np.subtract.outer(score[truth], score[~truth])) / 2 + 0.5 for score in map(np.asarray, scores)
    ]
    m, n = kernels[0].shape
    by_positive = np.atleast_2d(np.cov([kernel.mean(axis=1) for kernel in kernels])) if m > 1 else 0.0
    by_negative = np.atleast_2d(np.cov([kernel.mean(axis=0) for kernel in kernels])) if n > 1 else 0.0
    return np.array([kernel.mean() for kernel in kernels]), by_positive / m + by_negative / n


@given(scored)
def test_the_curve_counts_who_scores_at_or_above_every_threshold(pairs):
    truth, score = split(pairs)
    curve = roc.roc_curve(truth, score)
    np.testing.assert_array_equal(curve.thresholds, [np.inf, *np.unique(score)[::-1]])
    for fpr, tpr, cutoff in zip(
        curve.false_positive_rate, curve.true_positive_rate, curve.thresholds, strict=True
    ):
        assert fpr == pytest.approx((score[~truth] >= cutoff).mean())
        assert tpr == pytest.approx((score[truth] >= cutoff).mean())


@given(scored)
def test_the_area_is_the_chance_that_a_positive_scores_above_a_negative(pairs):
    truth, score = split(pairs)
    curve = roc.roc_curve(truth, score)
    expected = (np.sign(np.subtract.outer(score[truth], score[~truth])) / 2 + 0.5).mean()
    assert roc.auc(truth, score) == pytest.approx(expected)
    assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(expected)
    # The bootstrap computes it in another way.
    assert roc.bootstrap_auc(truth, score, n_resamples=1).value == pytest.approx(expected)


@given(scored, st.randoms(use_true_random=False))
def test_midrank_delong_equals_the_quadratic_definition_ties_included(pairs, random):
    truth, score = split(pairs)
    other = np.array([value + random.choice([-1, 0, 0, 1]) for value in score], float)
    aucs, covariance = roc.delong_covariance(truth, [score, other])
    expected_aucs, expected = quadratic_delong(truth, [score, other])
    np.testing.assert_allclose(aucs, expected_aucs, atol=1e-12)
    np.testing.assert_allclose(covariance, expected, atol=1e-12)


@given(scored)
def test_a_monotone_transform_of_the_score_changes_nothing_and_its_negative_mirrors(pairs):
    truth, score = split(pairs)
    plain = roc.delong_interval(truth, score)
    assert roc.delong_interval(truth, np.exp(score) - 7) == plain
    mirrored = roc.delong_interval(truth, -score)
    assert (mirrored.value, mirrored.low, mirrored.high) == pytest.approx(
        (1 - plain.value, 1 - plain.high, 1 - plain.low)
    )


def test_delong_interval_covers_the_true_auc_as_often_as_it_says():
    rng = np.random.default_rng(4)
    truth = np.repeat([True, False], [47, 32])
    true_auc = norm.cdf(1 / math.sqrt(2))
    covered = 0
    for _ in range(600):
        estimate = roc.delong_interval(truth, truth + rng.normal(size=79))
        covered += estimate.low <= true_auc <= estimate.high
    # 600 trials at 95 %: 0.95 +- 3 standard errors.
    assert abs(covered / 600 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 600)


def test_delong_test_rejects_a_true_null_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    truth = np.repeat([True, False], 50)
    signal = truth * 1.0 + rng.normal(size=(500, 100))
    rejected = sum(
        roc.delong_test(truth, row + rng.normal(size=100), row + rng.normal(size=100)).p < 0.05
        for row in signal
    )
    assert abs(rejected / 500 - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 500)


def test_delong_and_bootstrap_agree_in_a_middling_sample(rng):
    truth = np.repeat([True, False], 150)
    score = truth + rng.normal(size=300)
    delong, bootstrap = roc.delong_interval(truth, score), roc.bootstrap_auc(truth, score)
    assert (bootstrap.low, bootstrap.high) == pytest.approx((delong.low, delong.high), abs=0.01)


def test_bootstrap_over_subjects_is_wider_than_over_their_slices(rng):
    truth = np.repeat([True, False], 25)
    score = truth + rng.normal(size=50)
    sliced = roc.bootstrap_auc(np.repeat(truth, 4), np.repeat(score, 4), subjects=np.repeat(np.arange(50), 4))
    assert sliced.half_width == pytest.approx(roc.bootstrap_auc(truth, score).half_width, rel=0.05)
    assert sliced.half_width > 1.7 * roc.bootstrap_auc(np.repeat(truth, 4), np.repeat(score, 4)).half_width


def test_perfect_separation_of_eight_scans_does_not_claim_certainty():
    truth = np.repeat([True, False], [8, 9])
    estimate = roc.delong_interval(truth, truth * 1.0)
    assert estimate.value == estimate.high == 1
    assert 0.6 < estimate.low < 0.9
    assert "Newcombe" in estimate.method


def test_newcombe_limits_solve_their_equation_and_bracket_the_value():
    for value in (0.0, 0.1, 0.5, 0.769, 0.99, 1.0):
        estimate = roc.newcombe_interval(value, 47, 32)
        assert 0 <= estimate.low <= value <= estimate.high <= 1
        assert estimate.half_width > 0.02
    mirrored = roc.newcombe_interval(0.231, 47, 32)
    plain = roc.newcombe_interval(0.769, 47, 32)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((plain.low, plain.high), abs=1e-8)


def test_hanley_mcneil_error_is_the_spread_of_the_auc_of_exponential_scores():
    # Their formula is exact for exponential scores, whose AUC is r / (1 + r) at a ratio r of the means.
    rng = np.random.default_rng(6)
    truth = np.repeat([True, False], [47, 32])
    ratio = 0.769 / (1 - 0.769)
    aucs = [roc.auc(truth, rng.exponential(np.where(truth, ratio, 1.0))) for _ in range(3000)]
    assert np.std(aucs) == pytest.approx(roc.hanley_mcneil_error(0.769, 47, 32), rel=3 / math.sqrt(2 * 3000))


# Empirical AUCs of Van Dyke 1993 by reader, as the methods literature prints them (Hillis et al. 2005,
# Stat Med 24:1579; Smith, Hillis and Pesce 2020, MRMCaov).
VAN_DYKE = {
    0: [0.9196457, 0.8587762, 0.9038647, 0.9731079, 0.8297907],
    1: [0.9478261, 0.9053140, 0.9217391, 0.9993559, 0.9299517],
}


@pytest.mark.parametrize("treatment", [0, 1])
def test_van_dyke_reader_aucs_equal_the_published_ones(treatment, van_dyke):
    truth, ratings = van_dyke
    found = [roc.auc(truth, column) for column in ratings[treatment].T]
    np.testing.assert_allclose(found, VAN_DYKE[treatment], atol=5e-8)


def test_two_displays_read_by_one_reader_compare_as_the_quadratic_definition_says(reader_study):
    _, truth, ratings = reader_study
    first, second = ratings[0][:, 0], ratings[1][:, 0]
    comparison = roc.delong_test(truth, first, second)
    aucs, covariance = quadratic_delong(truth == 1, [first, second])
    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert comparison.difference.value == pytest.approx(aucs[0] - aucs[1])
    assert comparison.z == pytest.approx((aucs[0] - aucs[1]) / error)
    assert comparison.difference.half_width == pytest.approx(norm.isf(0.025) * error)


def test_a_score_compared_with_itself_does_not_differ(rng):
    truth = np.repeat([True, False], 20)
    score = rng.normal(size=40)
    comparison = roc.delong_test(truth, score, score)
    assert (comparison.difference.value, comparison.z, comparison.p) == (0, 0, 1)


def test_one_class_only_is_refused():
    with pytest.raises(InputError, match="found only positives"):
        roc.auc([1, 1], [0.2, 0.3])
    with pytest.raises(InputError, match="score: found 1 missing"):
        roc.auc([1, 0], [0.2, math.nan])
