"""Confusion tables, folds and raters: against scikit-learn, brute force and known data."""

import itertools

import numpy as np
import pytest
from sklearn import metrics as sk

from neolab.claims.audit.agreement import attainable_kappas, fleiss_kappa, kappas_within
from neolab.claims.audit.confusion import (
    expected_metrics,
    feasible_tables,
    metric_bounds,
    share_range,
)
from neolab.claims.audit.engine import minimal_conflict
from neolab.claims.audit.folds import (
    fold_means_feasible,
    fold_size_sets,
    mean_proportion_attainable,
    mean_proportions,
    stratified_kinds,
)
from neolab.claims.audit.recover import (
    Summary,
    Tables,
    TooManyTables,
    recover_tables,
    recover_without_one,
    summarise,
)
from neolab.claims.audit.rounding import Interval, exactly, printed, rounded_interval


def labels(tp, tn, p, n):
    truth = [1] * p + [0] * n
    return truth, [1] * tp + [0] * (p - tp) + [0] * tn + [1] * (n - tn)


@pytest.mark.parametrize(
    ("tp", "tn", "p", "n"), [(32, 25, 47, 32), (3, 9, 11, 15), (1, 1, 2, 3), (7, 0, 7, 5)]
)
def test_metrics_of_a_table_agree_with_scikit_learn(tp, tn, p, n):
    truth, call = labels(tp, tn, p, n)
    ours = {
        name: low
        for name, (low, high) in metric_bounds(np.array(tp), np.array(tn), p, n).items()
        if low == high
    }
    expected = {
        "sensitivity": sk.recall_score(truth, call),
        "specificity": sk.recall_score(truth, call, pos_label=0),
        "precision": sk.precision_score(truth, call),
        "f1": sk.f1_score(truth, call),
        "accuracy": sk.accuracy_score(truth, call),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, call),
        "mcc": sk.matthews_corrcoef(truth, call),
    }
    for name in set(ours) & set(expected):
        assert ours[name] == pytest.approx(expected[name]), name
    assert {"sensitivity", "specificity", "accuracy"} <= set(ours)


def test_a_ratio_of_nothing_is_left_open():
    bounds = metric_bounds(np.array(0), np.array(5), 4, 5)
    assert (bounds["precision"][0], bounds["precision"][1]) == (0, 1)
    assert (bounds["mcc"][0], bounds["mcc"][1]) == (-1, 1)
    assert bounds["f1"] == (0, 0)


def test_the_table_of_the_semi_quantitative_method_is_found_and_unique():
    shown = {"precision": "82.05%", "f1": "74.42%", "accuracy": "72.15%"}
    assert feasible_tables({k: printed(v) for k, v in shown.items()}, 47, 32) == [(32, 25)]


def test_a_minimal_conflict_is_named():
    values = {
        "accuracy": printed("0.9"),
        "sensitivity": printed("0.5"),
        "specificity": printed("0.6"),
        "f1": printed("0.5"),
    }
    conflict = minimal_conflict(
        values, lambda names: bool(feasible_tables({n: values[n] for n in names}, 20, 20))
    )
    assert len(conflict) == 2 and "accuracy" in conflict
    assert minimal_conflict(values, lambda names: True) == ()


def test_the_needed_share_of_positives_is_that_of_the_table():
    table = expected_metrics(0.7, 0.9, 0.3)
    assert table["accuracy"] == pytest.approx(0.84)
    found = share_range(exactly(0.7), exactly(0.9), exactly(0.84))
    assert found.low == pytest.approx(0.3) and found.high == pytest.approx(0.3)
    assert share_range(printed("0.70"), printed("0.70"), printed("0.70")) is None
    outside = share_range(printed("0.76"), printed("0.81"), printed("75.18%"))
    assert not outside.overlaps(Interval(0, 1))


