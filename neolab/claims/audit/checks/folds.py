"""Checks of averages over cross-validation folds."""

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.confusion import (
    expected_metrics,
    f1_range,
    feasible_tables,
    share_range,
    smallest_conflict,
)
from neolab.claims.audit.counts import auc_attainable, counts_within, nearest_proportions
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.folds import (
    fold_means_feasible,
    fold_size_sets,
    mean_proportion_attainable,
    nearest_means,
    stratified_kinds,
)
from neolab.claims.audit.repeats import peak_possible
from neolab.claims.audit.rounding import Interval


def fold_means(
    case: Case, *, positives: str | int, negatives: str | int, folds: str | int, metrics: dict[str, str]
) -> Finding:
    """Mean metrics over stratified folds belong to some set of folds."""
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)
    printed = {name: case.interval(reference) for name, reference in metrics.items()}
    given = [positives, negatives, folds]

    def feasible(names: tuple[str, ...]) -> bool:
        return fold_means_feasible({name: printed[name] for name in names}, p, n, k)

    conflict = smallest_conflict(printed, feasible)
    if not conflict:
        title = f"{case.about}: folds with these means can exist"
        lines = [f"{len(printed)} means, {k} stratified folds of {p} + {n} cases: feasible."]
        return case.finding(Severity.CONSISTENT, title, lines, list(metrics.values()), premises=given)
    said = ", ".join(f"{name} {case.said(metrics[name])}" for name in conflict)
    lines = [
        f"{k} stratified folds of {p} positives and {n} negatives: no tables average to {said}.",
        *_explain(case, printed, metrics, conflict, p / (p + n)),
    ]
    pooled = smallest_conflict(
        printed, lambda names: bool(feasible_tables({m: printed[m] for m in names}, p, n))
    )
    if pooled:
        lines.append(f"Nor does one pooled table of all {p + n} cases ({', '.join(pooled)}).")
    else:
        lines.append(f"One pooled table of all {p + n} cases would fit.")
    share = _needed_share(printed, conflict)
    if share is not None:
        lines.append(_share_in_words(share))
    escapes = not pooled or (share is not None and share.overlaps(Interval(0, 1)))
    severity = Severity.INCONSISTENT if escapes else Severity.IMPOSSIBLE
    title = f"{case.about}: {said} cannot be means over the same folds"
    return case.finding(
        severity,
        title,
        lines,
        list(metrics.values()),
        premises=given,
        contradicted=[metrics[name] for name in conflict],
    )


def _explain(case: Case, printed, metrics, conflict, prevalence: float) -> list[str]:
    """Redo the conflict with the rates as printed."""
    lines = []
    if {"sensitivity", "specificity"} <= set(printed):
        sens, spec = printed["sensitivity"].middle, printed["specificity"].middle
        expected = expected_metrics(sens, spec, prevalence)
        for name in conflict:
            if name in expected:
                lines.append(
                    f"With {percent(prevalence, 1)} positives, sensitivity {show(sens)} and specificity "
                    f"{show(spec)} give {name} {show(expected[name], 3)}; printed {case.said(metrics[name])}."
                )
    return lines


def _needed_share(printed, conflict) -> Interval | None:
    """Return the shares of positives, equal in all folds, at which accuracy fits sensitivity and specificity.

    None unless the conflict is one of these three and sensitivity and specificity cannot be equal.
    """
    if set(conflict) != {"accuracy", "sensitivity", "specificity"}:
        return None
    return share_range(printed["sensitivity"], printed["specificity"], printed["accuracy"])


def _share_in_words(share: Interval) -> str:
    if not share.overlaps(Interval(0, 1)):
        return "Accuracy lies outside sensitivity and specificity: no share of positives gives it."
    return f"With {percent(share.low, 1)} to {percent(share.high, 1)} positives in every fold they would fit."


def common_share(
    case: Case, *, rows: dict[str, list[str]], positives: str | int, negatives: str | int
) -> Finding:
    """Rows of one table tested on the same cases need the same share of positives.

    ``rows`` maps a name to [accuracy, sensitivity, specificity]; mean accuracy = share x mean sensitivity +
    (1 - share) x mean specificity wherever the share is the same in all folds.
    """
    p, n = case.count(positives), case.count(negatives)
    found = {
        name: share_range(*map(case.interval, (sensitivity, specificity, accuracy)))
        for name, (accuracy, sensitivity, specificity) in rows.items()
    }
    ranges = {name: share for name, share in found.items() if share is not None}
    agreeing = {name: share for name, share in ranges.items() if share.overlaps(Interval(0, 1))}
    lines = [f"{name}: {_range_in_words(share)}." for name, share in ranges.items()]
    lines.append(f"The cohort: {p} / {p + n} = {percent(p / (p + n), 1)}.")
    common = Interval(max(r.low for r in agreeing.values()), min(r.high for r in agreeing.values()))
    claims = [reference for triple in rows.values() for reference in triple]
    given = [positives, negatives]
    without = [name for name in ranges if name not in agreeing]
    if not without and common.contains(p / (p + n)):
        title = f"{case.about}: all rows fit the cohort's share of positives"
        return case.finding(Severity.CONSISTENT, title, lines, claims, premises=given)
    if common.low <= common.high:
        title = f"{case.about}: rows need {_range_in_words(common)}, the cohort has {percent(p / (p + n), 1)}"
    else:
        title = f"{case.about}: no share of positives fits all rows; the cohort has {percent(p / (p + n), 1)}"
    if without:
        title += f"; {', '.join(without)} fits none at all"
    return case.finding(Severity.INCONSISTENT, title, lines, claims, premises=given)


