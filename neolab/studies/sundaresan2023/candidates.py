"""Which places a discriminator is trained on."""

import numpy as np
from scipy import ndimage as ndi

from neolab.studies.sundaresan2023.inference import CandidateSet
from neolab.studies.sundaresan2023.patches import CONNECTIVITY_26, LabelledScan
from neolab.studies.sundaresan2023.training import CentreSet

# The code of 2021-23 takes what exceeds this percentile of the symmetry map as candidates.
SYMMETRY_PERCENTILE = 99.9


def symmetry_candidates(scan: LabelledScan, percentile: float = SYMMETRY_PERCENTILE) -> np.ndarray:
    """Centres of the components above a percentile of the symmetry channel, (N, 3) voxels."""
    symmetry = scan.prepared.channels[1].astype(np.float32)
    limit = np.percentile(symmetry[scan.prepared.mask], percentile)
    labels, count = ndi.label((symmetry >= max(limit, 1e-6)) & scan.prepared.mask, CONNECTIVITY_26)
    centres = ndi.center_of_mass(labels > 0, labels, np.arange(1, count + 1))
    return np.array(centres, float).reshape(-1, 3)


def training_centres(
    scans: list[LabelledScan], found: list[CandidateSet], false_per_scan: int = 60, seed: int = 0
) -> CentreSet:
    """Microbleeds as positives; false detections and round spots elsewhere as negatives.

    Parameters
    ----------
    scans, found : lists of the same length
        Prepared scans and what the detector found in each at a low threshold.
    false_per_scan : int
        At most so many negatives from each scan.
    """
    rng = np.random.default_rng([seed, 3])
    where, centres, labels = [], [], []
    for i, (scan, candidates) in enumerate(zip(scans, found, strict=True)):
        true = scan.centres
        wrong = np.concatenate([candidates.centres[~candidates.is_true], symmetry_candidates(scan)])
        wrong = wrong[_far_from(wrong, true, scan.prepared.voxel_mm)]
        if len(wrong) > false_per_scan:
            wrong = wrong[rng.choice(len(wrong), false_per_scan, replace=False)]
        for value, places in ((1, true), (0, wrong)):
            where += [i] * len(places)
            centres += list(places)
            labels += [value] * len(places)
    return CentreSet(scans, np.array(where, int), np.array(centres).reshape(-1, 3), np.array(labels, int))


def _far_from(points: np.ndarray, lesions: np.ndarray, voxel_mm, distance_mm: float = 6.0) -> np.ndarray:
    if not len(points) or not len(lesions):
        return np.ones(len(points), bool)
    gap = (points[:, None] - lesions[None]) * np.asarray(voxel_mm)
    return np.linalg.norm(gap, axis=-1).min(axis=1) > distance_mm
