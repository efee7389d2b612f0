"""Patches: where they are cut, how they are varied."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage as ndi

from neolab.studies.sundaresan2023.preprocessing import Prepared

CONNECTIVITY_26 = np.ones((3, 3, 3), bool)


@dataclass(frozen=True)
class Augmentation:
    """Variation of training patches; values of the paper unless the profile changes them.

    Attributes
    ----------
    shift_voxels : int
        Largest shift along x and y.
    noise_variance : (low, high)
        Of added Gaussian noise.
    blur_sigma : (low, high)
        Voxels.
    contrast : (low, high)
        Factor on the image; (1, 1) in the paper. Departure where a profile widens it: thick slices and QSM
        show fainter microbleeds than the SWI that the networks learn from.
    probability : float
        Share of patches that are varied.
    """

    shift_voxels: int = 15
    noise_variance: tuple[float, float] = (0.01, 0.04)
    blur_sigma: tuple[float, float] = (0.1, 0.2)
    contrast: tuple[float, float] = (1.0, 1.0)
    probability: float = 0.5


@dataclass
class LabelledScan:
    """One prepared scan with its reference.

    Attributes
    ----------
    name : str
    prepared : Prepared
    lesions : ndarray of int16
        On the crop: voxels of microbleed i hold i, from 1.
    """

    name: str
    prepared: Prepared
    lesions: np.ndarray

    @cached_property
    def centres(self) -> np.ndarray:
        """Voxel centres of the microbleeds, (N, 3)."""
        labels = np.unique(self.lesions[self.lesions > 0])
        found = ndi.center_of_mass(self.lesions > 0, self.lesions, labels)
        return np.array(found, float).reshape(-1, 3)


def label_reference(name: str, prepared: Prepared, reference: np.ndarray) -> LabelledScan:
    """Number the microbleeds of a reference mask on the scan's grid (26-connected) and crop it."""
    labels, _ = ndi.label(reference[prepared.box] > 0, CONNECTIVITY_26)
    return LabelledScan(name, prepared, labels.astype(np.int16))


def cut(volume: np.ndarray, centre, size) -> np.ndarray:
    """Patch of ``size`` around ``centre`` from (..., X, Y, Z); zeros where it leaves the volume."""
    size = np.broadcast_to(size, 3)
    low = np.round(np.asarray(centre)).astype(int) - size // 2
    high = low + size
    shape = np.array(volume.shape[-3:])
    source = tuple(slice(max(a, 0), max(min(b, n), 0)) for a, b, n in zip(low, high, shape, strict=True))
    target = tuple(
        slice(max(-a, 0), max(-a, 0) + max(s.stop - s.start, 0)) for a, s in zip(low, source, strict=True)
    )
    patch = np.zeros((*volume.shape[:-3], *size), volume.dtype)
    patch[(..., *target)] = volume[(..., *source)]
    return patch


def random_centre(scan: LabelledScan, rng, on_lesion: bool, shift: int, size) -> np.ndarray:
    """Centre of a training patch: near a random microbleed, or anywhere in the brain.

    The shift is kept small enough that a microbleed stays in its patch.
    """
    if on_lesion:
        centre = scan.centres[rng.integers(len(scan.centres))]
        reach = np.minimum(shift, np.maximum(np.broadcast_to(size, 3)[:2] // 2 - 4, 0))
        return centre + np.r_[rng.integers(-reach, reach + 1), 0]
    return random_brain_voxel(scan, rng)


def random_brain_voxel(scan: LabelledScan, rng) -> np.ndarray:
    """A voxel of the brain, uniformly, by rejection."""
    shape = scan.prepared.mask.shape
    for _ in range(1000):
        voxel = rng.integers(0, shape)
        if scan.prepared.mask[tuple(voxel)]:
            return voxel
    return np.array(shape) // 2


def vary(patch: np.ndarray, rng, augmentation: Augmentation) -> np.ndarray:
    """Contrast, blur and noise on the image channel of (2, X, Y, Z); no rotation, no change of size."""
    if rng.random() >= augmentation.probability:
        return patch
    image = ndi.gaussian_filter(patch[0], rng.uniform(*augmentation.blur_sigma))
    image = image * np.float32(rng.uniform(*augmentation.contrast))
    noise = rng.standard_normal(image.shape, np.float32)
    image = image + noise * np.float32(np.sqrt(rng.uniform(*augmentation.noise_variance)))
    return np.stack([np.clip(image, 0, 1), patch[1]])
