"""Which readings remain: one search for every check.

A check turns an entry into a `Problem`: named numbers, and a test whether some of them can be true together
under one reading. `decide` tries the readings, the cheapest first. Where none remains it looks for minimal
sets of numbers that cannot hold together, and for numbers that are in all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from neolab.claims.audit.readings import Reading, cost, readings

Names = tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """Numbers that may or may not be true together.

    Attributes
    ----------
    numbers : mapping of str to list of str
        Name of a number -> the claims that print it.
    possible : callable
        ``possible(reading, names)``: whether the named numbers can be true together; monotone: what holds for
        some numbers holds for fewer.
    holds, fails : str
        The title's words for each outcome: "one table fits all values", "no table fits".
    lines : callable
        ``lines(reading)``: the arithmetic, under the reading that remains (the usual one where none does).
    given : list
        Claims or numbers taken as exact.
    follows : list of str
        Claims that are recomputed where the numbers can be true.
    relaxed : callable, optional
        ``relaxed(names)``: False only if the numbers are impossible under every reading; quick.
    premises : sequence of str, optional
        Instead of those of the check.
    most_conflicts : int
        How many minimal sets to look for; fewer where each try is a long search.
    """

    numbers: Mapping[str, list[str]]
    possible: Callable[[Reading, Names], bool]
    holds: str
    fails: str
    lines: Callable[[Reading], list[str]]
    given: Sequence = ()
    follows: Sequence[str] = ()
    relaxed: Callable[[Names], bool] | None = None
    premises: Sequence[str] | None = None
    most_conflicts: int = 4


@dataclass(frozen=True)
class Outcome:
    """What remains.

    Attributes
    ----------
    remaining : list of Reading
        The cheapest readings that allow all numbers, and every dearer one unless a usual one does.
    tried : int
        How many readings there were.
    conflicts : list of tuple of str
        Minimal sets of numbers that no reading allows together; where one remains, none.
    in_all : tuple of str
        The numbers without any one of which the others can be true; may be empty.
    """

    remaining: list[Reading]
    tried: int
    conflicts: list[Names] = field(default_factory=list)
    in_all: Names = ()


def decide(problem: Problem, premises: Sequence[str], stated: Mapping[str, str] | None = None) -> Outcome:
    """Try every reading of a problem."""
    every = readings(premises, {key: value for key, value in (stated or {}).items() if key in premises})
    names = tuple(problem.numbers)
    if problem.relaxed is None or problem.relaxed(names):
        usual = [reading for reading in every if not cost(reading)]
        remaining = next(([r] for r in usual if problem.possible(r, names)), [])
        remaining = remaining or [r for r in every if cost(r) and problem.possible(r, names)]
        if remaining:
            return Outcome(remaining, len(every))

    @cache
    def feasible(subset: Names) -> bool:
        if problem.relaxed is not None and not problem.relaxed(subset):
            return False
        return any(problem.possible(reading, subset) for reading in every)

    return Outcome([], len(every), *_conflicts(names, feasible, problem.most_conflicts))


def minimal_conflict(names: Iterable[str], feasible: Callable[[Names], bool]) -> Names:
    """Return a set of names that is not feasible, though it is without any one of them; empty if all are.

    Later names are dropped first: list the numbers by which a conflict is best explained first.
    """
    kept = tuple(names)
    if feasible(kept):
        return ()
    for name in reversed(kept):
        fewer = tuple(other for other in kept if other != name)
        if fewer and not feasible(fewer):
            kept = fewer
    return kept


def _conflicts(names: Names, feasible: Callable[[Names], bool], most: int) -> tuple[list[Names], Names]:
    """Return minimal sets that are not feasible, and the names that are in every such set."""
    found = [minimal_conflict(names, feasible)]
    in_all = []
    for name in found[0]:
        rest = tuple(other for other in names if other != name)
        if not rest or feasible(rest):
            in_all.append(name)
        elif len(found) < most and all(name in conflict for conflict in found):
            found.append(minimal_conflict(rest, feasible))
    return found, tuple(in_all)
