"""Checks that read voxels: label values, masks of two values, damaged files."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neolab.errors import InputError

if TYPE_CHECKING:
    from neolab.io.cohort import Cohort


def label_array(path: Path, lookup: dict[str, int]) -> np.ndarray:
    """Return a label map as whole numbers.

    Raises
    ------
    InputError
        If a voxel holds a value that is no whole number, or not among those of ``lookup`` (and 0).
    """
    data = voxels(path)
    values = np.unique(data)
    if not np.array_equal(values, np.rint(values)):
        raise InputError(
            f"{path.name}: found label {values[values != np.rint(values)][0]:g}, expected whole numbers"
        )
    outside = np.setdiff1d(values, [0, *lookup.values()]) if lookup else []
    if len(outside):
        known = ", ".join(map(str, sorted({0, *lookup.values()})))
        raise InputError(f"{path.name}: found label {outside[0]:g}, expected one of {known}")
    return data.astype(np.int16 if data.dtype.kind == "f" else data.dtype, copy=False)


def voxels(path: Path) -> np.ndarray:
    """Return the voxels of an image.

    Raises
    ------
    InputError
        If they cannot be read, or are not all finite.
    """
    import nibabel as nib

    try:
        data = np.asanyarray(nib.load(path).dataobj)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path.name}: found damaged voxels ({error}), expected a whole image") from None
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        raise InputError(f"{path.name}: found voxels that are not finite, expected finite numbers")
    return data


def check_voxels(cohort: "Cohort", progress: object = None) -> list[str]:
    """Read every image, mask and label map of a cohort and return what is wrong with them.

    Parameters
    ----------
    cohort : Cohort
    progress : callable, optional
        Wraps the iterable of rows, such as ``tqdm``.
    """
    problems = []
    rows = range(len(cohort))
    for row in progress(rows) if progress else rows:
        for pattern in cohort.mapping.patterns:
            name = cohort.table.iloc[row][pattern.kind]
            if not name or pattern.role == "points":
                continue
            try:
                _check_file(cohort.root / name, pattern.role, pattern.lookup or {})
            except InputError as error:
                problems.append(str(error))
    return problems


def _check_file(path: Path, role: str, lookup: dict[str, int]) -> None:
    if role == "labels":
        label_array(path, lookup)
        return
    values = voxels(path)
    if role == "masks" and len(np.unique(values)) > 2:
        count = len(np.unique(values))
        raise InputError(f"{path.name}: found {count} values, expected a mask of two")
    if role == "images" and values.min() == values.max():
        raise InputError(f"{path.name}: found the same value in every voxel, expected an image")
