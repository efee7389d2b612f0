"""From a cohort's files to the network's input, and to what else is known of each infant, in one pass.

Preprocessing: the paper (Eq. 3-4) and the authors' code (``src/dataset.py``, commit c6c4517) differ in two
things. The paper says that the brain was extracted, the code reads the whole image; and they place the
samples differently.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from neolab.errors import InputError
from neolab.io.cohort import TRUTH_TABLES, Cohort
from neolab.io.scans import scan_name
from neolab.io.splits import smallest_class
from neolab.io.volume import Volume
from neolab.machine import one_job_a_core
from neolab.studies.gloresnet2026.errors import main_findings
from neolab.studies.gloresnet2026.parameters import Gloresnet2026Parameters

Variant = Literal["paper", "code", "crop"]
EPSILON = 1e-8

#: The dHCP's own columns, which the simulated folder has too -> their names here.
RENAMED = {
    "birth_age": "birth_age_weeks",
    "birth_weight": "birth_weight_kg",
    "scan_age": "postmenstrual_age_weeks",
    "latent_motion": "motion",
}

#: Names of the labels that count as brain and as ventricles, in the simulator's lookup and in Draw-EM's.
TISSUES = {
    "brain": (
        "white_matter", "internal_capsule", "corpus_callosum", "cortex", "hippocampus_amygdala", "caudate",
        "putamen", "globus_pallidus", "subthalamic_nucleus", "thalamus", "brainstem",
        "cerebellar_white_matter", "cerebellar_cortex", "cerebellum", "deep_grey_matter",
    ),
    "ventricles": ("lateral_ventricles", "third_ventricle", "fourth_ventricle", "ventricles"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Data:
    """What the networks and the simple classifiers see.

    Attributes
    ----------
    cohort : Cohort
        The scans with a label; row i is row i of ``table``.
    table : DataFrame
        One row a scan: ``participant_id``, ``session_id``, ``label`` (1 injury), ``group`` (``injury``,
        ``normal``), ``radiology_score`` (missing where the folder has none) and ``mean_intensity`` of the
        brain in the units of the file. Where the folder knows: ``sex``, ``birth_age_weeks``,
        ``birth_weight_kg``, ``postmenstrual_age_weeks``; ``brain_ml`` and ``ventricles_ml``; ``finding`` (the
        most conspicuous) and ``motion`` (0 to 1).
    volumes : Tensor
        (n, 1, side, side, side), standardised; the first spatial axis runs from left to right.
    n_unlabelled : int
        Scans that were left out because their score says nothing.
    """

    cohort: Cohort
    table: pd.DataFrame
    volumes: Tensor
    n_unlabelled: int = 0

    @property
    def labels(self) -> np.ndarray:
        """1 for injury, (n,)."""
        return self.table["label"].to_numpy(int)

    @property
    def majority(self) -> float:
        """Share of the larger group: the accuracy of always naming it."""
        share = float(self.labels.mean())
        return max(share, 1 - share)


def load(
    cohort: Cohort, params: Gloresnet2026Parameters, progress: bool = True, variant: Variant | None = None
) -> Data:
    """Read every labelled scan once.

    Parameters
    ----------
    cohort : Cohort
        With ``T2w``; ``brain_mask`` and ``dseg`` are used where there are any, whatever their grid.
    params : Gloresnet2026Parameters
    progress : bool
        Show it where someone watches.
    variant : {"paper", "code", "crop"}, optional
        See `prepare`; ``params.preprocessing`` by default.

    Raises
    ------
    InputError
        Before anything is read, if there are fewer infants with or without injury than folds; then if a file
        cannot be read, holds a voxel that is not finite, or a brain mask is empty.
    """
    from tqdm.auto import tqdm

    _require_both_groups(cohort, params.n_folds)
    labelled = cohort.table["label"].notna().to_numpy()
    kept = cohort.select(labelled)
    variant = variant or params.preprocessing
    with one_job_a_core() as pool:
        done = pool.map(lambda row: _one_scan(kept, row, params.side, variant), range(len(kept)))
        rows = list(tqdm(done, total=len(kept), desc="scans", disable=None if progress else True))
    volumes = torch.from_numpy(np.stack([cube for cube, _ in rows])[:, None])
    measures = pd.DataFrame([measured for _, measured in rows])
    return Data(kept, pd.concat([_known(kept), measures], axis=1), volumes, int((~labelled).sum()))


def _require_both_groups(cohort: Cohort, n_folds: int) -> None:
    if "label" not in cohort.table:
        raise InputError(
            "cohort: found no column of scores, expected which infants are injured and which not"
        )
    fewest = smallest_class(cohort.table)
    if fewest < n_folds:
        raise InputError(
            f"cohort: found {fewest} infants in the smaller group (injury, normal), expected at least "
            f"{n_folds}, one a fold"
        )


def _one_scan(cohort: Cohort, row: int, side: int, variant: Variant) -> tuple[np.ndarray, dict[str, float]]:
    image = cohort.read(row, "T2w")
    brain = brain_of(cohort, row, image)
    measured = {"mean_intensity": float(np.mean(image.data, where=True if brain is None else brain))}
    tissues = cohort.find(row, "dseg")
    if tissues is not None:
        measured |= tissue_volumes(tissues, cohort.lookup("dseg"))
    return prepare(image.data, side, variant, brain), measured


def both_cubes(data: Data, row: int) -> tuple[Volume, dict[str, np.ndarray], dict[str, float]]:
    """One scan, the cube of each variant, and the mean of each cube over the brain ({} without a mask)."""
    image, side = data.cohort.read(row, "T2w"), data.volumes.shape[-1]
    brain = brain_of(data.cohort, row, image)
    cubes = {name: prepare(image.data, side, name, brain) for name in ("paper", "code")}
    if brain is None:
        return image, cubes, {}
    inside = resample(brain.astype(np.float32), side, "code") > 0.5
    return image, cubes, {name: float(cube[inside].mean()) for name, cube in cubes.items()}


def brain_of(cohort: Cohort, row: int, image: Volume) -> np.ndarray | None:
    """Voxels of the brain on the grid of the image, (X, Y, Z) of bool; None where there is no mask."""
    mask = cohort.find(row, "brain_mask")
    if mask is None:
        return None
    brain = mask.onto(image, "nearest").data
    if not brain.any():
        raise InputError(f"{scan_name(cohort.table.iloc[row])}: found an empty brain_mask, expected a brain")
    return brain


def _known(cohort: Cohort) -> pd.DataFrame:
    """What the folder's tables say of each scan, under this study's names."""
    table = cohort.table.rename(columns={old: new for old, new in RENAMED.items() if new not in cohort.table})
    wanted = ["participant_id", "session_id", "label", "sex", *RENAMED.values()]
    known = table[[name for name in wanted if name in table]].copy()
    known["label"] = known["label"].astype(int)
    known["group"] = np.where(known["label"] == 1, "injury", "normal")
    scores = table.get("radiology_score", pd.Series(pd.NA, table.index))
    scores = pd.to_numeric(scores, errors="coerce")
    known["radiology_score"] = scores.where(scores % 1 == 0).astype("Int64")
    if (cohort.root / TRUTH_TABLES / "lesions.tsv").is_file():
        known["finding"] = main_findings(cohort.truth_table("lesions"), known)
    return known


def tissue_volumes(labels: Volume, lookup: dict[str, int]) -> dict[str, float]:
    """Volume of brain and ventricles in millilitres, by the size of the label map's own voxels.

    Parameters
    ----------
    labels : Volume
        Whole numbers.
    lookup : dict of str to int
        Name of a label -> its number.

    Returns
    -------
    dict of str to float
        ``brain_ml`` and ``ventricles_ml``.
    """
    ids = {group: [lookup[name] for name in names if name in lookup] for group, names in TISSUES.items()}
    return {
        f"{group}_ml": float(np.isin(labels.data, numbers).sum() * labels.voxel_ml)
        for group, numbers in ids.items()
    }


def prepare(
    volume: np.ndarray, side: int = 128, variant: Variant = "paper", brain: np.ndarray | None = None
) -> np.ndarray:
    """Resample a volume to a cube and standardise it.

    Parameters
    ----------
    volume : array, shape (X, Y, Z)
        Intensities. The anatomy is stretched: the aspect ratio is not kept, in either variant.
    side : int
        Voxels along each axis of the result.
    variant : {"paper", "code", "crop"}
        ``"paper"`` sets voxels outside ``brain`` to zero first and samples at voxel centres (the two grids
        share their outer faces). ``"code"`` ignores the mask and samples as `scipy.ndimage.zoom` does (the
        two grids share their outermost voxel centres). ``"crop"`` is the ablation without the global resize:
        the middle ``side`` voxels along each axis, as they are.
    brain : array of bool, shape (X, Y, Z), optional
        Needed by ``"paper"`` when the skull is still there.

    Returns
    -------
    array of float32, shape (side, side, side)
        Mean 0, standard deviation 1 over all voxels, background included; all 0 for a constant volume.
    """
    volume = np.asarray(volume, dtype=np.float32)
    if variant != "code" and brain is not None:
        volume = np.where(brain, volume, np.float32(0))
    cube = centre_crop(volume, side) if variant == "crop" else resample(volume, side, variant)
    spread = cube.std()
    if spread == 0:
        return np.zeros_like(cube)
    return (cube - cube.mean()) / (spread + (EPSILON if variant == "paper" else 0))


def resample(volume: np.ndarray, side: int, variant: Variant = "paper") -> np.ndarray:
    """Interpolate linearly on a cube of ``side`` voxels; see `prepare`."""
    from scipy import ndimage

    factors = [side / n for n in volume.shape]
    faces = variant == "paper"
    return ndimage.zoom(volume, factors, order=1, mode="nearest" if faces else "constant", grid_mode=faces)


def centre_crop(volume: np.ndarray, side: int) -> np.ndarray:
    """Cut the middle ``side`` voxels along each axis; a shorter axis is filled up with zeros."""
    taken = tuple(slice(max(0, (n - side) // 2), max(0, (n - side) // 2) + side) for n in volume.shape)
    cut = volume[taken]
    return np.pad(cut, [((side - n) // 2, side - n - (side - n) // 2) for n in cut.shape])
