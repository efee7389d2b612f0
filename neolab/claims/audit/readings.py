"""The register of readings: what a paper may have done between its data and its printed numbers.

A premise is a choice that papers seldom state (how digits were rounded, what an SD divides by, which test was
run); its options carry a cost. Every check names its premises and is tried under every combination of their
options, the cheapest first. Only what no combination allows is impossible.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from neolab.errors import InputError

Reading = Mapping[str, str]


@dataclass(frozen=True)
class Option:
    """One choice of a premise.

    Attributes
    ----------
    words : str
        What follows "only if" where the choice is needed; empty for the usual one.
    cost : int
        0: usual, nobody would remark on it. 1: common, but the paper should say so. 2: seldom.
    """

    words: str = ""
    cost: int = 0


PREMISES: dict[str, dict[str, Option]] = {
    "digits": {
        "rounded": Option(),
        "cut": Option("digits were cut off instead of rounded", 2),
        "padded": Option("the last 0 is not a measured digit", 2),
    },
    "stage": {"end": Option(), "first": Option("single values were rounded before averaging", 1)},
    "undefined": {
        "zero": Option(),
        "one": Option("0 / 0 was counted as 1", 1),
        "out": Option("folds where a metric is 0 / 0 were left out of its mean", 1),
    },
    "folds": {"stratified": Option(), "plain": Option("the folds were not stratified", 1)},
    "pooling": {
        "folds": Option(),
        "pooled": Option("all folds were pooled into one table", 1),
        "share": Option("every fold had another share of positives than the cohort", 2),
    },
    "averaging": {
        "pooled": Option(),
        "subjects": Option("values were averaged over subjects, not pooled", 2),
    },
    "sd": {"n-1": Option(), "n": Option("the SDs divide by n", 2)},
    "sides": {
        "two": Option(),
        "one": Option("the test was one-sided", 1),
        "against": Option("the test was one-sided, against the difference seen", 2),
    },
    "means_test": {
        "Student": Option(),
        "Welch": Option(),
        "normal": Option("the test was a z-test", 1),
        "paired": Option("the test was paired", 1),
        "other": Option("the test was of another kind (ranks, adjusted)", 2),
    },
    "counts_test": {
        "chi-square": Option(),
        "Yates": Option(),
        "Fisher": Option(),
        "likelihood ratio": Option("the test was a likelihood-ratio test", 1),
        "Wald": Option("the test was a z-test with unpooled variance", 1),
        "McNemar": Option("the test was paired (McNemar)", 1),
        "other": Option("the test was of another kind (adjusted, clustered)", 2),
    },
    "kappa": {"Fleiss": Option(), "other": Option("it is another kappa (pairs of raters, weighted)", 2)},
    "interval": {
        "linear": Option(),
        "log": Option(),
        "other": Option("the interval was not estimate ± z SE on a linear or log scale", 2),
    },
    "ratio": {
        "plain": Option(),
        "inverse": Option("the groups are exchanged", 1),
        "corrected": Option("0.5 was added to each count", 1),
        "conditional": Option("it is the conditional estimate of Fisher's test", 1),
        "other": Option("it was adjusted for other variables", 2),
    },
    "change": {"share": Option(), "points": Option("the change is in percentage points, not per cent", 1)},
    "edge": {"printed": Option(), "before": Option("a printed value was rounded the right way", 1)},
    "subjects": {"all": Option(), "other": Option("the rate refers to the other number of subjects", 1)},
}


def readings(premises: Iterable[str], stated: Mapping[str, str | list[str]] | None = None) -> list[Reading]:
    """Return every combination of options, the cheapest first.

    Parameters
    ----------
    premises : iterable of str
        Names in `PREMISES`.
    stated : mapping of premise to option or list of options, optional
        What the paper says: only these are tried.
    """
    chosen = {key: [value] if isinstance(value, str) else value for key, value in (stated or {}).items()}
    names = list(premises)
    choices = {name: chosen.get(name, list(PREMISES[name])) for name in names}
    found = [dict(zip(names, options, strict=True)) for options in product(*choices.values())]
    found = [reading for reading in found if _makes_sense(reading, choices)]
    return sorted(found, key=lambda reading: (cost(reading), sum(_option(*c).cost for c in reading.items())))


def check_stated(stated: Mapping[str, str | list[str]], where: str) -> None:
    """Raise InputError, which begins with ``where``, if a premise or an option does not exist."""
    for premise, options in stated.items():
        if premise not in PREMISES:
            raise InputError(f"{where}: states: found {premise!r}, expected one of {', '.join(PREMISES)}")
        for option in [options] if isinstance(options, str) else options:
            if option not in PREMISES[premise]:
                known = ", ".join(PREMISES[premise])
                raise InputError(f"{where}: states: {premise}: found {option!r}, expected one of {known}")


def _makes_sense(reading: Reading, choices: Mapping[str, list[str]]) -> bool:
    """Whether the options go together: some say nothing beside others."""
    if reading.get("digits") == "padded" and reading.get("stage", "end") != "end":
        return False  # a zero that was added by hand says nothing about values before averaging
    if reading.get("pooling", "folds") == "folds":
        return True
    return all(
        reading[name] == choices[name][0] for name in ("stage", "undefined", "folds") if name in reading
    )


def cost(reading: Reading) -> int:
    """Return the cost of the dearest option."""
    return max((_option(*choice).cost for choice in reading.items()), default=0)


def in_words(reading: Reading) -> str:
    """Return what has to be assumed; empty for the usual reading."""
    words = [_option(*choice).words for choice in reading.items() if _option(*choice).words]
    if reading.get("digits") == "cut":  # the same program cuts at both places
        words = [text.replace("were rounded", "were cut off") for text in words]
    return " and ".join(words)


def simplest(remaining: Iterable[Reading]) -> list[Reading]:
    """Return the readings that need no more than any other: those that add to another are left out."""
    kept: list[tuple[set, Reading]] = []
    for reading in remaining:
        needs = {choice for choice in reading.items() if _option(*choice).cost}
        if not any(less <= needs for less, _ in kept):
            kept.append((needs, reading))
    return [reading for _, reading in kept]


def _option(premise: str, option: str) -> Option:
    return PREMISES[premise][option]
