"""True results, rounded as papers do, raise no alarm; single-digit errors do, and how often is printed.

Each trial draws a small study, computes its numbers, rounds them half-even or half-up to a random number of
decimals, and asks one check whether they can be true. The same trials, with one digit of one printed number
changed, measure what each check detects.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from neolab.claims.audit.agreement import attainable_kappas, kappas_within
from neolab.claims.audit.confusion import f1_range, feasible_tables, metric_bounds, share_range
from neolab.claims.audit.counts import attainable, auc_attainable, counts_within, sums_of_squares
from neolab.claims.audit.detection import pooled_counts, precision_possible
from neolab.claims.audit.flow import ratio_of, total_of
from neolab.claims.audit.folds import fold_means_feasible, fold_size_sets, mean_proportion_attainable
from neolab.claims.audit.pvalues import (
    Group,
    chi_square_readings,
    correlation_p_range,
    fitting,
    t_test_readings,
)
from neolab.claims.audit.recover import Summary, recover_tables
from neolab.claims.audit.regression import is_square_of, mae_possible
from neolab.claims.audit.repeats import peak_possible
from neolab.claims.audit.rounding import Interval, round_as, rounded_interval


@dataclass(frozen=True)
class Shown:
    """A number as a paper shows it."""

    value: float
    decimals: int

    @property
    def interval(self) -> Interval:
        return rounded_interval(self.value, self.decimals)


Numbers = dict[str, Shown]


@dataclass(frozen=True)
class Trial:
    """A check with a way to draw numbers that are true for it.

    ``draw(rng)`` returns the shown numbers and whatever else is known exactly; ``alarm`` says whether the
    check calls them impossible.
    """

    name: str
    family: str
    draws: int
    draw: Callable[[np.random.Generator], tuple[Numbers, dict]]
    alarm: Callable[[Numbers, dict], bool]


def show(rng: np.random.Generator, value: float, low: int = 2, high: int = 4) -> Shown:
    decimals = int(rng.integers(low, high + 1))
    return Shown(round_as(value, decimals, rng.choice(["half-even", "half-up"])), decimals)


def intervals(numbers: Numbers) -> dict[str, Interval]:
    return {name: shown.interval for name, shown in numbers.items()}


# ---- Counts and single tables ------------------------------------------------------------------------


def draw_proportion(rng):
    n = int(rng.integers(3, 400))
    return {"share": show(rng, rng.integers(0, n + 1) / n)}, {"n": n}


def draw_whole_number_mean(rng):
    n, ddof = int(rng.integers(3, 60)), int(rng.integers(0, 2))
    values = rng.integers(0, rng.integers(2, 20), n)
    return {"mean": show(rng, values.mean(), 1, 3), "sd": show(rng, values.std(ddof=ddof), 1, 3)}, {"n": n}


def alarm_whole_number_mean(numbers, known):
    mean, sd, n = numbers["mean"].interval, numbers["sd"].interval, known["n"]
    return not attainable(mean, n) or not any(sums_of_squares(mean, sd, n, ddof) for ddof in (0, 1))


def one_table(rng, p, n, open_value=None):
    """Return the metrics of a random table; an open ratio becomes 0 or 1, as programs print it."""
    tp, tn = rng.binomial(p, rng.uniform(0.05, 1)), rng.binomial(n, rng.uniform(0.05, 1))
    metrics = {}
    for name, (low, high) in metric_bounds(np.array(tp), np.array(tn), p, n).items():
        if name == "auc":
            metrics[name] = rng.uniform(float(low), float(high))
        elif low == high:
            metrics[name] = float(low)
        else:
            metrics[name] = float(rng.choice([0.0, 1.0])) if open_value is None else open_value
    return metrics


def some(rng, metrics, least=2):
    names = rng.permutation(list(metrics))[: rng.integers(least, len(metrics) + 1)]
    return [str(name) for name in names]


def draw_table(rng):
    p, n = (int(rng.integers(2, 45)) for _ in range(2))
    metrics = one_table(rng, p, n)
    return {name: show(rng, metrics[name]) for name in some(rng, metrics)}, {"p": p, "n": n}


def alarm_table(numbers, known):
    return not feasible_tables(intervals(numbers), known["p"], known["n"])


def draw_share_range(rng):
    p, n = (int(rng.integers(2, 80)) for _ in range(2))
    metrics = one_table(rng, p, n)
    names = ("sensitivity", "specificity", "accuracy")
    return {name: show(rng, metrics[name]) for name in names}, {"share": p / (p + n)}


def alarm_share_range(numbers, known):
    found = share_range(*(numbers[name].interval for name in ("sensitivity", "specificity", "accuracy")))
    return found is not None and not found.contains(known["share"])


def draw_best_row(rng):
    p, n = (int(rng.integers(2, 80)) for _ in range(2))
    metrics = one_table(rng, p, n)
    return {name: show(rng, metrics[name]) for name in ("sensitivity", "specificity", "accuracy", "f1")}, {}


def alarm_best_row(numbers, known):
    sens, spec, acc, f1 = (
        numbers[name].interval for name in ("sensitivity", "specificity", "accuracy", "f1")
    )
    share = share_range(sens, spec, acc)
    share = Interval(0, 1) if share is None else Interval(max(share.low, 0), min(share.high, 1))
    return share.low > share.high or not f1_range(sens, spec, share).overlaps(f1)


def draw_auc(rng):
    p, n = int(rng.integers(2, 15)), int(rng.integers(2, 15))
    scores = rng.integers(0, 8, p + n) if rng.random() < 0.5 else rng.normal(size=p + n)
    u = stats.mannwhitneyu(scores[:p], scores[p:]).statistic
    return {"auc": show(rng, u / (p * n))}, {"p": p, "n": n}


def draw_detection(rng):
    lesions, subjects = int(rng.integers(5, 400)), int(rng.integers(5, 150))
    tp, fp = int(rng.integers(1, lesions + 1)), int(rng.integers(0, 4 * subjects))
    numbers = {
        "sensitivity": show(rng, tp / lesions, 2, 3),
        "rate": show(rng, fp / subjects, 1, 2),
        "precision": show(rng, tp / (tp + fp), 2, 3),
    }
    return numbers, {"lesions": lesions, "subjects": subjects}


def alarm_detection(numbers, known):
    found = pooled_counts(
        numbers["sensitivity"].interval, numbers["rate"].interval, known["lesions"], known["subjects"]
    )
    return not precision_possible(found, numbers["precision"].interval)


def draw_kappa(rng):
    n = int(rng.integers(8, 100))
    truth = rng.random(n)
    ratings = rng.random((3, n)) < np.clip(truth + rng.normal(0, 0.3, (3, n)), 0.02, 0.98)
    positive = int(ratings.sum())
    if positive in (0, 3 * n):
        return draw_kappa(rng)
    agree = np.mean([(k * (k - 1) + (3 - k) * (2 - k)) / 6 for k in ratings.sum(0)])
    q = positive / (3 * n)
    chance = q**2 + (1 - q) ** 2
    return {"kappa": show(rng, (agree - chance) / (1 - chance))}, {"n": n, "positive": positive}


def alarm_kappa(numbers, known):
    return not kappas_within(numbers["kappa"].interval, attainable_kappas([known["positive"]], known["n"]))


# ---- Folds and raters --------------------------------------------------------------------------------


def stratified(rng, p, n, k):
    """Return k folds (positives, negatives), the larger shares in random folds."""
    spread = []
    for count in (p, n):
        sizes = np.full(k, count // k)
        sizes[rng.permutation(k)[: count % k]] += 1
        spread.append(sizes)
    return list(zip(*(sizes.tolist() for sizes in spread), strict=True))


def fold_values(rng, folds):
    """Return metric -> values over folds; open ratios are 0, 1, or left out, the same way throughout."""
    policy = rng.choice([0.0, 1.0, math.nan])
    rows = [one_table(rng, p, n, open_value=float(policy)) for p, n in folds]
    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return {name: v[~np.isnan(v)] for name, v in values.items() if np.isfinite(v).sum() >= 2}


def draw_fold_means(rng):
    k = int(rng.integers(2, 11))
    p, n = (int(rng.integers(2 * k, 8 * k)) for _ in range(2))
    values = fold_values(rng, stratified(rng, p, n, k))
    ddof = int(rng.integers(0, 2))
    names = some(rng, values, 3)
    numbers = {name: show(rng, values[name].mean()) for name in names}
    numbers |= {f"{name} sd": show(rng, values[name].std(ddof=ddof)) for name in names if rng.random() < 0.5}
    return numbers, {"p": p, "n": n, "k": k, "ddof": ddof}


def alarm_fold_means(numbers, known):
    shown = intervals(numbers)
    means = {name: value for name, value in shown.items() if not name.endswith(" sd")}
    sds = {name.removesuffix(" sd"): value for name, value in shown.items() if name.endswith(" sd")}
    return not fold_means_feasible(means, known["p"], known["n"], known["k"], sds=sds, ddof=known["ddof"])


def draw_fold_grid(rng):
    k = int(rng.choice([3, 5, 10]))
    p, n = (int(rng.integers(2 * k, 8 * k)) for _ in range(2))
    folds = stratified(rng, p, n, k)
    chance = rng.uniform(0.3, 1)
    accuracies = [rng.binomial(p + n, chance) / (p + n) for p, n in folds]
    return {"accuracy": show(rng, np.mean(accuracies), 3, 5)}, {"sizes": fold_size_sets(p, n, k)}


def alarm_fold_grid(numbers, known):
    return not any(mean_proportion_attainable(numbers["accuracy"].interval, s) for s in known["sizes"])


def draw_raters(rng):
    k = int(rng.integers(2, 4))
    folds = [(int(rng.integers(2, 20)), int(rng.integers(2, 20)))] * k
    values = fold_values(rng, folds)
    ddof = int(rng.integers(0, 2))
    names = [
        "sensitivity",
        "specificity",
        *(m for m in ("precision", "f1", "accuracy", "mcc") if m in values),
    ]
    numbers = {f"{name} mean": show(rng, values[name].mean(), 3, 4) for name in names}
    # An average that leaves folds out has an SD over fewer folds, which the search does not model.
    whole = [name for name in names if len(values[name]) == k]
    numbers |= {f"{name} sd": show(rng, values[name].std(ddof=ddof), 3, 4) for name in whole}
    return numbers, {"folds": folds}


def alarm_raters(numbers, known):
    shown = intervals(numbers)
    names = {name.rpartition(" ")[0] for name in shown}
    printed = {name: Summary(shown.get(f"{name} mean"), shown.get(f"{name} sd")) for name in sorted(names)}
    return not any(recover_tables(known["folds"], printed, ddof) for ddof in (0, 1))


def draw_peak(rng):
    values = rng.beta(8, 4, int(rng.integers(2, 11)))
    return {"peak": show(rng, values.max()), "mean": show(rng, values.mean())}, {}


# ---- Two groups, correlations, sums ------------------------------------------------------------------


def draw_groups(rng):
    sizes = rng.integers(4, 90, 2)
    shift, scales = rng.normal(0, 0.6), rng.uniform(0.4, 2, 2)
    first, second = (rng.normal(m, s, n) for m, s, n in zip((0, shift), scales, sizes, strict=True))
    centre, unit = rng.uniform(-50, 50), 10.0 ** rng.integers(-1, 3)
    first, second = (centre + unit * x for x in (first, second))
    ddof, equal = int(rng.integers(0, 2)), bool(rng.integers(0, 2))
    decimals = 3 - round(math.log10(unit))
    numbers = {}
    for name, x in (("1", first), ("2", second)):
        numbers[f"mean {name}"] = show(rng, x.mean(), decimals - 1, decimals)
        numbers[f"sd {name}"] = show(rng, x.std(ddof=ddof), decimals - 1, decimals)
    numbers["p"] = show(rng, stats.ttest_ind(first, second, equal_var=equal).pvalue, 2, 4)
    return numbers, {"n": [int(n) for n in sizes]}


def alarm_groups(numbers, known):
    groups = [
        Group(numbers[f"mean {k}"].interval, numbers[f"sd {k}"].interval, n)
        for k, n in zip("12", known["n"], strict=True)
    ]
    return not fitting(t_test_readings(*groups), numbers["p"].interval)


def draw_counts(rng):
    (n1, n2), chance = rng.integers(5, 120, 2), rng.uniform(0.1, 0.9)
    a, b = rng.binomial(n1, chance), rng.binomial(n2, min(1, chance + rng.uniform(-0.1, 0.3)))
    if a + b in (0, n1 + n2):
        return draw_counts(rng)
    table = ((int(a), int(n1 - a)), (int(b), int(n2 - b)))
    kind = rng.integers(0, 3)
    if kind == 2:
        p = stats.fisher_exact(table).pvalue
    else:
        p = stats.chi2_contingency(table, correction=bool(kind)).pvalue
    return {"p": show(rng, p, 2, 4)}, {"table": table}


def draw_correlation(rng):
    n, rho = int(rng.integers(5, 200)), rng.uniform(-0.97, 0.97)
    x = rng.normal(size=n)
    result = stats.pearsonr(x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n))
    numbers = {
        "r": show(rng, result.statistic),
        "p": show(rng, result.pvalue, 2, 4),
        "square": show(rng, result.statistic**2),
    }
    return numbers, {"n": n}


def alarm_correlation(numbers, known):
    r, p, square = (numbers[name].interval for name in ("r", "p", "square"))
    return not (correlation_p_range(r, known["n"]).overlaps(p) and is_square_of(square, r))


def draw_errors(rng):
    n = int(rng.integers(3, 200))
    errors = rng.standard_t(3, n) * rng.uniform(0.5, 5)
    numbers = {"mae": show(rng, np.abs(errors).mean()), "rmse": show(rng, math.sqrt(np.mean(errors**2)))}
    return numbers, {"n": n}


def draw_sum(rng):
    parts = rng.uniform(0, 100, int(rng.integers(2, 6)))
    numbers = {f"part {i}": show(rng, x, 0, 2) for i, x in enumerate(parts)}
    numbers |= {"total": show(rng, parts.sum(), 0, 2), "ratio": show(rng, parts[0] / parts.sum())}
    return numbers, {}


def alarm_sum(numbers, known):
    total = numbers["total"].interval
    parts = [shown.interval for name, shown in numbers.items() if name.startswith("part")]
    if not total_of(parts).overlaps(total):
        return True
    if parts[0].low < 0 or total.low <= 0:
        return False
    return not ratio_of(parts[0], total).overlaps(numbers["ratio"].interval)


TRIALS = [
    Trial(
        "proportion of n",
        "tables",
        2_000,
        draw_proportion,
        lambda x, k: not counts_within(x["share"].interval, k["n"]),
    ),
    Trial("mean and SD of whole numbers", "tables", 2_000, draw_whole_number_mean, alarm_whole_number_mean),
    Trial("one confusion table", "tables", 10_000, draw_table, alarm_table),
    Trial("share of positives", "tables", 2_000, draw_share_range, alarm_share_range),
    Trial("rates, accuracy and F1 of any size", "tables", 10_000, draw_best_row, alarm_best_row),
    Trial(
        "AUC of few cases",
        "tables",
        1_000,
        draw_auc,
        lambda x, k: not auc_attainable(x["auc"].interval, k["p"], k["n"]),
    ),
    Trial("detection counts", "tables", 2_000, draw_detection, alarm_detection),
    Trial("kappa of three raters", "tables", 300, draw_kappa, alarm_kappa),
    Trial("means over folds", "fold sets", 600, draw_fold_means, alarm_fold_means),
    Trial("mean accuracy over folds", "fold sets", 1_500, draw_fold_grid, alarm_fold_grid),
    Trial("tables behind mean and SD", "fold sets", 2_000, draw_raters, alarm_raters),
    Trial(
        "best fold and mean",
        "fold sets",
        6_000,
        draw_peak,
        lambda x, k: not peak_possible(x["peak"].interval, x["mean"].interval),
    ),
    Trial("t-test of two groups", "two groups", 10_000, draw_groups, alarm_groups),
    Trial(
        "test of two counts",
        "two groups",
        1_000,
        draw_counts,
        lambda x, k: not fitting(chi_square_readings(k["table"]), x["p"].interval),
    ),
    Trial("correlation, its square and p", "correlations", 10_000, draw_correlation, alarm_correlation),
    Trial(
        "MAE and RMSE",
        "correlations",
        2_000,
        draw_errors,
        lambda x, k: not mae_possible(x["mae"].interval, x["rmse"].interval, k["n"]),
    ),
    Trial("sums and ratios", "correlations", 2_000, draw_sum, alarm_sum),
]


def test_each_family_is_drawn_at_least_ten_thousand_times():
    families = {trial.family for trial in TRIALS}
    assert families == {"tables", "fold sets", "two groups", "correlations"}
    for family in families:
        assert sum(trial.draws for trial in TRIALS if trial.family == family) >= 10_000


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_true_results_raise_no_alarm_however_they_are_rounded(trial, capsys):
    rng = np.random.default_rng(20231)
    for _ in range(trial.draws):
        numbers, known = trial.draw(rng)
        assert not trial.alarm(numbers, known), (numbers, known)
    with capsys.disabled():
        print(f"\n{trial.name}: {trial.draws} true results, no alarm", end="")


def misprint(rng: np.random.Generator, shown: Shown) -> Shown:
    """Return the number with one of its digits changed."""
    digits = list(str(Decimal(repr(abs(shown.value))).quantize(Decimal(1).scaleb(-max(shown.decimals, 0)))))
    places = [i for i, character in enumerate(digits) if character.isdigit()]
    place = int(rng.choice(places))
    digits[place] = str(rng.choice([d for d in "0123456789" if d != digits[place]]))
    return Shown(math.copysign(float("".join(digits)), shown.value), shown.decimals)


def plant(rng: np.random.Generator, numbers: Numbers) -> Numbers:
    """Return the numbers with one digit of one of them changed."""
    name = str(rng.choice(list(numbers)))
    return numbers | {name: misprint(rng, numbers[name])}


def test_a_planted_single_digit_error_is_often_detected(capsys):
    rng = np.random.default_rng(7)
    shares = {}
    for trial in TRIALS:
        draws = min(trial.draws, 150 if trial.name == "means over folds" else 400)
        alarms = 0
        for _ in range(draws):
            numbers, known = trial.draw(rng)
            alarms += trial.alarm(plant(rng, numbers), known)
        shares[trial.name] = alarms / draws
    with capsys.disabled():
        print("\nshare of planted single-digit errors that each check detects")
        for name, share in sorted(shares.items(), key=lambda item: -item[1]):
            print(f"  {name:32s} {share:5.0%}")
    # Every check must earn its place; a leading digit alone is wrong in about a quarter of the plants.
    assert min(shares.values()) > 0.1
    assert shares["tables behind mean and SD"] > 0.7
    assert shares["one confusion table"] > 0.7
