"""Tiny heads of known volume, size and signal, and folders of them written as people have them."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import yaml

LOOKUP = {"white_matter": 1, "globus_pallidus": 2, "subthalamic_nucleus": 3, "cortex": 4}
T1_SIGNAL = {0: 5, 1: 100, 2: 140, 3: 130, 4: 70}
T2_SIGNAL = {0: 5, 1: 200, 2: 120, 3: 130, 4: 150}
SHAPE, VOXEL_MM = (48, 60, 32), (2.0, 2.0, 2.0)
#: Every order and direction in which three axes can be stored, as nibabel writes them ("RAS", "PIL", ...).
ORDERS = [
    "".join(pair[way] for pair, way in zip(axes, ways, strict=True))
    for axes in permutations(("RL", "AP", "SI"))
    for ways in product((0, 1), repeat=3)
]


def tissue_labels(shape=SHAPE, voxel_mm=VOXEL_MM) -> np.ndarray:
    """Labels of a head whose structures are given in mm about the middle of the grid, uint8 (X, Y, Z)."""
    x, y, z = (
        (g - (n - 1) / 2) * v for g, n, v in zip(np.indices(shape, float), shape, voxel_mm, strict=True)
    )
    labels = np.zeros(shape, np.uint8)
    labels[(x / 40) ** 2 + (y / 52) ** 2 + (z / 26) ** 2 <= 1] = LOOKUP["cortex"]
    labels[(x / 35) ** 2 + (y / 46) ** 2 + (z / 21) ** 2 <= 1] = LOOKUP["white_matter"]
    labels[(np.abs(np.abs(x) - 20) <= 5) & (np.abs(y) <= 9) & (np.abs(z + 5) <= 5)] = 2
    labels[(np.abs(np.abs(x) - 10) <= 3) & (np.abs(y + 12) <= 4) & (np.abs(z + 5) <= 3)] = 3
    # Something on one side only, so that a head turned the wrong way is another head.
    labels[(np.abs(x - 24) <= 4) & (np.abs(y - 20) <= 6) & (np.abs(z - 6) <= 4)] = LOOKUP["cortex"]
    return labels


def image_of(labels: np.ndarray, signal: dict[int, float], seed: int = 0) -> np.ndarray:
    """Signal of each tissue with a little noise, int16."""
    values = np.zeros(256)
    values[list(signal)] = list(signal.values())
    noise = np.random.default_rng(seed).standard_normal(labels.shape)
    return np.clip(np.rint(values[labels] + noise), 0, 4000).astype(np.int16)


def centred_affine(shape=SHAPE, voxel_mm=VOXEL_MM) -> np.ndarray:
    """RAS affine of a grid whose middle is the origin."""
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


def stored_as(data: np.ndarray, affine: np.ndarray, order: str) -> tuple[np.ndarray, np.ndarray]:
    """The same head in the same place with its axes stored in another order, such as ``"PIL"``."""
    here = nib.orientations.io_orientation(affine)
    turn = nib.orientations.ornt_transform(here, nib.orientations.axcodes2ornt(order))
    turned = nib.orientations.apply_orientation(data, turn)
    return turned, affine @ nib.orientations.inv_ornt_aff(turn, data.shape)


@dataclass
class Codes:
    """What is written into a header beside or in place of the usual."""

    sform: int = 1
    qform: int = 1
    raw: dict[str, object] = field(default_factory=dict)


def write(path: Path, data: np.ndarray, affine: np.ndarray, codes: Codes | None = None) -> Path:
    """Write a NIfTI file with full control of its header."""
    codes = codes or Codes()
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(data, affine, dtype=data.dtype)
    image.set_sform(affine, code=codes.sform)
    image.set_qform(affine, code=codes.qform)
    header = image.header
    header.set_xyzt_units("mm", "sec")
    header["vox_offset"], header["magic"] = 352, b"n+1"
    header["scl_slope"], header["scl_inter"] = 1.0, 0.0
    for name, value in codes.raw.items():
        header[name] = value
    raw = header.binaryblock + b"\0\0\0\0" + np.asarray(data).tobytes(order="F")
    path.write_bytes(gzip.compress(raw, 1, mtime=0) if path.suffix == ".gz" else raw)
    return path


Writer = Callable[[Path, np.ndarray, np.ndarray], object]

WU_MAPPING = {
    "study": "wu2021",
    "result_class": "real",
    "columns": {"label": "diagnosis", "positive": ["ABE"], "negative": ["HB"]},
    "images": {"T1w": {"suffix": "T1w"}},
    "labels": {"dseg": {"suffix": "dseg", "folder": "derivatives/manual", "lookup": LOOKUP}},
}


def wu_folder(root: Path, n: int = 4, image: Writer = write, labels: Writer = write) -> Path:
    """A hospital's folder: T1w and label maps of infants with and without ABE.

    The pallidum has 1.45 times the signal of white matter in the odd infants (ABE), else 1.30.
    """
    tissue, affine = tissue_labels(), centred_affine()
    rows = ["participant_id\tdiagnosis\tage_days"]
    for number in range(n):
        name, ill = f"sub-{number + 1:02d}", number % 2 == 1
        t1w = image_of(tissue, T1_SIGNAL | {2: 145 if ill else 130}, number)
        image(root / name / "anat" / f"{name}_T1w.nii.gz", t1w, affine)
        labels(root / "derivatives" / "manual" / name / "anat" / f"{name}_dseg.nii.gz", tissue, affine)
        rows.append(f"{name}\t{'ABE' if ill else 'HB'}\t{3 + number}")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    (root / "neolab.yaml").write_text(yaml.safe_dump(WU_MAPPING))
    return root
