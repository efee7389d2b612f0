"""Checks of averages over cross-validation folds."""

from collections.abc import Iterable

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.confusion import expected_metrics, f1_range, feasible_tables, share_range
from neolab.claims.audit.counts import auc_attainable, counts_within, nearest_proportions
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.folds import (
    Kind,
    fold_means_feasible,
    fold_size_sets,
    mean_proportion_attainable,
    nearest_means,
    plain_kinds,
    stratified_kinds,
)
from neolab.claims.audit.register import check
from neolab.claims.audit.rounding import Interval

SPLITS = {"stratified": stratified_kinds, "plain": plain_kinds}


@check("digits", "stage", "undefined", "folds", "pooling")
def fold_means(
    case: Case, *, positives: str | int, negatives: str | int, folds: str | int, metrics: dict[str, str]
) -> Problem:
    """Mean metrics over cross-validation folds belong to some set of folds.

    Formula: the vector of means lies in the convex hull of all tables (a linear programme)
    Source: convexity; scipy.optimize.linprog (HiGHS)
    Example: accuracy 75.18% below both sensitivity 0.76 and specificity 0.81 exists for no stratified folds
    """
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)

    def possible(reading, names) -> bool:
        shown = {name: case.interval(metrics[name], reading["digits"]) for name in names}
        if reading["pooling"] == "pooled":
            return bool(feasible_tables(shown, p, n))
        if reading["pooling"] == "share":
            return _some_share(shown)
        return fold_means_feasible(
            shown, p, n, k,
            kinds=SPLITS[reading["folds"]](p, n, k),
            undefined=reading["undefined"],
            first=case.first(reading, metrics),
            cut=reading["digits"] == "cut",
        )  # fmt: skip

    def relaxed(names) -> bool:
        loose = {name: _loosest(case, metrics[name]) for name in names}
        kinds = SPLITS[case.states.get("folds", "plain")](p, n, k)
        folds_do = fold_means_feasible(loose, p, n, k, kinds=kinds)
        return folds_do or _some_share(loose) or bool(feasible_tables(loose, p, n))

    prevalence = p / (p + n)
    return Problem(
        {name: [reference] for name, reference in metrics.items()},
        possible,
        holds="folds with these means can exist",
        fails="no folds have the means",
        lines=lambda reading: [
            f"{len(metrics)} means over {k} folds of {p} + {n} cases.",
            *([] if reading and reading["pooling"] == "folds" else _one_table(case, metrics, prevalence)),
        ],
        given=[positives, negatives, folds],
        relaxed=relaxed,
    )


def _some_share(shown: dict[str, Interval]) -> bool:
    """Whether one share of positives in every fold gives accuracy from sensitivity and specificity."""
    rates = [shown.get(name) for name in ("sensitivity", "specificity", "accuracy")]
    if None in rates or (share := share_range(*rates)) is None:
        return True
    return share.overlaps(Interval(0, 1))


def _loosest(case: Case, reference: str) -> Interval:
    """Return everything that any reading of digits and stages allows a mean of proportions to be."""
    readings = [case.interval(reference, digits) for digits in ("rounded", "cut", "padded")]
    unit = 10.0 ** -min(2, case.decimals(reference))
    return Interval(min(r.low for r in readings) - unit, max(r.high for r in readings) + unit)


def _one_table(case: Case, metrics: dict[str, str], prevalence: float) -> list[str]:
    """Redo a conflict with the rates as printed."""
    if not {"sensitivity", "specificity"} <= set(metrics):
        return []
    sens, spec = (case.interval(metrics[name]).middle for name in ("sensitivity", "specificity"))
    expected = expected_metrics(sens, spec, prevalence)
    return [
        f"One table with {percent(prevalence, 1)} positives, sensitivity {show(sens)}, specificity "
        f"{show(spec)} has {name} {show(expected[name], 3)}; printed {case.said(metrics[name])}."
        for name in ("accuracy", "f1", "mcc")
        if name in metrics
    ]


