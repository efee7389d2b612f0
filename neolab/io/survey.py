"""What a folder holds: its files by kind, found from names, headers and the voxels of a few files."""

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.describe import kind_name, read_lookup
from neolab.io.headers import read_header
from neolab.io.kinds import KINDS, TRUTH_MAPS, Kind
from neolab.io.path_templates import find_templates
from neolab.io.patterns import IMAGE_SUFFIXES, FilePattern, parse_name
from neolab.io.tables import read_table
from neolab.io.voxels import WHOLE_TOLERANCE, read_volume

#: More files than this are not a folder of scans, but a disk.
MOST_FILES = 300_000
#: Label maps of which the values are read, spread over the folder.
LABEL_MAPS_READ = 8
#: Label maps have no more values, and so large a share of neighbours inside with one and the same value; with
#: a noise of one grey level the share is a quarter.
MOST_LABELS, SAME_NEIGHBOURS = 256, 0.6

_SCAN_FOLDER = re.compile(
    r"(?:(?P<folder>.+)/)?sub-(?P<who>[^/]+)(?:/ses-(?P<visit>[^/]+))?(?:/(?:anat|swi))?/sub-[^/]+", re.DOTALL
)
_NOT_READ = {"func", "dwi", "fmap", "perf", "pet", "eeg", "meg", "ieeg", "beh", "nirs", "motion", "mrs"}
_SKIPPED_FOLDERS = {"sourcedata", "code", "stimuli"}
# Parts of a name that tell acquisitions of one contrast apart, but not one kind from another.
_ACQUISITION = {"acq", "run", "rec", "ce", "dir"}

_IMAGE_WORDS = {
    "swi": ("swi", "swan"),
    "qsm": ("qsm", "chimap"),
    "phase": ("phase", "pha"),
    "magnitude": ("magnitude", "mag"),
    "T2starw": ("t2starw", "t2star", "t2s", "gre"),
    "T1w": ("t1w", "t1", "t1wi", "mprage", "t13d"),
    "T2w": ("t2w", "t2", "t2wi", "tse", "t23d"),
}
_MASK_WORDS = {
    "brain": ("brain", "brains", "brainmask", "bet"),
    "microbleed": ("microbleed", "microbleeds", "cmb", "cmbs"),
    "lesion": ("lesion", "lesions"),
}
_DRAWN_WORDS = {"mask", "masks", "roi", "rois"}
_LABEL_WORDS = {"dseg", "seg", "aseg", "label", "labels", "labelstr", "tissues", "segmentation"}
_NO_IMAGE_WORDS = _DRAWN_WORDS.union(_LABEL_WORDS, *_MASK_WORDS.values())
_ROLE_OF_SUFFIX = {"mask": "masks", "dseg": "labels", "probseg": "maps"} | {
    entry.suffix: "maps" for entry in TRUTH_MAPS.values()
}


@dataclass
class Found:
    """Files of one kind.

    Attributes
    ----------
    entry : dict
        Where they are, as ``neolab.yaml`` says it.
    paths : list of str
        Relative to the root.
    scans : set of (str, str)
        Participants and sessions.
    role, name : str
        What they are taken for; name "" if nothing tells.
    values : list of int
        Of a label map, in the files that were read.
    """

    entry: dict
    paths: list[str]
    scans: set[tuple[str, str]]
    role: str = ""
    name: str = ""
    values: list[int] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """Words of the name in lower case, the most telling first; not what tells scans or spaces apart."""
        if "path" in self.entry:
            parts = re.sub(r"\{\w+\}", "", self.entry["path"]).split("/")[::-1]
        else:
            known = ("part", "desc", "suffix", "label", "seg", "acq", "folder")
            parts = [self.entry[key] for key in known if key in self.entry]
        return [word.lower() for part in parts for word in reversed(re.findall(r"[0-9A-Za-z]+", part))]

    @property
    def suffix(self) -> str:
        return self.entry.get("suffix", "")


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
            _recognise(root, one)
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


