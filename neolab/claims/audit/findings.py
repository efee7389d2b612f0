"""What a check says: a verdict, the arithmetic behind it, and the claims it is about."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How a check ended, worst first.

    ``impossible``
        No reading of the printed values that the check knows (rounding, SD convention, test variant, order of
        rounding and averaging) lets them all be true.
    ``inconsistent``
        They can be true together only under a reading that the paper does not state, or the conclusion rests
        on a premise from outside the paper's own numbers.
    ``ambiguous``
        The wording or the number of digits allows more than one reading, and they differ.
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
        Claims that cannot be, given the other published numbers; only where severity is ``impossible``.
    assumption : str
        What the conclusion rests on besides the printed numbers; empty if nothing.
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

    def to_dict(self) -> dict:
        """Return the finding as plain JSON types."""
        fields = asdict(self)
        fields["severity"] = str(self.severity)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()}


def verdicts(findings: list[Finding]) -> dict[str, str]:
    """Return, by claim, ``contradicted`` or ``recomputed``; claims about which nothing follows are left out.

    A contradiction outweighs any number of agreements.
    """
    said: dict[str, str] = {}
    for finding in findings:
        for claim in finding.recomputed:
            said.setdefault(claim, "recomputed")
        if finding.severity is Severity.IMPOSSIBLE:
            for claim in finding.contradicted:
                said[claim] = "contradicted"
    return said
