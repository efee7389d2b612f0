"""The register of checks: one function each, with its premises; its docstring is its catalogue entry."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

MODULES = (
    "counts",
    "tables",
    "folds",
    "groups",
    "statements",
    "repeats",
    "networks",
    "precision",
    "together",
)
FIELDS = ("Formula", "Source", "Example")


@dataclass(frozen=True)
class Check:
    """One kind of check.

    Attributes
    ----------
    function : callable
        ``function(case, **fields)`` returns a `Problem` or a `Finding`.
    premises : tuple of str
        Names in `readings.PREMISES`, all of whose options are tried.
    judgement : bool
        Whether an entry holds a reader's judgement beside the cells.
    """

    function: Callable
    premises: tuple[str, ...]
    judgement: bool

    @property
    def name(self) -> str:
        """As in the audit files."""
        return self.function.__name__

    @property
    def summary(self) -> str:
        """The docstring's first sentence or sentences."""
        return " ".join(inspect.getdoc(self.function).split("\n\n")[0].split())

    @property
    def fields(self) -> dict[str, str]:
        """Formula, source and example, as the docstring gives them."""
        parts: dict[str, str] = {}
        for line in inspect.getdoc(self.function).splitlines():
            label, colon, rest = line.partition(": ")
            if colon and label in FIELDS:
                current = label
                parts[label] = rest.strip()
            elif parts and line.startswith("    "):
                parts[current] += " " + line.strip()
        return parts


_checks: dict[str, Check] = {}


def check(*premises: str, judgement: bool = False) -> Callable[[Callable], Callable]:
    """Register a check under the name of its function."""

    def add(function: Callable) -> Callable:
        _checks[function.__name__] = Check(function, premises, judgement)
        return function

    return add


@cache
def all_checks() -> dict[str, Check]:
    """Return every check by name, in the order of the catalogue."""
    for module in MODULES:
        import_module(f"neolab.claims.audit.checks.{module}")
    return dict(sorted(_checks.items(), key=lambda item: MODULES.index(_room(item[1]))))


def _room(check: Check) -> str:
    return check.function.__module__.rpartition(".")[2]
