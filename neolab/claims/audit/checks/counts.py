"""Checks of counts, percentages and means of whole numbers against n."""

from neolab.claims.audit.case import Case, percent, show, span
from neolab.claims.audit.counts import (
    attainable,
    counts_within,
    nearest_proportions,
    reconstruct,
    sizes_giving,
    sums_of_squares,
)
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.flow import ratio_of, total_of
from neolab.claims.audit.register import check


@check("digits")
def share(case: Case, *, count: str, n: str | int, share: str) -> Problem:
    """A printed percentage is the printed count divided by n.

    Formula: share = count / n
    Source: arithmetic
    Example: 48 of 74 printed as 64.9% holds; printed as 66.9% it does not
    """
    k, size = case.count(count), case.count(n)

    def lines(reading) -> list[str]:
        shown = case.interval(share)
        others = list(sizes_giving(shown, k, 20 * size)) if k and shown.low > 0 else []
        fits = shown.contains(k / size)
        hint = [] if fits else [f"{k} of n prints so for n in {others or 'no group size'}."]
        return [f"{k} / {size} = {percent(k / size, 3)}; printed {case.said(share)}.", *hint]

    return Problem(
        {"count": [count], "share": [share]},
        lambda reading, names: len(names) < 2 or case.interval(share, reading["digits"]).contains(k / size),
        holds=f"{k} of {size} is {case.said(share)}",
        fails=f"of {size} there cannot be",
        lines=lines,
        given=[n],
        follows=[share],
    )


@check("digits")
def proportion(case: Case, *, value: str, n: str | int, also: list[str | int] = ()) -> Problem:
    """A printed proportion of n cases is a whole number of cases. ``also`` lists other n that may be meant.

    Formula: k / n prints as the value for some whole k
    Source: GRIM: Brown and Heathers, Soc Psychol Personal Sci 2017;8:363
    Example: 68.10% of 47 does not exist (32/47 = 68.09%); 68.1% does
    """
    size = case.count(n)
    counts = counts_within(case.interval(value), size)

    def lines(reading) -> list[str]:
        found = counts_within(case.interval(value, reading.get("digits", "rounded")), size)
        if found:
            return [f"{found[0]} / {size} = {percent(found[0] / size, 3)}; printed {case.said(value)}."]
        others = [(m, counts_within(case.interval(value), m)) for m in map(case.count, also)]
        return [_neighbours(case, value, size)] + [
            f"Of {m}: {f'{ks[0]} / {m} prints so' if ks else 'none prints so'}." for m, ks in others
        ]

    return Problem(
        {"proportion": [value]},
        lambda reading, names: bool(counts_within(case.interval(value, reading["digits"]), size)),
        holds=f"{case.said(value)} of {size} is {counts[0] if len(counts) == 1 else 'some count'}",
        fails=f"no count of {size} prints as",
        lines=lines,
        given=[n],
        follows=[value] if len(counts) == 1 else [],
    )


def _neighbours(case: Case, value: str, n: int) -> str:
    below, above = nearest_proportions(case.interval(value).middle, n)
    k = round(below * n)
    return f"{k}/{n} = {percent(below)}, {k + 1}/{n} = {percent(above)}; printed {case.said(value)}."


@check("digits")
def denominators(case: Case, *, value: str, sizes: dict[str, int | str]) -> Problem:
    """A percentage comes from the first of several groups that it may refer to (words -> n).

    Formula: k / n prints as the value for some whole k
    Source: GRIM: Brown and Heathers, Soc Psychol Personal Sci 2017;8:363
    Example: "83% of cases" of 97 cases does not exist: 80/97 is 82.47%, 81/97 is 83.51%
    """
    resolved = {words: case.count(n) for words, n in sizes.items()}
    first = next(iter(resolved))
    fits = [words for words, n in resolved.items() if counts_within(case.interval(value), n)]
    return Problem(
        {"share": [value]},
        lambda reading, names: bool(counts_within(case.interval(value, reading["digits"]), resolved[first])),
        holds=f"{case.said(value)} can be a share of {first}",
        fails=f"no count of {first} prints as",
        lines=lambda reading: [
            f"{words} (n = {n}): {_neighbours(case, value, n)} {'P' if words in fits else 'Not p'}ossible."
            for words, n in resolved.items()
        ],
        given=list(sizes.values()),
    )


