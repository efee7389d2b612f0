import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.stats import inter_rater

from neolab.errors import InputError
from neolab.metrics.agreement import (
    count_categories,
    fleiss_chance_error,
    fleiss_kappa,
    kappa_of_independent_errors,
)

tables = hnp.arrays(int, st.tuples(st.integers(2, 30), st.integers(2, 5)), elements=st.integers(1, 4))

# Fleiss' worked example: 10 subjects, 14 raters, 5 categories; kappa 0.210 (counts as reprinted widely).
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def test_the_textbook_table_gives_its_published_kappa():
    ratings = np.array([np.repeat(np.arange(5), row) for row in FLEISS])
    assert (count_categories(ratings) == FLEISS).all()
    assert fleiss_kappa(ratings).kappa.value == pytest.approx(0.210, abs=0.0005)


@given(tables)
def test_fleiss_kappa_equals_that_of_statsmodels(ratings):
    assume(len(np.unique(ratings)) > 1)
    expected = inter_rater.fleiss_kappa(count_categories(ratings))
    assert fleiss_kappa(ratings, n_resamples=5).kappa.value == pytest.approx(expected)


def test_two_balanced_categories_have_the_closed_form_error_under_chance(rng):
    counts = np.array([[3, 0], [0, 3], [2, 1], [1, 2]])
    assert fleiss_chance_error(counts) == pytest.approx(math.sqrt(2 / (4 * 3 * 2)))


def test_the_chance_error_is_the_spread_of_kappa_among_raters_who_guess():
    rng = np.random.default_rng(2)
    simulated = [
        fleiss_kappa(rng.choice(3, p=[0.6, 0.3, 0.1], size=(60, 4)), n_resamples=2).kappa.value
        for _ in range(500)
    ]
    error = fleiss_chance_error(count_categories(rng.choice(3, p=[0.6, 0.3, 0.1], size=(4000, 4))))
    assert np.std(simulated) == pytest.approx(error * math.sqrt(4000 / 60), rel=0.1)


def test_the_test_of_kappa_is_kappa_over_its_chance_error(rng):
    truth = rng.integers(2, size=79)
    ratings = np.where(rng.random((79, 3)) < 0.85, truth[:, None], 1 - truth[:, None])
    result = fleiss_kappa(ratings)
    assert result.z == pytest.approx(result.kappa.value / fleiss_chance_error(count_categories(ratings)))
    assert result.kappa.low < result.kappa.value < result.kappa.high
    assert result.p < 0.001


def test_published_readers_agree_as_statsmodels_says(reader_study):
    _, _, ratings = reader_study
    for treatment in ratings:
        result = fleiss_kappa(treatment)
        assert result.kappa.value == pytest.approx(inter_rater.fleiss_kappa(count_categories(treatment)))
        assert 0 < result.kappa.low < result.kappa.high < 1


def test_perfect_agreement_is_1_and_one_category_is_undefined():
    assert fleiss_kappa(np.array([[1, 1], [0, 0]])).kappa.value == 1
    assert math.isnan(fleiss_kappa(np.ones((5, 3))).kappa.value)


def test_bad_ratings_are_refused():
    with pytest.raises(InputError, match="at least two raters"):
        fleiss_kappa(np.ones((5, 1)))
    with pytest.raises(InputError, match="missing ratings"):
        fleiss_kappa(np.array([[1, math.nan], [0, 1]]))


@pytest.mark.parametrize(("sensitivity", "specificity", "prevalence"), [(0.8, 0.7, 0.6), (0.52, 0.55, 0.6)])
def test_raters_simulated_to_err_independently_have_the_kappa_of_independent_errors(
    sensitivity, specificity, prevalence
):
    rng = np.random.default_rng(4)
    truth = rng.random(200_000) < prevalence
    chance = np.where(truth, sensitivity, 1 - specificity)
    calls = rng.random((len(truth), 3)) < chance[:, None]
    simulated = fleiss_kappa(calls, n_resamples=2).kappa.value
    expected = kappa_of_independent_errors(sensitivity, specificity, prevalence)
    assert simulated == pytest.approx(expected, abs=0.005)
    shared = np.repeat(calls[:, :1], 3, axis=1)
    assert fleiss_kappa(shared, n_resamples=2).kappa.value > expected + 0.5


def test_perfect_raters_agree_perfectly_and_raters_with_one_answer_have_no_kappa():
    assert kappa_of_independent_errors(1, 1, 0.3) == pytest.approx(1)
    assert kappa_of_independent_errors(0.5, 0.5, 0.3) == 0
    assert math.isnan(kappa_of_independent_errors(1, 0, 0.3))
    with pytest.raises(InputError, match="prevalence: found 1.2, expected a share from 0 to 1"):
        kappa_of_independent_errors(0.5, 0.5, 1.2)
