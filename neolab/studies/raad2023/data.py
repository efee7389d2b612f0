"""The scans of the study as networks and baselines see them: cubes, and what is known of each voxel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.io.cohort import Cohort
from neolab.io.geometry import one_thread
from neolab.io.scans import scan_name
from neolab.io.splits import Fold
from neolab.io.volume import Volume
from neolab.learn.scans import prepared_scans
from neolab.metrics.voxelwise import dice
from neolab.studies.raad2023.atlas import simulated_atlas
from neolab.studies.raad2023.parameters import Raad2023Parameters
from neolab.studies.raad2023.preprocess import ARRAYS, KINDS, Reference, arrays_of, make_reference
from neolab.studies.raad2023.roles import ROLES, draw_roles
from neolab.studies.raad2023.truth import EXCESS_LABEL, lesion_names, shaped_scans, share_of, unusual_part

# What decides the arrays of a scan: the steps, and how files are read.
_CODE = ("neolab.studies.raad2023.preprocess", "neolab.io.voxels")


@dataclass(frozen=True)
class Data:
    """Prepared scans, read from the disk when they are looked at.

    Attributes
    ----------
    table : DataFrame
        One row a scan: ``participant_id``, ``session_id``, ``role``, ``label`` (1 abnormal), and
        ``extraction_dice`` with the folder's own brain mask where it has one.
    arrays : mapping of str to sequence of ndarray, (N, N, N)
        One array a scan under each name; see `neolab.studies.raad2023.preprocess.arrays_of`.
    lesion_names : mapping of int to str
    voxel_mm : float
        Side of a voxel of the cubes.
    shaped : frozenset of int
        Positions of the scans with a finding that changed the shape of the brain.
    reference : Reference or None
        The scan that all others were registered to.
    """

    table: pd.DataFrame
    arrays: Mapping[str, Sequence[np.ndarray]] = field(repr=False)
    lesion_names: Mapping[int, str]
    voxel_mm: float
    shaped: frozenset[int] = frozenset()
    reference: Reference | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def images(self) -> Sequence[np.ndarray]:
        """What is learnt from: one cube a scan, in [0, 1]."""
        return self.arrays["image"]

    @property
    def side(self) -> int:
        """Voxels along a side of a cube."""
        return self.images[0].shape[0]

    @property
    def fold(self) -> Fold:
        """The division of the study: training normals, and all other scans."""
        train = self.table["role"].to_numpy() == "train"
        return Fold(np.flatnonzero(train), np.flatnonzero(~train))

    def rows(self, *roles: str) -> np.ndarray:
        """Positions of the scans with one of these roles."""
        return np.flatnonzero(self.table["role"].isin(roles))

    def brain(self, row: int) -> np.ndarray:
        """Extracted brain of one scan, bool (N, N, N)."""
        return np.asarray(self.arrays["brain"][row]) > 0

    def fluid(self, row: int) -> np.ndarray:
        """Ventricles and outer fluid of one scan, bool (N, N, N)."""
        return np.asarray(self.arrays["fluid"][row]) > 0

    def lesions(self, row: int) -> np.ndarray:
        """Labels of the lesions of one scan, uint8 (N, N, N)."""
        labels = np.array(self.arrays["lesion"][row])
        if row in self.shaped:
            ventricles = np.asarray(self.arrays["ventricles"][row]) > 0
            excess = unusual_part(ventricles, self.ventricle_share, self.voxel_mm)
            labels[excess & (labels == 0)] = EXCESS_LABEL
        return labels

    @cached_property
    def ventricle_share(self) -> np.ndarray:
        """Share of the training normals that have lateral ventricle in each voxel, float32 (N, N, N)."""
        return share_of([self.arrays["ventricles"][row] for row in self.rows("train")])


def study_scans(cohort: Cohort, seed: int = 0) -> Cohort:
    """Return the scans that the study uses, with their ``role``.

    Scans that are neither normal nor abnormal are left out, as are all but the last scan of an infant. Where
    the folder gives no roles they are drawn; see `draw_roles`.

    Raises
    ------
    InputError
        If a role is left with fewer than two scans, or the folder's roles contradict its scores.
    """
    if "label" not in cohort.table:
        raise InputError("cohort: found no column of scores, expected which scans are normal and abnormal")
    cohort = cohort.select(cohort.table["label"].notna())
    cohort = cohort.select(_last_scans(cohort.table))
    if "role" not in cohort.table:
        cohort.table["role"] = draw_roles(cohort.table["label"].to_numpy(int), seed)
    wrong = (cohort.table["role"] == "test") != (cohort.table["label"] == 1)
    if wrong.any():
        row = cohort.table[wrong].iloc[0]
        raise InputError(
            f"{scan_name(row)}: found role {row['role']} and label {row['label']}, expected the role test "
            "for abnormal scans (1) and for no other"
        )
    counts = cohort.table["role"].value_counts()
    lacking = [role for role in ROLES if counts.get(role, 0) < 2]
    if lacking:
        raise InputError(f"cohort: found fewer than 2 scans for {' and '.join(lacking)}, expected at least 2")
    return cohort


def _last_scans(table: pd.DataFrame) -> np.ndarray:
    """Which scans are the last of their infants: by age at scan where it is known, else session 9 then 10."""
    known = ["postmenstrual_age_weeks"] if "postmenstrual_age_weeks" in table else []
    keys = table[["participant_id", *known]].assign(session=table["session_id"].str.zfill(20))
    ordered = keys.sort_values([*known, "session"], na_position="first", kind="stable")
    return ~ordered.duplicated("participant_id", keep="last").sort_index().to_numpy()


def load(cohort: Cohort, params: Raad2023Parameters, progress: bool = True) -> Data:
    """Prepare all scans, one a core, or take them from the cache.

    Parameters
    ----------
    cohort : Cohort
        From `study_scans`.
    params : Raad2023Parameters
        ``side`` is the side of the cubes in voxels.
    progress : bool
        Show a progress bar where someone watches.

    Raises
    ------
    InputError
        If a file cannot be read or is not what it should be; see `neolab.io.cohort.Cohort.read`.
    """
    # The first training normal is the reference, as in the author's code.
    first = int(np.flatnonzero(cohort.table["role"] == "train")[0])
    tissues = cohort.lookup("dseg") if cohort.has("dseg") else {}
    with one_thread():
        reference, code = _reference(cohort, first, params.side)
        arrays = prepared_scans(
            cohort,
            lambda row: arrays_of(_volumes(cohort, row), reference, tissues),
            study="raad2023",
            arrays=ARRAYS,
            kinds=KINDS,
            code=code,
            parameters={"side": params.side, "tissues": tissues},
            shared=[first],
            progress=progress,
        )
    table = cohort.table[["participant_id", "session_id", "role", "label"]]
    table = table.assign(extraction_dice=_extraction_dice(arrays))
    return Data(table, arrays, lesion_names(cohort), reference.voxel_mm, shaped_scans(cohort), reference)


def _volumes(cohort: Cohort, row: int) -> dict[str, Volume | None]:
    """All files of one scan; only its image must be there."""
    scan, *known = KINDS
    return {scan: cohort.read(row, scan), **{kind: cohort.find(row, kind) for kind in known}}


def _reference(cohort: Cohort, row: int, side: int) -> tuple[Reference, tuple[str, ...]]:
    """The reference, and the modules whose code decides it and the scans that are registered to it."""
    scan, mask = cohort.read(row, "T2w"), cohort.find(row, "brain_mask")
    if mask is not None:
        return make_reference(scan.image(), mask.onto(scan, "nearest").image(), side), _CODE
    reference = make_reference(scan.image(), None, side, simulated_atlas())
    return reference, (*_CODE, simulated_atlas.__module__)


def _extraction_dice(arrays: Mapping[str, Sequence[np.ndarray]]) -> list[float]:
    """Overlap of extracted and known brain on the cube; NaN where none is known."""
    pairs = zip(arrays["known_brain"], arrays["brain"], strict=True)
    return [dice(known, found) if known.any() else float("nan") for known, found in pairs]
