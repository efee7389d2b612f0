"""The prepared scans of a cohort, kept in a cache whose names say what made them."""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

from neolab.cache import cache_folder, files_hash, write_whole
from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.geometry import one_thread
from neolab.io.headers import content_checksum
from neolab.machine import one_job_a_core
from neolab.metrics.detection import label_components
from neolab.simulate.lesions.record import SHAPED
from neolab.studies.raad2023 import preprocess
from neolab.studies.raad2023.preprocess import Reference, carry_lesions, carry_mask, make_reference, prepare

ROLES = ("train", "validation", "test")
# 9 of the 89 normals were held out (Methods, "Data description").
HELD_OUT_SHARE = 9 / 89
FLUID = (
    "lateral_ventricles", "third_ventricle", "fourth_ventricle", "csf", "ventricles", "extra_axial_csf",
)  # fmt: skip
LATERAL = ("lateral_ventricles", "ventricles")
_LABEL_KINDS = ("brain_mask", "dseg", "lesions_dseg")

# Findings of shape have no mask of their own: theirs is the part of the lateral ventricles where at most
# this share of the training normals have ventricle, in pieces of a size that one can see (design values).
UNUSUAL_SHARE, PIECE_ML = 0.05, 0.1
EXCESS_VENTRICLE, EXCESS_LABEL = "ventricle_where_normals_have_none", 255


@dataclass(frozen=True)
class Dataset:
    """Prepared scans, read from the disk when they are looked at.

    Attributes
    ----------
    images : list of array
        float16 (N, N, N) in [0, 1], one a scan; half precision is a step of at most 0.0005.
    labels : list of array
        uint8 (5, N, N, N): extracted brain, fluid spaces, label of the lesion (0 for none), the folder's own
        brain, lateral ventricles.
    table : DataFrame
        One row a scan: ``participant_id``, ``session_id``, ``role``, ``label`` (1 abnormal), and
        ``extraction_dice`` with the folder's own brain mask where it has one.
    lesion_names : dict of int to str
    voxel_mm : float
    shaped : frozenset of int
        Positions of the scans with a finding that changed the shape of the brain.
    """

    images: list[np.ndarray]
    labels: list[np.ndarray]
    table: pd.DataFrame
    lesion_names: dict[int, str]
    voxel_mm: float
    shaped: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def side(self) -> int:
        """Voxels along a side of a cube."""
        return self.images[0].shape[0]

    def rows(self, *roles: str) -> np.ndarray:
        """Positions of the scans with one of these roles."""
        return np.flatnonzero(self.table["role"].isin(roles))

    def part(self, *roles: str) -> list[np.ndarray]:
        """Images of the scans with one of these roles."""
        return [self.images[i] for i in self.rows(*roles)]

    def brain(self, row: int) -> np.ndarray:
        """Extracted brain of one scan, bool (N, N, N)."""
        return np.asarray(self.labels[row][0]) > 0

    def fluid(self, row: int) -> np.ndarray:
        """Ventricles and outer fluid of one scan, bool (N, N, N)."""
        return np.asarray(self.labels[row][1]) > 0

    def lesions(self, row: int) -> np.ndarray:
        """Labels of the lesions of one scan, uint8 (N, N, N)."""
        painted = np.array(self.labels[row][2])
        if row in self.shaped:
            ventricles = np.asarray(self.labels[row][4]) > 0
            excess = unusual_part(ventricles, self.ventricle_share, self.voxel_mm)
            painted[excess & (painted == 0)] = EXCESS_LABEL
        return painted

    def cut_away(self, *roles: str) -> pd.Series:
        """Share of the voxels of each kind of lesion that the brain extraction removed, largest first."""
        voxels, removed = pd.Series(dtype=float), pd.Series(dtype=float)
        for row in self.rows(*roles):
            lesions, outside = self.lesions(row), ~self.brain(row)
            for label in np.unique(lesions[lesions > 0]):
                kind, there = self.lesion_names[int(label)], lesions == label
                voxels[kind] = voxels.get(kind, 0) + there.sum()
                removed[kind] = removed.get(kind, 0) + (there & outside).sum()
        return (removed / voxels).sort_values(ascending=False)

    @cached_property
    def ventricle_share(self) -> np.ndarray:
        """Share of the training normals that have lateral ventricle in each voxel, float32 (N, N, N)."""
        rows = self.rows("train")
        total = np.zeros(self.images[0].shape, np.float32)
        for row in rows:
            total += np.asarray(self.labels[row][4]) > 0
        return total / len(rows)