def _range_in_words(share: Interval) -> str:
    if not share.overlaps(Interval(0, 1)):
        return "no share of positives"
    return f"{percent(share.low, 1)} to {percent(share.high, 1)} positives"


def fold_mean_grid(
    case: Case, *, values: list[str], positives: str | int, negatives: str | int, folds: str | int
) -> Finding:
    """A mean accuracy over folds takes few values: each fold's is a whole number over its size."""
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)
    layouts = fold_size_sets(p, n, k)
    missing, lines = [], []
    for reference in values:
        printed = case.interval(reference)
        # Each fold's accuracy may have been rounded as the mean is, which moves the mean by as much again.
        loose = printed.widened(printed.half_width)
        if any(mean_proportion_attainable(loose, sizes) for sizes in layouts):
            continue
        missing.append(reference)
        near = sorted({value for sizes in layouts for value in nearest_means(printed.middle, sizes)})
        below = max(v for v in near if v <= printed.middle)
        above = min(v for v in near if v > printed.middle)
        lines.append(
            f"{case.said(reference)}: the nearest attainable means are {percent(below, 3)} and "
            f"{percent(above, 3)}."
        )
    shapes = " or ".join(_sizes_in_words(sizes) for sizes in layouts)
    head = (
        f"{k} stratified folds of {p} + {n} cases hold {shapes}; each accuracy is a whole number over that."
    )
    attainable = [reference for reference in values if reference not in missing]
    if not missing:
        title = f"{case.about}: all {len(values)} mean accuracies are attainable"
        return case.finding(
            Severity.CONSISTENT, title, [head], values, premises=[positives, negatives, folds]
        )
    title = (
        f"{case.about}: {len(missing)} of {len(values)} mean accuracies cannot come from {k} folds "
        f"of {p + n} cases each tested once"
    )
    if attainable:
        lines.append(f"Attainable: {', '.join(case.said(r) for r in attainable)}.")
    return case.finding(
        Severity.IMPOSSIBLE,
        title,
        [head, *lines],
        values,
        premises=[positives, negatives, folds],
        contradicted=missing,
    )


def _sizes_in_words(sizes: dict[int, int]) -> str:
    return " + ".join(f"{count} x {size}" for size, count in sorted(sizes.items(), reverse=True))


def single_fold(
    case: Case,
    *,
    value: str,
    positives: str | int,
    negatives: str | int,
    folds: str | int,
    metric: str = "accuracy",
) -> Finding:
    """The value of one fold (a "peak") is attainable in a fold of the possible sizes."""
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)
    printed, kinds = case.interval(value), stratified_kinds(p, n, k)
    given = [positives, negatives, folds]
    lines = []
    fits = []
    for pos, neg in kinds:
        if metric == "auc":
            steps, good = 2 * pos * neg, auc_attainable(printed, pos, neg)
        else:
            steps, good = pos + neg, bool(counts_within(printed, pos + neg))
        below, above = nearest_proportions(printed.middle, steps)
        k_below = round(below * steps)
        lines.append(
            f"Fold of {pos} + {neg}: {k_below}/{steps} = {percent(below)}, "
            f"{k_below + 1}/{steps} = {percent(above)}."
        )
        fits += [(pos, neg)] if good else []
    if fits:
        title = f"{case.about}: {metric} {case.said(value)} exists in a fold of {_kinds_in_words(fits)}"
        return case.finding(Severity.CONSISTENT, title, lines, [value], premises=given)
    title = f"{case.about}: no fold of {_kinds_in_words(kinds)} cases has {metric} {case.said(value)}"
    sizes = [size for size in range(2, 61) if counts_within(printed, size)] if metric != "auc" else []
    if sizes:
        lines.append(f"It needs a fold of {', '.join(map(str, sizes[:8]))} ... cases.")
    return case.finding(Severity.IMPOSSIBLE, title, lines, [value], premises=given)


def _kinds_in_words(kinds: list[tuple[int, int]]) -> str:
    return ", ".join(f"{p}+{n}" for p, n in kinds)


