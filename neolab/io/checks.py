"""Finding the files of a cohort and checking all that can be checked without reading voxels."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from neolab.catalogue import get_study
from neolab.errors import InputError
from neolab.io.headers import (
    Header,
    corner_distance_mm,
    read_header,
    same_grid,
    shared_field,
    upright,
)
from neolab.io.mapping import FolderMapping
from neolab.io.scans import scan_name
from neolab.io.tables import as_numbers

#: A mask or label map on another grid must share so much of the smaller field of view with an image.
SHARED_FIELD = 0.5
#: A message lists so many problems and counts the rest.
SHOWN = 20


class CohortError(InputError):
    """A folder with problems: one sentence, then the list of all of them.

    Attributes
    ----------
    problems : list of str
    """

    def __init__(self, root: Path, problems: list[str]):
        self.problems = list(problems)
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        shown = [
            f"- {problem if len(problem) <= 500 else problem[:500] + '…'}" for problem in problems[:SHOWN]
        ]
        more = [f"- and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        super().__init__("\n".join([f"{root}: found {count}, expected none:", *shown, *more]))

    def __reduce__(self):
        return _rebuild, (str(self), self.problems)


def _rebuild(message: str, problems: list[str]) -> CohortError:
    error = CohortError.__new__(CohortError)
    InputError.__init__(error, message)
    error.problems = problems
    return error


def locate_files(
    table: pd.DataFrame, root: Path, mapping: FolderMapping, problems: list[str]
) -> pd.DataFrame:
    """Add one path column per kind ("" where there is no file) and report missing and duplicate scans."""
    columns: dict[str, list[str]] = {pattern.kind: [] for pattern in mapping.patterns}
    _refuse_reserved(table, columns, problems)
    for _, row in table.iterrows():
        for pattern in mapping.patterns:
            found = pattern.find(root, row["participant_id"], row["session_id"])
            columns[pattern.kind].append(found[0] if found else "")
            if len(found) > 1:
                names = ", ".join(Path(path).name for path in found)
                problems.append(
                    f"{scan_name(row)}: found several {pattern.kind} files ({names}), expected one"
                )
    table = table.assign(**columns)
    images = [pattern.kind for pattern in mapping.patterns if pattern.role == "images"]
    if mapping.skip_missing_scans:
        table = table[(table[images] != "").any(axis=1)].reset_index(drop=True)
    for pattern in mapping.patterns:
        missing = table[table[pattern.kind] == ""] if pattern.required else table[:0]
        for _, row in missing.iterrows():
            problems.append(f"{scan_name(row)}: found no {pattern.kind}, expected {pattern.describe()}")
    return table


def _refuse_reserved(table: pd.DataFrame, kinds: Iterable[str], problems: list[str]) -> None:
    """Report columns of the folder's tables that would be taken for what the cohort table adds."""
    for name in table:
        if name in kinds or str(name).startswith("latent_"):
            problems.append(
                f"tables: found a column {str(name)[:80]}, which names a kind of image or a latent, expected "
                "another name"
            )


def check_study(mapping: FolderMapping, table: pd.DataFrame, study: str, problems: list[str]) -> None:
    """Report what keeps a folder from serving ``study``."""
    if mapping.studies and study not in mapping.studies:
        problems.append(f"study: found a folder for {', '.join(mapping.studies)}, expected {study}")
    for group in get_study(study).images:
        if not any(kind in table and (table[kind] != "").any() for kind in group):
            problems.append(f"images: found no {' or '.join(group)}, expected one for {study}")
    for column in get_study(study).numbers:
        if column in table:
            problems.extend(as_numbers(table, column))


def check_headers(table: pd.DataFrame, root: Path, mapping: FolderMapping, problems: list[str]) -> None:
    """Report unreadable and truncated files, masks on another grid than their image, and identical images."""
    volumes = [pattern for pattern in mapping.patterns if pattern.role != "points"]
    copies: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _, row in table.iterrows():
        headers: dict[str, Header] = {}
        for pattern in volumes:
            path = row[pattern.kind]
            if not path:
                continue
            try:
                headers[pattern.kind] = read_header(root / path)
            except InputError as error:
                problems.append(f"{path}: {error}")
        images = {p.kind: headers[p.kind] for p in volumes if p.role == "images" and p.kind in headers}
        for kind, header in images.items():
            copies[kind, header.checksum].append(row[kind])
        for pattern in volumes:
            if pattern.role != "images" and pattern.kind in headers and images:
                _check_place(row[pattern.kind], headers[pattern.kind], images, problems)
    for paths in copies.values():
        if len(paths) > 1:
            problems.append(
                f"{paths[0]}: found the identical image as {', '.join(paths[1:])}, expected it once"
            )


def _check_place(path: str, header: Header, images: dict[str, Header], problems: list[str]) -> None:
    """Report ``path`` unless it lies where an image of its scan does.

    The same grid, in whatever order it is stored, is the same place. Another grid that shares the field of
    view is brought onto the image's by whoever reads it. An image's own grid moved somewhere else is a header
    that was lost or edited.
    """
    if any(same_grid(header, image) for image in images.values()):
        return
    own = upright(header)
    for kind, image in images.items():
        other = upright(image)
        if own.shape == other.shape and np.allclose(own.voxel_mm, other.voxel_mm, rtol=1e-3):
            distance = corner_distance_mm(own, other)
            problems.append(
                f"{path}: found an affine {distance:.3g} mm off its {kind}, expected the same place"
            )
            return
    if max(shared_field(header, image) for image in images.values()) < SHARED_FIELD:
        kinds = " or ".join(images)
        problems.append(f"{path}: found it beside its {kinds}, expected it in the same place")
