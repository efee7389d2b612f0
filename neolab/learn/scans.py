"""One cache of prepared scans for every study: made once on all cores, read from the disk when looked at."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neolab.cache import cache_folder, write_whole
from neolab.fingerprint import fingerprint
from neolab.io.cohort import Cohort
from neolab.io.headers import content_checksum
from neolab.machine import one_job_a_core

#: Versions of the code that a study's prepared scans are kept for.
KEPT_VERSIONS = 3


@dataclass(frozen=True)
class MappedArrays(Sequence):
    """Arrays on the disk, one a scan, each mapped into memory when it is asked for.

    A map that stays open holds a file open, and a process may open about a thousand.
    """

    paths: tuple[Path, ...]

    def __getitem__(self, index: int) -> np.ndarray:
        return np.load(self.paths[index], mmap_mode="r")

    def __len__(self) -> int:
        return len(self.paths)


def prepared_scans(
    cohort: Cohort,
    make: Callable[[int], Mapping[str, np.ndarray]],
    *,
    study: str,
    arrays: Sequence[str],
    kinds: Sequence[str],
    code: Iterable[str],
    parameters: Any = None,
    shared: Sequence[int] = (),
    at_most: int = 8,
    progress: bool = True,
) -> dict[str, MappedArrays]:
    """Prepare all scans of a cohort, one a core, or take them from the cache.

    Parameters
    ----------
    cohort : Cohort
    make : callable
        From the position of a scan to its arrays by name; called for scans that the cache lacks.
    study : str
        Folder of the cache.
    arrays : sequence of str
        Names that ``make`` returns.
    kinds : sequence of str
        Kinds of file that ``make`` reads; a scan may lack some.
    code : iterable of str
        Modules that decide what ``make`` returns; what they import counts too (see
        `neolab.fingerprint.fingerprint`).
    parameters : optional
        Everything else that decides it: plain values, as JSON knows them.
    shared : sequence of int
        Positions of scans that enter into all others, such as a reference.
    at_most : int
        Scans in work at a time, however many cores there are.
    progress : bool
        Show a progress bar where someone watches.

    Returns
    -------
    dict of str to MappedArrays
        Name -> one read-only array a scan, in the order of the cohort's table.

    Notes
    -----
    A file's name says what it was made from: the content of the scan's files and of the shared ones, and the
    parameters; its folder says by which code. Each file appears whole or not at all, and the folders of older
    code are removed.
    """
    from tqdm.auto import tqdm

    folder = _version_folder(study, code)
    common = [json.dumps(parameters, sort_keys=True), *(_content(cohort, row, kinds) for row in shared)]
    stems = [_stem([*common, _content(cohort, row, kinds)]) for row in range(len(cohort))]
    paths = [{name: folder / f"{stem}_{name}.npy" for name in arrays} for stem in stems]
    with one_job_a_core(at_most) as pool:
        done = pool.map(lambda row: _make_if_absent(partial(make, row), paths[row]), range(len(cohort)))
        for _ in tqdm(done, total=len(cohort), unit="scan", disable=None if progress else True):
            pass
    return {name: MappedArrays(tuple(files[name] for files in paths)) for name in arrays}


def _make_if_absent(make: Callable[[], Mapping[str, np.ndarray]], paths: Mapping[str, Path]) -> None:
    if all(path.is_file() for path in paths.values()):
        return
    made = make()
    for name, path in paths.items():
        write_whole(path, lambda file, array=made[name]: np.save(file, array))


def _version_folder(study: str, code: Iterable[str]) -> Path:
    """The folder for what this code makes; those that were used longest ago are removed."""
    parent = cache_folder() / "prepared" / study
    folder = parent / fingerprint(code)[:16]
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    versions = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in versions[KEPT_VERSIONS:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _content(cohort: Cohort, row: int, kinds: Sequence[str]) -> str:
    there = [kind for kind in kinds if cohort.there(row, kind)]
    return " ".join(f"{kind} {content_checksum(cohort.path(row, kind))}" for kind in there)


def _stem(made_from: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:24]
