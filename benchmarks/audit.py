"""How often the audit is wrong: 10,000 true results through every check, and misprints planted in them.

Each trial draws a small study, computes its numbers, prints them under a reading drawn at random from the
register (how digits are rounded, at which stage, what 0 / 0 is, which folds, SD and test), and runs the check
as `neolab audit` does. No true result may be called impossible. Then one digit of one printed number is
changed: how many of these misprints does each check notice?

    python benchmarks/audit.py [--draws 10000] [--seed 0]
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from neolab.claims.audit.confusion import metric_bounds
from neolab.claims.audit.findings import Finding
from neolab.claims.audit.networks import NETWORKS
from neolab.claims.audit.rounding import round_as
from neolab.claims.audit.runner import run_entry
from neolab.claims.schema import Claim, Paper

ROUNDINGS = ("half-even", "half-up", "truncate", "padded")


@dataclass
class Study:
    """A true study as it is printed: claims by name, and the entry that checks them.

    Attributes
    ----------
    rng : numpy.random.Generator
    digits : str
        How every number is printed: one of `ROUNDINGS`.
    texts : dict of str to str
        Printed numbers by reference.
    fixed : set of str
        References that no misprint may change: counts, and what a check takes as given.
    unit : str
        Of every number but counts.
    """

    rng: np.random.Generator
    digits: str = "half-even"
    texts: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    unit: str = "1"

    def show(self, name: str, value: float, low: int = 2, high: int = 4, percent: bool = False) -> str:
        """Print a number with ``low`` to ``high`` decimals; return its reference."""
        decimals = int(self.rng.integers(low, high + 1))
        value = float(value) * (100 if percent else 1)
        decimals = max(0, decimals - 2) if percent else decimals
        padded = self.digits == "padded" and decimals > 0
        shown = round_as(
            value,
            decimals - padded,
            "half-even" if padded else self.digits if self.digits != "padded" else "half-up",
        )
        self.texts[f"x.{name}"] = f"{shown + 0.0:.{decimals}f}{'%' if percent else ''}"
        return f"x.{name}"

    def p(self, value: float, name: str = "p") -> str:
        """Print a p-value, now and then as a bound."""
        if self.rng.random() < 0.2:
            limit = next((limit for limit in (0.001, 0.01, 0.05) if value < limit), None)
            self.texts[f"x.{name}"] = f"< {limit}" if limit else "> 0.05"
            return f"x.{name}"
        return self.show(name, value, 2, 4)

    def count(self, name: str, value: int) -> str:
        """Print a whole number."""
        self.texts[f"x.{name}"] = str(int(value))
        self.fixed.add(f"x.{name}")
        return f"x.{name}"

    def of(self, *options):
        """Draw one of the options."""
        return options[int(self.rng.integers(len(options)))]

    def audit(self, entry: dict) -> Finding:
        """Run an entry on what is printed."""
        claims = [
            _claim(reference, text, "count" if reference in self.fixed and "." not in text else self.unit)
            for reference, text in self.texts.items()
        ]
        entry = {"name": "case", "about": "case", **entry}
        return run_entry(Paper(study="made", source="made up", claims=claims), entry)

    def misprinted(self) -> "Study":
        """Return the study with one digit of one printed number changed."""
        texts = dict(self.texts)
        names = [name for name in texts if name not in self.fixed and texts[name][0] not in "<>"]
        name = self.of(*(names or [name for name in texts if texts[name][0] not in "<>"] or list(texts)))
        places = [i for i, character in enumerate(texts[name]) if character.isdigit()]
        place = self.of(*places)
        digit = self.of(*(d for d in "0123456789" if d != texts[name][place]))
        texts[name] = texts[name][:place] + digit + texts[name][place + 1 :]
        return Study(self.rng, self.digits, texts, self.fixed, self.unit)


def _claim(reference: str, text: str, unit: str) -> Claim:
    bare = text.lstrip("<> ")
    percent = bare.endswith("%")
    return Claim(
        id=f"made.{reference}",
        place="Table 9",
        printed=text,
        value=round(float(bare.rstrip("%")) / (100 if percent else 1), 12),
        relation=text[0] if text[0] in "<>" else "=",
        unit=unit,
        metric="value",
        not_testable="made up",
    )


# ---- Tables, folds and readers

METRICS = ("sensitivity", "specificity", "precision", "f1", "accuracy", "mcc", "auc")


def table_metrics(rng, p: int, n: int, undefined: float = 0.0) -> dict[str, float]:
    """Return the metrics of a random table; 0 / 0 is ``undefined`` (an MCC then 0 unless it is left out)."""
    tp, tn = rng.binomial(p, rng.uniform(0.05, 1)), rng.binomial(n, rng.uniform(0.05, 1))
    how = "out" if math.isnan(undefined) else "one" if undefined else "zero"
    found = {}
    for name, (low, high) in metric_bounds(np.array(tp), np.array(tn), p, n, how).items():
        found[name] = float(low) if low == high else float(rng.uniform(low, high)) if low < high else math.nan
    return {name: found[name] for name in METRICS}


def some(study: Study, names, least: int = 2) -> list[str]:
    """Draw a subset of the names, in order."""
    chosen = study.rng.permutation(len(names))[: study.rng.integers(least, len(names) + 1)]
    return [name for i, name in enumerate(names) if i in chosen]


def staged(study: Study, values: np.ndarray) -> np.ndarray:
    """Return single values, rounded to 2 to 4 decimals now and then, as they are printed."""
    if study.digits == "padded" or study.rng.random() < 0.5:
        return values
    decimals = study.of(2, 3, 4)
    return np.array([v if math.isnan(v) else round_as(v, decimals, study.digits) for v in values])


def fold_sizes(study: Study, p: int, n: int, k: int, how: str) -> list[tuple[int, int]]:
    """Return the folds of stratified or plain splitting."""
    rng = study.rng
    if how == "stratified":
        spread = []
        for count in (p, n):
            sizes = np.full(k, count // k)
            sizes[rng.permutation(k)[: count % k]] += 1
            spread.append(sizes)
        return list(zip(*(sizes.tolist() for sizes in spread), strict=True))
    parts = np.array_split(rng.permutation([1] * p + [0] * n), k)
    return [(int(part.sum()), int(len(part) - part.sum())) for part in parts]


def draw_one_table(study: Study) -> dict:
    p, n = (int(x) for x in study.rng.integers(2, 45, 2))
    metrics = table_metrics(study.rng, p, n, study.of(0.0, 1.0))
    shown = {m: study.show(m, metrics[m], percent=study.of(True, False)) for m in some(study, METRICS)}
    return {"check": "one_table", "positives": p, "negatives": n, "metrics": shown}


def draw_fold_means(study: Study) -> dict:
    k = study.of(3, 5, 10)
    p, n = (int(x) for x in study.rng.integers(2 * k, 6 * k, 2))
    how, pooling = (
        study.of("stratified", "stratified", "plain"),
        study.of("folds", "folds", "folds", "pooled", "share"),
    )
    undefined = study.of(0.0, 1.0, math.nan)
    if pooling == "pooled":
        means = table_metrics(study.rng, p, n)
    else:
        folds = (
            fold_sizes(study, p, n, k, how)
            if pooling == "folds"
            else [tuple(study.rng.integers(3, 9, 2))] * k
        )
        rows = [table_metrics(study.rng, int(a), int(b), undefined) for a, b in folds]
        columns = {m: staged(study, np.array([row[m] for row in rows])) for m in METRICS}
        means = {m: np.nanmean(v) for m, v in columns.items() if np.isfinite(v).any()}
    shown = {m: study.show(m, means[m], percent=study.of(True, False)) for m in some(study, list(means), 3)}
    states = {"folds": how, "pooling": pooling} if study.rng.random() < 0.5 and pooling == "folds" else {}
    return {
        "check": "fold_means",
        "positives": p,
        "negatives": n,
        "folds": k,
        "metrics": shown,
        "states": states,
    }


def draw_one_reading(study: Study) -> dict:
    study.digits, k = study.of("half-even", "half-up"), 5
    p, n = (int(x) for x in study.rng.integers(2 * k, 4 * k, 2))
    folds, rows = fold_sizes(study, p, n, k, "stratified"), {}
    for model in ("a", "b", "c"):
        tables = [table_metrics(study.rng, *fold) for fold in folds]
        means = {m: np.mean([t[m] for t in tables]) for m in ("accuracy", "sensitivity", "specificity")}
        shown = {m: study.show(f"{model}_{m}", value, 2, 3) for m, value in means.items()}
        rows[model] = {"positives": p, "negatives": n, "folds": k, "metrics": shown}
    return {"check": "one_reading", "of": "fold_means", "rows": rows}


def draw_fold_mean_grid(study: Study) -> dict:
    k = study.of(3, 5)
    p, n = (int(x) for x in study.rng.integers(2 * k, 5 * k, 2))
    folds = fold_sizes(study, p, n, k, study.of("stratified", "plain"))
    values = [study.rng.binomial(a + b, 0.8) / (a + b) for a, b in folds]
    shown = study.show(
        "accuracy", staged(study, np.array(values)).mean(), 3, 4, percent=study.of(True, False)
    )
    return {"check": "fold_mean_grid", "positives": p, "negatives": n, "folds": k, "values": [shown]}


def draw_one_fold(study: Study) -> dict:
    k = study.of(3, 5)
    p, n = (int(x) for x in study.rng.integers(2 * k, 5 * k, 2))
    folds = fold_sizes(study, p, n, k, study.of("stratified", "plain"))
    a, b = study.of(*[fold for fold in folds if min(fold)] or [(p // k, n // k)])
    metrics = table_metrics(study.rng, a, b)
    shown = {m: study.show(m, metrics[m]) for m in some(study, METRICS[:-1], 1)}
    return {"check": "one_fold", "positives": p, "negatives": n, "folds": k, "metrics": shown}


def draw_best_row(study: Study) -> dict:
    names = ("accuracy", "sensitivity", "specificity", "f1")
    rows = [table_metrics(study.rng, 12, 15) for _ in range(5)]
    best = study.of(*rows) if study.of(True, False) else {m: max(r[m] for r in rows) for m in names}
    shown = {m: study.show(f"best_{m}", best[m]) for m in names}
    means = {m: study.show(f"mean_{m}", np.mean([r[m] for r in rows])) for m in names}
    return {"check": "best_row", "metrics": shown, "means": means}


def _readers(study: Study) -> tuple[int, int, int, dict, list]:
    rng, k = study.rng, study.of(2, 3)
    p, n = (int(x) for x in rng.integers(3, 16, 2))
    rows = [table_metrics(rng, p, n, study.of(0.0, 1.0)) for _ in range(k)]
    return k, p, n, {m: staged(study, np.array([row[m] for row in rows])) for m in METRICS[:-1]}, rows


def draw_recover(study: Study) -> dict:
    k, p, n, values, _ = _readers(study)
    ddof = study.of(1, 1, 0)
    names = ["sensitivity", "specificity", *some(study, ("precision", "f1", "accuracy"), 1)]
    metrics = {}
    for m in names:
        mean = study.show(m, values[m].mean(), 3, 4)
        metrics[m] = [mean, study.show(f"{m}_sd", values[m].std(ddof=ddof), 3, 4)]
    return {"check": "recover", "sizes": [[k, p, n]], "metrics": metrics, "unit": "reader"}


def draw_yes_no_auc(study: Study) -> dict:
    study.digits = study.of("half-even", "half-up")
    p, n = (int(x) for x in study.rng.integers(5, 20, 2))
    rows = [table_metrics(study.rng, p, n) for _ in range(3)]
    values = {m: np.array([row[m] for row in rows]) for m in METRICS}
    metrics = {
        m: [study.show(m, values[m].mean(), 4, 4), study.show(f"{m}_sd", values[m].std(ddof=1), 4, 4)]
        for m in ("sensitivity", "specificity", "accuracy")
    }
    study.fixed |= set(study.texts)
    aucs = staged(study, (values["sensitivity"] + values["specificity"]) / 2)
    auc = study.show("auc", aucs.mean(), 4, 4)
    given = {m: metrics[m][0] for m in ("sensitivity", "specificity")}
    return {"check": "yes_no_auc", "auc": auc, **given, "sizes": [[3, p, n]], "metrics": metrics}


def draw_kappa(study: Study) -> dict:
    rng = study.rng
    p, n = (int(x) for x in rng.integers(6, 40, 2))
    truth = np.array([1] * p + [0] * n)
    ratings = rng.random((3, p + n)) < np.where(truth, 0.75, 0.3)
    votes = ratings.sum(0)
    q = votes.sum() / (3 * (p + n))
    if q in (0, 1):
        return draw_kappa(study)
    agree = np.mean(1 - 2 * votes * (3 - votes) / 6)
    sens, spec = staged(study, ratings[:, :p].mean(1)), staged(study, 1 - ratings[:, p:].mean(1))
    numbers = {
        "kappa": study.show("kappa", 1 - (1 - agree) / (2 * q * (1 - q)), 3, 4),
        "sensitivity": study.show("sensitivity", sens.mean(), 3, 4),
        "specificity": study.show("specificity", spec.mean(), 3, 4),
    }
    return {"check": "kappa", "raters": 3, "positives": p, "negatives": n, **numbers}


# ---- Counts and means of whole numbers


def draw_share(study: Study) -> dict:
    n = int(study.rng.integers(5, 400))
    k = int(study.rng.integers(1, n + 1))
    count = study.count("count", k)
    return {"check": "share", "count": count, "n": n, "share": study.show("share", k / n, 2, 4, percent=True)}


def draw_proportion(study: Study) -> dict:
    n = int(study.rng.integers(3, 150))
    share = study.show("share", study.rng.integers(0, n + 1) / n, 3, 4, percent=True)
    return {"check": "proportion", "value": share, "n": n}


def draw_denominators(study: Study) -> dict:
    n = int(study.rng.integers(3, 150))
    share = study.show("share", study.rng.integers(0, n + 1) / n, 3, 4, percent=True)
    return {"check": "denominators", "value": share, "sizes": {"all": n, "half": max(1, n // 2)}}


def draw_group_sizes(study: Study) -> dict:
    groups, total = [], 0
    for name in ("a", "b"):
        n = int(study.rng.integers(10, 120))
        k = int(study.rng.integers(1, n + 1))
        total += n
        groups.append(
            {
                "count": study.count(f"{name}_count", k),
                "share": study.show(f"{name}_share", k / n, 3, 4, percent=True),
            }
        )
    return {"check": "group_sizes", "groups": groups, "total": total}


def draw_whole_number_mean(study: Study) -> dict:
    n, top = int(study.rng.integers(4, 40)), int(study.rng.integers(2, 8))
    values = study.rng.integers(1, top + 1, n)
    numbers = {
        "mean": study.show("mean", values.mean(), 2, 3),
        "sd": study.show("sd", values.std(ddof=study.of(1, 0)), 2, 3),
    }
    scale = {"low": 1, "high": top} if study.of(True, False) else {}
    return {"check": "whole_number_mean", "n": n, **numbers, **scale}


def draw_binary_mean(study: Study) -> dict:
    n = int(study.rng.integers(8, 400))
    values = study.rng.random(n) < study.rng.uniform(0.05, 0.95)
    numbers = {
        "mean": study.show("mean", values.mean(), 2, 3),
        "sd": study.show("sd", values.std(ddof=study.of(1, 0)), 2, 3),
    }
    return {"check": "binary_mean", "n": n, **numbers}


def draw_total(study: Study) -> dict:
    parts = study.rng.uniform(0, 100, int(study.rng.integers(2, 5)))
    shown = [study.show(f"part_{i}", x, 0, 2) for i, x in enumerate(parts)]
    return {"check": "total", "total": study.show("total", parts.sum(), 0, 2), "parts": shown}


def draw_ratio(study: Study) -> dict:
    top, bottom = study.rng.uniform(5, 100, 2)
    numbers = {"top": study.show("top", top, 1, 2), "bottom": study.show("bottom", bottom, 1, 2)}
    return {"check": "ratio", **numbers, "ratio": study.show("ratio", top / bottom, 2, 3)}


# ---- Groups


def draw_t_test(study: Study) -> dict:
    rng, test = study.rng, study.of("Student", "Welch", "normal", "paired", "other")
    n1 = int(rng.integers(5, 80))
    n2 = n1 if test == "paired" else int(rng.integers(5, 80))
    x, y = rng.normal(50, rng.uniform(3, 12), n1), rng.normal(50 + rng.normal(0, 5), rng.uniform(3, 12), n2)
    if test == "paired":
        y = y + rng.uniform(-1, 1) * (x - 50)
    seen, other = ("less", "greater") if x.mean() < y.mean() else ("greater", "less")
    way = study.of("two-sided", "two-sided", seen, other)
    if test == "paired":
        p = stats.ttest_rel(x, y, alternative=way).pvalue
    elif test == "other":
        p = stats.mannwhitneyu(x, y, alternative=way).pvalue
    elif test == "normal":
        z = (x.mean() - y.mean()) / math.sqrt(x.var(ddof=1) / n1 + y.var(ddof=1) / n2)
        p = {"two-sided": 2 * stats.norm.sf(abs(z)), "less": stats.norm.cdf(z), "greater": stats.norm.sf(z)}[
            way
        ]
    else:
        p = stats.ttest_ind(x, y, equal_var=test == "Student", alternative=way).pvalue
    ddof = study.of(1, 1, 0)
    first, second = (
        [study.show(f"mean_{k}", v.mean(), 1, 2), study.show(f"sd_{k}", v.std(ddof=ddof), 1, 2), len(v)]
        for k, v in (("x", x), ("y", y))
    )
    states = {"means_test": test} if study.of(True, False) else {}
    return {"check": "t_test", "first": first, "second": second, "p": study.p(p), "states": states}


def _counts(study: Study) -> tuple[list, float, str]:
    rng, test = study.rng, study.of("chi-square", "Yates", "Fisher", "likelihood ratio", "Wald", "McNemar")
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.proportion import test_proportions_2indep

    if test == "McNemar":
        pairs = rng.multinomial(int(rng.integers(20, 120)), rng.dirichlet([3, 2, 2, 3])).reshape(2, 2)
        (a, b), (c, d) = pairs
        n1 = n2 = int(pairs.sum())
        k1, k2 = int(a + b), int(a + c)
        exact = bool(b + c == 0) or study.of(True, False)
        p = float(mcnemar(pairs, exact=exact, correction=study.of(True, False)).pvalue)
        return [[k1, n1], [k2, n2]], p, test
    n1, n2 = (int(x) for x in rng.integers(8, 120, 2))
    k1, k2 = (int(rng.binomial(n, rng.uniform(0.15, 0.85))) for n in (n1, n2))
    if k1 + k2 in (0, n1 + n2) or (test == "Wald" and (k1 in (0, n1) or k2 in (0, n2))):
        return _counts(study)
    table = ((k1, n1 - k1), (k2, n2 - k2))
    if test == "Fisher":
        p = stats.fisher_exact(table, study.of("two-sided", "less", "greater")).pvalue
    elif test == "Wald":
        p = test_proportions_2indep(k1, n1, k2, n2, method="wald", compare="diff").pvalue
    else:
        lr = test == "likelihood ratio"
        correction = study.of(True, False) if lr else test == "Yates"
        p = stats.chi2_contingency(
            table, correction=correction, lambda_="log-likelihood" if lr else "pearson"
        ).pvalue
        p = p / 2 if study.rng.random() < 0.2 else p
    return [[k1, n1], [k2, n2]], float(p), test


def draw_chi_square(study: Study) -> dict:
    pairs, p, test = _counts(study)
    states = {"counts_test": test} if study.of(True, False) else {}
    return {"check": "chi_square", "first": pairs[0], "second": pairs[1], "p": study.p(p), "states": states}


def draw_compared_proportions(study: Study) -> dict:
    ((k1, n1), (k2, n2)), p, test = _counts(study)
    shares = {
        "first": study.show("first", k1 / n1, 3, 4, percent=True),
        "second": study.show("second", k2 / n2, 3, 4, percent=True),
    }
    sizes = {"first_sizes": [n1, n1 + 7], "second_sizes": [n2, 2 * n2]}
    return {
        "check": "compared_proportions",
        **shares,
        **sizes,
        "p": study.p(p),
        "states": {"counts_test": test},
    }


def draw_statistic(study: Study) -> dict:
    rng, kind = study.rng, study.of("t", "F", "chi2", "z", "Q", "r")
    df = {"t": [int(rng.integers(3, 90))], "F": [int(rng.integers(1, 5)), int(rng.integers(5, 90))], "z": []}
    df = df.get(kind, [int(rng.integers(1, 12))] if kind != "r" else [int(rng.integers(5, 90))])
    if kind == "r":
        value = rng.uniform(-0.7, 0.7)
        t = value * math.sqrt(df[0] / (1 - value**2))
        p = 2 * stats.t.sf(abs(t), df[0])
    elif kind in ("t", "z"):
        value = rng.normal(0, 2)
        p = 2 * (stats.t.sf(abs(value), *df) if df else stats.norm.sf(abs(value)))
    else:
        value = rng.uniform(0.1, 12)
        p = (stats.f if kind == "F" else stats.chi2).sf(value, *df)
    p = study.of(p, p, p / 2, 1 - p / 2)
    return {
        "check": "statistic",
        "kind": kind,
        "df": df,
        "value": study.show("value", value, 2, 3),
        "p": study.p(p),
    }


def draw_interval(study: Study) -> dict:
    rng, log = study.rng, study.of(True, False)
    centre, se = rng.normal(0, 0.6), rng.uniform(0.1, 0.6)
    ends = [centre, centre - 1.959964 * se, centre + 1.959964 * se]
    p = 2 * stats.norm.sf(abs(centre) / se)
    shown = [math.exp(x) if log else x for x in ends]
    numbers = {k: study.show(k, v, 2, 3) for k, v in zip(("estimate", "low", "high"), shown, strict=True)}
    return {"check": "interval", **numbers, "p": study.p(p), "null": int(log)}


def draw_group_ratio(study: Study) -> dict:
    from statsmodels.stats.contingency_tables import Table2x2

    n1, n2 = (int(x) for x in study.rng.integers(10, 120, 2))
    a, b = (int(study.rng.integers(1, n)) for n in (n1, n2))
    rows = np.array([[a, n1 - a], [b, n2 - b]], float)
    how, kind = study.of("plain", "inverse", "corrected"), study.of("odds_ratio", "risk_ratio")
    rows = rows[::-1] if how == "inverse" else rows + 0.5 * (how == "corrected")
    table = Table2x2(rows, shift_zeros=False)
    value, ends = (
        (table.oddsratio, table.oddsratio_confint())
        if kind == "odds_ratio"
        else (table.riskratio, table.riskratio_confint())
    )
    numbers = {
        k: study.show(k, v, 2, 2) for k, v in zip(("estimate", "low", "high"), (value, *ends), strict=True)
    }
    return {"check": "group_ratio", "kind": kind, "first": [a, n1], "second": [b, n2], **numbers}


# ---- Statements, repeats, networks, detection


def draw_compare(study: Study) -> dict:
    low, high = np.sort(study.rng.uniform(0.3, 1, 2))
    sides = {"left": [study.show("high", high)], "relation": ">=", "right": [study.show("low", low)]}
    return {"check": "compare", **sides}


def draw_best(study: Study) -> dict:
    values = np.sort(study.rng.uniform(0.3, 1, 3))[::-1]
    shown = {name: study.show(name, value) for name, value in zip("abc", values, strict=True)}
    return {"check": "best", "named": "a", "values": shown, "quote": "a was best"}


def draw_points_or_percent(study: Study) -> dict:
    before, after = np.sort(study.rng.uniform(0.3, 0.95, 2))
    change = study.of(after - before, (after - before) / before)
    numbers = {"before": study.show("before", before, 2, 3), "after": study.show("after", after, 2, 3)}
    return {
        "check": "points_or_percent",
        **numbers,
        "change": study.show("change", change, 2, 3, percent=True),
    }


def draw_same(study: Study) -> dict:
    study.digits = study.of("half-even", "half-up", "truncate")
    value = study.rng.uniform(0.3, 1)
    return {"check": "same", "claims": [study.show(name, value) for name in "abc"]}


def draw_exchanged(study: Study) -> dict:
    study.digits = study.of("half-even", "half-up")
    a, b = study.rng.uniform(0.3, 1, 2)
    names = {key: study.show(key, value, 3, 3) for key, value in (("a", a), ("b", b), ("c", a), ("d", b))}
    elsewhere = {"first_elsewhere": [names["c"]], "second_elsewhere": [names["d"]]}
    return {"check": "exchanged", "first": names["a"], "second": names["b"], **elsewhere}


def draw_square(study: Study) -> dict:
    study.digits = study.of("half-even", "half-up")
    value = study.rng.uniform(0.3, 1)
    return {"check": "square", "value": study.show("a", value), "root": study.show("b", value)}


def draw_errors(study: Study) -> dict:
    n = int(study.rng.integers(3, 200))
    errors = study.rng.standard_t(3, n) * study.rng.uniform(0.5, 5)
    numbers = {
        "mae": study.show("mae", np.abs(errors).mean()),
        "rmse": study.show("rmse", math.sqrt(np.mean(errors**2))),
    }
    return {"check": "errors", "n": n, **numbers}


def draw_parameters(study: Study) -> dict:
    name, size = study.of(*NETWORKS), 64
    study.unit = "million"
    shown = study.show("size", NETWORKS[name](size).parameters / 1e6, 1, 2)
    return {"check": "parameters", "value": shown, "network": name, "size": size}


def draw_detection(study: Study) -> dict:
    rng = study.rng
    subjects = int(rng.integers(8, 80))
    lesions = rng.integers(0, 6, subjects) + 1
    hits, alarms = rng.binomial(lesions, 0.8), rng.poisson(1.2, subjects)
    sens, prec = hits.sum() / lesions.sum(), hits.sum() / max(1, (hits + alarms).sum())
    if study.rng.random() < 0.3:
        each = np.where(hits + alarms > 0, hits / np.maximum(hits + alarms, 1), study.of(0.0, 1.0))
        sens, prec = (hits / lesions).mean(), each.mean()
    numbers = {
        "sensitivity": study.show("sensitivity", sens, 2, 3),
        "precision": study.show("precision", prec, 2, 3),
    }
    rate = study.show("rate", alarms.mean(), 1, 2)
    return {
        "check": "detection",
        **numbers,
        "false_positives": rate,
        "lesions": int(lesions.sum()),
        "subjects": subjects,
    }


def draw_auc_possible(study: Study) -> dict:
    metrics = table_metrics(study.rng, 20, 25)
    shown = {m: study.show(m, metrics[m]) for m in ("auc", "sensitivity", "specificity")}
    return {"check": "auc_possible", **shown}


DRAWS: dict[str, Callable[[Study], dict]] = {
    name.removeprefix("draw_"): function
    for name, function in list(globals().items())
    if name.startswith("draw_")
}


@dataclass
class Rates:
    """What a check says of true results and of results with one misprint.

    Attributes
    ----------
    true, planted : dict of severity to int
    alarms : list of str
        True results that were called impossible, as printed.
    """

    true: dict[str, int] = field(default_factory=dict)
    planted: dict[str, int] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)


def measure(check: str, draws: int, rng: np.random.Generator) -> Rates:
    """Draw true results for a check, audit them, and audit them again with a misprint."""
    rates = Rates()
    for _ in range(draws):
        study = Study(rng, ROUNDINGS[int(rng.integers(len(ROUNDINGS)))])
        entry = DRAWS[check](study)
        finding = study.audit(entry)
        rates.true[finding.severity] = rates.true.get(finding.severity, 0) + 1
        if finding.severity == "impossible":
            rates.alarms.append(f"{study.digits} {study.texts} {entry}: {finding.title}")
        severity = study.misprinted().audit(entry).severity
        rates.planted[severity] = rates.planted.get(severity, 0) + 1
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10_000, help="true results over all checks")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    each = math.ceil(options.draws / len(DRAWS))
    print(
        f"{len(DRAWS)} checks, {each} true results each, readings drawn at random, and one misprint in each"
    )
    head = "misprint: impossible"
    print(f"{'check':22s} {'impossible':>10s} {'only if':>8s}   {head:>20s} {'only if':>8s} {'s':>6s}")
    totals = np.zeros(4)
    for number, check in enumerate(DRAWS):
        start = time.perf_counter()
        rates = measure(check, each, np.random.default_rng([options.seed, number]))
        shares = [
            sum(counts.get(name, 0) for name in names) / each
            for counts in (rates.true, rates.planted)
            for names in (("impossible",), ("inconsistent", "ambiguous"))
        ]
        totals += shares
        seconds = time.perf_counter() - start
        print(_row(check, shares), f"{seconds:6.1f}", flush=True)
        for alarm in rates.alarms[:2]:
            print(f"    FALSE ALARM {alarm}")
    print(_row("all", totals / len(DRAWS)))


def _row(name: str, shares) -> str:
    true, only_if, found, hinted = shares
    return f"{name:22s} {true:10.2%} {only_if:8.0%}   {found:20.0%} {hinted:8.0%}"


if __name__ == "__main__":
    main()
