"""A result as ``results.json`` stores it."""

import math
from collections.abc import Mapping
from typing import Any

from neolab.errors import InputError


def metric_record(value: Any, unit: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of one metric.

    Parameters
    ----------
    value : number, or an object with ``value``, ``low``, ``high``, ``n``, ``method`` and perhaps ``folds``
        The result.
    unit : str
        Its unit.
    given : mapping
        ``n``, ``low``, ``high``, ``interval``, ``folds``; None takes the estimate's own.

    Raises
    ------
    InputError
        If the value is not a number.
    """
    number = getattr(value, "value", value)
    folds = _first(given["folds"], getattr(value, "folds", None))
    record = {
        "value": plain_number(number),
        "low": plain_number(_first(given["low"], getattr(value, "low", None))),
        "high": plain_number(_first(given["high"], getattr(value, "high", None))),
        "interval": _first(given["interval"], getattr(value, "method", None) or None),
        "n": plain_number(_first(given["n"], getattr(value, "n", None))),
        "unit": unit,
        "folds": None if folds is None else [plain_number(fold) for fold in folds],
    }
    # What is not known is left out; a value that is not finite stays, as null.
    return {key: item for key, item in record.items() if item is not None or key == "value"}


def _first(*candidates: Any) -> Any:
    return next((candidate for candidate in candidates if candidate is not None), None)


def plain_number(number: Any) -> int | float | None:
    """Return a Python number, or None for None and for what is not finite."""
    if number is None:
        return None
    number = number.item() if hasattr(number, "item") else number
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InputError(f"metric: found a {type(number).__name__}, expected a number or an estimate")
    return number if math.isfinite(number) else None


def undefined_sentence(metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the sentence that names the results that could not be computed, in a list; [] without any."""
    names = [name for name, record in metrics.items() if record["value"] is None]
    if not names:
        return []
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return [
        f"Not defined with so few or such equal cases, and stored as null: {', '.join(names[:10])}{more}."
    ]
