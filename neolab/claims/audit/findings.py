"""What a check says: a verdict, the arithmetic behind it, and the claims it is about."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How a check ended, worst first.

    ``impossible``
        No reading that the check knows (`readings.PREMISES`) lets the printed values all be true.
    ``inconsistent``
        They can be true together only under a seldom reading that the paper does not state, or the conclusion
        rests on a premise from outside the paper's own numbers.
    ``ambiguous``
        They can be true under a common reading that the paper does not state, or the wording allows more than
        one meaning.
    ``note``
        Nothing is wrong; a reader should know it all the same (precision, attainable values).
    ``consistent``
        The check passed.
    """

    IMPOSSIBLE = "impossible"
    INCONSISTENT = "inconsistent"
    AMBIGUOUS = "ambiguous"
    NOTE = "note"
    CONSISTENT = "consistent"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes
    ----------
    id : str
        ``<study>.audit.<name>``: permanent.
    study : str
    check : str
        Name of the kind of check, as in the audit file.
    severity : Severity
    title : str
        One sentence.
    arithmetic : tuple of str
        Two or three lines that a reader can redo by hand.
    claims : tuple of str
        Identifiers of the claims put to the test.
    premises : tuple of str
        Claims that were taken as given.
    recomputed : tuple of str
        Claims whose value follows from the other published numbers and agrees.
    contradicted : tuple of str
        Claims that stand against others, only where severity is ``impossible``: those that are in every
        minimal set that cannot hold together, or else the members of all sets that were found.
    assumption : str
        What the conclusion rests on besides the printed numbers; empty if nothing.
    only_if : tuple of str
        The readings that remain, in words, where the usual ones do not.
    conflicts : tuple of tuple of str
        Minimal sets of claims that no reading allows together. No member is more to blame than another.
    judgement : bool
        Whether the comparison is a reader's, typed into the audit file, and not computed from cells alone.
    """

    id: str
    study: str
    check: str
    severity: Severity
    title: str
    arithmetic: tuple[str, ...]
    claims: tuple[str, ...]
    premises: tuple[str, ...] = ()
    recomputed: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()
    assumption: str = ""
    only_if: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()
    judgement: bool = False

    def to_dict(self) -> dict:
        """Return the finding as plain JSON types."""
        fields = asdict(self) | {
            "severity": str(self.severity),
            "conflicts": [list(c) for c in self.conflicts],
        }
        return {key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()}


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    """Return, by claim, ``contradicted`` or ``recomputed``; claims about which nothing follows are left out.

    A contradiction outweighs any number of agreements.
    """
    said: dict[str, str] = {}
    for finding in findings:
        for claim in finding.recomputed:
            said.setdefault(claim, "recomputed")
        for claim in finding.contradicted:
            said[claim] = "contradicted"
    return said
