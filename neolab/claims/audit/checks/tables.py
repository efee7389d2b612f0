"""Checks of confusion matrices: one table, or sets of tables recovered from means and SDs."""

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.confusion import feasible_tables, metric_bounds, smallest_conflict
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.pvalues import chi_square_of_rows
from neolab.claims.audit.recover import Summary, Tables, recover_tables, recover_without_one, summarise
from neolab.claims.audit.rounding import Interval

CONVENTIONS = {1: "sample SD (n - 1)", 0: "population SD (n)"}


def one_table(
    case: Case,
    *,
    positives: str | int,
    negatives: str | int,
    metrics: dict[str, str],
    loosened: list[str] = (),
) -> Finding:
    """Printed metrics of one 2x2 table belong together.

    ``loosened`` names metrics whose last printed 0 may not be a measured digit.
    """
    p, n = case.count(positives), case.count(negatives)
    printed = {name: case.interval(reference) for name, reference in metrics.items()}
    for name in loosened:
        printed[name] = printed[name].widened(9 * printed[name].half_width)
    tables = feasible_tables(printed, p, n)
    references = list(metrics.values())
    if not tables:
        return _no_table(case, p, n, printed, metrics, [positives, negatives])
    tp, tn = tables[0]
    lines = [f"TP {tp} of {p}, TN {tn} of {n}: {_describe(tp, tn, p, n, metrics, case)}."]
    if len(tables) > 1:
        others = ", ".join(f"({a}, {b})" for a, b in tables[1:6])
        lines.append(f"{len(tables)} tables fit; the other (TP, TN): {others}.")
        title = f"{case.about}: {len(tables)} tables fit all printed values"
        return case.finding(Severity.CONSISTENT, title, lines, references, premises=[positives, negatives])
    follow = [r for name, r in metrics.items() if name != "auc" and name not in loosened]
    title = f"{case.about}: exactly one table fits all printed values"
    return case.finding(
        Severity.CONSISTENT,
        title,
        [*lines, "No other whole-number table fits."],
        references,
        premises=[positives, negatives],
        recomputed=follow,
    )


def _no_table(case: Case, p: int, n: int, printed: dict[str, Interval], metrics: dict, premises) -> Finding:
    conflict = smallest_conflict(
        printed, lambda names: bool(feasible_tables({name: printed[name] for name in names}, p, n))
    )
    said = ", ".join(f"{name} {case.said(metrics[name])}" for name in conflict)
    lines = [f"No table with {p} positives and {n} negatives has {said}."]
    for name in conflict:
        rest = {m: printed[m] for m in conflict if m != name}
        tables = feasible_tables(rest, p, n) if rest else []
        if tables:
            bounds = [metric_bounds(tp, tn, p, n)[name] for tp, tn in tables]
            low, high = min(float(b[0]) for b in bounds), max(float(b[1]) for b in bounds)
            lines.append(f"Without {name}: {len(tables)} tables, {name} {span(Interval(low, high))}.")
    title = f"{case.about}: no table fits {said}"
    return case.finding(
        Severity.IMPOSSIBLE,
        title,
        lines,
        list(metrics.values()),
        premises=premises,
        contradicted=[metrics[name] for name in conflict],
    )


def _describe(tp: int, tn: int, p: int, n: int, metrics: dict[str, str], case: Case) -> str:
    bounds = metric_bounds(tp, tn, p, n)
    parts = []
    for name, reference in metrics.items():
        low, high = (float(side) for side in bounds[name])
        value = percent(low, 3) if low == high else f"{percent(low, 1)}-{percent(high, 1)}"
        parts.append(f"{name} {value} (printed {case.said(reference)})")
    return ", ".join(parts)


def recover(
    case: Case,
    *,
    sizes: list[list[str | int]],
    metrics: dict[str, list[str]],
    decimals: int = 4,
    unit: str = "fold",
) -> Finding:
    """Recover the confusion matrices of each fold or rater from means and SDs.

    ``sizes`` holds [how many, positives, negatives]; ``metrics`` maps a metric to [mean, SD]; ``decimals`` is
    the number of decimals (of proportions) to which single values may have been rounded on the way.
    """
    folds = [(case.count(p), case.count(n)) for times, p, n in sizes for _ in range(case.count(times))]
    printed = {name: Summary(*map(case.interval, pair)) for name, pair in metrics.items()}
    given = [reference for group in sizes for reference in group]
    for rounded in (None, decimals):
        found = {d: recover_tables(folds, printed, d, rounded) for d in (1, 0)}
        if any(found.values()):
            return _recovered(case, folds, metrics, found, rounded, unit, given)
    return _blame(case, folds, printed, metrics, decimals, unit, given)


