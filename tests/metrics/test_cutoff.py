import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from neolab.errors import InputError
from neolab.metrics.classification import count_confusion
from neolab.metrics.cutoff import crossvalidated_cutoff, cutoff_optimism, youden_cutoff

scored = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=3, max_size=40)


@given(scored, st.booleans())
def test_no_other_cut_off_has_a_larger_youden_index(pairs, midpoint):
    truth, score = (np.array(column) for column in zip(*pairs, strict=True))
    assume(truth.any() and not truth.all())
    chosen = youden_cutoff(truth, score, midpoint=midpoint)
    counts = count_confusion(truth, score >= chosen.threshold)
    assert counts.sensitivity == pytest.approx(chosen.sensitivity)
    assert counts.specificity == pytest.approx(chosen.specificity)
    others = [count_confusion(truth, score >= cutoff) for cutoff in np.arange(-0.5, 10)]
    assert chosen.youden >= max(c.sensitivity + c.specificity - 1 for c in others if c.tp + c.fp) - 1e-12


def test_the_midpoint_lies_halfway_to_the_next_lower_score():
    truth, score = [0, 0, 1, 1], [1.30, 1.34, 1.38, 1.44]
    assert youden_cutoff(truth, score).threshold == pytest.approx(1.36)
    assert youden_cutoff(truth, score, midpoint=False).threshold == pytest.approx(1.38)


def test_of_equally_good_cut_offs_the_lower_one_is_taken():
    assert youden_cutoff([0, 1, 0, 1], [1, 2, 3, 4], midpoint=False).threshold == 2


def folds_of(n, k):
    parts = np.array_split(np.random.default_rng(0).permutation(n), k)
    return [(np.setdiff1d(np.arange(n), part), part) for part in parts]


def test_each_call_uses_a_cut_off_that_the_case_did_not_choose(rng):
    truth = rng.random(60) < 0.5
    score = truth + rng.normal(size=60)
    folds = folds_of(60, 5)
    result = crossvalidated_cutoff(truth, score, folds)
    for (train, test), cutoff in zip(folds, result.cutoffs, strict=True):
        assert cutoff == youden_cutoff(truth[train], score[train])
        assert (result.predicted[test] == (score[test] >= cutoff.threshold)).all()


def test_a_cut_off_on_noise_looks_good_on_its_own_cases_only():
    rng = np.random.default_rng(7)
    gain = []
    for _ in range(60):
        truth = np.repeat([True, False], 20)
        optimism = cutoff_optimism(truth, rng.normal(size=40), folds_of(40, 5))
        gain.append(optimism["balanced_accuracy"])
    apparent, honest = np.mean(gain, axis=0)
    # The best Youden index of noise is the one-sided Kolmogorov-Smirnov distance, on average
    # sqrt(pi / 8 (1 / 20 + 1 / 20)).
    assert apparent == pytest.approx((1 + np.sqrt(np.pi / 8 / 10)) / 2, abs=0.03)
    assert abs(honest - 0.5) < 0.05


def test_folds_that_leave_a_case_untested_are_refused():
    with pytest.raises(InputError, match="2 rows not tested"):
        crossvalidated_cutoff([0, 1, 0, 1], [1, 2, 3, 4], [([0, 1], [2, 3])])
