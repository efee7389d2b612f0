"""What a run measured its results on, as far as a predictor without any skill needs to know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neolab.errors import InputError


@dataclass(frozen=True)
class Cases:
    """Yes-or-no cases.

    Attributes
    ----------
    folds : tuple of (int, int)
        Negative and positive cases of each fold; one entry without folds.
    raters : int
        Who call all of them, each by themselves.
    """

    folds: tuple[tuple[int, int], ...]
    raters: int = 1


@dataclass(frozen=True)
class Quantities:
    """A number to be estimated for every case.

    Attributes
    ----------
    truth : tuple of float
        Such as ages in months.
    """

    truth: tuple[float, ...]


@dataclass(frozen=True)
class Findings:
    """Lesions to be marked.

    Attributes
    ----------
    lesions, marks : tuple of int
        Of each subject: how many there are, and how many places the method marked.
    """

    lesions: tuple[int, ...]
    marks: tuple[int, ...]


Design = Cases | Quantities | Findings
_KINDS = {"cases": Cases, "quantities": Quantities, "findings": Findings}


def of_cases(label: Sequence[int], fold: Sequence[int] | None = None, raters: int = 1) -> Cases:
    """Count the negatives and positives (``label`` 0 and 1) of every fold; a fold below 0 was not tested."""
    label = np.asarray(label, int)
    fold = np.zeros(len(label), int) if fold is None else np.asarray(fold, int)
    counts = [np.bincount(label[fold == number], minlength=2) for number in np.unique(fold[fold >= 0])]
    return Cases(tuple((int(one[0]), int(one[1])) for one in counts), raters)


def of_quantities(truth: Iterable[float]) -> Quantities:
    """Keep the true values, to four digits and in order of size: whose they are is nobody's business."""
    return Quantities(tuple(sorted(float(f"{value:.4g}") for value in truth)))


def of_findings(matches: Iterable[Any]) -> Findings:
    """Keep the counts of `neolab.metrics.detection.LesionMatch`, one a subject."""
    matches = list(matches)
    return Findings(tuple(m.lesions for m in matches), tuple(m.findings for m in matches))


def design_record(design: Design) -> dict[str, Any]:
    """Return a design as ``results.json`` stores it."""
    (kind,) = (name for name, one in _KINDS.items() if isinstance(design, one))
    return {"kind": kind} | asdict(design)


def read_design(record: Mapping[str, Any]) -> Design:
    """Read what `design_record` wrote.

    Raises
    ------
    InputError
        If the kind is unknown or a field is missing.
    """
    fields = dict(record)
    kind = fields.pop("kind", None)
    if kind not in _KINDS:
        raise InputError(f"design: found kind {kind!r}, expected {', '.join(_KINDS)}")
    try:
        return _KINDS[kind](**{name: _frozen(value) for name, value in fields.items()})
    except TypeError as error:
        raise InputError(f"design: {error}, expected the fields of {kind}") from None


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value
