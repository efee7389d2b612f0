"""Checks of printed sizes of networks against the architecture, counted layer by layer."""

from neolab.claims.audit.case import Case, show
from neolab.claims.audit.engine import Problem
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.networks import NETWORKS
from neolab.claims.audit.register import check
from neolab.claims.audit.shapes import Window, chain

SCALES = {"million": 1e6, "count": 1, "1": 1, "billion": 1e9}


@check("digits")
def parameters(case: Case, *, value: str, network: str, variants: list[str] = (), size: int = 128) -> Problem:
    """A printed number of parameters is that of the named architecture, or of a variant of it.

    Formula: a convolution has inputs x outputs x kernel volume weights, a norm two numbers a channel
    Source: the architectures' papers (audit/networks.py)
    Example: a 3-D ResNet-10 with 512 features has 14.36 million parameters, not 5.4
    """
    scale = SCALES.get(case.claim(value).unit, 1)
    counts = {name: NETWORKS[name](size).parameters for name in [network, *variants]}

    def fits(reading) -> list[str]:
        shown = case.interval(value, reading["digits"]).times(scale)
        return [name for name, count in counts.items() if shown.contains(count)]

    usual = fits({"digits": "rounded"})
    said = f"{case.said(value)} {case.claim(value).unit}"
    return Problem(
        {"parameters": [value]},
        lambda reading, names: bool(fits(reading)),
        holds=f"{usual[0] if usual else network} has {said} parameters",
        fails=f"{network} does not have",
        lines=lambda reading: [
            f"{name}: {count:,} parameters; printed {said}." for name, count in counts.items()
        ],
        follows=[value] if network in usual else [],
    )


@check()
def operations(
    case: Case, *, values: dict[str, str], smallest: int, largest: int, step: int, shown: int
) -> Finding:
    """Printed operations of several networks on the same input: some input size gives them all. ``values``
    maps networks to claims in units of 10^9; cubic inputs of ``smallest`` to ``largest`` voxels in steps of
    ``step`` are tried, and counts at ``shown`` voxels printed.

    Formula: a convolution has weights x output voxels multiply-accumulates; an operation is one, or half one
    Source: the architectures' papers (audit/networks.py)
    Example: no cubic input gives ResNet-10 3.9 and ResNet-50 40.1 thousand million operations
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


@check()
def shape_chain(
    case: Case, *, size: str | int, windows: list[list[int]], channels: str | int, expected: list[str]
) -> Finding:
    """A printed feature map follows from the input size and the layers ([kernel, stride] or with padding).
    ``expected`` holds the claims for height and width, and for channels where they are printed.

    Formula: out = floor((in + 2 padding - kernel) / stride) + 1
    Source: definition of convolution and pooling
    Example: 128 -> 124 -> 62 -> 58 -> 29
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


@check()
def halvings(case: Case, *, size: str | int, halvings: int, bottleneck: str) -> Finding:
    """A printed bottleneck is the input size halved a number of times.

    Formula: size / 2^halvings
    Source: definition of stride 2
    Example: 256 halved five times is 8
    """
    first = case.count(size)
    result = first / 2**halvings
    good = result == case.count(bottleneck)
    lines = [f"{first} / 2^{halvings} = {show(result)}; printed {case.said(bottleneck)}."]
    word = "give" if good else "do not give"
    title = f"{case.about}: {halvings} halvings of {first} {word} {case.said(bottleneck)}"
    severity = Severity.CONSISTENT if good else Severity.IMPOSSIBLE
    return case.finding(severity, title, lines, [bottleneck], premises=[size], recomputed=[bottleneck])


@check(judgement=True)
def blocks(case: Case, *, value: str, network: str, count: int, explanation: str) -> Finding:
    """A printed number of blocks or layers against that of the named architecture, as a reader counts them.

    Formula: the count given with the entry
    Source: given with the entry
    Example: a ResNet18 has 8 residual blocks, not 18
    """
    good = case.count(value) == count
    title = f"{case.about}: {network} has {count}" + ("" if good else f", not {case.said(value)}")
    severity = Severity.CONSISTENT if good else Severity.IMPOSSIBLE
    lines = [explanation, f"{network}: {count}; printed {case.said(value)}."]
    return case.finding(severity, title, lines, [value], recomputed=[value])