def unusual_part(ventricles: np.ndarray, usual_share: np.ndarray, voxel_mm: float) -> np.ndarray:
    """Voxels of the ventricles where hardly any normal scan has them, bool (N, N, N); specks are left out."""
    pieces, _ = label_components(ventricles & (usual_share <= UNUSUAL_SHARE))
    large = np.bincount(pieces.ravel()) * voxel_mm**3 >= 1000 * PIECE_ML
    large[0] = False
    return large[pieces]


def study_scans(cohort: Cohort, seed: int = 0) -> Cohort:
    """Return the scans that the study uses, with their ``role``.

    Scans that are neither normal nor abnormal are left out, as are all but the last scan of an infant. Where
    the folder gives no roles, abnormal scans are the test set and a tenth of the normals is held out at
    random (9 of 89, as in the paper).

    Raises
    ------
    InputError
        If a role is left without scans.
    """
    if "label" not in cohort.table:
        raise InputError("cohort: found no column of scores, expected which scans are normal and abnormal")
    cohort = cohort.select(cohort.table["label"].notna())
    last = ~cohort.table.sort_values("session_id").duplicated("participant_id", keep="last").sort_index()
    cohort = cohort.select(last.to_numpy())
    if "role" not in cohort.table:
        cohort.table["role"] = draw_roles(cohort.table["label"].to_numpy(int), seed)
    counts = cohort.table["role"].value_counts()
    lacking = [role for role in ROLES if counts.get(role, 0) < 2]
    if lacking:
        raise InputError(f"cohort: found fewer than 2 scans for {' and '.join(lacking)}, expected at least 2")
    return cohort


def draw_roles(label: np.ndarray, seed: int) -> np.ndarray:
    """Abnormal scans (1) are for the test; of the normals a tenth is held out."""
    roles = np.where(label == 1, "test", "train").astype(object)
    normals = np.flatnonzero(label == 0)
    n_held_out = max(2, round(HELD_OUT_SHARE * len(normals)))
    roles[np.random.default_rng([seed, 2023]).permutation(normals)[:n_held_out]] = "validation"
    return roles


def reference_row(cohort: Cohort) -> int:
    """Position of the reference: the first normal training scan, as in the author's code."""
    return int(np.flatnonzero(cohort.table["role"] == "train")[0])


def reference_of(cohort: Cohort, side: int) -> Reference:
    """Prepare the cohort's reference scan for cubes of ``side`` voxels."""
    row = reference_row(cohort)
    mask = cohort.image(row, "brain_mask") if cohort.table.get("brain_mask", {}).get(row) else None
    return make_reference(cohort.image(row, "T2w"), mask, side)


def prepare_cohort(cohort: Cohort, side: int, on_scan=lambda: None) -> Dataset:
    """Prepare all scans, or take them from the cache.

    Parameters
    ----------
    cohort : Cohort
        From `study_scans`.
    side : int
        Voxels along a side of the cubes.
    on_scan : callable
        Called after each scan, for a progress bar.
    """
    files = _CacheFiles(cohort, side)
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        reference = reference_of(cohort, side)
        pool = stack.enter_context(one_job_a_core())
        dice = []
        for value in pool.map(lambda row: _one_scan(cohort, row, reference, files), range(len(cohort))):
            dice.append(value)
            on_scan()
    columns = ["participant_id", "session_id", "role", "label"]
    table = cohort.table[columns].assign(extraction_dice=dice)
    names = {v: k for k, v in (cohort.lookup("lesions_dseg") if cohort.has("lesions_dseg") else {}).items()}
    names[EXCESS_LABEL] = EXCESS_VENTRICLE
    images, labels = ([np.load(p, mmap_mode="r") for p in paths] for paths in (files.images, files.labels))
    return Dataset(images, labels, table, names, reference.voxel_mm, shaped_scans(cohort))


