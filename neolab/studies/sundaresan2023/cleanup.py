"""Step 3: drop candidates that are too small, not round, or at the skull.

The rules of the paper and those of its code differ; both are here. "Ellipticity above .2" read as
eccentricity would reject most rasterised discs of a microbleed's size, so the shape rule defaults to that of
the code.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from neolab.errors import InputError
from neolab.studies.sundaresan2023.inference import CandidateSet
from neolab.studies.sundaresan2023.patches import LabelledScan

REASONS = ("skull", "size", "shape")


@dataclass(frozen=True)
class CleanUp:
    """Limits of the three rules, applied in the paper's order: distance, size, shape.

    Attributes
    ----------
    skull_mm : float
        Candidates whose centre is nearer to the edge of the brain are dropped; 5 in the paper.
    volume_mm3 : float
        Smaller candidates are dropped; 2.5 in the paper (2 voxels in the code).
    shape : {"code", "paper", "none"}
        What is dropped. ``code``: a slice with eccentricity above .4 and solidity below .5. ``paper``:
        1 - minor / major axis of the largest slice above ``ellipticity``.
    ellipticity : float
        .2 in the paper.
    """

    skull_mm: float = 5.0
    volume_mm3: float = 2.5
    shape: str = "code"
    ellipticity: float = 0.2

    def __post_init__(self):
        if self.shape not in ("code", "paper", "none"):
            raise InputError(f"shape: found {self.shape!r}, expected code, paper or none")


def clean_up(candidates: CandidateSet, scan: LabelledScan, rules: CleanUp) -> np.ndarray:
    """Reason for which each candidate is dropped: "skull", "size", "shape", or "" if it stays."""
    depth = ndi.distance_transform_edt(scan.prepared.mask, scan.prepared.voxel_mm)
    voxel_mm3 = float(np.prod(scan.prepared.voxel_mm))
    reasons = np.full(len(candidates.centres), "", dtype=object)
    for i, box in enumerate(ndi.find_objects(candidates.labels)):
        region = candidates.labels[box] == i + 1
        if depth[tuple(np.round(candidates.centres[i]).astype(int))] < rules.skull_mm:
            reasons[i] = "skull"
        elif region.sum() * voxel_mm3 < rules.volume_mm3:
            reasons[i] = "size"
        elif not _round_enough(region, rules):
            reasons[i] = "shape"
    return reasons


def _round_enough(region: np.ndarray, rules: CleanUp) -> bool:
    from skimage.measure import regionprops

    if rules.shape == "none":
        return True
    if rules.shape == "paper":
        widest = region[:, :, region.sum(axis=(0, 1)).argmax()]
        shape = regionprops(widest.astype(np.uint8))[0]
        major = max(shape.axis_major_length, 1.0)
        return 1 - max(shape.axis_minor_length, 1.0) / major <= rules.ellipticity
    slices = (region[:, :, z] for z in range(region.shape[2]))
    for plane in slices:
        if plane.sum() < 3:
            continue
        shape = regionprops(plane.astype(np.uint8))[0]
        if shape.eccentricity > 0.4 and shape.solidity < 0.5:
            return False
    return True