@check("digits")
def group_sizes(case: Case, *, groups: list[dict], total: str | int) -> Problem:
    """Counts with their percentages tell the sizes of the groups, which add up to the total.

    Formula: n = count / share, whole; the sum of the n is the total
    Source: arithmetic
    Example: 48 (64.9%) and 30 (55.6%) need groups of 74 and 54, together 128
    """
    whole = case.count(total)

    def sizes(digits: str) -> list[list[int]]:
        shown = [(case.count(g["count"]), case.interval(g["share"], digits)) for g in groups]
        return [[n for n in range(max(k, 1), whole + 1) if share.contains(k / n)] for k, share in shown]

    def possible(reading, names) -> bool:
        sums = {0}
        for found in sizes(reading["digits"]):
            sums = {a + b for a in sums for b in found}
        return len(names) < len(groups) or whole in sums

    claims = [reference for g in groups for reference in (g["count"], g["share"])]
    return Problem(
        {f"group {i}": [g["count"], g["share"]] for i, g in enumerate(groups, start=1)},
        possible,
        holds=f"the percentages give group sizes that add up to {whole}",
        fails=f"no group sizes add up to {whole} with",
        lines=lambda reading: [
            f"{case.count(g['count'])} is {case.said(g['share'])} of n only for n = {found}."
            for g, found in zip(groups, sizes(reading.get("digits", "rounded")), strict=True)
        ],
        given=[total],
        follows=[total, *claims],
    )


@check("digits", "sd")
def whole_number_mean(
    case: Case,
    *,
    mean: str,
    n: str | int,
    sd: str | None = None,
    low: int | None = None,
    high: int | None = None,
    items: int = 1,
) -> Problem:
    """The mean (and SD) of n whole numbers, on a scale from ``low`` to ``high`` if given. ``items``: how many
    whole numbers each value is the mean of.

    Formula: mean = sum / n; (n - 1) SD^2 = sum of squares - sum^2 / n, both sums whole and of the same parity
    Source: GRIM: Brown and Heathers, Soc Psychol Personal Sci 2017;8:363; GRIMMER: Anaya, PeerJ Preprints
        2016;4:e2400v1, Allard 2018; values as in SPRITE: Heathers et al., PeerJ Preprints 2018;6:e26968v1
    Example: 5.27 is no mean of 43 whole numbers; 7.3 with SD 2.51 is none of 12
    """
    size = case.count(n)

    def values(reading, names) -> list[tuple[int, int]] | list[list[int]] | bool:
        centre = case.interval(mean, reading["digits"]).times(items)
        if "SD" not in names:
            bounds = (low is None or centre.high >= low * items) and (
                high is None or centre.low <= high * items
            )
            return attainable(centre, size) and bounds
        spread = case.interval(sd, reading["digits"]).times(items)
        centre = centre if "mean" in names else None
        ddof = {"n-1": 1, "n": 0}[reading["sd"]]
        if centre is None:
            return True
        pairs = sums_of_squares(centre, spread, size, ddof)
        if low is None or high is None or not pairs:
            return pairs
        return reconstruct(pairs, size, low * items, high * items)

    def lines(reading) -> list[str]:
        below, above = nearest_proportions(case.interval(mean).middle * items, size)
        text = [
            f"A sum of {round(below * size)} over {size * items} gives {show(below / items)}, of "
            f"{round(above * size)} {show(above / items)}; printed {case.said(mean)}."
        ]
        found = values(reading, ("mean", "SD") if sd else ("mean",)) if reading else []
        if isinstance(found, list) and found and sd:
            example = found[0]
            words = "values" if isinstance(example, list) else "(sum, sum of squares)"
            text.append(f"SD {case.said(sd)}: for example {words} {example}.")
        return text

    numbers = {"mean": [mean]} | ({"SD": [sd]} if sd else {})
    return Problem(
        numbers,
        lambda reading, names: bool(values(reading, names)),
        holds=f"{size} whole numbers can have this mean{' and SD' if sd else ''}",
        fails=f"{size} whole numbers cannot have",
        lines=lines,
        given=[n],
    )