def shaped_scans(cohort: Cohort) -> frozenset[int]:
    """Positions of the scans whose ground truth names a finding of shape; none without ground truth."""
    if not cohort.has("lesions_dseg"):
        return frozenset()
    truth = cohort.truth_table("lesions")
    ids = truth.loc[truth["kind"].isin(SHAPED), "participant_id"].str.removeprefix("sub-")
    return frozenset(np.flatnonzero(cohort.table["participant_id"].isin(ids)).tolist())


class _CacheFiles:
    """Two files a scan, named after the content of what they are made from and the code that makes them."""

    def __init__(self, cohort: Cohort, side: int):
        folder = cache_folder() / "raad2023"
        folder.mkdir(exist_ok=True)
        io = Path(preprocess.__file__).parents[2] / "io"
        modules = ("preprocess", "brain_extraction", "geometry", "intensity", "registration", "resample")
        code = files_hash([Path(preprocess.__file__), Path(__file__), *(io / f"{m}.py" for m in modules)])
        reference = _content(cohort, reference_row(cohort))
        stems = []
        for row in range(len(cohort)):
            made_from = [code, reference, _content(cohort, row), str(side)]
            stems.append(folder / hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:24])
        self.images = [Path(f"{stem}_image.npy") for stem in stems]
        self.labels = [Path(f"{stem}_labels.npy") for stem in stems]


def _content(cohort: Cohort, row: int) -> str:
    kinds = [k for k in ("T2w", *_LABEL_KINDS) if k in cohort.table and cohort.table[k].iloc[row]]
    return " ".join(f"{kind} {content_checksum(cohort.path(row, kind))}" for kind in kinds)


def _one_scan(cohort: Cohort, row: int, reference: Reference, files: _CacheFiles) -> float:
    """Prepare one scan unless the cache has it; return the Dice coefficient of its brain extraction."""
    if not (files.images[row].is_file() and files.labels[row].is_file()):
        prepared = prepare(cohort.image(row, "T2w"), reference)
        cube = np.asarray(prepared.steps["scaled"].dataobj, np.float16)
        labels = _labels(cohort, row, prepared, reference)
        write_whole(files.labels[row], lambda path: np.save(path, labels))
        write_whole(files.images[row], lambda path: np.save(path, cube))
    return extraction_dice(cohort, row, np.load(files.labels[row], mmap_mode="r"))


def extraction_dice(cohort: Cohort, row: int, labels: np.ndarray) -> float:
    """Overlap of the extracted with the folder's own brain, both on the cube; NaN where there is none."""
    from neolab.metrics.voxelwise import dice

    return dice(labels[3], labels[0]) if labels[3].any() else float("nan")


def _labels(cohort: Cohort, row: int, prepared, reference: Reference) -> np.ndarray:
    """Maps of one scan on the cube, uint8 (5, N, N, N); see `Dataset`."""
    there = [k for k in _LABEL_KINDS if k in cohort.table and cohort.table[k].iloc[row]]
    maps = np.zeros((5, *reference.cube.shape), np.uint8)
    maps[0] = carry_mask(prepared.mask, prepared, reference)
    if "dseg" in there:
        for position, tissues in ((1, FLUID), (4, LATERAL)):
            maps[position] = carry_mask(_tissues(cohort, row, tissues), prepared, reference)
    if "lesions_dseg" in there:
        maps[2] = carry_lesions(cohort.image(row, "lesions_dseg"), prepared, reference)
    if "brain_mask" in there:
        maps[3] = carry_mask(cohort.image(row, "brain_mask"), prepared, reference)
    return maps


def _tissues(cohort: Cohort, row: int, names: Sequence[str]) -> nib.Nifti1Image:
    """Mask of the tissues of one scan that have one of these names."""
    lookup = cohort.lookup("dseg")
    there = np.isin(cohort.labels(row), [lookup[name] for name in names if name in lookup])
    return nib.Nifti1Image(there.astype(np.uint8), cohort.image(row, "dseg").affine)
