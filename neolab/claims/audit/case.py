"""One entry of an audit file, with its claims at hand: what every check receives."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from neolab.claims.audit.engine import Problem, decide
from neolab.claims.audit.findings import Finding, Severity
from neolab.claims.audit.readings import Reading, cost, in_words, simplest
from neolab.claims.audit.rounding import Interval, as_read, claimed
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
    states : mapping of str to str
        Premise -> option that the paper states; other options are not tried.
    judgement : bool
        Whether the entry holds a reader's judgement.
    """

    paper: Paper
    name: str
    check: str
    about: str = ""
    at_most: Severity = Severity.IMPOSSIBLE
    assumption: str = ""
    states: Mapping[str, str | list[str]] = field(default_factory=dict)
    judgement: bool = False

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
            return self.paper.claim(identifier)
        except KeyError:
            raise InputError(
                f"{self.paper.study}.audit.yaml: {self.name}: found {reference!r}, expected the id of a claim"
            ) from None

    def interval(self, reference: str | float, digits: str = "rounded") -> Interval:
        """Return what a claim allows when its digits are read so; a number in the audit file is exact."""
        if isinstance(reference, int | float):
            return Interval(reference, reference)
        claim = self.claim(reference)
        return as_read(claimed(claim), claim.reading.text, digits)

    def decimals(self, reference: str) -> int:
        """Return the number of decimals that a claim prints, of the proportion where it prints per cent."""
        claim = self.claim(reference)
        places = len(claim.reading.text.partition(".")[2])
        return places + 2 * (claim.reading.percent or claim.percent_in_header)

    def first(self, reading: Reading, references: Mapping[str, str]) -> dict[str, tuple[int, ...]] | None:
        """Return the decimals to which single values may have been rounded before averaging, if they were.

        2, 3, or 4 decimals (of proportions), or as many as the mean is printed with.
        """
        if reading.get("stage", "end") == "end":
            return None
        return {name: tuple({2, 3, 4, self.decimals(reference)}) for name, reference in references.items()}

    def solve(self, problem: Problem, premises: Sequence[str]) -> Finding:
        """Return what remains of a problem when every reading is tried."""
        premises = problem.premises or premises
        outcome = decide(problem, premises, self.states)
        claims = [reference for references in problem.numbers.values() for reference in references]
        words = list(dict.fromkeys(filter(None, map(in_words, simplest(outcome.remaining)))))
        usual = outcome.remaining and not cost(outcome.remaining[0])
        lines = problem.lines(outcome.remaining[0] if outcome.remaining else {})
        if outcome.remaining:
            costs = min(map(cost, outcome.remaining))
            severity = (Severity.CONSISTENT, Severity.AMBIGUOUS, Severity.INCONSISTENT)[costs]
            need = (
                "" if usual else f" only if {'; or '.join(words[:3])}{'; or ...' if len(words) > 3 else ''}"
            )
            return self.finding(
                severity,
                f"{self.about}: {problem.holds}{need}",
                lines,
                claims,
                premises=problem.given,
                recomputed=problem.follows,
                only_if=() if usual else words,
            )
        sets = [[r for name in names for r in problem.numbers[name]] for names in outcome.conflicts]
        blamed = outcome.in_all or dict.fromkeys(name for names in outcome.conflicts for name in names)
        said = [self.named(problem, names) for names in outcome.conflicts]
        lines += [f"Cannot hold together: {words}." for words in said]
        if len(outcome.in_all) == 1 and len(problem.numbers) > 1:
            lines.append(f"Without {self.named(problem, outcome.in_all)} the others can.")
        if outcome.tried > 1:
            lines.append(f"Tried under {outcome.tried} readings ({', '.join(premises)}).")
        return self.finding(
            Severity.IMPOSSIBLE,
            f"{self.about}: {problem.fails} {said[0]}",
            lines,
            claims,
            premises=problem.given,
            contradicted=[r for name in blamed for r in problem.numbers[name]],
            conflicts=sets,
        )

    def named(self, problem: Problem, names: Iterable[str]) -> str:
        """Return numbers by name, as printed."""
        return ", ".join(
            f"{name} {' / '.join(dict.fromkeys(self.said(r) for r in problem.numbers[name]))}"
            for name in names
        )

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
        only_if: Sequence[str] = (),
        conflicts: Sequence[list[str]] = (),
    ) -> Finding:
        """Return the finding; numbers written in the audit file instead of claim identifiers are left out.

        Parameters
        ----------
        tested, premises, recomputed, contradicted : list of str
            References to claims; ``contradicted`` defaults to ``tested`` where severity is impossible.
        only_if, conflicts
            As in `Finding`.
        """
        cap, assumption = self._cap([*tested, *premises])
        worst = severity if severity.rank >= cap.rank else cap
        if contradicted is None:
            contradicted = tested
        found = Finding(
            id=f"{self.paper.study}.audit.{self.name}",
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
            only_if=tuple(only_if),
            conflicts=tuple(self._identifiers(names) for names in conflicts),
            judgement=self.judgement,
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