def test_stratified_folds_have_the_sizes_that_scikit_learn_makes():
    from sklearn.model_selection import StratifiedKFold

    y = np.array([1] * 54 + [0] * 74)
    for seed in range(5):
        splits = StratifiedKFold(5, shuffle=True, random_state=seed).split(y, y)
        kinds = [(int(y[test].sum()), int((1 - y[test]).sum())) for _, test in splits]
        assert set(kinds) <= set(stratified_kinds(54, 74, 5))
        sizes = sorted(sum(kind) for kind in kinds)
        assert any(sizes == sorted(np.repeat(list(s), list(s.values()))) for s in fold_size_sets(54, 74, 5))


def test_averages_of_ratios_are_not_judged_by_the_algebra_of_one_table():
    folds = [(10, 10, 10, 10), (2, 10, 10, 10)]  # tp, tn, positives, negatives
    values = [metric_bounds(np.array(tp), np.array(tn), p, n) for tp, tn, p, n in folds]
    means = {m: float(np.mean([v[m][0] for v in values])) for m in ("sensitivity", "specificity", "f1")}
    shown = {name: rounded_interval(round(value, 3), 3) for name, value in means.items()}
    assert not feasible_tables(shown, 20, 20)
    assert fold_means_feasible(shown, 20, 20, 2)


def test_an_accuracy_outside_sensitivity_and_specificity_is_impossible_in_stratified_folds():
    shown = {"accuracy": printed("75.18%"), "sensitivity": printed("0.76"), "specificity": printed("0.81")}
    assert not fold_means_feasible(shown, 54, 74, 5)
    assert fold_means_feasible({**shown, "accuracy": printed("78.9%")}, 54, 74, 5)


def test_a_spread_that_no_folds_can_have_is_impossible():
    mean = {"sensitivity": printed("0.95")}
    assert fold_means_feasible(mean, 50, 50, 5, sds={"sensitivity": printed("0.10")})
    assert not fold_means_feasible(mean, 50, 50, 5, sds={"sensitivity": printed("0.40")})
    assert not fold_means_feasible(
        {"sensitivity": printed("0.95")}, 10, 10, 5, sds={"sensitivity": printed("0.00")}
    )


def test_mean_accuracies_are_those_of_all_combinations():
    sizes = {3: 2, 4: 1}
    brute = {
        round((a / 3 + b / 3 + c / 4) / 3, 9) for a, b, c in itertools.product(range(4), range(4), range(5))
    }
    assert set(np.round(mean_proportions(sizes), 9)) == brute
    assert mean_proportion_attainable(exactly((1 / 3 + 2 / 3 + 1 / 4) / 3), sizes)
    assert not mean_proportion_attainable(printed("75.18%"), {26: 3, 25: 2})


def S(mean, sd):
    return Summary(printed(mean), printed(sd))


WU_RESNET18 = {
    "sensitivity": S("78.95%", "17.85%"),
    "specificity": S("45.26%", "19.19%"),
    "precision": S("59.58%", "7.09%"),
    "f1": S("67.11%", "8.28%"),
    "accuracy": S("62.11%", "8.03%"),
}


def test_five_folds_are_recovered_uniquely_and_only_with_the_sample_sd():
    folds = [(19, 19)] * 5
    assert recover_tables(folds, WU_RESNET18, ddof=0) == []
    (tables,) = recover_tables(folds, WU_RESNET18, ddof=1)
    assert tables == Tables(tp=(11, 12, 16, 17, 19), tn=(8, 13, 10, 9, 3))
    truth, call = labels(11, 8, 19, 19)
    assert summarise(tables, folds, "f1")[0][0] == pytest.approx(sk.f1_score(truth, call))


