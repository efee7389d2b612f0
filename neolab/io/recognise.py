"""What files are: images, masks, label maps or points, told by their names and the voxels of a few."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neolab.errors import InputError
from neolab.io.describe import kind_name, read_lookup
from neolab.io.headers import read_header
from neolab.io.kinds import KINDS, TRUTH_MAPS, Kind
from neolab.io.patterns import IMAGE_SUFFIXES, FilePattern
from neolab.io.tables import read_table
from neolab.io.voxels import WHOLE_TOLERANCE, read_volume

#: Label maps of which the values are read, spread over the folder.
LABEL_MAPS_READ = 8
#: Label maps have no more values, and so large a share of neighbours inside with one and the same value; with
#: a noise of one grey level the share is a quarter.
MOST_LABELS, SAME_NEIGHBOURS = 256, 0.6

IMAGE_WORDS = {
    "FLAIR": ("flair",),
    "swi": ("swi", "swan"),
    "qsm": ("qsm", "chimap"),
    "phase": ("phase", "pha"),
    "magnitude": ("magnitude", "mag"),
    "T2starw": ("t2starw", "t2star", "t2s", "star", "gre"),
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
_DRAWN_ALL = _DRAWN_WORDS.union(_LABEL_WORDS, *_MASK_WORDS.values())
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


def recognise(root: Path, one: Found) -> None:
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
    if not drawn and _first_known(one.words, IMAGE_WORDS):
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
        # T2-FLAIR is another contrast than T2, whichever word stands first.
        words = ["flair"] if "flair" in words else words
        return exact if exact in KINDS else _first_known(words, IMAGE_WORDS) or one.suffix
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
