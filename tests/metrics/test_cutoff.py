import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from neolab.metrics.classification import count_confusion
from neolab.metrics.cutoff import youden_cutoff

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
    best = max(c.sensitivity + c.specificity for c in others if c.tp + c.fp)
    assert chosen.sensitivity + chosen.specificity >= best - 1e-12


def test_the_midpoint_lies_halfway_to_the_next_lower_score():
    truth, score = [0, 0, 1, 1], [1.30, 1.34, 1.38, 1.44]
    assert youden_cutoff(truth, score).threshold == pytest.approx(1.36)
    assert youden_cutoff(truth, score, midpoint=False).threshold == pytest.approx(1.38)


def test_of_equally_good_cut_offs_the_lower_one_is_taken():
    assert youden_cutoff([0, 1, 0, 1], [1, 2, 3, 4], midpoint=False).threshold == 2


def folds_of(n, k):
    parts = np.array_split(np.random.default_rng(0).permutation(n), k)
    return [(np.setdiff1d(np.arange(n), part), part) for part in parts]


def test_a_cut_off_on_noise_looks_good_on_its_own_cases_only():
    rng = np.random.default_rng(7)
    gain = []
    for _ in range(60):
        truth, score = np.repeat([True, False], 20), rng.normal(size=40)
        same_cases = score >= youden_cutoff(truth, score).threshold
        unseen = np.zeros(40, bool)
        for train, test in folds_of(40, 5):
            unseen[test] = score[test] >= youden_cutoff(truth[train], score[train]).threshold
        gain.append([count_confusion(truth, calls).balanced_accuracy for calls in (same_cases, unseen)])
    apparent, honest = np.mean(gain, axis=0)
    # The best Youden index of noise is the one-sided Kolmogorov-Smirnov distance, on average
    # sqrt(pi / 8 (1 / 20 + 1 / 20)).
    assert apparent == pytest.approx((1 + np.sqrt(np.pi / 8 / 10)) / 2, abs=0.03)
    assert abs(honest - 0.5) < 0.05
