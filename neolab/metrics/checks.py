"""Turning what a caller hands over into arrays, or saying what is wrong with it."""

import numpy as np

from neolab.errors import InputError


def numbers(name: str, values) -> np.ndarray:
    """Return ``values`` as a one-dimensional float array without NaN."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: found values that are not numbers, expected numbers") from None
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name}: found shape {array.shape}, expected one dimension and at least one value")
    if not np.isfinite(array).all():
        raise InputError(f"{name}: found {int((~np.isfinite(array)).sum())} missing values, expected none")
    return array


def labels(name: str, values) -> np.ndarray:
    """Return ``values`` (0 and 1, or booleans) as a boolean array."""
    array = numbers(name, values)
    wrong = sorted(set(np.unique(array)) - {0.0, 1.0})
    if wrong:
        raise InputError(f"{name}: found {wrong[0]:g}, expected 0 or 1")
    return array.astype(bool)


def same_length(**arrays) -> int:
    """Return the common length of the arrays, given by name."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"lengths: found {found}, expected the same")
    return next(iter(lengths.values()))


def both_classes(name: str, truth: np.ndarray) -> None:
    """Raise unless ``truth`` holds positives and negatives."""
    if truth.all() or not truth.any():
        raise InputError(
            f"{name}: found only {'positives' if truth.any() else 'negatives'}, expected both classes"
        )
