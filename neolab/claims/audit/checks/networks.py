"""Checks of printed sizes of networks against the architecture, counted layer by layer."""

from neolab.claims.audit.agreement import attainable_kappas, kappas_within
from neolab.claims.audit.case import Case, show
from neolab.claims.audit.counts import counts_within
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.networks import NETWORKS
from neolab.claims.audit.rounding import Interval, truncated
from neolab.claims.audit.shapes import Window, chain

SCALES = {"million": 1e6, "count": 1, "1": 1, "billion": 1e9}


def _number(case: Case, reference: str) -> Interval:
    claim = case.claim(reference)
    return case.interval(reference).times(SCALES.get(claim.unit, 1))


def parameters(case: Case, *, value: str, network: str, variants: list[str] = (), size: int = 128) -> Finding:
    """A printed number of parameters is that of the named architecture, or of a variant of it."""
    printed = _number(case, value)
    lines, fits, cut_off = [], [], []
    for name in [network, *variants]:
        count = NETWORKS[name](size).parameters
        fits += [name] if printed.contains(count) else []
        cut_off += [name] if truncated(printed).contains(count) else []
        lines.append(f"{name}: {count:,} parameters; printed {case.said(value)} {case.claim(value).unit}.")
    if fits:
        title = f"{case.about}: {fits[0]} has {case.said(value)} {case.claim(value).unit} parameters"
        recomputed = [value] if fits[0] == network else []
        severity = Severity.CONSISTENT if fits[0] == network else Severity.AMBIGUOUS
        return case.finding(severity, title, lines, [value], recomputed=recomputed)
    if cut_off:
        title = f"{case.about}: {case.said(value)} is {cut_off[0]}'s count cut off, not rounded"
        return case.finding(Severity.AMBIGUOUS, title, lines, [value])
    count = NETWORKS[network](size).parameters
    lines.append(f"Factor {show(count / printed.middle, 2)}.")
    title = f"{case.about}: {network} does not have {case.said(value)} {case.claim(value).unit} parameters"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [value])


def operations(
    case: Case, *, values: dict[str, str], smallest: int, largest: int, step: int, shown: int
) -> Finding:
    """Printed operations of several networks on the same input: is there an input size that gives them all?

    ``values`` maps networks to claims in units of 10^9. Cubic inputs of ``smallest`` to ``largest`` voxels in
    steps of ``step`` are tried; counts at ``shown`` voxels are printed. Operations are counted both as
    multiply-accumulates and as twice that.
    """
    sizes = range(smallest, largest + 1, step)
    lines, possible = [], []
    for name, reference in values.items():
        printed = case.interval(reference)
        counts = {size: NETWORKS[name](size).macs / 1e9 for size in sizes}
        macs = [size for size in sizes if printed.contains(counts[size])]
        flops = [size for size in sizes if printed.contains(2 * counts[size])]
        possible.append((set(macs), set(flops)))
        nearest = min(sizes, key=lambda size: abs(counts[size] - printed.middle))
        lines.append(
            f"{name}: {show(NETWORKS[name](shown).macs / 1e9, 1)} GMAC at {shown} cubed; printed "
            f"{case.said(reference)}, nearest at {nearest} cubed ({show(counts[nearest], 1)} GMAC)."
        )
    joint = [set.intersection(*[entry[side] for entry in possible]) for side in (0, 1)]
    claims = list(values.values())
    if any(joint):
        title = f"{case.about}: an input of {sorted(joint[0] | joint[1])} voxels gives all operations"
        return case.finding(Severity.CONSISTENT, title, lines, claims)
    title = f"{case.about}: no input of {smallest} to {largest} voxels gives all printed operations"
    return case.finding(Severity.IMPOSSIBLE, title, lines, claims)


