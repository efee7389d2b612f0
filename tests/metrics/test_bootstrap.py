import numpy as np
import pytest

from neolab.errors import InputError
from neolab.metrics.bootstrap import bootstrap_estimate, draw_subjects, subject_codes, subject_strata


def test_strata_keep_as_many_of_each_class_in_every_sample():
    strata = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    draws = draw_subjects(8, 50, seed=1, strata=strata)
    assert (strata[draws].sum(axis=1) == 3).all()
    assert len({tuple(draw) for draw in draws}) > 40


def test_slices_of_one_subject_are_drawn_together():
    subjects = ["a", "a", "b", "b", "b", "c"]
    seen = []
    bootstrap_estimate(
        lambda rows: seen.append(np.bincount(rows, minlength=6)) or 0.0, 6, subjects=subjects, n_resamples=40
    )
    for times in seen:
        assert times[0] == times[1] and times[2] == times[3] == times[4]


def test_repeating_every_subject_ten_times_does_not_narrow_the_interval(rng):
    values = rng.normal(size=40)
    once = bootstrap_estimate(lambda rows: values[rows].mean(), 40, seed=3)
    tenfold = np.repeat(values, 10)
    clustered = bootstrap_estimate(
        lambda rows: tenfold[rows].mean(), 400, subjects=np.repeat(np.arange(40), 10), seed=3
    )
    naive = bootstrap_estimate(lambda rows: tenfold[rows].mean(), 400, seed=3)
    assert clustered.half_width == pytest.approx(once.half_width, rel=0.1)
    assert naive.half_width < 0.45 * once.half_width
    assert clustered.n == 40


def test_interval_of_a_mean_equals_the_central_limit_theorem(rng):
    values = rng.normal(10, 3, size=400)
    estimate = bootstrap_estimate(lambda rows: values[rows].mean(), 400)
    assert estimate.half_width == pytest.approx(1.96 * values.std() / 20, rel=0.06)


def test_the_same_seed_gives_the_same_interval_and_another_does_not(rng):
    values = rng.normal(size=30)

    def interval(seed):
        return bootstrap_estimate(lambda rows: values[rows].mean(), 30, n_resamples=200, seed=seed)

    assert interval(1) == interval(1) != interval(2)


def test_subjects_of_both_classes_have_no_stratum_and_a_missing_subject_is_refused():
    codes = subject_codes(["a", "a", "b"], 3)
    assert subject_strata(codes, np.array([0, 1, 1])) is None
    assert subject_strata(codes, np.array([1, 1, 0])).tolist() == [1, 0]
    with pytest.raises(InputError, match="subjects: found 2"):
        subject_codes(["a", "b"], 3)
