"""Folders of tiny heads as a ``neolab.yaml`` describes them, written without neolab's own readers."""

from pathlib import Path

import numpy as np
import yaml
from phantoms import LOOKUP, SHAPE, T1_SIGNAL, T2_SIGNAL, centred_affine, image_of, tissue_labels, write

IDS = ("101", "102", "103", "104", "105", "106")
#: Voxels of the two microbleeds of everyone but the last, on the phantom's grid.
MICROBLEEDS = ((20, 30, 16), (30, 24, 18))
#: Values of a table's column under neolab's name.
VALUES = {
    "label": lambda i: "ABE" if i % 2 else "HB",
    "age_days": lambda i: 3 + i,
    "gestational_age_weeks": lambda i: 37.5 + i / 2,
    "postmenstrual_age_weeks": lambda i: 41.5 + 12 * i,
    "sex": lambda i: "FM"[i % 2],
}


def microbleeds(n: int) -> np.ndarray:
    """Balls of 3 mm, bool on the phantom's grid; none in the last person."""
    grid = np.indices(SHAPE)
    balls = [sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) <= 2 for centre in MICROBLEEDS]
    return np.any(balls, axis=0) & (n < len(IDS) - 1)


def signal(kind: str, n: int, stripped: bool) -> np.ndarray:
    """One person's image of one kind: the tissues' signal, and microbleeds where the contrast shows them."""
    tissue = tissue_labels()
    data = image_of(tissue, T1_SIGNAL if kind == "T1w" else T2_SIGNAL, 10 * n + len(kind))
    if kind in ("T2starw", "swi", "magnitude"):
        data = np.where(microbleeds(n), 20, data).astype(np.int16)
    if kind == "qsm":
        data = np.where(microbleeds(n), 900, data).astype(np.int16)
    return data * (tissue > 0) if stripped else data


def file_of(entry: dict, participant_id: str, ending: str = ".nii.gz") -> str:
    """Path of one person's file as an entry of ``neolab.yaml`` describes it."""
    if "path" in entry:
        return entry["path"].format(participant_id=participant_id)
    known = ("suffix", "folder", "required", "lookup", "columns", "space")
    entities = "".join(f"{key}-{value}_" for key, value in entry.items() if key not in known)
    name = f"sub-{participant_id}_{entities}{entry['suffix']}{ending}"
    return str(Path(entry.get("folder", ""), f"sub-{participant_id}", "anat", name))


def described_folder(root: Path, text: str) -> Path:
    """Write the folder that a mapping describes, with the mapping in it.

    What need not be there is not there for the last person.
    """
    mapping, affine = yaml.safe_load(text), centred_affine()
    stripped = "brain" not in mapping.get("masks", {})
    for n, who in enumerate(IDS):
        for role in ("images", "masks", "labels", "points"):
            for kind, entry in mapping.get(role, {}).items():
                if n == len(IDS) - 1 and entry.get("required") is False:
                    continue
                path = root / file_of(entry, who)
                path.parent.mkdir(parents=True, exist_ok=True)
                if role == "images":
                    write(path, signal(kind, n, stripped and mapping["study"] == "sundaresan2023"), affine)
                elif role == "masks":
                    inside = tissue_labels() > 0 if kind == "brain" else microbleeds(n)
                    write(path, inside.astype(np.uint8), affine)
                elif role == "labels":
                    write(path, _renumbered(entry["lookup"]), affine)
                else:
                    _write_points(path, entry, n)
    _write_table(root, mapping.get("columns", {}))
    (root / "neolab.yaml").write_text(text)
    return root


def _renumbered(lookup: dict[str, int]) -> np.ndarray:
    tissue, labels = tissue_labels(), np.zeros(SHAPE, np.uint8)
    for name, value in lookup.items():
        labels[tissue == LOOKUP[name]] = value
    return labels


def _write_points(path: Path, entry: dict, n: int) -> None:
    affine = centred_affine() if entry.get("space") == "mm" else np.eye(4)
    centres = MICROBLEEDS if n < len(IDS) - 1 else ()
    rows = [",".join(f"{x:g}" for x in affine[:3, :3] @ centre + affine[:3, 3]) for centre in centres]
    path.write_text("\n".join([",".join(entry["columns"]), *rows]) + "\n")


def _write_table(root: Path, columns: dict) -> None:
    named = {key: source for key, source in columns.items() if key in VALUES}
    if named:
        lines = ["\t".join(["participant_id", *named.values()])]
        lines += ["\t".join([f"sub-{w}", *(str(VALUES[k](n)) for k in named)]) for n, w in enumerate(IDS)]
        (root / "participants.tsv").write_text("\n".join(lines) + "\n")