def _recovered(case: Case, folds, metrics, found, rounded, unit: str, given) -> Finding:
    claims = [reference for pair in metrics.values() for reference in pair]
    conventions = [d for d, tables in found.items() if tables]
    number = sum(len(tables) for tables in found.values())
    ddof = conventions[0]
    tables = found[ddof][0]
    lines = [_list_tables(tables, folds, unit)]
    lines += [_line(case, tables, folds, name, pair, ddof) for name, pair in metrics.items() if name != "auc"]
    only = f"only with the {CONVENTIONS[ddof]}" if len(conventions) == 1 else "with either SD convention"
    how = "" if rounded is None else f", if single values were rounded to {rounded} decimals on the way"
    what = "one set of tables fits" if number == 1 else f"{number} sets of tables fit"
    severity = Severity.CONSISTENT if rounded is None else Severity.AMBIGUOUS
    exact = [r for name, pair in metrics.items() if name != "auc" for r in pair] if number == 1 else []
    title = f"{case.about}: exactly {what} all printed values, {only}{how}"
    return case.finding(severity, title, lines, claims, premises=given, recomputed=exact)


def _blame(case: Case, folds, printed, metrics, decimals: int, unit: str, given) -> Finding:
    """No tables fit: is there a single printed number without which they do?"""
    claims = [reference for pair in metrics.values() for reference in pair]
    culprits = {}
    for rounded in (None, decimals):
        for ddof in (1, 0):
            for name, part, tables in recover_without_one(folds, printed, ddof, rounded):
                culprits.setdefault((name, part), (tables, ddof, rounded))
        if culprits:
            break
    if len(culprits) != 1:
        words = f"dropping any one of {len(culprits)} values would do" if culprits else "nor with one dropped"
        title = f"{case.about}: no whole-number tables fit the printed means and SDs ({words})"
        lines = [
            f"{unit}s (positives, negatives): {folds}; searched every set of counts, both SD conventions."
        ]
        return case.finding(Severity.IMPOSSIBLE, title, lines, claims, premises=given)
    ((name, part), (tables, ddof, rounded)) = next(iter(culprits.items()))
    reference = metrics[name][part == "sd"]
    _, mean, sd = summarise(tables[0], folds, name, ddof)
    value = percent(sd if part == "sd" else mean, 3)
    lines = [
        f"Without the {part} of {name}, {len(tables)} set of tables fits: "
        + _list_tables(tables[0], folds, unit)
    ]
    lines += [_line(case, tables[0], folds, m, pair, ddof) for m, pair in metrics.items() if m != "auc"]
    if rounded is not None:
        lines.append(f"(Single values rounded to {rounded} decimals on the way; without that nothing fits.)")
    title = (
        f"{case.about}: the {part} of {name} cannot be {case.said(reference)}; "
        f"all other values fit {'one set' if len(tables) == 1 else 'sets'} of tables in which it is {value}"
    )
    return case.finding(Severity.IMPOSSIBLE, title, lines, claims, premises=given, contradicted=[reference])


def _list_tables(tables: Tables, folds, unit: str) -> str:
    cells = [f"TP {tp}/{p} TN {tn}/{n}" for tp, tn, (p, n) in zip(tables.tp, tables.tn, folds, strict=True)]
    return f"{unit}s: {'; '.join(cells)}."


def _line(case: Case, tables: Tables, folds, name: str, pair: list[str], ddof: int) -> str:
    values, mean, sd = summarise(tables, folds, name, ddof)
    single = ", ".join(show(100 * value, 2) for value in values)
    said = " ± ".join(case.said(reference) for reference in pair)
    return f"{name}: {single} -> {show(100 * mean, 3)} ± {show(100 * sd, 3)} (printed {said})."


