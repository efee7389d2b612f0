"""Checks of confusion matrices: one table, or sets of tables recovered from means and SDs."""

import math

from neolab.claims.audit.agreement import attainable_kappas, kappas_within
from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.confusion import feasible_tables, metric_bounds
from neolab.claims.audit.counts import attainable, counts_within
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.pvalues import chi_square_of_rows
from neolab.claims.audit.recover import Summary, Tables, TooManyTables, recover_tables, summarise
from neolab.claims.audit.register import check
from neolab.claims.audit.rounding import Interval

DDOF = {"n-1": 1, "n": 0}
EXACT = {"digits": "rounded", "stage": "end", "sd": "n-1"}


@check("digits")
def one_table(case: Case, *, positives: str | int, negatives: str | int, metrics: dict[str, str]) -> Problem:
    """Printed metrics of one 2x2 table belong together.

    Formula: every pair (TP, TN) of whole numbers is tried; 0 / 0 may be any value
    Source: enumeration
    Example: of 47 and 32 cases, precision 82.05%, F1 74.42%, accuracy 72.15% leave TP 32, TN 25 alone
    """
    p, n = case.count(positives), case.count(negatives)

    def tables(reading, names) -> list[tuple[int, int]]:
        return feasible_tables(_shown(case, metrics, names, reading), p, n)

    def lines(reading) -> list[str]:
        found = tables(reading, tuple(metrics)) if reading else []
        if not found:
            return [f"{p} positives, {n} negatives: all {(p + 1) * (n + 1)} tables tried."]
        text = [
            f"TP {found[0][0]} of {p}, TN {found[0][1]} of {n}: {_describe(case, *found[0], p, n, metrics)}."
        ]
        rest = ", ".join(map(str, found[1:6]))
        return [*text, f"The other (TP, TN): {rest}." if rest else "No other whole-number table fits."]

    plain = feasible_tables(_shown(case, metrics, tuple(metrics), {}), p, n)
    return Problem(
        {name: [reference] for name, reference in metrics.items()},
        lambda reading, names: bool(tables(reading, names)),
        holds=f"{'exactly one table fits' if len(plain) == 1 else 'tables fit'} all printed values",
        fails="no table fits",
        lines=lines,
        given=[positives, negatives],
        follows=[r for name, r in metrics.items() if name != "auc"] if len(plain) == 1 else [],
    )


def _shown(case: Case, metrics, names, reading) -> dict[str, Interval]:
    """Return what each named metric allows under a reading of its digits."""
    return {name: case.interval(metrics[name], reading.get("digits", "rounded")) for name in names}


def _describe(case: Case, tp: int, tn: int, p: int, n: int, metrics: dict[str, str]) -> str:
    bounds = metric_bounds(tp, tn, p, n)
    parts = []
    for name, reference in metrics.items():
        low, high = (float(side) for side in bounds[name])
        value = percent(low, 3) if low == high else f"{percent(low, 1)}-{percent(high, 1)}"
        parts.append(f"{name} {value} (printed {case.said(reference)})")
    return ", ".join(parts)


@check("digits", "stage", "sd")
def recover(
    case: Case, *, sizes: list[list[str | int]], metrics: dict[str, list[str]], unit: str = "fold"
) -> Problem | Finding:
    """Means and SDs over folds or raters come from whole-number tables. ``sizes`` holds [how many, positives,
    negatives], ``metrics`` maps a metric to [mean, SD].

    Formula: every set of tables is tried; 0 / 0 may be any value or left out
    Source: enumeration, as CORVIDS does for means and SDs (Wilner et al. 2018, PsyArXiv 7shr8)
    Example: five folds of 19 + 19 with the ten means and SDs of Wu et al. leave one set of tables
    """
    folds = [(case.count(p), case.count(n)) for times, p, n in sizes for _ in range(case.count(times))]
    given = [reference for group in sizes for reference in group]
    numbers = {}
    for name, pair in metrics.items():
        numbers |= {f"{part}{name}": [r] for part, r in zip(("", "SD of "), pair, strict=False)}

    def possible(reading, names) -> bool:
        try:
            return bool(tables_of(case, folds, metrics, reading, names, enough=1))
        except TooManyTables:  # nothing is ruled out
            return True

    def lines(reading) -> list[str]:
        try:
            found = tables_of(case, folds, metrics, reading, numbers) if reading else []
        except TooManyTables:
            return [
                f"{unit}s: {folds}; too many sets of tables to list, so that this reading is not ruled out."
            ]
        if not found:
            return [f"{unit}s (positives, negatives): {folds}; every set of counts tried."]
        text = [f"{len(found)} set{'s' * (len(found) > 1)} of tables; {unit}s: {_list(found[0], folds)}."]
        return text + [
            _line(case, found[0], folds, name, pair, DDOF[reading["sd"]])
            for name, pair in metrics.items()
            if name != "auc"
        ]

    try:
        usual = tables_of(case, folds, metrics, EXACT, numbers)
    except TooManyTables:
        title = f"{case.about}: too many sets of tables to search; the check cannot decide"
        claims = [r for pair in metrics.values() for r in pair]
        return case.finding(Severity.NOTE, title, [f"{unit}s: {folds}."], claims, premises=given)
    return Problem(
        numbers,
        possible,
        holds=f"{'exactly one set' if len(usual) == 1 else 'a set'} of tables fits all printed values",
        fails=f"no tables of the {unit}s fit",
        lines=lines,
        given=given,
        follows=[r for name, pair in metrics.items() if name != "auc" for r in pair]
        if len(usual) == 1
        else [],
        most_conflicts=1,
    )