def _recognise(root: Path, one: Found) -> None:
    """Fill in role, name and values.

    Raises
    ------
    InputError
        If the files are not what neolab reads.
    """
    first = one.paths[0]
    if not first.endswith(IMAGE_SUFFIXES):
        columns = [name.lower() for name in read_table(root / first)]
        if not {"x", "y", "z"} <= set(columns):
            raise InputError(f"{first}: found no columns x, y, z, expected a table of points")
        one.role, one.name = "points", "microbleeds"
        return
    try:
        read_header(root / first)
    except InputError as error:
        raise InputError(f"{first}: {error}") from None
    one.role = _ROLE_OF_SUFFIX.get(one.suffix) or _role(root / first, one)
    if one.suffix == KINDS["qsm"].suffix and one.entry.get("desc") != "truth":
        one.role = "images"
    if one.role == "labels":
        one.values = _values(root, one.paths)
        one.entry |= _lookup(root, one)
    one.name = _name(one)


def _role(path: Path, one: Found) -> str:
    """Images by their name, else what the voxels of the first file look like."""
    words = set(one.words)
    drawn = words & {
        *_DRAWN_WORDS,
        *_LABEL_WORDS,
        *(word for known in _MASK_WORDS.values() for word in known),
    }
    if not drawn and _first_known(one.words, _IMAGE_WORDS):
        return "images"
    data = read_volume(path, FilePattern("", "images")).data
    if (np.abs(data - np.rint(data)) > WHOLE_TOLERANCE).any():
        return "masks" if words & _DRAWN_WORDS and data.max() <= 1 else "images"
    values = np.unique(data)
    if values.size <= 2:
        return "masks"
    return "labels" if values.size <= MOST_LABELS and _patchy(data) else "images"


def _patchy(data: np.ndarray) -> bool:
    """Whether voxels that are not 0 mostly have the value of their neighbour."""
    inside = (data[1:] != 0) & (data[:-1] != 0)
    return bool(inside.any()) and float((data[1:] == data[:-1])[inside].mean()) >= SAME_NEIGHBOURS


def _name(one: Found) -> str:
    """The name under which the studies know such files, as far as words tell; "" for unknown images."""
    words = one.words
    if one.role == "images":
        entities = {key: value for key, value in one.entry.items() if key not in ("suffix", "folder", "path")}
        exact = kind_name(Kind(one.suffix, entities, one.entry.get("folder", "")))
        return exact if exact in KINDS else _first_known(words, _IMAGE_WORDS) or one.suffix
    if one.role == "labels":
        return "lesions_dseg" if {"lesion", "lesions"} & set(words) else "dseg"
    if one.role == "masks" and (known := _first_known(words, _MASK_WORDS)):
        return known
    if one.suffix:
        told = one.entry.get("label") or one.entry.get("desc")
        return kind_name(Kind(one.suffix, {"desc": told} if told else {})).removesuffix("_mask")
    return next((word for word in words if word not in _DRAWN_WORDS | {"nii", "gz"}), one.role)


def _first_known(words: list[str], vocabulary: dict[str, tuple[str, ...]]) -> str:
    for word in words:
        for name, known in vocabulary.items():
            if word in known:
                return name
    return ""


def _values(root: Path, paths: list[str]) -> list[int]:
    """Values of a label map, 0 left out, in files spread over the folder."""
    chosen = np.unique(np.linspace(0, len(paths) - 1, LABEL_MAPS_READ).round().astype(int))
    pattern = FilePattern("", "labels")
    seen = [np.unique(read_volume(root / paths[i], pattern).data) for i in chosen]
    return [int(value) for value in np.unique(np.concatenate(seen)) if value]


def _lookup(root: Path, one: Found) -> dict:
    """The names of a label map's values, from a BIDS ``dseg.tsv``; none if it has none for some value."""
    folder = root / one.entry.get("folder", "")
    for path in sorted({*folder.glob("*dseg.tsv"), *root.glob("*dseg.tsv")}):
        lookup = read_lookup(path)
        if set(one.values) <= set(lookup.values()):
            return {"lookup": lookup}
    return {}


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
    order = list(_IMAGE_WORDS)
    return sorted(chosen.values(), key=lambda one: (one.name not in order, one.name)), others


def _tables(files: list[str]) -> list[str]:
    """Tables in the root that are not read."""
    endings = (".csv", ".tsv", ".xlsx", ".xls", ".ods")
    return [
        path
        for path in files
        if "/" not in path and path.endswith(endings) and not path.endswith(("participants.tsv", "dseg.tsv"))
    ]