@check("digits", "sd")
def binary_mean(case: Case, *, mean: str, sd: str, n: str | int) -> Problem:
    """The mean and SD of n values that are 0 or 1.

    Formula: SD^2 = mean (1 - mean) n / (n - 1)
    Source: DEBIT: Heathers and Brown 2019, osf.io/5vb3u
    Example: mean 0.19 with SD 0.35 of 1683 cannot be; 0.19 has SD 0.39
    """
    size = case.count(n)

    def sds(reading) -> list[float]:
        ddof = 1 if reading.get("sd", "n-1") == "n-1" else 0
        counts = counts_within(case.interval(mean, reading.get("digits", "rounded")), size)
        return [(k / size * (1 - k / size) * size / (size - ddof)) ** 0.5 for k in counts]

    def possible(reading, names) -> bool:
        shown = case.interval(sd, reading["digits"])
        if "mean" not in names:
            return shown.low <= 0.5 * (size / (size - 1)) ** 0.5
        return any("SD" not in names or shown.contains(value) for value in sds(reading))

    def lines(reading) -> list[str]:
        found = sds(reading)
        text = f"{show(min(found))} to {show(max(found))}" if found else "none, as no count has this mean"
        return [f"SDs of {size} zeros and ones with mean {case.said(mean)}: {text}; printed {case.said(sd)}."]

    return Problem(
        {"mean": [mean], "SD": [sd]},
        possible,
        holds=f"{size} zeros and ones can have this mean and SD",
        fails=f"{size} zeros and ones cannot have",
        lines=lines,
        given=[n],
    )


@check("digits")
def total(case: Case, *, total: str | int, parts: list[str | int], minus: list[str | int] = ()) -> Problem:
    """Printed numbers add up (``parts`` less ``minus``) to a printed total.

    Formula: sum of parts - sum of minus = total
    Source: arithmetic
    Example: 47 + 32 = 79 patients
    """
    terms = [*parts, *minus]
    signs = [1] * len(parts) + [-1] * len(minus)
    written = " + ".join(map(case.said, parts)) + "".join(f" - {case.said(m)}" for m in minus)

    def sums(digits: str):
        return total_of([case.interval(t, digits) for t in terms], signs)

    labels = {"total": total} | {f"term {i}": t for i, t in enumerate(terms, start=1)}
    numbers = {label: [r] for label, r in labels.items() if isinstance(r, str)}
    return Problem(
        numbers,
        lambda reading, names: (
            len(names) < len(numbers)
            or sums(reading["digits"]).overlaps(case.interval(total, reading["digits"]))
        ),
        holds="the numbers add up",
        fails="the numbers do not add up:",
        lines=lambda reading: [
            f"{written} = {span(sums(reading.get('digits', 'rounded')))}; printed {case.said(total)}."
        ],
        follows=[total],
    )


@check("digits")
def ratio(case: Case, *, top: str | float, bottom: str | float, ratio: str) -> Problem:
    """A printed ratio (or "about" a number) is the quotient of two printed numbers.

    Formula: ratio = top / bottom
    Source: arithmetic
    Example: 95 slices of 47 patients are about 2 each
    """

    def quotient(digits: str):
        return ratio_of(case.interval(top, digits), case.interval(bottom, digits))

    def possible(reading, names) -> bool:
        shown = case.interval(ratio, reading["digits"])
        if case.claim(ratio).relation == "~":
            shown = shown.widened(shown.half_width or 0.5)
        return len(names) < len(numbers) or quotient(reading["digits"]).overlaps(shown)

    labels = {"ratio": ratio, "top": top, "bottom": bottom}
    numbers = {label: [r] for label, r in labels.items() if isinstance(r, str)}
    return Problem(
        numbers,
        possible,
        holds=f"the ratio is {case.said(ratio)}",
        fails="the ratio does not follow:",
        lines=lambda reading: [
            f"{case.said(top)} / {case.said(bottom)} = {span(quotient(reading.get('digits', 'rounded')))}; "
            f"printed {case.said(ratio)}."
        ],
        follows=[ratio],
    )