def tables_of(
    case: Case, folds, metrics: dict[str, list[str]], reading, names, enough: float = math.inf
) -> list[Tables]:
    """Return the sets of tables that fit the named means ("f1") and SDs ("SD of f1") under a reading."""
    shown = {}
    for metric, pair in metrics.items():
        wanted = [name in names for name in (metric, f"SD of {metric}")]
        parts = [
            case.interval(r, reading["digits"]) if use else None for r, use in zip(pair, wanted, strict=False)
        ]
        shown |= {metric: Summary(*parts)} if any(part is not None for part in parts) else {}
    first = case.first(reading, {name: pair[0] for name, pair in metrics.items()})
    return recover_tables(folds, shown, DDOF[reading["sd"]], first, reading["digits"] == "cut", enough)


def _tables_known(case: Case, folds, metrics: dict[str, list[str]]) -> list[Tables]:
    """Return the sets of tables that fit all that is given, exactly or else with values rounded first."""
    names = [f"{part}{name}" for name, pair in metrics.items() for part in ("", "SD of ")[: len(pair)]]
    return tables_of(case, folds, metrics, EXACT, names) or tables_of(
        case, folds, metrics, EXACT | {"stage": "first"}, names
    )


def _list(tables: Tables, folds) -> str:
    cells = zip(tables.tp, tables.tn, folds, strict=True)
    return "; ".join(f"TP {tp}/{p} TN {tn}/{n}" for tp, tn, (p, n) in cells)


def _line(case: Case, tables: Tables, folds, name: str, pair: list[str], ddof: int) -> str:
    values, mean, sd = summarise(tables, folds, name, ddof)
    single = ", ".join(show(100 * value, 2) for value in values)
    said = " ± ".join(map(case.said, pair))
    return f"{name}: {single} -> {show(100 * mean, 3)} ± {show(100 * sd, 3)} (printed {said})."


@check("digits", "stage")
def yes_no_auc(
    case: Case,
    *,
    auc: str,
    sensitivity: str,
    specificity: str,
    sizes: list[list[str | int]],
    metrics: dict[str, list[str]],
    auc_sd: str | None = None,
) -> Problem:
    """The AUC of yes/no calls is (sensitivity + specificity) / 2, for each reader and for their mean.
    ``sizes`` and ``metrics`` as for `recover`: with the readers' tables known, each AUC may have been
    rounded first.

    Formula: AUC = (sensitivity + specificity) / 2
    Source: the ROC curve of a yes/no call has one corner
    Example: sensitivity 52.48% and specificity 55.21% give 53.85%; 53.87% needs each AUC rounded first
    """
    halves = [case.interval(r).times(0.5) for r in (sensitivity, specificity)]
    expected = Interval(halves[0].low + halves[1].low, halves[0].high + halves[1].high)
    folds = [(case.count(p), case.count(n)) for times, p, n in sizes for _ in range(case.count(times))]
    found = _tables_known(case, folds, metrics)

    def possible(reading, wanted) -> bool:
        shown = {name: case.interval(numbers[name][0], reading["digits"]) for name in wanted}
        first = case.first(reading, {"auc": auc})
        if first is None:
            return "AUC" not in wanted or expected.overlaps(shown["AUC"])
        sums = [summarise(t, folds, "balanced_accuracy", 1, d)[1:] for t in found for d in first["auc"]]
        fits = [dict(zip(("AUC", "SD of AUC"), pair, strict=True)) for pair in sums]
        if not fits:  # without tables, rounding may have moved the mean by half a unit
            return "AUC" not in wanted or expected.widened(0.005).overlaps(shown["AUC"])
        return any(all(shown[name].contains(pair[name]) for name in wanted) for pair in fits)

    numbers = {"AUC": [auc]} | ({"SD of AUC": [auc_sd]} if auc_sd else {})
    sum_words = f"({case.said(sensitivity)} + {case.said(specificity)}) / 2 = {span(expected, 5)}"
    return Problem(
        numbers,
        possible,
        holds="the mean AUC is that of yes/no calls",
        fails="yes/no calls do not give",
        lines=lambda reading: [f"{sum_words}; printed {case.said(auc)}."],
        given=[sensitivity, specificity],
        follows=[auc],
    )


