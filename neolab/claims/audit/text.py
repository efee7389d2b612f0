"""Statistics in running text, found as statcheck finds them, and percentages with their counts.

Nuijten et al., Behav Res Methods 2016;48:1205: a test statistic with degrees of freedom and p. Confidence
intervals of ratios and differences, "34 of 47 (72.3%)", and numbers in words are found as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = r"[-−–]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)"
_P = r"p(?:[ -]?values?)?\s*(?P<p_relation>[=<>≤≥])\s*(?P<p>0?\.\d+(?:e-?\d+)?|[01](?:\.0+)?)(?![\d.]*\d)"
_GAP = r"\s*[,;]\s*"
_DF = r"\s*[\(\[]\s*(?P<df1>\d+(?:\.\d+)?)"
_KINDS = {
    "t": rf"\bt{_DF}\s*[\)\]]",
    "F": rf"\bF{_DF}\s*,\s*(?P<df2>\d+(?:\.\d+)?)\s*[\)\]]",
    "chi2": rf"(?:χ\s*[2²]|\bchi(?:2|-?squared?|\^2)|\bX[2²]){_DF}(?:\s*,\s*N\s*=\s*\d+)?\s*[\)\]]",
    "r": rf"\br{_DF}\s*[\)\]]",
    "Q": rf"\bQ{_DF}\s*[\)\]]",
    "z": r"\bz",
}
_TESTS = {
    kind: re.compile(rf"{head}\s*=\s*(?P<value>{_NUMBER}){_GAP}{_P}", re.I if kind in ("chi2", "z") else 0)
    for kind, head in _KINDS.items()
}
_RATIO = r"odds ratio|risk ratio|relative risk|hazard ratio|rate ratio|\b(?:a?OR|RR|HR)\b"
_INTERVAL = re.compile(
    rf"(?:(?P<ratio>{_RATIO})|(?P<difference>difference))[^\d.;]{{0,20}}(?P<estimate>{_NUMBER})"
    rf"\s*[\(\[,;]\s*"
    rf"(?P<level>9\d(?:\.\d)?)\s*%\s*(?:CI|confidence interval)[\s:,=]*[\(\[]?(?P<low>{_NUMBER})"
    rf"\s*(?:to|,|-|–|;)\s*(?P<high>{_NUMBER})\s*[\)\]]*(?:{_GAP}{_P})?",
    re.I,
)
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_UNITS)} | {w: 10 * i for i, w in enumerate(_TENS, 2)}
_WORD = rf"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))}|hundred)"
_COUNT = rf"(?:\d+|{_WORD}(?:[- ](?:and )?{_WORD})*)"
_SHARE = re.compile(
    rf"\b(?P<count>{_COUNT})\s*(?:of|out of|/)\s*(?:the |all )?(?P<n>{_COUNT})\b[^.;()%\d]{{0,40}}"
    rf"[\(,;]\s*(?P<share>\d+(?:\.\d+)?)\s*%",
    re.I,
)
_SHARE_FIRST = re.compile(
    rf"(?P<share>\d+(?:\.\d+)?)\s*%\s*[\(\[]\s*(?P<count>{_COUNT})\s*(?:of|out of|/)\s*"
    rf"(?P<n>{_COUNT})\s*[\)\]]",
    re.I,
)


@dataclass(frozen=True)
class Found:
    """One statistic in a text.

    Attributes
    ----------
    check : str
        The check that applies: "statistic", "interval" or "share".
    kind : str
        t, F, chi2, r, z or Q; "ratio" or "difference"; "share".
    text : str
        The passage.
    parts : dict of str to str
        Its numbers as printed: value, df1, df2, p, p_relation; estimate, low, high, level; count, n, share.
    """

    check: str
    kind: str
    text: str
    parts: dict[str, str]


def find_statistics(text: str) -> list[Found]:
    """Return the statistics of a text in order.

    Examples
    --------
    >>> [(found.kind, found.parts["value"]) for found in find_statistics("differs, t(28) = 2.20, p = .03")]
    [('t', '2.20')]
    """
    return [found for _, found in sorted(_all(text), key=lambda pair: pair[0])]


def _all(text: str) -> Iterator[tuple[int, Found]]:
    for kind, pattern in _TESTS.items():
        for match in pattern.finditer(text):
            yield match.start(), Found("statistic", kind, match[0], _parts(match))
    for match in _INTERVAL.finditer(text):
        kind = "ratio" if match["ratio"] else "difference"
        yield match.start(), Found("interval", kind, match[0], _parts(match))
    for pattern in (_SHARE, _SHARE_FIRST):
        for match in pattern.finditer(text):
            yield match.start(), Found("share", "share", match[0], _parts(match))


def _parts(match: re.Match) -> dict[str, str]:
    return {key: value.replace("−", "-") for key, value in match.groupdict().items() if value}


def whole_number(text: str) -> int:
    """Return the value of a count in digits or words.

    Examples
    --------
    >>> whole_number("forty-two"), whole_number("one hundred and five"), whole_number("79")
    (42, 105, 79)
    """
    if text.strip().isdigit():
        return int(text)
    total = 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word != "and":
            total += _WORDS[word]
    return total


def sentences(text: str) -> list[str]:
    """Split a text at the ends of sentences; a full stop inside a number or before a small letter is none."""
    joined = " ".join(text.split())
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])", joined) if part.strip()]
