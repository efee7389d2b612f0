"""The rule lets true replications through about as often as it says."""

import math

import numpy as np
import pytest
from scipy.stats import binom, f

from neolab.claims.load import load_papers
from neolab.claims.prediction import Prediction, sampling_of
from neolab.claims.sampling import (
    Correlation,
    Given,
    MeanOfFew,
    Rate,
    Share,
    Spread,
    published_sampling,
)
from neolab.metrics.proportions import wilson

FAMILIES = [
    (Given(0.1, 0.1), 0.77),
    (Share(79), 0.72),
    (Share(12), 0.5),
    (Rate(78), 1.5),
    (Rate(20), 0.5),
    (MeanOfFew(0.05, 3), 0.54),
    (MeanOfFew(0.1, 5), 0.62),
    (Spread(2), 0.08),
    (Spread(118), 2.1),
    (Correlation(119), 0.81),
]


@pytest.mark.parametrize(("sampling", "truth"), FAMILIES, ids=lambda one: str(one)[:24])
def test_intervals_of_every_kind_hold_the_truth_in_95_percent(sampling, truth):
    _, low, high = sampling.draw(np.random.default_rng(0), truth, 4000)
    # Counts are few values, and the exact interval of a rate is on the safe side.
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= (0.98 if isinstance(sampling, Rate) else 0.97)


@pytest.mark.parametrize(("sampling", "truth"), FAMILIES, ids=lambda one: str(one)[:24])
def test_a_true_replication_of_the_same_size_passes_in_about_95_percent(sampling, truth):
    power = Prediction(truth, "=", 0.0, sampling).power(sampling)
    assert 0.92 <= power <= (0.995 if isinstance(sampling, MeanOfFew | Spread) else 0.98)


def test_a_replication_passes_as_often_as_the_power_says():
    truth, sampling, rng = 0.72, Share(79), np.random.default_rng(1)
    passes = []
    for _ in range(3000):
        printed, ours = (wilson(int(rng.binomial(79, truth)), 79) for _ in range(2))
        rule = Prediction(printed.value, "=", 0.0, sampling)
        passes.append(rule.agrees(ours.value, ours.low, ours.high))
    stated = Prediction(truth, "=", 0.0, sampling).power(sampling)
    assert np.mean(passes) == pytest.approx(stated, abs=0.015)


def test_the_power_of_two_shares_is_the_sum_over_all_tables():
    sampling = Share(12)
    chances = binom.pmf(range(13), 12, 0.5)
    rule = [
        [
            bool(Prediction(a / 12, "=", 0.0, sampling).agrees(b / 12, *sampling.interval(b / 12)))
            for b in range(13)
        ]
        for a in range(13)
    ]
    exact = chances @ np.array(rule, float) @ chances
    assert Prediction(0.5, "=", 0.0, sampling).power(sampling) == pytest.approx(exact, abs=0.015)


def test_two_spreads_are_told_apart_much_like_by_an_f_test():
    rule = Prediction(1.0, "=", 0.0, Spread(30))
    exact = math.sqrt(f.ppf(0.975, 30, 30))
    sizes = np.linspace(1, 3, 2001)
    allowed = sizes[rule.agrees(sizes, *Spread(30).interval(sizes))].max()
    assert allowed == pytest.approx(exact, rel=0.03)


def test_a_bound_is_passed_in_95_percent_where_the_truth_lies_on_it():
    for relation in "<>":
        power = Prediction(0.8, relation, 0.0, None).power(Given(0.05, 0.05))
        assert power == pytest.approx(0.95, abs=0.015)


def test_our_own_size_is_read_from_how_the_interval_was_made():
    assert sampling_of(0.7, 0.5, 0.8, "95% Wilson", 12) == Share(12)
    assert sampling_of(0.7, 0.5, 0.8, "95% bootstrap over subjects", 12) == Given(
        pytest.approx(0.2), pytest.approx(0.1)
    )
    folds = sampling_of(0.7, 0.5, 0.9, "95% t over 5 values, taken as independent", 5)
    assert folds.interval(0.7) == (pytest.approx(0.5), pytest.approx(0.9))


def test_the_printed_number_gets_its_error_from_its_own_n(make_claim):
    share = make_claim(metric="sensitivity", n=47)
    assert published_sampling(share) == Share(47)
    assert published_sampling(make_claim(metric="sensitivity", n=186, analysis_unit="lesion")) == Share(186)
    readers = make_claim(metric="accuracy", statistic="mean", n=3, analysis_unit="rater")
    assert published_sampling(readers, 0.05) == MeanOfFew(0.05, 3)
    assert published_sampling(readers) == Given(0.1, 0.1)
    assert published_sampling(make_claim(metric="accuracy", statistic="sd", n=5)) == Spread(4)
    assert published_sampling(make_claim(metric="auc", tolerance=(0.1, 0.2))) == Given(0.1, 0.2)
    assert published_sampling(make_claim(tolerance=0)) is None


def test_no_formula_is_wider_than_the_tolerance_that_was_registered_but_for_students_t():
    """Tolerances are 1.96 standard errors; t over few readers and intervals of shares may reach further."""
    for paper in load_papers().values():
        for claim in paper.claims:
            sampling = published_sampling(claim, paper.spread_of(claim))
            if claim.role != "outcome" or sampling is None or not isinstance(claim.tolerance, float):
                continue
            low, high = (float(end) for end in sampling.interval(claim.value))
            student = isinstance(sampling, MeanOfFew | Spread)
            assert (high - low) / 2 <= claim.tolerance * (7 if student else 1.25), claim.id