def test_recovery_agrees_with_brute_force_over_all_small_tables():
    folds, ddof = [(2, 3), (2, 3), (2, 4)], 1
    rng = np.random.default_rng(0)
    for _ in range(10):
        true = [(rng.integers(0, p + 1), rng.integers(0, n + 1)) for p, n in folds]
        shown = {}
        for metric in ("sensitivity", "specificity", "accuracy", "precision"):
            values = np.array(
                [
                    metric_bounds(np.array(a), np.array(b), p, n)[metric][0]
                    for (a, b), (p, n) in zip(true, folds, strict=True)
                ]
            )
            shown[metric] = Summary(
                rounded_interval(round(values.mean(), 2), 2),
                rounded_interval(round(values.std(ddof=1), 2), 2),
            )
        found = {
            tuple(sorted(zip(folds, t.tp, t.tn, strict=True))) for t in recover_tables(folds, shown, ddof)
        }
        assert found == brute_force(folds, shown, ddof)


def brute_force(folds, shown, ddof):
    found = set()
    cells = [list(itertools.product(range(p + 1), range(n + 1))) for p, n in folds]
    for tables in itertools.product(*cells):
        if all(fits(tables, folds, metric, summary, ddof) for metric, summary in shown.items()):
            found.add(tuple(sorted((fold, tp, tn) for fold, (tp, tn) in zip(folds, tables, strict=True))))
    return found


def fits(tables, folds, metric, summary, ddof):
    bounds = [
        metric_bounds(np.array(tp), np.array(tn), p, n)[metric]
        for (tp, tn), (p, n) in zip(tables, folds, strict=True)
    ]
    low, high = (np.array([float(b[side]) for b in bounds]) for side in (0, 1))
    if low.mean() > summary.mean.high + 1e-9 or high.mean() < summary.mean.low - 1e-9:
        return False
    return bool((low < high).any()) or summary.sd.contains(low.std(ddof=ddof))


def test_the_one_wrong_number_among_ten_is_named():
    wrong = WU_RESNET18 | {"f1": S("67.11%", "8.82%")}
    folds = [(19, 19)] * 5
    assert recover_tables(folds, wrong) == []
    ((metric, part, tables),) = recover_without_one(folds, wrong)
    assert (metric, part) == ("f1", "sd")
    assert tables == [Tables(tp=(11, 12, 16, 17, 19), tn=(8, 13, 10, 9, 3))]


def test_values_rounded_before_averaging_are_recovered_if_that_is_allowed():
    tables, folds = Tables((20, 22, 32), (18, 20, 15)), [(47, 32)] * 3
    shown = {}
    for metric in ("sensitivity", "specificity", "accuracy"):
        _, mean, sd = summarise(tables, folds, metric, 1, rounded_first=2)
        shown[metric] = Summary(rounded_interval(round(mean, 4), 4), rounded_interval(round(sd, 4), 4))
    assert tables not in recover_tables(folds, shown)
    loose = recover_tables(folds, shown, rounded_first=2)
    assert Tables((20, 22, 32), (18, 20, 15)) in loose


def test_a_search_without_end_is_refused():
    with pytest.raises(TooManyTables, match="too many sets of counts"):
        recover_tables([(500, 500)] * 5, {"accuracy": Summary(printed("0.5"))})


@pytest.mark.parametrize("n_cases", [5, 7])
def test_kappas_of_three_raters_are_those_of_all_ratings(n_cases):
    from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

    seen = set()
    for yes in itertools.combinations_with_replacement(range(4), n_cases):
        positives = sum(yes)
        if 0 < positives < 3 * n_cases:
            counts = np.array([[k, 3 - k] for k in yes])
            split = sum(k in (1, 2) for k in yes)
            kappa = statsmodels_kappa(counts)
            assert fleiss_kappa(split, positives, n_cases) == pytest.approx(kappa)
            seen.add((round(kappa, 9), split, positives))
    ours = attainable_kappas(range(1, 3 * n_cases), n_cases)
    assert {(round(kappa, 9), split, positives) for kappa, split, positives in ours} == seen


def test_a_kappa_between_two_attainable_values_is_found_out():
    values = attainable_kappas([117], 79)
    assert not kappas_within(printed("0.5082"), values)
    assert kappas_within(printed("0.5105"), values)
    with pytest.raises(ValueError, match="expected 3"):
        fleiss_kappa(1, 5, 5, n_raters=4)