@check("digits")
def raters_alike(
    case: Case, *, p: str, quote: str, sizes: list[list[str | int]], metrics: dict[str, list[str]]
) -> Finding:
    """A chi-square p-value for differences between raters, from their recovered tables. Raters can differ in
    how often they are right and in how often they say yes; both are tried.

    Formula: chi-square of raters x (right, wrong), and of raters x (yes, no)
    Source: Pearson 1900
    Example: readers right in 38, 42 and 47 of 79, but saying yes in 34, 34 and 49
    """
    folds = [(case.count(a), case.count(b)) for times, a, b in sizes for _ in range(case.count(times))]
    given = [reference for pair in metrics.values() for reference in pair]
    tables = _tables_known(case, folds, metrics)
    if len(tables) != 1:
        title = (
            f"{case.about}: {len(tables)} sets of tables fit, too few or too many to test p {case.said(p)}"
        )
        return case.finding(Severity.NOTE, title, [f'Text: "{quote}".'], [p], premises=given)
    rows = list(zip(tables[0].tp, tables[0].tn, folds, strict=True))
    counts = {
        "right": [(int(tp + tn), int(a + b - tp - tn)) for tp, tn, (a, b) in rows],
        "called positive": [(int(tp + b - tn), int(a - tp + tn)) for tp, tn, (a, b) in rows],
    }
    values = {name: chi_square_of_rows(pairs) for name, pairs in counts.items()}
    fits = [name for name, value in values.items() if case.interval(p).contains(value)]
    lines = [f'Text: "{quote}".', f"readers: {_list(tables[0], folds)}."]
    lines += [
        f"{name}: {', '.join(f'{yes}/{yes + no}' for yes, no in pairs)}; chi-square p = {show(values[name])}"
        f"{' (fits)' if name in fits else ''}."
        for name, pairs in counts.items()
    ]
    severity = (Severity.INCONSISTENT, Severity.AMBIGUOUS, Severity.CONSISTENT)[len(fits)]
    words = (
        "does not follow from the recovered tables",
        f"holds for how often they were {fits[0] if fits else ''} only",
        "follows from the recovered tables",
    )
    return case.finding(
        severity, f"{case.about}: p {case.said(p)} {words[len(fits)]}", lines, [p], premises=given
    )


@check("digits", "stage", "kappa")
def kappa(
    case: Case,
    *,
    kappa: str,
    sensitivity: str,
    specificity: str,
    raters: str | int,
    positives: str | int,
    negatives: str | int,
) -> Problem:
    """Fleiss' kappa of yes/no calls of three raters takes few values once the number of positive calls is
    known, which follows from their mean sensitivity and specificity.

    Formula: kappa = 1 - (2/3) D / N / (2 q (1 - q)), D cases without unanimity, q the share of positive calls
    Source: Fleiss, Psychol Bull 1971;76:378
    Example: with 117 positive calls of 237, kappa is 0.4935 or 0.5104, and nothing between
    """
    p, n, r = case.count(positives), case.count(negatives), case.count(raters)

    def counts(reference: str | None, cases: int, reading) -> range:
        """Return the numbers of right calls of ``cases`` by all raters."""
        if reference is None:
            return range(r * cases + 1)
        shown = case.interval(reference, reading.get("digits", "rounded"))
        units = [10.0**-d for d in (case.first(reading, {"rate": reference}) or {"rate": ()})["rate"]]
        units = [unit for unit in units if attainable(shown, round(r / unit))]
        half = 1.0 if reading.get("digits") == "cut" else 0.5
        shown = shown.widened(half * max(units, default=0.0))
        return counts_within(shown, r * cases)

    def values(reading, names) -> list[tuple[float, int, int]]:
        hits = counts(sensitivity if "sensitivity" in names else None, p, reading)
        rejections = counts(specificity if "specificity" in names else None, n, reading)
        return attainable_kappas(sorted({h + r * n - c for h in hits for c in rejections}), p + n, r)

    def possible(reading, names) -> bool:
        found = values(reading, names)
        if "kappa" not in names or reading["kappa"] == "other":
            return bool(found)
        return bool(kappas_within(case.interval(kappa, reading["digits"]), found))

    def lines(reading) -> list[str]:
        found = values(reading, ("sensitivity", "specificity"))
        calls = sorted({entry[2] for entry in found})
        text = [f"Positive calls that the two rates leave: {calls} of {r * (p + n)}."]
        near = sorted(found, key=lambda entry: abs(entry[0] - case.interval(kappa).middle))[:2]
        text += [f"{split} cases without unanimity: kappa {show(value)}." for value, split, _ in sorted(near)]
        return [*text, f"Printed {case.said(kappa)}."]

    return Problem(
        {"kappa": [kappa], "sensitivity": [sensitivity], "specificity": [specificity]},
        possible,
        holds="kappa is attainable",
        fails="yes/no calls cannot have",
        lines=lines,
        given=[raters, positives, negatives],
    )
