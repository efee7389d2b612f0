"""Training patches, drawn anew in every epoch: where they are cut, how they are varied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from scipy import ndimage as ndi
from torch import Tensor

from neolab.studies.sundaresan2023.data import CONNECTIVITY_26, LabelledScan, cut
from neolab.studies.sundaresan2023.inference import DISCRIMINATION_PATCH, CandidateSet
from neolab.studies.sundaresan2023.parameters import Sundaresan2023Parameters

# The paper's ranges: shift in voxels in plane, sigma of the blur in voxels. Its noise has variances of .01 to
# .04: the lower end is this share of the upper.
SHIFT_VOXELS, BLUR_SIGMA, LEAST_NOISE = 15, (0.1, 0.2), 0.25
# Share of patches that are varied; brightest contrast where a profile varies it (design values).
VARIED_SHARE, BRIGHTEST = 0.7, 1.2
# A microbleed keeps this distance from the border of its patch, voxels.
PATCH_MARGIN = 4
# Places of a discriminator's patches are jittered by so many voxels in plane.
JITTER_VOXELS = 2
# The code of 2021-23 takes what exceeds this percentile of the symmetry map as candidates.
SYMMETRY_PERCENTILE = 99.9
# Negatives of one scan, and how far from any microbleed they lie (design values).
FALSE_PER_SCAN, FALSE_DISTANCE_MM = 60, 6.0


class Example(NamedTuple):
    """A patch: image (2, X, Y, Z) float32, target (X, Y, Z) bool, label 1 for a microbleed."""

    image: np.ndarray
    target: np.ndarray
    label: int


#: A random stream and a number to as many examples.
Draw = Callable[[Generator, int], list[Example]]


@dataclass(frozen=True)
class Augmentation:
    """Variation of training patches.

    Attributes
    ----------
    noise_variance : (low, high)
        Of added Gaussian noise.
    contrast : (low, high)
        Factor on the image; (1, 1) in the paper. Departure where a profile widens it: thick slices and QSM
        show fainter microbleeds than the SWI that the networks learn from.
    varied_share : float
        Share of patches that are varied.
    """

    noise_variance: tuple[float, float]
    contrast: tuple[float, float] = (1.0, 1.0)
    varied_share: float = VARIED_SHARE

    @classmethod
    def of(cls, params: Sundaresan2023Parameters) -> "Augmentation":
        """The variation that the parameters ask for."""
        noise = LEAST_NOISE * params.noise_variance, params.noise_variance
        if params.contrast_augmentation == 0:
            return cls(noise)
        return cls(noise, (1 - params.contrast_augmentation, BRIGHTEST))

    def __call__(self, patch: np.ndarray, rng: Generator) -> np.ndarray:
        """Vary the image channel of (2, X, Y, Z); no rotation, no change of size."""
        if rng.random() >= self.varied_share:
            return patch
        image = ndi.gaussian_filter(patch[0], rng.uniform(*BLUR_SIGMA))
        image = image * np.float32(rng.uniform(*self.contrast))
        noise = rng.standard_normal(image.shape, np.float32)
        image = image + noise * np.float32(np.sqrt(rng.uniform(*self.noise_variance)))
        return np.stack([np.clip(image, 0, 1), patch[1]])


def _example(scan: LabelledScan, centre, size, rng, vary: Augmentation, label: int | None = None) -> Example:
    """A patch drawn anywhere is positive if it holds a microbleed."""
    image = vary(cut(scan.prepared.channels, centre, size).astype(np.float32), rng)
    target = cut(scan.lesions, centre, size) > 0
    return Example(image, target, int(target.any()) if label is None else label)


def anywhere(scans: list[LabelledScan], size: tuple[int, int, int], vary: Augmentation) -> Draw:
    """Draw balanced patches: every second one holds a microbleed, the others lie anywhere in the brain."""
    with_lesions = [scan for scan in scans if len(scan.centres)]

    def draw(rng: Generator, count: int) -> list[Example]:
        examples = []
        for i in range(count):
            on_lesion = i % 2 == 1 and bool(with_lesions)
            pool = with_lesions if on_lesion else scans
            scan = pool[rng.integers(len(pool))]
            centre = near_a_lesion(scan, rng, size) if on_lesion else random_brain_voxel(scan, rng)
            examples.append(_example(scan, centre, size, rng, vary))
        return examples

    return draw


def near_a_lesion(scan: LabelledScan, rng: Generator, size) -> np.ndarray:
    """A random microbleed, shifted in plane by so little that it stays in its patch."""
    centre = scan.centres[rng.integers(len(scan.centres))]
    reach = np.clip(np.array(size[:2]) // 2 - PATCH_MARGIN, 0, SHIFT_VOXELS)
    return centre + np.r_[rng.integers(-reach, reach + 1), 0]


def random_brain_voxel(scan: LabelledScan, rng: Generator) -> np.ndarray:
    """A voxel of the brain, uniformly, by rejection."""
    shape = scan.prepared.mask.shape
    for _ in range(1000):
        voxel = rng.integers(0, shape)
        if scan.prepared.mask[tuple(voxel)]:
            return voxel
    return np.array(shape) // 2


@dataclass
class Places:
    """Where a discriminator's patches are cut.

    Attributes
    ----------
    scans : list of LabelledScan
    where : ndarray (N,) of int
        Scan of each place.
    centres : ndarray (N, 3)
        Voxels.
    labels : ndarray (N,) of int
        1 for a microbleed.
    """

    scans: list[LabelledScan]
    where: np.ndarray
    centres: np.ndarray
    labels: np.ndarray

    def around(self, vary: Augmentation) -> Draw:
        """Draw balanced patches around the places, jittered."""
        size = (DISCRIMINATION_PATCH,) * 3
        pools = [np.flatnonzero(self.labels == value) for value in (0, 1)]
        pools = [pool for pool in pools if len(pool)]

        def draw(rng: Generator, count: int) -> list[Example]:
            picks = np.array([rng.choice(pools[i % len(pools)]) for i in range(count)], int)
            shift = rng.integers(-JITTER_VOXELS, JITTER_VOXELS + 1, (count, 3)) * [1, 1, 0]
            return [
                _example(self.scans[self.where[i]], self.centres[i] + s, size, rng, vary, int(self.labels[i]))
                for i, s in zip(picks, shift, strict=True)
            ]

        return draw


def training_places(scans: list[LabelledScan], found: list[CandidateSet], seed: int) -> Places:
    """Microbleeds as positives; false detections and round spots elsewhere as negatives.

    Parameters
    ----------
    scans, found : lists of the same length
        Prepared scans and what the detector found in each.
    seed : int
    """
    rng = np.random.default_rng([seed, 3])
    where, centres, labels = [], [], []
    for i, (scan, candidates) in enumerate(zip(scans, found, strict=True)):
        wrong = np.concatenate([candidates.centres[~candidates.is_true], round_spots(scan)])
        wrong = wrong[_far_from(wrong, scan)]
        if len(wrong) > FALSE_PER_SCAN:
            wrong = wrong[rng.choice(len(wrong), FALSE_PER_SCAN, replace=False)]
        for value, places in ((1, scan.centres), (0, wrong)):
            where += [i] * len(places)
            centres += list(places)
            labels += [value] * len(places)
    return Places(scans, np.array(where, int), np.array(centres).reshape(-1, 3), np.array(labels, int))


def round_spots(scan: LabelledScan, percentile: float = SYMMETRY_PERCENTILE) -> np.ndarray:
    """Centres of the components above a percentile of the symmetry channel, (N, 3) voxels."""
    symmetry = scan.prepared.channels[1].astype(np.float32)
    limit = np.percentile(symmetry[scan.prepared.mask], percentile)
    labels, count = ndi.label((symmetry >= max(limit, 1e-6)) & scan.prepared.mask, CONNECTIVITY_26)
    centres = ndi.center_of_mass(labels > 0, labels, np.arange(1, count + 1))
    return np.array(centres, float).reshape(-1, 3)


def _far_from(points: np.ndarray, scan: LabelledScan) -> np.ndarray:
    if not len(points) or not len(scan.centres):
        return np.ones(len(points), bool)
    gap = (points[:, None] - scan.centres[None]) * np.asarray(scan.prepared.voxel_mm)
    return np.linalg.norm(gap, axis=-1).min(axis=1) > FALSE_DISTANCE_MM


def stack(examples: list[Example], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Images (B, 2, X, Y, Z), voxel targets (B, X, Y, Z) and patch labels (B,) on a device."""
    images, targets, labels = zip(*examples, strict=True)
    return (
        torch.from_numpy(np.stack(images)).to(device),
        torch.from_numpy(np.stack(targets)).to(device),
        torch.tensor(labels, device=device),
    )