@check("digits", "stage", "folds")
def fold_mean_grid(
    case: Case, *, values: list[str], positives: str | int, negatives: str | int, folds: str | int
) -> Problem:
    """Mean accuracies over folds take few values: each fold's is a whole number over its size.

    Formula: mean = (k1 / n1 + ... + kf / nf) / f, whole k
    Source: GRIM for folds
    Example: five folds of 128 cases cannot have the mean accuracy 75.18%
    """
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)
    even = {(p + n) // k + 1: (p + n) % k, (p + n) // k: k - (p + n) % k}
    layouts = {
        "stratified": fold_size_sets(p, n, k),
        "plain": [{size: count for size, count in even.items() if count}],
    }

    def possible(reading, names) -> bool:
        def fits(reference: str) -> bool:
            shown, cut = case.interval(reference, reading["digits"]), reading["digits"] == "cut"
            stages = (None, *(case.first(reading, {"mean": reference}) or {"mean": ()})["mean"])
            layout = layouts[reading["folds"]]
            return any(
                mean_proportion_attainable(shown, sizes, stage, cut) for sizes in layout for stage in stages
            )

        return all(fits(reference) for name in names for reference in numbers[name])

    def lines(reading) -> list[str]:
        shapes = [" + ".join(f"{c} x {s}" for s, c in sizes.items()) for sizes in layouts["stratified"]]
        text = [
            f"{k} folds of {p} + {n} cases hold {' or '.join(shapes)}; each accuracy is a count over that."
        ]
        for reference in () if reading else values:
            shown = case.interval(reference)
            if not any(mean_proportion_attainable(shown, sizes) for sizes in layouts["stratified"]):
                near = {v for sizes in layouts["stratified"] for v in nearest_means(shown.middle, sizes)}
                nearest = sorted(near, key=lambda value: abs(value - shown.middle))[:2]
                text.append(
                    f"{case.said(reference)}: nearest {' and '.join(percent(v, 3) for v in nearest)}."
                )
        return text

    numbers: dict[str, list[str]] = {}
    for reference in values:
        numbers.setdefault(f"accuracy {case.said(reference)}", []).append(reference)
    return Problem(
        numbers,
        possible,
        holds=f"all {len(values)} mean accuracies are attainable",
        fails=f"{k} folds of {p + n} cases each tested once cannot have",
        lines=lines,
        given=[positives, negatives, folds],
    )


@check("digits", "folds")
def one_fold(
    case: Case, *, positives: str | int, negatives: str | int, folds: str | int, metrics: dict[str, str]
) -> Problem:
    """All values of a "best fold" row, or one of them, belong to one fold of the possible sizes.

    Formula: every table of every possible fold is tried; an AUC is a multiple of 1 / (2 positives negatives)
    Source: enumeration
    Example: no fold of 25 or 26 cases has accuracy 81.82% (18/22, 27/33)
    """
    p, n, k = case.count(positives), case.count(negatives), case.count(folds)

    def fits(kind: Kind, shown: dict[str, Interval]) -> bool:
        if "auc" in shown and min(kind) and not auc_attainable(shown["auc"], *kind):
            return False
        return bool(feasible_tables(shown, *kind))

    def possible(reading, names) -> bool:
        shown = {name: case.interval(metrics[name], reading["digits"]) for name in names}
        return any(fits(kind, shown) for kind in SPLITS[reading["folds"]](p, n, k))

    return Problem(
        {name: [reference] for name, reference in metrics.items()},
        possible,
        holds=f"one fold can have {'these values' if len(metrics) > 1 else case.said(*metrics.values())}",
        fails="no fold has",
        lines=lambda reading: [
            f"Folds (positives + negatives) are {_kinds(stratified_kinds(p, n, k))} if stratified.",
            *(
                _nearest(case, name, r, stratified_kinds(p, n, k))
                for name, r in metrics.items()
                if name in SIDES
            ),
        ],
        given=[positives, negatives, folds],
    )


SIDES = {"sensitivity": lambda p, n: p, "specificity": lambda p, n: n, "accuracy": lambda p, n: p + n}


def _nearest(case: Case, name: str, reference: str, kinds: Iterable[Kind]) -> str:
    """Return the attainable values around a printed one."""
    parts = []
    for size in sorted({SIDES[name](*kind) for kind in kinds}):
        below, above = nearest_proportions(case.interval(reference).middle, size)
        count = round(below * size)
        parts.append(f"{count}/{size} = {show(below)}, {count + 1}/{size} = {show(above)}")
    sizes = [size for size in range(2, 61) if counts_within(case.interval(reference), size)]
    needs = f" It needs {', '.join(map(str, sizes[:6]))} ... cases." if sizes else ""
    return f"{name} {case.said(reference)}; attainable: {'; '.join(parts)}.{needs}"


def _kinds(kinds: list[Kind]) -> str:
    return ", ".join(f"{p}+{n}" for p, n in kinds)


@check("digits")
def best_row(case: Case, *, metrics: dict[str, str], means: dict[str, str]) -> Problem:
    """A row called "best" is one fold's, of any size, or holds each metric's own best. ``metrics`` names
    accuracy, sensitivity, specificity and f1 of the row, ``means`` the same over all folds.

    Formula: accuracy = s sensitivity + (1 - s) specificity gives the share s, and s gives F1; a best is not
        below the mean
    Source: algebra of one 2x2 table
    Example: accuracy 81.82%, sensitivity .81, specificity .87, F1 .733 with a mean F1 of .780 is neither
    """

    def of_row(digits: str, names) -> dict[str, Interval]:
        return {name: case.interval(metrics[name], digits) for name in metrics if f"best {name}" in names}

    def f1_of(shown) -> Interval | None:
        share = share_range(shown["sensitivity"], shown["specificity"], shown["accuracy"])
        share = Interval(0, 1) if share is None else Interval(max(share.low, 0), min(share.high, 1))
        return (
            f1_range(shown["sensitivity"], shown["specificity"], share) if share.low <= share.high else None
        )

    def possible(reading, names) -> bool:
        shown = of_row(reading["digits"], names)
        if len(shown) < len(metrics):
            one_fold = "f1" not in shown or len(shown) < len(metrics) - 1 or "accuracy" not in shown
            one_fold = one_fold or not {"sensitivity", "specificity"} <= set(shown)
            one_fold = one_fold or f1_of(shown) is not None
        else:
            f1 = f1_of(shown)
            one_fold = f1 is not None and f1.overlaps(shown["f1"])
        pairs = [name for name in shown if f"mean {name}" in names]
        return one_fold or all(shown[m].high >= case.interval(means[m], reading["digits"]).low for m in pairs)

    def lines(reading) -> list[str]:
        shown = {name: case.interval(reference) for name, reference in metrics.items()}
        f1 = f1_of(shown)
        words = f"then F1 is {span(f1, 3)}" if f1 else "no share of positives gives this accuracy"
        below = [m for m in means if shown[m].high < case.interval(means[m]).low]
        text = "; ".join(
            f"{m} {case.said(metrics[m])} is below its mean {case.said(means[m])}" for m in below
        )
        return [
            f"One fold: {words}; printed {case.said(metrics['f1'])}.",
            f"Each metric's own best fold: {text or 'none is below its mean over folds'}.",
        ]

    numbers = {f"best {m}": [r] for m, r in metrics.items()} | {f"mean {m}": [r] for m, r in means.items()}
    usual = {name: case.interval(reference) for name, reference in metrics.items()}
    f1 = f1_of(usual)
    which = "one fold's" if f1 is not None and f1.overlaps(usual["f1"]) else "each metric's own best"
    return Problem(
        numbers,
        possible,
        holds=f"the row can be {which}",
        fails="neither one fold of any size nor each metric's best has",
        lines=lines,
    )


@check()
def majority(case: Case, *, accuracy: list[str], positives: str | int, negatives: str | int) -> Finding:
    """Printed accuracies beside always answering with the larger class; a note.

    Formula: max(positives, negatives) / (positives + negatives)
    Source: arithmetic
    Example: 74 of 128 are normal, so that chance is 57.81%
    """
    p, n = case.count(positives), case.count(negatives)
    base = max(p, n) / (p + n)
    below = [case.said(r) for r in accuracy if case.interval(r).high < base]
    lines = [
        f"Always answering with the larger class is right in {max(p, n)} / {p + n} = {percent(base)}.",
        f"Printed accuracies below that: {', '.join(dict.fromkeys(below)) or 'none'}.",
    ]
    title = f"{case.about}: chance is {percent(base)}, not 50%"
    return case.finding(Severity.NOTE, title, lines, accuracy, premises=[positives, negatives])
