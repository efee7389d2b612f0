"""The kinds of image that a cohort can hold, and the BIDS file name of each.

A *kind* is the name under which a notebook asks for an image (``"T1w"``, ``"dseg"``, ``"lesion_mask"``); it
is also the name of the path column in the cohort table.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from neolab.errors import InputError

GROUND_TRUTH = "derivatives/ground_truth"
SUSCEPTIBILITY = "derivatives/susceptibility"

# Order of entities in a file name: BIDS specification, appendix "Entities".
ENTITY_ORDER = (
    "acq", "ce", "rec", "dir", "run", "mod", "echo", "flip", "inv", "mt", "part", "proc", "hemi", "space",
    "split", "chunk", "seg", "res", "den", "label", "desc",
)  # fmt: skip

LABEL = re.compile(r"[0-9A-Za-z+]+\Z")


@dataclass(frozen=True)
class Kind:
    """How the files of one kind are named inside a BIDS folder.

    Attributes
    ----------
    suffix : str
        Last part of the file name (``T1w``, ``mask``, ``dseg``).
    entities : dict
        Further ``key: value`` parts, without subject and session.
    folder : str
        Folder relative to the root that holds the ``sub-`` folders; "" for raw data.
    """

    suffix: str
    entities: dict[str, str] = field(default_factory=dict)
    folder: str = ""

    def name(self) -> str:
        """Return the part of the file name after subject and session, such as ``desc-brain_mask``."""
        ordered = [f"{key}-{self.entities[key]}" for key in ENTITY_ORDER if key in self.entities]
        return "_".join([*ordered, self.suffix])

    def path(self, participant_id: str, session_id: str = "") -> PurePosixPath:
        """Return the path of one scan's file relative to the root of the dataset."""
        parts = [f"sub-{participant_id}"] + ([f"ses-{session_id}"] if session_id else [])
        file = "_".join([*parts, self.name()]) + ".nii.gz"
        return PurePosixPath(self.folder, *parts, "anat", file)


# Susceptibility-weighted images and QSM have no raw BIDS suffix of their own that says how they were
# computed, so they stand in a derivative dataset beside the magnitude and phase they come from.
KINDS: dict[str, Kind] = {
    "T1w": Kind("T1w"),
    "T2w": Kind("T2w"),
    "T2starw": Kind("T2starw"),
    "magnitude": Kind("T2starw", {"part": "mag"}),
    "phase": Kind("T2starw", {"part": "phase"}),
    "swi": Kind("T2starw", {"desc": "swi"}, SUSCEPTIBILITY),
    "qsm": Kind("Chimap", {}, SUSCEPTIBILITY),
}


@dataclass(frozen=True)
class TruthMap:
    """BIDS suffix and unit of a quantitative map."""

    suffix: str
    unit: str


# Suffixes: BIDS specification, quantitative MRI. Units follow the names used in this package, not seconds.
TRUTH_MAPS: dict[str, TruthMap] = {
    "t1_map": TruthMap("T1map", "ms"),
    "t2_map": TruthMap("T2map", "ms"),
    "t2star_map": TruthMap("T2starmap", "ms"),
    "proton_density_map": TruthMap("PDmap", "arbitrary"),
    "susceptibility_map": TruthMap("Chimap", "ppm"),
}


def mask_kind(name: str) -> Kind:
    """Return the kind of the ground-truth mask called ``name`` (``"brain"`` -> ``desc-brain_mask``)."""
    return Kind("mask", {"desc": bids_label(name)}, GROUND_TRUTH)


def label_map_kind(name: str) -> Kind:
    """Return the kind of the ground-truth label map called ``name`` (``"tissues"``)."""
    return Kind("dseg", {"desc": bids_label(name)}, GROUND_TRUTH)


def map_kind(name: str) -> Kind:
    """Return the kind of a ground-truth map of real numbers, one of ``TRUTH_MAPS``.

    Raises
    ------
    InputError
        If there is no such map.
    """
    if name not in TRUTH_MAPS:
        raise InputError(f"ground-truth map: found {name!r}, expected one of {', '.join(TRUTH_MAPS)}")
    return Kind(TRUTH_MAPS[name].suffix, {"desc": "truth"}, GROUND_TRUTH)


def image_kind(name: str) -> Kind:
    """Return the kind called ``name``.

    Raises
    ------
    InputError
        If it is none of ``KINDS``.
    """
    if name not in KINDS:
        raise InputError(f"image kind: found {name!r}, expected one of {', '.join(KINDS)}")
    return KINDS[name]


def bids_label(text: str) -> str:
    """Return ``text`` as a BIDS label: ``white_matter_lesion`` becomes ``whiteMatterLesion``.

    Raises
    ------
    InputError
        If something else than letters and digits is left.
    """
    first, *rest = re.split(r"[_\s-]+", str(text))
    label = first + "".join(word[:1].upper() + word[1:] for word in rest)
    if not LABEL.match(label):
        raise InputError(f"BIDS label: found {text!r}, expected letters and digits")
    return label


def strip_prefix(identifier: object, prefix: str) -> str:
    """Return ``identifier`` as text without its BIDS prefix (``sub-`` or ``ses-``)."""
    return str(identifier).strip().removeprefix(prefix)
