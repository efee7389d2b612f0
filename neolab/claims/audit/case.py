"""One entry of an audit file, with its claims at hand: what every check receives."""

import re
from dataclasses import dataclass, field, replace

from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.rounding import Interval, claimed
from neolab.claims.schema import Claim, Paper
from neolab.errors import InputError


@dataclass
class Case:
    """An entry of ``<study>.audit.yaml`` bound to the claims of its paper.

    Attributes
    ----------
    paper : Paper
    name : str
        What follows ``<study>.audit.`` in the identifier of its findings.
    check : str
        Kind of check.
    about : str
        What the numbers are, in words, for titles.
    at_most : Severity
        The finding may not be called worse than this: for premises from outside the paper's own numbers.
    assumption : str
        What the conclusion rests on besides the printed numbers.
    used : set of str
        Identifiers of the claims looked up so far.
    """

    paper: Paper
    name: str
    check: str
    about: str = ""
    at_most: Severity = Severity.IMPOSSIBLE
    assumption: str = ""
    used: set[str] = field(default_factory=set)

    def identifier(self, reference: str) -> str:
        """Return the full identifier of a claim; audit files leave out the study."""
        prefix = f"{self.paper.study}."
        return reference if reference.startswith(prefix) else prefix + reference

    def claim(self, reference: str) -> Claim:
        """Return a claim.

        Raises
        ------
        InputError
            If the paper has no such claim.
        """
        identifier = self.identifier(reference)
        try:
            claim = self.paper.claim(identifier)
        except KeyError:
            raise InputError(
                f"{self.paper.study}.audit.yaml: {self.name}: found {reference!r}, expected the id of a claim"
            ) from None
        self.used.add(identifier)
        return claim

    def interval(self, reference: str | float) -> Interval:
        """Return what a claim allows; a number in the audit file stands for itself."""
        if isinstance(reference, int | float):
            return Interval(reference, reference)
        return claimed(self.claim(reference))

    def count(self, reference: str | int) -> int:
        """Return a whole number: of a claim, or as written in the audit file."""
        return reference if isinstance(reference, int) else round(self.claim(reference).value)

    def said(self, reference: str | float) -> str:
        """Return the number as printed, with its relation and percent sign."""
        if isinstance(reference, int | float):
            return str(reference)
        claim = self.claim(reference)
        sign = "" if claim.relation == "=" else f"{claim.relation} "
        minus = "-" if claim.value < 0 else ""
        percent = "%" if claim.reading.percent or claim.percent_in_header else ""
        return f"{sign}{minus}{claim.reading.text}{percent}"

    def finding(
        self,
        severity: Severity,
        title: str,
        arithmetic: list[str],
        tested: list[str],
        *,
        premises: list[str] = (),
        recomputed: list[str] = (),
        contradicted: list[str] | None = None,
        suffix: str = "",
    ) -> Finding:
        """Return the finding; numbers written in the audit file instead of claim identifiers are left out.

        Parameters
        ----------
        tested, premises, recomputed, contradicted : list of str
            References to claims; ``contradicted`` defaults to ``tested`` where severity is impossible.
        suffix : str
            Appended to the identifier where one entry gives several findings.
        """
        cap, assumption = self._cap([*tested, *premises])
        worst = severity if severity.rank >= cap.rank else cap
        if contradicted is None:
            contradicted = tested
        found = Finding(
            id=f"{self.paper.study}.audit.{self.name}{suffix}",
            study=self.paper.study,
            check=self.check,
            severity=worst,
            title=_sentence(title),
            arithmetic=tuple(arithmetic),
            claims=self._identifiers(tested),
            premises=self._identifiers(premises),
            recomputed=self._identifiers(recomputed) if severity is Severity.CONSISTENT else (),
            contradicted=self._identifiers(contradicted) if worst is Severity.IMPOSSIBLE else (),
            assumption=assumption,
        )
        return replace(found, premises=tuple(p for p in found.premises if p not in found.claims))

    def _cap(self, references) -> tuple[Severity, str]:
        """Return the worst severity allowed, and the assumption: second-hand numbers prove nothing."""
        second_hand = [r for r in references if isinstance(r, str) and self.claim(r).source == "secondary"]
        if not second_hand or self.at_most.rank > Severity.INCONSISTENT.rank:
            return self.at_most, self.assumption
        words = "the numbers are from a digest by others, not from the paper"
        return Severity.INCONSISTENT, "; ".join(filter(None, [self.assumption, words]))

    def _identifiers(self, references) -> tuple[str, ...]:
        names = [self.claim(r).id for r in references if isinstance(r, str)]
        return tuple(dict.fromkeys(names))


def _sentence(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    first = text.partition(" ")[0].strip(":,")
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def show(value: float, digits: int = 4) -> str:
    """Return a number with at most ``digits`` significant decimals, without trailing zeros."""
    if value != value or value in (float("inf"), float("-inf")):
        return {True: "inf", False: "-inf"}.get(value > 0, "nan")
    text = f"{value:.{digits}f}"
    if float(text) == 0 and value:
        return f"{value:.2g}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(interval: Interval, digits: int = 4) -> str:
    """Return an interval as "low to high"; one number where both print alike."""
    low, high = show(interval.low, digits), show(interval.high, digits)
    return low if low == high else f"{low} to {high}"


def percent(value: float, digits: int = 2) -> str:
    """Return a proportion as a percentage."""
    return f"{100 * value:.{digits}f}%"
