"""What a folder holds: its files by kind, found from names, headers and the voxels of a few files."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neolab.errors import InputError
from neolab.io.path_templates import find_templates
from neolab.io.patterns import IMAGE_SUFFIXES, parse_name
from neolab.io.recognise import IMAGE_WORDS, Found, recognise
from neolab.io.tables import read_table

#: More files than this are not a folder of scans, but a disk.
MOST_FILES = 300_000

_SCAN_FOLDER = re.compile(
    r"(?:(?P<folder>.+)/)?sub-(?P<who>[^/]+)(?:/ses-(?P<visit>[^/]+))?(?:/(?:anat|swi))?/sub-[^/]+", re.DOTALL
)
_NOT_READ = {"func", "dwi", "fmap", "perf", "pet", "eeg", "meg", "ieeg", "beh", "nirs", "motion", "mrs"}
_SKIPPED_FOLDERS = {"sourcedata", "code", "stimuli"}
# Parts of a name that tell acquisitions of one contrast apart, but not one kind from another.
_ACQUISITION = {"acq", "run", "rec", "ce", "dir"}


@dataclass
class Survey:
    """Content of a folder.

    Attributes
    ----------
    root : Path
    chosen : list of Found
        At most one for each role and name.
    others : list of Found
        Further files of a kind that ``chosen`` has already.
    left_out : list of str
        Sentences about files that cannot be read as scans.
    tables : list of str
        Tables that neolab does not read.
    """

    root: Path
    chosen: list[Found]
    others: list[Found]
    left_out: list[str]
    tables: list[str]


def survey(root: Path) -> Survey:
    """Look at a folder; only headers, and the voxels of a few files, are read.

    Raises
    ------
    InputError
        If there is no such folder, it cannot be entered, or nothing in it can be read as images of scans.
    """
    if not root.is_dir():
        raise InputError(f"{root}: found no folder, expected one with scans")
    files = list_files(root)
    images = [path for path in files if path.endswith(IMAGE_SUFFIXES)]
    if not images:
        raise InputError(
            f"{root}: found no NIfTI file (.nii, .nii.gz), expected scans; DICOM: convert it first"
        )
    found, left_out = [], []
    for one in [*_bids(images), *_by_template(root, files)]:
        try:
            recognise(root, one)
        except InputError as error:
            left_out.append(str(error))
        else:
            found.append(one)
    if not any(one.role == "images" for one in found):
        reason = (
            left_out[0] if left_out else f"{images[0]} follows neither BIDS nor a pattern with an identifier"
        )
        raise InputError(f"{root}: found no images of scans ({reason}), expected at least one of each scan")
    chosen, others = _choose(found)
    return Survey(root, chosen, others, left_out, _tables(files))


def list_files(root: Path) -> list[str]:
    """Return the files below ``root`` as relative paths, without hidden ones and what BIDS calls source.

    Raises
    ------
    InputError
        If a folder cannot be read, or there are too many files for a folder of scans.
    """
    found, seen = [], set()
    for folder, below, names in os.walk(root, onerror=_refuse, followlinks=True):
        place = os.stat(folder)
        if (place.st_dev, place.st_ino) in seen:  # links may go round in circles
            below.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        below[:] = sorted(name for name in below if name[0] != "." and name not in _SKIPPED_FOLDERS)
        inside = Path(folder).relative_to(root)
        found += [(inside / name).as_posix() for name in sorted(names) if name[0] != "."]
        if len(found) > MOST_FILES:
            raise InputError(f"{root}: found more than {MOST_FILES} files, expected a folder of scans")
    return found


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename}: found a folder that cannot be read ({error.strerror})") from None


def _bids(paths: list[str]) -> list[Found]:
    """Files with BIDS names in BIDS folders; acquisitions that no scan has both of are one kind."""
    groups: dict[tuple, Found] = {}
    for path in paths:
        place, parts = _SCAN_FOLDER.fullmatch(path), parse_name(path.rpartition("/")[2])
        if not _is_bids(place, parts):
            continue
        folder = place["folder"] or ""
        key = (folder, parts.suffix, tuple(sorted(parts.entities.items())))
        entry = {"suffix": parts.suffix, **parts.entities} | ({"folder": folder} if folder else {})
        one = groups.setdefault(key, Found(entry, [], set()))
        one.paths.append(path)
        one.scans.add((parts.participant_id, place["visit"] or ""))
    merged: dict[tuple, list[Found]] = defaultdict(list)
    for one in groups.values():
        plain = tuple(sorted(item for item in one.entry.items() if item[0] not in _ACQUISITION))
        merged[plain].append(one)
    return [one for alike in merged.values() for one in _joined(alike)]


def _is_bids(place: re.Match | None, parts) -> bool:
    return bool(
        place
        and parts
        and parts.participant_id == place["who"]
        and parts.session_id in ("", place["visit"] or "")
        and "." not in parts.suffix
    )


def _joined(alike: list[Found]) -> list[Found]:
    scans = set().union(*(one.scans for one in alike))
    if len(alike) == 1 or len(scans) < sum(len(one.scans) for one in alike):
        return alike
    common = set.intersection(*(set(one.entry.items()) for one in alike))
    entry = {key: value for key, value in alike[0].entry.items() if (key, value) in common}
    return [Found(entry, [path for one in alike for path in one.paths], scans)]


def _by_template(root: Path, files: list[str]) -> list[Found]:
    """Images and tables of points whose paths differ in an identifier."""
    other = []
    for path in files:
        place, parts = _SCAN_FOLDER.fullmatch(path), parse_name(path.rpartition("/")[2])
        if path.endswith(IMAGE_SUFFIXES):
            wanted = not _is_bids(place, parts) and not _NOT_READ & set(path.split("/"))
        else:
            wanted = path.endswith((".csv", ".tsv")) and "/" in path and not path.endswith("_sessions.tsv")
        if wanted:
            other.append(path)
    known = _listed(root)
    return [
        Found({"path": group.template}, list(group.paths), set(group.scans))
        for group in find_templates(other, known)
    ]


def _listed(root: Path) -> set[str]:
    path = root / "participants.tsv"
    table = read_table(path) if path.is_file() else pd.DataFrame()
    return set(table.get("participant_id", ()))


def _choose(found: list[Found]) -> tuple[list[Found], list[Found]]:
    """One of each kind: what most scans have, then raw before derived, then the shortest name."""
    ranked = sorted(
        found, key=lambda one: (-len(one.scans), "folder" in one.entry, len(one.entry), one.paths)
    )
    chosen: dict[tuple[str, str], Found] = {}
    others = []
    for one in ranked:
        if chosen.setdefault((one.role, one.name), one) is not one:
            others.append(one)
    order = list(IMAGE_WORDS)
    return sorted(chosen.values(), key=lambda one: (one.name not in order, one.name)), others


def _tables(files: list[str]) -> list[str]:
    """Tables in the root that are not read."""
    endings = (".csv", ".tsv", ".xlsx", ".xls", ".ods")
    return [
        path
        for path in files
        if "/" not in path and path.endswith(endings) and not path.endswith(("participants.tsv", "dseg.tsv"))
    ]
