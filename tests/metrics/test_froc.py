import numpy as np
import pytest

from neolab.errors import InputError
from neolab.metrics.froc import Candidates, froc_from_candidates


@pytest.fixture
def subjects():
    """Two subjects worked by hand: three lesions, four false candidates."""
    return [
        Candidates(np.array([0.9, 0.8, 0.4, 0.3]), [[0], [], [1], []], n_lesions=2),
        Candidates(np.array([0.7, 0.6, 0.5]), [[], [0], []], n_lesions=1),
    ]


def test_a_curve_worked_by_hand(subjects):
    froc = froc_from_candidates(subjects)
    at = dict(
        zip(
            froc.thresholds,
            zip(froc.true_positive_rate, froc.false_positives_per_subject, strict=True),
            strict=True,
        )
    )
    assert at[np.inf] == (0, 0)
    assert at[0.9] == pytest.approx((1 / 3, 0))
    assert at[0.7] == pytest.approx((1 / 3, 1))
    assert at[0.6] == pytest.approx((2 / 3, 1))
    assert at[0.3] == pytest.approx((1, 2))


def test_sensitivity_at_a_false_positive_rate_is_the_best_affordable_point(subjects):
    froc = froc_from_candidates(subjects)
    for limit, expected in [(0, 1 / 3), (0.5, 1 / 3), (1, 2 / 3), (1.4, 2 / 3), (1.5, 1), (9, 1)]:
        assert froc.sensitivity_at(limit, n_resamples=10).value == pytest.approx(expected), limit


def test_a_candidate_over_two_lesions_finds_both():
    froc = froc_from_candidates([Candidates(np.array([0.5, 0.2]), [[0, 1], [1]], n_lesions=2)])
    assert froc.true_positive_rate.tolist() == [0, 1, 1]


def random_subjects(rng, n):
    for _ in range(n):
        n_lesions = int(rng.poisson(3))
        n_false = int(rng.poisson(5))
        scores = np.r_[rng.normal(1, 1, n_lesions), rng.normal(0, 1, n_false)]
        yield Candidates(scores, [[i] for i in range(n_lesions)] + [[]] * n_false, n_lesions)


def test_the_curve_rises_and_its_band_brackets_and_rises_with_the_grid(rng):
    froc = froc_from_candidates(list(random_subjects(rng, 40)))
    assert (np.diff(froc.true_positive_rate) >= 0).all()
    assert (np.diff(froc.false_positives_per_subject) >= 0).all()
    band = froc.band([0.5, 1, 2, 4], n_resamples=400)
    assert all(estimate.low <= estimate.value <= estimate.high for estimate in band)
    assert np.all(np.diff([estimate.value for estimate in band]) >= 0)
    assert band[0].n == 40


def test_the_band_holds_the_sensitivity_of_the_population_about_as_often_as_it_says(rng):
    truth = froc_from_candidates(list(random_subjects(rng, 1500))).sensitivity_at(2.0, n_resamples=2).value
    covered = 0
    for _ in range(60):
        estimate = froc_from_candidates(list(random_subjects(rng, 30))).sensitivity_at(2.0, n_resamples=200)
        covered += estimate.low <= truth <= estimate.high
    assert covered >= 57 - 3 * np.sqrt(60 * 0.95 * 0.05)


def test_a_cohort_without_a_lesion_has_no_curve():
    with pytest.raises(InputError, match="lesions: found none in 1 subjects"):
        froc_from_candidates([Candidates(np.array([0.5]), [[]], 0)])