def one_fold(
    case: Case,
    *,
    positives: str | int,
    negatives: str | int,
    folds: str | int,
    metrics: dict[str, str],
) -> Finding:
    """All values of a "best fold" row belong to one fold of the possible sizes."""
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)
    printed = {name: case.interval(reference) for name, reference in metrics.items()}
    kinds = stratified_kinds(p, n, k)

    def feasible(names: tuple[str, ...]) -> bool:
        return any(feasible_tables({m: printed[m] for m in names}, *kind) for kind in kinds)

    alone = tuple(name for name in printed if not feasible((name,)))
    conflict = alone or smallest_conflict(printed, feasible)
    given = [positives, negatives, folds]
    references = list(metrics.values())
    if not conflict:
        title = f"{case.about}: one fold can have all these values"
        lines = [f"Searched every table of folds {_kinds_in_words(kinds)} (positives + negatives)."]
        return case.finding(Severity.CONSISTENT, title, lines, references, premises=given)
    said = ", ".join(f"{name} {case.said(metrics[name])}" for name in conflict)
    lines = [f"Folds of {_kinds_in_words(kinds)} (positives + negatives): none has {said}."]
    lines += [_nearest(case, name, printed, metrics, kinds) for name in conflict[:3]]
    lines.append("If each value is the best over folds on its own, they need not be one fold's.")
    return case.finding(
        Severity.INCONSISTENT, f"{case.about}: {said} cannot be one fold's", lines, references, premises=given
    )


def _nearest(case: Case, name: str, printed, metrics, kinds) -> str:
    """Return the attainable values around a printed one (rates of one class or of all)."""
    if name not in ("sensitivity", "specificity", "accuracy"):
        return f"{name} printed {case.said(metrics[name])} ({span(printed[name])})."
    side = {"sensitivity": lambda p, n: p, "specificity": lambda p, n: n, "accuracy": lambda p, n: p + n}[
        name
    ]
    parts = []
    for size in sorted({side(p, n) for p, n in kinds}):
        below, above = nearest_proportions(printed[name].middle, size)
        parts.append(
            f"{round(below * size)}/{size} = {show(below)}, {round(above * size)}/{size} = {show(above)}"
        )
    return f"{name} printed {case.said(metrics[name])}; attainable: {'; '.join(parts)}."


def best_row(case: Case, *, metrics: dict[str, str], means: dict[str, str]) -> Finding:
    """A row called "best" is one fold's, or holds each metric's own best; both are tried, for any fold size.

    ``metrics`` names accuracy, sensitivity, specificity and f1 of the row, ``means`` the same over all folds.
    """
    printed = {name: case.interval(reference) for name, reference in metrics.items()}
    rates = printed["sensitivity"], printed["specificity"]
    share = share_range(*rates, printed["accuracy"])
    share = Interval(0, 1) if share is None else Interval(max(share.low, 0), min(share.high, 1))
    f1 = f1_range(*rates, share) if share.low <= share.high else None
    is_one_fold = f1 is not None and f1.overlaps(printed["f1"])
    below = [name for name in means if not peak_possible(printed[name], case.interval(means[name]))]
    said = {name: case.said(reference) for name, reference in metrics.items()}
    needed = (
        f"{_range_in_words(share)}, and then F1 is {span(f1, 3)}"
        if f1
        else "a share of positives that there is not"
    )
    lines = [
        f"One fold: accuracy {said['accuracy']} with sensitivity {said['sensitivity']} and specificity "
        f"{said['specificity']} needs {needed}; printed {said['f1']}.",
        "Each metric's own best fold: "
        + (
            "; ".join(
                f"{name} {said[name]} is below its mean over folds {case.said(means[name])}" for name in below
            )
            or "none is below its mean over folds"
        )
        + ".",
    ]
    references, premises = list(metrics.values()), list(means.values())
    if is_one_fold or not below:
        which = "one fold's" if is_one_fold else "each metric's own best"
        return case.finding(
            Severity.CONSISTENT, f"{case.about}: the row can be {which}", lines, references, premises=premises
        )
    title = f"{case.about}: the row is neither one fold's, of any size, nor each metric's own best"
    return case.finding(
        Severity.IMPOSSIBLE,
        title,
        lines,
        references,
        premises=premises,
        contradicted=[metrics[name] for name in below],
    )


def majority(case: Case, *, accuracy: list[str], positives: str | int, negatives: str | int) -> Finding:
    """How printed accuracies stand beside always answering with the larger class."""
    p, n = case.count(positives), case.count(negatives)
    base = max(p, n) / (p + n)
    below = [r for r in accuracy if case.interval(r).high < base]
    words = ", ".join(dict.fromkeys(case.said(r) for r in below)) or "none"
    lines = [
        f"Always answering with the larger class is right in {max(p, n)} / {p + n} = {percent(base)}.",
        f"Printed accuracies below that: {words}.",
    ]
    title = f"{case.about}: chance is {percent(base)}, not 50%"
    return case.finding(Severity.NOTE, title, lines, accuracy, premises=[positives, negatives])


CHECKS = {
    "fold_means": fold_means,
    "common_share": common_share,
    "fold_mean_grid": fold_mean_grid,
    "single_fold": single_fold,
    "one_fold": one_fold,
    "best_row": best_row,
    "majority": majority,
}
