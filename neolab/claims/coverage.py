"""Does a claims file hold every number of the paper's text, and only numbers that stand there?"""

import re
from dataclasses import dataclass
from pathlib import Path

from neolab.claims.numerals import Numeral, find_numerals
from neolab.claims.schema import Claim, Paper
from neolab.errors import InputError


@dataclass(frozen=True)
class Coverage:
    """A claims file held against the paper's text.

    Attributes
    ----------
    numerals : int
        Numbers in the text.
    claimed, excused : int
        Numbers that a claim stands for; numbers that a ``not_claims`` pattern excuses.
    missing : tuple of str
        The other numbers, each in its surroundings, marked by »«.
    not_found : tuple of str
        Claims whose printed excerpt is not in the text, or not as often as there are claims for it.
    idle_patterns : tuple of str
        ``not_claims`` patterns that excuse no number.
    """

    numerals: int
    claimed: int
    excused: int
    missing: tuple[str, ...]
    not_found: tuple[str, ...]
    idle_patterns: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, nothing is invented and no pattern is idle."""
        return not (self.missing or self.not_found or self.idle_patterns)


def paper_text(paper: Paper, folder: Path | str) -> str:
    """Return the paper's text, every run of white space one space; ``folder`` holds the text files."""
    if paper.text_file is None:
        raise InputError(f"{paper.study}: text_file: found nothing, expected how the text file's name begins")
    files = sorted(Path(folder).glob(f"{paper.text_file}*.txt"))
    if len(files) != 1:
        raise InputError(f"{folder}: found {len(files)} files {paper.text_file}*.txt, expected one")
    return one_line(files[0].read_text(encoding="utf-8"))


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space, line ends included, as one space."""
    return " ".join(text.split())


def check_coverage(paper: Paper, text: str) -> Coverage:
    """Hold the claims against the numbers of ``text`` (as `paper_text` returns it).

    A claim stands for one occurrence of its printed excerpt: a number that stands three times needs three
    claims. Numbers inside a match of a ``not_claims`` pattern need none. The assignment of claims to
    occurrences is a maximum matching, so that no claim takes the only place of another.
    """
    numerals = find_numerals(text)
    excused, idle = _excused(paper, text, numerals)
    claims = [claim for claim in paper.claims if claim.in_text]
    written = [claim for claim in claims if claim.reading.is_word]
    counted = [claim for claim in claims if not claim.reading.is_word]
    matched = _assign(counted, text, numerals, excused)
    not_found = [claim.id for claim, place in zip(counted, matched, strict=True) if place < 0]
    not_found += [claim.id for claim in written if one_line(claim.printed) not in text]
    taken = {place for place in matched if place >= 0}
    return Coverage(
        numerals=len(numerals),
        claimed=len(taken),
        excused=len(excused),
        missing=tuple(
            _surroundings(text, numeral)
            for place, numeral in enumerate(numerals)
            if place not in taken and place not in excused
        ),
        not_found=tuple(not_found),
        idle_patterns=tuple(idle),
    )


def _excused(paper: Paper, text: str, numerals: list[Numeral]) -> tuple[set[int], list[str]]:
    excused: set[int] = set()
    idle = []
    for entry in paper.not_claims:
        spans = [match.span() for match in re.finditer(entry.pattern, text)]
        hit = {
            place
            for place, numeral in enumerate(numerals)
            if any(first <= numeral.start < last for first, last in spans)
        }
        if not hit:
            idle.append(entry.pattern)
        excused |= hit
    return excused, idle


def _assign(claims: list[Claim], text: str, numerals: list[Numeral], excused: set[int]) -> list[int]:
    """Return for every claim the index of the numeral that it stands for, -1 where there is none left."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not claims or not numerals:
        return [-1] * len(claims)
    at = {numeral.start: place for place, numeral in enumerate(numerals) if place not in excused}
    rows, columns = [], []
    for row, claim in enumerate(claims):
        for place in _places(claim, text, at):
            rows.append(row)
            columns.append(place)
    graph = csr_matrix(([1] * len(rows), (rows, columns)), shape=(len(claims), len(numerals)))
    return [int(place) for place in maximum_bipartite_matching(graph, perm_type="column")]


def _places(claim: Claim, text: str, at: dict[int, int]) -> list[int]:
    """Return the numerals (by index) where the claim's excerpt stands in the text."""
    excerpt = one_line(claim.printed)
    offset = [n.start for n in find_numerals(excerpt)][claim.numeral - 1]
    digits = claim.reading.text
    found = re.finditer(f"(?={re.escape(excerpt)})", text)
    starts = [match.start() + offset for match in found]
    return [at[start] for start in starts if start in at and text.startswith(digits, start)]


def _surroundings(text: str, numeral: Numeral, width: int = 45) -> str:
    start, end = numeral.start, numeral.start + len(numeral.text)
    return f"{text[max(0, start - width) : start]}»{numeral.text}«{text[end : end + width]}"
