"""Checks that read voxels: damage, label values, masks, images of one value, one scan under two names."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neolab.cache import cache_folder
from neolab.errors import InputError
from neolab.fingerprint import fingerprint
from neolab.io.checks import CohortError
from neolab.io.cohort import Cohort
from neolab.io.scans import scan_name
from neolab.io.twins import find_twins, thumbnail

#: Files read at a time; unzipping lets go of Python's lock.
AT_A_TIME = 4

Progress = Callable[[Iterable], Iterable]


def watched(scans: Iterable) -> Iterable:
    """Show a progress bar on a terminal while scans are read."""
    from tqdm import tqdm

    return tqdm(scans, desc="reading", unit="scan", disable=None)


@dataclass
class _Look:
    """What reading the files of one scan has shown."""

    problems: list[str] = field(default_factory=list)
    thumbnails: dict[str, np.ndarray] = field(default_factory=dict)


def require_good_voxels(cohort: Cohort, progress: Progress = iter) -> None:
    """Read every file of a cohort once and refuse what a study could not use; a good folder is remembered.

    Raises
    ------
    CohortError
        With everything that is wrong.
    """
    code = fingerprint([__name__])[:12]
    mark = cache_folder() / "checked" / f"{cohort.data_hash()}_{code}"
    if mark.is_file():
        return
    if problems := check_voxels(cohort, progress):
        raise CohortError(cohort.root, problems)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def check_voxels(cohort: Cohort, progress: Progress = iter) -> list[str]:
    """Read every image, mask and label map of a cohort and return what is wrong with them.

    Parameters
    ----------
    cohort : Cohort
    progress : callable, optional
        Wraps the iterable of rows, such as ``tqdm``.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = [pool.submit(_look, cohort, row) for row in range(len(cohort))]
        looks = [one.result() for one in progress(waiting)]
    problems = [problem for look in looks for problem in look.problems]
    return problems + _twins(cohort, looks)


def _look(cohort: Cohort, row: int) -> _Look:
    look = _Look()
    for pattern in cohort.mapping.patterns:
        if pattern.role == "points" or not cohort.there(row, pattern.kind):
            continue
        name = cohort.table.iloc[row][pattern.kind]
        try:
            volume = cohort.read(row, pattern.kind)
        except InputError as error:
            look.problems.append(str(error))
            continue
        if pattern.role == "images":
            if volume.data.min() == volume.data.max():
                look.problems.append(
                    f"{Path(name).name}: found the same value in every voxel, expected an image"
                )
            else:
                look.thumbnails[pattern.kind] = thumbnail(volume)
    return look


def _twins(cohort: Cohort, looks: list[_Look]) -> list[str]:
    """Scans of two participants that are one and the same; two sessions of one child may not be either."""
    problems = []
    for kind in cohort.kinds:
        rows = [row for row, look in enumerate(looks) if kind in look.thumbnails]
        names = [f"{kind} of {scan_name(cohort.table.iloc[row])}" for row in rows]
        read = lambda position, rows=rows, kind=kind: cohort.read(rows[position], kind)  # noqa: E731
        problems += find_twins([looks[row].thumbnails[kind] for row in rows], read, names)
    return problems
