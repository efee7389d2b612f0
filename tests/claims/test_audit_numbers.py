"""p-values, AUC precision, detection, sums and repeats, each against an independent computation."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from neolab.claims.audit.detection import false_positives_needed, pooled_counts, precision_possible
from neolab.claims.audit.flow import ratio_of, total_of
from neolab.claims.audit.pvalues import (
    Group,
    counts_p,
    means_p,
    statistic_p,
    t_test_readings,
)
from neolab.claims.audit.ratios import interval_p, ratio_of_counts
from neolab.claims.audit.regression import is_square_of, mae_possible, target_sd_bounds
from neolab.claims.audit.repeats import agreeing_groups, minority
from neolab.claims.audit.roc_precision import (
    auc_interval,
    binormal_auc,
    correlation_needed,
    difference_p,
    hanley_mcneil_se,
    largest_se,
)
from neolab.claims.audit.rounding import Interval, exactly, printed
from neolab.claims.audit.shapes import Window, chain


def group(mean, sd, n):
    return Group(printed(mean), printed(sd), n)


@pytest.mark.parametrize("equal", [True, False])
def test_exact_summaries_give_scipys_p(equal):
    p = means_p(
        Group(exactly(9.83), exactly(3.05), 47),
        Group(exactly(12.15), exactly(5.28), 32),
        "Student" if equal else "Welch",
    )
    expected = stats.ttest_ind_from_stats(9.83, 3.05, 47, 12.15, 5.28, 32, equal_var=equal).pvalue
    assert p.low == pytest.approx(expected) and p.high == pytest.approx(expected)


@pytest.mark.parametrize("equal", [True, False])
def test_the_p_range_encloses_every_p_inside_the_rounding_intervals(equal):
    first, second = group("1.47", "0.09", 47), group("1.42", "0.07", 32)
    found = means_p(first, second, "Student" if equal else "Welch")
    rng = np.random.default_rng(0)
    ps = [
        stats.ttest_ind_from_stats(
            *(rng.uniform(i.low, i.high) for i in (first.mean, first.sd)),
            first.n,
            *(rng.uniform(i.low, i.high) for i in (second.mean, second.sd)),
            second.n,
            equal_var=equal,
        ).pvalue
        for _ in range(500)
    ]
    assert found.low <= min(ps) and max(ps) <= found.high
    assert found.high < 3 * max(ps)  # the enclosure is not so loose that it says nothing


def test_population_sds_are_turned_into_sample_sds():
    x, y = np.arange(8.0), np.arange(3.0, 14.0) ** 1.2
    groups = [Group(exactly(v.mean()), exactly(v.std()), len(v)) for v in (x, y)]
    p = t_test_readings(*groups)["Welch, population SD"]
    assert p.low == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)


def test_overlapping_means_allow_p_of_one():
    assert means_p(group("1.0", "0.5", 9), group("1.0", "0.4", 9), "Student").high == 1


def test_the_test_behind_a_p_is_named():
    sex, p = ((48, 26), (30, 24)), printed("0.377")
    fits = [t for t in ("chi-square", "Yates", "Fisher") if any(p.contains(x) for x in counts_p(sex, t))]
    assert fits == ["Yates"]
    ages, p = t_test_readings(group("9.83", "3.05", 47), group("12.15", "5.28", 32)), printed("0.032")
    assert [name for name, values in ages.items() if values.overlaps(p)] == ["Welch, population SD"]


def test_the_p_of_a_correlation_agrees_with_scipy():
    rng = np.random.default_rng(1)
    x = rng.normal(size=30)
    result = stats.pearsonr(x, x + rng.normal(size=30))
    found = statistic_p("r", exactly(float(result.statistic)), [28])
    assert found.low == pytest.approx(result.pvalue, rel=1e-6)
    assert statistic_p("r", printed("0.00"), [28]).high == 1.0


@pytest.mark.parametrize("side", ["two", "one", "against"])
def test_a_paired_test_lies_within_what_means_and_sds_leave_open(side):
    rng = np.random.default_rng(6)
    for rho in (-0.6, 0.0, 0.8):
        x = rng.normal(size=25)
        y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=25) + 0.3
        first, second = (Group(exactly(v.mean()), exactly(v.std(ddof=1)), 25) for v in (x, y))
        seen = "less" if x.mean() < y.mean() else "greater"
        other = {"less": "greater", "greater": "less"}[seen]
        way = {"two": "two-sided", "one": seen, "against": other}[side]
        found = means_p(first, second, "paired", sides=side)
        assert found.contains(stats.ttest_rel(x, y, alternative=way).pvalue)
    assert not means_p(group("1.0", "0.5", 9), group("1.0", "0.4", 8), "paired").overlaps(Interval(0, 1))


@pytest.mark.parametrize("table", [((48, 26), (30, 24)), ((3, 17), (9, 11)), ((0, 12), (5, 7))])
def test_tests_of_counts_agree_with_scipy_and_statsmodels(table):
    from statsmodels.stats.proportion import test_proportions_2indep

    (a, b), (c, d) = table
    assert counts_p(table, "Fisher") == [pytest.approx(stats.fisher_exact(table).pvalue)]
    assert counts_p(table, "Yates") == [pytest.approx(stats.chi2_contingency(table).pvalue)]
    ratio = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
    assert any(p == pytest.approx(ratio) for p in counts_p(table, "likelihood ratio"))
    if a and c:
        wald = test_proportions_2indep(a, a + b, c, c + d, method="wald", compare="diff").pvalue
        assert counts_p(table, "Wald") == [pytest.approx(wald)]


def test_mcnemars_p_is_found_for_the_true_number_of_pairs():
    from statsmodels.stats.contingency_tables import mcnemar

    pairs = np.array([[30, 5], [14, 30]])  # first yes 35 of 79, second yes 44 of 79
    found = counts_p(((35, 44), (44, 35)), "McNemar")
    for exact, correction in ((True, False), (False, True), (False, False)):
        p = float(mcnemar(pairs, exact=exact, correction=correction).pvalue)
        assert any(value == pytest.approx(p) for value in found)
    assert counts_p(((35, 44), (44, 36)), "McNemar") == []


# Test statistics and recomputed p-values in statcheck's own tests (R distributions).
@pytest.mark.parametrize(
    ("kind", "value", "df", "p"),
    [
        ("t", 2.20, [28], 2 * stats.t.sf(2.20, 28)),
        ("F", 2.20, [2, 28], stats.f.sf(2.20, 2, 28)),
        ("r", 0.22, [28], 2 * stats.t.sf(0.22 * math.sqrt(28 / (1 - 0.22**2)), 28)),
        ("z", 2.20, [], 2 * stats.norm.sf(2.20)),
        ("chi2", 22.20, [28], stats.chi2.sf(22.20, 28)),
        ("Q", 22.20, [28], stats.chi2.sf(22.20, 28)),
    ],
)
def test_the_p_of_a_test_statistic_is_statchecks(kind, value, df, p):
    assert statistic_p(kind, exactly(value), df).low == pytest.approx(p)


def test_ratios_and_intervals_agree_with_statsmodels():
    from statsmodels.stats.contingency_tables import Table2x2

    table = ((20, 20), (10, 30))
    theirs = Table2x2(np.array(table))
    assert ratio_of_counts(table, "odds_ratio") == pytest.approx(
        (theirs.oddsratio, *theirs.oddsratio_confint())
    )
    assert ratio_of_counts(table, "risk_ratio") == pytest.approx(
        (theirs.riskratio, *theirs.riskratio_confint())
    )
    inverse = ratio_of_counts(table, "odds_ratio", "inverse")
    assert inverse[0] == pytest.approx(1 / theirs.oddsratio)
    low, high = theirs.oddsratio_confint()
    p = interval_p(exactly(theirs.oddsratio), exactly(low), exactly(high), null=1, log=True)
    assert p.low == pytest.approx(theirs.oddsratio_pvalue())
    assert interval_p(printed("1.50"), printed("1.45"), printed("2.05"), null=1, log=True) is None


def test_hanley_mcneil_reproduces_the_simulated_spread_of_an_auc():
    rng = np.random.default_rng(2)
    truth = np.r_[np.ones(20), np.zeros(30)]
    # Exponential scores, for which the formula is exact.
    aucs = [roc_auc_score(truth, np.r_[rng.exponential(4, 20), rng.exponential(1, 30)]) for _ in range(3000)]
    assert np.mean(aucs) == pytest.approx(0.8, abs=0.005)
    assert hanley_mcneil_se(0.8, 20, 30) == pytest.approx(np.std(aucs), rel=0.05)
    assert np.std(aucs) < largest_se(0.8, 20, 30)


def test_few_positives_cannot_tell_models_apart():
    low, high = auc_interval(0.83, 8, 89)
    assert low < 0.74 < 0.83 < high < 1
    assert difference_p(0.83, 0.74, 8, 89) > 0.05
    needed = correlation_needed(0.83, 0.74, 8, 89)
    assert difference_p(0.83, 0.74, 8, 89, needed) < 0.05 < difference_p(0.83, 0.74, 8, 89, needed - 0.01)
    assert correlation_needed(0.8, 0.8, 8, 89) == math.inf


def test_binormal_auc_is_that_of_normal_samples():
    rng = np.random.default_rng(3)
    x, y = rng.normal(1.39, 0.06, 40_000), rng.normal(1.33, 0.06, 40_000)
    truth = np.r_[np.ones(40_000), np.zeros(40_000)]
    assert binormal_auc(1.39, 0.06, 1.33, 0.06) == pytest.approx(roc_auc_score(truth, np.r_[x, y]), abs=0.005)


def test_detection_counts_follow_from_rates():
    found = pooled_counts(printed(".93"), printed("1.5"), 186, 78)
    assert list(found.true_positives) == [173]
    assert (found.false_positives[0], found.false_positives[-1]) == (114, 120)
    assert precision_possible(found, printed(".59")) and not precision_possible(found, printed(".44"))
    assert false_positives_needed(173 / 290, 173, 78) == pytest.approx(117 / 78)
    nothing = pooled_counts(printed(".33"), printed("1.0"), 2, 10)
    assert not nothing.true_positives and not precision_possible(nothing, printed(".5"))


def test_sums_and_ratios_carry_their_rounding():
    assert total_of([exactly(133), exactly(14)], [1, -1]) == exactly(119)
    assert total_of([printed("1.4"), printed("1.4")]).contains(2.9)
    assert ratio_of(exactly(95), exactly(32)).low == pytest.approx(2.96875)
    with pytest.raises(ValueError, match="expected two positive"):
        ratio_of(exactly(1), printed("0"))


def test_repeated_printings_are_grouped_and_only_a_clear_majority_outvotes():
    values = {"a": printed("0.769"), "b": printed("76.90%"), "c": printed("0.77"), "d": printed("0.678")}
    groups = agreeing_groups(values)
    assert [set(group) for group in groups] == [{"a", "b", "c"}, {"d"}]
    assert minority(groups) == ("d",)
    assert set(minority([("text", "abstract"), ("table",)])) == {"text", "abstract", "table"}
    assert minority([("a", "b")]) == ()


def test_r_squared_under_the_name_of_r_is_recognised():
    assert is_square_of(printed("0.81"), printed("0.901")) and is_square_of(printed("0.93"), printed("0.964"))
    assert not is_square_of(printed("0.83"), printed("0.901"))


def test_errors_of_a_regression_bound_each_other():
    errors = np.array([0.0, 0.0, 3.0, -1.0])
    mae, rmse = np.abs(errors).mean(), math.sqrt((errors**2).mean())
    assert mae_possible(exactly(mae), exactly(rmse), 4)
    assert not mae_possible(exactly(rmse + 0.1), exactly(rmse), 4)
    assert not mae_possible(exactly(rmse / 2 - 0.1), exactly(rmse), 4)
    rng = np.random.default_rng(4)
    y = rng.uniform(0, 24, 500)
    x = y + rng.normal(0, 3, 500)
    rmse, r = math.sqrt(np.mean((x - y) ** 2)), np.corrcoef(x, y)[0, 1]
    assert y.std() <= target_sd_bounds(exactly(rmse), exactly(r), 0, 24).high


def test_a_tensor_shape_chain_follows_the_layers():
    import torch

    windows = [Window(5), Window(2, 2), Window(5), Window(2, 2)]
    assert chain(128, windows) == [128, 124, 62, 58, 29]
    x = torch.zeros(1, 1, 33, 33)
    for kernel, stride, padding in ((7, 2, 3), (3, 2, 1), (3, 3, 0), (1, 2, 0)):
        out = torch.nn.Conv2d(1, 1, kernel, stride, padding)(x).shape[-1]
        assert Window(kernel, stride, padding).out(33) == out
