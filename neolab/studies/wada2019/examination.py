"""From whole volumes to the ten slices of the network, and what a ruler reads off the same scan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neolab.errors import InputError
from neolab.studies.wada2019.levels import find_levels, levels_by_height, picture
from neolab.studies.wada2019.network import CONTRASTS, IMAGE_SIZE, LEVELS

if TYPE_CHECKING:
    from neolab.io.cohort import Cohort

#: Side of the crop that keeps brain size: a little more than the longest brain of a two-year-old.
FIXED_SCALE_MM = 180.0
FLUID = ("lateral_ventricles", "third_ventricle", "fourth_ventricle", "csf")
WHITE = ("white_matter", "internal_capsule", "corpus_callosum", "cerebellar_white_matter")
GREY = ("cortex", "cerebellar_cortex")


@dataclass(frozen=True)
class Volumes:
    """One infant's scans on one grid, axes to the patient's right, front and head (RAS+).

    Attributes
    ----------
    images : tuple of ndarray, (X, Y, Z)
        T1w and T2w.
    brain : ndarray of bool, (X, Y, Z)
    voxel_mm : tuple of float
    labels : ndarray of int, (X, Y, Z), optional
        Tissues; without them levels are placed by height.
    lookup : mapping of str to int
        Tissue name -> label.
    """

    images: tuple[np.ndarray, np.ndarray]
    brain: np.ndarray
    voxel_mm: tuple[float, float, float]
    labels: np.ndarray | None
    lookup: Mapping[str, int]

    def levels(self) -> dict[str, int]:
        """Level -> axial slice."""
        if self.labels is None:
            return levels_by_height(self.brain)
        return find_levels(self.labels, self.lookup)

    def mask(self, tissues: tuple[str, ...]) -> np.ndarray:
        """Where one of the tissues is, (X, Y, Z)."""
        return np.isin(self.labels, [self.lookup[name] for name in tissues if name in self.lookup])

    def slices(self, levels: Mapping[str, int]) -> np.ndarray:
        """Signal at the levels, (2 contrasts, 5 levels, X, Y)."""
        return np.stack([np.moveaxis(image[:, :, list(levels.values())], 2, 0) for image in self.images])

    def brain_volume_ml(self) -> float:
        """Volume of the brain, without its fluid where the labels tell fluid from brain."""
        brain = self.brain if self.labels is None else self.brain & ~self.mask(FLUID)
        return float(brain.sum() * np.prod(self.voxel_mm) / 1000)

    def pictures(
        self, levels: Mapping[str, int], size: int = IMAGE_SIZE, scale_mm: float | None = None
    ) -> np.ndarray:
        """What the network sees: float32 (2 contrasts, 5 levels, size, size), see `levels.picture`."""
        cut = [
            picture(image[:, :, z], self.brain[:, :, z], size, scale_mm, self.voxel_mm[0])
            for image in self.images
            for z in levels.values()
        ]
        return np.stack(cut).reshape(len(CONTRASTS), len(levels), size, size)

    def ratios(self, levels: Mapping[str, int]) -> dict[str, float]:
        """Mean signal of white over grey matter by contrast and level; NaN where one of them is absent."""
        if self.labels is None:
            return {}
        white, grey = self.mask(WHITE), self.mask(GREY)
        return {
            f"{contrast} {name}": _mean(image[:, :, z], white[:, :, z]) / _mean(image[:, :, z], grey[:, :, z])
            for contrast, image in zip(CONTRASTS, self.images, strict=True)
            for name, z in levels.items()
        }


@dataclass
class Examination:
    """What the study needs of every scan; entry i belongs to row i of the cohort's table.

    Attributes
    ----------
    images : ndarray of float32, (n, 2, 5, S, S)
        Cropped to the brain slice by slice, so that its size is lost.
    images_to_scale : ndarray of float32, (n, 2, 5, S, S)
        The same slices at one scale for all infants.
    images_by_height : ndarray of float32, (n, 2, 5, S, S)
        As ``images``, of levels placed by the brain's height alone, without tissue labels.
    levels, levels_by_height : DataFrame
        One column a level: axial slice found from anatomy, and from height.
    brain_volume_ml : ndarray, (n,)
    ratios : DataFrame
        Mean white over grey signal, one column a contrast and level; no column without tissue labels.
    """

    images: np.ndarray
    images_to_scale: np.ndarray
    images_by_height: np.ndarray
    levels: pd.DataFrame
    levels_by_height: pd.DataFrame
    brain_volume_ml: np.ndarray
    ratios: pd.DataFrame


def examine(cohort: "Cohort", image_size: int = IMAGE_SIZE, progress: bool = False) -> Examination:
    """Read every scan of a cohort once.

    Parameters
    ----------
    cohort : Cohort
        With ``T1w`` and ``T2w``, and ``dseg`` or ``brain_mask`` or both.
    image_size : int
        Side of the network's pictures in pixels.
    progress : bool

    Raises
    ------
    InputError
        If the folder tells neither tissues nor the brain.
    """
    from tqdm.auto import tqdm

    parts = []
    for i in tqdm(range(len(cohort)), desc="scans", disable=not progress):
        volumes = read_volumes(cohort, i)
        levels, by_height = volumes.levels(), levels_by_height(volumes.brain)
        parts.append(
            (
                volumes.pictures(levels, image_size),
                volumes.pictures(levels, image_size, FIXED_SCALE_MM),
                volumes.pictures(by_height, image_size),
                levels,
                by_height,
                volumes.brain_volume_ml(),
                volumes.ratios(levels),
            )
        )
    images, to_scale, at_height, levels, by_height, volume, ratios = zip(*parts, strict=True)
    return Examination(
        np.stack(images),
        np.stack(to_scale),
        np.stack(at_height),
        pd.DataFrame(levels, columns=LEVELS),
        pd.DataFrame(by_height, columns=LEVELS),
        np.array(volume),
        pd.DataFrame(ratios, index=range(len(ratios))),
    )


def read_volumes(cohort: "Cohort", row: int) -> Volumes:
    """Read one infant's scans; T2w, labels and mask are brought to the grid of T1w where they have another.

    Raises
    ------
    InputError
        If the scan has neither a label map nor a brain mask.
    """
    from neolab.io.geometry import canonical

    entry = cohort.table.iloc[row]
    t1 = canonical(cohort.image(row, "T1w"))
    t2 = np.asanyarray(_onto(cohort.image(row, "T2w"), t1, "linear").dataobj)
    there = {kind: bool(entry.get(kind, "")) for kind in ("dseg", "brain_mask")}
    found = {
        kind: np.asanyarray(_onto(cohort.image(row, kind), t1, "nearest").dataobj)
        for kind, present in there.items()
        if present
    }
    if not found:
        raise InputError(
            f"{entry['participant_id']}: found neither dseg nor brain_mask, expected one of them"
        )
    labels, lookup = found.get("dseg"), cohort.lookup("dseg") if there["dseg"] else {}
    brain = found["brain_mask"] > 0 if there["brain_mask"] else _brain_of(labels, lookup)
    voxel_mm = tuple(float(size) for size in t1.header.get_zooms()[:3])
    return Volumes((np.asanyarray(t1.dataobj), t2), brain, voxel_mm, labels, lookup)


def _onto(image, reference, interpolation: str):
    """The image on the reference's grid, untouched where it lies there already."""
    from neolab.io.geometry import canonical
    from neolab.io.resample import resample_to_grid

    image = canonical(image)
    same = image.shape == reference.shape and np.allclose(image.affine, reference.affine, atol=1e-3)
    return image if same else resample_to_grid(image, reference, interpolation)


def _brain_of(labels: np.ndarray, lookup: Mapping[str, int]) -> np.ndarray:
    """All labels but those outside the skull."""
    outside = [lookup[name] for name in ("air", "bone", "scalp", "muscle", "eye") if name in lookup]
    return ~np.isin(labels, [0, *outside])


def _mean(plane: np.ndarray, where: np.ndarray) -> float:
    return float(plane[where].mean()) if where.any() else float("nan")
