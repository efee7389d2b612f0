"""Describing the files of a BIDS folder as a mapping that reads them back."""

import re
from collections import defaultdict
from pathlib import Path

import pandas as pd

from neolab.errors import InputError, quoted
from neolab.io.kinds import KINDS, TRUTH_MAPS, Kind
from neolab.io.patterns import parse_name
from neolab.io.tables import read_table

SECTION_OF_SUFFIX = {"mask": "masks", "dseg": "labels"}


def describe_files(root: Path) -> dict[str, dict]:
    """Return the ``images``, ``masks``, ``labels`` and ``maps`` blocks of ``neolab.yaml`` for a folder.

    A kind that every scan has is marked as required.
    """
    scans_of_kind: dict[tuple, set] = defaultdict(set)
    for path in root.rglob("sub-*.nii.gz"):
        parts = parse_name(path.name)
        folder = path.relative_to(root).as_posix().partition("sub-")[0].rstrip("/")
        key = (folder, parts.suffix, tuple(sorted(parts.entities.items())))
        scans_of_kind[key].add((parts.participant_id, parts.session_id))
    all_scans = set().union(*scans_of_kind.values())
    blocks: dict[str, dict] = defaultdict(dict)
    for (folder, suffix, entities), scans in sorted(scans_of_kind.items()):
        kind = Kind(suffix, dict(entities), folder)
        entry = {"suffix": suffix, **dict(entities)} | ({"folder": folder} if folder else {})
        entry["required"] = scans == all_scans
        lookup = root / folder / f"{kind.name()}.tsv"
        if lookup.exists():
            entry["lookup"] = read_lookup(lookup)
        name = kind_name(kind)
        section = "maps" if name in TRUTH_MAPS else SECTION_OF_SUFFIX.get(suffix, "images")
        blocks[section][name] = entry
    return dict(blocks)


def kind_name(kind: Kind) -> str:
    """Return the name of a kind: from ``KINDS``, or made of its entities (``lesion_mask``, ``dseg``)."""
    for name, known in KINDS.items():
        if known == kind:
            return name
    truth = {entry.suffix: name for name, entry in TRUTH_MAPS.items()}
    if kind.entities.get("desc") == "truth" and kind.suffix in truth:
        return truth[kind.suffix]
    desc = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", kind.entities.get("desc", "")).lower()
    if kind.suffix == "dseg" and desc in ("tissues", ""):
        return "dseg"
    return f"{desc}_{kind.suffix}" if desc else kind.name()


def read_lookup(path: Path) -> dict[str, int]:
    """Return label name -> voxel value from a BIDS ``dseg.tsv``.

    Raises
    ------
    InputError
        If it is no table with ``index``, whole numbers, and ``name``.
    """
    table = read_table(path, texts=("index", "name"))
    absent = [name for name in ("index", "name") if name not in table]
    if absent:
        raise InputError(f"{path}: found no column {absent[0]}, expected index and name")
    numbers = pd.to_numeric(table["index"], errors="coerce")
    wrong = ~(numbers.abs() < 2**31) | (numbers % 1 != 0)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        found = quoted(table["index"][row])
        raise InputError(f"{path}: column index, row {row + 1}: found {found}, expected a whole number")
    return {name: int(value) for name, value in zip(table["name"], numbers, strict=True)}
