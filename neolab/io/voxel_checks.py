"""Checks that read voxels: label values, masks of two values, damaged files."""

from pathlib import Path

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.patterns import FilePattern
from neolab.io.voxels import read_volume


def check_voxels(cohort: Cohort, progress: object = None) -> list[str]:
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
                _check_file(cohort.root / name, pattern)
            except InputError as error:
                problems.append(str(error))
    return problems


def _check_file(path: Path, pattern: FilePattern) -> None:
    values = read_volume(path, pattern).data
    if pattern.role == "images" and values.min() == values.max():
        raise InputError(f"{path.name}: found the same value in every voxel, expected an image")