def yes_no_auc(
    case: Case,
    *,
    auc: str,
    sensitivity: str,
    specificity: str,
    sizes: list[list[str | int]],
    metrics: dict[str, list[str]],
    auc_sd: str | None = None,
) -> Finding:
    """The AUC of yes/no calls is (sensitivity + specificity) / 2, for each reader and for their mean.

    ``sizes`` and ``metrics`` as for `recover`, an SD that does not fit left out: with the readers' tables
    known, rounding each AUC to 4, 3 or 2 decimals before averaging is tried too.
    """
    halves = [case.interval(r).times(0.5) for r in (sensitivity, specificity)]
    expected = Interval(halves[0].low + halves[1].low, halves[0].high + halves[1].high)
    printed = case.interval(auc)
    tested = [auc] if auc_sd is None else [auc, auc_sd]
    lines = [
        f"({case.said(sensitivity)} + {case.said(specificity)}) / 2 = {span(expected, 5)}; "
        f"printed {case.said(auc)}."
    ]
    given = [sensitivity, specificity]
    if expected.overlaps(printed):
        title = f"{case.about}: the mean AUC is that of yes/no calls"
        return case.finding(Severity.CONSISTENT, title, lines, tested, premises=given, recomputed=[auc])
    folds = [(case.count(p), case.count(n)) for times, p, n in sizes for _ in range(case.count(times))]
    summaries = {name: Summary(*map(case.interval, pair)) for name, pair in metrics.items()}
    for tables in recover_tables(folds, summaries, 1, 4)[:1]:
        for decimals in (4, 3, 2):
            values, mean, sd = summarise(tables, folds, "balanced_accuracy", 1, decimals)
            fits_sd = auc_sd is None or case.interval(auc_sd).contains(sd)
            if printed.contains(mean) and fits_sd:
                single = ", ".join(show(v, decimals) for v in values)
                lines.append(
                    f"Each reader's AUC rounded to {decimals} decimals first: {single} -> {show(mean, 5)}"
                    f" ± {show(sd, 5)}, which prints so."
                )
                title = f"{case.about}: the mean AUC is {case.said(auc)} only if each was rounded first"
                return case.finding(Severity.AMBIGUOUS, title, lines, tested, premises=given)
    title = f"{case.about}: the mean AUC is not that of yes/no calls"
    return case.finding(Severity.INCONSISTENT, title, lines, tested, premises=given)


def raters_alike(
    case: Case, *, p: str, quote: str, sizes: list[list[str | int]], metrics: dict[str, list[str]]
) -> Finding:
    """A chi-square p-value for differences between raters, from their recovered tables.

    Raters can differ in how often they are right and in how often they say yes; both are tried. ``sizes`` and
    ``metrics`` (those that fit) as for `yes_no_auc`.
    """
    folds = [(case.count(a), case.count(b)) for times, a, b in sizes for _ in range(case.count(times))]
    summaries = {name: Summary(*map(case.interval, pair)) for name, pair in metrics.items()}
    given = [reference for pair in metrics.values() for reference in pair]
    tables = recover_tables(folds, summaries, 1, 4)
    if len(tables) != 1:
        title = (
            f"{case.about}: {len(tables)} sets of tables fit, too few or too many to test p {case.said(p)}"
        )
        return case.finding(Severity.NOTE, title, [f'Text: "{quote}".'], [p], premises=given)
    rows = list(zip(tables[0].tp, tables[0].tn, folds, strict=True))
    readings = {
        "right": [(int(tp + tn), int(a + b - tp - tn)) for tp, tn, (a, b) in rows],
        "called positive": [(int(tp + b - tn), int(a - tp + tn)) for tp, tn, (a, b) in rows],
    }
    values = {name: chi_square_of_rows(counts) for name, counts in readings.items()}
    fits = [name for name, value in values.items() if case.interval(p).contains(value)]
    lines = [f'Text: "{quote}".', _list_tables(tables[0], folds, "reader")]
    lines += [
        f"{name}: {', '.join(f'{yes}/{yes + no}' for yes, no in counts)}; chi-square p = {show(values[name])}"
        f"{' (fits)' if name in fits else ''}."
        for name, counts in readings.items()
    ]
    if len(fits) == len(readings):
        title = f"{case.about}: p {case.said(p)} follows from the recovered tables"
        return case.finding(Severity.CONSISTENT, title, lines, [p], premises=given)
    if not fits:
        title = f"{case.about}: p {case.said(p)} does not follow from the recovered tables"
        return case.finding(Severity.INCONSISTENT, title, lines, [p], premises=given)
    title = f"{case.about}: p {case.said(p)} holds for how often they were {fits[0]} only"
    return case.finding(Severity.AMBIGUOUS, title, lines, [p], premises=given)


CHECKS = {
    "one_table": one_table,
    "recover": recover,
    "yes_no_auc": yes_no_auc,
    "raters_alike": raters_alike,
}
