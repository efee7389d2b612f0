import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from neolab.errors import InputError
from neolab.metrics.compare import (
    chi_square,
    compare_classifiers,
    fisher_exact,
    mcnemar_exact,
    paired_difference,
)


def test_chi_square_with_and_without_correction_equals_the_textbook_formula():
    a, b, c, d = 29, 18, 23, 9
    n = a + b + c + d
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    plain = chi_square([[a, b], [c, d]], yates=False)
    corrected = chi_square([[a, b], [c, d]], yates=True)
    assert plain.statistic == pytest.approx(n * (a * d - b * c) ** 2 / margins)
    assert corrected.statistic == pytest.approx(n * (abs(a * d - b * c) - n / 2) ** 2 / margins)
    assert plain.p == pytest.approx(stats.chi2.sf(plain.statistic, 1))
    assert plain.p < corrected.p


def test_wu_2021_sex_difference_has_its_printed_p_without_correction():
    assert round(chi_square([[29, 18], [23, 9]], yates=False).p, 3) == 0.349


def test_a_larger_table_has_its_degrees_of_freedom_and_no_correction():
    comparison = chi_square([[10, 20, 30], [12, 18, 25]], yates=True)
    assert comparison.degrees_of_freedom == 2 and comparison.method == "chi-square"


def test_fisher_gives_the_tea_lady_her_p():
    assert fisher_exact([[4, 0], [0, 4]]).p == pytest.approx(2 / 70)


@given(st.integers(0, 40), st.integers(0, 40))
def test_exact_mcnemar_equals_that_of_statsmodels(b, c):
    assume(b + c > 0)
    assert mcnemar_exact(b, c).p == pytest.approx(mcnemar([[5, b], [c, 5]], exact=True).pvalue)


def test_methods_that_agree_everywhere_do_not_differ():
    result = compare_classifiers([0, 1, 1], [0, 1, 0], [0, 1, 0])
    assert result.paired.p == 1 and result.difference.value == 0
    always_right = compare_classifiers([0, 1], [0, 1], [0, 1])
    assert always_right.unpaired is None


def test_paired_and_unpaired_tests_see_the_same_cases_differently(rng):
    truth = np.repeat([1, 0], [47, 32])
    first = np.where(np.arange(79) % 4 == 0, 1 - truth, truth)
    second = first.copy()
    second[np.flatnonzero(first == truth)[:8]] = 1 - truth[np.flatnonzero(first == truth)[:8]]
    result = compare_classifiers(truth, first, second)
    assert result.table.sum() == 79 and result.table[0, 1] == 8 and result.table[1, 0] == 0
    assert result.difference.value == pytest.approx(8 / 79)
    assert result.paired.p == pytest.approx(2 * 0.5**8)
    assert result.paired.p < 0.05 < result.unpaired.p < result.unpaired_yates.p
    assert result.difference.low > 0


def test_paired_difference_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    draws = rng.multinomial(60, [0.5, 0.2, 0.1, 0.2], size=1500)
    intervals = [paired_difference(int(b), int(c), 60) for _, b, c, _ in draws]
    covered = np.mean([estimate.low <= 0.1 <= estimate.high for estimate in intervals])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 1500)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chi_square([[1, 0], [2, 0]], yates=False), "empty row or column"),
        (lambda: chi_square([[1, 2.5], [2, 3]], yates=False), "no counts"),
        (lambda: fisher_exact([[1, 2, 3], [4, 5, 6]]), "expected 2 x 2"),
        (lambda: paired_difference(5, 6, 10), "5 and 6 of 10"),
        (lambda: compare_classifiers([0, 1], [0, 1], [0]), "second 1"),
    ],
)
def test_impossible_tables_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