def shape_chain(
    case: Case, *, size: str | int, windows: list[list[int]], channels: str | int, expected: list[str]
) -> Finding:
    """A printed feature map follows from the input size and the layers ([kernel, stride] or with padding).

    ``expected`` holds the claims for height and width, and for channels where they are printed.
    """
    sizes = chain(case.count(size), [Window(*window) for window in windows])
    printed = [case.count(reference) for reference in expected]
    found = [sizes[-1], sizes[-1], case.count(channels)][: len(printed)]
    lines = [
        " -> ".join(map(str, sizes)) + f" with (kernel, stride) {', '.join(str(tuple(w)) for w in windows)}.",
        f"Feature map {' x '.join(map(str, found))}; printed {' x '.join(map(str, printed))}.",
    ]
    if found == printed:
        title = f"{case.about}: the shapes follow"
        return case.finding(Severity.CONSISTENT, title, lines, expected, premises=[size], recomputed=expected)
    return case.finding(
        Severity.IMPOSSIBLE, f"{case.about}: the shapes do not follow", lines, expected, premises=[size]
    )


def halvings(case: Case, *, size: str | int, halvings: int, bottleneck: str) -> Finding:
    """A printed bottleneck is the input size halved a number of times."""
    first = case.count(size)
    result = first / 2**halvings
    lines = [f"{first} / 2^{halvings} = {show(result)}; printed {case.said(bottleneck)}."]
    if result == case.count(bottleneck):
        title = f"{case.about}: {halvings} halvings of {first} give {case.said(bottleneck)}"
        return case.finding(
            Severity.CONSISTENT, title, lines, [bottleneck], premises=[size], recomputed=[bottleneck]
        )
    title = f"{case.about}: {halvings} halvings of {first} do not give {case.said(bottleneck)}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [bottleneck], premises=[size])


def blocks(case: Case, *, value: str, network: str, count: int, explanation: str) -> Finding:
    """A printed number of blocks or layers against that of the named architecture."""
    lines = [explanation, f"{network}: {count}; printed {case.said(value)}."]
    if case.count(value) == count:
        title = f"{case.about}: {network} has {count}"
        return case.finding(Severity.CONSISTENT, title, lines, [value], recomputed=[value])
    return case.finding(
        Severity.IMPOSSIBLE, f"{case.about}: {network} has {count}, not {case.said(value)}", lines, [value]
    )


def kappa(
    case: Case,
    *,
    kappa: str,
    sensitivity: str,
    specificity: str,
    raters: str | int,
    positives: str | int,
    negatives: str | int,
) -> Finding:
    """Fleiss' kappa of yes/no calls takes few values once the number of positive calls is known.

    The number of positive calls follows from the mean sensitivity and specificity of the raters.
    """
    p, n, r = case.count(positives), case.count(negatives), case.count(raters)
    hits = counts_within(case.interval(sensitivity), r * p)
    rejections = counts_within(case.interval(specificity), r * n)
    calls = sorted({h + r * n - c for h in hits for c in rejections})
    values = attainable_kappas(calls, p + n, r)
    fits = kappas_within(case.interval(kappa), values)
    given = [sensitivity, specificity, raters, positives, negatives]
    lines = [
        f"Positive calls: {case.said(sensitivity)} of {r * p} = {list(hits)}, plus {r * n} - "
        f"{list(rejections)} false ones = {calls} of {r * (p + n)}."
    ]
    if fits:
        value, split, _ = fits[0]
        lines.append(f"{split} cases without unanimity give kappa {show(value)}; printed {case.said(kappa)}.")
        return case.finding(
            Severity.CONSISTENT, f"{case.about}: kappa is attainable", lines, [kappa], premises=given
        )
    printed = case.interval(kappa).middle
    near = sorted(values, key=lambda entry: abs(entry[0] - printed))[:2]
    lines.append("kappa = 1 - (2/3) D / N / (2 q (1 - q)), q = calls / ratings, D = cases without unanimity.")
    lines += [f"D = {split}: kappa = {show(value)}." for value, split, _ in sorted(near)]
    lines.append(f"Nothing lies between them; printed {case.said(kappa)}.")
    title = f"{case.about}: Fleiss' kappa of these yes/no calls cannot be {case.said(kappa)}"
    return case.finding(Severity.IMPOSSIBLE, title, lines, [kappa], premises=given)


CHECKS = {
    "parameters": parameters,
    "operations": operations,
    "shape_chain": shape_chain,
    "halvings": halvings,
    "blocks": blocks,
    "kappa": kappa,
}
