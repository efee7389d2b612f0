"""From a cohort's files to the network's input and to the simple measurements beside it, in one pass."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pandas as pd
import torch

from neolab.io.cohort import Cohort
from neolab.studies.gloresnet2026.baselines import tissue_volumes
from neolab.studies.gloresnet2026.preprocess import Variant, prepare

#: Names of the labels that count as brain and as ventricles, in the simulator's lookup and in Draw-EM's.
BRAIN = (
    "white_matter", "internal_capsule", "corpus_callosum", "cortex", "hippocampus_amygdala", "caudate",
    "putamen", "globus_pallidus", "subthalamic_nucleus", "thalamus", "brainstem", "cerebellar_white_matter",
    "cerebellar_cortex", "cerebellum", "deep_grey_matter",
)  # fmt: skip
VENTRICLES = ("lateral_ventricles", "third_ventricle", "fourth_ventricle", "ventricles")


@dataclass
class Prepared:
    """What the networks and the simple classifiers see.

    Attributes
    ----------
    volumes : torch.Tensor
        (n, 1, side, side, side), standardised; the first spatial axis runs from left to right.
    measures : DataFrame
        One row a scan: ``mean_intensity`` (of the brain, in the units of the file) and, where there is a
        label map, ``brain_ml`` and ``ventricles_ml``.
    """

    volumes: torch.Tensor
    measures: pd.DataFrame


def prepare_cohort(cohort: Cohort, side: int, variant: Variant = "paper", threads: int = 2) -> Prepared:
    """Read every scan once.

    Parameters
    ----------
    cohort : Cohort
        With ``T2w``; ``brain_mask`` and ``dseg`` are used where there are any.
    side : int
        Voxels along a side of the cube.
    variant : {"paper", "code", "crop"}
        See `neolab.studies.gloresnet2026.preprocess.prepare`.
    threads : int
        Scans read at a time.
    """
    with ThreadPoolExecutor(threads) as pool:
        rows = list(pool.map(lambda row: _one_scan(cohort, row, side, variant), range(len(cohort))))
    volumes = torch.from_numpy(np.stack([cube for cube, _ in rows])[:, None])
    return Prepared(volumes, pd.DataFrame([measures for _, measures in rows]))


def upright(image: "nib.Nifti1Image") -> "nib.Nifti1Image":
    """Turn an image to RAS+, so that mirroring along its first axis swaps left and right."""
    return nib.as_closest_canonical(image)


def oriented(cohort: Cohort, row: int, kind: str) -> np.ndarray:
    """Voxels of one scan's image in RAS+ order, (X, Y, Z)."""
    return np.asanyarray(upright(cohort.image(row, kind)).dataobj)


def resized_mask(mask: np.ndarray, side: int) -> np.ndarray:
    """Resample a mask as `prepare` resamples an image, (side, side, side) of bool."""
    from scipy import ndimage

    factors = [side / n for n in mask.shape]
    return ndimage.zoom(mask.astype(np.float32), factors, order=1, mode="nearest", grid_mode=True) > 0.25


def _one_scan(cohort: Cohort, row: int, side: int, variant: Variant) -> tuple[np.ndarray, dict]:
    volume = oriented(cohort, row, "T2w").astype(np.float32)
    there = cohort.table.iloc[row]
    brain = oriented(cohort, row, "brain_mask") > 0 if there.get("brain_mask") else None
    measures = {"mean_intensity": float(volume[brain].mean() if brain is not None else volume.mean())}
    if there.get("dseg"):
        measures |= _volumes_ml(cohort, row)
    return prepare(volume, side, variant, brain), measures


def _volumes_ml(cohort: Cohort, row: int) -> dict[str, float]:
    lookup = cohort.lookup("dseg")
    image = cohort.image(row, "dseg")
    voxel_ml = abs(float(np.linalg.det(image.affine[:3, :3]))) / 1000
    return tissue_volumes(
        cohort.labels(row, "dseg"),
        voxel_ml,
        {"brain": _ids(lookup, BRAIN), "ventricles": _ids(lookup, VENTRICLES)},
    )


def _ids(lookup: dict[str, int], names: Sequence[str]) -> tuple[int, ...]:
    return tuple(lookup[name] for name in names if name in lookup)
